"""Day sheets, lists and ranking in Chromium: no fault of access, nothing overflows, phones opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.patrons import queries as patrons
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from shuxiang.runtime.secrets import encrypt
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support import yearly
from tests.support.library import PASSWORD, Library
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

PAGES = (
    "/office/daysheet/?day=2020-06-10&scope=subtree",
    "/office/daysheet/?period=month&day=2020-06-10&scope=subtree",
    "/office/lists/due-soon/",
    "/office/lists/ranking/?first=2020-06-01&last=2020-06-30&scope=subtree",
    "/office/lists/overdue/?scope=subtree",
)


@pytest.fixture
def played(
    scene: Callable[..., Any],
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: yearly.LATER)
    settings.HOME = tmp_path
    made: Stocked = scene("office.year", lambda: yearly.play(library))
    sql.run(
        "UPDATE patrons_patron SET phone = ? WHERE id = ?",
        encrypt("13800138000"),
        made.patrons["adult"],
    )
    return made


def test_the_pages_of_a_days_end(
    page: Page, played: Stocked, live_server: Any, console: Console
) -> None:
    page.goto(f"{live_server.url}/staff/login/?next=/office/")
    page.locator("#id_username").fill("director")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="日报月报").first).to_be_visible()
    for path in PAGES:
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert answer.status == 200, path
        check(page, path)
    button = page.get_by_role("button", name="打印")
    expect(button).to_be_visible()
    expect(page.locator("tbody")).to_contain_text("李*")
    page.get_by_role("button", name="显示姓名和电话").click()
    expect(page.locator("tbody")).to_contain_text("13800138000")
    check(page, "opened")
    day = yearly.LATER.date()
    assert [u.why for u in patrons.unmaskings(day, day)] == ["催还逾期图书"]
    console.assert_clean()


def check(page: Page, path: str) -> None:
    for width in (375, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        assert no_overflow(page) == [], (path, width)
        assert small_targets(page, 24) == [], (path, width)
        assert axe(page) == [], (path, width)
