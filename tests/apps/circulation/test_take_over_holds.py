"""X4: holds and debts of another system: queues keep their order, what was owed is in the books, both
reconciled, agreed with the ledger and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import SheetOptions
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries
from shuxiang.apps.circulation.commands import take_over
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.fees import queries as money
from shuxiang.apps.fees.commands import import_sheet as debts
from shuxiang.kernel.decision import Refused
from shuxiang.statistics import imports
from shuxiang.statistics.invariants import check
from tests.apps.stock.sheet_files import xlsx
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

HOLDS = ("条码号", "题名", "读者证号", "预约日期", "预约截止日期", "取书地点")
DEBTS = ("读者证号", "姓名", "欠款金额", "欠款日期", "费用类型", "条码号")
Listed = Callable[..., catalog.BatchView]


@pytest.fixture
def listed(stocked: Stocked, ctx: Contexts, tmp_path: Path) -> Listed:
    def do(headings: tuple[str, ...], *rows: tuple[Any, ...]) -> catalog.BatchView:
        path = xlsx(tmp_path / "a.xlsx", [list(r) for r in rows], headings=headings)
        options = SheetOptions(place=stocked.library.main)
        found = sheets.look(path, options)
        make = take_over.make_holds if found.map.kind == "holds" else debts.make
        number = sheets.run(path, options, make, ctx=ctx("director"), found=found)
        batch = catalog.batch(number)
        assert batch is not None
        return batch

    return do


def sound() -> None:
    assert [c for c in check() if not c.ok and c.id != "9"] == []


def test_readers_keep_their_places_in_the_queue(
    listed: Listed, stocked: Stocked, ctx: Contexts
) -> None:
    card = stocked.cards
    batch = listed(
        HOLDS,
        ("B001", "红楼梦", card["other"], "2020-05-20", "", "东区分馆"),
        ("B004", "红楼梦", card["adult"], "2020-05-01", "2020-12-31", ""),
        ("B002", "三体", card["child"], "2020-05-02", "", ""),
        ("B007", "红楼梦", card["adult"], "2020-05-03", "", ""),
        ("B999", "没有的书", card["child"], "2020-05-02", "", ""),
        ("B003", "昆虫记", "NOBODY", "2020-05-02", "", ""),
        ("B003", "昆虫记", card["child"], "2020-05-02", "2020-06-01", ""),
        ("B003", "昆虫记", card["child"], "昨天", "", ""),
        ("B003", "昆虫记", card["child"], "2020-05-02", "", "月球"),
    )
    assert (batch.kind, batch.items, batch.quarantined) == ("holds", 3, 6)
    assert sorted((r.position, r.reason) for r in catalog.quarantined(batch.number)) == [
        (5, "hold_twice"),
        (6, "loan_item_missing"),
        (7, "loan_reader_missing"),
        (8, "hold_expired"),
        (9, "hold_date_unread"),
        (10, "place_unknown"),
    ]
    waiting = queries.queue(stocked.titles[0])
    assert [(h.patron, h.placed_at.date(), h.pickup) for h in waiting] == [
        (stocked.patrons["adult"], date(2020, 5, 1), stocked.library.main),
        (stocked.patrons["other"], date(2020, 5, 20), stocked.library.east),
    ]
    assert waiting[0].expires_on == date(2020, 12, 31)
    assert batch.control["holds_by_place"] == {stocked.library.main: 2, stocked.library.east: 1}
    assert imports.agreement(batch).holds
    sound()


def test_a_list_of_holds_is_taken_back_as_long_as_none_has_a_copy(
    listed: Listed, stocked: Stocked, ctx: Contexts
) -> None:
    batch = listed(HOLDS, ("B001", "红楼梦", stocked.cards["other"], "2020-05-20", "", ""))
    take_over.undo_holds(batch.number, ctx=ctx("director"))
    assert queries.queue(stocked.titles[0]) == ()
    after = catalog.batch(batch.number)
    assert after is not None
    assert after.status == "undone"
    assert imports.agreement(after).holds
    with pytest.raises(Refused) as refused:
        take_over.undo_holds(batch.number, ctx=ctx("director"))
    assert refused.value.decision.codes == ("import-undone",)
    sound()


def test_a_hold_with_its_copy_keeps_the_list(
    listed: Listed, stocked: Stocked, ctx: Contexts, unchanged: Callable[..., Any]
) -> None:
    adult = stocked.cards["adult"]
    circulation.check_out(item_barcode="B001", card=adult, ctx=ctx(at=moment("2020-06-01")))
    batch = listed(HOLDS, ("B001", "红楼梦", stocked.cards["other"], "2020-05-20", "", ""))
    circulation.check_in(item_barcode="B001", ctx=ctx(at=moment("2020-06-11")))
    assert queries.queue(stocked.titles[0])[0].state == "ready"
    with unchanged(), pytest.raises(Refused) as refused:
        take_over.undo_holds(batch.number, ctx=ctx("director"))
    assert refused.value.decision.codes == ("item-used-since",)


def test_what_was_owed_is_in_the_books(listed: Listed, stocked: Stocked, ctx: Contexts) -> None:
    card = stocked.cards
    batch = listed(
        DEBTS,
        (card["adult"], "李四", "12.50", "2020-03-01", "逾期", "B001"),
        (card["adult"], "李四", "￥3", "2020-04-01", "赔书", ""),
        ("NOBODY", "某人", "1.00", "2020-04-01", "逾期", ""),
        (card["other"], "王芳", "0", "2020-04-01", "逾期", ""),
        (card["other"], "王芳", "三元", "2020-04-01", "逾期", ""),
        (card["other"], "王芳", "$3", "2020-04-01", "逾期", ""),
    )
    assert (batch.kind, batch.items, batch.quarantined) == ("debts", 2, 4)
    assert sorted((r.position, r.reason) for r in catalog.quarantined(batch.number)) == [
        (4, "loan_reader_missing"),
        (5, "debt_nothing"),
        (6, "amount_unread"),
        (7, "amount_unread"),
    ]
    charges = money.charges(stocked.patrons["adult"])
    assert [(c.kind, c.open_fen, c.day, c.note, c.barcode) for c in charges] == [
        ("brought", 1250, date(2020, 3, 1), "逾期", "B001"),
        ("brought", 300, date(2020, 4, 1), "赔书", ""),
    ]
    assert batch.control["debt_fen"] == 1550
    assert imports.agreement(batch).holds
    sound()


def test_debts_are_taken_back_as_long_as_nothing_was_paid(
    listed: Listed, stocked: Stocked, ctx: Contexts, unchanged: Callable[..., Any]
) -> None:
    adult = stocked.cards["adult"]
    batch = listed(DEBTS, (adult, "李四", "12.50", "2020-03-01", "逾期", "B001"))
    paid = fees.pay(card=adult, amount_fen=250, ctx=ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        debts.undo_debts(batch.number, ctx=ctx("director"))
    assert refused.value.decision.codes == ("charge-settled",)
    fees.reverse_payment(entry=paid.entry, why="错", ctx=ctx())
    debts.undo_debts(batch.number, ctx=ctx("director"))
    assert money.owed(stocked.patrons["adult"]) == 0
    after = catalog.batch(batch.number)
    assert after is not None
    assert (after.status, imports.agreement(after).holds) == ("undone", True)
    sound()


def test_a_list_of_readers_with_a_column_of_debts_is_none_of_debts(
    stocked: Stocked, tmp_path: Path
) -> None:
    headings = ("读者证号", "姓名", "读者类型", "押金", "欠款")
    path = xlsx(tmp_path / "r.xlsx", [["1", "甲", "成人", "100", "3"]], headings=headings)
    assert sheets.look(path, SheetOptions(place=stocked.library.main)).map.kind == "readers"
