"""What a gate's events count for, and who may come in (decision table in `docs/visits.md`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shuxiang.kernel.decision import Decision, Reason, stop, tell

DIRECTIONS = ("in", "out", "any")
MOST_AT_ONCE = 1000
"""Events of one upload, and people of one event, at most."""

CLOCK_TOLERANCE = timedelta(minutes=5)
FUTURE_TOLERANCE = timedelta(minutes=2)
ADMITTED_FOR = timedelta(seconds=30)
"""How long a place is kept for somebody a turnstile was told to let in."""

RESTART_MOST = 1
"""The highest number a sequence begins anew with."""


@dataclass(frozen=True, slots=True)
class Said:
    """One pass as a gate says it: its sequence number, its time, the direction, how many."""

    seq: int
    at: datetime
    direction: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Series:
    """Which run of its own sequence a gate is in, and since when; ``last_at`` is its newest event."""

    number: int = 0
    since: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """``new``, ``same`` (known already), ``restart`` (the first of a new run) or ``conflict``."""

    what: str
    series: int


def judge(said: Said, kept: dict[int, Said], series: Series) -> Judged:
    """What one event is. ``kept`` are the passes with its number, by run.

    An event belongs to the present run, or to the one before when it is older than the present one.
    The same number with the same content is the same event; with other content a conflict, unless a
    gate begins to count anew: a number of at most `RESTART_MOST`, later than everything before.
    """
    run = series.number
    if series.since is not None and said.at < series.since and run > 0:
        run -= 1
    known = kept.get(run)
    if known is None:
        return Judged("new", run)
    if known == said:
        return Judged("same", run)
    later = series.last_at is not None and said.at > series.last_at
    if run == series.number and said.seq <= RESTART_MOST and later:
        return Judged("restart", run + 1)
    return Judged("conflict", run)


@dataclass(frozen=True, slots=True)
class Timed:
    """The moment an event is counted at; ``kind`` is '' or why it can't be counted."""

    at: datetime
    kind: str = ""


def timed(said: datetime, *, offset: timedelta, received: datetime, keep: timedelta) -> Timed:
    """The gate's time set right by what its clock was wrong by at this call. Never later than the call
    itself; one older than passes are kept can't be told from one counted already."""
    right = said + offset if abs(offset) > CLOCK_TOLERANCE else said
    if right > received + FUTURE_TOLERANCE:
        return Timed(right, "in-future")
    if right < received - keep:
        return Timed(right, "too-old")
    return Timed(min(right, received))


def inside(passes: Iterable[tuple[str, int]]) -> tuple[int, int]:
    """(how many are inside, outs that found nobody) after passes in the order of time: in less out,
    never below 0."""
    now = surplus = 0
    for direction, count in passes:
        if direction == "in":
            now += count
        elif direction == "out":
            left = min(now, count)
            now -= left
            surplus += count - left
    return now, surplus


def came_in(ins: int, eithers: int, corrected: int = 0) -> int:
    """People who came in: a counter that can't tell the direction counts each of them twice."""
    return max(ins + (eithers + 1) // 2 + corrected, 0)


def lowest(limits: Iterable[int]) -> int:
    """The limit in force of several; 0: none."""
    given = [limit for limit in limits if limit > 0]
    return min(given) if given else 0


_LET_IN = frozenset({"card-expired", "patron-suspended"})
"""Reading in the library is free and open (公共图书馆法 33): what only bars lending bars nobody here."""


def may_enter(
    *,
    inside: int,
    admitted: int,
    limit: int,
    people: int,
    card: Sequence[Reason] | None,
    shut: Reason | None = None,
    came: int = 0,
    day_limit: int = 0,
) -> Decision:
    """Whether a turnstile opens. ``card`` are the reasons against the card shown, None when none was;
    ``admitted`` have been let in and not passed yet, and count as inside; ``shut`` says that an
    operating phase has closed the place; ``came`` have come in that day, of ``day_limit`` at most (0:
    no limit)."""
    reasons: list[Reason] = [] if shut is None else [shut]
    for reason in card or ():
        told = reason.code in _LET_IN
        reasons.append(tell(reason.code, **reason.data) if told else reason)
    if limit and inside + admitted + people > limit:
        reasons.append(stop("site-full", inside=inside + admitted, limit=limit))
    if day_limit and came + admitted + people > day_limit:
        reasons.append(stop("entry-day-full", came=came, limit=day_limit))
    return Decision(tuple(reasons))


def against(events: Sequence[Said]) -> Decision:
    """Whether an upload can be read at all: every reason, each naming the first event at fault."""
    reasons = []
    if len(events) > MOST_AT_ONCE:
        reasons.append(stop("passes-too-many", count=len(events), most=MOST_AT_ONCE))
    directions = [e for e in events if e.direction not in DIRECTIONS]
    counts = [e for e in events if not 1 <= e.count <= MOST_AT_ONCE]
    numbers = [e for e in events if not 0 <= e.seq < 2**63]
    zones = [e for e in events if e.at.tzinfo is None]
    if directions:
        reasons.append(stop("pass-direction-unknown", seq=str(directions[0].seq)))
    if counts:
        reasons.append(stop("pass-count-invalid", seq=str(counts[0].seq)))
    if numbers:
        reasons.append(stop("pass-number-invalid", seq=str(numbers[0].seq)))
    if zones:
        reasons.append(stop("pass-without-zone", seq=str(zones[0].seq)))
    return Decision(tuple(reasons))
