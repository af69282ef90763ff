"""Taking an import back (A6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stock.commands.import_marc import undoing
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, Refused, stop
from shuxiang.ledger import sequence
from shuxiang.ledger.models import Event
from shuxiang.runtime import guards, sql
from shuxiang.runtime.worker import number_all
from tests.apps.stock.marc_files import iso2709, record, stocked
from tests.conftest import Unchanged
from tests.support.library import Contexts, Library

Imported = Callable[..., str]


def totals() -> tuple[int, int, int]:
    """Items added less taken back, their price, titles: as the ledger has them."""
    row = sql.one(
        "SELECT COALESCE(SUM(CASE WHEN type LIKE 'item.%' THEN quantity END), 0), "
        "COALESCE(SUM(amount), 0), COALESCE(SUM(CASE WHEN type LIKE 'title.%' THEN quantity END), 0) "
        "FROM ledger_event"
    )
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def test_undo_reverses_every_row(
    imported: Imported, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A6: in chunks; the ledger comes back to nothing, the chain holds, the quarantine stays."""
    monkeypatch.setattr(undoing, "TITLES_AT_ONCE", 4)
    kept = imported(iso2709([stocked(100)]), name="kept.iso")
    number = imported(iso2709([stocked(n, copies=2) for n in range(1, 10)]) + b"broken" * 9)
    assert totals() == (19, 19 * 4900, 10)
    importing.undo_import(number, ctx=ctx())
    batch = catalog.batch(number)
    assert batch is not None
    assert (batch.status, batch.titles, batch.items, batch.quarantined) == ("undone", 9, 18, 1)
    assert len(catalog.quarantined(number)) == 1
    assert totals() == (1, 4900, 1)
    assert (catalog.count(), stock.held_titles()) == (1, 1)
    assert stock.items_by_barcode("0000010") == ()
    reversal = Event.objects.filter(type="item.unaccessioned").first()
    assert reversal is not None
    original = Event.objects.get(id=reversal.reverses)
    assert (original.type, original.item, original.title) == (
        "item.accessioned",
        reversal.item,
        reversal.title,
    )
    assert (reversal.quantity, reversal.item_seq, reversal.item_category) == (-1, 2, "book")
    assert reversal.owner_place == original.owner_place
    number_all()
    assert sequence.verify(sql) is None
    assert catalog.batch(kept).status == "done"  # type: ignore[union-attr]


def test_after_undo_the_file_can_be_imported_again(imported: Imported, ctx: Contexts) -> None:
    data = iso2709([stocked(1)])
    first = imported(data)
    importing.undo_import(first, ctx=ctx())
    second = imported(data)
    assert (first, second) == ("20200610-1", "20200610-2")
    assert len(stock.items_by_barcode("0000010")) == 1
    with pytest.raises(Refused) as refused:
        importing.undo_import(first, ctx=ctx())
    assert refused.value.decision.codes == ("import-undone",)


def test_undo_is_refused_with_what_happened_since(
    imported: Imported, library: Library, ctx: Contexts, unchanged: Callable[[], object]
) -> None:
    """A6: a changed item, an item added by hand, an edited title: each is named, nothing changes."""
    number = imported(iso2709([stocked(n) for n in range(1, 5)]))
    (used,) = stock.items_by_barcode("0000010")
    (second,) = stock.items_by_barcode("0000020")
    (third,) = stock.items_by_barcode("0000030")
    items.set_item_status(item=used.id, status="damaged", ctx=ctx())
    items.add_item(
        title=second.title, barcode="HAND1", owner=library.main, category="book", ctx=ctx()
    )
    titles.replace_record(title=third.title, data=iso2709([record(30)]), ctx=ctx())
    with unchanged(), pytest.raises(Refused) as refused:  # type: ignore[attr-defined]
        importing.undo_import(number, ctx=ctx())
    assert refused.value.decision.reasons == (
        stop("item-used-since", barcode="0000010", status="damaged", title="西游记1"),
        stop("item-added-since", barcode="HAND1", title="三国演义2"),
        stop("title-edited-since", title="镜花缘30"),
    )


def test_undo_asks_the_guards(
    imported: Imported, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = imported(iso2709([stocked(1), stocked(2)]))
    (item,) = stock.items_by_barcode("0000020")

    def guard(*, ctx: Context, item: str) -> tuple[Reason, ...]:
        return (stop("item-on-loan", due="2020-07-10"),) if item == wanted else ()

    wanted = item.id
    monkeypatch.setitem(guards._guards, "stock.unaccession", [guard])
    with pytest.raises(Refused) as refused:
        importing.undo_import(number, ctx=ctx())
    assert refused.value.decision.codes == ("item-on-loan",)
    assert catalog.batch(number).status == "done"  # type: ignore[union-attr]


def test_undo_of_nothing(library: Library, ctx: Contexts) -> None:
    with pytest.raises(Refused) as refused:
        importing.undo_import("20200101-1", ctx=ctx())
    assert refused.value.decision.codes == ("import-unknown",)


def test_an_interrupted_undo_goes_on(
    imported: Imported, ctx: Contexts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(undoing, "TITLES_AT_ONCE", 2)
    data = iso2709([stocked(n) for n in range(1, 6)])
    number = imported(data)

    def stop_here(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.undo_import(number, ctx=ctx(), progress=stop_here)
    assert catalog.count() == 3
    with pytest.raises(Refused) as refused:
        imported(data)
    assert refused.value.decision.codes == ("import-being-undone",)
    importing.undo_import(number, ctx=ctx())
    assert (catalog.count(), totals()) == (0, (0, 0, 0))


def test_i18_an_import_is_undone_only_by_who_may_import_where_it_was(
    imported: Imported, library: Library, ctx: Contexts, unchanged: Unchanged
) -> None:
    number = imported(iso2709([stocked(1)]))
    staff.grant(account=library.staff["branch"], role="cataloguer", place=library.east, ctx=ctx())
    with unchanged(), pytest.raises(Refused) as told:
        importing.undo_import(number, ctx=ctx("branch", place=library.east))
    assert told.value.decision.codes == ("not-permitted",)
