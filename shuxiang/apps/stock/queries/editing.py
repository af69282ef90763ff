"""What a batch edit of items changes, and would change."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock import rules
from shuxiang.apps.stock.queries.items import item

FIELDS = ("location", "category", "status", "call_number", "volume")
SETTABLE = tuple(s for s in rules.STATUSES if s != "withdrawn")


class ItemEdit(msgspec.Struct, frozen=True):
    """``field`` of `FIELDS` gets ``value``; of call numbers and volumes the text ``find`` is replaced
    by it where ``find`` is not ''. A location is named by its id, '' takes items out of theirs."""

    field: str
    value: str = ""
    find: str = ""


def value_after(edit: ItemEdit, now: str) -> str:
    """What the field of an item is after the edit."""
    if edit.field in ("call_number", "volume") and edit.find:
        return now.replace(edit.find, edit.value)
    return edit.value


@dataclass(frozen=True, slots=True)
class ItemPreview:
    """What a draft would do to the rows looked at; ``first``: (item, before, after)."""

    looked_at: int
    changed: int
    same: int
    unreadable: int
    first: tuple[tuple[str, str, str], ...]


def preview_items(view: catalog.EditView, *, shown: int = 20, most: int = 1000) -> ItemPreview:
    """Try a change of items without making it."""
    edit = ItemEdit(**view.spec)
    changed = same = unknown = 0
    first: list[tuple[str, str, str]] = []
    rows = catalog.edit_rows(view.id, limit=most)
    for row in rows:
        found = item(row.subject)
        if found is None:
            unknown += 1
            continue
        now = str(getattr(found, edit.field) or "")
        after = value_after(edit, now)
        if after == now:
            same += 1
            continue
        changed += 1
        if len(first) < shown:
            first.append((found.id, now, after))
    return ItemPreview(len(rows), changed, same, unknown, tuple(first))
