"""Day and month tables against a naive count of the same ledger rows; Build 9."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.documents.report import BRANCHES_TOO, LIBRARY_ALONE
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.statistics import commands, daily, day_sheets
from shuxiang.statistics.day_sheets import Breakdown, DaySheet, sheet
from tests.statistics.rows import Row, Rows
from tests.support.library import Contexts, Library, moment
from tests.support.statements import counted
from tests.support.stocked import Stocked, build

CODES = {
    "visit_gate": "visits.entered",
    "loan_vol": "loan.opened",
    "return_vol": "loan.closed",
    "renew_vol": "loan.renewed",
    "read_vol": "item.used",
    "cards_new": "card.issued",
    "cards_replaced": "card.replaced",
}
JUNE = date(2020, 6, 1), date(2020, 6, 30)


def table(made: DaySheet, by: str) -> Breakdown:
    return next(t for t in made.tables if t.by == by)


def numbers(made: DaySheet, by: str) -> dict[str, dict[str, int]]:
    """Lines of a table that have anything, by their key: what is not 0, by code."""
    found = {}
    for line in table(made, by).lines:
        pairs = zip(table(made, by).measures, line.numbers, strict=True)
        told = {m.code: n for m, n in pairs if n}
        if told:
            found[line.key] = told
    return found


def naive(
    rows: Rows, by: Callable[[Row], str], codes: tuple[str, ...], of: Callable[[Row], bool]
) -> dict[str, dict[str, int]]:
    """The same counted row by row in Python."""
    found: dict[str, dict[str, int]] = {}
    net: dict[Any, int] = {}
    for row in filter(of, rows.written):
        key = by(row)
        for code in codes:
            if code == "loan_person" and row["type"] == "loan.opened" and row["patron"]:
                who = (key, row["patron"], row["place"], row["business_date"])
                net[who] = net.get(who, 0) + row["quantity"]
            elif CODES.get(code) == row["type"] and (
                code != "cards_new" or row["source"] == "first"
            ):
                line = found.setdefault(key, {})
                line[code] = line.get(code, 0) + row["quantity"]
    for (key, *_), quantity in net.items():
        if quantity > 0:
            line = found.setdefault(key, {})
            line["loan_person"] = line.get("loan_person", 0) + 1
    kept = {k: {c: n for c, n in line.items() if n} for k, line in found.items()}
    return {k: line for k, line in kept.items() if line}


@pytest.fixture
def june(library: Library, rows: Rows, reader: Callable[[str], str]) -> Rows:
    """400 acts of May to July at four places by three clerks, some taken back by another clerk."""
    dice = random.Random(7)
    clerks = [library.staff["desk"], library.staff["branch"], library.staff["director"]]
    places = [library.main, library.east, library.west, library.point]
    for _ in range(400):
        kind = dice.choice(list(CODES.values()))
        values: dict[str, Any] = {"actor_kind": "staff", "actor": dice.choice(clerks)}
        if kind.startswith(("loan", "item")):
            values["clc"] = dice.choice(["I", "K", "TP", "I", ""])
        if kind.startswith(("loan", "card")):
            values["reader_category"] = dice.choice(["adult", "child"])
        if kind == "loan.opened":
            values["patron"] = reader(str(dice.randrange(12)))
        if kind == "card.issued":
            values["source"] = dice.choice(["first", "first", "legacy"])
        if kind == "visits.entered":
            values |= {"quantity": dice.randrange(1, 90), "source": "manual"}
        if dice.random() < 0.05:
            values |= {"actor_kind": "patron", "actor": "", "channel": "portal"}
        day = date(2020, 5, 25) + timedelta(days=dice.randrange(45))
        row = rows.add(kind, day, dice.choice(places), **values)
        if kind.startswith("loan") and dice.random() < 0.2:
            back = rows.reverse(row)
            assert back["quantity"] == -1
    daily.refresh()
    return rows


def in_june(row: Row) -> bool:
    return JUNE[0] <= row["business_date"] <= JUNE[1]


def test_each_table_equals_a_naive_count(library: Library, june: Rows) -> None:
    made = sheet(*JUNE, place_id=library.main, scope=BRANCHES_TOO)
    columns = day_sheets.COLUMNS
    plain = {
        "place": lambda r: r["place"],
        "day": lambda r: r["business_date"].isoformat(),
        "reader_category": lambda r: r["reader_category"],
        "clc": lambda r: r["clc"],
    }
    for by, key in plain.items():
        assert numbers(made, by) == naive(june, key, columns[by], in_june), by  # type: ignore[index]
    by_clerk = naive(
        june,
        lambda r: f"staff {r['actor']}" if r["actor"] else "读者自助（网上）",
        columns["operator"],
        in_june,
    )
    assert numbers(made, "operator") == by_clerk
    assert len(by_clerk) == 4
    assert not made.behind


def test_every_table_adds_up_to_the_same_total(library: Library, june: Rows) -> None:
    made = sheet(*JUNE, place_id=library.main, scope=BRANCHES_TOO)
    whole = {s.measure.code: s.value for s in made.summary}
    assert whole["loan_vol"] == june.sum("loan.opened", in_june)
    assert whole["cards_new"] == june.sum(
        "card.issued", lambda r: in_june(r) and r["source"] == "first"
    )
    for each in made.tables:
        for at, measure in enumerate(each.measures):
            assert each.total[at] == whole[measure.code], (each.by, measure.code)
            assert sum(line.numbers[at] or 0 for line in each.lines) == whole[measure.code]
    classes = table(made, "clc").lines
    assert [line.key for line in classes[:22]] == [*"ABCDEFGHIJKNOPQRSTUVXZ"]
    assert [line.key for line in classes[22:]] == ["TP", ""]


@pytest.mark.parametrize("scope", [LIBRARY_ALONE, BRANCHES_TOO])
def test_one_day_of_one_site_or_with_its_branches(library: Library, june: Rows, scope: str) -> None:
    day = date(2020, 6, 10)
    made = sheet(day, day, place_id=library.east, scope=scope)  # type: ignore[arg-type]
    inside = [library.east] if scope == LIBRARY_ALONE else [library.east, library.point]

    def here(row: Row) -> bool:
        return row["business_date"] == day and row["place"] in inside

    assert [t.by for t in made.tables] == ["place", "operator", "reader_category", "clc"]
    assert numbers(made, "place") == naive(
        june, lambda r: r["place"], day_sheets.COLUMNS["place"], here
    )
    assert [line.key for line in table(made, "place").lines] == inside
    week_before = date(2020, 6, 3)
    lent = next(s for s in made.summary if s.measure.code == "loan_vol")
    assert lent.before == june.sum(
        "loan.opened", lambda r: r["business_date"] == week_before and r["place"] in inside
    )
    assert made.compared == "上周同日"
    assert made.title == "东区分馆 2020-06-10 日报"


def test_visits_nobody_entered_are_a_gap_and_not_a_nought(library: Library) -> None:
    day = date(2020, 6, 10)
    made = sheet(day, day, place_id=library.main, scope=BRANCHES_TOO)
    values = {s.measure.code: s.value for s in made.summary}
    assert values["visit_gate"] is None
    assert values["read_vol"] is None
    assert values["loan_vol"] == 0
    first = table(made, "place").lines[0]
    assert first.numbers[0] is None


def test_undo_is_taken_off_who_lent(library: Library, ctx: Contexts) -> None:
    """An act the director takes back is off the desk's numbers, and nobody has less than none."""
    stocked: Stocked = build(library)
    at = moment("2020-06-10", "09:00")
    for barcode in ("B001", "B002"):
        circulation.check_out(
            item_barcode=barcode,
            card=stocked.cards["adult"],
            ctx=ctx("desk", at=at, key=new_id()),
        )
    mistaken = next(
        one.id for one in loans.open_loans(stocked.patrons["adult"]) if one.barcode == "B002"
    )
    soon = at + timedelta(seconds=20)
    circulation.undo(
        act="check_out", subject=mistaken, done_at=at, ctx=ctx("director", at=soon, key=new_id())
    )
    daily.refresh()
    made = sheet(at.date(), at.date(), place_id=library.main, scope=LIBRARY_ALONE)
    lines = {line.name: line.numbers[0] for line in table(made, "operator").lines}
    assert lines["流通馆员"] == 1
    assert lines.get("馆长", 0) == 0
    assert sum(v or 0 for v in lines.values()) == 1


def test_a_count_of_a_whole_month_is_said(library: Library, ctx: Contexts) -> None:
    commands.enter_visits(
        place=library.east, day=date(2020, 6, 9), number=120, source="manual", whole_month=True,
        ctx=ctx("desk", place=library.east, at=moment("2020-07-01"), key=new_id()),
    )  # fmt: skip
    daily.refresh()
    first = sheet(date(2020, 6, 1), date(2020, 6, 1), place_id=library.main, scope=BRANCHES_TOO)
    assert first.notes == ("进馆人次中有 120 是按月录入的（2020 年 6 月），记在 6 月 1 日",)
    assert first.summary[0].value == 120
    later = sheet(date(2020, 6, 2), date(2020, 6, 2), place_id=library.main, scope=BRANCHES_TOO)
    assert later.notes == ()


def test_a_running_month_shows_the_days_that_came(library: Library, june: Rows) -> None:
    made = sheet(*JUNE, place_id=library.main, scope=BRANCHES_TOO, until=date(2020, 6, 12))
    assert len(table(made, "day").lines) >= 12
    assert made.compared == "上年同期"
    assert made.notes[0] == "截至 2020-06-12"
    whole = sheet(*JUNE, place_id=library.main, scope=BRANCHES_TOO)
    assert len(table(whole, "day").lines) == 30
    assert whole.title == "总馆 2020 年 6 月月报"
    assert whole.compared == "上年同月"


def test_acts_not_yet_counted_are_announced(library: Library, rows: Rows) -> None:
    rows.add("loan.opened", "2020-06-10", library.main)
    day = date(2020, 6, 10)
    assert sheet(day, day, place_id=library.main, scope=BRANCHES_TOO).behind
    before = date(2020, 6, 9)
    assert not sheet(before, before, place_id=library.main, scope=BRANCHES_TOO).behind


@pytest.mark.parametrize("days", [-1, 366])
def test_a_period_must_be_one(library: Library, days: int) -> None:
    first = date(2020, 1, 1)
    with pytest.raises(ValueError, match="no period"):
        sheet(first, first + timedelta(days=days), place_id=library.main, scope=BRANCHES_TOO)


def test_more_days_and_places_take_no_more_queries(library: Library, june: Rows) -> None:
    def cost(first: date, last: date, place: str) -> int:
        sheet(first, last, place_id=place, scope=BRANCHES_TOO)
        with counted() as ran:
            sheet(first, last, place_id=place, scope=BRANCHES_TOO)
        return ran.number

    day = date(2020, 6, 10)
    # Ten of the sheet's own; what is cached may be looked at again.
    for first, last in ((day, day), JUNE, (date(2020, 1, 1), date(2020, 12, 31))):
        for place in (library.point, library.main):
            assert cost(first, last, place) <= 14


def test_asking_whether_counts_are_behind_never_reads_the_whole_ledger(
    library: Library, june: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is looked up from the few rows that are pending or not yet delivered."""
    if not sql.is_sqlite():
        pytest.skip("the plan is SQLite's")
    plans = []
    real = sql.one

    def one(text: str, *values: Any) -> Any:
        if "ledger_event" in text:
            plans.append([row[3] for row in sql.all(f"EXPLAIN QUERY PLAN {text}", *values)])
        return real(text, *values)

    monkeypatch.setattr(sql, "one", one)
    assert not daily.behind(JUNE[1])
    assert len(plans) == 2
    for plan in plans:
        assert plan[-1] == "SEARCH e USING INDEX sqlite_autoindex_ledger_event_1 (id=?)"
