"""Records and bulk entry in Chromium, by keyboard alone: a MARC record typed, undone, left and taken
up again; twenty books entered by ISBN against a real Z39.50 server; every page at every width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import add_short_title
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.exchange.commands import add_target
from shuxiang.apps.processing import commands, queries
from shuxiang.formats.identifiers import isbn13_check
from shuxiang.kernel import clock
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support import targets, yearly
from tests.support.library import PASSWORD, Contexts, Library
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
WIDTHS = (375, 1366)


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
def desk(page: Page, played: Stocked, live_server: Any, console: Console) -> Page:
    """The office, the cataloguer signed in."""
    page.goto(f"{live_server.url}/staff/login/?next=/office/records/")
    page.locator("#id_username").fill("cataloguer")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("MARC 编目")
    return page


def looked_at(page: Page, *addresses: str, base: str) -> None:
    """X3, X7 on every page at both widths."""
    for address in addresses:
        page.goto(f"{base}{address}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert no_overflow(page) == [], (address, width)
            assert small_targets(page, 24) == [], (address, width)
            assert axe(page) == [], (address, width)


def row(page: Page, tag: str) -> Any:
    return page.locator(f'.marc-row[aria-label^="{tag} "] > textarea')


def go(page: Page, tag: str) -> None:
    page.keyboard.press("Control+g")
    page.keyboard.type(tag)
    expect(row(page, tag).first).to_be_focused()


def write(page: Page, text: str) -> None:
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def test_a1_a_record_by_keyboard_alone(desk: Page, live_server: Any, console: Console) -> None:
    base = live_server.url
    desk.goto(f"{base}/office/records/new/?template=set")
    expect(row(desk, "200").first).to_be_focused()
    write(desk, "$a长安的荔枝$f马伯庸著")
    expect(row(desk, "200").first).to_have_value("ǂa长安的荔枝ǂf马伯庸著")
    desk.keyboard.press("F4")
    expect(row(desk, "200").first).to_have_value("ǂa长安的荔枝ǂ9chang an de li zhiǂf马伯庸著")
    expect(desk.locator(".marc-isbd p")).to_contain_text("长安的荔枝 / 马伯庸著")
    go(desk, "690")
    write(desk, "$aWX1")
    expect(desk.locator(".marc-faults li.bad")).to_contain_text("“WX1”不是中图法分类号。")
    expect(desk.locator(".marc-field.has-fault .marc-tag")).to_have_value("690")
    write(desk, "$aI247.5$v5")
    expect(desk.locator(".marc-faults li.bad")).to_have_count(0)
    # A new field: added, written, moved, taken back.
    desk.keyboard.press("Enter")
    desk.keyboard.type("314")
    expect(row(desk, "314")).to_be_focused()
    desk.keyboard.type("马伯庸，作家")
    desk.keyboard.press("Alt+ArrowUp")
    tags = desk.locator(".marc-row:not(.marc-inner) .marc-tag")
    order = tags.evaluate_all("all => all.map(e => e.value)")
    assert order[order.index("314") + 1] == "690"
    desk.keyboard.press("Control+Delete")
    expect(row(desk, "314")).to_have_count(0)
    desk.keyboard.press("Control+z")
    expect(row(desk, "314")).to_have_value("ǂa马伯庸，作家")
    desk.keyboard.press("Control+y")
    expect(row(desk, "314")).to_have_count(0)
    desk.keyboard.press("Control+z")
    # The embedded field of 461 is a row of its own.
    inner = desk.locator('.marc-inner[aria-label*="200"] textarea')
    expect(inner).to_have_value("ǂaǂv")
    go_inner = desk.locator('.marc-row[aria-label^="461 "] .marc-ind')
    go_inner.focus()
    desk.keyboard.press("ArrowDown")
    expect(desk.locator('.marc-inner[aria-label*="200"] .marc-ind')).to_be_focused()
    desk.keyboard.press("Tab")
    write(desk, "$a马伯庸作品$v1")
    # Codes are chosen from lists.
    go(desk, "105")
    desk.keyboard.press("F2")
    kind = desk.locator("#code-11")
    for _ in range(20):
        if kind.evaluate("e => e === document.activeElement"):
            break
        desk.keyboard.press("Tab")
    desk.keyboard.press("a")
    expect(kind).to_have_value("a")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(row(desk, "105")).to_be_focused()
    expect(row(desk, "105")).to_have_value("ǂay   z   000ay")
    # The browser is closed on it; whoever comes back is offered the draft.
    expect(desk.locator(".marc-isbd p")).to_contain_text("长安的荔枝 / 马伯庸著")
    desk.goto(f"{base}/office/records/")
    draft = desk.locator("#drafts a")
    expect(draft).to_have_text("多卷书")
    draft.press("Enter")
    expect(desk.locator("#marc-draft")).to_be_visible()
    expect(desk.get_by_role("button", name="接着草稿编")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(row(desk, "314")).to_have_value("ǂa马伯庸，作家")
    desk.keyboard.press("Control+s")
    expect(desk.locator("h1")).to_contain_text("长安的荔枝")
    title = desk.url.split("/")[-2]
    described = catalog.bibliographic(title)
    assert described is not None
    assert (described.set_title, described.genre, described.title_pinyin) == (
        "马伯庸作品",
        "a",
        "chang an de li zhi",
    )
    go(desk, "210")
    write(desk, "$a长沙$c湖南文艺出版社$d2022")
    expect(desk.locator(".marc-isbd p")).to_contain_text("长沙 : 湖南文艺出版社, 2022")
    desk.keyboard.press("Control+s")
    expect(desk.locator("body")).to_contain_text("记录已保存。")
    looked_at(
        desk,
        "/office/records/",
        f"/office/records/{title}/",
        f"/office/records/{title}/history/",
        "/office/records/templates/book/",
        base=base,
    )
    expect(desk.locator("#drafts")).to_have_count(0)
    console.assert_clean()


def isbn(n: int) -> str:
    first = f"97875063{n:04}"
    return first + isbn13_check(first)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real server with fourteen books."""
    if targets.reason():
        pytest.skip(targets.reason())
    books = [targets.cnmarc(f"{n:09}", isbn(n), f"外馆的书{n}", f"作者{n}") for n in range(1, 15)]
    with targets.zebra(tmp_path_factory.mktemp("zebra"), books) as found:
        yield found


def test_a6_twenty_books_by_isbn_without_touching_the_mouse(
    desk: Page, port: int, played: Stocked, live_server: Any, console: Console
) -> None:
    now = Contexts(played.library)
    add_target(
        name="省馆",
        profile={"kind": "z3950", "address": "127.0.0.1", "port": port, "database": "Default"},
        user="bianmu",
        password="mima123",
        ctx=now("cataloguer"),
    )
    for n in range(15, 19):
        add_short_title(
            record=ShortRecord(title=f"本馆的书{n}", isbn=isbn(n), clc="I267", price_fen=2500),
            ctx=now("cataloguer"),
        )
    batch = commands.open_batch(
        place=played.library.main, category="book", source="purchase", ctx=now("cataloguer")
    )
    desk.goto(f"{live_server.url}/office/processing/{batch}/")
    for n in range(1, 21):
        expect(desk.locator("#isbn")).to_be_focused()
        # As a scanner types it.
        desk.keyboard.insert_text(isbn(n))
        desk.keyboard.press("Enter")
        if n < 19:
            expect(desk.locator("#entry")).to_contain_text("的书")
            expect(desk.locator("#barcode")).to_be_focused()
        else:
            expect(desk.locator("#title")).to_be_focused()
            desk.keyboard.insert_text(f"没有的书{n}")
            desk.keyboard.press("Enter")
            expect(desk.locator("#barcode")).to_be_focused()
        desk.keyboard.insert_text(f"T{n:05}")
        desk.keyboard.press("Enter")
        if n >= 19:
            expect(desk.locator("#price")).to_be_focused()
            desk.keyboard.insert_text("30")
            desk.keyboard.press("Enter")
        expect(desk.locator(".messages")).to_contain_text(f"第 {n} 册：")
    lines = queries.lines(batch)
    assert [line.barcode for line in lines] == [f"T{n:05}" for n in range(1, 21)]
    assert [line.how for line in lines] == ["shared"] * 14 + ["own"] * 4 + ["stub"] * 2
    assert lines[13].call_number == "I247.57/14"
    assert lines[18].call_number == ""
    project = commands.add_project(
        name="回溯建库",
        target=230_000,
        begun_on=clock.business_date(yearly.LATER),
        ctx=now("cataloguer"),
    )
    looked_at(
        desk,
        "/office/processing/",
        f"/office/processing/{batch}/",
        f"/office/processing/{batch}/?isbn={isbn(15)}",
        "/office/processing/ranges/",
        "/office/processing/projects/",
        f"/office/processing/projects/{project}/",
        base=live_server.url,
    )
    console.assert_clean()
