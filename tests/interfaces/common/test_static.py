"""Sizes, icons and vendored files; templates free of inline script and style."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from django.test import RequestFactory

from shuxiang.interfaces.common import scanbox
from shuxiang.interfaces.common.templatetags import shuxiang as tags

ROOT = Path(__file__).resolve().parents[3]
COMMON = ROOT / "shuxiang" / "interfaces" / "common"
TEMPLATES = sorted((ROOT / "shuxiang").rglob("templates/**/*.html"))


@pytest.fixture(scope="module")
def vendor() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor", ROOT / "tools" / "vendor.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_vendored_files_are_the_locked_ones(vendor: ModuleType) -> None:
    assert vendor.faults(vendor.load_lock()) == []


def test_changed_missing_and_unknown_files_are_named(vendor: ModuleType, tmp_path: Path) -> None:
    lock = {
        "packages": [
            {
                "folder": "v",
                "files": [
                    {"file": "a.js", "sha256": vendor.sha256(b"a")},
                    {"file": "b.js", "sha256": vendor.sha256(b"b")},
                    {"file": "c.js", "sha256": vendor.sha256(b"c")},
                ],
            }
        ]
    }
    folder = tmp_path / "v"
    folder.mkdir()
    (folder / "a.js").write_bytes(b"a")
    (folder / "b.js").write_bytes(b"B")
    (folder / "d.js").write_bytes(b"d")
    assert vendor.faults(lock, tmp_path) == [
        "v/b.js: changed, its hash is not the locked one",
        "v/c.js: missing, run tools/vendor.py refresh",
        "v/d.js: not in vendor.lock.json",
    ]


@pytest.mark.parametrize("surface", ["portal", "desk", "office"])
def test_styles_of_a_surface_stay_small(surface: str) -> None:
    css = COMMON / "static" / "css"
    size = (css / "tokens.css").stat().st_size + (css / f"{surface}.css").stat().st_size
    assert 10_000 < size <= 28 * 1024


def test_every_icon_asked_for_is_in_the_sprite() -> None:
    sprite = (COMMON / "static" / tags.ICON_SPRITE).read_text()
    have = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    asked = {*tags.BADGE_ICONS.values(), *tags.RESULT_ICONS.values()}
    asked |= {mode.icon for mode in scanbox.MODES}
    for path in TEMPLATES:
        text = path.read_text()
        asked |= set(re.findall(r'{% icon "([^"]+)"', text))
        asked |= set(re.findall(r'{% nav_item "[^"]+" "([^"]+)"', text))
    assert asked - have == set()


def test_templates_hold_no_inline_code() -> None:
    """X7: no inline script or style, no handler attributes, no hx-on."""
    found = []
    for path in TEMPLATES:
        text = path.read_text()
        for pattern in (
            r"<style",
            r"\sstyle=",
            r"\son[a-z]+=",
            r"hx-on",
            r"hx-boost",
            r"javascript:",
            r"<script(?![^>]*\bsrc=)",
        ):
            if re.search(pattern, text):
                found.append((path.name, pattern))
    assert found == []


def test_scanbox_config_is_json_and_leaves_the_browser_its_keys() -> None:
    config = scanbox.scanbox_config(RequestFactory().get("/"), url="/desk/scan/", store="7")
    assert json.loads(json.dumps(config)) == config
    assert config["commands"]["*NEXT*"] == {"command": "next"}
    assert "*INHOUSE*" not in config["commands"]
    with pytest.raises(ValueError, match="keys F5 belong to the browser"):
        scanbox.scanbox_config(
            RequestFactory().get("/"), url="/", store="7", keys={"F5": {"command": "next"}}
        )
