"""Closures on a real database (row S1, I9, I10); case numbers of docs/circulation/phases.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.phases import commands, queries
from shuxiang.apps.phases.commands import working
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event, Reader
from shuxiang.project import subscriptions
from shuxiang.runtime import sql
from tests.apps.phases.acts import applied, broken, closed, dues, finish, write
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

FEBRUARY = closed("2020-02-01", "2020-02-29")


@pytest.fixture
def lent(scene: Callable[..., Any], stocked: Stocked, ctx: Contexts, at: Any) -> Stocked:
    """Due: B001 31 January, B002 … B004 4 to 6 February, E001 of the east branch 12, B005 20 and B006
    28 February."""

    def lend() -> Stocked:
        for barcode, who, day, place in (
            ("B001", "adult", "2020-01-01", ""),
            ("B002", "adult", "2020-01-05", ""),
            ("B003", "adult", "2020-01-06", ""),
            ("B004", "other", "2020-01-07", ""),
            ("E001", "other", "2020-01-13", stocked.library.east),
            ("B005", "other", "2020-01-21", ""),
            ("B006", "other", "2020-01-29", ""),
        ):
            circulation.check_out(
                item_barcode=barcode,
                card=stocked.cards[who],
                ctx=ctx("desk", at=at(day), place=place),
            )
        return stocked

    scene("phases.lent", lend)
    return stocked


@pytest.fixture
def before(ctx: Contexts, at: Any) -> Any:
    """The director on 30 January."""
    return ctx("director", at=at("2020-01-30"))


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {r.code for r in refused.value.decision.refusing}


def events(of: str) -> list[Event]:
    return list(Event.objects.filter(type=of).order_by("id"))


def test_s1_a_closure_moves_every_open_loan_once(lent: Stocked, before: Any) -> None:
    was = dues()
    assert was["B002"] == date(2020, 2, 4)
    phase = write(lent.library.main, FEBRUARY, before)
    looked = queries.summary(queries.planned(places.phase(phase), before.occurred_at))
    assert (looked.loans, looked.readers) == (6, 2)
    assert commands.apply(phase=phase, ctx=before) == 6
    assert finish(phase, before) == 6
    assert dues() == was | {
        "B002": date(2020, 3, 4),
        "B003": date(2020, 3, 5),
        "B004": date(2020, 3, 6),
        "E001": date(2020, 3, 12),
        "B005": date(2020, 3, 20),
        "B006": date(2020, 3, 28),
    }
    # Nothing is left to do, however often it is tried.
    assert finish(phase, before) == 0
    assert places.phase(phase).state == "applied"


def test_s1_each_loan_keeps_its_old_due_date_and_has_its_ledger_row(
    lent: Stocked, before: Any
) -> None:
    phase = applied(lent.library.main, FEBRUARY, before)
    loan = loans.open_loan_of(lent.items["B002"])
    (shift,) = loans.shifts_of_loan(loan.id)
    assert (shift.cause, shift.round, shift.base, shift.before, shift.after) == (
        phase, 1, date(2020, 2, 4), date(2020, 2, 4), date(2020, 3, 4)
    )  # fmt: skip
    row = Event.objects.get(type="loan.due_shifted", loan=loan.id)
    assert (row.subject, row.item_seq, row.quantity) == (phase, 3, 1)
    assert (row.reader_category, row.age_band) == ("adult", "18-59")
    assert row.data == '{"from": "2020-02-04", "to": "2020-03-04"}'
    assert Reader.objects.get(event=row.id).patron == lent.patrons["adult"]
    assert len(events("loan.due_shifted")) == 6
    (told,) = events("phase.applied")
    assert (told.subject, told.place) == (phase, lent.library.main)
    assert broken() == []


def test_s1_a_draft_and_a_preview_change_nothing(
    lent: Stocked, before: Any, unchanged: Any
) -> None:
    phase = write(lent.library.main, FEBRUARY, before)
    with unchanged():
        plan = queries.planned(places.phase(phase), before.occurred_at)
    assert {m.after for m in plan.moves} >= {date(2020, 3, 4), date(2020, 3, 28)}
    assert places.calendar(lent.library.main, date(2020, 2, 1), date(2020, 2, 28)).is_open(
        date(2020, 2, 4)
    )


def test_d4_a_closure_is_in_the_calendar_of_its_places(lent: Stocked, before: Any) -> None:
    applied(lent.library.main, FEBRUARY, before)
    for place in (lent.library.main, lent.library.east, lent.library.point):
        calendar = places.calendar(place, date(2020, 1, 1), date(2020, 12, 31))
        assert calendar.open_days(date(2020, 2, 1), date(2020, 2, 29)) == 0
        assert calendar.why_closed(date(2020, 2, 4)) == "疫情防控"
        # Sunday 1 March; Monday is closed as ever.
        assert calendar.open_days(date(2020, 3, 1), date(2020, 3, 3)) == 2
        assert places.calendars(date(2020, 1, 1), date(2020, 12, 31))[place] == calendar
    # It has a notice of its own; the holidays within it are no news.
    assert places.departures(calendar, date(2020, 1, 20), date(2020, 3, 20)) == ()


def test_s1_a_place_alone_when_branches_are_not_ticked(lent: Stocked, before: Any) -> None:
    was = dues()
    phase = write(lent.library.main, FEBRUARY, before, branches=False)
    commands.apply(phase=phase, ctx=before)
    finish(phase, before)
    assert dues()["E001"] == was["E001"]
    assert places.calendar(lent.library.east, date(2020, 2, 1), date(2020, 2, 28)).is_open(
        date(2020, 2, 4)
    )


def test_ph_12_taking_back_gives_exactly_what_was(lent: Stocked, before: Any) -> None:
    was = dues()
    calendar = places.calendar(lent.library.main, date(2020, 1, 1), date(2020, 12, 31))
    phase = applied(lent.library.main, FEBRUARY, before)
    assert dues() != was
    commands.revert(phase=phase, ctx=before.with_key("back"))
    assert finish(phase, before) == 6
    assert dues() == was
    assert places.calendar(lent.library.main, date(2020, 1, 1), date(2020, 12, 31)) == calendar
    assert places.phase(phase).state == "reverted"
    assert len(events("loan.due_restored")) == 6
    assert broken() == []


def test_ph_12_what_has_changed_since_is_kept_and_said(
    lent: Stocked, before: Any, ctx: Contexts, at: Any
) -> None:
    was = dues()
    phase = applied(lent.library.main, FEBRUARY, before)
    renewed = loans.open_loan_of(lent.items["B003"])
    circulation.renew(loan=renewed.id, ctx=ctx("desk", at=at("2020-01-31")))
    circulation.check_in(item_barcode="B004", ctx=ctx("desk", at=at("2020-01-31")))
    later = ctx("director", at=at("2020-01-31", "16:00"))
    plan, kept = queries.given_back(places.phase(phase), date(2020, 1, 31))
    assert (len(plan.moves), kept) == (4, {renewed.id: "changed"})
    commands.revert(phase=phase, ctx=later)
    finish(phase, later)
    now = dues()
    assert now["B003"] == date(2020, 4, 4)
    assert "B004" not in now
    assert {b: d for b, d in now.items() if b != "B003"} == {
        b: d for b, d in was.items() if b not in ("B003", "B004")
    }


def test_ph_12_a_mistake_found_late_makes_nobody_overdue_at_once(
    lent: Stocked, before: Any, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    phase = applied(lent.library.main, FEBRUARY, before)
    late = ctx("director", at=at("2020-02-06"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.revert(phase=phase, ctx=late)
    assert codes(refused) == {"phase-begun"}
    with unchanged(), pytest.raises(Refused) as refused:
        commands.revert(phase=phase, mistake=True, why="录入错误", ctx=late.with_key("again"))
    assert codes(refused) == {"past-day-kept"}
    commands.revert(phase=phase, mistake=True, why="录入错误", ctx=ctx(at=at("2020-02-06")))
    finish(phase, late)
    now = dues()
    # 4 and 5 February are past; 6 February is today.
    assert (now["B002"], now["B003"], now["B004"]) == (
        date(2020, 3, 4), date(2020, 3, 5), date(2020, 2, 6)
    )  # fmt: skip


def test_ph_11_extending_ends_where_one_longer_closure_would(
    lent: Stocked, before: Any, ctx: Contexts, at: Any, scene: Any
) -> None:
    def long() -> dict[str, date]:
        applied(lent.library.main, closed("2020-02-01", "2020-03-15"), before)
        return dues()

    def extended() -> dict[str, date]:
        phase = applied(lent.library.main, FEBRUARY, before)
        later = ctx("director", at=at("2020-02-27"))
        commands.set_end(phase=phase, last_day=date(2020, 3, 15), ctx=later)
        assert finish(phase, later) == 6
        assert [s.round for s in loans.shifts_of_loan(loans.open_loan_of(lent.items["B002"]).id)] == [1, 2]  # fmt: skip
        assert finish(phase, later) == 0
        return dues()

    scene("phases.before-both", dict)
    in_one = long()
    scene("phases.before-both", dict)
    in_two = extended()
    assert in_one == in_two
    assert in_two["B002"] == date(2020, 3, 19)


def test_ph_11_ending_earlier_leaves_due_dates_that_were_told(
    lent: Stocked, before: Any, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    phase = applied(lent.library.main, FEBRUARY, before)
    was = dues()
    later = ctx("director", at=at("2020-02-20"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.set_end(phase=phase, last_day=date(2020, 2, 10), why="提前恢复", ctx=later)
    assert codes(refused) == {"past-day-kept"}
    commands.set_end(phase=phase, last_day=date(2020, 2, 19), ctx=later.with_key("right"))
    assert (finish(phase, later), dues()) == (0, was)
    calendar = places.calendar(lent.library.main, date(2020, 2, 1), date(2020, 2, 29))
    # Days already past stay closed: opening days are counted from them.
    assert [d for d in range(17, 24) if calendar.is_open(date(2020, 2, d))] == [20, 21, 22, 23]


def test_ph_10_overlapping_closures_count_each_day_once(
    lent: Stocked, before: Any, ctx: Contexts, at: Any
) -> None:
    first = applied(lent.library.main, FEBRUARY, before)
    later = ctx("director", at=at("2020-02-19"))
    second = applied(lent.library.east, closed("2020-02-20", "2020-03-15"), later)
    now = dues()
    assert now["B002"] == date(2020, 3, 4)
    # 12 February and 29 + 15 days, not 29 + 25.
    assert now["E001"] == date(2020, 3, 27)
    # Extending the first adds to each place the days that nobody has added there.
    commands.set_end(phase=first, last_day=date(2020, 3, 31), ctx=later.with_key("longer"))
    finish(first, later)
    now = dues()
    assert now["B002"] == date(2020, 4, 4)
    # 12 February and the 60 days of both.
    assert now["E001"] == date(2020, 4, 12)
    # Taking the second back moves only what is as it left it.
    plan, kept = queries.given_back(places.phase(second), date(2020, 2, 19))
    assert (plan.moves, list(kept.values())) == ((), ["changed"])
    assert broken() == []


def test_i10_nobody_becomes_overdue_because_the_library_was_shut(
    lent: Stocked, before: Any, ctx: Contexts, at: Any
) -> None:
    """Two closures, the second applied in the first and late, one loan reopened by undoing."""
    applied(lent.library.main, FEBRUARY, before)
    back = ctx("desk", at=at("2020-01-31", "16:59"))
    circulation.check_in(item_barcode="B002", ctx=back)
    applied(lent.library.main, closed("2020-02-25", "2020-03-20"), ctx(at=at("2020-02-28")))
    loan = sql.one("SELECT id FROM circulation_loan WHERE returned_at IS NOT NULL")[0]
    circulation.undo(
        act="check_in", subject=loan, done_at=back.occurred_at, ctx=ctx("desk", at=at("2020-01-31", "16:59"))
    )  # fmt: skip
    commands.keep(ctx(at=at("2020-03-01")))
    overdue = {b for b, due in dues().items() if date(2020, 2, 1) <= due <= date(2020, 3, 20)}
    assert overdue == set()
    calendars = places.calendars(date(2020, 1, 1), date(2020, 12, 31))
    assert all(calendars[lent.library.main].is_open(due) for due in dues().values())


def test_s1_a_closure_until_further_notice_extends_itself(
    lent: Stocked, before: Any, ctx: Contexts, at: Any
) -> None:
    """PH-13."""
    terms = closed("2020-02-01", "2020-02-14", until_notice=True)
    phase = applied(lent.library.main, terms, before)
    commands.keep(ctx(at=at("2020-02-07")))
    assert places.phase(phase).last_day == date(2020, 2, 14)
    commands.keep(ctx(at=at("2020-02-08")))
    assert places.phase(phase).last_day == date(2020, 2, 28)
    assert places.phase(phase).state == "applied"
    # 4 February and 28 days.
    assert dues()["B002"] == date(2020, 3, 3)
    # Once somebody says when it ends, it ends then.
    known = ctx("director", at=at("2020-02-20"))
    commands.set_end(phase=phase, last_day=date(2020, 2, 28), ctx=known)
    commands.keep(ctx(at=at("2020-02-27")))
    assert (places.phase(phase).last_day, places.phase(phase).until_notice) == (
        date(2020, 2, 28), False
    )  # fmt: skip


def test_s1_a_round_broken_off_goes_on_and_ends_the_same(
    lent: Stocked, before: Any, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 1)
    terms = closed("2020-02-01", "2020-02-29", spread_most=1)
    scene("phases.before-both", dict)
    applied(lent.library.main, terms, before)
    whole = dues()
    scene("phases.before-both", dict)
    phase = write(lent.library.main, terms, before)
    commands.apply(phase=phase, ctx=before)
    broken = commands.work(phase, before)
    assert [next(broken), next(broken)] == [1, 1]
    broken.close()
    assert places.phase(phase).state == "applying"
    assert dues() != whole
    assert sum(commands.step(before)) == 4
    assert (dues(), places.phase(phase).state) == (whole, "applied")


def test_s1_a_closure_already_begun_needs_the_right_and_a_why(
    lent: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    """PH-2."""
    late = ctx("director", at=at("2020-02-03"))
    phase = write(lent.library.main, FEBRUARY, late)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.apply(phase=phase, why="接紧急通知", ctx=late)
    assert codes(refused) == {"past-day-kept"}
    system = ctx(at=at("2020-02-03"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.apply(phase=phase, ctx=system)
    assert codes(refused) == {"past-day-without-why"}
    assert commands.apply(phase=phase, why="接紧急通知", ctx=system.with_key("why")) == 6


def test_s1_too_few_places_a_day_are_refused_before_anything_is_done(
    lent: Stocked,
    before: Any,
    ctx: Contexts,
    at: Any,
    unchanged: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PH-3."""
    phase = write(lent.library.main, closed("2020-02-01", "2020-02-29", spread_most=1), before)
    # Another reader's, due the same day as B002.
    circulation.check_out(
        item_barcode="B007", card=lent.cards["other"], ctx=ctx("desk", at=at("2020-01-05"))
    )
    monkeypatch.setattr("shuxiang.apps.phases.rules.MOST_DAYS", 0)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.apply(phase=phase, ctx=before)
    assert codes(refused) == {"phase-crowded"}


@pytest.mark.parametrize("role", ["desk", "branch", "cataloguer", "auditor"])
def test_s1_only_who_may_applies(
    lent: Stocked, before: Any, ctx: Contexts, unchanged: Any, role: str
) -> None:
    phase = write(lent.library.main, FEBRUARY, before)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.apply(phase=phase, ctx=ctx(role, at=before.occurred_at))
    assert codes(refused) == {"not-permitted"}
    with unchanged(), pytest.raises(Refused):
        write(lent.library.main, FEBRUARY, ctx(role, at=before.occurred_at + timedelta(minutes=1)))


def test_i10_check_names_a_loan_due_while_shut_and_a_move_without_its_row(
    lent: Stocked, before: Any
) -> None:
    applied(lent.library.main, FEBRUARY, before)
    assert broken() == []
    loan = loans.open_loan_of(lent.items["E001"]).id
    sql.run("UPDATE circulation_loan SET due_on = ? WHERE id = ?", date(2020, 2, 20), loan)
    sql.run("DELETE FROM circulation_dueshift WHERE loan_id = ?", loan)
    assert broken() == [
        f"I10: loan {loan} is due 2020-02-20, while 暂停开放 has shut the library",
        f"I2-due: loan {loan}: its date was moved 0 times, the ledger says 1",
    ]


def test_s1_the_worker_plans_once_and_moves_a_little_a_turn(
    lent: Stocked, before: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 1)
    monkeypatch.setattr(subscriptions, "TURN_SECONDS", 0)
    monkeypatch.setattr(clock, "now", lambda: before.occurred_at)
    phase = write(lent.library.main, FEBRUARY, before)
    commands.apply(phase=phase, ctx=before)
    planned, plans = queries.planned, []
    monkeypatch.setattr(queries, "planned", lambda *a: plans.append(a) or planned(*a))
    for turn in range(1, 7):
        subscriptions._move_due_dates()
        assert loans.count_shifts(phase, 1) == turn
    assert len(plans) == 1
    subscriptions._move_due_dates()
    assert (places.phase(phase).state, subscriptions._moving) == ("applied", [])
