"""Keeping the index in step with the ledger, and making it anew from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.apps.search import models, queries, variants
from shuxiang.apps.search.documents import TitleDocument
from shuxiang.apps.search.engine import IndexUnreadable
from shuxiang.apps.search.following import following
from shuxiang.apps.search.queries import CONSUMER, at, index
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.ledger import sequence
from shuxiang.runtime import sql, worker
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump
from shuxiang.runtime.worker import Batch

__all__ = ["CONSUMER", "following", "handle", "keep", "position", "rebuild", "set_variant"]

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
    if keep():
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


@dataclass(slots=True)
class _Read:
    """Titles read further than the batch they were read for: every event up to the number beside
    them is in what was indexed. Holds for an index nobody else has written since."""

    position: int = -1
    titles: dict[str, int] = field(default_factory=dict)

    def wanted(self, batch: Batch, position: int) -> list[str]:
        """The titles of a batch that the index, which has reached ``position``, lacks."""
        if position != self.position:
            self.titles.clear()
        known = self.titles
        return [title for title, seq in batch.titles if seq > known.get(title, 0)]

    def took(self, titles: Iterable[str], head: int, position: int) -> None:
        """Titles were read after event ``head`` and indexed; the index has reached ``position``."""
        self.position = position
        kept = {title: seq for title, seq in self.titles.items() if seq > position}
        self.titles = kept | dict.fromkeys(titles, head) if head > position else kept


_read = _Read()


def _apply(batch: Batch) -> None:
    with index().writing() as writer:
        # What is numbered has been committed, so whatever is read from here on contains it.
        head = max(sequence.head(sql)[0], batch.last)
        titles = _read.wanted(batch, writer.position)
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
    _read.took(titles, head, batch.last)


def keep() -> bool:
    """See that there is an index this program can read, making it anew where there is none (deleted,
    damaged, or of another version of the program); returns whether it had to.

    Raises LockTimeout while another process is at it.
    """
    found = index()
    try:
        if found.is_built and found.position >= 0:
            return False
    except IndexUnreadable:
        rebuild()
        return True
    rebuild(only_if_missing=True)
    return True


def rebuild(progress: Callable[[int], None] | None = None, *, only_if_missing: bool = False) -> int:
    """Make the index anew beside the old one, then swap; returns the number of titles."""
    position = worker.number_all()
    return index().rebuild(
        _everything(position), position, progress, only_if_missing=only_if_missing
    )


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
    out = circulation.not_free_now(i.id for held in items.values() for i in held)
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


VARIANT_KIND = "spelling-variant"
"""What the change log calls a row of spellings."""


@command("search.set_variant")
def set_variant(*, spellings: tuple[str, ...], active: bool, ctx: Context) -> tuple[str, ...]:
    """Add spellings of one word (异形词), or with ``active`` False leave a row out of use, a shipped
    one too; returns the row as kept. By who may edit them for the whole network."""
    require(ctx, "catalog.edit_variants", places.top().id)
    row = variants.row(spellings)
    reasons = []
    if not 2 <= len(row) <= variants.MOST_SPELLINGS:
        reasons.append(stop("variant-count-invalid", least=2, most=variants.MOST_SPELLINGS))
    if any(len(one) > variants.LONGEST_SPELLING for one in row):
        reasons.append(stop("text-too-long", field="variant", most=variants.LONGEST_SPELLING))
    if reasons:
        raise refuse(*reasons)
    before = row in queries.spelling_variants()
    text = " ".join(row)
    models.Variant.objects.update_or_create(spellings=text, defaults={"active": active})
    bump(queries.VARIANTS)
    changed(ctx, VARIANT_KIND, text, text, {"active": before}, {"active": active})
    return row
