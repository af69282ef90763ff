"""Books that are let drift, and taken out again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.drift import models, queries, rules
from shuxiang.apps.drift.commands.register import let, open_site
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.items import set_item_status
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command, record

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 6
AT_ONCE = 100
ADDED, REMOVED = "drift.added", "drift.removed"


@dataclass(frozen=True, slots=True)
class New:
    """A book to let drift: a title, or the ``barcode`` of a copy of our stock."""

    title: str = ""
    author: str = ""
    barcode: str = ""


@command("drift.add_books")
def add_books(
    *, site: str, books: tuple[New, ...], link: str = "", ctx: Context
) -> tuple[str, ...]:
    """Let books drift, their home this site; returns the codes of their stickers. A copy of our stock
    is no longer lent meanwhile: it is blocked there, by who may do that (a keeper's address may not).

    Raises Refused: site-unknown, not-permitted, link-unknown, books-none, books-too-many,
    book-title-missing, item-unknown, item-on-loan.
    """
    found = open_site(site)
    let(found, link, ctx)
    if not books:
        raise refuse(stop("books-none"))
    if len(books) > AT_ONCE:
        raise refuse(stop("books-too-many", most=AT_ONCE))
    if queries.shelves([site])[site].books + len(books) > rules.MOST_BOOKS:
        raise refuse(stop("books-too-many", most=rules.MOST_BOOKS))
    return tuple(_add(found, new, link, ctx) for new in books)


def _add(site: queries.SiteView, new: New, link: str, ctx: Context) -> str:
    title, author, item = new.title.strip(), new.author.strip(), None
    if new.barcode and not link:
        copies = stock.items_by_barcode(scanned(new.barcode))
        if len(copies) != 1:
            raise refuse(stop("item-unknown", barcode=new.barcode[:40]))
        loan = circulation.open_loan_of(copies[0].id)
        if loan is not None:
            raise refuse(stop("item-on-loan", due=loan.due_on.isoformat()))
        item = copies[0].id
        known = stock.scanned_item(item)
        title = title or (known.title_text if known else "")
        set_item_status(item=item, status="blocked", why="漂流", ctx=ctx)
    if not title:
        raise refuse(stop("book-title-missing"))
    if len(title) > 200 or len(author) > 120:
        raise refuse(stop("text-too-long", field="title", most=200))
    row = models.Book(
        id=new_id(),
        library=site.library,
        code=_code(),
        title=title,
        author=author,
        home_id=site.id,
        at_id=site.id,
        item_id=item,
        moved_at=ctx.occurred_at,
        added_on=clock.business_date(ctx.occurred_at),
    )
    row.save(force_insert=True)
    record(ADDED, ctx=ctx, library=site.library, place=site.place, subject=row.id)
    return row.code


def _code() -> str:
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if not models.Book.objects.filter(code=code).exists():
            return code


@command("drift.remove_book")
def remove_book(*, code: str, why: str = "", link: str = "", ctx: Context) -> None:
    """A book drifts no more: worn out, lost for good, back to our stock, where it can be lent again.

    Raises Refused: drift-book-unknown, not-permitted, link-unknown.
    """
    row = models.Book.objects.select_for_update().filter(code=code, removed_on=None).first()
    home = queries.site(row.home_id) if row else None
    if row is None or home is None:
        raise refuse(stop("drift-book-unknown"))
    let(home, link, ctx)
    if row.item_id and link:
        raise refuse(stop("drift-book-of-stock"))
    models.Book.objects.filter(id=row.id).update(
        removed_on=clock.business_date(ctx.occurred_at), at=None, item=None, why=why.strip()[:120]
    )
    if row.item_id:
        set_item_status(item=row.item_id, status="available", why="漂流结束", ctx=ctx)
    record(
        REMOVED,
        ctx=ctx,
        library=row.library,
        place=home.place,
        subject=row.id,
        data={"why": why.strip()[:120]},
    )
