"""New books in Chromium: added with the keyboard alone, and every page of books and items at every
width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
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
    tmp_path: Any,
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: yearly.LATER)
    settings.HOME = tmp_path
    made: Stocked = scene("office.year", lambda: yearly.play(library))
    return made


@pytest.fixture
def office(page: Page, played: Stocked, live_server: Any, console: Console) -> Page:
    """The office, the director signed in."""
    page.goto(f"{live_server.url}/staff/login/?next=/office/books/add/")
    page.locator("#id_username").fill("director")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("新书入藏")
    expect(page.locator("[autofocus]")).to_be_focused()
    return page


def typed(page: Page, text: str, *, tabs: int = 1) -> None:
    page.keyboard.type(text)
    for _ in range(tabs):
        page.keyboard.press("Tab")


def test_a4_a_book_is_added_with_the_keyboard_alone(
    office: Page, played: Stocked, ctx: Contexts, live_server: Any, console: Console
) -> None:
    """Then every page about it: axe, no overflow, targets, a clean console (X3, X7)."""
    office.keyboard.type("9787508673509")
    office.keyboard.press("Enter")
    expect(office.locator("#id_isbn")).to_have_value("9787508673509")
    expect(office.locator("#id_title")).to_be_focused()
    for text in ("上瘾", "(美) 埃亚尔著；钟莉婷译", "中信出版社", "北京", "2017", "F713.55"):
        typed(office, text)
    # Past the ISBN and the further fields, to where the copies go.
    for _ in range(2):
        office.keyboard.press("Tab")
    expect(office.locator("#id_where")).to_be_focused()
    office.keyboard.press("Tab")
    office.keyboard.press("Tab")
    office.keyboard.press("ArrowDown")
    office.keyboard.press("Tab")
    typed(office, "49")
    office.keyboard.press("Tab")
    expect(office.locator("#id_barcodes")).to_be_focused()
    # As a scanner does it: each barcode ends with Enter, which must not send the form.
    for code in ("N001", "N002"):
        office.keyboard.type(code)
        office.keyboard.press("Enter")
    expect(office.locator("#id_barcodes")).to_have_value("N001\nN002\n")
    office.get_by_role("button", name="入藏").focus()
    office.keyboard.press("Enter")
    expect(office.locator("#messages")).to_contain_text("已加 2 册：N001、N002。索书号 F713.55/1。")
    expect(office.locator("#isbn")).to_be_focused()
    item = stock.items_by_barcode("N001")[0]
    loan = circulation.check_out(
        item_barcode="N002", card=played.cards["other"], ctx=ctx(at=yearly.LATER)
    )
    lost = circulation.report_lost(
        item=loan.item, kind="lost", why="丢失", ctx=ctx(at=yearly.LATER, place=played.library.main)
    )
    for path in (
        f"/office/books/add/?added={item.title}",
        "/office/books/add/?isbn=9787508673509",
        f"/office/books/add/?of={item.title}",
        "/office/books/add/?isbn=9787508673508",
        f"/office/books/{item.title}/",
        f"/office/books/{item.title}/correct/",
        "/office/books/numbers/?class=I247",
        "/office/items/find/?q=F713",
        f"/office/items/{item.id}/",
        f"/office/items/{item.id}/lost/",
        "/office/items/move/",
        "/office/items/labels/",
        "/office/items/lost/",
        f"/office/items/lost/{lost}/",
        "/office/holdings/",
    ):
        answer = office.goto(live_server.url + path)
        assert answer is not None
        assert answer.status == 200, path
        office.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        for width in (375, 1366):
            office.set_viewport_size({"width": width, "height": 768})
            assert no_overflow(office) == [], (path, width)
            assert small_targets(office, 24) == [], (path, width)
            assert axe(office) == [], (path, width)
    console.assert_clean()
