"""Keeping the index in step with the ledger, and making it anew from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.apps.search.documents import TitleDocument
from shuxiang.apps.search.following import following
from shuxiang.apps.search.queries import at, index
from shuxiang.apps.stock import queries as stock
from shuxiang.runtime import worker
from shuxiang.runtime.worker import Batch

__all__ = ["CONSUMER", "following", "handle", "position", "rebuild"]

CONSUMER = "search"
AT_ONCE = 500


def position() -> int:
    """The ledger number the index has reached; 0 when there is none."""
    found = index()
    return found.position if found.is_built else 0


def handle(batch: Batch) -> None:
    """Bring the titles that events are about up to date; the worker's handler.

    What the index has reached stands in the index itself, committed with the titles: a batch it has
    seen is harmless, and a gap (an older index put back) is filled from the ledger.
    """
    found = index()
    if not found.is_built:
        rebuild()
        return
    position = found.position
    if batch.last < position and worker.events_after(position - 1, 1) is None:
        # An older database was put back: what the index knows beyond it never happened.
        rebuild()
        return
    while batch.first > position + 1:
        missed = worker.events_after(position, worker.DELIVER_AT_ONCE)
        if missed is None or missed.first >= batch.first:
            break
        _apply(missed)
        position = missed.last
    if batch.last > position:
        _apply(batch)


def _apply(batch: Batch) -> None:
    titles = list(dict.fromkeys(e.title for _, e in batch.events if e.title))
    with index().writing() as writer:
        for start in range(0, len(titles), AT_ONCE):
            wanted = titles[start : start + AT_ONCE]
            known = set()
            for document in _documents(wanted, batch.last):
                writer.put(document)
                known.add(document.title_id)
            for gone in wanted:
                if gone not in known:
                    writer.remove(gone)
        writer.commit(batch.last)


def rebuild(progress: Callable[[int], None] | None = None) -> int:
    """Make the index anew beside the old one, then swap; returns the number of titles."""
    position = worker.number_all()
    return index().rebuild(_everything(position), position, progress)


def _everything(position: int) -> Iterator[TitleDocument]:
    # What an import adds meanwhile comes with its own events.
    newest, last = catalog.newest_title_id(), ""
    while last < newest and (ids := catalog.title_ids_after(last, AT_ONCE)):
        yield from _documents((i for i in ids if i <= newest), position)
        last = ids[-1]


def _documents(ids: Iterable[str], position: int) -> Iterator[TitleDocument]:
    wanted = list(ids)
    records = catalog.documents(wanted)
    items = stock.items_of(records)
    out = circulation.due_by_item([i.id for held in items.values() for i in held])
    loans = circulation.loans_by_title(records)
    above = {p.id: tuple(a.id for a in places.ancestors(p)) for p in places.all_places()}
    for id_, record in records.items():
        held = items.get(id_, ())
        free = [i for i in held if i.status == "available" and i.lendable and i.id not in out]
        yield TitleDocument(
            title_id=id_,
            title=record.title,
            other_titles=record.other_titles,
            authors=record.authors,
            responsibility=record.responsibility,
            publisher=record.publisher,
            series=record.series,
            subjects=record.subjects,
            keywords=record.keywords,
            abstract=record.abstract,
            contents=record.contents,
            isbns=record.isbns,
            issn=record.issn,
            unified_number=record.unified_number,
            barcodes=tuple(i.barcode for i in held),
            call_numbers=tuple(dict.fromkeys(i.call_number for i in held if i.call_number)),
            clc_classes=record.clc_classes,
            main_class=record.main_class,
            year=record.year,
            kind=record.kind,
            language=record.language,
            audience=record.audience,
            places=_with_above((i.holder for i in held), above),
            available_places=_with_above((i.holder for i in free), above),
            loans=loans.get(id_, 0),
            accessioned_on=max((i.accessioned_on for i in held if i.accessioned_on), default=None),
            pinyin_title=record.pinyin_title,
            version=position,
        )


def _with_above(holders: Iterable[str], above: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What a place filter may name: the places themselves (`at`), and each with all above it."""
    return tuple(dict.fromkeys(p for h in holders for p in (at(h), *above.get(h, (h,)))))
