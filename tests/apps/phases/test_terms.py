"""What a phase adds to lending: terms, quarantine, hours (rows D2, S2, S5); cases of
docs/circulation/phases.md."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.phases import commands, queries
from shuxiang.apps.phases.queries import Terms
from shuxiang.apps.places import commands as calendar
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context, Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.runtime import changes
from tests.apps.phases.acts import applied, broken, closed, dues
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def more(first: str, last: str | None, **terms: Any) -> Terms:
    """A phase that opens."""
    usual = {"kind": "normal", "name": "惠民借阅"}
    days = {"first_day": date.fromisoformat(first)}
    if last:
        days["last_day"] = date.fromisoformat(last)
    return Terms(**(usual | days | terms))


def lend(stocked: Stocked, barcode: str, who: str, ctx: Context) -> circulation.CheckedOut:
    return circulation.check_out(item_barcode=barcode, card=stocked.cards[who], ctx=ctx)


def test_d2_more_books_and_a_longer_term_for_a_time_end_by_themselves(
    stocked: Stocked, ctx: Contexts, at: Any
) -> None:
    """PH-14."""
    terms = more("2020-06-10", "2020-06-30", extra_loans=2, loan_days=60)
    phase = applied(stocked.library.main, terms, ctx("director", at=at("2020-06-01")))
    before = lend(stocked, "B001", "adult", ctx("desk", at=at("2020-06-09")))
    within = lend(stocked, "B002", "adult", ctx("desk", at=at("2020-06-10")))
    last = lend(stocked, "B003", "adult", ctx("desk", at=at("2020-06-30")))
    after = lend(stocked, "B004", "adult", ctx("desk", at=at("2020-07-01")))
    # 30 days, but for the two within: 60. 9 August is a Sunday, 31 July a Friday.
    assert [d.due_on for d in (before, within, last, after)] == [
        date(2020, 7, 9), date(2020, 8, 9), date(2020, 8, 29), date(2020, 7, 31)
    ]  # fmt: skip
    assert [d.remaining for d in (before, within, last, after)] == [4, 5, 4, 1]
    kept = Event.objects.filter(type="loan.opened").order_by("id").values_list("data", flat=True)
    assert list(kept) == ["", f'{{"phase": "{phase}"}}', f'{{"phase": "{phase}"}}', ""]
    # The change is on record, with who made it.
    (row,) = changes.find(changes.Asked(kind="operating-phase", subject=phase))[-1:]
    assert (row.after["extra_loans"], row.after["loan_days"]) == (2, 60)


def test_d1_explain_tells_what_a_phase_adds(stocked: Stocked, ctx: Contexts, at: Any) -> None:
    """PH-14."""
    terms = more("2020-06-10", "2020-06-30", extra_loans=2, loan_days=20)
    applied(stocked.library.main, terms, ctx("director", at=at("2020-06-01")))
    found = loans.explain(stocked.library.east, "child", "book", date(2020, 6, 15))
    # A term is never made shorter; the child's own limit grows by two.
    assert (found.rule.loan_limit, found.rule.loan_days) == (5, 30)
    assert (found.overlay.name, found.overlay.extra_loans) == ("惠民借阅", 2)
    assert loans.explain(stocked.library.main, "child", "book", date(2020, 7, 1)).overlay is None
    assert (
        loans.explain(stocked.library.main, "child", "book", date(2020, 7, 1)).rule.loan_limit == 3
    )


def test_d2_open_loans_are_given_more_days_once(stocked: Stocked, ctx: Contexts, at: Any) -> None:
    lend(stocked, "B001", "adult", ctx("desk", at=at("2020-06-10")))
    terms = more("2020-06-15", "2020-06-30", due_mode="extra", due_days=30)
    applied(stocked.library.main, terms, ctx("director", at=at("2020-06-14")))
    assert dues() == {"B001": date(2020, 8, 9)}
    lend(stocked, "B002", "adult", ctx("desk", at=at("2020-06-16")))
    commands.keep(ctx(at=at("2020-06-17")))
    assert dues() == {"B001": date(2020, 8, 9), "B002": date(2020, 7, 16)}
    assert broken() == []


@pytest.fixture
def quarantine(stocked: Stocked, ctx: Contexts, at: Any) -> Stocked:
    """Books given back from 10 June on lie aside for 72 hours; B001 is on loan."""
    terms = more("2020-06-10", "2020-06-30", kind="limited", quarantine_hours=72)
    applied(stocked.library.main, terms, ctx("director", at=at("2020-06-09")))
    lend(stocked, "B001", "adult", ctx("desk", at=at("2020-06-09")))
    return stocked


def test_s5_quarantine_is_told_at_return_and_ends_by_itself(
    quarantine: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    """S5, CO-12."""
    back = at("2020-06-10", "10:00")
    done = circulation.check_in(item_barcode="B001", ctx=ctx("desk", at=back))
    assert [r.code for r in done.tells] == ["goes-to-quarantine"]
    item = quarantine.items["B001"]
    until = at("2020-06-13", "10:00")
    assert loans.quarantined([item, quarantine.items["B002"]], back) == {item: until}
    with unchanged(), pytest.raises(Refused) as refused:
        lend(quarantine, "B001", "other", ctx("desk", at=at("2020-06-13", "09:59")))
    assert [r.code for r in refused.value.decision.refusing] == ["item-quarantined"]
    assert loans.quarantined([item], until) == {}
    assert lend(quarantine, "B001", "other", ctx("desk", at=until)).barcode == "B001"


def test_s5_quarantine_outlasts_the_phase_and_only_its_own_days_begin_one(
    quarantine: Stocked, ctx: Contexts, at: Any
) -> None:
    item = quarantine.items["B001"]
    circulation.check_in(item_barcode="B001", ctx=ctx("desk", at=at("2020-06-30", "16:00")))
    assert loans.quarantined([item], at("2020-07-02")) == {item: at("2020-07-03", "16:00")}
    lend(quarantine, "B002", "adult", ctx("desk", at=at("2020-07-01")))
    circulation.check_in(item_barcode="B002", ctx=ctx("desk", at=at("2020-07-01", "11:00")))
    assert loans.quarantined([quarantine.items["B002"]], at("2020-07-01", "11:01")) == {}


def test_s5_who_may_lifts_a_quarantine_with_a_why(
    quarantine: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    circulation.check_in(item_barcode="B001", ctx=ctx("desk", at=at("2020-06-10")))
    lifting = (Override("item-quarantined", "已消毒"),)
    with unchanged(), pytest.raises(Refused):
        lend(quarantine, "B001", "other", ctx("desk", at=at("2020-06-11"), overrides=lifting))
    lend(quarantine, "B001", "other", ctx("director", at=at("2020-06-11"), overrides=lifting))


def test_s2_limited_hours_count_and_a_closure_beats_them(
    stocked: Stocked, ctx: Contexts, at: Any
) -> None:
    """PH-16."""
    morning = {n: ((time(9), time(12)),) for n in range(1, 6)}
    director = ctx("director", at=at("2020-04-01"))
    terms = more("2020-04-10", "2020-06-30", kind="limited", name="有序开放", hours=morning)
    applied(stocked.library.main, terms, director)
    found = places.calendar(stocked.library.east, date(2020, 4, 1), date(2020, 12, 31))
    assert found.hours(date(2020, 4, 9)) == ((time(9), time(17)),)
    assert found.hours(date(2020, 4, 10)) == ((time(9), time(12)),)
    # A Sunday, which the phase does not open.
    assert found.hours(date(2020, 4, 12)) == ()
    assert found.hours(date(2020, 7, 1)) == ((time(9), time(17)),)
    # A day the calendar names stands; an emergency closure beats both.
    calendar.set_day(
        place=stocked.library.main, day=date(2020, 4, 12), open=True, opens=time(14),
        closes=time(16), reason="读书日", include_branches=True, ctx=director.with_key("day"),
    )  # fmt: skip
    found = places.calendar(stocked.library.east, date(2020, 4, 1), date(2020, 12, 31))
    assert found.hours(date(2020, 4, 12)) == ((time(14), time(16)),)
    applied(stocked.library.main, closed("2020-04-12", "2020-04-14"), director.with_key("shut"))
    found = places.calendar(stocked.library.east, date(2020, 4, 1), date(2020, 12, 31))
    assert [found.is_open(date(2020, 4, day)) for day in (11, 12, 14, 15)] == [
        True, False, False, True
    ]  # fmt: skip


def test_ph_7_1_what_is_due_on_a_day_that_a_phase_closes_goes_to_the_next_open_day(
    stocked: Stocked, ctx: Contexts, at: Any
) -> None:
    """A limited opening from Tuesday to Saturday, which moves nothing by itself."""
    for barcode, day in (("B001", "2020-06-12"), ("B002", "2020-06-10"), ("B003", "2020-06-04")):
        lend(stocked, barcode, "adult", ctx("desk", at=at(day)))
    # A Sunday, a Friday, and a Saturday before the phase begins.
    assert dues() == {
        "B001": date(2020, 7, 12),
        "B002": date(2020, 7, 10),
        "B003": date(2020, 7, 4),
    }
    tuesday_on = {n: ((time(9), time(12)),) for n in range(1, 6)}
    terms = more("2020-07-06", "2020-08-31", kind="limited", hours=tuesday_on)
    applied(stocked.library.main, terms, ctx("director", at=at("2020-06-20")))
    assert dues() == {
        "B001": date(2020, 7, 14),
        "B002": date(2020, 7, 10),
        "B003": date(2020, 7, 4),
    }
    assert broken() == []


def test_ph_15_which_of_several_phases_counts(stocked: Stocked, ctx: Contexts, at: Any) -> None:
    director, library = ctx("director", at=at("2020-06-01")), stocked.library

    def phase(place: str, first: str, name: str, **terms: Any) -> str:
        said = more(first, "2020-07-31", kind="limited", name=name, **terms)
        return applied(place, said, director.with_key(name))

    def first_at(place: str, day: str) -> list[str]:
        return [p.name for p in places.phases_at(place, date.fromisoformat(day))]

    phase(library.main, "2020-06-10", "先", extra_loans=1)
    phase(library.main, "2020-06-20", "后", extra_loans=2)
    phase(library.east, "2020-06-05", "东区", extra_loans=3)
    applied(
        library.main, closed("2020-07-01", "2020-07-05", name="闭馆"), director.with_key("shut")
    )
    # The nearest place, of one place the later first day; a closure, however far, before both.
    assert first_at(library.east, "2020-06-25") == ["东区", "后", "先"]
    assert first_at(library.main, "2020-06-15") == ["先"]
    assert first_at(library.main, "2020-06-25") == ["后", "先"]
    assert first_at(library.east, "2020-07-03") == ["闭馆", "东区", "后", "先"]
    for place, extra in ((library.main, 2), (library.east, 3), (library.point, 3)):
        found = loans.explain(place, "adult", "book", date(2020, 6, 25))
        assert found.rule is not None
        assert found.rule.loan_limit == 5 + extra
    found_then = places.calendar(library.east, date(2020, 7, 1), date(2020, 7, 31))
    assert [found_then.is_open(date(2020, 7, d)) for d in (5, 7)] == [False, True]


def test_s2_the_plan_of_a_phase(stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any) -> None:
    director = ctx("director", at=at("2020-01-30"))
    phase = applied(stocked.library.main, closed("2020-02-01", "2020-02-29"), director)
    first = commands.add_task(
        phase=phase, text=" 张贴闭馆公告 ", who="王主任", until=date(2020, 1, 31), ctx=director.with_key("1")
    )  # fmt: skip
    commands.add_task(phase=phase, text="全馆消毒", ctx=director.with_key("2"))
    commands.finish_task(task=first, ctx=director.with_key("3"))
    assert [(t.text, t.who, t.done_at is not None) for t in queries.tasks(phase)] == [
        ("全馆消毒", "", False), ("张贴闭馆公告", "王主任", True)
    ]  # fmt: skip
    for text, code in (("  ", "task-text-missing"), ("长" * 201, "text-too-long")):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.add_task(phase=phase, text=text, ctx=director.with_key(text))
        assert [r.code for r in refused.value.decision.refusing] == [code]
    with unchanged(), pytest.raises(Refused):
        commands.finish_task(task=first, done=False, ctx=ctx("desk", at=at("2020-01-30")))
    commands.remove_task(task=first, ctx=director.with_key("4"))
    assert [t.text for t in queries.tasks(phase)] == ["全馆消毒"]
