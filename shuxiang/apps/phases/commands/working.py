"""Moving the due dates of applied phases, a chunk a command: killed at any moment, it goes on from
what is in the database and ends the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from shuxiang.apps.circulation.commands.due_shifts import Move as Due
from shuxiang.apps.circulation.commands.due_shifts import move_due_dates
from shuxiang.apps.circulation.commands.holds.prolonging import HoldMove, move_holds
from shuxiang.apps.circulation.commands.pickup_shifts import move_pickups
from shuxiang.apps.circulation.queries import PickupMove
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
HOLDS = 20
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


@command("phases.move_holds")
def prolong(*, phase: str, round_: int, moves: tuple[HoldMove, ...], ctx: Context) -> int:
    """Move some dates of holds of a phase's round; returns how many were moved."""
    found = rows.lock_phase(phase)
    if found is None or found.round != round_:
        raise refuse(stop("phase-unknown"))
    require(ctx, APPLY, found.place)
    return move_holds(moves, cause=phase, round_=round_, ctx=ctx)


@command("phases.move_pickups")
def rebook(*, phase: str, round_: int, moves: tuple[PickupMove, ...], ctx: Context) -> int:
    """Move some bookings of pickup slots, or call them off; returns how many."""
    found = rows.lock_phase(phase)
    if found is None or found.round != round_:
        raise refuse(stop("phase-unknown"))
    require(ctx, APPLY, found.place)
    return move_pickups(moves, cause=phase, round_=round_, ctx=ctx)


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
    """Do what is left of a phase's present round, loans before holds before booked pickup slots;
    yields what was moved by each command."""
    while True:
        found = places.phase(phase)
        if found is None or found.state not in ("applying", "applied", "reverting"):
            return
        moves, holds = _left(found, ctx)
        # Where a booking goes depends on how long its books are kept: after the holds.
        bookings = () if holds else _bookings(found, ctx)
        if not moves and not holds and not bookings:
            if found.state != "applied":
                done(phase=phase, round_=found.round, ctx=_own(ctx, found))
            return
        moved = 0
        for chunk in _chunks(moves):
            due = tuple(Due(m.loan, m.base, m.before, m.after) for m in chunk)
            count = move(phase=phase, round_=found.round, moves=due, ctx=_own(ctx, found))
            moved += count
            yield count
        for start in range(0, len(holds), HOLDS):
            some = tuple(_hold(m) for m in holds[start : start + HOLDS])
            count = prolong(phase=phase, round_=found.round, moves=some, ctx=_own(ctx, found))
            moved += count
            yield count
        for start in range(0, len(bookings), HOLDS):
            part = bookings[start : start + HOLDS]
            count = rebook(phase=phase, round_=found.round, moves=part, ctx=_own(ctx, found))
            moved += count
            yield count
        if not moved:
            # Everything changed under the plan: the next turn looks again.
            return


def _left(phase: Phase, ctx: Context) -> tuple[Sequence[Move], Sequence[Move]]:
    if phase.state == "reverting":
        today = clock.business_date(ctx.occurred_at)
        plan, _ = queries.given_back(phase, today)
        return plan.moves, queries.given_back_holds(phase, today).moves
    return (
        queries.planned(phase, ctx.occurred_at).moves,
        queries.planned_holds(phase, ctx.occurred_at).moves,
    )


def _bookings(phase: Phase, ctx: Context) -> tuple[PickupMove, ...]:
    if phase.state == "reverting":
        return queries.given_back_pickups(phase, ctx.occurred_at)[0]
    return queries.planned_pickups(phase, ctx.occurred_at)


def _hold(move: Move) -> HoldMove:
    hold, field = move.loan.split(":")
    return HoldMove(hold, field, move.base, move.before, move.after)


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
        if phase.state != "applied" or not queries.moves_dates(phase):
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
