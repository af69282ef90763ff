"""Imports of ISO 2709 files with items (A2, A6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.runtime import sql
from tests.apps.stock.marc_files import holding, isbn, iso2709, record, stocked
from tests.formats.reference import reference
from tests.support.library import Contexts, Library

Imported = Callable[..., str]


def sheet_of(number: str) -> stock.ControlSheet:
    sheet = stock.control_sheet(number)
    assert sheet is not None
    return sheet


def test_a_record_becomes_title_item_and_ledger_rows(imported: Imported, library: Library) -> None:
    """A6: everything a record says, in one transaction with its ledger rows."""
    number = imported(iso2709([record(1, holding("A0001", book="7"))]))
    (found,) = stock.items_by_barcode("a0001")
    assert (found.call_number, found.category, found.status, found.price_fen) == (
        "I242.4/7",
        "book",
        "available",
        4900,
    )
    assert (found.owner, found.holder, found.source, found.accessioned_on, found.event_seq) == (
        library.main,
        library.main,
        "legacy",
        None,
        1,
    )
    title = catalog.title(found.title)
    assert title is not None
    assert (title.title, title.author, title.isbn, title.year, title.clc, title.main_class) == (
        "西游记1",
        "曹雪芹著",
        isbn(1),
        2008,
        "I242.4",
        "I",
    )
    assert title.extra.subjects == ("章回小说-中国-清代",)
    added, accessioned = Event.objects.order_by("number")
    assert (added.type, added.title, added.clc, added.quantity) == ("title.added", title.id, "I", 1)
    assert (accessioned.type, accessioned.item, accessioned.item_seq, accessioned.amount) == (
        "item.accessioned",
        found.id,
        1,
        4900,
    )
    assert (accessioned.item_category, accessioned.owner_place, accessioned.source) == (
        "book",
        library.main,
        "legacy",
    )
    assert accessioned.request == added.request
    assert sql.one("SELECT COUNT(*) FROM ledger_pending") == (2,)
    batch = catalog.batch(number)
    assert batch is not None
    assert (batch.number, batch.status, batch.records, batch.titles, batch.items) == (
        "20200610-1",
        "done",
        1,
        1,
        1,
    )


def test_accession_date_and_source_reach_item_and_ledger(imported: Imported) -> None:
    imported(iso2709([stocked(1)]), accessioned_on=date(2020, 5, 4), source="gift")
    (item,) = stock.items_by_barcode("0000010")
    assert (item.accessioned_on, item.source) == (date(2020, 5, 4), "gift")
    event = Event.objects.get(type="item.accessioned")
    assert (event.business_date, event.source) == (date(2020, 5, 4), "gift")


def test_accession_date_still_to_come_is_refused(imported: Imported) -> None:
    with pytest.raises(Refused) as refused:
        imported(iso2709([stocked(1)]), accessioned_on=date(2020, 6, 11))
    assert refused.value.decision.codes == ("accession-date-future",)
    assert catalog.batches() == ()


def test_items_go_where_their_location_says(imported: Imported, library: Library) -> None:
    """By a location of the place with the code of $c, by the mapping, else to the place itself."""
    held = (
        holding("B0001", location="a1"),
        holding("B0002", location="ET"),
        holding("B0003", location="?", owner="XQ"),
        holding("B0004", location="?"),
    )
    number = imported(iso2709([record(1, *held)]), mapping={"ET": "east/kids", "XQ": "west"})
    found = {b: stock.items_by_barcode(b)[0] for b in ("B0001", "B0002", "B0003", "B0004")}
    assert {b: (i.owner, i.location_name, i.category) for b, i in found.items()} == {
        "B0001": (library.main, "一楼", "book"),
        "B0002": (library.east, "少儿室", "child"),
        "B0003": (library.west, "", "book"),
        "B0004": (library.main, "", "book"),
    }
    assert sheet_of(number).items_by_place == {
        library.main: 2,
        library.east: 1,
        library.west: 1,
    }


@pytest.mark.parametrize(
    ("mapping", "code"),
    [({"X": "nowhere"}, "place-unknown"), ({"X": "east/attic"}, "location-unknown")],
)
def test_a_mapping_to_nowhere_is_refused(
    imported: Imported, mapping: dict[str, str], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        imported(iso2709([stocked(1)]), mapping=mapping)
    assert refused.value.decision.codes == (code,)
    assert catalog.batches() == ()


def test_duplicates_are_reported_never_renumbered(imported: Imported) -> None:
    """A6: the record of a duplicate barcode gets its title; its item is set aside with its field."""
    imported(iso2709([record(1, holding("0001"))]))
    data = iso2709(
        [
            record(2, holding("0001")),
            record(3, holding("0002")),
            record(4, holding("0002", "0003")),
            record(5, isbn13=isbn(1), title="西游记1"),
        ]
    )
    number = imported(data, name="second.iso")
    sheet = sheet_of(number)
    assert (sheet.batch.records, sheet.batch.titles, sheet.batch.items) == (4, 4, 2)
    assert sheet.taken == ((1, "0001"),)
    assert sheet.repeated == ((3, "0002"),)
    assert sheet.refused_items == 2
    assert sheet.batch.quarantined == 0
    assert (sheet.same_titles_in_database, sheet.same_titles_in_file) == (1, 0)
    assert sheet.same_titles == ((4, isbn(1), "西游记1"),)
    aside = catalog.quarantined(number)
    assert [(q.kind, q.reason, q.barcode, q.data) for q in aside] == [
        ("item", "barcode-taken", "0001", b"905   $aYC$b0001$dI242.4$e1"),
        ("item", "barcode-duplicate-in-file", "0002", b"905   $aYC$b0002$b0003$dI242.4$e1"),
    ]
    assert len(stock.items_by_barcode("0001")) == 1


def test_same_title_twice_in_a_file_is_counted(imported: Imported) -> None:
    twice = [record(1), record(2, isbn13=isbn(1), title="西游记1")]
    sheet = sheet_of(imported(iso2709(twice)))
    assert (sheet.same_titles_in_file, sheet.same_titles_in_database) == (1, 0)
    assert sheet.batch.titles == 2


def test_the_same_file_twice_changes_nothing(
    imported: Imported, unchanged: Callable[[], object]
) -> None:
    """F11: the second run says so and makes no change."""
    data = iso2709([stocked(n) for n in range(1, 4)])
    number = imported(data)
    with unchanged(), pytest.raises(Refused) as refused:  # type: ignore[attr-defined]
        imported(data, name="renamed.iso")
    (reason,) = refused.value.decision.reasons
    assert (reason.code, reason.data["number"]) == ("import-known", number)


def test_damaged_records_are_set_aside_with_their_bytes(imported: Imported) -> None:
    """F9: the import goes on behind them; offset and bytes are kept."""
    good = [iso2709([stocked(n)]) for n in (1, 2, 3)]
    no_directory = b"00080nam0 2200049   450 garbage without any terminator at all\x1d"
    cut = good[2][: len(good[2]) // 2]
    number = imported(good[0] + no_directory + b"\r\n" + good[1] + cut)
    batch = catalog.batch(number)
    assert batch is not None
    assert (batch.records, batch.titles, batch.items, batch.quarantined) == (4, 2, 2, 2)
    first, last = catalog.quarantined(number, kind="record")
    assert (first.position, first.offset, first.reason, first.data) == (
        2,
        len(good[0]),
        "no_directory",
        no_directory,
    )
    assert (last.position, last.reason, last.data) == (4, "truncated", cut)
    assert last.offset == len(good[0] + no_directory) + 2 + len(good[1])


def test_more_items_than_any_record_can_have(imported: Imported) -> None:
    ranges = [f"{start:08d}-{start + 999:08d}" for start in range(0, 6000, 1000)]
    number = imported(iso2709([record(1, holding(*ranges)), stocked(2)]))
    batch = catalog.batch(number)
    assert batch is not None
    assert (batch.titles, batch.items, batch.quarantined) == (1, 1, 1)
    assert catalog.quarantined(number)[0].reason == "too-many-items"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "import-file-empty"),
        (b"\r\n\r\n", "import-no-records"),
        (bytes(range(256)) * 400, "import-no-records"),
        ("一个文本文件，不是 MARC。".encode("gb18030") * 50, "import-no-records"),
    ],
    ids=["empty", "blank", "random", "text"],
)
def test_what_is_no_marc_file_is_refused(imported: Imported, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        imported(data)
    assert refused.value.decision.codes == (code,)
    assert catalog.batches() == ()


def test_no_file_and_a_folder(library: Library, ctx: Contexts, tmp_path: Path) -> None:
    for path, code in ((tmp_path, "import-file-folder"), (tmp_path / "x", "import-file-missing")):
        with pytest.raises(Refused) as refused:
            importing.run(path, importing.Options(place=library.main), ctx=ctx())
        assert refused.value.decision.codes == (code,)


def test_preview_writes_nothing(
    library: Library, tmp_path: Path, unchanged: Callable[[], object]
) -> None:
    """A6: the preview says what an import would make."""
    path = tmp_path / "books.iso"
    path.write_bytes(iso2709([stocked(n, copies=2) for n in range(1, 30)], "gb18030"))
    with unchanged():  # type: ignore[attr-defined]
        found = importing.preview(path, importing.Options(place=library.main))
    assert (found.file.charset, found.file.format, found.file.profile.tag) == (
        "gb18030",
        "cnmarc",
        "905",
    )
    assert len(found.records) == 20
    assert found.records[0].title == "西游记1"
    assert [item.barcode for item in found.records[0].items] == ["0000010", "0000011"]


def test_real_records_import_with_their_items(imported: Imported) -> None:
    """A2: the dialect of a real library (906, not 905) is found by itself."""
    number = imported(reference("real/cnmarc-gbk.iso"))
    batch = catalog.batch(number)
    assert batch is not None
    assert (batch.records, batch.titles, batch.quarantined, batch.charset) == (10, 10, 0, "gb18030")
    assert batch.items == sql.one("SELECT COUNT(*) FROM stock_item")[0]  # type: ignore[index]
    assert batch.items > 10
    assert [item.call_number for item in stock.items_by_barcode("1683011")] == ["F124/26"]


def test_chunks_are_whole_and_the_next_one_goes_on(
    imported: Imported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A6: an import that stops between two chunks goes on with the same call; nothing is double."""
    from shuxiang.apps.stock.marc import prepare

    monkeypatch.setattr(prepare, "CHUNK_RECORDS", 10)
    data = iso2709([stocked(n) for n in range(1, 46)], between=b"\r\n")
    whole = importing.import_chunk
    calls = 0

    def failing(**values: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return whole(**values)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "import_chunk", failing)
    with pytest.raises(KeyboardInterrupt):
        imported(data)
    (batch,) = catalog.batches()
    assert (batch.status, batch.records, batch.items) == ("running", 20, 20)
    assert 0 < batch.offset < len(data)
    monkeypatch.setattr(importing, "import_chunk", whole)
    assert imported(data) == batch.number
    (batch,) = catalog.batches()
    assert (batch.status, batch.records, batch.titles, batch.items) == ("done", 45, 45, 45)
    assert b"".join(view.data for view in catalog.sources()) == data.replace(b"\r\n", b"")
    assert sql.one("SELECT COUNT(*) FROM ledger_event WHERE type = 'item.accessioned'") == (45,)


def test_two_processes_at_one_file(
    imported: Imported, library: Library, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one stops as soon as the batch has moved on without it."""
    from dataclasses import replace as with_changes

    data = iso2709([stocked(n) for n in range(1, 4)])
    whole = importing.import_chunk

    def slow(**values: object) -> object:
        monkeypatch.setattr(importing, "import_chunk", whole)
        assert imported(data, name="again.iso") == "20200610-1"
        other = with_changes(values["ctx"], request_key="other")  # type: ignore[type-var]
        return whole(chunk=values["chunk"], ctx=other)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "import_chunk", slow)
    with pytest.raises(Refused) as refused:
        imported(data)
    assert refused.value.decision.codes == ("import-elsewhere",)
    assert sql.one("SELECT COUNT(*) FROM stock_item") == (3,)


def test_a_desk_clerk_may_not_import(library: Library, ctx: Contexts, tmp_path: Path) -> None:
    path = tmp_path / "books.iso"
    path.write_bytes(iso2709([stocked(1)]))
    with pytest.raises(Refused) as refused:
        importing.run(path, importing.Options(place=library.main), ctx=ctx("desk"))
    assert refused.value.decision.codes == ("not-permitted",)


def test_a_large_file_is_read_by_a_second_process(
    imported: Imported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows come out, in the same order, whoever reads the file."""
    from shuxiang.apps.stock.marc import feed

    monkeypatch.setattr(feed, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(feed.os, "cpu_count", lambda: 2)
    started = []
    popen = feed.subprocess.Popen

    def watched(*words: object, **options: object) -> object:
        started.append(popen(*words, **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(feed.subprocess, "Popen", watched)
    data = iso2709([stocked(n) for n in range(1, 1201)]) + b"broken\x1d"
    number = imported(data, mapping={"YC": "east/kids"})
    batch = catalog.batch(number)
    assert batch is not None
    assert (batch.titles, batch.items, batch.quarantined) == (1200, 1200, 1)
    assert b"".join(view.data for view in catalog.sources()) + b"broken\x1d" == data
    assert stock.items_by_barcode("0012000")[0].category == "child"
    assert [process.poll() is None for process in started] == [False]


def test_a_reading_process_that_dies_is_noticed(
    imported: Imported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written stays; the same call goes on."""
    from shuxiang.apps.stock.marc import feed

    monkeypatch.setattr(feed, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(feed.os, "cpu_count", lambda: 2)
    take, taken = feed._take, []

    def dying(stream: object) -> bytes:
        if len(taken) == 2:
            raise OSError("the process that reads the file ended too early")
        taken.append(stream)
        return take(stream)  # type: ignore[arg-type]

    monkeypatch.setattr(feed, "_take", dying)
    data = iso2709([stocked(n) for n in range(1, 1301)])
    with pytest.raises(OSError, match="ended too early"):
        imported(data)
    assert catalog.batches()[0].records == 1000
    monkeypatch.setattr(feed, "_take", take)
    imported(data)
    assert sql.one("SELECT COUNT(*) FROM stock_item") == (1300,)
