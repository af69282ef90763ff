"""New books: title, copies, call number and barcodes in one act."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import numbers
from shuxiang.apps.catalog.commands.asking import answered
from shuxiang.apps.catalog.queries import Series, ShortRecord
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries, rules
from shuxiang.apps.stock.commands import labels
from shuxiang.apps.stock.commands.barcodes import next_barcodes
from shuxiang.apps.stock.commands.items import add_item
from shuxiang.apps.stock.commands.typed import note_number
from shuxiang.formats.clc import main_class, normalise_class
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, ask, refuse, stop
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import command

NEW, REUSE, TYPED, NONE = "new", "reuse", "typed", "none"
GAP, AUTHOR = "gap", "author"
NO_AUXILIARY = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelving:
    """How a copy gets its call number.

    ``how``: ``new`` takes the next number of the class, ``reuse`` the one of the title
    ``reuse_of`` (another copy, edition or volume), ``gap`` the lowest free number of the class,
    ``author`` the author number of the imported table, ``typed`` the one in ``book_number``, ``none``
    leaves it for later. ``class_number`` '' is the title's own; ``auxiliary`` '' is what the library's
    signs make of volume and edition, ``-`` none.
    """

    how: str = NEW
    class_number: str = ""
    book_number: str = ""
    reuse_of: str = ""
    auxiliary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The copies to add: where they stand and what they cost. ``price_fen`` in 分, 0 for a gift
    without a price. ``barcodes`` are those scanned; what is missing up to ``count`` is given out
    from the library's series; ``holder`` as in `add_item`."""

    place: str
    category: str
    source: str
    price_fen: int | None
    location: str | None = None
    count: int = 1
    barcodes: tuple[str, ...] = ()
    volume: str = ""
    accession_number: str = ""
    status: str = "available"
    holder: str | None = None
    shelving: Shelving = Shelving()


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What was added: the title (``new``: it was not there), its copies as (id, barcode)."""

    title: str
    new: bool
    call_number: str
    items: tuple[tuple[str, str], ...]


@command("stock.add_book", permission="stock.edit")
def add_book(
    *, title: str = "", record: ShortRecord | None = None, copies: Copies, ctx: Context
) -> Added:
    """Add copies of the title that is there, or of the one described by ``record`` (row A4). Their
    labels wait to be printed.

    Raises Refused: title-unknown, price-missing, source-unknown, copies-number, barcode-repeated,
    barcode-series-off, barcode-series-full, class-missing, class-unknown, book-number-missing,
    number-to-reuse-missing, number-no-gap, author-number-missing and what `add_item` and `add_short_title` say. These ask: number-known
    (a new number although the title has one), number-of-work (or another edition or volume),
    number-in-use (a typed one that another title has).
    """
    reasons = _copy_reasons(copies)
    barcodes: tuple[str, ...] = tuple(filter(None, map(scanned, copies.barcodes)))
    seen: set[str] = set()
    for code in barcodes:
        if code in seen:
            reasons.append(stop("barcode-repeated", barcode=code))
        seen.add(code)
    reasons += _taken(copies.place, barcodes)
    new = not title
    if reasons:
        # Every reason at once: those of the record too, though it is not written yet.
        raise refuse(*reasons, *(titles.new_title_reasons(record) if record and new else ()))
    count = max(copies.count, len(barcodes))
    if count > len(barcodes):
        barcodes += next_barcodes(copies.place, count - len(barcodes))
    if record is not None and new:
        title = titles.add_short_title(record=record, ctx=ctx)
    call_number = call_number_for(
        title, copies.place, copies.category, copies.location, copies.shelving, ctx, copies.volume
    )
    added = []
    for code in barcodes:
        id_ = add_item(
            title=title,
            barcode=code,
            owner=copies.place,
            category=copies.category,
            location=copies.location,
            call_number=call_number,
            accession_number=copies.accession_number if count == 1 else "",
            volume=copies.volume,
            price_fen=copies.price_fen,
            source=copies.source,
            status=copies.status,
            holder=copies.holder,
            ctx=ctx,
        )
        labels.queue(id_, ctx)
        added.append((id_, code))
    return Added(title=title, new=new, call_number=call_number, items=tuple(added))


def _copy_reasons(copies: Copies) -> list[Reason]:
    reasons: list[Reason] = []
    if copies.price_fen is None or copies.price_fen < 0:
        reasons.append(stop("price-missing"))
    if copies.source not in rules.NEW_SOURCES:
        reasons.append(stop("source-unknown", source=copies.source))
    most = rules.MOST_COPIES
    if not 1 <= max(copies.count, len(copies.barcodes)) <= most:
        reasons.append(stop("copies-number", most=most))
    return reasons


def _taken(place: str, barcodes: tuple[str, ...]) -> list[Reason]:
    try:
        library = places.place(place).library
    except places.UnknownPlace:
        return [stop("place-unknown", code=place)]
    known = {
        i.barcode for code in barcodes for i in queries.scanned_items(code) if i.library == library
    }
    return [stop("barcode-taken", barcode=code) for code in barcodes if code in known]


def call_number_for(
    title: str,
    place: str,
    category: str,
    location: str | None,
    shelving: Shelving,
    ctx: Context,
    volume: str = "",
) -> str:
    """The call number of a copy, given and noted in this transaction. See `add_book` for what is
    refused and asked."""
    found = catalog.title(title)
    if found is None:
        raise refuse(stop("title-unknown"))
    if shelving.how == NONE:
        return ""
    series = queries.series_at(place, category, location)
    if shelving.how == REUSE:
        number = queries.number_of_title(shelving.reuse_of, series)
        if number is None:
            raise refuse(stop("number-to-reuse-missing"))
        class_number, book_number = number
    else:
        class_number = normalise_class(shelving.class_number or found.clc)
        if not class_number:
            raise refuse(stop("class-missing"))
        if not main_class(class_number):
            raise refuse(stop("class-unknown", number=class_number))
        if shelving.how == TYPED:
            book_number = _typed(title, series, class_number, shelving.book_number, ctx)
        elif shelving.how == AUTHOR:
            by_author = queries.author_number_of(found, place)
            if not by_author:
                raise refuse(stop("author-number-missing", name=found.author))
            book_number = _typed(title, series, class_number, by_author, ctx)
        elif shelving.how == GAP:
            book_number = _gap(series, class_number)
        else:
            book_number = _new(title, series, class_number, ctx)
    numbers.assign(title, series, class_number=class_number, book_number=book_number, ctx=ctx)
    sign = shelving.auxiliary.strip() or queries.auxiliary_of(found, place, volume)
    return f"{class_number}/{book_number}{'' if sign == NO_AUXILIARY else sign}"


def _gap(series: Series, class_number: str) -> str:
    number = numbers.take_gap(
        series,
        class_number,
        free=lambda: next(iter(queries.class_numbers(series, class_number, listed=1).gaps), None),
        highest=lambda: queries.highest_number(series, class_number),
    )
    if number is None:
        raise refuse(stop("number-no-gap", number=class_number))
    return str(number)


def _new(title: str, series: Series, class_number: str, ctx: Context) -> str:
    for known in queries.proposals(series, title=title)[:1]:
        number = known.call_number
        question = (
            ask("number-known", number=number)
            if known.same
            else ask("number-of-work", number=number, title=known.title_text)
        )
        answered([question], ctx)
    return str(
        numbers.take(
            series,
            class_number,
            highest=lambda: queries.highest_number(series, class_number),
            in_use=lambda n: bool(queries.titles_with(series, class_number, str(n))),
        )
    )


def _typed(title: str, series: Series, class_number: str, typed: str, ctx: Context) -> str:
    book_number = scanned(typed).strip("/")[:20]
    if not book_number:
        raise refuse(stop("book-number-missing"))
    note_number(series, class_number, book_number)
    others = set(queries.titles_with(series, class_number, book_number))
    others |= set(catalog.numbered_titles(series, class_number).get(book_number, ()))
    others.discard(title)
    reasons = []
    if others:
        other = catalog.title(min(others))
        text = other.full_title if other else ""
        number = f"{class_number}/{book_number}"
        reasons.append(ask("number-in-use", number=number, title=text))
    answered(reasons, ctx)
    return book_number
