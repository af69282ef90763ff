"""Refusals with every reason, exceptions with a written why, undo, readers found by other means."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from importlib import import_module

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons.models import Patron
from shuxiang.apps.stock.commands import custody
from shuxiang.interfaces.desk.views.scan import LIFTABLE
from shuxiang.ledger.models import Event
from shuxiang.runtime.models import Request
from tests.apps.patrons import people
from tests.conftest import Unchanged
from tests.interfaces.desk.conftest import Clock, Desk, text_of
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def fill_up(desk: Desk, count: int = 5) -> None:
    desk.serve()
    for n in range(1, count + 1):
        assert desk.scan(f"B{n:03d}")["kind"] == "ok"


def test_every_reason_is_said_at_once_and_nothing_changes(
    desk: Desk, unchanged: Unchanged, time: Clock, stocked: Stocked
) -> None:
    """F6: the second desk hears when and where it went out, and not to whom."""
    desk.serve("other")
    desk.scan("B008")
    fill_up(desk)
    time.pass_(days=40)
    desk.serve()
    with unchanged():
        answer = desk.scan("B008")
    assert (answer["kind"], answer["word"]) == ("refused", "不能办理")
    assert answer["say"] == (
        "已借出（6月10日 15:30，总馆），2020年7月10日到期。 已借 5 册，可借上限 5 册。 "
        "有 5 册逾期未还，请先归还。"
    )
    assert text_of(answer["log_html"]).endswith("请先归还。 不能办理")
    assert "王芳" not in json.dumps(answer, ensure_ascii=False)


def test_an_exception_needs_a_reason_and_is_recorded(
    desk: Desk, unchanged: Unchanged, stocked: Stocked
) -> None:
    fill_up(desk)
    with unchanged():
        asked = desk.scan("B006")
    assert (asked["kind"], asked["ask"], asked["undo"]) == ("ask", "override", False)
    prompt = text_of(asked["prompt_html"])
    assert "是否特批？ 已借 5 册，可借上限 5 册。 特批原因 特批 F9 不办 Esc" in prompt
    with unchanged():
        blank = desk.scan("B006", ask="override", codes="loan-limit", why="  ")
    assert blank["say"] == "已借 5 册，可借上限 5 册。 特批前请写明理由。"
    lent = desk.scan("B006", ask="override", codes="loan-limit", why="读书会用书")
    assert lent["say"] == ("《昆虫记》应还 2020年7月10日 · 还可借 0 册 已特批，原因已记录。")
    row = Event.objects.filter(type="loan.opened").latest("id")
    assert json.loads(row.data)["overrides"] == [{"code": "loan-limit", "why": "读书会用书"}]


def test_what_the_role_may_not_lift_is_refused_without_a_question(
    at_desk: Callable[[str], Desk], unchanged: Unchanged
) -> None:
    """The branch account holds no exceptions: it is told the reason, and a forged form is refused."""
    desk = at_desk("branch")
    fill_up(desk)
    with unchanged():
        answer = desk.scan("B006")
        forged = desk.scan("B006", ask="override", codes="loan-limit", why="我要借")
    assert (answer["kind"], answer["say"]) == ("refused", "已借 5 册，可借上限 5 册。")
    assert forged["say"] == "已借 5 册，可借上限 5 册。 您的岗位不能特批此项，请联系负责人。"


def test_the_director_lifts_more_than_the_desk(
    at_desk: Callable[[str], Desk], stocked: Stocked, ctx: Contexts, time: Clock
) -> None:
    patrons.suspend(
        patron=stocked.patrons["adult"], until=dt.date(2020, 7, 1), why="污损未赔", ctx=ctx()
    )
    words = "停借至 2020年7月1日：污损未赔"
    at_counter, director = at_desk("desk"), at_desk("director")
    for desk in (at_counter, director):
        shown = desk.serve()
        assert shown["kind"] == "notice"
        assert words in shown["say"]
    assert at_counter.scan("B001")["kind"] == "refused"
    assert director.scan("B001")["kind"] == "ask"
    lent = director.scan("B001", ask="override", codes="patron-suspended", why="已赔付")
    assert lent["kind"] == "ok"


def test_no_reason_that_is_never_lifted_is_offered() -> None:
    for verb in ("check_out", "renew"):
        # The package gives its functions the modules' names.
        never = import_module(f"shuxiang.apps.circulation.commands.{verb}").NEVER
        assert "no-rule" in never
        assert not never & set(LIFTABLE)


def test_a_book_thought_lost_is_asked_about_by_anybody(
    at_desk: Callable[[str], Desk], stocked: Stocked
) -> None:
    """CO-2.1: no permission, but an answer; afterwards it is available and lent."""
    custody_set(stocked, "missing")
    desk = at_desk("branch")
    desk.serve()
    asked = desk.scan("B001")
    assert asked["kind"] == "ask"
    assert "请确认" in text_of(asked["prompt_html"])
    lent = desk.scan("B001", ask="override", codes="item-found-again", why="书架后找到")
    assert lent["kind"] == "ok"
    assert Event.objects.filter(type="item.status").count() == 1


def custody_set(stocked: Stocked, status: str) -> None:
    from shuxiang.runtime import sql

    item = stocked.items["B001"]
    custody.set_status(item, status=status, seq=1)
    assert sql.one("SELECT status FROM stock_item WHERE id = ?", item) == (status,)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("lost", "此证已挂失。"),
        ("expired", "此证已于 2025年1月2日 到期。"),
        ("suspended", "停借至 2020年7月1日：污损"),
    ],
)
def test_what_stands_against_a_card_is_said_when_it_is_scanned(
    desk: Desk, stocked: Stocked, ctx: Contexts, time: Clock, act: str, words: str
) -> None:
    from shuxiang.apps.patrons import queries

    card = queries.live_card(stocked.patrons["adult"])
    assert card is not None
    if act == "lost":
        patrons.report_lost(card=card.id, ctx=ctx())
    elif act == "expired":
        time.now = time.now.replace(year=2025)
    else:
        patrons.suspend(
            patron=stocked.patrons["adult"], until=dt.date(2020, 7, 1), why="污损", ctx=ctx()
        )
    answer = desk.serve()
    assert (answer["kind"], answer["word"]) == ("notice", "读者")
    assert words in answer["say"]
    assert words in text_of(answer["reader_html"])


def test_a_replaced_card_says_only_that(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    """I17: who holds it learns nothing about the reader."""
    from shuxiang.apps.patrons import queries

    card = queries.live_card(stocked.patrons["adult"])
    assert card is not None
    patrons.replace_card(card=card.id, ctx=ctx())
    answer = desk.serve()
    assert (answer["kind"], answer["say"]) == ("refused", "此证已补办新证，旧证作废。")
    assert "李" not in text_of(answer["reader_html"])
    assert answer["state"] == ""


def test_undo_takes_back_each_act_within_a_minute(
    desk: Desk, stocked: Stocked, time: Clock
) -> None:
    patron = stocked.patrons["adult"]
    desk.serve()

    def undo() -> tuple[str, str]:
        answer = desk.scan(command="undo", undoes=desk.key)
        assert answer["word"] == "已撤销", answer
        return answer["say"], text_of(answer["log_html"]).split(" ", 1)[1]

    desk.scan("B001")
    assert undo() == ("《红楼梦》借出已撤销。", "B001 红楼梦 借出已撤销。 已撤销")
    assert loans.open_loans(patron) == ()
    desk.scan("B001")
    desk.scan("B001", mode="renew")
    assert undo()[0] == "《红楼梦》续借已撤销，应还日期不变。"
    assert loans.open_loans(patron)[0].due_on == dt.date(2020, 7, 10)
    desk.scan("B001", mode="checkin")
    assert undo()[0] == "《红楼梦》还书已撤销，仍在借。"
    assert len(loans.open_loans(patron)) == 1
    desk.scan("B002", mode="inhouse")
    assert undo()[0] == "《三体》计数已撤销。"


def test_undo_is_over_after_a_minute_and_for_others(
    at_desk: Callable[[str], Desk], time: Clock, unchanged: Unchanged
) -> None:
    desk, colleague = at_desk("desk"), at_desk("director")
    desk.serve()
    desk.scan("B001")
    key = desk.key
    with unchanged():
        assert colleague.scan(command="undo", undoes=key)["say"] == "没有可以撤销的操作。"
        time.pass_(seconds=61)
        assert desk.scan(command="undo", undoes=key)["say"] == "只能撤销 60 秒以内的操作。"


def test_next_frees_the_desk(desk: Desk) -> None:
    desk.serve()
    answer = desk.scan(command="next")
    assert (answer["word"], answer["say"], answer["state"]) == (
        "下一位",
        "请扫下一位读者的证。",
        "",
    )
    assert answer["mode"] == "checkout"
    assert "当前没有读者" in text_of(answer["reader_html"])


def test_the_slip_masks_name_and_card(desk: Desk) -> None:
    assert desk.scan(command="slip")["say"] == "当前没有读者，请先扫证。"
    desk.serve()
    desk.scan("B001")
    answer = desk.scan(command="slip")
    assert answer["print"] is True
    slip = text_of(answer["slip_html"])
    assert slip == ("总馆 李* · 0****001 6月10日 15:30 红楼梦 B001 应还 2020年7月10日 共 1 册")


def test_an_id_card_stands_in_for_the_reader_card_and_is_stored_nowhere(
    desk: Desk, stocked: Stocked
) -> None:
    """S6: neither the log of the desk nor a stored request has the number."""
    answer = desk.scan(people.LI)
    assert answer["say"] == "李* · 成人 · 在借 0 册"
    assert desk.scan("B001")["kind"] == "ok"
    stranger = people.id_number(dt.date(1970, 1, 1), 7)
    for mode in ("checkout", "checkin", "renew", "inhouse", "reader"):
        refused = desk.scan(stranger, mode=mode)
        assert refused["kind"] == "refused"
        assert stranger not in json.dumps(refused)
        assert refused["say"] == f"没有人用证件 {stranger[0]}{'*' * 14}{stranger[-3:]} 办过证。"
    assert not any(stranger in row.outcome for row in Request.objects.all())


def test_f6_finds_by_name_phone_or_book(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    born = dt.date(1992, 2, 2)
    people.adult(ctx(), number=people.id_number(born, 5), name="李四", phone="13912345678")
    asked = desk.scan("李四", mode="reader")
    assert (asked["kind"], asked["say"]) == ("ask", "有 2 位读者符合。")
    assert "李四 · 1990 · 成人 · 00000001 A" in text_of(asked["prompt_html"])
    chosen = desk.scan("李四", mode="reader", ask="which", patron=stocked.patrons["adult"])
    assert (chosen["kind"], chosen["mode"]) == ("reader", "checkout")
    assert desk.scan("B001")["kind"] == "ok"
    assert desk.scan("李四 1992", mode="reader")["kind"] == "reader"
    assert desk.scan("139 1234 5678", mode="reader")["kind"] == "reader"
    book = desk.scan("B001", mode="reader")
    assert book["say"] == "《红楼梦》在该读者处，还有 30 天。"
    assert "李四 读者证 00000001" in text_of(book["reader_html"])
    nobody = desk.scan("欧阳", mode="reader")
    assert nobody["say"] == "没有与“欧阳”相符的读者证、图书、手机号或姓名。"


def test_a_token_of_somebody_elses_making_serves_nobody(desk: Desk, unchanged: Unchanged) -> None:
    desk.state = "WyIwMDAwMDAwMSIsIm1haW4iLHRydWVd:1abc:forged"
    with unchanged():
        assert desk.scan("B001")["say"] == "先扫读者证，再扫图书。"


def test_a_closed_account_is_no_longer_offered(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    patrons.close_account(patron=stocked.patrons["adult"], ctx=ctx())
    assert Patron.objects.get(id=stocked.patrons["adult"]).closed_at is not None
    assert desk.serve()["say"] == "此证已注销。"
    assert desk.scan("李四", mode="reader")["kind"] == "refused"


def test_a_loan_made_elsewhere_meanwhile_is_refused_in_time(
    desk: Desk, stocked: Stocked, ctx: Contexts, time: Clock
) -> None:
    desk.serve()
    circulation.check_out(
        item_barcode="B001", card=stocked.cards["other"], ctx=ctx("desk", at=time.now)
    )
    assert desk.scan("B001")["say"] == ("已借出（6月10日 15:30，总馆），2020年7月10日到期。")
