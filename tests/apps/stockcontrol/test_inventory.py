"""清点: what was scanned compared with what should stand there (row K1)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stockcontrol import commands, queries
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import sql
from tests.support.library import Contexts, moment
from tests.support.statements import counted
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

OPENED = moment("2020-06-10", "09:00")
SHELF = {
    "B001": "I242.4/1", "B002": "I247.55/2", "B003": "Q96-49/3", "B004": "I242.4/4",
    "B005": "I247.55/5", "B006": "Q96-49/6", "B007": "I242.4/7", "B008": "I247.55/8",
    "R001": "Z32/1",
}  # fmt: skip


@pytest.fixture
def shelves(stocked: Stocked, ctx: Contexts) -> Stocked:
    for barcode, number in SHELF.items():
        items.change_item(item=stocked.items[barcode], call_number=number, ctx=ctx())
    return stocked


def opened(ctx: Contexts, stocked: Stocked, **more: Any) -> str:
    return commands.open_inventory(
        place=stocked.library.main, ctx=ctx("cataloguer", place=stocked.library.east, at=OPENED),
        **more,
    )  # fmt: skip


def scans(ctx: Contexts, inventory: str, *codes: str, in_order: bool = False) -> commands.Taken:
    run = commands.begin_run(
        inventory=inventory,
        source="file",
        in_order=in_order,
        digest=hashlib.sha256("|".join(codes).encode()).hexdigest()[:32],
        ctx=ctx(),
    )
    return commands.add_scans(run=run, first=1, codes=codes, ctx=ctx())


def lists(inventory: str) -> dict[str, list[str]]:
    view = queries.inventory(inventory)
    assert view is not None
    found = {name: [x.code for x in queries.listed(view, name)] for name in queries.LISTS}
    summary = queries.summary(view).as_dict()
    assert {name: len(rows) for name, rows in found.items()} == {n: summary[n] for n in found}
    return {name: rows for name, rows in found.items() if rows}


def test_k1_every_list_says_what_it_is(shelves: Stocked, ctx: Contexts) -> None:
    """B002 on loan but here · B003 sent off but here · B004 not scanned · B005 counted as missing ·
    B006 withdrawn · B007 given back while it is counted · E001 of the other branch · one code nobody
    knows."""
    card = shelves.cards["adult"]
    for barcode in ("B002", "B007"):
        circulation.check_out(
            item_barcode=barcode, card=card, ctx=ctx(at=OPENED - timedelta(days=3))
        )
    circulation.check_out(item_barcode="B003", card=card, ctx=ctx(at=OPENED - timedelta(days=2)))
    circulation.check_in(
        item_barcode="B003",
        ctx=ctx(place=shelves.library.east, at=OPENED - timedelta(hours=2)),
    )
    items.set_item_status(item=shelves.items["B005"], status="missing", ctx=ctx())
    items.withdraw_item(item=shelves.items["B006"], why="破", ctx=ctx())
    inventory = opened(ctx, shelves)
    circulation.check_in(item_barcode="B007", ctx=ctx(at=OPENED + timedelta(minutes=30)))
    taken = scans(
        ctx, inventory, "b001", "B002", "B003", "B005", "B006", "B008", "E001", "X999", "B001"
    )
    assert taken == commands.Taken(new=8, again=0)
    assert lists(inventory) == {
        "misplaced": ["E001"],
        "missing": ["B004", "R001"],
        "unlisted": ["X999", "B006"],
        "on_loan": ["B002"],
        "under_way": ["B003"],
        "found": ["B005"],
        "late": ["B007"],
    }
    view = queries.inventory(inventory)
    assert view is not None
    summary = queries.summary(view)
    assert (summary.expected, summary.scans, summary.right) == (5, 8, 2)
    unlisted = queries.listed(view, "unlisted")
    assert [(x.code, x.what, x.status) for x in unlisted] == [
        ("X999", "unknown", ""),
        ("B006", "", "withdrawn"),
    ]


@pytest.mark.parametrize(
    ("first", "last", "missing"),
    [
        ("", "", ["B004", "B007", "B002", "B005", "B008", "B003", "B006", "R001"]),
        ("I242", "I242", ["B004", "B007"]),
        ("I242.4/4", "I247", ["B004", "B007", "B002", "B005", "B008"]),
        ("Q", "", ["B003", "B006", "R001"]),
        ("", "I242.4/1", []),
    ],
)
def test_k1_a_range_of_call_numbers(
    shelves: Stocked, ctx: Contexts, first: str, last: str, missing: list[str]
) -> None:
    inventory = opened(ctx, shelves, call_from=first, call_to=last)
    scans(ctx, inventory, "B001")
    found = lists(inventory)
    assert found.get("missing", []) == missing
    # Scanned here, and its number belongs elsewhere.
    assert ("B001" in found.get("misplaced", [])) == (first not in ("", "I242"))


def test_k1_wrong_order_only_of_lots_scanned_along_the_shelf(
    shelves: Stocked, ctx: Contexts
) -> None:
    inventory = opened(ctx, shelves)
    scans(ctx, inventory, "B002", "B001")
    assert "order" not in lists(inventory)
    scans(ctx, inventory, "B004", "R001", "B007", "B005", in_order=True)
    assert lists(inventory)["order"] == ["R001"]


def test_k1_a_lot_sent_twice_counts_once(shelves: Stocked, ctx: Contexts) -> None:
    inventory = opened(ctx, shelves)
    codes = ("B001", "", "B002", "B001")
    assert scans(ctx, inventory, *codes) == commands.Taken(new=2, again=0)
    assert scans(ctx, inventory, *codes) == commands.Taken(new=0, again=2)
    (run,) = queries.runs(inventory)
    assert run.scans == 2


def test_k1_of_two_libraries_books_the_one_that_should_stand_here(
    shelves: Stocked, ctx: Contexts
) -> None:
    joined = places.add_place(
        kind="branch", code="joined", name="并入馆", parent=shelves.library.main, own_barcodes=True,
        ctx=ctx(),
    )  # fmt: skip
    for barcode in ("B001", "J1"):
        items.add_item(
            title=shelves.titles[1], barcode=barcode, owner=joined, category="book", ctx=ctx()
        )
    other = places.add_place(
        kind="branch", code="third", name="第三馆", parent=shelves.library.main, own_barcodes=True,
        ctx=ctx(),
    )  # fmt: skip
    items.add_item(title=shelves.titles[1], barcode="J1", owner=other, category="book", ctx=ctx())
    inventory = opened(ctx, shelves)
    scans(ctx, inventory, "B001", "J1", "J1@joined", "B002@joined")
    view = queries.inventory(inventory)
    assert view is not None
    assert [(x.code, x.what) for x in queries.listed(view, "unlisted")] == [
        ("B002@JOINED", "unknown"),
        ("J1", "several"),
        ("J1@JOINED", ""),
    ]
    assert "B001" not in [x.code for x in queries.listed(view, "missing")]


def test_k1_closing_marks_what_is_missing_and_is_taken_back(
    shelves: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    items.set_item_status(item=shelves.items["B005"], status="lost", ctx=ctx())
    inventory = opened(ctx, shelves)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.close_inventory(inventory=inventory, ctx=ctx())
    assert refused.value.decision.codes == ("inventory-empty",)
    scans(ctx, inventory, "B001", "B002", "B003", "B005", "B006", "B008", "R001")
    closed = commands.close_inventory(inventory=inventory, ctx=ctx())
    assert closed == commands.Closed(missing=2, found=1)
    status = dict(sql.all("SELECT barcode, status FROM stock_item"))
    assert (status["B004"], status["B007"], status["B005"]) == ("missing", "missing", "available")
    events = sql.all(
        "SELECT i.barcode, e.data FROM ledger_event e JOIN stock_item i ON i.id = e.item "
        "WHERE e.type = 'item.status' AND e.subject = ? ORDER BY i.barcode",
        inventory,
    )
    assert [row[0] for row in events] == ["B004", "B005", "B007"]
    with unchanged(), pytest.raises(Refused):
        commands.close_inventory(inventory=inventory, ctx=ctx())
    with unchanged(), pytest.raises(Refused):
        scans(ctx, inventory, "B004")
    # One of them turns up at the desk before it is taken back.
    circulation.check_in(item_barcode="B007", ctx=ctx())
    assert commands.undo_inventory(inventory=inventory, ctx=ctx()) == 2
    status = dict(sql.all("SELECT barcode, status FROM stock_item"))
    assert (status["B004"], status["B007"], status["B005"]) == ("available", "available", "lost")
    with unchanged(), pytest.raises(Refused):
        commands.undo_inventory(inventory=inventory, ctx=ctx())
    view = queries.inventory(inventory)
    assert view is not None
    assert (view.state, view.result["missing"], view.result["scans"]) == ("undone", 2, 7)


def test_k1_much_missing_is_asked(shelves: Stocked, ctx: Contexts, unchanged: Any) -> None:
    for n in range(20):
        items.add_item(
            title=shelves.titles[0], barcode=f"M{n:03d}", owner=shelves.library.main,
            category="book", ctx=ctx(),
        )  # fmt: skip
    sql.run("UPDATE stock_item SET created_at = ?", OPENED - timedelta(days=1))
    inventory = opened(ctx, shelves)
    scans(ctx, inventory, "B001")
    with unchanged(), pytest.raises(Refused) as refused:
        commands.close_inventory(inventory=inventory, ctx=ctx())
    (reason,) = refused.value.decision.reasons
    assert (reason.code, reason.data["missing"], reason.data["expected"]) == (
        "inventory-much-missing", 28, 29,
    )  # fmt: skip
    sure = ctx(overrides=(Override("inventory-much-missing", "火灾后清点"),))
    assert commands.close_inventory(inventory=inventory, ctx=sure).missing == 28


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"place": "0" * 32}, "place-unknown"),
        ({"location": "0" * 32}, "location-unknown"),
        ({"call_from": "I3", "call_to": "I2"}, "inventory-range"),
    ],
)
def test_k1_what_is_no_inventory(
    shelves: Stocked, ctx: Contexts, unchanged: Any, values: dict[str, str], code: str
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        commands.open_inventory(**({"place": shelves.library.main} | values), ctx=ctx())
    assert refused.value.decision.codes == (code,)


def test_k1_the_same_shelves_are_counted_once_at_a_time(shelves: Stocked, ctx: Contexts) -> None:
    opened(ctx, shelves, call_from="I")
    with pytest.raises(Refused) as refused:
        opened(ctx, shelves, call_from="I")
    assert refused.value.decision.codes == ("inventory-open-already",)
    opened(ctx, shelves, call_from="Q")


def test_k1_a_branch_counts_its_own_shelves_only(shelves: Stocked, ctx: Contexts) -> None:
    east = shelves.library.east
    commands.open_inventory(place=east, ctx=ctx("branch", place=east))
    with pytest.raises(Refused) as refused:
        commands.open_inventory(place=shelves.library.main, ctx=ctx("branch", place=east))
    assert refused.value.decision.codes == ("not-permitted",)


def test_k1_ten_times_the_books_take_no_more_statements(shelves: Stocked, ctx: Contexts) -> None:
    def cost(inventory: str) -> int:
        with counted() as statements:
            lists(inventory)
        return statements.number

    small = opened(ctx, shelves, call_from="I")
    scans(ctx, small, "B001", "B004")
    before = cost(small)
    for n in range(40):
        items.add_item(
            title=shelves.titles[0], barcode=f"M{n:03d}", owner=shelves.library.main,
            category="book", ctx=ctx(),
        )  # fmt: skip
    large = opened(ctx, shelves)
    scans(ctx, large, *(f"M{n:03d}" for n in range(40)), in_order=True)
    assert cost(large) == before
