"""G3, R1: events of a gate, in any order and any number of times; invariant 7."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.patrons import commands as readers
from shuxiang.apps.visits import commands, models, queries
from shuxiang.kernel.context import Actor
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import sql
from tests.apps.patrons import people
from tests.apps.visits.conftest import Gates, passed
from tests.support.library import Contexts, moment

DAY = date(2020, 6, 10)
Unchanged = Callable[[], AbstractContextManager[None]]


def day(gates: Gates, door: str = "") -> tuple[int, int, int]:
    row = queries.day_count(gates.library.main, door or gates.north, DAY)
    return (row.ins, row.outs, row.number) if row else (0, 0, 0)


def presence(gates: Gates) -> tuple[int, int]:
    row = models.Presence.objects.get(place=gates.library.main)
    assert (row.inside, row.surplus) == queries.in_and_out(gates.library.main, row.day)
    return row.inside, row.surplus


def test_g3_counted_by_door_hour_and_day(gates: Gates) -> None:
    done = gates.send(
        passed(1),
        passed(2, at="09:31", count=3),
        passed(3, "out", "09:50"),
        at=moment("2020-06-10", "10:00"),
    )
    gates.send(passed(1, at="09:59"), gate=gates.south)
    assert done == commands.Recorded(
        accepted=3, duplicates=0, conflicts=(), unknown_cards=0, clock_wrong=False, inside=3
    )
    assert day(gates) == (4, 1, 4)
    assert day(gates, gates.south) == (1, 0, 1)
    assert {
        (h.door, h.hour, h.ins, h.outs) for h in queries.hour_counts(gates.library.main, DAY)
    } == {
        (gates.north, 9, 4, 1),
        (gates.south, 9, 1, 0),
    }
    assert presence(gates) == (4, 0)


def test_g3_the_same_events_twice_are_harmless(gates: Gates, unchanged: Unchanged) -> None:
    events = [passed(1), passed(2, at="09:35"), passed(3, "out", "09:40")]
    gates.send(*events)
    before = day(gates), presence(gates)
    again = gates.send(*reversed(events))
    assert (again.accepted, again.duplicates, again.inside) == (0, 3, 1)
    assert (day(gates), presence(gates)) == before
    # In one upload too.
    twice = gates.send(passed(4, at="09:45"), passed(4, at="09:45"))
    assert (twice.accepted, twice.duplicates) == (1, 1)


def test_g3_out_before_in_never_goes_below_0(gates: Gates) -> None:
    gates.send(passed(1, "out", "09:10"))
    assert presence(gates) == (0, 1)
    gates.send(passed(2, "in", "09:20"))
    assert presence(gates) == (1, 1)
    # What the other door had seen before arrives late: the first one had somebody to let out.
    gates.send(passed(1, "in", "09:05"), gate=gates.south)
    assert presence(gates) == (1, 0)


def test_g3_any_order_of_two_doors_ends_the_same(gates: Gates, scene: Callable[..., Any]) -> None:
    north = [passed(1, "in", "09:01"), passed(2, "out", "09:30"), passed(3, "out", "09:31")]
    south = [passed(1, "out", "09:00"), passed(2, "in", "09:15"), passed(3, "in", "09:45")]
    ends = []
    for order in ("nnnsss", "sssnnn", "nsnsns", "snsnsn"):
        scene("visits.gates", lambda: gates)
        left = {"n": iter(north), "s": iter(south)}
        for which in order:
            gates.send(next(left[which]), gate=gates.north if which == "n" else gates.south)
        ends.append((presence(gates), day(gates), day(gates, gates.south)))
    assert ends == [((1, 1), (1, 2, 1), (2, 1, 2))] * 4


def test_g3_same_sequence_other_content_is_a_conflict(gates: Gates) -> None:
    gates.send(passed(5))
    again = gates.send(passed(5, "out"), passed(5, count=9))
    assert (again.accepted, again.conflicts) == (0, (5, 5))
    gates.send(passed(5, "out"))
    listed = queries.conflicts((gates.library.main,))
    assert sorted((c.kind, c.seq, c.direction, c.count, c.kept_direction) for c in listed) == [
        ("other-content", 5, "in", 9, "in"),
        ("other-content", 5, "out", 1, "in"),
    ]
    assert day(gates) == (1, 0, 1)
    desk = Contexts(gates.library)("desk")
    commands.settle_conflict(conflict=listed[0].id, why="闸机换过主板", ctx=desk)
    assert len(queries.conflicts((gates.library.main,))) == 1
    assert len(queries.conflicts((gates.library.main,), settled=True)) == 1
    with pytest.raises(Refused, match="conflict-settled"):
        commands.settle_conflict(
            conflict=listed[0].id, why="再来", ctx=Contexts(gates.library)("desk")
        )


def test_g3_a_gate_that_counts_anew_goes_on(gates: Gates) -> None:
    gates.send(passed(1, at="09:00"), passed(2, at="09:01"))
    done = gates.send(passed(1, at="09:20"), passed(2, at="09:21"))
    assert (done.accepted, done.conflicts) == (2, ())
    # A late one of the run before, and everything once more.
    late = gates.send(passed(3, at="09:02"), passed(1, at="09:00"), passed(1, at="09:20"))
    assert (late.accepted, late.duplicates, late.conflicts) == (1, 2, ())
    assert day(gates) == (5, 0, 5)


def test_f14_a_wrong_clock_is_set_right_and_flagged(gates: Gates) -> None:
    now = moment("2020-06-10", "10:00")
    done = gates.send(passed(1, at="06:59"), at=now, clock=moment("2020-06-10", "07:00"))
    assert (done.accepted, done.clock_wrong) == (1, True)
    (hour,) = queries.hour_counts(gates.library.main, DAY)
    assert hour.hour == 9
    door = next(
        d
        for d in queries.doors((gates.library.main,), DAY, silent_since=DAY)
        if d.device == gates.north
    )
    assert (door.clock_wrong, door.offset_seconds, door.came_in_today) == (True, 3 * 3600, 1)


@pytest.mark.parametrize(
    ("at", "on", "kind"),
    [("10:30", "2020-06-10", "in-future"), ("09:00", "2020-05-01", "too-old")],
)
def test_f14_what_no_clock_can_have_seen_is_not_counted(
    gates: Gates, at: str, on: str, kind: str
) -> None:
    done = gates.send(passed(1, at=at, day=on))
    assert (done.accepted, done.conflicts) == (0, (1,))
    assert [c.kind for c in queries.conflicts((gates.library.main,))] == [kind]
    assert models.Pass.objects.count() == models.HourCount.objects.count() == 0


def test_a_card_is_resolved_and_never_stored(gates: Gates) -> None:
    at = moment("2020-06-01")
    readers.seed_categories(ctx=Contexts(gates.library)(at=at))
    reader = people.adult(Contexts(gates.library)(at=at))
    gates.send(passed(1, card=reader.number), passed(2, at="09:40", card=reader.number))
    done = gates.send(passed(3, at="09:41", card="no such card"), passed(4, at="09:42"))
    assert (done.accepted, done.unknown_cards) == (2, 1)
    keys = list(models.Pass.objects.order_by("seq").values_list("visit_key", flat=True))
    assert keys[0] == keys[1] != ""
    assert keys[2:] == ["", ""]
    stored = repr(sql.all("SELECT * FROM visits_pass")) + repr(
        sql.all("SELECT * FROM runtime_request WHERE command = 'visits.record_passes'")
    )
    assert reader.number not in stored
    assert reader.patron not in stored


def test_a_counter_without_direction_counts_half(gates: Gates) -> None:
    gates.send(passed(1, "any", count=9))
    assert day(gates) == (0, 0, 5)
    assert not models.Presence.objects.exists()


def test_r1_the_pad_counts_by_hand(gates: Gates) -> None:
    desk = Contexts(gates.library)("desk", key="tap-1")
    for _ in range(2):
        assert commands.count_by_hand(direction="in", ctx=desk).inside == 1
    commands.count_by_hand(direction="out", count=2, ctx=Contexts(gates.library)("desk"))
    assert presence(gates) == (0, 1)
    row = queries.day_count(gates.library.main, queries.BY_HAND, DAY)
    assert row is not None
    assert (row.ins, row.outs, row.number) == (1, 2, 1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"direction": "sideways"}, "pass-direction-unknown"),
        ({"direction": "any"}, "pass-direction-unknown"),
        ({"count": 0}, "pass-count-invalid"),
    ],
)
def test_a_tap_that_says_nothing_changes_nothing(
    gates: Gates, unchanged: Unchanged, change: dict[str, Any], code: str
) -> None:
    with unchanged(), pytest.raises(Refused, match=code):
        commands.count_by_hand(
            **({"direction": "in"} | change), ctx=Contexts(gates.library)("desk")
        )


def test_who_may_count(gates: Gates, unchanged: Unchanged) -> None:
    ctx = Contexts(gates.library)
    elsewhere = ctx(Actor("terminal", gates.east), place=gates.library.main)
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.record_passes(events=(passed(1),), ctx=elsewhere)
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.count_by_hand(direction="in", ctx=ctx("cataloguer"))
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.record_passes(events=(passed(1),), ctx=ctx("desk"))


def test_a_long_upload_is_taken_in_by_parts_and_again(gates: Gates) -> None:
    events = tuple(
        passed(n, at=f"09:{n // 60:02}:{n % 60:02}", direction="out" if n % 3 == 2 else "in")
        for n in range(250)
    )
    once = commands.record_upload(events=events, ctx=gates.ctx())
    again = commands.record_upload(events=tuple(reversed(events)), ctx=gates.ctx())
    assert (once.accepted, once.inside) == (250, 167 - 83)
    assert (again.accepted, again.duplicates, again.inside) == (0, 250, 84)
    assert day(gates) == (167, 83, 167)
    assert presence(gates) == (84, 0)


def test_an_unreadable_upload_changes_nothing(gates: Gates, unchanged: Unchanged) -> None:
    with unchanged(), pytest.raises(Refused, match="pass-direction-unknown"):
        gates.send(passed(1), passed(2, "sideways"))


def test_r1_the_night_zeroes_and_logs_the_drift(gates: Gates) -> None:
    gates.send(passed(1, count=4), passed(2, "out", "09:40"))
    night = Contexts(gates.library)(at=moment("2020-06-11", "00:05"))
    assert queries.days_to_close(date(2020, 6, 11))
    assert commands.close_days(ctx=night) == 1
    assert not queries.days_to_close(date(2020, 6, 11))
    (logged,) = queries.zeroings((gates.library.main,), DAY)
    assert (logged.day, logged.inside, logged.ins, logged.outs, logged.surplus) == (DAY, 3, 4, 1, 0)
    rows = sql.all(
        "SELECT quantity, business_date FROM ledger_event WHERE type = 'presence.zeroed'"
    )
    assert rows == [(3, DAY)]
    live = queries.live((gates.library.main,), night)
    assert [(x.inside, x.as_of) for x in live] == [(0, None)]


def test_r1_the_first_event_of_a_day_closes_the_one_before(gates: Gates) -> None:
    gates.send(passed(1, count=4))
    morning = moment("2020-06-11", "09:00")
    gates.send(passed(2, at="08:59", day="2020-06-11"), passed(3, "out", "09:31"), at=morning)
    live = queries.live((gates.library.main,), Contexts(gates.library)(at=morning))
    assert [x.inside for x in live] == [1]
    # The late one of yesterday counts there, not today.
    assert day(gates) == (4, 1, 4)
    assert [z.inside for z in queries.zeroings((gates.library.main,), DAY)] == [4]


def test_g3_a_day_of_silence_is_flagged_once(gates: Gates) -> None:
    gates.send(passed(1))
    night = Contexts(gates.library)(at=moment("2020-06-11", "00:05"))
    assert commands.note_silences(ctx=night) == 2
    assert queries.silent_gates(DAY) == ()
    found = queries.doors((gates.library.main,), DAY, silent_since=DAY)
    assert {d.login: d.silent for d in found} == {"north": (), "south": (DAY,)}
    # Closed on Mondays: nobody is expected.
    monday = Contexts(gates.library)(at=moment("2020-06-09", "00:05"))
    assert commands.note_silences(ctx=monday) == 0


def test_single_passes_are_forgotten_and_the_counts_stay(gates: Gates) -> None:
    gates.send(passed(1), passed(2, at="09:40"))
    later = moment("2020-06-10") + timedelta(days=33)
    assert queries.forgotten_before(later.date()) != ()
    assert commands.forget_passes(ctx=Contexts(gates.library)(at=later)) == 2
    assert queries.forgotten_before(later.date()) == ()
    assert models.Pass.objects.count() == 0
    assert day(gates) == (2, 0, 2)
    # What was forgotten can't come again as new.
    assert gates.send(passed(1), at=later).conflicts == (1,)
    assert day(gates) == (2, 0, 2)
