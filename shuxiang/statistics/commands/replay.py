"""Replaying the ledger: counts made anew from the first event must be those that are kept (X3)."""

from __future__ import annotations

import hashlib

from django.db import transaction

from shuxiang.ledger.models import Consumer
from shuxiang.runtime import sql
from shuxiang.statistics import daily, fold

_BORROWERS = ("business_date", "place", "year_key")
TABLES = (
    ("statistics_dailycount", fold.COLUMNS, True),
    ("statistics_borrowerday", _BORROWERS, False),
    ("statistics_monthcount", fold.MONTH_COLUMNS, True),
    ("statistics_monthclass", fold.CLASS_COLUMNS, True),
)


def replay() -> list[str]:
    """Throw away every count and let the consumer make them again from number 1; returns the names
    of the tables that came out otherwise. For a scratch copy of the library, never the one in use."""
    daily.refresh()
    before = _digests()
    with transaction.atomic():
        for table, _, measured in TABLES:
            where, values = _of_the_ledger(measured)
            sql.run(f"DELETE FROM {table}{where}", *values)
        Consumer.objects.filter(name=daily.CONSUMER).update(seq=0)
    daily.refresh()
    after = _digests()
    return [table for table, _, _ in TABLES if before[table] != after[table]]


def _of_the_ledger(measured: bool) -> tuple[str, tuple[str, ...]]:
    if not measured:
        return "", ()
    return f" WHERE measure IN ({sql.marks(len(fold.MEASURES))})", fold.MEASURES


def _digests() -> dict[str, str]:
    found = {}
    for table, columns, measured in TABLES:
        where, values = _of_the_ledger(measured)
        names = ", ".join(columns)
        rows = sql.all(f"SELECT {names} FROM {table}{where} ORDER BY {names}", *values)
        found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found
