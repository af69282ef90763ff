"""Shelf order and signatures, as tables (row K1)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.apps.stockcontrol import rules
from shuxiang.apps.stockcontrol.rules import Signed


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ("", ()),
        ("abc", ()),
        ("aabbc", ()),
        ("abzcd", (2,)),
        ("zabcd", (0,)),
        ("bcda", (3,)),
        ("ab cd", ()),
        ("az bc", (1,)),
        ("cba", (0, 1)),
    ],
)
def test_k1_what_stands_in_the_wrong_order(keys: str, wrong: tuple[int, ...]) -> None:
    assert rules.out_of_order([key.strip() for key in keys]) == wrong


@given(st.lists(st.sampled_from("abcd"), max_size=8))
def test_k1_as_few_books_as_can_be_are_called_misordered(keys: list[str]) -> None:
    wrong = rules.out_of_order(keys)
    left = [key for at, key in enumerate(keys) if at not in wrong]
    assert left == sorted(left)
    longest = max(
        len(kept)
        for size in range(len(keys) + 1)
        for kept in itertools.combinations(keys, size)
        if list(kept) == sorted(kept)
    )
    assert len(left) == longest


@pytest.mark.parametrize(
    ("state", "expected", "missing", "scans", "codes"),
    [
        ("open", 100, 3, 97, ()),
        ("open", 0, 0, 1, ()),
        ("open", 100, 0, 0, ("inventory-empty",)),
        ("closed", 100, 3, 97, ("inventory-closed",)),
        ("undone", 100, 3, 97, ("inventory-closed",)),
        ("open", 100, 20, 80, ()),
        ("open", 100, 21, 79, ("inventory-much-missing",)),
        ("open", 20, 19, 1, ()),
        ("open", 20, 20, 1, ("inventory-much-missing",)),
    ],
)
def test_k1_when_an_inventory_may_be_closed(
    state: str, expected: int, missing: int, scans: int, codes: tuple[str, ...]
) -> None:
    decision = rules.may_close(state=state, expected=expected, missing=missing, scans=scans)
    assert tuple(r.code for r in decision.reasons) == codes


@pytest.mark.parametrize(
    ("step", "signed", "actor", "lines", "codes"),
    [
        ("propose", Signed("draft"), "a", 1, ()),
        ("propose", Signed("draft"), "a", 0, ("withdrawal-empty",)),
        ("propose", Signed("proposed", "a"), "a", 1, ("withdrawal-state",)),
        ("review", Signed("proposed", "a"), "b", 1, ()),
        ("review", Signed("proposed", "a"), "a", 1, ("withdrawal-same-person",)),
        ("review", Signed("draft"), "b", 1, ("withdrawal-state",)),
        ("approve", Signed("reviewed", "a", "b"), "c", 1, ()),
        ("approve", Signed("reviewed", "a", "b"), "a", 1, ("withdrawal-same-person",)),
        ("approve", Signed("reviewed", "a", "b"), "b", 1, ("withdrawal-same-person",)),
        ("approve", Signed("proposed", "a"), "c", 1, ("withdrawal-state",)),
        ("approve", Signed("approved", "a", "b"), "c", 1, ("withdrawal-state",)),
        ("approve", Signed("refused", "a", "b"), "c", 1, ("withdrawal-state",)),
    ],
)
def test_k1_a_withdrawal_is_signed_in_order_by_three_persons(
    step: str, signed: Signed, actor: str, lines: int, codes: tuple[str, ...]
) -> None:
    decision = rules.may_sign(step, signed, actor, lines=lines)
    assert tuple(r.code for r in decision.reasons) == codes


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, ""),
        ({"status": "missing"}, ""),
        ({"status": "withdrawn"}, "item-withdrawn"),
        ({"on_loan": True}, "withdrawal-on-loan"),
        ({"under_way": True}, "withdrawal-under-way"),
        ({"held": True}, "withdrawal-held"),
    ],
)
def test_k1_what_is_not_withdrawn(facts: dict[str, object], code: str) -> None:
    usual = {"status": "available", "on_loan": False, "under_way": False, "held": False}
    why = rules.against_withdrawing(**(usual | facts))  # type: ignore[arg-type]
    assert (why.code if why else "") == code
