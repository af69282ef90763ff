"""Overdue and soon due loans, and the titles lent most, against hand counts; Build 9."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.circulation import commands as circulation
from shuxiang.formats.marc import Bibliographic
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.statistics import lists
from tests.statistics.rows import Rows
from tests.support.library import Contexts, Library, moment
from tests.support.statements import counted
from tests.support.stocked import Stocked, build

ON = date(2020, 8, 1)


@pytest.fixture
def lent(library: Library, ctx: Contexts) -> Stocked:
    """Six loans: due on 1, 10 and 31 July and on 1, 2 and 4 August; B008 was given back."""
    stocked = build(library)
    for barcode, card, day, place in (
        ("B001", "adult", "2020-06-01", library.main),
        ("B002", "adult", "2020-06-10", library.east),
        ("B003", "child", "2020-07-01", library.main),
        ("B004", "other", "2020-07-02", library.main),
        ("B005", "other", "2020-07-03", library.point),
        ("B006", "child", "2020-07-05", library.main),
        ("B008", "other", "2020-06-01", library.main),
    ):
        circulation.check_out(
            item_barcode=barcode,
            card=stocked.cards[card],
            ctx=ctx(place=place, at=moment(day), key=new_id()),
        )
    circulation.check_in(item_barcode="B008", ctx=ctx(at=moment("2020-06-20"), key=new_id()))
    return stocked


def everywhere(library: Library) -> tuple[str, ...]:
    return (library.main, library.east, library.west, library.point)


def barcodes(wanted: lists.Due) -> list[str]:
    found = [row.barcode for row in lists.due_page(wanted).rows]
    assert [row.barcode for row in lists.due_list(wanted)] == found
    return found


def days_over(stocked: Stocked) -> dict[str, int]:
    """By barcode, from the loans themselves."""
    return {
        barcode: (ON - due).days
        for barcode, due in sql.all(
            "SELECT i.barcode, l.due_on FROM circulation_loan l JOIN stock_item i "
            "ON i.id = l.item_id WHERE l.returned_at IS NULL"
        )
    }


def test_overdue_by_days_place_and_category(lent: Stocked) -> None:
    library, over = lent.library, days_over(lent)
    assert len(over) == 6
    late = sorted((b for b, days in over.items() if days > 0), key=lambda b: -over[b])
    assert len(late) >= 3
    inside = everywhere(library)
    assert barcodes(lists.overdue(ON, inside=inside)) == late
    least = over[late[1]]
    assert barcodes(lists.overdue(ON, inside=inside, least=least)) == late[:2]
    assert barcodes(lists.overdue(ON, inside=inside, least=1, most=least)) == late[1:]
    assert barcodes(lists.overdue(ON, inside=inside, least=least, most=least)) == [late[1]]
    assert barcodes(lists.overdue(ON, inside=(library.east,))) == ["B002"]
    assert barcodes(lists.overdue(ON, inside=())) == []
    assert barcodes(lists.overdue(ON, inside=inside, category="child")) == [
        b for b in late if b in ("B003", "B006")
    ]
    page = lists.due_page(lists.overdue(ON, inside=inside))
    assert (page.loans, page.pages) == (len(late), 1)
    first = page.rows[0]
    assert (first.name, first.card, first.title, first.place) == (
        "李四",
        lent.cards["adult"],
        "红楼梦",
        "总馆",
    )
    assert first.days_over(ON) == over["B001"]


def test_due_soon_is_not_overdue(lent: Stocked) -> None:
    inside, over = everywhere(lent.library), days_over(lent)

    def within(days: int) -> list[str]:
        found = [b for b, past in over.items() if -days <= past <= 0]
        return sorted(found, key=lambda b: (-over[b], b))

    for days in (0, 1, 3, 30):
        assert sorted(barcodes(lists.due_soon(ON, inside=inside, within=days))) == sorted(
            within(days)
        )
    assert within(3)


def test_a_readers_loans_stand_together(lent: Stocked) -> None:
    page = lists.due_page(lists.overdue(ON, inside=everywhere(lent.library), by_reader=True))
    names = [row.name for row in page.rows]
    assert names == sorted(names)
    assert page.readers == len(set(names))


def test_pages_cost_the_same_and_use_the_index(
    lent: Stocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = everywhere(lent.library)
    for size in (50, 1):
        monkeypatch.setattr(lists, "PAGE", size)
        with counted() as ran:
            lists.due_page(lists.overdue(ON, inside=inside), page=2)
        assert ran.number == 2
    monkeypatch.setattr(lists, "PAGE", 1)
    rows = [
        lists.due_page(lists.overdue(ON, inside=inside), page=n).rows[0].barcode for n in (1, 2)
    ]
    assert rows == ["B001", "B002"]
    monkeypatch.setattr(lists, "AT_ONCE", 1)
    assert len(list(lists.due_list(lists.overdue(ON, inside=inside)))) >= 3
    if connection.vendor == "sqlite":
        where, values = lists._where(lists.overdue(ON, inside=inside, category="child"))
        plan = sql.all(
            "EXPLAIN QUERY PLAN SELECT COUNT(*) FROM circulation_loan l "
            f"LEFT JOIN patrons_patron p ON p.id = l.patron_id {where}",
            *values,
        )
        assert "circulation_open_due" in str(plan)


Add = Callable[..., list[str]]


@pytest.fixture
def shelf(library: Library, ctx: Contexts) -> Add:
    def add(*names: str) -> list[str]:
        return [
            catalog.add_title(
                bibliographic=Bibliographic(format="cnmarc", title=name, clc=("I247.5",)),
                ctx=ctx(),
            )
            for name in names
        ]

    return add


def ranks(found: lists.Ranking) -> list[tuple[int, str, int]]:
    return [(row.rank, row.title_text, row.loans) for row in found.rows]


JUNE = date(2020, 6, 1), date(2020, 6, 30)


def test_ranking_with_ties_undone_loans_and_filters(
    library: Library, rows: Rows, shelf: Add
) -> None:
    a, b, c, d = shelf("甲", "乙", "丙", "丁")

    def lend(title: str, times: int, **values: Any) -> Any:
        last = None
        for _ in range(times):
            last = rows.add("loan.opened", "2020-06-10", library.main, title=title, **values)
        return last

    lend(a, 5, clc="I", reader_category="adult")
    lend(b, 3, clc="K", reader_category="child")
    lend(c, 3, clc="I", reader_category="adult")
    rows.reverse(lend(d, 3, clc="I"))
    rows.add("loan.opened", "2020-05-31", library.main, title=d)
    rows.add("loan.opened", "2020-06-30", library.east, title=d)
    inside = (library.main, library.east)
    every = lists.ranking(*JUNE, inside=inside)
    # 丁: two of the three at the main library stood, and one at the east branch.
    assert ranks(every)[0] == (1, "甲", 5)
    assert set(ranks(every)[1:]) == {(2, "乙", 3), (2, "丙", 3), (2, "丁", 3)}
    assert (every.titles, every.loans, every.left_out) == (4, 14, None)
    main = lists.ranking(*JUNE, inside=(library.main,))
    assert [(r, n) for r, _, n in ranks(main)] == [(1, 5), (2, 3), (2, 3), (4, 2)]
    assert ranks(lists.ranking(*JUNE, inside=inside, clc="K")) == [(1, "乙", 3)]
    adults = lists.ranking(*JUNE, inside=inside, category="adult")
    assert ranks(adults) == [(1, "甲", 5), (2, "丙", 3)]
    assert lists.ranking(*JUNE, inside=(library.west,)) == lists.Ranking((), 0, 0, None)
    assert lists.ranking(*JUNE, inside=()) == lists.Ranking((), 0, 0, None)


def test_who_shares_the_last_rank_is_in_unless_too_many(
    library: Library, rows: Rows, shelf: Add
) -> None:
    often, *others = shelf("常借", *(f"借过{n}" for n in range(7)))
    for title in (often, often, *others):
        rows.add("loan.opened", "2020-06-10", library.main, title=title)
    inside = (library.main,)
    four = lists.ranking(*JUNE, inside=inside, most=4)
    assert [r for r, _, _ in ranks(four)] == [1, *[2] * 7]
    assert four.left_out is None
    two = lists.ranking(*JUNE, inside=inside, most=2)
    assert ranks(two) == [(1, "常借", 2)]
    assert two.left_out == (2, 1, 7)
    assert (two.titles, two.loans) == (8, 9)


def test_a_merged_title_counts_for_the_one_it_went_into(
    library: Library, rows: Rows, shelf: Add
) -> None:
    kept, merged = shelf("留", "并")
    for title in (kept, merged, merged):
        rows.add("loan.opened", "2020-06-10", library.main, title=title)
    sql.run("UPDATE catalog_title SET alias_of_id = ? WHERE id = ?", kept, merged)
    assert ranks(lists.ranking(*JUNE, inside=(library.main,))) == [(1, "留", 3)]


@pytest.mark.parametrize(
    ("days", "most"), [(-1, 10), (lists.MOST_DAYS, 10), (1, 0), (1, lists.MOST_RANKED + 1)]
)
def test_bounds_of_a_ranking(library: Library, days: int, most: int) -> None:
    first = date(2020, 1, 1)
    with pytest.raises(ValueError, match="out of bounds"):
        lists.ranking(first, first + timedelta(days=days), inside=(library.main,), most=most)


def test_ranking_is_one_query_by_its_index(library: Library, rows: Rows, shelf: Add) -> None:
    (title,) = shelf("甲")
    rows.add("loan.opened", "2020-06-10", library.main, title=title)
    with counted() as ran:
        lists.ranking(*JUNE, inside=(library.main,))
    assert ran.number == 1
    if connection.vendor == "sqlite":
        plan = sql.all(
            "EXPLAIN QUERY PLAN SELECT title, SUM(quantity) FROM ledger_event WHERE "
            "type = 'loan.opened' AND business_date BETWEEN ? AND ? AND place IN (?) GROUP BY title",
            *JUNE,
            library.main,
        )
        assert "ledger_type_day_place" in str(plan)
