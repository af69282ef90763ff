"""Daily counts: kept up by a consumer of the ledger sequence, recomputed whole days at a time.

A batch only marks its days stale; a stale day is read from the ledger outside any transaction and
written in a short one, and only while the mark is still the one it was read under. So a day is never
counted twice, an older reading never overwrites a newer one, and a long import costs each day once.
Months follow their days in the same way, some seconds later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import sequence
from shuxiang.runtime import sql, worker
from shuxiang.statistics import fold

CONSUMER = "statistics"
DAYS_AT_ONCE = 60
ROWS_AT_ONCE = 700
"""Days read in one statement, and rows written in one transaction (some 15 ms)."""

_CELL = (
    f"INSERT INTO statistics_dailycount ({', '.join(fold.COLUMNS)}) "
    f"VALUES ({sql.marks(len(fold.COLUMNS))})"
)
_BORROWER = "INSERT INTO statistics_borrowerday (business_date, place, year_key) VALUES (?, ?, ?)"
_MARK = (
    "INSERT INTO statistics_staleday (day, seq) VALUES (?, ?) ON CONFLICT (day) DO UPDATE "
    "SET seq = CASE WHEN excluded.seq > statistics_staleday.seq THEN excluded.seq "
    "ELSE statistics_staleday.seq END"
)

_MARK_MONTH = (
    "INSERT INTO statistics_stalemonth (month, mark) VALUES (?, ?) "
    "ON CONFLICT (month) DO UPDATE SET mark = excluded.mark"
)
_COUNTED = frozenset(fold.COUNTED)

Marked = tuple[date, int]


def handle(batch: worker.Batch) -> None:
    """The consumer: mark the days of a batch and, once the backlog is through, recompute them."""
    touched: dict[date, int] = {}
    for seq, event in batch.events:
        if event.type in _COUNTED:
            touched[event.business_date] = seq
    with transaction.atomic():
        sql.many(_MARK, sorted(touched.items()))
    if batch.count < worker.DELIVER_AT_ONCE:
        settle_days()


def settle() -> int:
    """Recompute stale days and then their months; returns how many days were."""
    days = settle_days()
    settle_months()
    return days


def settle_days(most_days: int | None = None) -> int:
    """Recompute stale days, oldest first, at most ``most_days``; returns how many were."""
    done = 0
    while most_days is None or done < most_days:
        marked: list[Marked] = sql.all(
            "SELECT day, seq FROM statistics_staleday ORDER BY day LIMIT ?", DAYS_AT_ONCE
        )
        if not marked:
            break
        _recompute(marked)
        done += len(marked)
    return done


def _recompute(marked: Sequence[Marked]) -> None:
    days = [day for day, _ in marked]
    where = f"e.business_date IN ({sql.marks(len(days))})"
    cells = _by_day(sql.all(fold.cells_sql(where), *days * fold.TIMES), 1)
    borrowers = _by_day(sql.all(fold.borrowers_sql(where), *days), 0)
    group: list[Marked] = []
    rows = 0
    for day, seq in marked:
        group.append((day, seq))
        rows += len(cells[day]) + len(borrowers[day])
        if rows >= ROWS_AT_ONCE:
            _write(group, cells, borrowers)
            group, rows = [], 0
    if group:
        _write(group, cells, borrowers)


Rows = dict[date, list[tuple[Any, ...]]]


def _by_day(rows: Iterable[tuple[Any, ...]], at: int) -> Rows:
    found: Rows = defaultdict(list)
    for row in rows:
        found[row[at]].append(row)
    return found


def _write(group: Sequence[Marked], cells: Rows, borrowers: Rows) -> None:
    with transaction.atomic():
        days = [
            day
            for day, seq in group
            if sql.run("DELETE FROM statistics_staleday WHERE day = ? AND seq = ?", day, seq)
        ]
        for day in days:
            sql.run(
                "DELETE FROM statistics_dailycount "
                f"WHERE measure IN ({sql.marks(len(fold.MEASURES))}) AND business_date = ?",
                *fold.MEASURES,
                day,
            )
            sql.run("DELETE FROM statistics_borrowerday WHERE business_date = ?", day)
        sql.many(_CELL, (row for day in days for row in cells[day]))
        sql.many(_BORROWER, (row for day in days for row in borrowers[day]))
        months = sorted({day.year * 100 + day.month for day in days})
        sql.many(_MARK_MONTH, [(month, new_id()) for month in months])


def settle_months() -> int:
    """Add up stale months again; returns how many were."""
    marked = sql.all("SELECT month, mark FROM statistics_stalemonth ORDER BY month")
    for month, mark in marked:
        # By days and not by the month's own number: that is what the index leads to.
        first = date(month // 100, month % 100, 1)
        where = f"measure IN ({sql.marks(len(fold.MEASURES))}) AND business_date >= ? AND business_date < ?"
        values = (*fold.MEASURES, first, clock.add_months(first, 1))
        months = sql.all(fold.months_sql("statistics_dailycount", where), *values)
        classes = sql.all(fold.classes_sql("statistics_dailycount", where), *values)
        with transaction.atomic():
            if not sql.run(
                "DELETE FROM statistics_stalemonth WHERE month = ? AND mark = ?", month, mark
            ):
                continue
            for table, rows, columns in (
                ("statistics_monthcount", months, fold.MONTH_COLUMNS),
                ("statistics_monthclass", classes, fold.CLASS_COLUMNS),
            ):
                sql.run(
                    f"DELETE FROM {table} WHERE measure IN ({sql.marks(len(fold.MEASURES))}) "
                    "AND month = ?",
                    *fold.MEASURES,
                    month,
                )
                names = ", ".join(columns)
                sql.many(f"INSERT INTO {table} ({names}) VALUES ({sql.marks(len(columns))})", rows)
    return len(marked)


def rebuild(first: date, last: date) -> int:
    """Recompute every day from ``first`` to ``last`` that has events or counts; returns how many."""
    head, _ = sequence.head(sql)
    days = {
        row[0]
        for table in ("ledger_event", "statistics_dailycount")
        for row in sql.all(
            f"SELECT DISTINCT business_date FROM {table} WHERE business_date BETWEEN ? AND ?",
            first,
            last,
        )
    }
    with transaction.atomic():
        sql.many(_MARK, [(day, head) for day in sorted(days)])
    settle()
    return len(days)


def refresh() -> int:
    """Number what is pending and bring the counts up to it; returns the last number. For the command
    line and before publishing; in the running library the worker does it all the time."""
    worker.number_all()
    while worker.deliver(CONSUMER, handle):
        pass
    settle()
    return sequence.head(sql)[0]


def behind(until: date) -> bool:
    """Whether the counts up to a day still lack committed events."""
    reached = sql.one("SELECT seq FROM ledger_consumer WHERE name = ?", CONSUMER)
    # Hidden in an expression, day and type can't lead the search through every event there ever was:
    # the few pending rows and the last numbers do (SQLite takes the tables of CROSS JOIN in order).
    counted = (
        f"CASE WHEN e.business_date <= ? AND e.type IN ({sql.marks(len(fold.COUNTED))}) "
        "THEN 1 END = 1"
    )
    pending = f"ledger_pending p CROSS JOIN ledger_event e WHERE e.id = p.event AND {counted}"
    numbered = (
        "ledger_sequence s CROSS JOIN ledger_event e "
        f"WHERE e.id = s.event AND s.seq > ? AND {counted}"
    )
    position = reached[0] if reached else 0
    month = until.year * 100 + until.month
    return (
        sql.one("SELECT 1 FROM statistics_staleday WHERE day <= ? LIMIT 1", until) is not None
        or sql.one("SELECT 1 FROM statistics_stalemonth WHERE month <= ? LIMIT 1", month)
        is not None
        or sql.one(f"SELECT 1 FROM {pending} LIMIT 1", until, *fold.COUNTED) is not None
        or sql.one(f"SELECT 1 FROM {numbered} LIMIT 1", position, until, *fold.COUNTED) is not None
    )
