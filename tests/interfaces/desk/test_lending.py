"""Scans that lend, take back, renew and count, as the island posts them: exact words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import items
from shuxiang.ledger.models import Event
from tests.conftest import Unchanged
from tests.interfaces.desk.conftest import Clock, Desk, text_of
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def said(answer: dict[str, str]) -> tuple[str, str, str]:
    return answer["kind"], answer.get("word", ""), answer["say"]


def open_loans(stocked: Stocked, who: str = "adult") -> list[str]:
    return [loan.barcode for loan in circulation.open_loans(stocked.patrons[who])]


def test_a_card_shows_its_reader_with_the_name_masked_beside_the_result(desk: Desk) -> None:
    answer = desk.serve()
    assert said(answer) == ("reader", "读者", "李* · 成人 · 在借 0 册")
    panel = text_of(answer["reader_html"])
    assert "李四 读者证 00000001 读者类型 成人 有效期至 2025年1月2日 0 在借 5 限借 0 逾期" in panel
    assert "没有在借图书。" in panel
    assert "log_html" not in answer


def test_lending_says_title_due_date_and_what_is_left(desk: Desk, stocked: Stocked) -> None:
    desk.serve()
    answer = desk.scan("B001")
    assert said(answer) == ("ok", "已借出", "《红楼梦》应还 2020年7月10日 · 还可借 4 册")
    assert answer["undo"] is True
    assert text_of(answer["log_html"]) == (
        "15:30:00 B001 红楼梦 应还 2020年7月10日 · 还可借 4 册 已借出"
    )
    assert "1 在借" in text_of(answer["reader_html"])
    assert open_loans(stocked) == ["B001"]


def test_full_width_digits_and_blanks_are_read_as_typed_by_a_scanner(
    desk: Desk, stocked: Stocked
) -> None:
    desk.scan("０００００００１")
    desk.scan(" ｂ００１ ")
    assert open_loans(stocked) == ["B001"]


def test_without_a_reader_nothing_is_lent(desk: Desk, unchanged: Unchanged) -> None:
    with unchanged():
        assert said(desk.scan("B001")) == ("refused", "请先扫证", "先扫读者证，再扫图书。")


def test_whose_book_came_back_is_shown_but_nothing_is_lent_to_them(
    desk: Desk, stocked: Stocked, unchanged: Unchanged
) -> None:
    desk.serve()
    desk.scan("B001")
    desk.state = ""
    answer = desk.scan("B001", mode="checkin")
    assert "因图书显示该读者。借书请先扫读者证。 李四" in text_of(answer["reader_html"])
    with unchanged():
        assert said(desk.scan("B002")) == ("refused", "请先扫证", "先扫读者证，再扫图书。")


def test_the_reader_present_stays_present_while_returning_their_own(
    desk: Desk, stocked: Stocked
) -> None:
    desk.serve()
    desk.scan("B001")
    desk.scan("B001", mode="checkin")
    assert said(desk.scan("B002"))[0] == "ok"
    assert open_loans(stocked) == ["B002"]


def test_another_readers_card_changes_who_is_served(desk: Desk, stocked: Stocked) -> None:
    desk.serve()
    desk.serve("other")
    desk.scan("B001")
    assert open_loans(stocked, "adult") == []
    assert open_loans(stocked, "other") == ["B001"]


def test_the_same_scan_within_five_seconds_is_the_first_answer(
    desk: Desk, stocked: Stocked
) -> None:
    """F6, F24: a scanner that sends twice does not renew and cannot undo the loan."""
    desk.serve()
    first = desk.scan("B001")
    again = desk.scan("B001")
    assert said(again) == said(first)
    assert (first["undo"], again["undo"]) == (True, False)
    assert Event.objects.filter(type="loan.opened").count() == 1


def test_the_same_request_key_answers_the_same_and_acts_once(desk: Desk, stocked: Stocked) -> None:
    desk.serve()
    first = desk.scan("B001", request_key="k-1")
    assert said(desk.scan("B001", request_key="k-1")) == said(first)
    other = desk.scan("B002", request_key="k-1")
    assert said(other) == ("error", "出错", "此页面已过时。请刷新后重新扫描。")
    assert open_loans(stocked) == ["B001"]


def test_a_return_is_calm_with_the_call_number(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    items.change_item(item=stocked.items["B001"], call_number="I242.4/1", ctx=ctx())
    desk.serve()
    desk.scan("B001")
    answer = desk.scan("B001", mode="checkin")
    assert said(answer) == ("ok", "已还", "《红楼梦》I242.4/1")
    assert answer["undo"] is True
    assert open_loans(stocked) == []


def test_an_overdue_return_and_a_second_scan_have_their_own_words(desk: Desk, time: Clock) -> None:
    desk.serve()
    desk.scan("B001")
    time.pass_(days=33)
    assert said(desk.scan("B001", mode="checkin")) == ("notice", "已还", "《红楼梦》已逾期 3 天。")
    time.pass_(minutes=2)
    again = desk.scan("B001", mode="checkin")
    assert said(again) == ("notice", "未在借", "《红楼梦》7月13日 15:30 已在本处归还。")
    assert again["undo"] is False
    time.pass_(minutes=20)
    assert said(desk.scan("B001", mode="checkin"))[2] == "《红楼梦》此书没有借出。"


def test_a_book_of_a_branch_is_taken_back_anywhere_and_named_to_be_sent(
    desk: Desk, stocked: Stocked
) -> None:
    """D4 通借通还: the holder changes, 所属馆 is named, 待送回 is said, three tones sound."""
    desk.serve()
    desk.scan("E001")
    answer = desk.scan("E001", mode="checkin")
    assert said(answer) == ("notice", "已还", "《红楼梦》所属馆：东区分馆，待送回。")
    assert answer["sound"] == "transit"


@pytest.mark.parametrize(
    ("mode", "code", "words"),
    [
        ("checkin", "NOPE", "没有条码号为 NOPE 的图书。"),
        ("checkin", "红楼梦", "没有条码号为 红楼梦 的图书。"),
        ("renew", "NOPE", "没有条码号为 NOPE 的图书。"),
        ("renew", "B001", "此书没有借出。"),
        ("inhouse", "00000001", "这是读者证，不是图书：00000001"),
        ("checkout", "NOPE", "没有号码为 NOPE 的读者证。"),
        ("checkout", "   ", "没有扫到内容。"),
        ("nonsense", "B001", "借还台没有“nonsense”这种方式。"),
    ],
)
def test_what_is_neither_has_its_own_message(
    desk: Desk, unchanged: Unchanged, mode: str, code: str, words: str
) -> None:
    with unchanged():
        answer = desk.scan(code, mode=mode)
    assert said(answer) == ("refused", "不能办理", words)


def test_an_unknown_code_with_a_reader_at_the_desk_is_an_unknown_book(desk: Desk) -> None:
    desk.serve()
    assert said(desk.scan("NOPE"))[2] == "没有条码号为 NOPE 的图书。"


def test_a_foreign_barcode_is_told_apart(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    places.set_setting(place=stocked.library.main, key="items.barcode_length", value=4, ctx=ctx())
    assert said(desk.scan("1234567", mode="checkin"))[2] == "1234567 不是本馆的条码。"


def test_a_card_is_recognised_in_every_mode_that_can_use_one(desk: Desk) -> None:
    for mode in ("checkout", "checkin", "renew", "reader"):
        assert desk.scan("00000001", mode=mode)["say"] == "李* · 成人 · 在借 0 册"
        desk.state = ""


def test_renewing_by_scan_names_both_dates(desk: Desk) -> None:
    desk.serve()
    desk.scan("B001")
    answer = desk.scan("B001", mode="renew")
    assert said(answer) == (
        "ok",
        "已续借",
        # 30 days from 2020-07-10 is a Sunday, open.
        "《红楼梦》应还 2020年8月9日（原 2020年7月10日）",
    )
    again = desk.scan("B001", mode="renew")
    assert again["kind"] == "ask"
    assert again["say"] == "已续借 1 次，上限 1 次。"


def test_in_house_use_is_counted_once(desk: Desk, time: Clock) -> None:
    assert said(desk.scan("B001", mode="inhouse")) == ("ok", "已计数", "《红楼梦》")
    assert desk.scan("B001", mode="inhouse")["say"] == "10 分钟内已登记过阅览。"
    time.pass_(minutes=10)
    assert desk.scan("B001", mode="inhouse")["kind"] == "ok"
    assert Event.objects.filter(type="item.used").count() == 2


def test_two_libraries_with_one_barcode_are_asked_about(
    desk: Desk, stocked: Stocked, ctx: Contexts
) -> None:
    """I2: never guessed; the answer says which, and an exception asked after it keeps it."""
    own = places.add_place(
        kind="branch", code="own", name="独立分馆", parent=stocked.library.network,
        own_barcodes=True, ctx=ctx(),
    )  # fmt: skip
    items.add_item(
        title=stocked.titles[1], barcode="B001", owner=own, category="reference", ctx=ctx()
    )
    desk.serve()
    answer = desk.scan("B001")
    assert (answer["kind"], answer["ask"]) == ("ask", "which")
    assert "红楼梦 · 总馆 A 三体 · 独立分馆 B" in text_of(answer["prompt_html"])
    assert open_loans(stocked) == []
    lent = desk.scan("B001", ask="which", library=stocked.library.main)
    assert said(lent)[:2] == ("ok", "已借出")
    returned = desk.scan("B001", mode="checkin", ask="which", library=own)
    assert said(returned)[1] == "未在借"


@pytest.mark.parametrize("role", ["desk", "branch", "director"])
def test_every_lending_role_lends(at_desk: Callable[[str], Desk], role: str) -> None:
    desk = at_desk(role)
    desk.serve()
    assert desk.scan("B001")["kind"] == "ok"


def test_the_account_of_a_branch_acts_at_its_branch(
    at_desk: Callable[[str], Desk], stocked: Stocked
) -> None:
    desk = at_desk("branch")
    desk.serve()
    desk.scan("B001")
    row = Event.objects.get(type="loan.opened")
    assert (row.place, row.channel) == (stocked.library.east, "desk")
    assert row.actor == stocked.library.staff["branch"]
    assert row.occurred_at == moment("2020-06-10", "15:30")
