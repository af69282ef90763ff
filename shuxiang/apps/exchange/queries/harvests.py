"""Catalogues gathered from other libraries, and what they have that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shuxiang.apps.exchange import models, rules
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class HarvestView:
    """A source: ``titles`` kept of it; ``run`` 0 while none is under way."""

    id: str
    name: str
    partner: str
    address: str
    prefix: str
    set_spec: str
    every_hours: int
    active: bool
    by_day: bool
    keeps_deleted: bool
    changed_since: datetime | None
    run: int
    token: str
    gathered: int
    complete: int
    next_at: datetime
    finished_at: datetime | None
    failures: int
    error: str


def _harvest(row: models.HarvestSource) -> HarvestView:
    return HarvestView(
        row.id, row.name, row.partner_id or "", row.address, row.prefix, row.set_spec,
        row.every_hours, row.active, row.by_day, row.keeps_deleted, row.changed_since, row.run,
        row.token, row.gathered, row.complete, row.next_at, row.finished_at, row.failures, row.error,
    )  # fmt: skip


def harvests() -> tuple[HarvestView, ...]:
    """Every source by name."""
    return tuple(_harvest(r) for r in models.HarvestSource.objects.order_by("name"))


def harvest(harvest_id: str) -> HarvestView | None:
    row = models.HarvestSource.objects.filter(id=harvest_id).first()
    return _harvest(row) if row else None


def harvests_due(at: datetime) -> tuple[HarvestView, ...]:
    """The sources of which something is to be asked now, those that waited longest first."""
    rows = models.HarvestSource.objects.filter(active=True, next_at__lte=at).order_by(
        "next_at", "id"
    )
    return tuple(_harvest(r) for r in rows)


def foreign_titles(harvest_id: str) -> int:
    """How many titles are kept of a source."""
    return models.ForeignTitle.objects.filter(source=harvest_id).count()


@dataclass(frozen=True, slots=True)
class ElsewhereView:
    """A title another library has: ``library`` its name, ``partner`` its id where books can be borrowed
    from it by agreement."""

    id: str
    library: str
    partner: str
    title: str
    author: str
    publisher: str
    year: int | None
    isbn: str


_SELECT = (
    "SELECT f.id, COALESCE(p.name, s.name), s.partner_id, f.title, f.author, "
    "f.publisher, f.year, f.isbn FROM exchange_foreigntitle f "
    "JOIN exchange_harvestsource s ON s.id = f.source_id "
    "LEFT JOIN places_place p ON p.id = s.partner_id "
)
_LAST = "\U0010ffff"


def has_elsewhere() -> bool:
    """Whether there is any other catalogue to look in."""
    return models.HarvestSource.objects.filter(active=True).exists()


def elsewhere(text: str, limit: int = 20) -> tuple[ElsewhereView, ...]:
    """Titles of other libraries: by ISBN, else that begin with the text, or whose author does, else
    that have it anywhere, else that have each of its words in title or author. What libraries
    switched off have is left out."""
    isbn = parse_isbn(text).isbn13
    key = rules.foreign_key(text)[:80]
    if isbn:
        return _views(
            "WHERE s.active AND f.isbn = ? ORDER BY f.title_key, f.id LIMIT ?", isbn, limit
        )
    if not key:
        return ()
    found = _views(
        "WHERE s.active AND ((f.title_key >= ? AND f.title_key < ?) OR f.author_key = ? "
        "OR (f.author_key >= ? AND f.author_key < ?)) ORDER BY f.title_key, f.id LIMIT ?",
        key, key + _LAST, key, key, key + _LAST, limit,
    )  # fmt: skip
    if len(found) < limit and len(key) > 1:
        # No sign of LIKE is left in a key.
        more = _views(
            "WHERE s.active AND f.title_key LIKE ? ORDER BY f.title_key, f.id LIMIT ?",
            f"%{key}%",
            limit,
        )
        found = tuple({v.id: v for v in (*found, *more)}.values())[:limit]
    words = [k for k in map(rules.foreign_key, text.split()) if k][:8]
    if not found and len(words) > 1:
        # 红楼梦 曹雪芹: each word in the title or in the author's name.
        each = " AND ".join("(f.title_key LIKE ? OR f.author_key LIKE ?)" for _ in words)
        values = [f"%{w}%" for w in words for _ in range(2)]
        found = _views(
            f"WHERE s.active AND {each} ORDER BY f.title_key, f.id LIMIT ?", *values, limit
        )
    return found


def foreign_title(title_id: str) -> ElsewhereView | None:
    found = _views("WHERE f.id = ?", title_id)
    return found[0] if found else None


def _views(where: str, *values: object) -> tuple[ElsewhereView, ...]:
    return tuple(
        ElsewhereView(id_, library, partner or "", *rest)
        for id_, library, partner, *rest in sql.all(_SELECT + where, *values)
    )
