"""The contracts of import-linter catch what they are there for: one breach of each is planted."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import house

PLANTED = {
    "Floors": ("shuxiang/ledger/append.py", "import shuxiang.runtime.sql"),
    "Apps": ("shuxiang/apps/places/queries.py", "import shuxiang.apps.staff.queries"),
    "Doors": ("shuxiang/interfaces/common/words.py", "import shuxiang.interfaces.cli.main"),
    "Pure": ("shuxiang/apps/staff/rules.py", "import django.db"),
    "Ledger tables": ("shuxiang/apps/staff/queries.py", "from shuxiang.ledger.models import Event"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        house.PACKAGE,
        tmp_path / "shuxiang",
        ignore=lambda folder, names: [
            n for n in names if not n.endswith(".py") and not (Path(folder) / n).is_dir()
        ],
    )
    shutil.copy(house.ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken(where: Path) -> set[str]:
    """The first words of the contracts that don't hold there."""
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"],
        cwd=where,
        capture_output=True,
        text=True,
    )
    verdicts = re.findall(r"^(.+?):.* (KEPT|BROKEN)", linted.stdout, re.M)
    assert len(verdicts) == len(PLANTED), linted.stdout + linted.stderr
    return {name for name, verdict in verdicts if verdict == "BROKEN"}


def test_the_contracts_hold_and_each_finds_its_planted_breach(copy: Path) -> None:
    assert broken(copy) == set()
    for name, line in PLANTED.values():
        path = copy / name
        path.write_text(
            f"{path.read_text('utf-8')}\n\ndef planted() -> None:\n    {line}\n", "utf-8"
        )
    assert broken(copy) == set(PLANTED)


@pytest.mark.parametrize(
    ("name", "contract"),
    [
        ("shuxiang/cellar/__init__.py", "Floors"),
        ("shuxiang/apps/cellar/__init__.py", "Apps"),
        ("shuxiang/interfaces/cellar/__init__.py", "Doors"),
    ],
)
def test_a_new_folder_must_choose_its_floor(copy: Path, name: str, contract: str) -> None:
    (copy / name).parent.mkdir()
    (copy / name).write_text("", "utf-8")
    assert broken(copy) == {contract}
