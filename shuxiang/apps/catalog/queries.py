"""What others may ask about titles and imports. Frozen values only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shuxiang.apps.catalog import rules
from shuxiang.formats.clc import class_key
from shuxiang.formats.marc import Bibliographic, RawRecord, Record, decode, from_record
from shuxiang.formats.marc.charset import GB18030, UTF8
from shuxiang.formats.marc.iso2709 import Quarantined as Unreadable
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class TitleView:
    """A title as lists and pages show it. ``alias_of``: the title it was merged into."""

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


@dataclass(frozen=True, slots=True)
class SourceView:
    """The record of a title as it stands: ``data`` is ISO 2709 in ``charset``; ``original`` the
    bytes it came in where it was edited since."""

    title: str
    format: str
    charset: str
    data: bytes
    edited: bool
    original: bytes | None


@dataclass(frozen=True, slots=True)
class BatchView:
    """One import; the counts are of what was read so far, or of what was undone."""

    id: str
    library: str
    number: str
    file_name: str
    file_sha256: str
    file_size: int
    charset: str
    format: str
    profile: dict[str, Any]
    options: dict[str, Any]
    control: dict[str, Any]
    place: str
    status: str
    offset: int
    records: int
    titles: int
    items: int
    quarantined: int
    warnings: int
    started_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuarantinedView:
    """A record or item set aside; ``reason`` is a note or reason code."""

    id: str
    kind: str
    position: int
    offset: int
    reason: str
    detail: str
    barcode: str
    data: bytes


# --- titles -------------------------------------------------------------------------------

_VIEW = (
    "SELECT t.id, t.library, t.batch_id, t.kind, t.title, t.subtitle, t.volume, t.responsibility, "
    "t.edition, t.publication_place, t.publisher, t.year, t.extent, t.isbn, t.price_fen, "
    "t.language, t.audience, t.genre, t.clc, t.main_class, t.abstract, t.alias_of_id, t.extra "
    "FROM catalog_title t "
)


def _view(row: tuple[Any, ...]) -> TitleView:
    return TitleView(*(*row[:-1], rules.extra_of(row[-1])))


_HEX = frozenset("0123456789abcdef")


def _is_id(text: str) -> bool:
    # What stands in an address is anybody's text; PostgreSQL refuses what is no uuid.
    return len(text) == 32 and _HEX.issuperset(text)


def title(title_id: str) -> TitleView | None:
    """The title, or None; any text may be asked for."""
    if not _is_id(title_id):
        return None
    row = sql.one(_VIEW + "WHERE t.id = ?", title_id)
    return _view(row) if row else None


def titles(ids: Iterable[str]) -> dict[str, TitleView]:
    """The titles among ``ids`` that exist, by id, in one statement."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = sql.all(_VIEW + f"WHERE t.id IN ({sql.marks(len(wanted))})", *wanted)
    return {row[0]: _view(row) for row in rows}


def by_identifier(value: str, kind: str = "") -> tuple[TitleView, ...]:
    """Titles that carry a number (isbn, issn, unified, source) typed in any of its forms, oldest
    first: Chinese publishers reuse ISBNs, so there may be several."""
    forms = rules.identifier_forms(value)
    if not forms:
        return ()
    rows = sql.all(
        _VIEW + "WHERE t.id IN (SELECT i.title_id FROM catalog_identifier i WHERE i.value IN "
        f"({sql.marks(len(forms))}){' AND i.kind = ?' if kind else ''}) ORDER BY t.id",
        *forms,
        *((kind,) if kind else ()),
    )
    return tuple(_view(row) for row in rows)


def count() -> int:
    """Titles (种) that are not merged into another."""
    found = sql.one("SELECT COUNT(*) FROM catalog_title WHERE alias_of_id IS NULL")
    return int(found[0]) if found else 0


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
        _VIEW.replace(" FROM ", ", t.clc_sort FROM ", 1)
        + "WHERE t.main_class = ? AND t.alias_of_id IS NULL "
        + ("AND (t.clc_sort, t.id) > (?, ?) " if last else "")
        + "ORDER BY t.clc_sort, t.id LIMIT ?",
        letter,
        *((sort, last) if last else ()),
        limit,
    )
    return tuple(((row[-1], row[0]), _view(row[:-1])) for row in rows)


# --- for the index ------------------------------------------------------------------------

_FIRST = "0" * 32


def title_ids_after(last: str = "", limit: int = 1000) -> tuple[str, ...]:
    """Ids of titles above ``last`` in ascending order: the whole catalogue in batches."""
    rows = sql.all(
        "SELECT id FROM catalog_title WHERE id > ? ORDER BY id LIMIT ?", last or _FIRST, limit
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
    return {row[0]: _document(row) for row in rows}


def _document(row: tuple[Any, ...]) -> TitleDocument:
    extra = rules.extra_of(row[11])
    return TitleDocument(
        row[0],
        f"{row[1]} {row[2]}".rstrip(),
        extra.other_titles,
        extra.authors,
        row[3],
        row[4],
        extra.series,
        extra.subjects,
        extra.keywords,
        row[5],
        extra.contents,
        extra.isbns,
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


# --- records ------------------------------------------------------------------------------

_SOURCE = "SELECT s.title_id, s.format, s.charset, s.data, s.edited, s.original "


def _source(row: tuple[Any, ...]) -> SourceView:
    title_id, format_, charset, data, edited, original = row
    kept = None if original is None else bytes(original)
    return SourceView(title_id, format_, charset, bytes(data), bool(edited), kept)


def source(title_id: str) -> SourceView | None:
    """The bytes of a title's record, or None."""
    if not _is_id(title_id):
        return None
    row = sql.one(f"{_SOURCE}FROM catalog_source s WHERE s.title_id = ?", title_id)
    return _source(row) if row else None


def marc(view: SourceView) -> Record | None:
    """The record in the bytes; None when they cannot be read."""
    data, charset = view.data, view.charset
    if charset.startswith("utf-16"):
        data, charset = data.decode(charset, "replace").encode(), UTF8
    found = decode(RawRecord(0, 1, data), GB18030 if charset == GB18030 else UTF8)
    return None if isinstance(found, Unreadable) else found.record


def bibliographic(title_id: str) -> Bibliographic | None:
    """The whole description of a title, read from its record: for its page and its editor."""
    view = source(title_id)
    read = marc(view) if view else None
    return from_record(read) if read else None


def sources() -> Iterator[SourceView]:
    """Every record: imports in their order, each in the order of its file, then what was added by
    hand. Read in short statements, so that nothing is locked or kept in memory."""
    for (batch_id,) in sql.all('SELECT id FROM catalog_batch ORDER BY started_at, "number"'):
        position = 0
        while rows := sql.all(
            f"{_SOURCE}, t.position FROM catalog_title t JOIN catalog_source s "
            "ON s.title_id = t.id WHERE t.batch_id = ? AND t.position > ? "
            "ORDER BY t.position LIMIT 500",
            batch_id,
            position,
        ):
            yield from (_source(row[:-1]) for row in rows)
            position = rows[-1][-1]
    last = _FIRST
    while rows := sql.all(
        f"{_SOURCE}FROM catalog_title t JOIN catalog_source s ON s.title_id = t.id "
        "WHERE t.batch_id IS NULL AND t.id > ? ORDER BY t.id LIMIT 500",
        last,
    ):
        yield from (_source(row) for row in rows)
        last = rows[-1][0]


# --- imports ------------------------------------------------------------------------------

_BATCH = (
    'SELECT id, library, "number", file_name, file_sha256, file_size, charset, format, profile, '
    'options, control, place_id, status, "offset", records, titles, items, quarantined, warnings, '
    "started_at, finished_at, undone_at FROM catalog_batch "
)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _batch(row: tuple[Any, ...]) -> BatchView:
    return BatchView(*row[:8], *map(_json, row[8:11]), *row[11:])


def batch(number: str) -> BatchView | None:
    """An import by its number."""
    row = sql.one(_BATCH + 'WHERE "number" = ?', number)
    return _batch(row) if row else None


def batches(limit: int = 100) -> tuple[BatchView, ...]:
    """The newest imports first."""
    return tuple(
        map(_batch, sql.all(_BATCH + 'ORDER BY started_at DESC, "number" DESC LIMIT ?', limit))
    )


def batch_of_file(*, library: str, place: str, file_sha256: str) -> BatchView | None:
    """The import of a file into a place that stands or is under way."""
    row = sql.one(
        _BATCH + "WHERE library = ? AND place_id = ? AND file_sha256 = ? AND status <> 'undone'",
        library,
        place,
        file_sha256,
    )
    return _batch(row) if row else None


def lock_batch(batch_id: str) -> BatchView | None:
    """The import, locked until the transaction ends."""
    row = sql.one(_BATCH + "WHERE id = ?" + sql.for_update(), batch_id)
    return _batch(row) if row else None


def quarantined(
    number: str, *, kind: str = "", reason: str = "", after: str = "", limit: int = 100
) -> tuple[QuarantinedView, ...]:
    """What an import set aside, ids above ``after``; ``kind``: record or item, '' both; ``reason``:
    one code, '' all."""
    narrowed = [(c, v) for c, v in (("q.kind", kind), ("q.reason", reason)) if v]
    rows = sql.all(
        'SELECT q.id, q.kind, q.position, q."offset", q.reason, q.detail, q.barcode, q.data '
        "FROM catalog_quarantined q JOIN catalog_batch b ON b.id = q.batch_id "
        f'WHERE b."number" = ? AND q.id > ?{"".join(f" AND {c} = ?" for c, _ in narrowed)} '
        "ORDER BY q.id LIMIT ?",
        number,
        after or _FIRST,
        *[v for _, v in narrowed],
        limit,
    )
    return tuple(QuarantinedView(*(*row[:-1], bytes(row[-1]))) for row in rows)


def same_publications(
    batch_id: str, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bool]:
    """Which of (ISBN, title proper) the catalogue already has, and whether from this very import."""
    values = list({isbn for isbn, _ in wanted})
    if not values:
        return {}
    asked = set(wanted)
    rows = sql.all(
        "SELECT i.value, t.title, t.batch_id FROM catalog_identifier i "
        "JOIN catalog_title t ON t.id = i.title_id "
        f"WHERE i.value IN ({sql.marks(len(values))}) AND i.kind = 'isbn'",
        *values,
    )
    found: dict[tuple[str, str], bool] = {}
    for isbn, proper, batch_ in rows:
        if (isbn, proper) in asked:
            found[isbn, proper] = found.get((isbn, proper), True) and batch_ == batch_id
    return found


# --- shelves ------------------------------------------------------------------------------


def _ranges(prefixes: Sequence[str]) -> tuple[str, list[str]]:
    bounds = [(key, _above(key)) for key in map(class_key, prefixes)]
    where = " OR ".join(["(clc_sort >= ? AND clc_sort < ?)"] * len(bounds))
    return f"alias_of_id IS NULL AND ({where})", [bound for pair in bounds for bound in pair]


def _above(key: str) -> str:
    """The least key above every key that begins with this one; keys hold [0-9a-z] only."""
    kept = key.rstrip("z")
    last = kept[-1]
    return kept[:-1] + ("a" if last == "9" else chr(ord(last) + 1))


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
