"""What several commands need: deciding with overrides, ledger rows, numbers, sealed fields."""

from __future__ import annotations

from typing import Any

from shuxiang.apps.patrons import identity, models, queries, rules
from shuxiang.apps.patrons.identity import CheckedDocument, GuardianGiven, IdentityDocument
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.values import mask_name, mask_number, scanned
from shuxiang.runtime import sql
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import Dimensions, age_band, permitted, record, require
from shuxiang.runtime.secrets import decrypt, encrypt


def settle(decision: Decision, ctx: Context) -> dict[str, str]:
    """Refuse unless nothing refuses after the actor's overrides. Returns what was lifted: code → why,
    for the ledger row."""
    lifted = {
        o.code: o.why.strip()
        for o in ctx.overrides
        if o.why.strip() and o.code in rules.LIFTABLE and _may_lift(o.code, ctx)
    }
    left = decision.lifted(lifted)
    if not left.allowed:
        raise Refused(left)
    return {code: why for code, why in lifted.items() if code in decision.codes}


def _may_lift(code: str, ctx: Context) -> bool:
    permission = rules.LIFTABLE[code]
    return permission is None or permitted(ctx, permission, ctx.service_point)


def with_overrides(data: dict[str, Any], lifted: dict[str, str]) -> dict[str, Any]:
    return {**data, "overrides": lifted} if lifted else data


def patron_row(patron_id: str) -> models.Patron:
    """The reader, locked. Refuses with ``patron-unknown``."""
    row = models.Patron.objects.select_for_update().filter(id=patron_id).first()
    if row is None:
        raise refuse(stop("patron-unknown"))
    return row


def open_patron(patron_id: str, action: str, ctx: Context) -> models.Patron:
    """The reader, locked, whose account is open and who is within the actor's reach."""
    row = patron_row(patron_id)
    in_reach(row, action, ctx)
    if row.closed_at is not None:
        raise refuse(stop("patron-closed"))
    return row


def card_row(card_id: str, action: str, ctx: Context) -> tuple[models.Patron, models.Card]:
    """A card and its reader, both locked, reader first. Refuses with ``card-record-unknown``."""
    owner = models.Card.objects.filter(id=card_id).values_list("patron", flat=True).first()
    if owner is None:
        raise refuse(stop("card-record-unknown"))
    patron = patron_row(owner)
    in_reach(patron, action, ctx)
    return patron, models.Card.objects.select_for_update().get(id=card_id)


def in_reach(patron: models.Patron, action: str, ctx: Context) -> None:
    """Readers of the same library may be served at any of its places; another library's reader
    needs the permission at their home place (I18)."""
    if ctx.actor.kind == "system" or library_of(ctx) == patron.library:
        return
    require(ctx, action, patron.home_id)


def place_unknown(place_id: str) -> tuple[Reason, ...]:
    """Checked here, because a broken foreign key shows only when others commit with it. '' passes."""
    try:
        if place_id:
            places.place(place_id)
    except places.UnknownPlace:
        return (stop("place-unknown"),)
    return ()


def library_of(ctx: Context) -> str:
    """The library whose cards the service point issues."""
    return places.place(ctx.service_point).library


def checked(document: IdentityDocument | None, ctx: Context) -> CheckedDocument | None:
    if document is None or not document.number.strip():
        return None
    return identity.check_document(document, today=clock.business_date(ctx.occurred_at))


def checked_guardian(given: GuardianGiven | None, ctx: Context) -> rules.Guardian | None:
    if given is None:
        return None
    return rules.Guardian(
        name=given.name.strip(),
        relation=given.relation.strip(),
        phone=identity.normalise_phone(given.phone),
        document=checked(given.document, ctx),
    )


def guardian_of_family(patron_id: str, relation: str, ctx: Context) -> rules.Guardian | None:
    """Who answers for the children of a family, taken from the record of a reader of it: their own
    guardian, else they themselves."""
    row = open_patron(patron_id, "patrons.register", ctx)
    answering = models.Guardian.objects.filter(child=row, ended_at=None).order_by("-since").first()
    paper: IdentityDocument | None
    if answering is not None:
        paper = IdentityDocument(answering.document_kind, decrypt(answering.document_number))
        name, phone = answering.name, decrypt(answering.phone)
        relation = relation or answering.relation
    else:
        own = models.Document.objects.filter(patron=row, ended_at=None).order_by("id").first()
        paper = IdentityDocument(own.kind, decrypt(own.number)) if own else None
        name, phone = row.name, decrypt(row.phone)
    return rules.Guardian(
        name=name, relation=relation.strip(), phone=phone, document=checked(paper, ctx)
    )


def holder(document: CheckedDocument | None) -> tuple[str, str] | None:
    """(reader, masked card number) of who holds the document now."""
    if document is None or document.fault:
        return None
    row = models.Document.objects.filter(
        number_hash=queries.document_hash(document), ended_at__isnull=True
    ).first()
    return None if row is None else (row.patron_id, masked_card(row.patron_id))


def masked_card(patron_id: str) -> str:
    found = queries.live_card(patron_id)
    return mask_number(found.number) if found else ""


def store_document(patron_id: str, document: CheckedDocument) -> str:
    row = models.Document.objects.create(
        patron_id=patron_id,
        kind=document.kind,
        number=encrypt(document.number),
        number_hash=queries.document_hash(document),
    )
    return str(row.id)


def store_guardian(patron_id: str, guardian: rules.Guardian, ctx: Context) -> str:
    document = guardian.document
    row = models.Guardian.objects.create(
        child_id=patron_id,
        name=guardian.name,
        relation=guardian.relation,
        phone=encrypt(guardian.phone),
        phone_hash=queries.phone_hash(guardian.phone),
        document_kind=document.kind if document else "",
        document_number=encrypt(document.number) if document else "",
        document_hash=queries.document_hash(document) if document else "",
        since=ctx.occurred_at,
    )
    return str(row.id)


def dimensions(patron: models.Patron, ctx: Context) -> Dimensions:
    return Dimensions(
        reader_category=patron.category_id,
        age_band=age_band(patron.born_on, clock.business_date(ctx.occurred_at)),
    )


def record_patron(
    type: str,  # noqa: A002 - the ledger's own word
    patron: models.Patron,
    ctx: Context,
    *,
    data: dict[str, Any] | None = None,
) -> None:
    """A row about a reader: who it is stands in the link table alone."""
    record(
        type,
        ctx=ctx,
        library=patron.library,
        patron=patron.id,
        dimensions=dimensions(patron, ctx),
        data=data,
    )
    if type != "patron.registered":
        told = data or {}
        changed(
            ctx,
            "reader",
            patron.id,
            mask_name(patron.name),
            {},
            {},
            action=type.partition(".")[2],
            place=patron.home_id,
            unsaid=told.get("fields", ()),
        )


def record_card(
    type: str,  # noqa: A002 - the ledger's own word
    patron: models.Patron,
    card: models.Card,
    ctx: Context,
    *,
    source: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """A row about a card, its subject."""
    record(
        type,
        ctx=ctx,
        library=card.library,
        subject=card.id,
        patron=patron.id,
        card=card.id,
        dimensions=dimensions(patron, ctx),
        source=source,
        data=data,
    )
    if type != "card.issued":
        action = type.partition(".")[2]
        number = mask_number(card.number)
        changed(ctx, "card", card.id, number, {}, {}, action=action, place=patron.home_id)


def number_taken(number: str, library: str) -> bool:
    """Whether any card of the library, ended ones included, has the number."""
    return bool(models.Card.objects.filter(number=scanned(number), library=library).exists())


def next_card_number(library: str, ctx: Context) -> str:
    """The next free number of the library's series: settings ``cards.number_prefix`` and
    ``cards.number_digits``. The series' row is locked until the transaction ends; a refused or
    failed command gives its number back."""
    prefix = str(places.setting(ctx.service_point, "cards.number_prefix").value)
    digits = int(places.setting(ctx.service_point, "cards.number_digits").value)
    sql.run(
        "INSERT INTO patrons_cardseries (library, last) VALUES (?, 0) ON CONFLICT DO NOTHING",
        library,
    )
    row = sql.one(
        "SELECT last FROM patrons_cardseries WHERE library = ?" + sql.for_update(), library
    )
    assert row is not None
    # Mostly the next one is free; a run of pre-printed cards in the series is skipped by hundreds.
    last, ahead = int(row[0]), 1
    free = None
    while free is None:
        numbers = {n: f"{prefix}{n:0{digits}d}" for n in range(last + 1, last + 1 + ahead)}
        taken = {
            found[0]
            for found in sql.all(
                f"SELECT number FROM patrons_card WHERE number IN ({sql.marks(ahead)}) "
                "AND library = ?",
                *numbers.values(),
                library,
            )
        }
        free = next((n for n, number in numbers.items() if number not in taken), None)
        last, ahead = last + ahead, 100
    if len(str(free)) > digits:
        raise refuse(stop("card-series-full", prefix=prefix, digits=digits))
    sql.run("UPDATE patrons_cardseries SET last = ? WHERE library = ?", free, library)
    return numbers[free]
