"""G3, R1: what a gate's event is, when it counts, how many are inside, who may come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shuxiang.apps.visits import rules
from shuxiang.apps.visits.rules import Judged, Said, Series
from shuxiang.kernel.decision import ask, stop

NOON = datetime(2020, 6, 10, 4, tzinfo=UTC)


def said(seq: int = 7, minutes: int = 0, direction: str = "in", count: int = 1) -> Said:
    return Said(seq, NOON + timedelta(minutes=minutes), direction, count)


FIRST = Series(0, None, NOON + timedelta(minutes=30))
SECOND = Series(2, NOON, NOON + timedelta(minutes=30))


@pytest.mark.parametrize(
    ("case", "event", "kept", "series", "judged"),
    [
        ("never seen", said(), {}, FIRST, Judged("new", 0)),
        ("sent again", said(), {0: said()}, FIRST, Judged("same", 0)),
        ("other direction", said(direction="out"), {0: said()}, FIRST, Judged("conflict", 0)),
        ("other count", said(count=2), {0: said()}, FIRST, Judged("conflict", 0)),
        ("other time", said(minutes=40), {0: said()}, FIRST, Judged("conflict", 0)),
        ("counts anew", said(1, 40), {0: said(1)}, FIRST, Judged("restart", 1)),
        ("anew, but not later", said(1, 20), {0: said(1)}, FIRST, Judged("conflict", 0)),
        ("late, of the run before", said(9, -5), {2: said(9)}, SECOND, Judged("new", 1)),
        ("again, of the run before", said(9, -5), {1: said(9, -5)}, SECOND, Judged("same", 1)),
        ("no new run of an old one", said(1, -5), {1: said(1, -9)}, SECOND, Judged("conflict", 1)),
    ],
)
def test_g3_what_an_event_is(
    case: str, event: Said, kept: dict[int, Said], series: Series, judged: Judged
) -> None:
    assert rules.judge(event, kept, series) == judged


@pytest.mark.parametrize(
    ("at", "offset", "counted", "kind"),
    [
        (-10, 0, -10, ""),
        (-10, 4, -10, ""),  # within the tolerance the gate is believed
        (-70, 60, -10, ""),  # an hour slow: set right
        (50, -60, -10, ""),  # an hour fast
        (1, 0, 0, ""),  # a minute ahead: never later than the call
        (3, 0, 3, "in-future"),
        (-60 * 24 * 30 - 1, 0, -60 * 24 * 30 - 1, "too-old"),
        (-60 * 24 * 30, 0, -60 * 24 * 30, ""),
    ],
)
def test_f14_a_gates_clock_is_set_right(at: int, offset: int, counted: int, kind: str) -> None:
    timed = rules.timed(
        NOON + timedelta(minutes=at),
        offset=timedelta(minutes=offset),
        received=NOON,
        keep=timedelta(days=30),
    )
    assert timed == rules.Timed(NOON + timedelta(minutes=counted), kind)


@pytest.mark.parametrize(
    ("passes", "inside", "surplus"),
    [
        ((), 0, 0),
        ((("in", 3), ("out", 1)), 2, 0),
        ((("out", 1), ("in", 1)), 1, 1),
        ((("in", 1), ("out", 3), ("in", 2)), 2, 2),
        ((("any", 5), ("in", 1)), 1, 0),
    ],
)
def test_invariant_7_inside_is_never_below_0(
    passes: tuple[tuple[str, int], ...], inside: int, surplus: int
) -> None:
    assert rules.inside(passes) == (inside, surplus)


@pytest.mark.parametrize(
    ("ins", "eithers", "corrected", "people"),
    [(5, 0, 0, 5), (0, 10, 0, 5), (0, 11, 0, 6), (3, 4, -2, 3), (1, 0, -5, 0)],
)
def test_r1_people_who_came_in(ins: int, eithers: int, corrected: int, people: int) -> None:
    assert rules.came_in(ins, eithers, corrected) == people


@pytest.mark.parametrize(
    ("inside", "admitted", "limit", "people", "card", "codes", "allowed"),
    [
        (99, 0, 100, 1, None, (), True),
        (99, 1, 100, 1, None, ("site-full",), False),
        (99, 0, 100, 2, None, ("site-full",), False),
        (10_000, 5, 0, 1, None, (), True),
        (0, 0, 100, 1, (stop("card-lost"),), ("card-lost",), False),
        (0, 0, 100, 1, (ask("card-expired", day="2020-01-01"),), ("card-expired",), True),
        (5, 0, 5, 1, (stop("card-replaced"),), ("card-replaced", "site-full"), False),
    ],
)
def test_r3_who_may_come_in(
    inside: int,
    admitted: int,
    limit: int,
    people: int,
    card: tuple[object, ...] | None,
    codes: tuple[str, ...],
    allowed: bool,
) -> None:
    decision = rules.may_enter(
        inside=inside, admitted=admitted, limit=limit, people=people, card=card
    )
    assert (decision.codes, decision.allowed) == (codes, allowed)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (said(direction="sideways"), "pass-direction-unknown"),
        (said(count=0), "pass-count-invalid"),
        (said(count=1001), "pass-count-invalid"),
        (said(-1), "pass-number-invalid"),
        (said(2**63), "pass-number-invalid"),
        (Said(1, datetime(2020, 6, 10), "in"), "pass-without-zone"),
    ],
)
def test_an_upload_that_can_not_be_read(event: Said, code: str) -> None:
    decision = rules.against([said(), event])
    assert decision.codes == (code,)
    assert decision.reasons[0].data == {"seq": str(event.seq)}


def test_an_upload_that_is_too_long() -> None:
    assert rules.against([said(n) for n in range(1001)]).codes == ("passes-too-many",)
    assert rules.against([said(n) for n in range(1000)]).allowed


@pytest.mark.parametrize(
    ("limits", "lowest"), [((), 0), ((0, 0), 0), ((0, 50), 50), ((80, 50), 50)]
)
def test_the_lowest_limit_counts(limits: tuple[int, ...], lowest: int) -> None:
    assert rules.lowest(limits) == lowest
