"""Passes become rows, counts of hours and days, and how many are inside. Hand-written: a gate is a
queue of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.visits import models, rules
from shuxiang.apps.visits.commands import presence
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, require, visitor_key

RECORD = "visits.record"
COUNT = "visits.count"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePass:
    """One pass as the gate says it. ``card`` is resolved and not kept; ``offline``: let through by the
    gate's own verdict."""

    seq: int
    at: datetime
    direction: str
    count: int = 1
    card: str = ""
    offline: bool = False

    @property
    def said(self) -> rules.Said:
        return rules.Said(self.seq, self.at, self.direction, self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of an upload. ``conflicts`` are sequence numbers; ``unknown_cards`` were counted as
    people without a card."""

    accepted: int
    duplicates: int
    conflicts: tuple[int, ...]
    unknown_cards: int
    clock_wrong: bool
    inside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """A pass counted on the pad, and how many are inside now."""

    direction: str
    count: int
    inside: int


@dataclass(frozen=True, slots=True)
class _New:
    """A pass to be stored."""

    event: GatePass
    series: int
    at: datetime


AT_ONCE = 100
"""Passes of one transaction: a long upload keeps no desk waiting."""


def record_upload(
    *, events: tuple[GatePass, ...], device_clock: datetime | None = None, ctx: Context
) -> Recorded:
    """Take in an upload, `AT_ONCE` passes at a time; see `record_passes`. Sent again after it was cut
    off it goes on where it was. Raises Refused before anything is counted where it can't be read."""
    decision = rules.against([e.said for e in events])
    if not decision.allowed:
        raise Refused(decision)
    ordered = sorted(events, key=lambda e: (e.at, e.seq))
    parts = [
        record_passes(
            events=tuple(ordered[first : first + AT_ONCE]),
            device_clock=device_clock,
            ctx=ctx.with_key(str(first)),
        )
        for first in range(0, max(len(ordered), 1), AT_ONCE)
    ]
    return Recorded(
        accepted=sum(p.accepted for p in parts),
        duplicates=sum(p.duplicates for p in parts),
        conflicts=tuple(seq for p in parts for seq in p.conflicts),
        unknown_cards=sum(p.unknown_cards for p in parts),
        clock_wrong=any(p.clock_wrong for p in parts),
        inside=parts[-1].inside,
    )


@command("visits.record_passes")
def record_passes(
    *, events: tuple[GatePass, ...], device_clock: datetime | None = None, ctx: Context
) -> Recorded:
    """Take in what a gate (the actor) counted at ``ctx.service_point``, in any order and any number of
    times: a pass is known by its sequence number and time. ``device_clock`` is the gate's own time as
    it sends. Rows G3, R1."""
    require(ctx, RECORD, ctx.service_point)
    if device_clock is not None and device_clock.tzinfo is None:
        raise refuse(stop("pass-without-zone", seq=""))
    decision = rules.against([e.said for e in events])
    if not decision.allowed:
        raise Refused(decision)
    device, place = ctx.actor.id, ctx.service_point
    series = _lock_door(device, place)
    kept = _kept(device, series.number, [e.seq for e in events])
    offset = ctx.occurred_at - device_clock if device_clock else timedelta(0)
    keep = timedelta(days=places.setting(place, "visits.keep_days").value)
    new: list[_New] = []
    conflicts: list[int] = []
    same = 0
    wrong = abs(offset) > rules.CLOCK_TOLERANCE
    for event in sorted(events, key=lambda e: (e.at, e.seq)):
        said = event.said
        judged = rules.judge(said, kept[event.seq], series)
        if judged.what == "same":
            same += 1
            continue
        when = rules.timed(event.at, offset=offset, received=ctx.occurred_at, keep=keep)
        if when.kind or judged.what == "conflict":
            wrong = wrong or when.kind == "in-future"
            before = kept[event.seq].get(judged.series)
            _conflict(when.kind or "other-content", said, before, place, ctx)
            conflicts.append(event.seq)
            continue
        if judged.what == "restart":
            series = rules.Series(judged.series, event.at, series.last_at)
        if series.last_at is None or event.at > series.last_at:
            series = rules.Series(series.number, series.since, event.at)
        kept[event.seq][judged.series] = said
        new.append(_New(event, judged.series, when.at))
    unknown = _store(new, place, device, ctx)
    sql.run(
        "UPDATE visits_door SET place_id = ?, series = ?, series_since = ?, last_at = ?, "
        "last_seen_at = ?, offset_seconds = ?, clock_wrong = ? WHERE device = ?",
        place,
        series.number,
        series.since,
        series.last_at,
        ctx.occurred_at,
        max(min(int(offset.total_seconds()), 2**31 - 1), -(2**31)),
        wrong,
        device,
    )
    return Recorded(
        accepted=len(new),
        duplicates=same,
        conflicts=tuple(conflicts),
        unknown_cards=unknown,
        clock_wrong=wrong,
        inside=presence.inside(place, clock.business_date(ctx.occurred_at)),
    )


@command("visits.count_by_hand")
def count_by_hand(*, direction: str, count: int = 1, ctx: Context) -> ByHand:
    """One more (``in``) or one less (``out``) at ``ctx.service_point``, counted by staff at the door.
    The request key is what keeps a tap from counting twice."""
    require(ctx, COUNT, ctx.service_point)
    decision = rules.against([rules.Said(0, ctx.occurred_at, direction, count)])
    if direction == "any":
        raise refuse(stop("pass-direction-unknown", seq=""))
    if not decision.allowed:
        raise Refused(decision)
    event = GatePass(seq=0, at=ctx.occurred_at, direction=direction, count=count)
    _store([_New(event, 0, ctx.occurred_at)], ctx.service_point, models.BY_HAND, ctx)
    now = presence.inside(ctx.service_point, clock.business_date(ctx.occurred_at))
    return ByHand(direction=direction, count=count, inside=now)


def _lock_door(device: str, place: str) -> rules.Series:
    sql.run(
        "INSERT INTO visits_door (device, place_id, series, offset_seconds, clock_wrong) "
        "VALUES (?, ?, 0, 0, ?) ON CONFLICT (device) DO NOTHING",
        device,
        place,
        False,
    )
    row = sql.one(
        "SELECT series, series_since, last_at FROM visits_door WHERE device = ?" + sql.for_update(),
        device,
    )
    assert row is not None
    return rules.Series(*row)


def _kept(
    device: str, series: int, numbers: Sequence[int]
) -> defaultdict[int, dict[int, rules.Said]]:
    """The passes stored under these numbers in this run and the one before."""
    found: defaultdict[int, dict[int, rules.Said]] = defaultdict(dict)
    if numbers:
        for run, seq, at, direction, count in sql.all(
            "SELECT series, seq, at, direction, count FROM visits_pass WHERE door = ? "
            f"AND series >= ? AND seq IN ({sql.marks(len(numbers))})",
            device,
            series - 1,
            *numbers,
        ):
            found[seq][run] = rules.Said(seq, at, direction, count)
    return found


def _conflict(
    kind: str, said: rules.Said, before: rules.Said | None, place: str, ctx: Context
) -> None:
    sql.run(
        "INSERT INTO visits_conflict (id, place_id, door, kind, seq, at, direction, count, kept_at, "
        "kept_direction, kept_count, received_at, account, why) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '') "
        "ON CONFLICT (door, kind, seq, at, direction, count) DO NOTHING",
        new_id(),
        place,
        ctx.actor.id,
        kind,
        said.seq,
        said.at,
        said.direction,
        said.count,
        before.at if before else None,
        before.direction if before else "",
        before.count if before else None,
        ctx.occurred_at,
    )


def _store(new: Sequence[_New], place: str, door: str, ctx: Context) -> int:
    """Store passes and count them; returns how many showed a card nobody has."""
    if not new:
        return 0
    today = clock.business_date(ctx.occurred_at)
    unknown = 0
    rows = []
    hours: defaultdict[tuple[date, int, str], int] = defaultdict(int)
    for one in new:
        day = clock.business_date(one.at)
        key = ""
        if one.event.card:
            readers = {r.patron for r in patrons.card_for_loan(scanned(one.event.card))}
            if len(readers) == 1:
                key = visitor_key(readers.pop(), place, day)
            else:
                unknown += 1
        event = one.event
        number = None if door == models.BY_HAND else event.seq
        rows.append(
            (
                new_id(),
                place,
                door,
                one.series,
                number,
                event.at,
                one.at,
                day,
                event.direction,
                event.count,
                key,
                event.offline,
                ctx.occurred_at,
            )
        )
        hours[day, clock.local(one.at).hour, event.direction] += event.count
    sql.many(
        "INSERT INTO visits_pass (id, place_id, door, series, seq, at, counted_at, day, direction, "
        "count, visit_key, offline, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    for (day, hour, direction), count in sorted(hours.items()):
        _count(place, door, day, hour, direction, count)
    here = [(n.at, n.event.direction, n.event.count) for n in new]
    presence.follow(place, today, [p for p in here if clock.business_date(p[0]) == today], ctx)
    people = sum(n.event.count for n in new if n.event.direction == "in")
    _admissions_used(place, door, people, ctx)
    return unknown


_COLUMN = {"in": "ins", "out": "outs", "any": "eithers"}


def _count(place: str, door: str, day: date, hour: int, direction: str, count: int) -> None:
    column = _COLUMN[direction]
    added = {name: count if name == column else 0 for name in _COLUMN.values()}
    values = (added["ins"], added["outs"], added["eithers"])
    sql.run(
        "INSERT INTO visits_hourcount (id, place_id, door, day, hour, ins, outs, eithers) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (place_id, day, door, hour) DO UPDATE SET "
        f"{column} = visits_hourcount.{column} + excluded.{column}",
        new_id(),
        place,
        door,
        day,
        hour,
        *values,
    )
    sql.run(
        "INSERT INTO visits_daycount (id, place_id, door, day, ins, outs, eithers, corrected, posted) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT (place_id, day, door) DO UPDATE SET "
        f"{column} = visits_daycount.{column} + excluded.{column}",
        new_id(),
        place,
        door,
        day,
        *values,
    )


def _admissions_used(place: str, door: str, people: int, ctx: Context) -> None:
    """Who was let in has passed: the oldest places kept at that door are free."""
    if people:
        sql.run(
            "DELETE FROM visits_admission WHERE id IN (SELECT id FROM visits_admission "
            "WHERE place_id = ? AND door = ? AND until > ? ORDER BY at, id LIMIT ?)",
            place,
            door,
            ctx.occurred_at,
            people,
        )
