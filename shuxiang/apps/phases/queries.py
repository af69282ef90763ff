"""What others may ask about operating phases: the present one, what applying would do, the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.phases import models, rules
from shuxiang.apps.phases.rules import Effect as Effect
from shuxiang.apps.phases.rules import Move as Move
from shuxiang.apps.phases.rules import Plan as Plan
from shuxiang.apps.phases.rules import Terms as Terms
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Phase as Phase
from shuxiang.apps.places.queries import phase as phase
from shuxiang.apps.places.queries import phases as phases
from shuxiang.kernel import clock

SAMPLES = 8
"""How many loans a preview shows."""

MOVING = ("draft", "applying", "applied")


def scope(phase: Phase) -> tuple[str, ...]:
    """Ids of the places that a phase is about."""
    if phase.include_branches:
        return tuple(p.id for p in places.subtree(phase.place))
    return (phase.place,)


def closed_days(phase: Phase) -> dict[str, rules.Ranges]:
    """The closed days that a phase would add to due dates, by place: those that no other closure has
    added already."""
    if phase.due_mode != "closed_days" or phase.last_day is None:
        return {}
    others = [p for p in places.live_phases() if p.id != phase.id]
    found = {}
    for place in scope(phase):
        own = phase.counted.get(place, ())
        taken = [*own, *(r for other in others for r in other.counted.get(place, ()))]
        fresh = rules.without(phase.first_day, phase.last_day, taken)
        kept = ((a, min(b, phase.last_day)) for a, b in own if a <= phase.last_day)
        found[place] = rules.joined((*kept, *fresh))
    return found


def effect(phase: Phase, *, applied_at: datetime, fresh_from: date | None = None) -> Effect:
    """What the present round of a phase does to due dates."""
    return Effect(
        closed=phase.kind == "closed",
        first_day=phase.first_day,
        last_day=phase.last_day,
        mode=phase.due_mode,
        days=phase.due_days,
        spread_most=phase.spread_most,
        round=phase.round,
        applied_at=applied_at,
        counted=phase.counted,
        fresh_from=fresh_from or phase.first_day,
    )


class _Opening:
    """Next open days by place, with a phase that need not be in force yet."""

    def __init__(self, phase: Phase, first: date) -> None:
        self._calendars = dict(places.calendars(first, first + timedelta(days=rules.MOST_DAYS)))
        if not phase.live and (phase.kind == "closed" or phase.hours):
            for place in scope(phase):
                known = self._calendars[place]
                ahead = (phase.span,) if phase.kind == "closed" else ()
                behind = () if ahead else (phase.span,)
                spans = (*ahead, *known.spans, *behind)
                self._calendars[place] = replace(known, spans=spans)
        self._known: dict[tuple[str, date], date] = {}

    def calendar(self, place: str) -> places.Calendar:
        return self._calendars[place]

    def __call__(self, place: str, day: date) -> date:
        found = self._known.get((place, day))
        if found is None:
            found = self._known[place, day] = self._calendars[place].next_open(day)
        return found


def moves_dates(phase: Phase) -> bool:
    """Whether a phase may move due dates: by what it says of them, or by closing days."""
    return phase.due_mode != "none" or bool(phase.hours)


def planned(phase: Phase, now: datetime) -> Plan:
    """What is left to do of the present round of an applied phase, or what applying a draft at that
    moment would do."""
    if not moves_dates(phase):
        return Plan()
    if not phase.live:
        phase = replace(phase, round=phase.round + 1, counted=closed_days(phase))
    loans = circulation.due_loans(scope(phase), phase.first_day, phase.id)
    return rules.plan(
        loans,
        effect(
            phase,
            applied_at=phase.applied_at if phase.live and phase.applied_at else now,
            fresh_from=phase.fresh_from,
        ),
        _Opening(phase, phase.first_day),
    )


def planned_holds(phase: Phase, now: datetime) -> Plan:
    """The same for holds: how long a copy is kept and how long a hold waits, by the place of picking
    up. No limit a day, and holds that became ready while it was shut count as well."""
    if not phase.move_holds or not (phase.kind == "closed" or phase.hours):
        return Plan()
    applied_at = now
    if phase.kind == "closed" and phase.last_day is not None:
        applied_at = max(now, clock.end_of(phase.last_day))
    fresh_from = phase.fresh_from
    if not phase.live:
        phase = replace(phase, round=phase.round + 1, counted=closed_days(phase))
    made = effect(phase, applied_at=applied_at, fresh_from=fresh_from)
    counted = dict(made.counted)
    if phase.due_mode == "reopening" and phase.last_day is not None:
        counted = dict.fromkeys(scope(phase), ((phase.first_day, phase.last_day),))
    made = replace(
        made,
        mode="closed_days" if phase.kind == "closed" else "none",
        days=0,
        spread_most=None,
        counted=counted,
    )
    holds = circulation.dated_holds(scope(phase), phase.first_day, phase.id)
    return rules.plan(holds, made, _Opening(phase, phase.first_day))


def planned_pickups(
    phase: Phase, now: datetime, holds: Plan | None = None
) -> tuple[circulation.PickupMove, ...]:
    """Bookings of pickup slots that a phase shuts, and where each goes while its books are kept, the
    moves of holds (``holds``: `planned_holds`) counted; nowhere: it is called off (PH-19)."""
    if not (phase.kind == "closed" or phase.hours) or phase.state not in MOVING:
        return ()
    sites = scope(phase)
    opening = _Opening(phase, phase.first_day)

    def shut(slot: circulation.SlotView) -> bool:
        calendar = opening.calendar(slot.place)
        return circulation.slot_shut(calendar, slot.day, slot.starts, slot.ends)

    concerned = [
        one
        for one in circulation.bookings_since(sites, phase.first_day)
        if phase.in_force(one.slot.day) and shut(one.slot)
    ]
    if not concerned:
        return ()
    later = {m.loan: m.after for m in (holds or planned_holds(phase, now)).moves}
    kept = {
        where: max(later.get(f"{hold}:ready_until", until) for hold, until in ready.items())
        for where, ready in circulation.kept_for(sites).items()
    }
    begun = clock.local(now)
    free = [
        slot
        for slot in circulation.open_slots_since(sites, max(phase.first_day, begun.date()))
        if (slot.day, slot.starts) > (begun.date(), begun.time()) and not shut(slot)
    ]
    return circulation.pickups_moved(concerned, free, kept, phase.id)


def told(phase: Phase) -> tuple[str, ...]:
    """Readers who are told that a phase is applied or changed: of a closure always, of anything else
    where it has a text for readers, those with loans or holds at its places."""
    if phase.kind != "closed" and not phase.notice.strip():
        return ()
    sites = scope(phase)
    return tuple(dict.fromkeys((*circulation.borrowers(sites), *circulation.holders(sites))))


def given_back_pickups(
    phase: Phase, now: datetime
) -> tuple[tuple[circulation.PickupMove, ...], Mapping[str, str]]:
    """What taking a phase back does to bookings of pickup slots: the moves, and what stays with why
    (PH-20)."""
    round_ = phase.round if phase.state == "reverting" else phase.round + 1
    return circulation.pickups_given_back(phase.id, round_, now)


def given_back_holds(phase: Phase, today: date) -> Plan:
    """What taking a phase back does to holds."""
    round_ = phase.round if phase.state == "reverting" else phase.round + 1
    holds = circulation.dated_holds(scope(phase), phase.first_day, phase.id)
    return rules.giving_back(holds, round_=round_, today=today)[0]


def given_back(phase: Phase, today: date) -> tuple[Plan, Mapping[str, str]]:
    """What taking a phase back does, or what is left of that."""
    round_ = phase.round if phase.state == "reverting" else phase.round + 1
    loans = circulation.due_loans(scope(phase), phase.first_day, phase.id)
    return rules.giving_back(loans, round_=round_, today=today)


@dataclass(frozen=True, slots=True)
class Summary:
    """A plan in numbers. ``samples``: some of its moves, spread over the readers concerned."""

    loans: int
    readers: int
    first: date | None
    last: date | None
    latest_days: int
    crowded: int
    most_a_day: int
    days: tuple[tuple[date, int], ...]
    samples: tuple[Move, ...]


def summary(plan: Plan) -> Summary:
    """A plan in numbers, for a page."""
    moves = plan.moves
    after = Counter(m.after for m in moves)
    step = max(len(moves) // SAMPLES, 1)
    return Summary(
        loans=len(moves),
        readers=len({m.patron for m in moves}),
        first=min(after, default=None),
        last=max(after, default=None),
        latest_days=max(((m.after - m.wanted).days for m in moves), default=0),
        crowded=plan.crowded,
        most_a_day=max((count for (_, day), count in plan.load.items() if day in after), default=0),
        days=tuple(sorted(after.items())),
        samples=moves[::step][:SAMPLES],
    )


AHEAD = timedelta(days=14)
"""How long before its first day readers are told of a phase."""


def public(on: date) -> tuple[Phase, ...]:
    """What readers are told of on a day: phases in force or about to be, that change when or how they
    may come or say something; the one that begins first on top."""
    found = [
        p
        for p in places.live_phases()
        if p.first_day <= on + AHEAD
        and (p.last_day is None or p.last_day >= on)
        and (p.kind != "normal" or p.notice)
    ]
    return tuple(sorted(found, key=lambda p: (p.first_day, p.kind, p.id)))


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task of a phase's plan."""

    id: str
    phase: str
    text: str
    who: str
    until: date | None
    done_at: datetime | None
    done_by: str


def tasks(phase: str) -> tuple[TaskView, ...]:
    """The tasks of a phase, the open ones first, the most urgent on top."""
    rows = models.Task.objects.filter(phase=phase).order_by("written_at", "id")
    found = [TaskView(r.id, r.phase_id, r.text, r.who, r.until, r.done_at, r.done_by) for r in rows]
    return tuple(sorted(found, key=lambda t: (t.done_at is not None, t.until or date.max)))
