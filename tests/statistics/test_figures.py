from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.db import connection

from shuxiang.documents.report import BRANCHES_TOO, LIBRARY_ALONE
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.statistics import daily, queries
from shuxiang.statistics.counts import Counts, frozen
from shuxiang.statistics.figures import NoData, as_json, figures, sites
from shuxiang.statistics.indicators import find
from tests.statistics.conftest import Names
from tests.statistics.rows import Rows
from tests.support.library import Library


def values(place: str, scope: str = BRANCHES_TOO, year: int = 2020) -> dict[str, int | None]:
    found = figures(year, place=place, scope=scope)  # type: ignore[arg-type]
    return {code: one.value for code, one in found.items()}


def test_a_day_counted_by_hand_e1(library: Library, rows: Rows, reader: Names) -> None:
    """Two loans of one reader are one visit; another place or day is another visit."""
    rows.add("loan.opened", "2020-06-10", library.main, patron=reader("a"), clc="I")
    rows.add("loan.opened", "2020-06-10", library.main, patron=reader("a"), clc="K")
    rows.add("loan.opened", "2020-06-10", library.east, patron=reader("a"), clc="I")
    rows.add("loan.opened", "2020-06-11", library.main, patron=reader("a"), clc="I")
    rows.add("loan.opened", "2020-06-10", library.main, patron=reader("b"), clc="I")
    rows.add("loan.renewed", "2020-06-12", library.main, patron=reader("b"))
    rows.add("loan.closed", "2020-06-13", library.east, patron=reader("b"))
    daily.refresh()
    assert values(library.main, LIBRARY_ALONE) | {
        "loan_vol": 4, "loan_person": 3, "active_reader": 2, "renew_vol": 1, "return_vol": 0,
    } == values(library.main, LIBRARY_ALONE)  # fmt: skip
    assert values(library.main) | {
        "loan_vol": 5, "loan_person": 4, "active_reader": 2, "renew_vol": 1, "return_vol": 1,
    } == values(library.main)  # fmt: skip
    assert values(library.east)["active_reader"] == 1


def test_a_loan_taken_back_leaves_no_visit(library: Library, rows: Rows, reader: Names) -> None:
    first = rows.add("loan.opened", "2020-06-10", library.main, patron=reader("a"))
    rows.add("loan.opened", "2020-06-11", library.main, patron=reader("a"))
    daily.refresh()
    rows.reverse(first)
    daily.refresh()
    found = values(library.main)
    assert (found["loan_vol"], found["loan_person"], found["active_reader"]) == (1, 1, 1)
    kept = rows.add("loan.opened", "2020-06-10", library.main, patron=reader("b"))
    assert kept["visit_key"] != first["visit_key"]
    daily.refresh()
    assert values(library.main)["loan_person"] == 2


def test_distinct_counts_outlive_the_reader_links(
    library: Library, rows: Rows, reader: Names
) -> None:
    for day in ("2020-03-02", "2020-03-03"):
        for name in "abc":
            rows.add("loan.opened", day, library.main, patron=reader(name))
    daily.refresh()
    before = values(library.main)
    assert (before["loan_person"], before["active_reader"]) == (6, 3)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_reader")
        cursor.execute("UPDATE ledger_yearkey SET secret = ''")
    daily.rebuild(date(2020, 1, 1), date(2020, 12, 31))
    assert values(library.main) == before


def test_loans_without_a_key_make_the_distinct_count_a_lower_bound(
    library: Library, rows: Rows, reader: Names
) -> None:
    rows.add("loan.opened", "2020-06-10", library.main, patron=reader("a"))
    rows.add("loan.opened", "2020-06-10", library.main)
    daily.refresh()
    found = figures(2020, place=library.main, scope=LIBRARY_ALONE)
    assert (found["loan_vol"].value, found["loan_vol"].at_least) == (2, False)
    assert (found["loan_person"].value, found["loan_person"].at_least) == (1, True)
    assert "1 册次" in found["loan_person"].note


def test_stock_and_additions_by_owner_w2(library: Library, rows: Rows) -> None:
    """Old stock taken over is stock and never an addition; what an undone import added is gone."""

    def item(type: str, day: str, owner: str, source: str, **more: object) -> None:  # noqa: A002
        rows.add(type, day, library.main, owner_place=owner, source=source, **more)

    item("item.accessioned", "2019-05-01", library.main, "legacy", clc="I", quantity=1)
    item("item.accessioned", "2019-05-02", library.main, "purchase", clc="I")
    item("item.accessioned", "2020-05-02", library.main, "purchase", clc="I")
    item("item.accessioned", "2020-05-02", library.main, "gift", clc="K")
    item("item.accessioned", "2020-05-03", library.east, "purchase", clc="K")
    item("item.accessioned", "2020-05-04", library.main, "purchase", clc="K")
    item("item.unaccessioned", "2020-05-04", library.main, "purchase", clc="K", quantity=-1)
    item("item.withdrawn", "2020-09-01", library.main, "", clc="I")
    item("item.accessioned", "2021-01-01", library.main, "purchase", clc="I")
    daily.refresh()
    alone = values(library.main, LIBRARY_ALONE)
    assert {c: alone[c] for c in ("coll", "new_coll", "new_coll_buy", "weeded")} == {
        "coll": 3, "new_coll": 2, "new_coll_buy": 1, "weeded": 1,
    }  # fmt: skip
    assert values(library.main)["coll"] == 4
    assert values(library.main)["new_coll"] == 3
    found = figures(2020, place=library.main, scope=LIBRARY_ALONE)
    assert (found["coll"].previous, found["new_coll"].previous) == (2, 1)
    counts = Counts(2020)
    one = find("coll", 2020)
    by_class = counts.split(one, 2020, [library.main], "clc")
    assert {k: t.count for k, t in by_class.items()} == {"I": 2, "K": 1}


def test_a_new_owner_has_the_item_in_its_stock_w2(library: Library, rows: Rows) -> None:
    """A transfer within the network is no addition; another holder alone changes no stock."""
    item = new_id()
    acts = (
        ("item.accessioned", "2020-03-01", library.main),
        ("item.moved", "2020-04-01", library.main),
        ("item.moved", "2020-05-01", library.east),
        ("loan.opened", "2020-06-01", library.east),
        ("item.moved", "2020-07-01", library.west),
        ("item.withdrawn", "2020-09-01", library.west),
    )
    stock = []
    for seq, (type_, day, owner) in enumerate(acts, 1):
        rows.add(type_, day, library.point, owner_place=owner, item=item, item_seq=seq, clc="I",
                 source="purchase" if seq == 1 else "")  # fmt: skip
        daily.refresh()
        stock.append(
            [
                sum(row.adds for row in queries.drill("coll", 2020, place=p, scope=s).rows)
                for p, s in (
                    (library.main, LIBRARY_ALONE),
                    (library.east, LIBRARY_ALONE),
                    (library.west, LIBRARY_ALONE),
                    (library.main, BRANCHES_TOO),
                )
            ]
        )
        for number, scope, place in zip(
            stock[-1],
            (LIBRARY_ALONE, LIBRARY_ALONE, LIBRARY_ALONE, BRANCHES_TOO),
            (library.main, library.east, library.west, library.main),
            strict=True,
        ):
            counted = Counts(2020).total(
                find("coll", 2020), 2020, [p.id for p in sites(place, scope)]
            )
            assert counted.count == number
    assert stock == [
        [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0],
    ]  # fmt: skip
    assert values(library.main)["new_coll"] == 1


def test_what_nobody_recorded_is_missing_and_not_zero(library: Library, rows: Rows) -> None:
    rows.add("loan.opened", "2020-06-10", library.main)
    daily.refresh()
    found = figures(2020, place=library.main, scope=BRANCHES_TOO)
    for code in ("visit_gate", "read_vol", "coll"):
        assert found[code].value is None
        assert found[code].missing_reason
    assert found["renew_vol"].value == 0
    assert found["loan_vol"].previous is None
    with pytest.raises(NoData):
        figures(2019, place=library.main, scope=BRANCHES_TOO)
    with pytest.raises(NoData):
        figures(2020, place=library.west, scope=LIBRARY_ALONE)


def test_each_figure_names_the_ledger_rows_it_was_counted_from(
    library: Library, rows: Rows
) -> None:
    rows.add("loan.opened", "2020-01-02", library.east)
    rows.add("loan.opened", "2020-06-10", library.main)
    rows.add("visits.entered", "2020-06-10", library.main, quantity=40, source="device")
    rows.add("loan.opened", "2020-06-11", library.main)
    daily.refresh()
    alone = figures(2020, place=library.main, scope=LIBRARY_ALONE)
    assert (alone["loan_vol"].from_seq, alone["loan_vol"].to_seq) == (2, 4)
    assert (alone["visit_gate"].from_seq, alone["visit_gate"].to_seq) == (3, 3)
    assert alone["visit_gate"].source == "设备"
    both = figures(2020, place=library.main, scope=BRANCHES_TOO)
    assert (both["loan_vol"].from_seq, both["loan_vol"].to_seq) == (1, 4)
    text = as_json(both.values())
    assert as_json(figures(2020, place=library.main, scope=BRANCHES_TOO).values()) == text
    assert library.main not in text


def test_open_days_follow_the_calendar(library: Library, rows: Rows) -> None:
    rows.add("loan.opened", "2020-06-10", library.main)
    daily.refresh()
    days = [date(2020, 1, 1) + timedelta(n) for n in range(366)]
    assert values(library.main)["open_days"] == sum(d.weekday() != 0 for d in days) == 314
    until = figures(2020, place=library.main, scope=BRANCHES_TOO, until=date(2020, 1, 12))
    assert until["open_days"].value == 11
    found = figures(2020, place=library.main, scope=BRANCHES_TOO)
    assert (found["branch"].value, found["service_point"].value) == (2, 1)


def test_a_random_year_equals_a_naive_count(library: Library, rows: Rows, reader: Names) -> None:
    """Every indicator of the loans against an independent count of the same rows."""
    chance = random.Random(20200610)
    sites = [library.main, library.east, library.west, library.point]
    for _ in range(400):
        day = date(2020, 1, 1) + timedelta(chance.randrange(366))
        kind = chance.choice(["loan.opened"] * 5 + ["loan.closed", "loan.renewed", "item.used"])
        row = rows.add(
            kind,
            day,
            chance.choice(sites),
            patron=reader(str(chance.randrange(25))) if kind != "item.used" else None,
            clc=chance.choice("ABIK"),
            reader_category=chance.choice(["adult", "child"]),
            owner_place=chance.choice([None, *sites]),
        )
        if chance.random() < 0.15:
            rows.reverse(row)
    daily.refresh()
    scopes = {
        LIBRARY_ALONE: {library.main},
        BRANCHES_TOO: {library.main, library.east, library.west, library.point},
    }
    for scope, inside in scopes.items():
        found = values(library.main, scope)

        def here(row: dict[str, object], inside: set[str] = inside) -> bool:
            return row["place"] in inside

        assert found["loan_vol"] == rows.sum("loan.opened", here)
        assert found["renew_vol"] == rows.sum("loan.renewed", here)
        assert found["return_vol"] == rows.sum("loan.closed", here)
        assert found["read_vol"] == rows.sum("item.used", here)
        assert found["loan_person"] == rows.visits(here)
        assert found["active_reader"] == rows.readers(here)
    head = daily.refresh()
    from_days = figures(2020, place=library.main, scope=BRANCHES_TOO)
    with frozen(2020, head) as counts:
        from_rows = figures(2020, place=library.main, scope=BRANCHES_TOO, counts=counts)
    assert from_rows == from_days


def test_a_later_row_changes_no_count_up_to_an_earlier_one(library: Library, rows: Rows) -> None:
    rows.add("loan.opened", "2020-06-10", library.main)
    sealed = daily.refresh()
    rows.add("loan.opened", "2020-06-10", library.main)
    daily.refresh()
    assert values(library.main)["loan_vol"] == 2
    with frozen(2020, sealed) as counts:
        found = figures(2020, place=library.main, scope=BRANCHES_TOO, counts=counts)
    assert found["loan_vol"].value == 1


def test_counts_are_the_same_however_often_a_batch_comes(library: Library, rows: Rows) -> None:
    rows.add("loan.opened", "2020-06-10", library.main)
    daily.refresh()
    before = sql.all(
        "SELECT measure, count, from_seq, to_seq FROM statistics_dailycount ORDER BY 1"
    )
    sql.run("UPDATE ledger_consumer SET seq = 0 WHERE name = ?", daily.CONSUMER)
    assert daily.behind(date(2020, 12, 31))
    daily.refresh()
    assert not daily.behind(date(2020, 12, 31))
    after = sql.all("SELECT measure, count, from_seq, to_seq FROM statistics_dailycount ORDER BY 1")
    assert after == before == [("loan.keyless", 1, 1, 1), ("loan.opened", 1, 1, 1)]
