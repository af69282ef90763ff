"""Moving the due dates of applied phases, a chunk a command: killed at any moment, it goes on from
what is in the database and ends the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from shuxiang.apps.circulation.commands.due_shifts import Move as Due
from shuxiang.apps.circulation.commands.due_shifts import move_due_dates
from shuxiang.apps.phases import queries
from shuxiang.apps.phases.commands.applying import APPLY, set_end
from shuxiang.apps.phases.rules import Move
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.commands import phases as rows
from shuxiang.apps.places.queries import Phase
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import command, require

CHUNK = 100
"""How many due dates a command moves: some 20 ms of the writer."""
AHEAD = timedelta(days=7)
LONGER = timedelta(days=14)
"""A closure until further notice is extended by two weeks when its known end is a week away."""


@command("phases.move")
def move(*, phase: str, round_: int, moves: tuple[Due, ...], ctx: Context) -> int:
    """Move some due dates of a phase's round; returns how many were moved."""
    found = rows.lock_phase(phase)
    if found is None or found.round != round_:
        raise refuse(stop("phase-unknown"))
    require(ctx, APPLY, found.place)
    return move_due_dates(moves, cause=phase, round_=round_, ctx=ctx)


@command("phases.done")
def done(*, phase: str, round_: int, ctx: Context) -> None:
    """Every due date of a round is where it belongs."""
    found = rows.lock_phase(phase)
    if found is None or found.round != round_:
        raise refuse(stop("phase-unknown"))
    require(ctx, APPLY, found.place)
    state = {"applying": "applied", "reverting": "reverted"}.get(found.state)
    if state is not None:
        rows.change_phase(phase, {"state": state}, ctx)


def work(phase: str, ctx: Context) -> Iterator[int]:
    """Do what is left of a phase's present round; yields the due dates moved by each command."""
    while True:
        found = places.phase(phase)
        if found is None or found.state not in ("applying", "applied", "reverting"):
            return
        moves = _left(found, ctx)
        if not moves:
            if found.state != "applied":
                done(phase=phase, round_=found.round, ctx=_own(ctx, found))
            return
        moved = 0
        for chunk in _chunks(moves):
            count = move(
                phase=phase,
                round_=found.round,
                moves=tuple(Due(m.loan, m.base, m.before, m.after) for m in chunk),
                ctx=_own(ctx, found),
            )
            moved += count
            yield count
        if not moved:
            # Everything changed under the plan: the next turn looks again.
            return


def _left(phase: Phase, ctx: Context) -> Sequence[Move]:
    if phase.state == "reverting":
        plan, _ = queries.given_back(phase, clock.business_date(ctx.occurred_at))
    else:
        plan = queries.planned(phase, ctx.occurred_at)
    return plan.moves


def _chunks(moves: Sequence[Move]) -> Iterator[Sequence[Move]]:
    """Some `CHUNK` a piece; what one reader brings on one day stays together, so that what is left
    after a kill is planned as it was."""
    start = 0
    for n in range(1, len(moves) + 1):
        end = n == len(moves)
        if end or (
            n - start >= CHUNK
            and (moves[n].patron, moves[n].after) != (moves[n - 1].patron, moves[n - 1].after)
        ):
            yield moves[start:n]
            start = n


def _own(ctx: Context, phase: Phase) -> Context:
    """The circumstances of one command of the work, under a key of its own."""
    return replace(ctx, service_point=phase.place, request_key="")


def step(ctx: Context) -> Iterator[int]:
    """Go on with every phase that is being applied or taken back, oldest first."""
    for phase in sorted(places.phases(), key=lambda p: (p.applied_at or ctx.occurred_at, p.id)):
        if phase.state in ("applying", "reverting"):
            yield from work(phase.id, ctx)


def keep(ctx: Context) -> None:
    """Extend closures until further notice in time, and move what has come to be due on a closed day
    since a phase was applied: a loan reopened by undoing its return, one brought from another
    system."""
    today = clock.business_date(ctx.occurred_at)
    for phase in places.live_phases():
        if phase.state != "applied" or not queries.moves_due_dates(phase):
            continue
        if phase.last_day is not None and phase.last_day < today:
            continue
        if phase.until_notice and phase.last_day and phase.last_day - today < AHEAD:
            set_end(
                phase=phase.id,
                last_day=phase.last_day + LONGER,
                until_notice=True,
                ctx=_own(ctx, phase),
            )
        for _ in work(phase.id, ctx):
            pass
