"""图书财产账: opening + in − out = closing, at any date, and the stock (rows I1, I3)."""

from __future__ import annotations

from datetime import date

import pytest

from shuxiang.apps.acquisitions import commands
from shuxiang.apps.stock.commands import items
from shuxiang.runtime import sql
from shuxiang.statistics import invariants
from shuxiang.statistics import property as books
from shuxiang.statistics.assets import funds_balance
from tests.apps.acquisitions.conftest import Buying
from tests.apps.acquisitions.conftest import buying as buying
from tests.apps.acquisitions.test_buying import placed
from tests.apps.acquisitions.test_gifts import add, given
from tests.support.library import Contexts, moment

pytestmark = pytest.mark.db


def test_a_year_of_the_books(buying: Buying, ctx: Contexts) -> None:
    library = buying.stocked.library
    main, east = library.main, library.east
    _order, line = placed(buying, ctx)
    got = commands.receive(line=line, copies=5, ctx=ctx("acquisitions"))
    gift = given(ctx)
    add(ctx, gift, main, count=2)
    wrong = given(ctx)
    add(ctx, wrong, main, count=1)
    commands.undo_donation(donation=wrong, why="录错", ctx=ctx("acquisitions"))
    first = got.items[0][0]
    later = moment("2021-02-01")
    items.change_item(item=first, price_fen=3980, ctx=ctx("director", at=later))
    items.move_item(item=first, owner=east, ctx=ctx("director", at=later))
    items.withdraw_item(
        item=buying.stocked.items["B001"], why="破损剔除", ctx=ctx("director", at=later)
    )
    year = books.books(date(2020, 1, 1), date(2020, 12, 31), [main])
    # Nine items of the library's own without a price, two of the order, two given.
    assert (year.opening, year.closing) == ((0, 0, 0), (6, 13, 2 * 2980 + 6000))
    assert [(e.source, e.titles, e.items, e.price_fen) for e in year.entered] == [
        ("purchase", 4, 9, 0), ("gift", 1, 2, 6000), ("purchase", 1, 2, 5960),
    ]  # fmt: skip
    assert [e.voucher[:2] for e in year.entered] == ["", "JZ", "CG"]
    assert year.entered[0].by_class == {"I": (2, 6, 0), "Q": (1, 2, 0), "Z": (1, 1, 0)}
    assert year.withdrawn == ()
    assert year.balanced
    next_ = books.books(date(2021, 1, 1), date(2021, 12, 31), [main])
    assert next_.opening == year.closing
    assert [(e.source, e.titles, e.items, e.price_fen) for e in next_.withdrawn] == [
        ("破损剔除", 1, 1, 0)
    ]
    assert (next_.owner, next_.prices) == ((-1, -3980), 1000)
    assert next_.closing[1:] == (11, 13 * 0 + 2980 + 6000)
    assert next_.balanced
    # The whole library: what one site gave to another of it is no change.
    whole = books.books(date(2021, 1, 1), date(2021, 12, 31), [main, east])
    assert (whole.owner, whole.closing[1]) == ((0, 0), whole.opening[1] - 1)
    assert [c for c in invariants.check() if not c.ok and c.id != "9"] == []


def test_a_planted_breach_of_the_books_is_found(buying: Buying, ctx: Contexts) -> None:
    _order, line = placed(buying, ctx)
    got = commands.receive(line=line, copies=1, ctx=ctx("acquisitions"))
    assert books.faults() == []
    sql.run("UPDATE stock_item SET price_fen = 1 WHERE id = ?", got.items[0][0])
    (fault,) = books.faults()
    assert "the books say 10 items worth 2980, the stock is 10 worth 1" in fault
    assert [c.id for c in invariants.check() if not c.ok and c.id != "9"] == ["P1"]


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("UPDATE acquisitions_fundentry SET amount_fen = 1 WHERE kind = 'encumbered'",
         "encumbered is 1, its orders and invoices say 10132"),
        ("DELETE FROM acquisitions_fundentry WHERE kind = 'encumbered'",
         "nothing is encumbered, its orders and invoices say 10132"),
        ("UPDATE acquisitions_orderline SET cancelled = 1",
         "encumbered is 10132, its orders and invoices say 8106"),
    ],
)  # fmt: skip
def test_a_planted_breach_of_a_fund_is_found(
    buying: Buying, ctx: Contexts, planted: str, said: str
) -> None:
    placed(buying, ctx)
    assert funds_balance().ok
    sql.run(planted)
    found = funds_balance()
    assert not found.ok
    assert said in found.detail
