"""Writing a phase down: a draft has no effect."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from shuxiang.apps.phases import rules
from shuxiang.apps.phases.rules import Terms
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.commands import phases as rows
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.runtime.commands import command, require

EDIT = "phases.edit"


@command("phases.write")
def write(
    *,
    place: str,
    include_branches: bool,
    terms: Terms,
    phase: str | None = None,
    ctx: Context,
) -> str:
    """Write down a phase of a place, or change one that is still a draft; returns its id."""
    require(ctx, EDIT, place)
    decision = rules.may_write(terms)
    if not decision.allowed:
        raise Refused(decision)
    try:
        site = places.place(place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown")) from None
    values = _fields(terms) | {"place_id": site.id, "include_branches": include_branches}
    if phase is None:
        return rows.write_phase(values, ctx)
    known = draft(phase)
    require(ctx, EDIT, known)
    rows.change_phase(phase, values | {"library": site.library}, ctx)
    return phase


@command("phases.discard")
def discard(*, phase: str, ctx: Context) -> None:
    """Throw a draft away."""
    require(ctx, EDIT, draft(phase))
    rows.drop_phase(phase, ctx)


def draft(phase: str) -> str:
    """The place of a draft. Refuses when there is no such phase or it was applied once."""
    found = rows.lock_phase(phase)
    if found is None:
        raise refuse(stop("phase-unknown"))
    if found.state != "draft":
        raise refuse(stop("phase-not-draft"))
    return found.place


def _fields(terms: Terms) -> dict[str, Any]:
    values = {f.name: getattr(terms, f.name) for f in fields(Terms)}
    for name in ("name", "reason", "notice", "desk_notice"):
        values[name] = values[name].strip()
    values["hours"] = {
        str(weekday): [[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in periods]
        for weekday, periods in terms.hours.items()
        if periods
    }
    for name in ("checks", "lanes"):
        values[name] = [line.strip() for line in values[name] if line.strip()]
    if terms.kind == "closed":
        values["hours"] = {}
    else:
        values["until_notice"] = False
    return values
