"""Applying a phase, changing its last day, taking it back. The calendar follows at once; due dates
are moved a chunk at a time by the worker (`working`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from shuxiang.apps.phases import queries
from shuxiang.apps.phases.rules import MOST_DAYS, Ranges
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.commands import phases as rows
from shuxiang.apps.places.queries import Phase
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.runtime.commands import command, permitted, record, require

APPLY = "phases.apply"
PAST = "places.edit_past"


def apply(*, phase: str, why: str = "", ctx: Context) -> int:
    """Put a phase in force; returns how many due dates are about to be moved. One that begins on a
    day already past needs ``places.edit_past`` and a ``why``: opening days were counted from it.

    Raises Refused.
    """
    found = places.phase(phase)
    plan = queries.planned(found, ctx.occurred_at) if found else queries.Plan()
    if plan.crowded:
        raise refuse(stop("phase-crowded", count=plan.crowded, days=MOST_DAYS))
    start(phase=phase, why=why, ctx=ctx)
    return len(plan.moves)


@command("phases.apply")
def start(*, phase: str, why: str = "", ctx: Context) -> None:
    """The part of `apply` that is one transaction."""
    found = _locked(phase, ctx)
    reasons = []
    if found.state != "draft":
        reasons.append(stop("phase-not-draft"))
    today = clock.business_date(ctx.occurred_at)
    if found.first_day < today and (found.kind == "closed" or found.hours):
        reasons += _past(found.place, found.first_day, why, ctx)
    if reasons:
        raise refuse(*reasons)
    values = {
        "state": "applying",
        "round": found.round + 1,
        "fresh_from": found.first_day,
        "applied_at": ctx.occurred_at,
        "applied_by": ctx.actor.id,
        "counted": stored(queries.closed_days(found)),
    }
    rows.change_phase(phase, values, ctx, action="applied", why=why)
    _tell("phase.applied", found, ctx)


@command("phases.set_end")
def set_end(
    *, phase: str, last_day: date, until_notice: bool = False, why: str = "", ctx: Context
) -> None:
    """Let a phase in force end on another day: later (延长), or earlier, yesterday at the earliest.
    Due dates follow a later end; those that readers have been told stay when it ends earlier. Unless
    it is still ``until_notice``, that day is its end for good."""
    found = _locked(phase, ctx)
    today = clock.business_date(ctx.occurred_at)
    reasons: list[Reason] = []
    if found.state not in ("applied", "applying"):
        reasons.append(stop("phase-not-applied"))
    elif (found.last_day, found.until_notice) == (last_day, until_notice):
        reasons.append(stop("phase-same-end"))
    elif last_day < found.first_day or (
        (last_day - found.first_day).days >= MOST_DAYS and found.kind == "closed"
    ):
        reasons.append(stop("days-reversed", most=MOST_DAYS))
    else:
        touched = min(found.last_day or date.max, last_day) + timedelta(days=1)
        if touched < today:
            reasons += _past(found.place, touched, why, ctx)
    if found.state == "applying":
        reasons.append(stop("phase-at-work"))
    if until_notice and found.kind != "closed":
        reasons.append(stop("phase-open-moved"))
    if reasons:
        raise refuse(*reasons)
    later = found.last_day is not None and last_day > found.last_day
    changed = replace(found, last_day=last_day)
    values: dict[str, Any] = {"last_day": last_day, "until_notice": until_notice}
    if later:
        assert found.last_day is not None
        values |= {
            "state": "applying",
            "round": found.round + 1,
            "fresh_from": found.last_day + timedelta(days=1),
        }
    values["counted"] = stored(queries.closed_days(changed))
    rows.change_phase(phase, values, ctx, action="extended" if later else "shortened", why=why)
    _tell("phase.extended" if later else "phase.shortened", changed, ctx)


@command("phases.revert")
def revert(*, phase: str, mistake: bool = False, why: str = "", ctx: Context) -> None:
    """Take a phase back: calendar, rules and every due date that nothing else has moved since are as
    they were before. Of a phase that has begun this says that it was a mistake and the library was
    open: that needs ``mistake``, ``places.edit_past`` and a ``why``."""
    found = _locked(phase, ctx)
    today = clock.business_date(ctx.occurred_at)
    reasons: list[Reason] = []
    if found.state == "applying":
        reasons.append(stop("phase-at-work"))
    elif found.state != "applied":
        reasons.append(stop("phase-not-applied"))
    elif found.first_day < today and (found.kind == "closed" or found.hours):
        if not mistake:
            reasons.append(stop("phase-begun"))
        else:
            reasons += _past(found.place, found.first_day, why, ctx)
    if reasons:
        raise refuse(*reasons)
    values = {"state": "reverting", "round": found.round + 1, "counted": {}}
    rows.change_phase(phase, values, ctx, action="reverted", why=why)
    _tell("phase.reverted", found, ctx)


def stored(counted: dict[str, Ranges]) -> dict[str, list[list[str]]]:
    """Ranges of days as the row keeps them."""
    return {
        place: [[a.isoformat(), b.isoformat()] for a, b in spans]
        for place, spans in counted.items()
        if spans
    }


def _locked(phase: str, ctx: Context) -> Phase:
    found = rows.lock_phase(phase)
    if found is None:
        raise refuse(stop("phase-unknown"))
    require(ctx, APPLY, found.place)
    return found


def _past(place: str, day: date, why: str, ctx: Context) -> list[Reason]:
    """Reasons against changing days already past (row D4)."""
    if not permitted(ctx, PAST, place):
        return [stop("past-day-kept", day=day.isoformat())]
    if not why.strip():
        return [stop("past-day-without-why", day=day.isoformat())]
    return []


def _tell(event: str, phase: Phase, ctx: Context) -> None:
    data = {
        "kind": phase.kind,
        "first": phase.first_day.isoformat(),
        "last": phase.last_day.isoformat() if phase.last_day else None,
        "branches": phase.include_branches,
    }
    record(event, ctx=ctx, library=phase.library, place=phase.place, subject=phase.id, data=data)
