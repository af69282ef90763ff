"""Class numbers and book numbers of titles, and titles that are one work."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.catalog.queries.listing import VIEW, TitleView, view
from shuxiang.apps.catalog.rules import Series
from shuxiang.formats.marc.bibliographic.model import normalise_title
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class TitleNumber:
    """The call number of a title in a series."""

    title: str
    class_number: str
    book_number: str


def title_numbers(titles: Iterable[str], series: Series) -> dict[str, TitleNumber]:
    """The numbers noted for titles in a series, by title; in one statement."""
    wanted = list(titles)
    if not wanted:
        return {}
    rows = sql.all(
        "SELECT title_id, class_number, book_number FROM catalog_titlenumber "
        f"WHERE scope = ? AND collection = ? AND title_id IN ({sql.marks(len(wanted))})",
        series.scope,
        series.collection,
        *wanted,
    )
    return {row[0]: TitleNumber(*row) for row in rows}


def numbered_titles(series: Series, class_number: str) -> dict[str, tuple[str, ...]]:
    """Titles by the book number noted for them in a class of a series."""
    found: dict[str, list[str]] = {}
    for number, title in sql.all(
        "SELECT book_number, title_id FROM catalog_titlenumber "
        "WHERE scope = ? AND collection = ? AND class_number = ? ORDER BY title_id",
        series.scope,
        series.collection,
        class_number,
    ):
        found.setdefault(number, []).append(title)
    return {number: tuple(titles) for number, titles in found.items()}


def last_number(series: Series, class_number: str) -> int | None:
    """The last number given in a class; None where none was given here yet."""
    row = sql.one(
        "SELECT last FROM catalog_numberseries "
        "WHERE scope = ? AND collection = ? AND class_number = ?",
        series.scope,
        series.collection,
        class_number,
    )
    return int(row[0]) if row else None


def same_work(proper: str, author: str, *, but: str = "", limit: int = 20) -> tuple[TitleView, ...]:
    """Titles with the same title proper and, where both say one, the same first author: other
    editions and volumes of one work. Newest first."""
    rows = sql.all(
        VIEW + "WHERE t.title = ? AND t.alias_of_id IS NULL ORDER BY t.id DESC LIMIT ?",
        proper,
        limit * 3,
    )
    wanted = normalise_title(author)
    found = []
    for each in map(view, rows):
        names = {normalise_title(name) for name in each.extra.authors[:1]}
        if each.id != but and (not wanted or not names or wanted in names):
            found.append(each)
    return tuple(found[:limit])


@dataclass(frozen=True, slots=True)
class TitleChange:
    """A correction: who, when, and the short fields before and after."""

    at: datetime
    actor: str
    before: dict[str, Any]
    after: dict[str, Any]


def title_changes(title: str, limit: int = 50) -> tuple[TitleChange, ...]:
    """The corrections of a title, newest first."""
    rows = sql.all(
        "SELECT changed_at, actor, before, after FROM catalog_titlechange WHERE title_id = ? "
        "ORDER BY id DESC LIMIT ?",
        title,
        limit,
    )

    def read(value: Any) -> dict[str, Any]:
        return dict(json.loads(value) if isinstance(value, str) else value)

    return tuple(TitleChange(at, actor, read(b), read(a)) for at, actor, b, a in rows)
