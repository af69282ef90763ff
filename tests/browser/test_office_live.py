"""The office in Chromium: every page at every width, and a year's report signed and published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.formats.marc import encode
from shuxiang.interfaces.common import printing
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.statistics import queries
from tests.apps.stock.marc_files import holding, record
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support import yearly
from tests.support.library import PASSWORD, Contexts, Library
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


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
    return made


@pytest.fixture
def base(played: Stocked, live_server: Any) -> str:
    return str(live_server.url)


@pytest.fixture
def office(page: Page, base: str, console: Console) -> Page:
    """The office, the director signed in."""
    page.goto(f"{base}/staff/login/?next=/office/")
    page.locator("#id_username").fill("director")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("今日")
    return page


def imported(played: Stocked, ctx: Contexts, folder: Path) -> str:
    path = folder / "books.iso"
    good = [encode(record(n, holding(f"310000{n:02d}"))) for n in range(1, 6)]
    path.write_bytes(b"".join(good) + b"\xff<b>junk</b>" * 4 + b"\x1d")
    return importing.run(
        path,
        importing.Options(place=played.library.main),
        ctx=ctx("cataloguer", at=yearly.LATER, key=new_id()),
    )


def test_every_page(
    office: Page, base: str, played: Stocked, ctx: Contexts, console: Console, tmp_path: Path
) -> None:
    """X3, X7: axe, no overflow, targets and a clean console at each width."""
    number = imported(played, ctx, tmp_path)
    assert catalog.batch(number) is not None
    rule = "place=east&reader=child&item=book&day=2021-03-02"
    pages = (
        "/office/",
        "/office/visits/?year=2020",
        "/office/report/?year=2020&scope=subtree",
        "/office/report/?year=1999",
        "/office/report/text/?year=2020",
        "/office/statistics/2020/loan_vol/?place=main&scope=subtree",
        "/office/statistics/2020/open_days/?place=main",
        "/office/editions/",
        "/office/imports/",
        f"/office/imports/{number}/",
        f"/office/imports/{number}/set-aside/",
        "/office/rules/",
        f"/office/rules/?{rule}",
    )
    for path in pages:
        answer = office.goto(base + path)
        assert answer is not None
        assert answer.status == 200, path
        office.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        for width in (375, 768, 1366):
            office.set_viewport_size({"width": width, "height": 768})
            assert no_overflow(office) == [], (path, width)
            assert small_targets(office, 24) == [], (path, width)
            if width != 768:
                assert axe(office) == [], (path, width)
    console.assert_clean()


def test_a_year_is_published(
    office: Page, base: str, played: Stocked, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the menu: the figures of last year, a number's rows, publish, the public page."""
    monkeypatch.setattr(printing, "start", lambda document: Path("/none"))
    office.get_by_role("navigation", name="主导航").get_by_role(
        "link", name="年报", exact=True
    ).click()
    expect(office.locator("h1")).to_have_text("2020 年年报")
    office.locator("tr", has_text="外借册次").first.get_by_role("link").click()
    expect(office.locator("h1")).to_have_text("外借册次 2020")
    expect(office.locator("tbody tr")).to_have_count(2)
    office.go_back()
    office.locator(".confirm summary").click()
    office.get_by_role("button", name="确认发布").click()
    expect(office.locator("#messages")).to_contain_text("2020 年年报第 1 版已发布")
    expect(office.locator("tbody tr")).to_have_count(1)
    assert queries.editions()[0].intact
    office.locator("tbody th a").click()
    expect(office.locator("article h1")).to_have_text("总馆 2020 年年报")
    expect(office.get_by_role("status")).to_contain_text("图表正在绘制")
    for width in (360, 1366):
        office.set_viewport_size({"width": width, "height": 768})
        assert axe(office) == []
        assert no_overflow(office) == []
        assert small_targets(office, 44) == []
    console.assert_clean()
