"""赠书: who gave what, thanked with a numbered certificate."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.acquisitions import models
from shuxiang.apps.acquisitions.commands._shared import GIFTS, next_number
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import Added, Copies, add_book
from shuxiang.apps.stock.commands.mistakes import take_back_item
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record, require, reverse


@command("acquisitions.enter_donation", permission=GIFTS)
def enter_donation(
    *,
    giver: str,
    kind: str,
    given_on: date,
    contact: str = "",
    anonymous: bool = False,
    public: bool = False,
    note: str = "",
    ctx: Context,
) -> str:
    """Enter a gift; its books are added to it one by one. Returns its id. ``public``: the giver agreed
    to be thanked by name, which an anonymous one can't. Raises Refused: name-missing, giver-kind,
    donation-date, donation-anonymous."""
    today = clock.business_date(ctx.occurred_at)
    reasons: list[Reason] = [] if giver.strip() else [stop("name-missing")]
    if kind not in ("person", "organisation"):
        reasons.append(stop("giver-kind", kind=kind))
    if given_on > today:
        reasons.append(stop("donation-date"))
    if anonymous and public:
        reasons.append(stop("donation-anonymous"))
    if reasons:
        raise refuse(*reasons)
    row = models.Donation.objects.create(
        id=new_id(),
        library=places.place(ctx.service_point).library,
        number=next_number("acquisitions_donation", "JZ", ctx),
        place_id=ctx.service_point,
        giver=giver.strip()[:120],
        kind=kind,
        contact=contact.strip()[:120],
        anonymous=anonymous,
        public=public,
        given_on=given_on,
        note=note.strip()[:200],
        year=given_on.year,
        entered_at=ctx.occurred_at,
        entered_by=ctx.actor.id,
    )
    record(
        "donation.entered", ctx=ctx, library=row.library, subject=row.id, source=kind, on=given_on
    )
    return str(row.id)


@command("acquisitions.add_gift", permission=GIFTS)
def add_gift(
    *,
    donation: str,
    title: str = "",
    short: ShortRecord | None = None,
    copies: Copies,
    ctx: Context,
) -> Added:
    """Add books to a gift: items with the source ``gift``. Raises Refused: donation-unknown,
    donation-undone, donation-source, and what `add_book` says."""
    row = _locked(donation, ctx)
    if copies.source != "gift":
        raise refuse(stop("donation-source"))
    added = add_book(title=title, record=short, copies=copies, ctx=ctx)
    models.DonatedItem.objects.bulk_create(
        models.DonatedItem(id=new_id(), donation=row, item_id=item, added_at=ctx.occurred_at)
        for item, _code in added.items
    )
    return added


@command("acquisitions.attach_gift", permission=GIFTS)
def attach_gift(*, donation: str, item: str, ctx: Context) -> None:
    """An item entered elsewhere as a gift belongs to this one. Raises Refused: donation-unknown,
    donation-undone, item-unknown, donation-source, donation-taken."""
    row = _locked(donation, ctx)
    found = stock.item(item)
    if found is None:
        raise refuse(stop("item-unknown", barcode=""))
    reasons = [] if found.source == "gift" else [stop("donation-source")]
    if models.DonatedItem.objects.filter(item=item).exists():
        reasons.append(stop("donation-taken", barcode=found.barcode))
    if reasons:
        raise refuse(*reasons)
    models.DonatedItem.objects.create(
        id=new_id(), donation=row, item_id=item, added_at=ctx.occurred_at
    )


@command("acquisitions.number_certificate", permission=GIFTS)
def number_certificate(*, donation: str, ctx: Context) -> int:
    """The number of the gift's certificate in its year, given once. Raises Refused: donation-unknown,
    donation-undone, donation-empty."""
    row = _locked(donation, ctx)
    if row.certificate:
        return row.certificate
    if not models.DonatedItem.objects.filter(donation=row).exists():
        raise refuse(stop("donation-empty"))
    last = sql.one(
        "SELECT COALESCE(MAX(certificate), 0) FROM acquisitions_donation "
        "WHERE library = ? AND year = ?",
        row.library,
        row.year,
    )
    number = int(last[0]) + 1 if last else 1
    models.Donation.objects.filter(id=row.id).update(certificate=number)
    record("donation.certified", ctx=ctx, library=row.library, subject=row.id, quantity=1)
    return number


@command("acquisitions.change_donation", permission=GIFTS)
def change_donation(*, donation: str, anonymous: bool, public: bool, ctx: Context) -> None:
    """What the giver wishes changed. Raises Refused: donation-unknown, donation-undone,
    donation-anonymous."""
    row = _locked(donation, ctx)
    if anonymous and public:
        raise refuse(stop("donation-anonymous"))
    models.Donation.objects.filter(id=row.id).update(anonymous=anonymous, public=public)


@command("acquisitions.undo_donation", permission=GIFTS)
def undo_donation(*, donation: str, why: str, ctx: Context) -> int:
    """A gift entered by mistake: its books are taken back, as long as nothing happened to any of them.
    Returns how many. Its number and that of its certificate stay taken. Raises Refused:
    donation-unknown, donation-undone, reason-missing, and what `take_back_item` says."""
    row = _locked(donation, ctx)
    if not why.strip():
        raise refuse(stop("reason-missing"))
    items = list(models.DonatedItem.objects.filter(donation=row).values_list("item_id", flat=True))
    models.DonatedItem.objects.filter(donation=row).delete()
    for item in sorted(items):
        take_back_item(item=item, ctx=ctx)
    models.Donation.objects.filter(id=row.id).update(
        undone_at=ctx.occurred_at, why=why.strip()[:200]
    )
    reverse("donation.entered", ctx=ctx, item_seq=None, subject=row.id)
    return len(items)


def _locked(donation: str, ctx: Context) -> models.Donation:
    row = models.Donation.objects.select_for_update().filter(id=donation).first()
    if row is None:
        raise refuse(stop("donation-unknown"))
    require(ctx, GIFTS, row.place_id)
    if row.undone_at is not None:
        raise refuse(stop("donation-undone"))
    return row
