"""C4, C5, L1, I9: what a late book costs, as tables and as properties. No database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.apps.fees import rules

D = date(2020, 6, 1)


def row(kind: str = "overdue", **values: object) -> rules.Rule:
    given = {"id": "r", "place": "p", "depth": 1, "valid_from": date(2020, 1, 1)} | values
    return rules.Rule(kind=kind, **given)  # type: ignore[arg-type]


def late(count: int, closed: frozenset[date] = frozenset()) -> list[date]:
    return rules.late_days(D, D + timedelta(days=count), lambda day: day not in closed)


@pytest.mark.parametrize(
    ("case", "days", "rule", "amount", "counted", "working"),
    [
        ("FE-1 on the due date", 0, row(amount_fen=20), 0, 0, ""),
        ("FE-1 a day late", 1, row(amount_fen=20), 20, 1, "1x20"),
        ("FE-3 within the days of grace", 3, row(amount_fen=20, grace_days=3), 0, 0, ""),
        ("FE-3 beyond them only the rest", 5, row(amount_fen=20, grace_days=3), 40, 2, "2x20"),
        ("FE-4 the cap", 60, row(amount_fen=20, cap_fen=1000), 1000, 60, "60x20"),
        ("FE-4 a cap of nothing charges nothing", 60, row(amount_fen=20, cap_fen=0), 0, 0, ""),
        ("FE-5 a row that says nothing is charged", 9, row(amount_fen=0), 0, 0, ""),
    ],
)
def test_l1_overdue(
    case: str, days: int, rule: rules.Rule, amount: int, counted: int, working: str
) -> None:
    found = rules.overdue(late(days), lambda _day: rule, on=D + timedelta(days=days))
    assert (found.amount_fen, found.days, found.working) == (amount, counted, working), case


def test_l1_each_day_costs_what_the_row_of_that_day_says() -> None:
    rows = [
        row(id="a", amount_fen=10, valid_from=date(2020, 6, 4), valid_to=date(2020, 6, 6)),
        row(id="b", amount_fen=30, valid_from=date(2020, 6, 7), cap_fen=500),
    ]

    def price(day: date) -> rules.Rule | None:
        return rules.choose(rows, "overdue", reader_category="adult", on=day)

    found = rules.overdue(late(8), price, on=D + timedelta(days=8))
    assert (found.amount_fen, found.working, found.cap_fen) == (120, "3x10+3x30", 500)
    # Given back when nothing is charged any more: nothing is.
    ended = rules.overdue(late(8), lambda day: price(day) if day < D else None, on=D)
    assert ended == rules.Overdue()


def test_l1_the_most_specific_row_decides() -> None:
    rows = [
        row(id="all", depth=1, amount_fen=20),
        row(id="child", depth=1, reader_category="child", amount_fen=0),
        row(id="east", depth=2, amount_fen=50),
        row(id="later", depth=2, amount_fen=60, valid_from=date(2020, 7, 1)),
        row("limit", id="limit", amount_fen=500),
    ]
    for category, on, wanted in (
        ("adult", D, "east"),
        ("child", D, "east"),
        ("adult", date(2020, 7, 1), "later"),
        ("adult", date(2019, 12, 31), None),
    ):
        found = rules.choose(rows, "overdue", reader_category=category, on=on)
        assert (found.id if found else None) == wanted
    above = [r for r in rows if r.depth == 1]
    chosen = rules.choose(above, "overdue", reader_category="child", on=D)
    assert chosen is not None
    assert chosen.id == "child"


closed_days = st.frozensets(st.integers(1, 90).map(lambda n: D + timedelta(days=n)), max_size=60)
fee_rows = st.builds(
    row,
    amount_fen=st.integers(0, 500),
    cap_fen=st.none() | st.integers(0, 5000),
    grace_days=st.integers(0, 10),
)


@given(st.integers(0, 90), closed_days, closed_days, fee_rows)
def test_i9_a_closed_day_more_never_raises_a_fine(
    days: int, closed: frozenset[date], more: frozenset[date], rule: rules.Rule
) -> None:
    on = D + timedelta(days=days)
    before = rules.overdue(late(days, closed), lambda _day: rule, on=on)
    after = rules.overdue(late(days, closed | more), lambda _day: rule, on=on)
    assert after.amount_fen <= before.amount_fen
    if rule.cap_fen is not None:
        assert before.amount_fen <= rule.cap_fen
    assert before.days <= days - len({d for d in closed if d <= on})


@given(st.integers(0, 90), closed_days, st.lists(fee_rows, min_size=1, max_size=4))
def test_i9_recomputing_from_what_is_frozen_gives_the_same(
    days: int, closed: frozenset[date], rows: list[rules.Rule]
) -> None:
    on = D + timedelta(days=days)
    found = rules.overdue(late(days, closed), lambda day: rows[day.day % len(rows)], on=on)
    if found.amount_fen:
        assert rules.worked_out(found.working, found.cap_fen) == found.amount_fen


@pytest.mark.parametrize(
    ("case", "days", "rule", "left", "points", "until"),
    [
        ("PT-1 one a book-day", 3, row("points", points=10, per_day=1), 10, 3, None),
        ("PT-2 never more than are left", 40, row("points", points=10, per_day=1), 4, 4, None),
        ("PT-2 nothing left to lose", 40, row("points", points=10, per_day=1), 0, 0, None),
        ("PT-1 grace", 3, row("points", points=10, per_day=2, grace_days=1), 10, 4, None),
        (
            "PT-3 back after 30 days",
            2,
            row("points", points=10, per_day=1, restore_days=30),
            10,
            2,
            D + timedelta(days=32),
        ),
        (
            "PT-1 not for days before the row",
            5,
            row("points", points=10, per_day=1, valid_from=D + timedelta(days=4)),
            10,
            2,
            None,
        ),
    ],
)
def test_c5_points_lost(
    case: str, days: int, rule: rules.Rule, left: int, points: int, until: date | None
) -> None:
    loss = rules.points_lost(late(days), rule, left=left, on=D + timedelta(days=days))
    assert (loss.points, loss.until) == (points, until), case


def test_c5_points_come_back_on_their_day() -> None:
    rule = row("points", points=10, per_day=1)
    losses = [(6, D + timedelta(days=10)), (4, None)]
    assert rules.points_left(rule, losses, on=D) == 0
    assert rules.thaws_on(rule, losses, on=D) == D + timedelta(days=10)
    assert rules.points_left(rule, losses, on=D + timedelta(days=10)) == 6
    assert rules.thaws_on(rule, [(10, None)], on=D) is None


@pytest.mark.parametrize(
    ("case", "standing", "row_", "price", "codes"),
    [
        ("FE-6 at the limit", {"owed_fen": 500}, row("limit", amount_fen=500), None, ()),
        ("FE-6 above", {"owed_fen": 501}, row("limit", amount_fen=500), None, ("fees-owed",)),
        ("PT-4", {"losses": ((10, None),)}, row("points", points=10), None, ("points-frozen-for-good",)),
        ("PT-4 dated", {"losses": ((10, date(2020, 7, 1)),)}, row("points", points=10), None, ("points-frozen",)),
        ("DE-1", {}, row("deposit", amount_fen=10000), None, ("deposit-missing",)),
        ("DE-1 too small", {"deposit_fen": 9999}, row("deposit", amount_fen=10000), None, ("deposit-missing",)),
        ("DE-1 enough", {"deposit_fen": 10000}, row("deposit", amount_fen=10000), 20000, ()),
        ("DE-2", {"deposit_fen": 10000}, row("deposit", amount_fen=10000, price_cap=True), 10001, ("price-above-deposit",)),
        ("DE-2 as dear", {"deposit_fen": 10000}, row("deposit", amount_fen=10000, price_cap=True), 10000, ()),
        ("DE-2 without a price", {"deposit_fen": 10000}, row("deposit", amount_fen=10000, price_cap=True), None, ()),
        ("DE-3 credit", {"credit": True}, row("deposit", amount_fen=10000, price_cap=True), 10001, ()),
    ],
)  # fmt: skip
def test_c4_c5_l1_against_lending(
    case: str,
    standing: dict[str, object],
    row_: rules.Rule,
    price: int | None,
    codes: tuple[str, ...],
) -> None:
    given = {"limit": None, "points": None, "deposit": None, row_.kind: row_}
    found = rules.against_lending(
        rules.Standing(**standing),  # type: ignore[arg-type]
        price_fen=price,
        on=D,
        **given,
    )
    assert tuple(r.code for r in found) == codes, case


@given(st.integers(1, 10**6), st.lists(st.integers(0, 10**5), max_size=12))
def test_l1_allocation_never_gives_more_than_there_is(amount: int, open_fen: list[int]) -> None:
    parts = rules.allocate(amount, [(str(n), fen) for n, fen in enumerate(open_fen)])
    assert sum(part for _, part in parts) == min(amount, sum(open_fen))
    assert all(0 < part <= open_fen[int(charge)] for charge, part in parts)
    assert [int(charge) for charge, _ in parts] == sorted(int(charge) for charge, _ in parts)
