"""Authorities and the titles that name them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.catalog.queries.listing import is_id
from shuxiang.apps.catalog.queries.records import marc, source_of_row
from shuxiang.formats.marc.authority import Named, heading_key, names_used, same_dates
from shuxiang.formats.marc.bibliographic.model import Format
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """An authority as lists show it; ``titles``: how many name it."""

    id: str
    kind: str
    heading: str
    dates: str
    note: str
    number: str
    linked: bool
    changed_at: datetime
    titles: int


@dataclass(frozen=True, slots=True)
class NameView:
    """A name of an authority; ``other``: the authority a see-also leads to, '' for none here."""

    authority: str
    relation: str
    text: str
    other: str


_VIEW = (
    "SELECT a.id, a.kind, a.heading, a.dates, a.note, a.number, a.linked, a.changed_at, "
    "(SELECT COUNT(*) FROM catalog_authoritylink l WHERE l.authority_id = a.id) "
    "FROM catalog_authority a "
)


def _view(row: tuple[Any, ...]) -> AuthorityView:
    return AuthorityView(*(*row[:6], bool(row[6]), *row[7:]))


def authority(authority_id: str) -> AuthorityView | None:
    """One authority, or None."""
    if not is_id(authority_id):
        return None
    row = sql.one(_VIEW + "WHERE a.id = ?", authority_id)
    return _view(row) if row else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _where(kind: str, text: str) -> tuple[str, list[Any]]:
    parts, values = ["1 = 1"], list[Any]()
    if kind:
        parts.append("a.kind = ?")
        values.append(kind)
    key = heading_key(text)
    if key:
        parts.append(
            "a.id IN (SELECT n.authority_id FROM catalog_authorityname n "
            "WHERE n.relation <> 'also' AND n.key LIKE ? ESCAPE '\\')"
        )
        values.append(f"{_escaped(key)}%")
    return " AND ".join(parts), values


def authorities(
    *, kind: str = "", text: str = "", offset: int = 0, limit: int = 50
) -> tuple[AuthorityView, ...]:
    """Authorities in the order of their headings; ``text``: a heading or another form of it begins
    so."""
    where, values = _where(kind, text)
    rows = sql.all(
        f"{_VIEW}WHERE {where} ORDER BY a.kind, a.key, a.id LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return tuple(map(_view, rows))


def count_authorities(*, kind: str = "", text: str = "") -> int:
    """How many there are."""
    where, values = _where(kind, text)
    row = sql.one(f"SELECT COUNT(*) FROM catalog_authority a WHERE {where}", *values)
    return int(row[0]) if row else 0


def has_authorities() -> bool:
    return sql.one("SELECT 1 FROM catalog_authority LIMIT 1") is not None


def authority_names(authorities: Sequence[str]) -> dict[str, tuple[NameView, ...]]:
    """Names by authority, in one statement: heading, forms not used, see-also."""
    if not authorities:
        return {}
    found: dict[str, list[NameView]] = {}
    for row in sql.all(
        "SELECT authority_id, relation, text, other_id FROM catalog_authorityname "
        f"WHERE authority_id IN ({sql.marks(len(authorities))}) ORDER BY authority_id, id",
        *authorities,
    ):
        found.setdefault(row[0], []).append(NameView(row[0], row[1], row[2], row[3] or ""))
    return {key: tuple(names) for key, names in found.items()}


def referred_from(authority_id: str, limit: int = 50) -> tuple[tuple[str, str], ...]:
    """(id, heading) of the authorities whose see-also leads to one."""
    rows = sql.all(
        "SELECT DISTINCT a.id, a.heading, a.key FROM catalog_authorityname n "
        "JOIN catalog_authority a ON a.id = n.authority_id "
        "WHERE n.other_id = ? ORDER BY a.key, a.id LIMIT ?",
        authority_id,
        limit,
    )
    return tuple((row[0], row[1]) for row in rows)


def titles_naming(authority_id: str, limit: int = 50) -> tuple[str, ...]:
    """Ids of titles that name an authority, newest first."""
    rows = sql.all(
        "SELECT title_id FROM catalog_authoritylink WHERE authority_id = ? "
        "ORDER BY title_id DESC LIMIT ?",
        authority_id,
        limit,
    )
    return tuple(row[0] for row in rows)


def authorities_of(titles: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Authorities each title names; titles that name none are absent."""
    if not titles:
        return {}
    found: dict[str, list[str]] = {}
    for title, one in sql.all(
        "SELECT title_id, authority_id FROM catalog_authoritylink "
        f"WHERE title_id IN ({sql.marks(len(titles))}) ORDER BY authority_id",
        *titles,
    ):
        found.setdefault(title, []).append(one)
    return {title: tuple(ids) for title, ids in found.items()}


def unlinked_authorities(limit: int) -> list[str]:
    """Authorities whose titles have not been looked for since they changed."""
    rows = sql.all(
        "SELECT id FROM catalog_authority WHERE linked = ? ORDER BY id LIMIT ?", False, limit
    )
    return [row[0] for row in rows]


def numbered_authorities(authorities: Sequence[str]) -> bool:
    """Whether any of them has a number that records may name it by."""
    marks = sql.marks(len(authorities))
    return (
        sql.one(
            f"SELECT 1 FROM catalog_authority WHERE \"number\" <> '' AND id IN ({marks}) LIMIT 1",
            *authorities,
        )
        is not None
    )


def titles_that_may_name(authorities: Sequence[str], part: int = 200) -> Iterator[tuple[str, ...]]:
    """Titles that name the authorities now, or whose description holds one of their names; in
    parts. Reads the whole table."""
    marks = sql.marks(len(authorities))
    found = {
        row[0]
        for row in sql.all(
            f"SELECT title_id FROM catalog_authoritylink WHERE authority_id IN ({marks})",
            *authorities,
        )
    }
    names = sql.all(
        "SELECT DISTINCT text FROM catalog_authorityname WHERE relation <> 'also' "
        f"AND authority_id IN ({marks})",
        *authorities,
    )
    # The subject's first part alone: records divide it as they like.
    patterns = {text.split("-")[0] for (text,) in names}
    for pattern in sorted(p for p in patterns if p):
        found |= {
            row[0]
            for row in sql.all(
                "SELECT id FROM catalog_title WHERE alias_of_id IS NULL AND extra LIKE ? "
                "ESCAPE '\\'",
                f"%{_escaped(pattern)}%",
            )
        }
    ids = sorted(found)
    for start in range(0, len(ids), part):
        yield tuple(ids[start : start + part])


def links_that_differ(titles: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """(title, the authorities it names) of those titles whose links say something else."""
    if not titles:
        return []
    marks = sql.marks(len(titles))
    used: dict[str, list[Named]] = {}
    for row in sql.all(
        "SELECT s.title_id, s.format, s.charset, s.data, s.edited, s.original FROM catalog_source s "
        f"JOIN catalog_title t ON t.id = s.title_id AND t.alias_of_id IS NULL "
        f"WHERE s.title_id IN ({marks})",
        *titles,
    ):
        view = source_of_row(row)
        record = marc(view)
        format_: Format = "marc21" if view.format == "marc21" else "cnmarc"
        used[view.title] = list(names_used(record, format_)) if record else []
    by_key, by_number = _candidates(used.values())
    now = authorities_of(titles)
    found = []
    for title in titles:
        wanted = sorted(
            {
                one
                for named in used.get(title, ())
                if (one := _match(named, by_key, by_number)) is not None
            }
        )
        if tuple(wanted) != tuple(sorted(now.get(title, ()))):
            found.append((title, tuple(wanted)))
    return found


_Candidate = tuple[str, str]
"""(authority, dates)."""


def _candidates(
    used: Any,
) -> tuple[dict[tuple[str, str], list[_Candidate]], dict[tuple[str, str], str]]:
    every = [named for names in used for named in names]
    keys = sorted({key for named in every for key in named.keys})
    numbers = sorted({named.number for named in every if named.number})
    by_key: dict[tuple[str, str], list[_Candidate]] = {}
    by_number: dict[tuple[str, str], str] = {}
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        for kind, key, one, dates in sql.all(
            "SELECT DISTINCT a.kind, n.key, a.id, a.dates FROM catalog_authorityname n "
            "JOIN catalog_authority a ON a.id = n.authority_id "
            f"WHERE n.relation <> 'also' AND n.key IN ({sql.marks(len(part))})",
            *part,
        ):
            by_key.setdefault((kind, key), []).append((one, dates))
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        for kind, number, one in sql.all(
            "SELECT kind, number, id FROM catalog_authority "
            f"WHERE number IN ({sql.marks(len(part))})",
            *part,
        ):
            by_number[kind, number] = one
    return by_key, by_number


def _match(
    named: Named,
    by_key: dict[tuple[str, str], list[_Candidate]],
    by_number: dict[tuple[str, str], str],
) -> str | None:
    """The authority a name stands for: by its number, else the only one of that name whose years
    agree. Of two persons of one name neither is guessed."""
    if named.number and (found := by_number.get((named.kind, named.number))):
        return found
    for key in named.keys:
        fitting = [
            one
            for one, dates in by_key.get((named.kind, key), ())
            if same_dates(named.dates, dates)
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return None
    return None
