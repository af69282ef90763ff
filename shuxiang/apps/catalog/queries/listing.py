"""Titles as lists, pages and the search index want them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shuxiang.apps.catalog import rules
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class TitleView:
    """A title as lists and pages show it. ``alias_of``: the title it was merged into;
    ``least_age``: its age mark."""

    id: str
    library: str
    batch: str | None
    kind: str
    title: str
    subtitle: str
    volume: str
    responsibility: str
    edition: str
    publication_place: str
    publisher: str
    year: int | None
    extent: str
    isbn: str
    price_fen: int | None
    language: str
    audience: str
    genre: str
    clc: str
    main_class: str
    abstract: str
    alias_of: str | None
    least_age: int | None
    extra: rules.Extra

    @property
    def full_title(self) -> str:
        """Title proper with part number and name."""
        return f"{self.title} {self.volume}".rstrip()

    @property
    def author(self) -> str:
        """The first statement of responsibility."""
        return self.responsibility.split(rules.BETWEEN_STATEMENTS)[0]


@dataclass(frozen=True, slots=True)
class TitleDocument:
    """What search needs of a title, without its items. Field for field as the index names them."""

    title_id: str
    title: str
    other_titles: tuple[str, ...]
    authors: tuple[str, ...]
    responsibility: str
    publisher: str
    series: tuple[str, ...]
    subjects: tuple[str, ...]
    keywords: tuple[str, ...]
    abstract: str
    contents: str
    isbns: tuple[str, ...]
    issn: str
    unified_number: str
    clc_classes: tuple[str, ...]
    main_class: str
    year: int | None
    kind: str
    language: str
    audience: str
    pinyin_title: str


FIRST_ID = "0" * 32
"""Below every id."""
VIEW = (
    "SELECT t.id, t.library, t.batch_id, t.kind, t.title, t.subtitle, t.volume, t.responsibility, "
    "t.edition, t.publication_place, t.publisher, t.year, t.extent, t.isbn, t.price_fen, "
    "t.language, t.audience, t.genre, t.clc, t.main_class, t.abstract, t.alias_of_id, t.least_age, "
    "t.extra "
    "FROM catalog_title t "
)


def view(row: tuple[Any, ...]) -> TitleView:
    """A row of `VIEW`."""
    return TitleView(*(*row[:-1], rules.extra_of(row[-1])))


_HEX = frozenset("0123456789abcdef")


def is_id(text: str) -> bool:
    """Whether a text can be an id at all."""
    # What stands in an address is anybody's text; PostgreSQL refuses what is no uuid.
    return len(text) == 32 and _HEX.issuperset(text)


def title(title_id: str) -> TitleView | None:
    """The title, or None; any text may be asked for."""
    if not is_id(title_id):
        return None
    row = sql.one(VIEW + "WHERE t.id = ?", title_id)
    return view(row) if row else None


def titles(ids: Iterable[str]) -> dict[str, TitleView]:
    """The titles among ``ids`` that exist, by id, in one statement."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = sql.all(VIEW + f"WHERE t.id IN ({sql.marks(len(wanted))})", *wanted)
    return {row[0]: view(row) for row in rows}


def by_identifier(value: str, kind: str = "") -> tuple[TitleView, ...]:
    """Titles that carry a number (isbn, issn, unified, source) typed in any of its forms, oldest
    first: Chinese publishers reuse ISBNs, so there may be several. A number of a record that was merged
    finds the one it was merged into."""
    forms = rules.identifier_forms(value)
    if not forms:
        return ()
    rows = sql.all(
        VIEW + "WHERE t.id IN (SELECT COALESCE(a.alias_of_id, a.id) FROM catalog_identifier i "
        "JOIN catalog_title a ON a.id = i.title_id WHERE i.value IN "
        f"({sql.marks(len(forms))}){' AND i.kind = ?' if kind else ''}) ORDER BY t.id",
        *forms,
        *((kind,) if kind else ()),
    )
    return tuple(view(row) for row in rows)


def count() -> int:
    """Titles (种) that are not merged into another."""
    found = sql.one("SELECT COUNT(*) FROM catalog_title WHERE alias_of_id IS NULL")
    return int(found[0]) if found else 0


def newest_title_id() -> str:
    """The greatest title id there is; '' in an empty catalogue."""
    row = sql.one("SELECT id FROM catalog_title ORDER BY id DESC LIMIT 1")
    return str(row[0]) if row else ""


def title_ids_after(last: str = "", limit: int = 1000) -> tuple[str, ...]:
    """Ids of titles above ``last`` in ascending order: the whole catalogue in batches."""
    rows = sql.all(
        "SELECT id FROM catalog_title WHERE id > ? ORDER BY id LIMIT ?", last or FIRST_ID, limit
    )
    return tuple(row[0] for row in rows)


_DOCUMENT = (
    "SELECT id, title, volume, responsibility, publisher, abstract, main_class, year, kind, "
    "language, audience, extra FROM catalog_title WHERE "
)


def documents(ids: Sequence[str]) -> dict[str, TitleDocument]:
    """What search needs of the titles among ``ids`` that exist, by id, in one statement. Titles
    merged into another have none."""
    if not ids:
        return {}
    rows = sql.all(f"{_DOCUMENT}id IN ({sql.marks(len(ids))}) AND alias_of_id IS NULL", *ids)
    merged: dict[str, list[str]] = {}
    for survivor, extra in sql.all(
        f"SELECT alias_of_id, extra FROM catalog_title WHERE alias_of_id IN ({sql.marks(len(ids))})",
        *ids,
    ):
        merged.setdefault(survivor, []).extend(rules.extra_of(extra).isbns)
    called = _called(ids)
    return {row[0]: _document(row, merged.get(row[0], ()), called.get(row[0], ())) for row in rows}


def _called(ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(kind, name) of everything the authorities of titles are called: pen names lead to the book."""
    found: dict[str, list[tuple[str, str]]] = {}
    for title, kind, text in sql.all(
        "SELECT l.title_id, a.kind, n.text FROM catalog_authoritylink l "
        "JOIN catalog_authority a ON a.id = l.authority_id "
        "JOIN catalog_authorityname n ON n.authority_id = a.id AND n.relation <> 'also' "
        f"WHERE l.title_id IN ({sql.marks(len(ids))}) ORDER BY l.id, n.id",
        *ids,
    ):
        found.setdefault(title, []).append((kind, text))
    return found


def _with(own: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*own, *more)))


def _document(
    row: tuple[Any, ...], merged: Sequence[str], called: Sequence[tuple[str, str]]
) -> TitleDocument:
    """``merged``: ISBNs of the records merged into it; ``called``: what its authorities are called.
    By both it is found too."""
    extra = rules.extra_of(row[11])
    authors, subjects = extra.authors, extra.subjects
    if called:
        authors = _with(authors, (text for kind, text in called if kind != "subject"))
        subjects = _with(subjects, (text for kind, text in called if kind == "subject"))
    return TitleDocument(
        row[0],
        f"{row[1]} {row[2]}".rstrip(),
        extra.other_titles,
        authors,
        row[3],
        row[4],
        extra.series,
        subjects,
        extra.keywords,
        row[5],
        extra.contents,
        _with(extra.isbns, merged),
        extra.issn,
        extra.unified_number,
        extra.clc_classes,
        row[6],
        row[7],
        row[8],
        row[9],
        row[10],
        extra.pinyin_title,
    )
