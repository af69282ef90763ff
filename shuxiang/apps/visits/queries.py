"""What others may ask about passes and presence. Frozen values only; no reader is ever named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from shuxiang.apps.places import queries as places
from shuxiang.apps.visits import models, rules
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.runtime import sql

BY_HAND = models.BY_HAND
MOST_AT_ONCE = rules.MOST_AT_ONCE
CLOCK_TOLERANCE = rules.CLOCK_TOLERANCE
FRESH = timedelta(minutes=30)
"""How old the newest pass may be before a live figure is shown as old."""


@dataclass(frozen=True, slots=True)
class Live:
    """How many are inside a site now. ``limit`` 0: none. ``as_of`` is the newest pass of today, None
    when there was none."""

    place: str
    inside: int
    limit: int
    as_of: datetime | None
    came_in: int


@dataclass(frozen=True, slots=True)
class DoorView:
    """A gate as it stands: when it was last heard, whether its clock is wrong, days it was silent."""

    device: str
    login: str
    name: str
    place: str
    active: bool
    last_seen_at: datetime | None
    last_at: datetime | None
    offset_seconds: int
    clock_wrong: bool
    came_in_today: int
    silent: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class DayView:
    """A door's day. ``counted`` is what its passes say, ``number`` after corrections, ``posted`` what
    the ledger has."""

    place: str
    door: str
    day: date
    ins: int
    outs: int
    counted: int
    number: int
    posted: int


@dataclass(frozen=True, slots=True)
class HourView:
    door: str
    hour: int
    ins: int
    outs: int
    eithers: int


@dataclass(frozen=True, slots=True)
class ConflictView:
    id: str
    place: str
    door: str
    kind: str
    seq: int
    at: datetime
    direction: str
    count: int
    kept_at: datetime | None
    kept_direction: str
    kept_count: int | None
    received_at: datetime
    settled_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class ZeroingView:
    place: str
    day: date
    inside: int
    ins: int
    outs: int
    surplus: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CorrectionView:
    place: str
    door: str
    day: date
    before: int
    number: int
    estimate: bool
    why: str
    account: str
    at: datetime


def limit(place: str, ctx: Context) -> int:
    """How many may be inside now: the site's setting or, if less, what an operating phase says."""
    today = clock.business_date(ctx.occurred_at)
    said = [int(places.setting(place, "visits.limit").value)]
    said += [phase.moment_quota or 0 for phase in places.phases_at(place, today)]
    return rules.lowest(said)


def shut(place: str, today: date) -> str | None:
    """What has shut a place that day: the name of the closure in force, None for none."""
    found = places.phases_at(place, today)
    return found[0].name if found and found[0].kind == "closed" else None


def day_limit(place: str, today: date) -> int:
    """How many may come in that day by the operating phases in force; 0: no limit."""
    return rules.lowest([phase.day_quota or 0 for phase in places.phases_at(place, today)])


def live(place_ids: Sequence[str], ctx: Context) -> tuple[Live, ...]:
    """The sites of the list that count people, each as it stands at ``ctx.occurred_at``: those with a
    gate, or with a pass of today."""
    today = clock.business_date(ctx.occurred_at)
    rows = {
        r.place_id: r for r in models.Presence.objects.filter(place__in=list(place_ids), day=today)
    }
    came: dict[str, int] = {}
    for row in day_counts(place_ids, today, today):
        came[row.place] = came.get(row.place, 0) + row.number
    gated = {d.place for d in places.devices(place_ids) if d.kind == "gate" and d.active}
    found = []
    for place in place_ids:
        now = rows.get(place)
        if now is None and place not in gated and place not in came:
            continue
        found.append(
            Live(
                place,
                now.inside if now else 0,
                limit(place, ctx),
                now.last_at if now else None,
                came.get(place, 0),
            )
        )
    return tuple(found)


def doors(place_ids: Sequence[str], today: date, *, silent_since: date) -> tuple[DoorView, ...]:
    """The gates of several sites."""
    gates = [d for d in places.devices(place_ids) if d.kind == "gate"]
    states = {s.device: s for s in models.Door.objects.filter(device__in=[d.id for d in gates])}
    came: dict[str, int] = {}
    for row in day_counts(place_ids, today, today):
        came[row.door] = came.get(row.door, 0) + row.number
    silent: dict[str, list[date]] = {}
    for door, day in models.Silence.objects.filter(
        door__in=[d.id for d in gates], day__gte=silent_since
    ).values_list("door", "day"):
        silent.setdefault(door, []).append(day)
    views = []
    for gate in gates:
        state = states.get(gate.id)
        views.append(
            DoorView(
                gate.id,
                gate.login,
                gate.name,
                gate.place,
                gate.active,
                state.last_seen_at if state else None,
                state.last_at if state else None,
                state.offset_seconds if state else 0,
                bool(state and state.clock_wrong),
                came.get(gate.id, 0),
                tuple(sorted(silent.get(gate.id, ()))),
            )
        )
    return tuple(views)


def day_counts(place_ids: Iterable[str], first: date, last: date) -> tuple[DayView, ...]:
    """The doors' days between two days, in order."""
    rows = models.DayCount.objects.filter(place__in=list(place_ids), day__range=(first, last))
    return tuple(_day(r) for r in rows.order_by("day", "place", "door"))


def day_count(place: str, door: str, day: date) -> DayView | None:
    row = models.DayCount.objects.filter(place=place, door=door, day=day).first()
    return _day(row) if row else None


def counted(place: str, first: date, last: date, door: str = "") -> int:
    """People who came in by gates and the pad of a site between two days, or by one door."""
    return sum(
        row.number for row in day_counts((place,), first, last) if not door or row.door == door
    )


def unposted(limit: int = 500) -> tuple[DayView, ...]:
    """Doors' days of which the ledger has another number than was counted, oldest first."""
    rows = sql.all(
        "SELECT place_id, door, day, ins, outs, eithers, corrected, posted FROM visits_daycount "
        "WHERE ins + (eithers + 1) / 2 + corrected <> posted ORDER BY day, place_id, door LIMIT ?",
        limit,
    )
    return tuple(
        DayView(
            place,
            door,
            day,
            ins,
            outs,
            rules.came_in(ins, eithers),
            rules.came_in(ins, eithers, corrected),
            posted,
        )
        for place, door, day, ins, outs, eithers, corrected, posted in rows
    )


def _day(row: models.DayCount) -> DayView:
    return DayView(
        row.place_id,
        row.door,
        row.day,
        row.ins,
        row.outs,
        rules.came_in(row.ins, row.eithers),
        rules.came_in(row.ins, row.eithers, row.corrected),
        row.posted,
    )


def hour_counts(place: str, day: date) -> tuple[HourView, ...]:
    """A site's day by hour and door."""
    rows = models.HourCount.objects.filter(place=place, day=day).order_by("hour", "door")
    return tuple(HourView(r.door, r.hour, r.ins, r.outs, r.eithers) for r in rows)


def conflicts(
    place_ids: Iterable[str], *, settled: bool = False, limit: int = 100
) -> tuple[ConflictView, ...]:
    """What gates said and could not be counted as said, the newest first."""
    rows = models.Conflict.objects.filter(
        place__in=list(place_ids), settled_at__isnull=not settled
    ).order_by("-received_at", "-id")[:limit]
    return tuple(_conflict(r) for r in rows)


def conflict(conflict_id: str) -> ConflictView | None:
    row = models.Conflict.objects.filter(id=conflict_id).first()
    return _conflict(row) if row else None


def _conflict(row: models.Conflict) -> ConflictView:
    return ConflictView(
        row.id,
        row.place_id,
        row.door,
        row.kind,
        row.seq,
        row.at,
        row.direction,
        row.count,
        row.kept_at,
        row.kept_direction,
        row.kept_count,
        row.received_at,
        row.settled_at,
        row.why,
    )


def zeroings(place_ids: Iterable[str], since: date) -> tuple[ZeroingView, ...]:
    """Days closed with a drift, the newest first."""
    rows = models.Zeroing.objects.filter(place__in=list(place_ids), day__gte=since)
    return tuple(
        ZeroingView(r.place_id, r.day, r.inside, r.ins, r.outs, r.surplus, r.at)
        for r in rows.order_by("-day", "place")
        if r.inside or r.surplus
    )


def corrections(place_ids: Iterable[str], first: date, last: date) -> tuple[CorrectionView, ...]:
    """Corrections of days between two days, the newest first."""
    rows = models.Correction.objects.filter(place__in=list(place_ids), day__range=(first, last))
    return tuple(
        CorrectionView(
            r.place_id, r.door, r.day, r.before, r.number, r.estimate, r.why, r.account, r.at
        )
        for r in rows.order_by("-at", "-id")
    )


def in_and_out(place: str, day: date) -> tuple[int, int]:
    """(inside, surplus) of a site's day as its passes say, in the order of time (invariant 7)."""
    rows = sql.all(
        "SELECT direction, count FROM visits_pass WHERE place_id = ? AND day = ? "
        "AND direction <> 'any' ORDER BY counted_at, direction, id",
        place,
        day,
    )
    return rules.inside([(r[0], r[1]) for r in rows])


def days_to_close(today: date) -> bool:
    """Whether a site's row is still of an earlier day."""
    return models.Presence.objects.filter(day__lt=today).exists()


def silent_gates(day: date) -> tuple[tuple[str, str], ...]:
    """(place, gate) of active gates that said nothing on a day their site was open, and of which that
    is not noted yet."""
    sites = [p.id for p in places.all_places()]
    gates = [
        d
        for d in places.devices(sites)
        if d.kind == "gate" and d.active and clock.business_date(d.created_at) <= day
    ]
    if not gates:
        return ()
    ids = [g.id for g in gates]
    heard = set(
        models.DayCount.objects.filter(door__in=ids, day=day)
        .filter(Q(ins__gt=0) | Q(outs__gt=0) | Q(eithers__gt=0))
        .values_list("door", flat=True)
    )
    heard |= set(
        models.Silence.objects.filter(door__in=ids, day=day).values_list("door", flat=True)
    )
    return tuple(
        (g.place, g.id)
        for g in gates
        if g.id not in heard and places.calendar(g.place, day, day).is_open(day)
    )


def forgotten_before(today: date) -> tuple[tuple[str, date], ...]:
    """(place, day) where passes before that day are still kept and are to be deleted. Two days later
    than events are still taken in, so that a late one never counts twice."""
    found = []
    for site in places.all_places():
        days = int(places.setting(site.id, "visits.keep_days").value) + 2
        before = today - timedelta(days=days)
        if models.Pass.objects.filter(place=site.id, day__lt=before).exists():
            found.append((site.id, before))
    return tuple(found)
