"""Holdings from a spreadsheet: titles, items, what is set aside, undo, resuming (X4, F11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import SheetOptions
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import import_sheet as importing
from shuxiang.apps.stock.commands import items
from shuxiang.formats.marc import Bibliographic
from shuxiang.formats.marc.bibliographic.model import BookNumber
from shuxiang.formats.sheets import SheetMap
from shuxiang.kernel.decision import Reason, Refused, stop
from shuxiang.ledger.models import Event
from shuxiang.runtime import sql
from shuxiang.statistics import imports
from shuxiang.statistics.invariants import check
from tests.apps.stock.sheet_files import HOLDINGS, holding, xlsx
from tests.support.library import Contexts, Library

Listed = Callable[..., catalog.BatchView]


@pytest.fixture
def listed(library: Library, ctx: Contexts, tmp_path: Path) -> Listed:
    """``listed(rows)``: import a list to the main library; returns its batch."""

    def do(
        rows: list[list[Any]],
        *,
        name: str = "a.xlsx",
        headings: Sequence[str] = HOLDINGS,
        **given: Any,
    ) -> catalog.BatchView:
        above = [["源城区图书馆馆藏清单"], []]
        path = xlsx(tmp_path / name, rows, headings=headings, above=above)
        number = importing.run(
            path, SheetOptions(place=library.main, **given), ctx=ctx("cataloguer")
        )
        found = catalog.batch(number)
        assert found is not None
        return found

    return do


def aside(batch: catalog.BatchView) -> list[tuple[int, str, str]]:
    return [(r.position, r.reason, r.barcode) for r in catalog.quarantined(batch.number)]


def sound() -> None:
    """Every invariant but the durability, which tests run without."""
    assert [c for c in check() if not c.ok and c.id != "9"] == []


def test_rows_become_titles_and_items(listed: Listed, library: Library) -> None:
    batch = listed(
        [
            holding("00012345"),
            holding("00012346", 入藏日期="2020年1月3日", 来源="捐赠", 单价="￥25.5"),
            holding(
                12347, 入藏日期=date(2020, 3, 1), 单价=23, 所属馆="东区分馆", 馆藏地点="少儿室"
            ),
            holding(
                "00012348", 题名="红楼梦", ISBN="", 责任者="曹雪芹著", 单价="", 索书号="I242.4/1"
            ),
        ]
    )
    assert (batch.records, batch.titles, batch.items, batch.quarantined) == (4, 2, 4, 0)
    first, second, third, fourth = (
        stock.items_by_barcode(code)[0] for code in ("00012345", "00012346", "12347", "00012348")
    )
    assert first.title == second.title == third.title != fourth.title
    assert (first.status, first.price_fen, first.source, first.accessioned_on) == (
        "available", 2300, "legacy", None,
    )  # fmt: skip
    assert (second.price_fen, second.source, second.accessioned_on) == (
        2550,
        "gift",
        date(2020, 1, 3),
    )
    assert (third.owner, third.holder, third.location_name, third.category, third.source) == (
        library.east, library.east, "少儿室", "child", "purchase",
    )  # fmt: skip
    title = catalog.title(first.title)
    assert title is not None
    assert (title.title, title.responsibility, title.isbn, title.main_class) == (
        "三体", "刘慈欣著", "9787536692930", "I",
    )  # fmt: skip
    record = catalog.bibliographic(first.title)
    assert record is not None
    assert (record.title, record.clc, record.isbns[0].isbn13) == (
        "三体", ("I247.55",), "9787536692930",
    )  # fmt: skip
    control = batch.control
    assert control["items_by_place"] == {library.main: 3, library.east: 1}
    assert control["price_by_place"] == {library.main: 4850, library.east: 2300}
    assert (control["price_fen"], control["unpriced"], control["warnings"]) == (7150, 1, {})
    found = imports.agreement(batch)
    assert (found.holds, found.in_ledger, found.ledger_price_fen) == (True, 4, 7150)
    sound()


def test_only_an_accession_date_makes_an_item_new(listed: Listed) -> None:
    """Legacy stock never counts as new; a date counts in its own year, whenever it is imported."""
    listed(
        [
            holding("1", 来源="购买"),
            holding("2", 入藏日期="2018/5/6"),
            holding("3", 入藏日期="昨天"),
            holding("4", 入藏日期="2030-01-01"),
        ]
    )
    rows = Event.objects.filter(type="item.accessioned").order_by("item")
    dated = {(str(e.business_date), e.source) for e in rows}
    assert dated == {("2020-06-10", "legacy"), ("2018-05-06", "purchase")}
    assert [e.source for e in rows].count("legacy") == 3


def test_a_number_eaten_by_the_spreadsheet_is_never_guessed(listed: Listed) -> None:
    """1.23E+13, 16 digits as a number, a formula, a date, an empty cell: each set aside with why."""
    batch = listed(
        [
            holding("1.23E+13"),
            holding(1234567890123456),
            holding(12345700000000),
            holding("=A1"),
            holding(date(2020, 1, 3)),
            holding(""),
            holding("条码不清"),
            holding("12345.0"),
            holding("１２３４６"),
        ]
    )
    assert aside(batch) == [
        (4, "code_eaten", "1.23E+13"),
        (5, "code_eaten", "1234567890123456"),
        (6, "code_eaten", "12345700000000"),
        (7, "code_formula", "="),
        (8, "code_eaten", "2020-01-03"),
        (9, "code_missing", ""),
        (10, "code_fraction", "条码不清"),
    ]
    assert [len(stock.items_by_barcode(c)) for c in ("12345", "12346")] == [1, 1]
    assert batch.control["warnings"] == {"code_decimal": 1}


def test_lost_leading_zeros_are_warned_about(listed: Listed) -> None:
    batch = listed([*(holding(f"000123{n:02d}") for n in range(20)), holding("12399")])
    assert batch.control["warnings"] == {"code_short": 1}
    assert batch.items == 21


def test_duplicates_inside_the_file_and_between_branches(
    listed: Listed, library: Library, ctx: Contexts
) -> None:
    listed([holding("1")], name="first.xlsx")
    batch = listed(
        [holding("1", 所属馆="东区分馆", 馆藏地点=""), holding("2"), holding("2", 题名="另一本")]
    )
    assert aside(batch) == [(4, "barcode-taken", "1"), (6, "barcode-duplicate-in-file", "2")]
    assert (batch.items, batch.titles) == (1, 0)


def test_unknown_places_are_set_aside_and_can_be_mapped(listed: Listed, library: Library) -> None:
    rows = [
        holding("1", 所属馆="老馆"),
        holding("2", 馆藏地点="三楼"),
        holding("3", 所属馆="main ", 馆藏地点="A1"),
        holding("4", 状态="奇怪", 单价="三十元"),
    ]
    batch = listed(rows)
    assert aside(batch) == [(4, "place_unknown", "1"), (5, "location_unknown", "2")]
    found = catalog.quarantined(batch.number)[0]
    assert sheets.cells_of(batch, found)[:2] == ["1", "三体"]
    note = sheets.unsaid(found.detail)
    assert note is not None
    assert note.message == "There is no place “老馆”; map it to one of the library's."
    fourth = stock.items_by_barcode("4")[0]
    assert (fourth.status, fourth.price_fen) == ("blocked", None)
    assert batch.control["warnings"] == {"status_unknown": 1, "price_unread": 1}
    how = SheetMap.from_dict(
        batch.profile
        | {"values": {"library": {"老馆": "east"}, "location": {"一楼": "-", "三楼": "A1"}}}
    )
    again = listed(rows[:2], name="b.xlsx", map=how)
    assert (again.items, again.quarantined) == (2, 0)
    assert (stock.items_by_barcode("1")[0].owner, stock.items_by_barcode("2")[0].location_name) == (
        library.east, "一楼",
    )  # fmt: skip
    assert catalog.newest_profile("holdings", again.profile["headings"]) == again.profile


def test_the_main_library_may_be_called_so(listed: Listed, library: Library) -> None:
    """Lists say 总馆 or 本馆 for it, whatever its name; with two main libraries that would be a guess."""
    listed([holding("1", 所属馆="本馆")])
    assert stock.items_by_barcode("1")[0].owner == library.main


def test_an_item_of_one_library_that_stands_in_another(listed: Listed, library: Library) -> None:
    """Interlib's own columns: orglib and orglocal where it belongs, curlib and curlocal where it is."""
    headings = ("barcode", "题名", "orglib", "orglocal", "curlib", "curlocal")
    batch = listed(
        [
            ["1", "三体", "main ", "A1", "east ", "少儿室"],
            ["2", "三体", "main ", "一楼", "east ", ""],
            ["3", "三体", "main ", "", "", "一楼"],
            ["4", "三体", "main ", "一楼", "east ", "三楼"],
        ],
        headings=headings,
    )
    assert aside(batch) == [(7, "location_unknown", "4")]
    assert batch.control["warnings"] == {"location_left": 1}
    at = {
        code: (item.owner, item.holder, item.location_name)
        for code in "123"
        for item in stock.items_by_barcode(code)
    }
    assert at == {
        "1": (library.main, library.east, "少儿室"),
        "2": (library.main, library.east, ""),
        "3": (library.main, library.main, "一楼"),
    }


def test_a_text_that_is_a_formula_without_a_result_is_left_out(listed: Listed) -> None:
    """As the title it sets the row aside; elsewhere the text is missed and said."""
    batch = listed([holding("1", 题名="=A1"), holding("2", 责任者="=A1&B1")])
    assert aside(batch) == [(4, "title_missing", "1")]
    assert batch.control["warnings"] == {"text_lost": 1}
    title = catalog.title(stock.items_by_barcode("2")[0].title)
    assert title is not None
    assert (title.title, title.responsibility) == ("三体", "")


def test_states_of_the_old_system(listed: Listed) -> None:
    """Codes or names; what had left is set aside, what was on loan is kept to be reconciled."""
    batch = listed(
        [
            holding("1", 状态="2"), holding("2", 状态="借出"), holding("3", 状态="丢失"),
            holding("4", 状态="剔除"), holding("5", 状态="查找中"), holding("6", 状态="编目"),
            holding("7", 状态="锁定"),
        ]
    )  # fmt: skip
    states = [stock.items_by_barcode(str(n))[0].status for n in (1, 2, 3, 5, 6, 7)]
    assert states == ["available", "available", "lost", "missing", "in_processing", "blocked"]
    assert aside(batch) == [(7, "gone_before", "4")]
    assert batch.control["on_loan_before"] == 1
    claims = catalog.quarantined(batch.number, kind="claim")
    assert [(c.barcode, c.reason) for c in claims] == [("2", "on_loan_before")]
    assert [u.barcode for u in imports.unreconciled()] == ["2"]


def test_items_join_a_title_of_the_catalogue(listed: Listed, ctx: Contexts) -> None:
    """ISBN, title and volume are the same: no second title; another volume is one."""
    known = titles.add_title(
        bibliographic=Bibliographic(
            format="cnmarc", title="三 体", isbns=(BookNumber("7-5366-9293-0", "9787536692930"),)
        ),
        ctx=ctx("cataloguer"),
    )
    batch = listed([holding("1"), holding("2", 题名="三体Ⅱ")])
    assert batch.titles == 1
    assert stock.items_by_barcode("1")[0].title == known
    assert stock.items_by_barcode("2")[0].title != known


def test_the_same_file_twice_changes_nothing(
    listed: Listed, unchanged: Callable[[], Any], library: Library, ctx: Contexts, tmp_path: Path
) -> None:
    """F11: the file is known by its hash."""
    batch = listed([holding("1"), holding("2")])
    with unchanged(), pytest.raises(Refused) as refused:
        importing.run(tmp_path / "a.xlsx", SheetOptions(place=library.main), ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("import-known",)
    assert refused.value.decision.reasons[0].data["number"] == batch.number


def test_looking_writes_nothing(
    unchanged: Callable[[], Any], library: Library, ctx: Contexts, tmp_path: Path
) -> None:
    path = xlsx(tmp_path / "a.xlsx", [holding(str(n)) for n in range(30)] + [holding("1.2E+9")])
    with unchanged():
        seen = importing.preview(path, SheetOptions(place=library.main), ctx=ctx("cataloguer"))
    assert len(seen.rows) == 20
    assert (seen.survey.rows, seen.unknown) == (31, {})
    assert seen.rows[0].values["price"] == "23.00"
    assert seen.meanings["status"] == (("在馆", 31, "available"),)


def test_a_file_without_the_columns_or_the_right_is_refused(
    library: Library, ctx: Contexts, tmp_path: Path, unchanged: Callable[[], Any]
) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["三体", "x"]], headings=("题名", "责任者"))
    whole = xlsx(tmp_path / "b.xlsx", [holding("1")])
    with unchanged():
        for file, role, code in (
            (path, "cataloguer", "columns-missing"),
            (whole, "desk", "not-permitted"),
            (tmp_path / "none.xlsx", "cataloguer", "import-file-missing"),
            (tmp_path, "cataloguer", "import-file-folder"),
        ):
            with pytest.raises(Refused) as refused:
                importing.run(file, SheetOptions(place=library.main), ctx=ctx(role))
            assert refused.value.decision.codes == (code,)


def test_an_import_that_was_stopped_goes_on(
    library: Library, ctx: Contexts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are written in chunks; the second run does only what is left."""
    monkeypatch.setattr(sheets.flow, "CHUNK_ROWS", 3)
    path = xlsx(tmp_path / "a.xlsx", [holding(f"{n:04d}") for n in range(10)])
    options = SheetOptions(place=library.main)

    def stop_after_six(done: int, total: int, rows: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.run(path, options, ctx=ctx("cataloguer"), progress=stop_after_six)
    assert sql.one("SELECT COUNT(*) FROM stock_item") == (6,)
    number = importing.run(path, options, ctx=ctx("cataloguer"))
    batch = catalog.batch(number)
    assert batch is not None
    assert (batch.items, batch.titles, batch.records, batch.offset, batch.status) == (
        10, 1, 10, 10, "done",
    )  # fmt: skip
    sound()


def test_an_import_is_taken_back(listed: Listed, ctx: Contexts) -> None:
    kept = listed([holding("100")], name="kept.xlsx")
    batch = listed([holding("1"), holding("2", 题名="红楼梦", ISBN="")])
    importing.undo_import(batch.number, ctx=ctx("cataloguer"))
    undone = catalog.batch(batch.number)
    assert undone is not None
    assert undone.status == "undone"
    assert stock.items_by_barcode("1") == stock.items_by_barcode("2") == ()
    assert (catalog.count(), len(stock.items_by_barcode("100"))) == (1, 1)
    assert imports.agreement(undone).holds
    assert imports.agreement(kept).holds
    sound()
    again = listed([holding("1")])
    assert again.items == 1


def test_undo_is_refused_for_rows_with_later_acts(
    listed: Listed, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    batch = listed([holding("1"), holding("2")])
    item = stock.items_by_barcode("2")[0]
    items.change_item(item=item.id, volume="上", ctx=ctx("cataloguer"))
    with unchanged(), pytest.raises(Refused) as refused:
        importing.undo_import(batch.number, ctx=ctx("cataloguer"))
    assert refused.value.decision.reasons == (
        stop("item-used-since", barcode="2", status="available", title="三体"),
    )
    assert isinstance(refused.value.decision.reasons[0], Reason)
