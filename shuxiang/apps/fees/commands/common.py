"""What the money commands share: finding the reader, writing a transaction, numbering receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shuxiang.apps.fees import models, queries, rules
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, ask, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned, yuan
from shuxiang.runtime import sql
from shuxiang.runtime.commands import Dimensions, age_band, record, require

NOTE = 200


def find_reader(number: str, library: str | None) -> patrons.LoanReader:
    """The reader a card means, locked; ended cards still name who owes. Refuses with
    ``scan-empty``, ``card-unknown`` or ``card-ambiguous``."""
    code = scanned(number)
    if not code:
        raise refuse(stop("scan-empty"))
    found = patrons.card_for_loan(code)
    if library is not None:
        found = tuple(r for r in found if r.library == library)
    if len(found) > 1:
        choices = ",".join(sorted(r.library for r in found))
        raise refuse(ask("card-ambiguous", number=code, libraries=choices))
    if not found:
        raise refuse(stop("card-unknown", number=code))
    patrons.lock_patron(found[0].patron)
    return found[0]


def reader(patron: str, action: str = "", ctx: Context | None = None) -> patrons.LoanReader:
    """A reader by id, locked; with an action, within the actor's reach (I18): another library's
    reader needs it at their home. Refuses with ``patron-unknown``, ``not-permitted``."""
    try:
        patrons.lock_patron(patron)
    except patrons.UnknownPatron:
        raise refuse(stop("patron-unknown")) from None
    found = patrons.loan_reader(patron)
    if found is None:
        raise refuse(stop("patron-unknown"))
    if ctx is not None:
        in_reach(found, action, ctx)
    return found


def in_reach(who: patrons.LoanReader, action: str, ctx: Context) -> None:
    """Readers of the same library may be served at any of its places (I18)."""
    if ctx.actor.kind != "system" and library_of(ctx) != who.library:
        require(ctx, action, who.home)


def against_amount(amount_fen: int) -> list[Reason]:
    """Against a sum of money: it must be something, and no slip of the finger."""
    if amount_fen <= 0:
        return [stop("amount-missing")]
    if amount_fen > rules.MOST_FEN:
        return [stop("amount-too-large", most=yuan(rules.MOST_FEN))]
    return []


def against_switch(ctx: Context) -> list[Reason]:
    """Against a clerk's act at a place where no money is handled: setting ``fees.at_desk``."""
    if ctx.actor.kind != "staff" or queries.at_desk(ctx.service_point):
        return []
    return [stop("fees-off")]


def against_method(method: str) -> list[Reason]:
    """Against a way of paying that is none of ours."""
    return [] if method in rules.METHODS else [stop("pay-method-unknown", method=method)]


def against_why(why: str) -> list[Reason]:
    """Against an act that needs its why in words."""
    return [] if why.strip() else [stop("reason-missing")]


@dataclass(frozen=True, slots=True)
class Side:
    """One account of a transaction and what comes to it (negative: what leaves it). ``library``:
    whose account, where not the transaction's own; a till is always that of the service point's."""

    kind: str
    amount_fen: int
    what: str = ""
    library: str = ""


def library_of(ctx: Context) -> str:
    """The library whose books an act goes into: the one the service point belongs to."""
    return places.place(ctx.service_point).library


def post(
    kind: str,
    sides: Sequence[Side],
    *,
    ctx: Context,
    amount_fen: int,
    library: str | None = None,
    patron: str | None = None,
    method: str = "",
    reference: str = "",
    note: str = "",
    receipt: bool = False,
    reverses: str | None = None,
    amnesty: str | None = None,
) -> models.Entry:
    """Write a transaction; its sides must sum to 0. A till is the actor's own at the service point.

    Raises Refused: drawer-short, where cash would leave a drawer that does not hold it.
    """
    if sum(side.amount_fen for side in sides):
        raise ValueError(f"the postings of {kind} do not sum to 0")
    books = library or library_of(ctx)
    entry = models.Entry(
        id=new_id(),
        library=books,
        kind=kind,
        place_id=ctx.service_point,
        at=ctx.occurred_at,
        day=clock.business_date(ctx.occurred_at),
        operator_kind=ctx.actor.kind,
        operator=ctx.actor.id,
        patron_id=patron,
        amount_fen=amount_fen,
        method=method,
        reference=reference.strip()[:64],
        note=note.strip()[:NOTE],
        receipt=_next_receipt(ctx) if receipt else None,
        reverses_id=reverses,
        amnesty_id=amnesty,
    )
    entry.save(force_insert=True)
    models.Posting.objects.bulk_create(
        models.Posting(
            id=new_id(),
            entry=entry,
            account_id=_account(books, side, ctx),
            amount_fen=side.amount_fen,
        )
        for side in sides
        if side.amount_fen
    )
    return entry


def _account(library: str, side: Side, ctx: Context) -> str:
    till = side.kind == "till"
    library = library_of(ctx) if till else side.library or library
    parts = [side.kind, side.what]
    if till:
        parts += [ctx.service_point, ctx.actor.kind, ctx.actor.id]
    key = "|".join(parts)
    found = sql.one("SELECT id FROM fees_account WHERE library = ? AND key = ?", library, key)
    if found is None:
        sql.run(
            "INSERT INTO fees_account (id, library, kind, what, place_id, operator_kind, operator, "
            "key, held_fen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (library, key) DO NOTHING",
            new_id(),
            library,
            side.kind,
            side.what,
            ctx.service_point if till else None,
            ctx.actor.kind if till else "",
            ctx.actor.id if till else "",
            key,
        )
        found = sql.one("SELECT id FROM fees_account WHERE library = ? AND key = ?", library, key)
    assert found is not None
    if till:
        # The sum in the drawer and the condition in one statement: two clerks can't both take the last.
        done = sql.run(
            "UPDATE fees_account SET held_fen = held_fen + ? WHERE id = ? "
            "AND (what <> 'cash' OR held_fen + ? >= 0)",
            side.amount_fen,
            found[0],
            side.amount_fen,
        )
        if not done:
            held = sql.one("SELECT held_fen FROM fees_account WHERE id = ?", found[0])
            raise refuse(stop("drawer-short", held=yuan(held[0] if held else 0)))
    return str(found[0])


def _next_receipt(ctx: Context) -> int:
    day = clock.business_date(ctx.occurred_at)
    row = sql.one(
        "INSERT INTO fees_receiptseries (id, place_id, day, last) VALUES (?, ?, ?, 1) "
        "ON CONFLICT (place_id, day) DO UPDATE SET last = fees_receiptseries.last + 1 "
        "RETURNING last",
        new_id(),
        ctx.service_point,
        day,
    )
    assert row is not None
    return int(row[0])


def receipt_number(entry: models.Entry) -> str:
    """The number printed on a receipt: place, day and a number within them; '' where none is given."""
    if entry.receipt is None:
        return ""
    code = places.place(entry.place_id).code
    return f"{code}-{entry.day:%Y%m%d}-{entry.receipt:03d}"


def dimensions(
    who: patrons.LoanReader | None,
    item: stock.ScannedItem | None,
    lending_place: str | None,
    ctx: Context,
) -> Dimensions:
    """Copies of what reader and item were."""
    on = clock.business_date(ctx.occurred_at)
    return Dimensions(
        reader_category=who.category if who else "",
        age_band=age_band(who.born_on, on) if who else "",
        item_category=item.category if item else "",
        clc=item.clc if item else "",
        owner_place=item.owner if item else None,
        lending_place=lending_place,
    )


def told(
    type_: str,
    *,
    ctx: Context,
    amount: int | None,
    subject: str,
    library: str | None = None,
    quantity: int = 1,
    reverses: str | None = None,
    who: patrons.LoanReader | None = None,
    item: stock.ScannedItem | None = None,
    loan: str | None = None,
    lending_place: str | None = None,
    source: str = "",
    data: dict[str, Any] | None = None,
) -> str:
    """The ledger row of an act on money or points."""
    return record(
        type_,
        ctx=ctx,
        library=library or library_of(ctx),
        item=item.id if item else None,
        title=item.title if item else None,
        loan=loan,
        subject=subject,
        quantity=quantity,
        amount=amount,
        reverses=reverses,
        dimensions=dimensions(who, item, lending_place, ctx),
        patron=who.patron if who else None,
        card=who.card if who else None,
        source=source,
        data=data,
    )
