"""Open loans of another system: taken over, reconciled, never counted as loans of ours (X4)."""

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
from shuxiang.apps.circulation.commands import take_over as importing
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import import_sheet as holdings
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event, Reader
from shuxiang.runtime import worker
from shuxiang.statistics import daily, imports
from shuxiang.statistics.counts import Counts
from shuxiang.statistics.indicators import find
from shuxiang.statistics.invariants import check
from tests.apps.stock.sheet_files import holding, xlsx
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

HEADINGS = ("条码号", "题名", "读者证号", "借出日期", "应还日期", "续借次数", "借出馆")
Listed = Callable[..., catalog.BatchView]


@pytest.fixture
def listed(stocked: Stocked, ctx: Contexts, tmp_path: Path) -> Listed:
    def do(rows: list[list[Any]], *, name: str = "a.xlsx") -> catalog.BatchView:
        path = xlsx(tmp_path / name, rows, headings=HEADINGS)
        place = stocked.library.main
        number = importing.run(path, SheetOptions(place=place), ctx=ctx("director"))
        found = catalog.batch(number)
        assert found is not None
        return found

    return do


def loan(barcode: str, card: str, **given: Any) -> list[Any]:
    usual = {
        "题名": "x",
        "借出日期": "2020-05-01",
        "应还日期": "2020-05-31",
        "续借次数": 0,
        "借出馆": "",
    }
    values = usual | given
    return [barcode, values["题名"], card, *[values[h] for h in HEADINGS[3:]]]


def sound() -> None:
    assert [c for c in check() if not c.ok and c.id != "9"] == []


def test_a_loan_goes_on_as_it_was(listed: Listed, stocked: Stocked) -> None:
    batch = listed([loan("B001", stocked.cards["adult"], 续借次数=1, 借出馆="东区分馆")])
    assert (batch.kind, batch.items, batch.quarantined) == ("loans", 1, 0)
    (view,) = queries.open_loans(stocked.patrons["adult"])
    assert (view.barcode, view.due_on, view.renewals, view.place) == (
        "B001", date(2020, 5, 31), 1, stocked.library.east,
    )  # fmt: skip
    assert queries.open_loan_of(stocked.items["B001"]).lent_on == date(2020, 5, 1)  # type: ignore[union-attr]
    assert (batch.control["loans"], batch.control["overdue"]) == (1, 1)
    assert imports.agreement(batch).holds
    sound()


def test_taking_over_is_no_loan_of_any_day(listed: Listed, stocked: Stocked, ctx: Contexts) -> None:
    """ADR 0006: no 外借册次, no 外借人次, no active reader, neither today nor on the old day; the
    return is one."""
    listed([loan("B001", stocked.cards["adult"]), loan("B002", stocked.cards["child"])])
    back = circulation.check_in(
        item_barcode="B001", ctx=ctx("branch", place=stocked.library.east, at=moment("2020-06-11"))
    )
    assert back.barcode == "B001"
    worker.number_all()
    daily.refresh()
    everywhere = [stocked.library.main, stocked.library.east, stocked.library.west]
    counts = Counts(2020)
    figures = {
        code: counts.total(find(code, 2020), 2020, everywhere).count
        for code in ("loan_vol", "loan_person", "renew_vol", "return_vol", "loan_group")
    }
    assert figures == {
        "loan_vol": 0, "loan_person": 0, "renew_vol": 0, "return_vol": 1, "loan_group": 0,
    }  # fmt: skip
    assert counts.borrowers(2020, everywhere) == 0
    assert Event.objects.filter(type="loan.opened").count() == 0
    sound()


def test_what_is_missing_lands_in_the_reconciliation_list(
    listed: Listed, stocked: Stocked, ctx: Contexts
) -> None:
    card = stocked.cards["adult"]
    circulation.check_out(item_barcode="B003", card=card, ctx=ctx("desk"))
    batch = listed(
        [
            loan("B001", "NOBODY"),
            loan("B999", card),
            loan("B003", card),
            loan("B004", card, 借出日期="昨天"),
            loan("B004", card, 借出日期="2020-06-30"),
            loan("B004", card, 应还日期="2020-04-01"),
            loan("B005", card),
            loan("B005", card),
            loan("1.2E+13", card),
            loan("", card),
        ]
    )
    found = [(r.position, r.reason) for r in catalog.quarantined(batch.number)]
    assert sorted(found) == [
        (2, "loan_reader_missing"), (3, "loan_item_missing"), (4, "loan_item_lent"),
        (5, "loan_date_unread"), (6, "loan_in_future"), (7, "loan_dates_reversed"),
        (9, "loan_item_lent"), (10, "code_eaten"), (11, "code_missing"),
    ]  # fmt: skip
    assert batch.items == 1
    row = next(r for r in catalog.quarantined(batch.number) if r.reason == "loan_reader_missing")
    assert sheets.cells_of(batch, row)[:3] == ["B001", "x", "NOBODY"]
    assert b"NOBODY" not in row.data
    sound()


def test_a_returned_loan_is_not_open_and_a_missing_due_date_comes_from_the_rules(
    stocked: Stocked, ctx: Contexts, tmp_path: Path
) -> None:
    card = stocked.cards["adult"]
    path = xlsx(
        tmp_path / "a.xlsx",
        [["B001", card, "2020-05-01", "", ""], ["B002", card, "2020-05-01", "", "2020-05-20"]],
        headings=("条码号", "证号", "借书日期", "应还日期", "还书日期"),
    )
    number = importing.run(path, SheetOptions(place=stocked.library.main), ctx=ctx("director"))
    batch = catalog.batch(number)
    assert batch is not None
    assert [r.reason for r in catalog.quarantined(number)] == ["loan_returned"]
    (view,) = queries.open_loans(stocked.patrons["adult"])
    assert view.due_on == queries.due_date(stocked.library.main, date(2020, 5, 1), 30)
    assert batch.control["warnings"] == {"loan_due_ruled": 1}


def test_the_lists_reconcile_to_zero(
    stocked: Stocked, ctx: Contexts, tmp_path: Path, listed: Listed
) -> None:
    """An item that the old system had on loan is open until its loan is taken over."""
    path = xlsx(
        tmp_path / "h.xlsx",
        [holding("N1", 馆藏地点="", 状态="借出"), holding("N2", 馆藏地点="", 状态="3")],
    )
    holdings.run(path, SheetOptions(place=stocked.library.main), ctx=ctx("cataloguer"))
    assert [u.barcode for u in imports.unreconciled()] == ["N1", "N2"]
    listed([loan("N1", stocked.cards["adult"])])
    assert [(u.barcode, u.title) for u in imports.unreconciled()] == [("N2", "三体")]
    listed([loan("N2", stocked.cards["adult"])], name="b.xlsx")
    assert imports.unreconciled_count() == 0


def test_a_list_is_taken_back_and_the_holdings_after_it(
    stocked: Stocked, ctx: Contexts, tmp_path: Path, listed: Listed
) -> None:
    """Undone in the reverse order nothing stands in the way, and every invariant holds."""
    path = xlsx(tmp_path / "h.xlsx", [holding("N1", 馆藏地点=""), holding("N2", 馆藏地点="")])
    items = holdings.run(path, SheetOptions(place=stocked.library.main), ctx=ctx("cataloguer"))
    batch = listed([loan("N1", stocked.cards["adult"])])
    with pytest.raises(Refused):
        holdings.undo_import(items, ctx=ctx("cataloguer"))
    importing.undo_loans(batch.number, ctx=ctx("director"))
    assert queries.open_loans(stocked.patrons["adult"]) == ()
    undone = catalog.batch(batch.number)
    assert undone is not None
    assert undone.status == "undone"
    assert imports.agreement(undone).holds
    taken = Event.objects.filter(type="loan.taken_over").values_list("quantity", flat=True)
    assert sorted(taken) == [-1, 1]
    links = Reader.objects.filter(
        event__in=[str(e.id) for e in Event.objects.filter(type="loan.taken_over")]
    )
    assert links.count() == 0
    sound()
    holdings.undo_import(items, ctx=ctx("cataloguer"))
    assert stock.items_by_barcode("N1") == ()
    sound()


def test_undo_is_refused_once_a_book_came_back(
    listed: Listed, stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    batch = listed([loan("B001", stocked.cards["adult"]), loan("B002", stocked.cards["adult"])])
    circulation.check_in(item_barcode="B001", ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        importing.undo_loans(batch.number, ctx=ctx("director"))
    assert [(r.code, r.data["barcode"]) for r in refused.value.decision.reasons] == [
        ("item-used-since", "B001")
    ]


def test_only_who_may(
    stocked: Stocked, ctx: Contexts, tmp_path: Path, unchanged: Callable[[], Any]
) -> None:
    path = xlsx(tmp_path / "a.xlsx", [loan("B001", stocked.cards["adult"])], headings=HEADINGS)
    for role in ("desk", "branch", "cataloguer"):
        with unchanged(), pytest.raises(Refused) as refused:
            importing.run(path, SheetOptions(place=stocked.library.main), ctx=ctx(role))
        assert refused.value.decision.codes == ("not-permitted",)
