"""The library's own class table, with how many titles stand in each class; author numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.apps.catalog import classing
from shuxiang.formats.clc import (
    above,
    by_code,
    class_key,
    main_class,
    normalise_class,
    second_level,
)
from shuxiang.runtime import sql
from shuxiang.runtime.revision import cached


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class of the library's own table; ``below``: how many classes stand directly below it."""

    code: str
    parent: str
    heading: str
    note: str
    below: int


_CLASS = (
    "SELECT c.code, c.parent, c.heading, c.note, "
    "(SELECT COUNT(*) FROM catalog_classentry b WHERE b.parent = c.code) "
    "FROM catalog_classentry c "
)


TOP = 2_000
"""Classes of a table that have nothing above them in it."""
CLASS_TABLE = "class-table"
"""The revision of the library's own table: whoever imports it bumps it."""


@cached(CLASS_TABLE)
def class_table_size() -> int:
    """How many classes the library's own table has; 0 where none was imported."""
    row = sql.one("SELECT COUNT(*) FROM catalog_classentry")
    return int(row[0]) if row else 0


def class_entry(code: str) -> ClassView | None:
    """A class of the table by its number."""
    if not class_table_size():
        return None
    row = sql.one(_CLASS + "WHERE c.code = ?", normalise_class(code)[:60])
    return ClassView(*row) if row else None


def classes_below(code: str, limit: int = 200) -> tuple[ClassView, ...]:
    """The classes directly below one in the order of the scheme; of '' those at the top. What the
    table of a part of the scheme has nothing above stands below its class of the two upper levels.
    """
    if not class_table_size():
        return ()
    if code and code not in by_code():
        return _directly_below(code, limit)
    hung = [row for row in _without_above() if _hangs_below(row.code) == code]
    own = _directly_below(code, limit) if code else ()
    return tuple(sorted((*own, *hung), key=lambda row: class_key(row.code))[:limit])


@cached(CLASS_TABLE)
def classes_opened() -> frozenset[str]:
    """The classes, the table's own or not, that have one of the table below them."""
    parents = {row[0] for row in sql.all("SELECT DISTINCT parent FROM catalog_classentry")}
    return frozenset(parents | {_hangs_below(row.code) for row in _without_above()}) - {""}


@cached(CLASS_TABLE)
def _without_above() -> tuple[ClassView, ...]:
    return _directly_below("", TOP)


def _directly_below(code: str, limit: int) -> tuple[ClassView, ...]:
    rows = sql.all(_CLASS + "WHERE c.parent = ? ORDER BY c.sort LIMIT ?", code, limit)
    return tuple(ClassView(*row) for row in rows)


def _hangs_below(code: str) -> str:
    """The class of the two upper levels that a class without one above it belongs to; '' for a main
    class."""
    return next((c for c in (second_level(code), main_class(code)) if c and c != code), "")


def find_classes(text: str, limit: int = 100) -> tuple[ClassView, ...]:
    """Classes whose number begins so, or whose words hold the text, in the order of the scheme."""
    key = class_key(text)
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = sql.all(
        _CLASS + "WHERE (c.sort >= ? AND c.sort < ?) OR c.heading LIKE ? ESCAPE '\\' "
        "OR c.note LIKE ? ESCAPE '\\' ORDER BY c.sort LIMIT ?",
        key or "z",
        above(key) if key else "z",
        f"%{escaped}%",
        f"%{escaped}%",
        limit,
    )
    return tuple(ClassView(*row) for row in rows)


def titles_in_classes(codes: Sequence[str]) -> dict[str, int]:
    """Titles whose class number begins with each, in one statement."""
    if not codes:
        return {}
    one = (
        "SELECT ?, COUNT(*) FROM catalog_title WHERE alias_of_id IS NULL "
        "AND clc_sort >= ? AND clc_sort < ?"
    )
    parts = " UNION ALL ".join([one] * len(codes))
    values = [v for code in codes for v in (code, class_key(code), above(class_key(code)))]
    return {str(code): int(count) for code, count in sql.all(parts, *values)}


def author_table_size() -> int:
    """How many author numbers were imported."""
    row = sql.one("SELECT COUNT(*) FROM catalog_authorcode")
    return int(row[0]) if row else 0


def _codes(keys: Sequence[str]) -> dict[str, str]:
    rows = sql.all(
        f"SELECT key, value FROM catalog_authorcode WHERE key IN ({sql.marks(len(keys))})", *keys
    )
    return dict(rows)


def author_number(name: str, method: str) -> str:
    """著者号 of a name by the imported table; '' where it has none."""
    if method == classing.CORNER:
        plain = classing.plain_name(name)[:4]
        return classing.corner_number(name, _codes(list(plain))) if plain else ""
    keys = classing.beginnings(name, _reading)
    known = _codes(keys) if keys else {}
    return next((known[key] for key in keys if key in known), "")


def _reading(name: str) -> str:
    # Loaded here: its dictionary is needed only where a table goes by pinyin.
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(name, style=Style.NORMAL)).lower()
