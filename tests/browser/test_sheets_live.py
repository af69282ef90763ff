"""A holdings list in Chromium: uploaded, mapped, imported, controlled."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.catalog import queries as catalog
from shuxiang.kernel import clock
from shuxiang.project import importing
from tests.apps.stock.sheet_files import holding, xlsx
from tests.browser.checks import Console, axe, no_overflow
from tests.support import yearly
from tests.support.library import PASSWORD, Library

pytestmark = pytest.mark.db


@pytest.fixture
def office(
    page: Page,
    scene: Callable[..., Any],
    library: Library,
    live_server: Any,
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
) -> Page:
    """The office, the director signed in at the upload page."""
    monkeypatch.setattr(clock, "now", lambda: yearly.LATER)
    settings.HOME = tmp_path
    scene("office.year", lambda: yearly.play(library))
    page.goto(f"{live_server.url}/staff/login/?next=/office/imports/list/")
    page.locator("#id_username").fill("director")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("导入表格")
    return page


def looked_at(page: Page, name: str) -> None:
    """At a phone's and a desk's width nothing overflows and axe finds nothing."""
    for width in (375, 1366):
        page.set_viewport_size({"width": width, "height": 900})
        no_overflow(page)
        if folder := os.environ.get("SHUXIANG_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    axe(page)


def test_from_the_file_to_the_control_sheet(office: Page, tmp_path: Path, console: Console) -> None:
    rows = [holding(f"N{n:03d}", 馆藏地点="") for n in range(6)]
    rows += [holding("N900", 所属馆="老馆", 馆藏地点=""), holding("1.23E+13", 馆藏地点="")]
    rows += [holding("N901", 状态="借出", 馆藏地点=""), holding("N902", 馆藏地点="三楼")]
    path = xlsx(tmp_path / "馆藏.xlsx", rows, above=[["馆藏清单"]])
    looked_at(office, "upload")
    office.locator("#id_file").set_input_files(path)
    office.get_by_role("button", name="上传并预览").click()
    expect(office.locator("h1")).to_contain_text("馆藏.xlsx")
    looked_at(office, "map")
    office.get_by_label("老馆").select_option("east")
    office.get_by_role("button", name="开始导入").click()
    expect(office.locator("#progress")).to_be_visible()
    number = catalog.batches(1)[0].number
    looked_at(office, "running")
    for _ in range(5):
        importing.step()
    expect(office.get_by_text("与业务流水一致：8")).to_be_visible()
    looked_at(office, "control")
    office.goto(office.url.split("/imports/")[0] + f"/imports/{number}/set-aside/")
    expect(office.locator("tbody tr")).to_have_count(2)
    looked_at(office, "aside")
