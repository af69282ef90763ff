"""The decision tables of docs/circulation/loans.md, case by case (rows D1, E1, E2, E3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from shuxiang.apps.circulation import rules
from shuxiang.apps.circulation.rules import Borrower, OpenLoan, Rule
from shuxiang.kernel.decision import Decision, Severity, stop

DAY = date(2020, 6, 10)
AT = datetime(2020, 6, 10, 2, tzinfo=UTC)


def rule(**values: object) -> Rule:
    usual: dict[str, object] = {
        "id": "r",
        "place": "main",
        "depth": 1,
        "valid_from": date(2020, 1, 1),
        "loan_limit": 5,
        "loan_days": 30,
    }
    return Rule(**(usual | values))  # type: ignore[arg-type]


def loan(**values: object) -> OpenLoan:
    usual: dict[str, object] = {
        "id": "l",
        "patron": "p",
        "lent_at": AT,
        "due_on": DAY + timedelta(days=30),
        "renewals": 0,
        "place": "main",
        "lent_on": DAY,
    }
    return OpenLoan(**(usual | values))  # type: ignore[arg-type]


def reader(**values: object) -> Borrower:
    return Borrower(**({"patron": "p"} | values))  # type: ignore[arg-type]


CHECK_OUT = [
    # case, status, lendable, loan, reader, rule, codes
    ("CO-8", "available", True, None, reader(), rule(), []),
    ("CO-1", "available", True, None, reader(reasons=(stop("card-lost"),)), rule(), ["card-lost"]),
    ("CO-2", "withdrawn", True, None, reader(), rule(), ["item-withdrawn"]),
    ("CO-2.1", "lost", True, None, reader(), rule(), ["item-found-again"]),
    ("CO-2.1", "missing", True, None, reader(), rule(), ["item-found-again"]),
    ("CO-2.2", "in_processing", True, None, reader(), rule(), ["item-in-processing"]),
    ("CO-2.2", "damaged", True, None, reader(), rule(), ["item-damaged"]),
    ("CO-2.3", "available", False, None, reader(), rule(), ["item-not-lendable"]),
    ("CO-3", "available", True, loan(patron="q"), reader(), rule(), ["item-on-loan"]),
    ("CO-4", "available", True, None, reader(), None, ["no-rule"]),
    ("CO-5", "available", True, None, reader(), rule(lendable=False), ["rule-not-lendable"]),
    ("CO-6", "available", True, None, reader(open_loans=4), rule(), []),
    ("CO-6", "available", True, None, reader(open_loans=5), rule(), ["loan-limit"]),
    ("CO-6", "available", True, None, reader(open_loans=6), rule(), ["loan-limit"]),
    ("CO-7", "available", True, None, reader(overdue_loans=1), rule(), ["overdue-loans"]),
    ("CO-7", "available", True, None, reader(overdue_loans=1), rule(overdue_blocks=False), []),
    (
        "all at once",
        "damaged",
        False,
        loan(patron="q"),
        reader(reasons=(stop("card-expired"),), open_loans=5, overdue_loans=2),
        rule(),
        [
            "card-expired",
            "item-damaged",
            "item-not-lendable",
            "item-on-loan",
            "loan-limit",
            "overdue-loans",
        ],
    ),
]


@pytest.mark.parametrize("case", CHECK_OUT, ids=[f"{c[0]}-{n}" for n, c in enumerate(CHECK_OUT)])
def test_check_out_collects_every_reason(case: tuple) -> None:  # type: ignore[type-arg]
    _, status, lendable, open_loan, borrower, deciding, codes = case
    decision = rules.may_check_out(
        status=status,
        category_lendable=lendable,
        loan=open_loan,
        borrower=borrower,
        rule=deciding,
    )
    assert list(decision.codes) == codes
    assert decision.allowed == (not codes)


def test_found_again_asks_and_withdrawn_stops() -> None:
    assert rules.item_reasons("lost", category_lendable=True)[0].severity is Severity.ASK
    assert rules.item_reasons("withdrawn", category_lendable=True)[0].severity is Severity.STOP


@pytest.mark.parametrize(
    ("seconds", "patron", "place", "same"),
    [
        (0, "p", "main", True),
        (5, "p", "main", True),
        (6, "p", "main", False),
        (1, "q", "main", False),
        (1, "p", "east", False),
    ],
)
def test_co_3_1_the_same_scan_again(seconds: int, patron: str, place: str, same: bool) -> None:
    again = rules.is_repeat(loan(), patron=patron, place=place, at=AT + timedelta(seconds=seconds))
    assert again is same


RENEW = [
    ("RN-6", loan(), reader(), rule(), DAY + timedelta(days=60), DAY, []),
    ("RN-2", loan(due_on=DAY), reader(), rule(), DAY + timedelta(days=30), DAY, []),
    (
        "RN-2",
        loan(due_on=DAY),
        reader(),
        rule(),
        DAY + timedelta(days=30),
        DAY + timedelta(days=1),
        ["renewal-overdue"],
    ),
    (
        "RN-2",
        loan(due_on=DAY),
        reader(),
        rule(renew_overdue=True),
        DAY + timedelta(days=30),
        DAY + timedelta(days=1),
        [],
    ),
    (
        "RN-3",
        loan(renewals=1),
        reader(),
        rule(),
        DAY + timedelta(days=60),
        DAY,
        ["renewal-limit"],
    ),
    (
        "RN-4",
        loan(),
        reader(),
        rule(renew_within_days=7),
        DAY + timedelta(days=60),
        DAY,
        ["renewal-too-early"],
    ),
    (
        "RN-4",
        loan(),
        reader(),
        rule(renew_within_days=7),
        DAY + timedelta(days=60),
        DAY + timedelta(days=23),
        [],
    ),
    ("RN-5", loan(), reader(), rule(), DAY + timedelta(days=30), DAY, ["renewal-adds-nothing"]),
    ("CO-4", loan(), reader(), None, DAY + timedelta(days=60), DAY, ["no-rule"]),
]


@pytest.mark.parametrize("case", RENEW, ids=[f"{c[0]}-{n}" for n, c in enumerate(RENEW)])
def test_renewal(case: tuple) -> None:  # type: ignore[type-arg]
    _, open_loan, borrower, deciding, new_due, on, codes = case
    decision = rules.may_renew(
        loan=open_loan, borrower=borrower, rule=deciding, new_due=new_due, on=on
    )
    assert list(decision.codes) == codes


def test_renewal_counts_from_due_date_or_from_today_and_is_bounded() -> None:
    assert rules.renewal_base(rule(), due_on=DAY, on=DAY - timedelta(days=9)) == DAY
    early = DAY - timedelta(days=9)
    assert rules.renewal_base(rule(renew_from="today"), due_on=DAY, on=early) == early
    assert rules.longest_due(rule(most_extra_days=15), DAY) == DAY + timedelta(days=45)
    assert rules.longest_due(rule(), DAY) is None


CHECK_IN = [
    ("CI-1", loan(), "main", "main", "main", DAY, []),
    ("CI-2", loan(due_on=DAY - timedelta(days=3)), "main", "main", "main", DAY, ["was-overdue"]),
    ("CI-2", loan(due_on=DAY), "main", "main", "main", DAY, []),
    ("CI-3", loan(), "east", "main", "main", DAY, ["belongs-elsewhere"]),
    ("CI-4", None, "main", "east", "main", DAY, ["moved-here"]),
    ("CI-6", None, "main", "main", "main", DAY, []),
]


@pytest.mark.parametrize("case", CHECK_IN, ids=[f"{c[0]}-{n}" for n, c in enumerate(CHECK_IN)])
def test_check_in_tells(case: tuple) -> None:  # type: ignore[type-arg]
    _, open_loan, owner, holder, place, on, codes = case
    tells = rules.check_in_tells(loan=open_loan, owner=owner, holder=holder, place=place, on=on)
    assert [t.code for t in tells] == codes
    assert Decision(tells).allowed


IN_HOUSE = [
    ("IU-4", "available", None, None, []),
    ("IU-1", "available", loan(), None, ["in-house-on-loan"]),
    ("IU-2", "available", None, AT - timedelta(minutes=9), ["just-used"]),
    ("IU-2", "available", None, AT - timedelta(minutes=10), []),
    ("IU-3", "withdrawn", None, None, ["item-withdrawn"]),
]


@pytest.mark.parametrize("case", IN_HOUSE, ids=[f"{c[0]}-{n}" for n, c in enumerate(IN_HOUSE)])
def test_e3_in_house_use_counts_once_a_pick_up(case: tuple) -> None:  # type: ignore[type-arg]
    _, status, open_loan, used_at, codes = case
    decision = rules.may_use_in_house(
        status=status, loan=open_loan, used_at=used_at, at=AT, minutes=10
    )
    assert list(decision.codes) == codes


MATRIX = (
    rule(id="all"),
    rule(id="child", reader_category="child", loan_limit=3),
    rule(id="av", item_category="av", loan_limit=2),
    rule(id="child-av", reader_category="child", item_category="av", loan_limit=1),
    rule(id="branch", place="east", depth=2, loan_limit=4),
    rule(
        id="summer",
        loan_limit=8,
        loan_days=60,
        valid_from=date(2020, 7, 1),
        valid_to=date(2020, 8, 31),
    ),
    rule(id="old", reader_category="senior", valid_to=date(2020, 3, 31)),
)


@pytest.mark.parametrize(
    ("matrix", "reader_category", "item_category", "on", "winner"),
    [
        (MATRIX[:4], "adult", "book", DAY, "all"),
        (MATRIX[:4], "child", "book", DAY, "child"),
        (MATRIX[:4], "adult", "av", DAY, "av"),
        (MATRIX[:4], "child", "av", DAY, "child-av"),
        (MATRIX[:3], "child", "av", DAY, "child"),  # reader category beats item category
        (MATRIX[:5], "child", "av", DAY, "branch"),  # depth of place beats both
        (MATRIX, "senior", "book", DAY, "branch"),
        ((MATRIX[0], MATRIX[5]), "adult", "book", DAY, "all"),
        ((MATRIX[0], MATRIX[5]), "adult", "book", date(2020, 7, 1), "summer"),
        ((MATRIX[0], MATRIX[5]), "adult", "book", date(2020, 8, 31), "summer"),
        ((MATRIX[0], MATRIX[5]), "adult", "book", date(2020, 9, 1), "all"),  # expires alone (D2)
        ((MATRIX[0],), "adult", "book", date(2019, 12, 31), None),
        ((), "adult", "book", DAY, None),
    ],
)
def test_d1_the_most_specific_row_in_force_decides(
    matrix: tuple[Rule, ...],
    reader_category: str,
    item_category: str,
    on: date,
    winner: str | None,
) -> None:
    explained = rules.choose(
        matrix, reader_category=reader_category, item_category=item_category, on=on
    )
    assert (explained.rule.id if explained.rule else None) == winner
    for loser in explained.others:
        assert explained.rule is not None
        assert loser.specificity <= explained.rule.specificity
