"""Batch edits of items: the same change by the same commands as by hand, row by row (row A6)."""

from __future__ import annotations

from typing import Any

from shuxiang.apps.catalog.commands import editing
from shuxiang.apps.stock import queries
from shuxiang.apps.stock.commands.items import change_item, set_item_status
from shuxiang.apps.stock.queries.editing import FIELDS, ItemEdit, value_after
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, Refused, refuse, stop
from shuxiang.runtime.commands import command


@command("stock.prepare_edit", permission="catalog.edit_batch")
def prepare_edit(*, edit: ItemEdit, items: tuple[str, ...], chosen: str = "", ctx: Context) -> str:
    """Prepare a change of many items; returns the number of the draft, which changes nothing yet.

    Raises Refused: edit-nothing-chosen, edit-too-many, edit-field-unknown, edit-find-missing,
    category-unknown, status-unknown.
    """
    reasons = _reasons(edit)
    if reasons:
        raise refuse(*reasons)
    spec = {name: getattr(edit, name) for name in edit.__struct_fields__}
    return editing.prepared(what="items", spec=spec, subjects=items, chosen=chosen, ctx=ctx)


def _reasons(edit: ItemEdit) -> list[Reason]:
    if edit.field not in FIELDS:
        return [stop("edit-field-unknown", field=edit.field)]
    if edit.field in ("call_number", "volume") and edit.find == "" and edit.value == "":
        return [stop("edit-find-missing")]
    if edit.field == "category" and edit.value not in {c for c, _, _ in queries.categories()}:
        return [stop("category-unknown", category=edit.value)]
    if edit.field == "status" and edit.value not in queries.SETTABLE:
        return [stop("status-unknown", status=edit.value)]
    return []


@command("stock.edit_items", permission="catalog.edit_batch")
def edit_items(*, number: str, count: int = 3, ctx: Context) -> int:
    """Go on with a batch of items; returns how many rows were done, 0 when it is through."""
    batch = editing.locked(number)
    if batch.state not in ("queued", "running", "undoing"):
        return 0
    edit = ItemEdit(**batch.spec)
    rows = editing.next_rows(batch, count)
    for row in rows:
        item = queries.item(row.subject)
        if item is None:
            row.state, row.why = "refused", ["item-unknown"]
            continue
        now = getattr(item, edit.field) or ""
        if batch.state == "undoing":
            _undo(row, edit, str(now), ctx)
            continue
        wanted = value_after(edit, str(now))
        if wanted == str(now):
            row.state = "same"
            continue
        row.before = {edit.field: str(now)}
        row.state, row.why = _put(row.subject, edit.field, wanted, ctx)
        row.written = wanted
    return editing.went_on(batch, rows, ctx)


def _undo(row: Any, edit: ItemEdit, now: str, ctx: Context) -> None:
    if now != row.written:
        row.state, row.why = "kept", [editing.CHANGED_SINCE]
        return
    state, why = _put(row.subject, edit.field, str(row.before[edit.field]), ctx)
    row.state, row.why = ("undone", []) if state == "changed" else ("kept", why)


def _put(item: str, field: str, value: str, ctx: Context) -> tuple[str, list[str]]:
    try:
        if field == "status":
            set_item_status(item=item, status=value, ctx=ctx)
        else:
            wanted: dict[str, Any] = {field: value}
            change_item(item=item, ctx=ctx, **wanted)
    except Refused as refused:
        return "refused", editing.codes(refused.decision)
    return "changed", []
