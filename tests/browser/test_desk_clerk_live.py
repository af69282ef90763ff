"""Change of clerk, the idle lock, a book looked up and a sheet of paper, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries
from shuxiang.apps.staff import commands as staff
from shuxiang.kernel import clock
from shuxiang.ledger.models import Event
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.browser.test_desk_live import NOW, _stock, picture, result, scan, sign_in
from tests.support.library import PASSWORD, Contexts, Library
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
WIDTHS = (1920, 1366, 768, 375)


def _clerks(library: Library) -> Stocked:
    made = _stock(library)
    ctx = Contexts(library)
    for who, pin in (("desk", "2580"), ("director", "9041")):
        staff.set_password(
            account=library.staff[who],
            password_hash=staff.hashed(PASSWORD, username=who),
            ctx=ctx(who, at=NOW),
        )
        staff.set_desk_pin(pin_hash=staff.pin_hash(pin), ctx=ctx(who, at=NOW))
    return made


@pytest.fixture
def stocked(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made: Stocked = scene("browser.clerks", lambda: _clerks(library))
    return made


@pytest.fixture
def desk(page: Page, stocked: Stocked, live_server: Any, console: Console) -> Iterator[Page]:
    """The desk, signed in; its console must be clean in the end."""
    # Nobody waits a quarter of an hour: the page's clock is the test's.
    page.clock.install()
    sign_in(page, str(live_server.url))
    yield page
    console.assert_clean()


def secret(page: Page, text: str) -> None:
    """Typed by a person: a scanner's burst is no PIN."""
    field = page.locator("[data-clerk-dialog] [name=secret]")
    field.fill(text)
    field.press("Enter")


def checked(page: Page, at_width: Callable[[int], None], name: str) -> None:
    for width in WIDTHS:
        at_width(width)
        picture(page, f"{name}-{width}")
        assert no_overflow(page) == [], (name, width)
        if width == 375:
            assert small_targets(page, 24) == [], name
    at_width(1366)
    assert axe(page) == [], name


def test_a_colleague_takes_over_with_the_reader_and_the_scans_kept(
    desk: Page, stocked: Stocked, at_width: Callable[[int], None]
) -> None:
    library = stocked.library
    scan(desk, "00000001")
    result(desk, "读者", "李* · 成人 · 在借 0 册")
    scan(desk, "B001")
    expect(desk.locator("[data-result-say]")).to_contain_text("还可借 4 册")
    desk.keyboard.press("Pause")
    dialog = desk.locator("[data-clerk-dialog]")
    expect(dialog).to_be_visible()
    checked(desk, at_width, "clerk-dialog")
    # A book scanned now is a book, not a PIN.
    dialog.locator("[name=secret]").focus()
    scan(desk, "B002")
    expect(dialog.locator("[name=secret]")).to_have_value("")
    expect(desk.locator("[data-reader] .loans > li")).to_have_count(2)
    dialog.locator("[name=account]").select_option(library.staff["director"])
    secret(desk, "1111")
    expect(dialog.locator("[data-clerk-say]")).to_have_text("馆员与交接码（或密码）不符。")
    secret(desk, "9041")
    expect(dialog).to_be_hidden()
    expect(desk.locator("[data-clerk-name]")).to_have_text("馆长")
    expect(desk.locator("[data-scan-input]")).to_be_focused()
    scan(desk, "B003")
    expect(desk.locator("[data-reader] .loans > li")).to_have_count(3)
    actors = Event.objects.filter(type="loan.opened").order_by("id").values_list("actor", flat=True)
    mine, theirs = library.staff["desk"], library.staff["director"]
    assert list(actors) == [mine, mine, theirs]
    expect(desk.locator("[data-counts]")).to_contain_text(re.compile(r"借书\s*1 / 3"))


def test_a_desk_left_alone_locks_and_shows_nobody(
    desk: Page, stocked: Stocked, at_width: Callable[[int], None]
) -> None:
    scan(desk, "00000001")
    result(desk, "读者", "李* · 成人 · 在借 0 册")
    name = desk.locator(".reader-name")
    expect(name).to_be_visible()
    desk.clock.fast_forward("14:50")
    expect(name).to_be_visible()
    desk.clock.fast_forward("00:15")
    dialog = desk.locator("[data-clerk-dialog]")
    expect(dialog).to_be_visible()
    expect(name).to_be_hidden()
    assert "总馆" not in desk.title()
    checked(desk, at_width, "locked")
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    # A book dropped on the scanner waits, and is no PIN.
    dialog.locator("[name=secret]").focus()
    scan(desk, "B001")
    desk.wait_for_timeout(300)
    assert queries.open_loan_of(stocked.items["B001"]) is None
    # Another page of the same session is locked as well.
    other = desk.context.new_page()
    other.goto(desk.url.replace("/desk/", "/office/"))
    expect(other.locator("h1")).to_have_text("服务台已锁定")
    other.close()
    secret(desk, "2580")
    expect(dialog).to_be_hidden()
    expect(name).to_have_text("李四")
    expect(desk.locator("[data-reader] .loans > li")).to_have_count(1)
    assert queries.open_loan_of(stocked.items["B001"]) is not None


def test_a_book_is_looked_up_by_f1(
    desk: Page, stocked: Stocked, ctx: Contexts, at_width: Callable[[int], None]
) -> None:
    circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk", at=NOW))
    desk.keyboard.press("F1")
    scan(desk, "B001")
    expect(desk.locator(".item-title")).to_have_text("红楼梦")
    expect(desk.locator("[data-reader]")).to_contain_text("李*")
    expect(desk.locator("[data-reader]")).not_to_contain_text("李四")
    checked(desk, at_width, "item")
    desk.keyboard.press("F2")
    scan(desk, "00000001")
    expect(desk.locator(".reader-name")).to_have_text("李四")


def test_a_sheet_of_paper_by_keyboard_and_scanner(
    desk: Page, stocked: Stocked, live_server: Any, at_width: Callable[[int], None]
) -> None:
    desk.goto(f"{live_server.url}/desk/paper/")
    expect(desk.locator("[name=time]").first).to_be_focused()
    # Enter alone leaves a cell as it is: the act of the first row, time, act and card of the second.
    for text in ("10:05", "", "00000001", "B001", "", "", "", "B0O2"):
        desk.keyboard.type(text, delay=5)
        desk.keyboard.press("Enter")
    desk.locator("[name=enter]").click()
    expect(desk.locator("#h-outcomes")).to_have_text("补录了 2 行")
    expect(desk.locator("#h-open")).to_have_text("1 行待处理")
    desk.locator("details.confirm summary").click()
    checked(desk, at_width, "paper")
    desk.locator(".confirm-body [name=barcode]").fill("B002")
    desk.locator(".confirm-body [value=retry]").click()
    expect(desk.locator("li.message")).to_contain_text("《三体》已记录。")
    desk.goto(f"{live_server.url}/desk/paper/print/")
    checked(desk, at_width, "paper-blank")
    desk.goto(f"{live_server.url}/desk/pin/")
    checked(desk, at_width, "pin")
