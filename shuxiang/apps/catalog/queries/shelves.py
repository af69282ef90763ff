"""The catalogue by class: counts and pages in shelf order."""

from __future__ import annotations

from collections.abc import Sequence

from shuxiang.apps.catalog.queries.listing import VIEW, TitleView, view
from shuxiang.formats.clc import above, class_key
from shuxiang.runtime import sql


def class_counts() -> dict[str, int]:
    """Number of titles by main class letter; '' for those without a class."""
    return dict(
        sql.all(
            "SELECT main_class, COUNT(*) FROM catalog_title WHERE alias_of_id IS NULL "
            "GROUP BY main_class ORDER BY main_class"
        )
    )


def in_class(
    letter: str, *, after: tuple[str, str] = ("", ""), limit: int = 20
) -> tuple[tuple[tuple[str, str], TitleView], ...]:
    """Titles of a main class in shelf order, each with the mark to go on ``after``."""
    sort, last = after
    rows = sql.all(
        VIEW.replace(" FROM ", ", t.clc_sort FROM ", 1)
        + "WHERE t.main_class = ? AND t.alias_of_id IS NULL "
        + ("AND (t.clc_sort, t.id) > (?, ?) " if last else "")
        + "ORDER BY t.clc_sort, t.id LIMIT ?",
        letter,
        *((sort, last) if last else ()),
        limit,
    )
    return tuple(((row[-1], row[0]), view(row[:-1])) for row in rows)


def _ranges(prefixes: Sequence[str]) -> tuple[str, list[str]]:
    bounds = [(key, above(key)) for key in map(class_key, prefixes)]
    where = " OR ".join(["(clc_sort >= ? AND clc_sort < ?)"] * len(bounds))
    return f"alias_of_id IS NULL AND ({where})", [bound for pair in bounds for bound in pair]


def count_on_shelf(prefixes: Sequence[str]) -> int:
    """Titles whose class number begins with one of the prefixes."""
    where, values = _ranges(prefixes)
    row = sql.one(f"SELECT COUNT(*) FROM catalog_title WHERE {where}", *values)
    return int(row[0]) if row else 0


def on_shelf(prefixes: Sequence[str], *, offset: int = 0, limit: int = 20) -> tuple[str, ...]:
    """Ids of the same titles in shelf order."""
    where, values = _ranges(prefixes)
    rows = sql.all(
        f"SELECT id FROM catalog_title WHERE {where} ORDER BY clc_sort, id LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return tuple(row[0] for row in rows)


def titles_beginning(text: str, limit: int = 50) -> tuple[str, ...]:
    """Ids of titles that begin with a text, for when there is no index. Reads the whole table."""
    rows = sql.all(
        "SELECT id FROM catalog_title WHERE substr(title, 1, ?) = ? AND alias_of_id IS NULL "
        "ORDER BY title, id LIMIT ?",
        len(text),
        text,
        limit,
    )
    return tuple(row[0] for row in rows)
