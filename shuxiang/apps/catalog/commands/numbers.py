"""种次号: the running number of a title in its class, given inside the command that needs it.

What numbers stand on the shelves is told by the app that knows items; the row of a series is the
lock, so two clerks never get the same number.
"""

from __future__ import annotations

from collections.abc import Callable

from shuxiang.apps.catalog.rules import Series
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql

_LAST = (
    "SELECT last FROM catalog_numberseries WHERE scope = ? AND collection = ? AND class_number = ?"
)
_ADD = (
    "INSERT INTO catalog_numberseries (id, library, scope, collection, class_number, last) "
    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scope, collection, class_number) DO NOTHING"
)
_SET = (
    "UPDATE catalog_numberseries SET last = ? "
    "WHERE scope = ? AND collection = ? AND class_number = ?"
)


def take(
    series: Series,
    class_number: str,
    *,
    highest: Callable[[], int],
    in_use: Callable[[int], bool],
) -> int:
    """The next number of a class, marked as given in this transaction.

    Args:
        highest: the highest number on the shelves of the series, 0 for none. Asked when the class is
            numbered for the first time, or when a number turns out to be there already (imported, or
            typed by hand).
        in_use: whether a number is there already.
    """
    last = _locked(series, class_number, highest)
    number = last + 1
    if in_use(number):
        number = max(highest(), last) + 1
    sql.run(_SET, number, series.scope, series.collection, class_number)
    return number


def take_gap(
    series: Series, class_number: str, *, free: Callable[[], int | None], highest: Callable[[], int]
) -> int | None:
    """The lowest number below the last one that nobody has, asked while the class is locked; None where
    there is none."""
    _locked(series, class_number, highest)
    return free()


def restart(series: Series, class_number: str, first: int, *, highest: Callable[[], int]) -> None:
    """The next number of a class is ``first``."""
    _locked(series, class_number, highest)
    sql.run(_SET, first - 1, series.scope, series.collection, class_number)


def reach(series: Series, class_number: str, number: int, *, highest: Callable[[], int]) -> None:
    """A number was chosen by hand: the next one of the class comes after it."""
    if _locked(series, class_number, highest) < number:
        sql.run(_SET, number, series.scope, series.collection, class_number)


def _locked(series: Series, class_number: str, highest: Callable[[], int]) -> int:
    key = (series.scope, series.collection, class_number)
    row = sql.one(_LAST + sql.for_update(), *key)
    if row is None:
        sql.run(_ADD, new_id(), series.library, *key, highest())
        row = sql.one(_LAST + sql.for_update(), *key)
    assert row is not None, "it was just added, or another transaction had"
    return int(row[0])


def assign(
    title: str, series: Series, *, class_number: str, book_number: str, ctx: Context
) -> None:
    """Note the call number a title has in a series: its next copy is offered it."""
    sql.run(
        "INSERT INTO catalog_titlenumber (id, library, scope, collection, title_id, class_number, "
        "book_number, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (title_id, scope, collection) DO UPDATE SET "
        "class_number = excluded.class_number, book_number = excluded.book_number, "
        "changed_at = excluded.changed_at",
        new_id(),
        series.library,
        series.scope,
        series.collection,
        title,
        class_number[:60],
        book_number[:20],
        ctx.occurred_at,
    )
