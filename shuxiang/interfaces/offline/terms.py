"""What an offline desk decides by: the terms of lending worked out in advance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.circulation import queries


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one reader category and item category from a day on (days counted from the first):
    None as ``loan_days`` where no rule covers it."""

    since: int
    loan_days: int | None
    loan_limit: int = 0
    lendable: bool = True
    overdue_blocks: bool = True
    of_category: bool = False


def worked_out(
    place: str, first: date, days: int, readers: Iterable[str], items: Iterable[str]
) -> dict[tuple[str, str], tuple[Terms, ...]]:
    """Which terms are in force on each of the days from ``first``, by (reader category, item
    category): decided here, so that an offline desk only looks them up."""
    categories = list(items)
    found = {}
    for reader in readers:
        for item in categories:
            spans: list[Terms] = []
            for number in range(days):
                on = first + timedelta(days=number)
                now = _terms(number, queries.explain(place, reader, item, on).rule)
                if not spans or _differ(spans[-1], now):
                    spans.append(now)
            found[reader, item] = tuple(spans)
    return found


def _terms(number: int, rule: queries.Rule | None) -> Terms:
    if rule is None:
        return Terms(number, None)
    return Terms(
        number,
        rule.loan_days,
        rule.loan_limit,
        rule.lendable,
        rule.overdue_blocks,
        rule.item_category != queries.ANY,
    )


def _differ(one: Terms, other: Terms) -> bool:
    return Terms(0, *_facts(one)) != Terms(0, *_facts(other))


def _facts(one: Terms) -> tuple[int | None, int, bool, bool, bool]:
    return (one.loan_days, one.loan_limit, one.lendable, one.overdue_blocks, one.of_category)


def due_dates(place: str, first: date, days: int, loan_days: int) -> tuple[date, ...]:
    """The due date of a loan of so many days made on each day from ``first``."""
    return tuple(queries.due_date(place, first + timedelta(days=n), loan_days) for n in range(days))
