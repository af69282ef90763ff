"""May somebody come in? What a turnstile asks before it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.visits import queries, rules
from shuxiang.apps.visits.commands import presence
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, stop, tell
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime import guards, sql
from shuxiang.runtime.commands import command, require

ENTER = "visits.may_enter"
STAFF = "staff"
"""The reader category 馆员, as it is shipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Somebody may come in. ``ticket`` names the place kept for them; ``told`` only informs."""

    ticket: str
    inside: int
    limit: int
    told: tuple[Reason, ...] = ()


@command("visits.may_enter")
def may_enter(*, card: str = "", people: int = 1, ctx: Context) -> Admitted:
    """Let somebody in at ``ctx.service_point``, with a card or without, and keep the place for half a
    minute until the gate counts them: two turnstiles never give away the same one. Refused with
    ``entry-closed`` while an operating phase has shut the place (staff, or a card of theirs, are let in, and told),
    ``site-full``, ``entry-day-full`` and with what is wrong with the card; a card past its date still
    opens the door."""
    require(ctx, ENTER, ctx.service_point)
    place, now = ctx.service_point, ctx.occurred_at
    today = clock.business_date(now)
    reasons, category = _card(card, ctx) if card else (None, "")
    staff = ctx.actor.kind == "staff" or category == STAFF
    people = max(min(people, rules.MOST_AT_ONCE), 1)
    inside, _ = presence.lock(place, today, ctx)
    sql.run("DELETE FROM visits_admission WHERE place_id = ? AND until <= ?", place, now)
    kept = sql.one("SELECT COUNT(*) FROM visits_admission WHERE place_id = ?", place)
    limit = queries.limit(place, ctx)
    decision = rules.may_enter(
        inside=inside,
        admitted=int(kept[0]) if kept else 0,
        limit=limit,
        people=people,
        card=reasons,
        shut=_shut(place, today, staff=staff),
        came=presence.came(place),
        day_limit=queries.day_limit(place, today),
    )
    asked = guards.ask(ENTER, ctx, place=place, card=bool(card))
    if asked:
        decision = Decision((*decision.reasons, *asked))
    if not decision.allowed:
        raise Refused(decision)
    tickets = [new_id() for _ in range(people)]
    sql.many(
        "INSERT INTO visits_admission (id, place_id, door, at, until) VALUES (?, ?, ?, ?, ?)",
        [(t, place, ctx.actor.id[:32], now, now + rules.ADMITTED_FOR) for t in tickets],
    )
    return Admitted(ticket=tickets[0], inside=inside + people, limit=limit, told=decision.reasons)


def _shut(place: str, today: date, *, staff: bool) -> Reason | None:
    phase = queries.shut(place, today)
    if phase is None:
        return None
    return tell("entry-closed", phase=phase) if staff else stop("entry-closed", phase=phase)


def _card(number: str, ctx: Context) -> tuple[tuple[Reason, ...], str]:
    """The reasons against a card, and its reader's category."""
    code = scanned(number)
    found = patrons.card_for_loan(code)
    if not found:
        return (stop("card-unknown", number=code),), ""
    today = clock.business_date(ctx.occurred_at)
    # Of several libraries' cards with that number any good one opens the door.
    opened = [(r.opens(today), r.category) for r in found]
    best, category = min(opened, key=lambda one: len(one[0].refusing))
    return best.reasons, category
