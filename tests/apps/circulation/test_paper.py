"""补录: lines written on paper, entered later (cases PA- of docs/circulation/loans.md)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, models, queries
from shuxiang.apps.circulation.commands import PaperLine
from shuxiang.apps.places import commands as places
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

DAY = "2020-06-10"
NOW = moment(DAY, "15:00")


def lend_line(stocked: Stocked, barcode: str, at: str, who: str = "adult") -> PaperLine:
    return PaperLine(act="check_out", at=_at(at), barcode=barcode, card=stocked.cards[who])


def back_line(barcode: str, at: str) -> PaperLine:
    return PaperLine(act="check_in", at=_at(at), barcode=barcode)


def _at(text: str) -> datetime:
    return moment(*text.split()) if " " in text else moment(DAY, text)


@pytest.fixture
def now(ctx: Contexts) -> Context:
    return ctx("desk", at=NOW)


def enter(line: PaperLine, ctx: Context) -> commands.Entered:
    return commands.enter_paper(line=line, ctx=ctx.with_key(f"{line.act}.{line.barcode}.{line.at}"))


def codes(done: commands.Entered) -> list[str]:
    return [r.code for r in done.reasons]


def test_pa_1_a_line_is_done_at_its_own_time(stocked: Stocked, now: Context) -> None:
    lent = enter(lend_line(stocked, "B001", "10:05"), now)
    assert (lent.state, lent.title_text, lent.due_on) == ("done", "红楼梦", date(2020, 7, 10))
    loan = queries.open_loan_of(stocked.items["B001"])
    assert loan is not None
    assert loan.lent_at == _at("10:05")
    back = enter(back_line("B001", "10:40"), now)
    assert (back.state, codes(back)) == ("done", [])
    opened, closed = Event.objects.filter(type__startswith="loan.").order_by("id")
    assert (opened.occurred_at, closed.occurred_at) == (_at("10:05"), _at("10:40"))
    assert (opened.channel, opened.actor, str(opened.business_date)) == (
        "paper",
        now.actor.id,
        DAY,
    )
    assert opened.recorded_at > opened.occurred_at


def test_pa_2_the_same_line_twice_is_one(stocked: Stocked, now: Context, ctx: Contexts) -> None:
    first = enter(lend_line(stocked, "B001", "10:05"), now)
    second = commands.enter_paper(
        line=lend_line(stocked, "ｂ００１", "10:05"), ctx=ctx("director", at=NOW)
    )
    assert (second.entry, second.again, second.state) == (first.entry, True, "done")
    assert Event.objects.filter(type="loan.opened").count() == 1
    assert models.PaperEntry.objects.count() == 1


def test_pa_3_what_the_system_had_already_taken_is_known(
    stocked: Stocked, now: Context, ctx: Contexts
) -> None:
    commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(at=_at("10:02")))
    commands.check_in(item_barcode="B002", ctx=ctx(at=_at("10:00")))
    assert enter(lend_line(stocked, "B001", "10:05"), now).state == "known"
    commands.check_in(item_barcode="B001", ctx=ctx(at=_at("10:30")))
    assert enter(back_line("B001", "10:31"), now).state == "known"
    assert Event.objects.filter(type__startswith="loan.").count() == 2


def test_pa_4_a_later_act_is_asked_about_and_taken_with_a_why(
    stocked: Stocked, now: Context, ctx: Contexts
) -> None:
    lent = commands.check_out(
        item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(at=_at("09:00"))
    )
    commands.renew(loan=lent.loan, ctx=ctx(at=_at("11:00")))
    kept = enter(back_line("B001", "10:30"), now)
    assert (kept.state, codes(kept)) == ("conflict", ["paper-later-act"])
    assert kept.reasons[0].data["event"] == "loan.renewed"
    assert queries.open_loan_of(stocked.items["B001"]) is not None
    again = commands.retry_paper(
        entry=kept.entry, line=back_line("B001", "10:30"), ctx=ctx("desk", at=NOW)
    )
    assert again.state == "conflict"
    lifted = ctx("desk", at=NOW, overrides=(Override("paper-later-act", "书在手上"),))
    done = commands.retry_paper(entry=kept.entry, line=back_line("B001", "10:30"), ctx=lifted)
    assert done.state == "done"
    assert queries.open_loan_of(stocked.items["B001"]) is None
    assert models.PaperEntry.objects.get().note == "书在手上"


def test_pa_4_a_book_brought_back_before_its_loan_was_entered_is_not_lent_again(
    stocked: Stocked, now: Context, ctx: Contexts
) -> None:
    """Lent on paper at 10:05; power is back, the reader brings it at 11:30; the sheet comes at noon."""
    came = commands.check_in(item_barcode="B001", ctx=ctx("desk", at=_at("11:30")))
    assert came.kind == "idle"
    kept = enter(lend_line(stocked, "B001", "10:05"), now)
    assert (kept.state, codes(kept)) == ("conflict", ["paper-later-act"])
    assert kept.reasons[0].data["event"] == "item.brought"
    assert queries.open_loan_of(stocked.items["B001"]) is None
    assert enter(lend_line(stocked, "B002", "10:06"), now).state == "done"


def test_pa_5_a_return_never_closes_the_loan_of_somebody_later(
    stocked: Stocked, now: Context, ctx: Contexts
) -> None:
    lent = commands.check_out(
        item_barcode="B001", card=stocked.cards["other"], ctx=ctx(at=_at("11:00"))
    )
    kept = enter(back_line("B001", "10:30"), now)
    assert (kept.state, codes(kept)) == ("conflict", ["paper-lent-later"])
    lifted = ctx("desk", at=NOW, overrides=(Override("paper-lent-later", "在手上"),))
    tried = commands.retry_paper(entry=kept.entry, line=back_line("B001", "10:30"), ctx=lifted)
    assert tried.state == "conflict"
    open_loan = queries.open_loan_of(stocked.items["B001"])
    assert open_loan is not None
    assert open_loan.id == lent.loan


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("check_out", "X999", "adult"), "item-unknown"),
        (("check_out", "B001", "9999"), "card-unknown"),
        (("check_out", "R001", "adult"), "item-not-lendable"),
        (("check_in", "B001", ""), "paper-not-on-loan"),
    ],
)
def test_pa_6_what_can_not_be_done_is_kept_until_settled(
    stocked: Stocked, now: Context, ctx: Contexts, line: tuple[str, str, str], code: str
) -> None:
    act, barcode, who = line
    given = PaperLine(act=act, at=_at("10:05"), barcode=barcode, card=stocked.cards.get(who, who))
    kept = enter(given, now)
    assert (kept.state, codes(kept)) == ("conflict", [code])
    assert Event.objects.filter(type__startswith="loan.").count() == 0
    assert [v.id for v in queries.paper_conflicts(stocked.library.main)] == [kept.entry]
    assert enter(given, ctx("desk", at=NOW + timedelta(hours=1))).again
    with pytest.raises(Refused) as refused:
        commands.settle_paper(entry=kept.entry, note=" ", ctx=ctx("desk", at=NOW))
    assert refused.value.decision.codes == ("reason-missing",)
    commands.settle_paper(entry=kept.entry, note="读者已电话说明", ctx=ctx("desk", at=NOW))
    assert queries.paper_conflicts(stocked.library.main) == ()
    with pytest.raises(Refused) as refused:
        commands.retry_paper(entry=kept.entry, line=given, ctx=ctx("desk", at=NOW))
    assert refused.value.decision.codes == ("paper-settled",)


def test_pa_6_a_typing_error_is_corrected_in_place(
    stocked: Stocked, now: Context, ctx: Contexts
) -> None:
    kept = enter(lend_line(stocked, "B0O1", "10:05"), now)
    assert codes(kept) == ["item-unknown"]
    right = lend_line(stocked, "B001", "10:05")
    done = commands.retry_paper(entry=kept.entry, line=right, ctx=ctx("desk", at=NOW))
    assert (done.state, done.title_text) == ("done", "红楼梦")
    # Entered anew from the same paper, wrong or right, it is this line.
    for line in (right, lend_line(stocked, "B0O1", "10:05")):
        assert enter(line, ctx("desk", at=NOW)).again
    assert models.PaperEntry.objects.count() == 1
    other = enter(lend_line(stocked, "B0O2", "10:06"), now)
    with pytest.raises(Refused) as refused:
        commands.retry_paper(entry=other.entry, line=right, ctx=ctx("desk", at=NOW))
    assert refused.value.decision.codes == ("paper-entered-already",)


def test_pa_6_a_limit_is_lifted_by_who_may(stocked: Stocked, now: Context, ctx: Contexts) -> None:
    for n in range(2, 7):
        enter(lend_line(stocked, f"B00{n}", f"10:0{n}"), now)
    line = lend_line(stocked, "B001", "10:30")
    kept = enter(line, now)
    assert (kept.state, codes(kept)) == ("conflict", ["loan-limit"])
    why = (Override("loan-limit", "书已带走"),)
    tried = commands.retry_paper(
        entry=kept.entry, line=line, ctx=ctx("desk", at=NOW, overrides=why)
    )
    assert tried.state == "done"


def test_pa_7_lateness_makes_nobody_overdue(stocked: Stocked, ctx: Contexts) -> None:
    commands.add_rule(
        place=stocked.library.main,
        item_category="book",
        valid_from=date(2020, 6, 5),
        loan_limit=5,
        loan_days=2,
        ctx=ctx(at=_at("2020-06-05 09:00")),
    )
    # Lent on Friday for two days, entered on Wednesday.
    lent = enter(lend_line(stocked, "B001", "2020-06-05 16:00"), ctx("desk", at=NOW))
    assert lent.due_on == date(2020, 6, 11)
    assert queries.open_loans(stocked.patrons["adult"])[0].overdue_days(date(2020, 6, 10)) == 0
    # Due on Sunday, brought back that day, entered on Wednesday.
    commands.check_out(
        item_barcode="B002",
        card=stocked.cards["other"],
        ctx=ctx(at=_at("2020-06-05 10:00")),
    )
    back = enter(back_line("B002", "2020-06-07 10:00"), ctx("desk", at=NOW))
    assert (back.state, codes(back)) == ("done", [])
    assert models.Loan.objects.get(patron=stocked.patrons["other"]).returned_on == date(2020, 6, 7)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (PaperLine(act="check_in", at=_at("15:01"), barcode="B001"), "paper-to-come"),
        (PaperLine(act="check_in", at=_at("2020-06-03 14:59"), barcode="B001"), "paper-too-old"),
        (PaperLine(act="check_in", at=_at("10:00"), barcode=" "), "barcode-missing"),
        (PaperLine(act="check_in", at=_at("10:00"), barcode="9" * 41), "barcode-too-long"),
        (PaperLine(act="check_out", at=_at("10:00"), barcode="B001"), "paper-card-missing"),
        (PaperLine(act="renew", at=_at("10:00"), barcode="B001"), "mode-unknown"),
        (
            PaperLine(act="check_out", at=_at("10:00"), barcode="B1", card="11010519491231002X"),
            "document-unknown",
        ),
    ],
)
def test_pa_8_no_line_at_all_is_refused_and_not_kept(
    stocked: Stocked, now: Context, unchanged: Any, line: PaperLine, code: str
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        enter(line, now)
    assert refused.value.decision.codes == (code,)


def test_pa_8_how_far_back_is_a_setting(stocked: Stocked, ctx: Contexts) -> None:
    places.set_setting(place=stocked.library.main, key="desk.paper_days", value=30, ctx=ctx())
    line = lend_line(stocked, "B001", "2020-05-15 10:00")
    assert enter(line, ctx("desk", at=NOW)).state == "done"


def test_pa_lines_of_another_branch_are_not_settled_here(
    stocked: Stocked, now: Context, ctx: Contexts, unchanged: Any
) -> None:
    kept = enter(lend_line(stocked, "X1", "10:05"), now)
    theirs = ctx("branch", place=stocked.library.east, at=NOW)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.settle_paper(entry=kept.entry, note="x", ctx=theirs)
    assert refused.value.decision.codes == ("not-permitted",)


def test_i13_lines_forget_the_card_with_the_answers(
    stocked: Stocked, now: Context, ctx: Contexts
) -> None:
    places.set_setting(place=stocked.library.main, key="privacy.history_days", value=5, ctx=ctx())
    enter(lend_line(stocked, "B001", "10:05"), now)
    kept = enter(lend_line(stocked, "X1", "10:06"), now)
    commands.forget_due(ctx=ctx(at=NOW + timedelta(days=4)))
    assert models.PaperEntry.objects.filter(card="").count() == 0
    commands.forget_due(ctx=ctx(at=NOW + timedelta(days=6)))
    assert [e.id for e in models.PaperEntry.objects.exclude(card="")] == [kept.entry]
