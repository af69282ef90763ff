"""挂失, 解挂, 补证, 续期."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.patrons import identity, models, queries, rules
from shuxiang.apps.patrons.commands import _shared
from shuxiang.apps.patrons.commands._sessions import end_sessions
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.ledger.append import last_of
from shuxiang.runtime import guards, sql
from shuxiang.runtime.commands import command

MACHINE_ACTOR = "terminal"
SHOWN = ("document", "card-number", "phone")
"""How somebody who reports a card lost made themselves known."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """The new card; ``replaced`` is the old one's id, which never opens the account again."""

    patron: str
    card: str
    number: str
    replaced: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class Renewed:
    """``expires_on`` is the card's new last day."""

    patron: str
    card: str
    expires_on: date
    before: date
    lifted: tuple[str, ...] = ()


@command("patrons.report_lost", permission="patrons.cards")
def report_lost(*, card: str, shown: str = "document", ctx: Context) -> None:
    """挂失: stop a card at once. ``shown`` is one of `SHOWN`; a card number alone is enough, because
    stopping a card does no harm and can be taken back with a document."""
    if shown not in SHOWN:
        raise refuse(stop("shown-unknown", shown=shown))
    patron, row = _shared.card_row(card, "patrons.cards", ctx)
    _shared.settle(
        rules.may_report_lost(status=row.status, patron_closed=patron.closed_at is not None), ctx
    )
    models.Card.objects.filter(id=row.id).update(status="lost", lost_at=ctx.occurred_at)
    end_sessions(patron.id, "card-lost", ctx)
    _shared.record_card("card.lost", patron, row, ctx, data={"shown": shown})


@command("patrons.cancel_lost", permission="patrons.cards")
def cancel_lost(*, card: str, ctx: Context) -> None:
    """解挂: the card was found again."""
    patron, row = _shared.card_row(card, "patrons.cards", ctx)
    _shared.settle(
        rules.may_cancel_lost(status=row.status, patron_closed=patron.closed_at is not None), ctx
    )
    models.Card.objects.filter(id=row.id).update(status="active", lost_at=None)
    _shared.record_card("card.found", patron, row, ctx)


MACHINE = "machine"
"""In place of one of `SHOWN`: the machine that keeps a card from lending."""


@command("patrons.block_card", permission="patrons.block_card")
def block_card(*, card: str, ctx: Context) -> None:
    """A self-service machine stops a card that was left in it or misused; like a lost one."""
    patron, row = _shared.card_row(card, "patrons.block_card", ctx)
    _shared.settle(
        rules.may_report_lost(status=row.status, patron_closed=patron.closed_at is not None), ctx
    )
    models.Card.objects.filter(id=row.id).update(status="lost", lost_at=ctx.occurred_at)
    end_sessions(patron.id, "card-lost", ctx)
    _shared.record_card("card.lost", patron, row, ctx, data={"shown": MACHINE})


@command("patrons.enable_card", permission="patrons.block_card")
def enable_card(*, card: str, ctx: Context) -> None:
    """A machine gives back what a machine has stopped. A card that was reported lost stays so: refused
    with ``card-lost``."""
    patron, row = _shared.card_row(card, "patrons.block_card", ctx)
    _shared.settle(
        rules.may_cancel_lost(status=row.status, patron_closed=patron.closed_at is not None), ctx
    )
    if last_of(sql, row.id, "card.lost") != MACHINE_ACTOR:
        raise refuse(stop("card-lost"))
    models.Card.objects.filter(id=row.id).update(status="active", lost_at=None)
    _shared.record_card("card.found", patron, row, ctx)


@command("patrons.replace_card", permission="patrons.cards")
def replace_card(*, card: str, number: str = "", ctx: Context) -> Replaced:
    """补证: a new card for a lost or worn one, with the old one's last day. ``number`` is a
    pre-printed card's, '' takes the next of the series. Not a new registration."""
    patron, old = _shared.card_row(card, "patrons.cards", ctx)
    library = _shared.library_of(ctx)
    wanted = scanned(number)
    _shared.settle(
        rules.may_replace(
            status=old.status,
            patron_closed=patron.closed_at is not None,
            number=wanted,
            taken=bool(wanted) and _shared.number_taken(wanted, library),
        ),
        ctx,
    )
    models.Card.objects.filter(id=old.id).update(status="replaced", ended_at=ctx.occurred_at)
    end_sessions(patron.id, "card-replaced", ctx)
    new = models.Card.objects.create(
        id=new_id(),
        library=library,
        number=wanted or _shared.next_card_number(library, ctx),
        patron=patron,
        first=False,
        channel=ctx.channel,
        issued_at=ctx.occurred_at,
        issued_on=clock.business_date(ctx.occurred_at),
        issued_place_id=ctx.service_point,
        expires_on=old.expires_on,
        replaces=old,
    )
    _shared.record_card("card.replaced", patron, new, ctx, data={"old": old.id, "was": old.status})
    guards.tell("patrons.card_replaced", ctx, patron=str(patron.id))
    return Replaced(patron.id, new.id, new.number, old.id, new.expires_on)


@command("patrons.renew_card", permission="patrons.cards")
def renew_card(*, card: str, ctx: Context) -> Renewed:
    """续期: the category's months from the last day, or from today when that is past."""
    patron, row = _shared.card_row(card, "patrons.cards", ctx)
    day = clock.business_date(ctx.occurred_at)
    category = queries.category(patron.category_id)
    assert category is not None
    lifted = _shared.settle(
        rules.may_renew_card(
            status=row.status,
            patron_closed=patron.closed_at is not None,
            expires_on=row.expires_on,
            on=day,
            category=category,
            age=identity.age_on(patron.born_on, day) if patron.born_on else None,
        ),
        ctx,
    )
    until = rules.renewed_until(row.expires_on, day, category.valid_months)
    models.Card.objects.filter(id=row.id).update(expires_on=until)
    _shared.record_card(
        "card.renewed",
        patron,
        row,
        ctx,
        data=_shared.with_overrides(
            {"before": row.expires_on.isoformat(), "until": until.isoformat()}, lifted
        ),
    )
    return Renewed(patron.id, row.id, until, row.expires_on, tuple(lifted))
