"""The desk against a real library: a shift by keyboard alone, every page checked at every width.

Pages are kept as pictures in the folder that SHUXIANG_TEST_PICTURES names, when it is set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.stock.commands import items
from shuxiang.interfaces.common.scanbox import COMMAND_BARCODES
from shuxiang.kernel import clock
from shuxiang.ledger.models import Event
from tests.apps.patrons import people
from tests.browser.checks import Console, axe, no_overflow, small_targets, until
from tests.documents import pdf
from tests.support.library import PASSWORD, Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
NOW = moment("2020-06-10", "15:30")


def _stock(library: Library) -> Stocked:
    """The stocked library with card numbers that no barcode has, and twenty more books."""
    made = build(library)
    ctx = Contexts(library)
    for n in range(20):
        items.add_item(
            title=made.titles[n % 3], barcode=f"9{n:07d}", owner=library.main, category="book",
            ctx=ctx(at=moment("2020-01-03")),
        )  # fmt: skip
    # Older than 90 days, it would have to be changed first.
    staff.set_password(
        account=library.staff["desk"],
        password_hash=staff.hashed(PASSWORD, username="desk"),
        ctx=ctx("desk", at=NOW),
    )
    return made


@pytest.fixture
def stocked(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made: Stocked = scene("browser.desk", lambda: _stock(library))
    return made


@pytest.fixture
def base(stocked: Stocked, live_server: Any) -> str:
    return str(live_server.url)


def sign_in(page: Page, base: str, username: str = "desk") -> None:
    """Sign in by keyboard, from the desk's address."""
    page.goto(f"{base}/desk/")
    expect(page.locator("#id_username")).to_be_focused()
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-scan-input]")).to_be_focused()
    until(page, "document.querySelector('[data-scanbox]').scanbox !== undefined")


@pytest.fixture
def desk(page: Page, base: str, console: Console) -> Iterator[Page]:
    """The desk, signed in; its console must be clean in the end."""
    sign_in(page, base)
    yield page
    console.assert_clean()


def scan(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def result(page: Page, word: str, line: str | re.Pattern[str]) -> None:
    expect(page.locator("[data-result-word]")).to_have_text(word)
    expect(page.locator("[data-result-say]")).to_have_text(line)


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("SHUXIANG_TEST_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_shift_by_keyboard_alone(desk: Page, stocked: Stocked, ctx: Contexts) -> None:
    """Card, three books, refused with all reasons, an exception, a return, undo, next."""
    from shuxiang.apps.circulation import commands

    commands.check_out(item_barcode="B008", card=stocked.cards["other"], ctx=ctx(at=NOW))
    scan(desk, "00000001")
    result(desk, "读者", "李* · 成人 · 在借 0 册")
    for n, left in ((1, 4), (2, 3), (3, 2)):
        scan(desk, f"B00{n}")
        expect(desk.locator("[data-result-say]")).to_contain_text(f"还可借 {left} 册")
    expect(desk.locator("[data-reader] .loans > li")).to_have_count(3)
    scan(desk, "B004")
    scan(desk, "B005")
    expect(desk.locator("[data-result-say]")).to_contain_text("还可借 0 册")
    # On loan is never lifted: both reasons are said, nothing is asked.
    scan(desk, "B008")
    result(
        desk,
        "不能办理",
        re.compile("已借出（.+，总馆），2020年7月10日到期。 已借 5 册，可借上限 5 册。"),
    )
    expect(desk.locator("[data-prompt]")).to_be_hidden()
    scan(desk, "B006")
    expect(desk.locator("#why")).to_be_focused()
    desk.keyboard.type("读书会用书")
    desk.keyboard.press("F9")
    result(desk, "已借出", "《昆虫记》应还 2020年7月10日 · 还可借 0 册 已特批，原因已记录。")
    expect(desk.locator("[data-scan-input]")).to_be_focused()
    desk.keyboard.press("F3")
    scan(desk, "B006")
    result(desk, "已还", "《昆虫记》")
    scan(desk, "*UNDO*")
    result(desk, "已撤销", "《昆虫记》还书已撤销，仍在借。")
    desk.keyboard.press("F10")
    result(desk, "下一位", "请扫下一位读者的证。")
    expect(desk.locator("[data-reader]")).to_contain_text("当前没有读者")
    assert len(circulation.open_loans(stocked.patrons["adult"])) == 6


def test_twenty_scans_of_a_burst_are_lent_in_order(
    desk: Page, stocked: Stocked, ctx: Contexts
) -> None:
    """F24, and Koha bug 9844: the scanner never waits for the server."""
    from shuxiang.apps.circulation import commands

    commands.add_rule(
        place=stocked.library.main, reader_category="adult", item_category="*",
        valid_from=date(2020, 6, 10), loan_limit=30, loan_days=30, ctx=ctx(at=NOW),
    )  # fmt: skip
    codes = [f"9{n:07d}" for n in range(20)]
    scan(desk, "00000001")
    for code in codes:
        scan(desk, code)
    expect(desk.locator("[data-log] > li")).to_have_count(20)
    shown = desk.locator("[data-log] .code").all_text_contents()
    assert shown == codes[::-1]
    rows = Event.objects.filter(type="loan.opened").order_by("id")
    by_item = {v.item: v.barcode for v in circulation.open_loans(stocked.patrons["adult"])}
    assert [by_item[str(row.item)] for row in rows] == codes


def test_esc_leaves_a_question_and_nothing_is_lent(desk: Page, stocked: Stocked) -> None:
    scan(desk, "00000001")
    for n in range(1, 6):
        scan(desk, f"B00{n}")
    expect(desk.locator("[data-reader] .loans > li")).to_have_count(5)
    scan(desk, "B006")
    expect(desk.locator("#why")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("[data-prompt]")).to_be_hidden()
    expect(desk.locator("[data-scan-input]")).to_be_focused()
    assert len(circulation.open_loans(stocked.patrons["adult"])) == 5


def test_a_reader_is_chosen_by_letter(desk: Page, ctx: Contexts) -> None:
    people.adult(ctx(), number=people.id_number(date(1992, 2, 2), 5), name="李四")
    desk.keyboard.press("F6")
    desk.locator("[data-scan-input]").fill("李四")
    desk.keyboard.press("Enter")
    result(desk, "请选择", "有 2 位读者符合。")
    desk.keyboard.press("b")
    result(desk, "读者", "李* · 成人 · 在借 0 册")
    expect(desk.locator("[data-reader]")).to_contain_text("00000004")


def test_renewing_by_the_button_beside_the_loan(desk: Page) -> None:
    scan(desk, "00000001")
    scan(desk, "B001")
    desk.get_by_role("button", name="续借 红楼梦").click()
    result(desk, "已续借", "《红楼梦》应还 2020年8月9日（原 2020年7月10日）")
    expect(desk.locator("[data-scan-input]")).to_be_focused()


def test_the_slip_alone_is_printed(desk: Page) -> None:
    desk.evaluate("() => { window.print = () => { window.printed = true; }; }")
    scan(desk, "00000001")
    scan(desk, "B001")
    expect(desk.locator("[data-reader] .loans > li")).to_have_count(1)
    desk.keyboard.press("F8")
    until(desk, "window.printed === true")
    desk.emulate_media(media="print")
    expect(desk.locator("[data-slip]")).to_be_visible()
    expect(desk.locator("[data-slip]")).to_contain_text("李* · 0****001")
    expect(desk.locator(".desk-head")).to_be_hidden()
    expect(desk.locator("main")).to_be_hidden()


def test_a_session_that_ended_keeps_the_scans(page: Page, base: str, stocked: Stocked) -> None:
    """X1, F24: what was scanned is sent after signing in again, in order and once."""
    sign_in(page, base)
    scan(page, "00000001")
    result(page, "读者", "李* · 成人 · 在借 0 册")
    page.context.clear_cookies(name="sessionid")
    scan(page, "B001")
    scan(page, "B002")
    banner = page.locator("[data-banner]")
    expect(banner).to_contain_text("登录已过期，已保留 2 条，请重新登录。")
    assert circulation.open_loans(stocked.patrons["adult"]) == ()
    page.on("dialog", lambda dialog: dialog.accept())
    banner.get_by_role("link", name="登录").click()
    page.locator("#id_username").fill("desk")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-log] > li")).to_have_count(2)
    lent = {loan.barcode for loan in circulation.open_loans(stocked.patrons["adult"])}
    assert lent == {"B001", "B002"}


def test_a_card_is_issued_with_an_id_reader(desk: Page, stocked: Stocked) -> None:
    """The reader types 18 characters and Enter: the form is not sent, the person is filled in."""
    desk.get_by_role("link", name="办证").click()
    expect(desk.locator("#id_document")).to_be_focused()
    # It has the focus before the page's script is there.
    desk.wait_for_load_state()
    number = people.id_number(date(1988, 8, 8), 8)
    scan(desk, number)
    expect(desk.locator("#id_name")).to_be_focused()
    expect(desk.locator("#id_born_on")).to_have_value("1988-08-08")
    expect(desk.locator("#id_sex")).to_have_value("F")
    expect(desk.locator("[data-guardian]")).not_to_have_attribute("open", "")
    desk.keyboard.type("赵敏")
    desk.locator("#id_consent_reader_data").check()
    desk.get_by_role("button", name="办证").click()
    expect(desk.locator("h1")).to_contain_text("办证成功")
    expect(desk.locator(".big-number").first).to_have_text("00000004")
    picture(desk, "registered-1366")
    desk.get_by_role("link", name="现在借书").click()
    expect(desk.locator("[data-reader]")).to_contain_text("赵敏")
    desk.wait_for_load_state()
    scan(desk, "B001")
    expect(desk.locator("[data-result-word]")).to_have_text("已借出")


def test_a_childs_birth_date_opens_the_guardians_part(desk: Page, base: str) -> None:
    desk.goto(f"{base}/desk/register/")
    guardian = desk.locator("[data-guardian]")
    desk.locator("#id_born_on").fill("1980-01-01")
    expect(guardian).not_to_have_attribute("open", "")
    expect(desk.locator("[data-child]")).to_be_hidden()
    year = date.today().year - 8  # noqa: DTZ011 - the browser's own clock counts here
    desk.locator("#id_born_on").fill(f"{year}-01-01")
    expect(guardian).to_have_attribute("open", "")
    expect(desk.locator("[data-child]")).to_be_visible()


def test_a_card_taken_off_and_put_back(desk: Page, base: str, stocked: Stocked) -> None:
    desk.goto(f"{base}/desk/readers/")
    scan(desk, "00000001")
    expect(desk.locator("h1")).to_have_text("李四")
    desk.get_by_text("挂失", exact=True).first.click()
    desk.get_by_role("button", name="挂失").click()
    expect(desk.locator("#messages")).to_contain_text("已挂失，此证不能再借书。")
    card = readers.live_card(stocked.patrons["adult"])
    assert card is not None
    assert card.status == "lost"
    desk.get_by_text("解挂", exact=True).first.click()
    desk.get_by_role("button", name="解挂").click()
    expect(desk.locator("#messages")).to_contain_text("已解挂")


def test_without_script_a_book_is_lent_and_renewed(
    browser: Browser, base: str, stocked: Stocked
) -> None:
    """X2."""
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{base}/desk/")
    page.locator("#id_username").fill("desk")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    for code in ("00000001", "B001"):
        page.locator("#scan").fill(code)
        page.get_by_role("button", name="确定").click()
    result(page, "已借出", "《红楼梦》应还 2020年7月10日 · 还可借 4 册")
    page.get_by_role("button", name="续借 红楼梦").click()
    result(page, "已续借", "《红楼梦》应还 2020年8月9日（原 2020年7月10日）")
    context.close()
    assert circulation.open_loans(stocked.patrons["adult"])[0].renewals == 1


def test_the_printed_command_barcodes_can_be_read(desk: Page, base: str) -> None:
    zxing = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed")
    desk.goto(f"{base}/desk/commands/")
    picture(desk, "commands-1366")
    (sheet,) = pdf.pages(desk.pdf(format="A4"), dpi=150)
    assert {found.text for found in zxing.read_barcodes(sheet.as_image())} == set(COMMAND_BARCODES)


def pages(stocked: Stocked) -> dict[str, str]:
    child = stocked.patrons["child"]
    return {
        "desk": "/desk/",
        "desk-reader": f"/desk/?card={stocked.cards['adult']}",
        "readers": "/desk/readers/",
        "readers-found": "/desk/readers/?q=李四",
        "readers-none": "/desk/readers/?q=欧阳",
        "reader": f"/desk/readers/{stocked.patrons['adult']}/",
        "reader-child": f"/desk/readers/{child}/",
        "register": "/desk/register/",
        "commands": "/desk/commands/",
        "place": "/staff/place/",
        "password": "/staff/password/",
        "not-found": "/desk/readers/0/",
    }


@pytest.fixture
def busy(stocked: Stocked, ctx: Contexts) -> Stocked:
    """Loans of every colour, a suspended namesake, a guardian."""
    from shuxiang.apps.circulation import commands

    card = stocked.cards["adult"]
    for barcode, day in (("B001", "2020-05-08"), ("B002", "2020-05-12"), ("B003", "2020-06-05")):
        try_at = ctx(at=moment(day))
        commands.check_out(item_barcode=barcode, card=card, ctx=try_at)
    commands.check_out(
        item_barcode="B004", card=stocked.cards["child"], ctx=ctx(at=moment("2020-06-01"))
    )
    commands.check_in(item_barcode="B004", ctx=ctx(at=moment("2020-06-02")))
    twin = people.adult(
        ctx(), number=people.id_number(date(1992, 2, 2), 5), name="李四", phone="13912345678"
    )
    patrons.suspend(patron=twin.patron, until=date(2020, 7, 1), why="多次撕页未赔", ctx=ctx())
    return stocked


def _checked(page: Page, name: str, width: int) -> list[str]:
    found = axe(page) + no_overflow(page) + small_targets(page, 24)
    picture(page, f"{name}-{width}")
    return [f"{name} at {width}: {line}" for line in found]


@pytest.mark.parametrize("view", ["standard", "elder"])
def test_every_page_is_accessible_and_nothing_overlaps(
    desk: Page, base: str, busy: Stocked, view: str, console: Console
) -> None:
    """X3, X7: axe, text overlap and overflow, targets of 24 px, an empty console under the CSP."""
    if view == "elder":
        desk.context.add_cookies([{"name": "shuxiang_view", "value": "elder-20", "url": base}])
    found: list[str] = []
    for name, path in pages(busy).items():
        desk.goto(base + path)
        for width in (1366, 768, 375):
            desk.set_viewport_size({"width": width, "height": 768})
            found += _checked(desk, name if view == "standard" else f"{name}-elder", width)
    assert found == []
    # A missing reader is told as 404; the browser says so in its console.
    assert [line for line in console.lines if "404" not in line] == []
    console.lines.clear()


@pytest.mark.parametrize("width", [375, 1366])
def test_every_state_of_the_desk_is_accessible(
    desk: Page, base: str, busy: Stocked, width: int, console: Console
) -> None:
    """Question, refusal, notice, offline, and a form with everything wrong."""
    desk.set_viewport_size({"width": width, "height": 768})
    found: list[str] = []
    scan(desk, busy.cards["adult"])
    scan(desk, "B005")
    expect(desk.locator("#why")).to_be_focused()
    found += _checked(desk, "state-question", width)
    desk.keyboard.press("Escape")
    desk.keyboard.press("F3")
    scan(desk, "B001")
    expect(desk.locator("[data-result-word]")).to_have_text("已还")
    found += _checked(desk, "state-returned", width)
    scan(desk, "NOPE")
    expect(desk.locator("[data-result-word]")).to_have_text("不能办理")
    found += _checked(desk, "state-refused", width)
    desk.goto(f"{base}/desk/register/")
    desk.locator("#id_document").fill("441602199001010000")
    desk.locator("#id_born_on").fill("2015-01-01")
    desk.get_by_role("button", name="办证").click()
    expect(desk.locator(".message.tone-refused")).to_contain_text("尚未保存，请检查：")
    found += _checked(desk, "state-register-refused", width)
    desk.goto(f"{base}/desk/readers/{busy.patrons['adult']}/")
    desk.get_by_role("button", name="全部续借").click()
    expect(desk.locator(".outcome").first).to_be_visible()
    found += _checked(desk, "state-renewed", width)
    desk.get_by_text("退证", exact=True).first.click()
    desk.get_by_role("button", name="退证").click()
    expect(desk.locator(".message.tone-refused")).to_contain_text("还有 2 册未还。")
    found += _checked(desk, "state-close-refused", width)
    # A refused form is a 422, of which the browser makes a line; what a page asks for by itself while
    # it is offline makes others.
    assert [line for line in console.lines if "422" not in line] == []
    desk.context.set_offline(True)
    expect(desk.locator("#offline")).to_be_visible()
    found += _checked(desk, "state-offline", width)
    desk.context.set_offline(False)
    assert found == []
    told = [line for line in console.lines if "422" not in line]
    assert all("htmx:" in line or "ERR_INTERNET_DISCONNECTED" in line for line in told)
    console.lines.clear()


def test_the_desk_fits_its_screen_without_scrolling(desk: Page, base: str, busy: Stocked) -> None:
    """1366 × 768, a reader with loans and a full log."""
    scan(desk, busy.cards["child"])
    for code in ("B005", "B006", "B007", "NOPE"):
        scan(desk, code)
    expect(desk.locator("[data-log] > li")).to_have_count(4)
    tall, high = desk.evaluate("[document.scrollingElement.scrollHeight, window.innerHeight]")
    assert tall == high
