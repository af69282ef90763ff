"""Sums and decisions of buying as tables (row I1; cases AQ-, SG-)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.apps.acquisitions import rules
from shuxiang.apps.acquisitions.rules import LineFacts

LINE = LineFacts(ordered=5, price_fen=2980, rate=6800)


@pytest.mark.parametrize(
    ("price", "copies", "rate", "net"),
    [
        (2980, 1, 6800, 2026),  # 20.264
        (2980, 5, 6800, 10132),
        (3500, 3, 7500, 7875),
        (1999, 1, 5000, 1000),  # 9.995 is rounded up
        (2980, 5, 10000, 14900),
        (2980, 0, 6800, 0),
        (0, 5, 6800, 0),
    ],
)
def test_aq_1_net_of_list(price: int, copies: int, rate: int, net: int) -> None:
    assert rules.net(price, copies, rate) == net


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (10, [5, 3, 2], (5, 3, 2)),
        (7, [0, 0], (4, 3)),
        (1, [1, 2], (0, 1)),
        (0, [3, 4], (0, 0)),
        (5, [], ()),
    ],
)
def test_aq_2_a_total_is_spread_to_the_fen(
    total: int, weights: list[int], parts: tuple[int, ...]
) -> None:
    assert rules.spread(total, weights) == parts


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=40))
def test_aq_2_parts_always_sum_to_the_total(total: int, weights: list[int]) -> None:
    parts = rules.spread(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0


@pytest.mark.parametrize(
    ("wanted", "copies", "got"),
    [
        ([2, 2, 1], 5, (2, 2, 1)),
        ([2, 2, 1], 3, (1, 1, 1)),
        ([2, 2, 1], 4, (2, 1, 1)),
        ([0, 2], 1, (0, 1)),
        ([2, 1], 5, (4, 1)),
        ([2], 0, (0,)),
        ([], 3, ()),
    ],
)
def test_aq_3_copies_are_allotted_in_turn(
    wanted: list[int], copies: int, got: tuple[int, ...]
) -> None:
    assert rules.allot(wanted, copies) == got


def place(**changed: object) -> tuple[str, ...]:
    facts = {"state": "draft", "lines": 1, "needed": 100, "available": 100, "fund_closed": False,
             "on": 2020, "year": 2020}  # fmt: skip
    return rules.may_place(**(facts | changed)).codes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, ()),
        ({"needed": 101}, ("fund-exceeded",)),
        ({"state": "placed"}, ("order-state",)),
        ({"lines": 0, "needed": 0}, ("order-empty",)),
        ({"fund_closed": True}, ("fund-closed",)),
        ({"on": 2021}, ("fund-closed",)),
        ({"state": "closed", "lines": 0, "on": 2019, "needed": 999},
         ("order-state", "order-empty", "fund-closed", "fund-exceeded")),
    ],
)  # fmt: skip
def test_aq_5_an_order_goes_out(changed: dict[str, object], codes: tuple[str, ...]) -> None:
    assert place(**changed) == codes


@pytest.mark.parametrize(
    ("state", "copies", "damaged", "codes"),
    [
        ("placed", 5, 0, ()),
        ("placed", 3, 2, ()),
        ("placed", 0, 1, ()),
        ("placed", 6, 0, ("receive-surplus",)),
        ("placed", 0, 0, ("copies-number",)),
        ("placed", -1, 3, ("copies-number",)),
        ("placed", 201, 0, ("copies-number", "receive-surplus")),
        ("draft", 1, 0, ("order-state",)),
        ("closed", 1, 0, ("order-state",)),
    ],
)
def test_aq_6_copies_come(state: str, copies: int, damaged: int, codes: tuple[str, ...]) -> None:
    found = rules.may_receive(state=state, line=LINE, copies=copies, damaged=damaged)
    assert found.codes == codes


@pytest.mark.parametrize(
    ("line", "copies", "codes"),
    [
        (LINE, 5, ()),
        (LINE, 6, ("cancel-number",)),
        (LINE, 0, ("cancel-number",)),
        (LineFacts(ordered=5, received=4, price_fen=1, rate=1), 1, ()),
        (LineFacts(ordered=5, received=4, price_fen=1, rate=1), 2, ("cancel-number",)),
        (LineFacts(ordered=5, invoiced=4, price_fen=1, rate=1), 2, ("cancel-number",)),
        (LineFacts(ordered=5, cancelled=5, price_fen=1, rate=1), 1, ("cancel-number",)),
    ],
)
def test_aq_7_copies_are_cancelled(line: LineFacts, copies: int, codes: tuple[str, ...]) -> None:
    assert rules.may_cancel(state="placed", line=line, copies=copies).codes == codes


CAME = LineFacts(ordered=5, received=5, price_fen=2980, rate=6800)


@pytest.mark.parametrize(
    ("copies", "total", "freight", "codes"),
    [
        ([(CAME, 5)], 10132, 0, ()),
        ([(CAME, 5)], 10130, 0, ()),  # 5 × 20.26, rounded copy by copy
        ([(CAME, 5)], 11132, 1000, ()),
        ([(CAME, 5)], 10120, 0, ("invoice-difference",)),
        ([(CAME, 5)], 500, 1000, ("invoice-difference",)),
        ([(CAME, 6)], 12158, 0, ("invoice-over",)),
        ([(LINE, 5)], 10132, 0, ("invoice-early",)),
        ([], 0, 0, ("invoice-empty",)),
        ([(CAME, -1)], -2026, 0, ("copies-number", "invoice-difference")),
    ],
)
def test_aq_8_an_invoice(
    copies: list[tuple[LineFacts, int]], total: int, freight: int, codes: tuple[str, ...]
) -> None:
    found = rules.may_invoice(
        state="placed", copies=copies, total_fen=total, freight_fen=freight, exists=False
    )
    assert found.codes == codes


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("9787020002207", "红楼梦", ""), ("7-02-000220-X", "别的写法", "曹雪芹"), True),
        (("", "三体 Ⅱ：黑暗森林", "刘慈欣"), ("", "三体II:黑暗森林", "刘慈欣 著"), True),
        (("", "三体", "刘慈欣"), ("", "三体", ""), False),
        (("123", "三体", "刘慈欣"), ("", "三体", "刘慈欣"), True),
    ],
)
def test_sg_1_the_same_book_is_one_suggestion(
    one: tuple[str, str, str], other: tuple[str, str, str], same: bool
) -> None:
    keys = [rules.suggestion_key(isbn=i, title=t, author=a) for i, t, a in (one, other)]
    assert (keys[0] == keys[1]) is same


@pytest.mark.parametrize(
    ("state", "accepted", "why", "codes"),
    [
        ("asked", True, "", ()),
        ("asked", False, "已有多种同类书", ()),
        ("asked", False, " ", ("reason-missing",)),
        ("accepted", False, "绝版", ()),
        ("accepted", True, "", ("suggestion-state",)),
        ("arrived", False, "晚了", ("suggestion-state",)),
    ],
)
def test_sg_3_a_suggestion_is_decided(
    state: str, accepted: bool, why: str, codes: tuple[str, ...]
) -> None:
    assert rules.may_decide(state=state, accepted=accepted, why=why).codes == codes
