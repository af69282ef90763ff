"""How many books a reader may have at once, as every door tells it."""

from __future__ import annotations

from shuxiang.apps.exchange import queries as exchange
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.kernel import clock


def books_at_once(reader: LoanReader, by_rule: int) -> int:
    """What the loan rule says, or fewer by the agreement with the library of the reader's card."""
    agreed = exchange.visit_limit(reader.patron, reader.library, clock.now())
    return by_rule if agreed is None else min(by_rule, agreed)
