"""Readers taken on from a list that another system vouches for: no document, no form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from shuxiang.apps.patrons import identity, models, queries
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import age_band, command, next_number, running_request
from shuxiang.runtime.revision import bump
from shuxiang.runtime.secrets import encrypt

SOURCE = "legacy"


class NewReader(msgspec.Struct, frozen=True, kw_only=True):
    """A reader with a card of the number ``card`` (as `scanned`). ``pin_hash`` '': no PIN; one that is
    given need not be changed."""

    id: str
    card: str
    name: str
    category: str
    home: str
    pin_hash: str = ""
    born_on: date | None = None
    expires_on: date | None = None
    phone: str = ""
    address: str = ""
    email: str = ""
    internet: str = ""


@command("patrons.admit_in_bulk", permission="patrons.register")
def admit_in_bulk(*, readers: tuple[NewReader, ...], ctx: Context) -> int:
    """Take readers on; returns how many. A card number that its library has already fails the whole
    command. They count as legacy, not as newly registered."""
    day = clock.business_date(ctx.occurred_at)
    cards = {r.id: new_id() for r in readers}
    models.Patron.objects.bulk_create(_patron(r, ctx) for r in readers)
    models.Card.objects.bulk_create(_card(r, cards[r.id], day, ctx) for r in readers)
    models.Pin.objects.bulk_create(
        models.Pin(patron_id=r.id, hash=r.pin_hash, must_change=False, set_at=ctx.occurred_at)
        for r in readers
        if r.pin_hash
    )
    models.Contact.objects.bulk_create(
        models.Contact(
            patron_id=r.id,
            address=encrypt(r.address),
            email=encrypt(r.email),
            internet=r.internet[:40],
        )
        for r in readers
        if r.address or r.email or r.internet
    )
    links: list[tuple[str, str, str | None]] = []
    events = list(_events(readers, cards, links, day, ctx))
    ledger.append_many(sql, events, readers=links)
    return len(readers)


def _patron(r: NewReader, ctx: Context) -> models.Patron:
    return models.Patron(
        id=r.id,
        library=places.place(r.home).library,
        home_id=r.home,
        category_id=r.category,
        name=r.name[:80],
        born_on=r.born_on,
        phone=encrypt(r.phone),
        phone_hash=queries.phone_hash(identity.normalise_phone(r.phone)),
        created_at=ctx.occurred_at,
    )


def _card(r: NewReader, card: str, day: date, ctx: Context) -> models.Card:
    kind = queries.category(r.category)
    months = kind.valid_months if kind else 60
    return models.Card(
        id=card,
        library=places.place(r.home).library,
        number=r.card,
        patron_id=r.id,
        channel=ctx.channel,
        issued_at=ctx.occurred_at,
        issued_on=day,
        issued_place_id=r.home,
        expires_on=r.expires_on or clock.add_months(day, months),
    )


def _events(
    readers: Sequence[NewReader],
    cards: dict[str, str],
    links: list[tuple[str, str, str | None]],
    day: date,
    ctx: Context,
) -> Iterator[list[Any]]:
    number = next_number(2 * len(readers))
    moment = sql.value(ctx.occurred_at)
    usual: dict[str, Any] = dict.fromkeys(ledger.COLUMNS, "") | dict.fromkeys(ledger.NULLABLE)
    usual |= {
        "request": running_request(),
        "occurred_at": moment,
        "recorded_at": moment,
        "business_date": sql.value(day),
        "channel": ctx.channel,
        "actor_kind": ctx.actor.kind,
        "actor": ctx.actor.id,
        "session": ctx.session_id,
        "quantity": 1,
        "source": SOURCE,
    }
    for r in readers:
        own = usual | {
            "library": places.place(r.home).library,
            "place": r.home,
            "reader_category": r.category,
            "age_band": age_band(r.born_on, day),
        }
        registered, issued = new_id(), new_id()
        for row in (
            {"id": registered, "number": number, "type": "patron.registered"},
            {"id": issued, "number": number + 1, "type": "card.issued", "subject": cards[r.id]},
        ):
            yield [(own | row)[name] for name in ledger.COLUMNS]
        links += [(registered, r.id, None), (issued, r.id, cards[r.id])]
        number += 2


@command("patrons.name_categories", permission="patrons.edit_categories")
def name_categories(*, names: tuple[tuple[str, str], ...], ctx: Context) -> None:
    """Add categories by the codes another system has for them (at most 32 characters of any kind);
    those already there get the name given."""
    for code, name in names:
        models.Category.objects.update_or_create(
            code=code,
            defaults={"name": name},
            create_defaults={"name": name, "position": models.Category.objects.count()},
        )
    bump("patrons")
