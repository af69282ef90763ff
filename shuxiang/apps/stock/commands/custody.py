"""Where an item is and the number of its last ledger row: for commands that record item events."""

from __future__ import annotations

from datetime import datetime

from shuxiang.runtime import sql


def advance(
    item: str, *, seq: int, holder: str | None = None, used_at: datetime | None = None
) -> None:
    """Note that the item's ledger row ``seq`` is being written, and where the item now is.

    Called inside a command, beside its `record(item=…, item_seq=seq)`.
    """
    sql.run(
        "UPDATE stock_item SET event_seq = ?, holder_id = COALESCE(?, holder_id), "
        "used_at = COALESCE(?, used_at) WHERE id = ?",
        seq,
        holder,
        used_at,
        item,
    )


def rebase(item: str, base: str | None) -> None:
    """Where the item belongs until another delivery: a place, or None for its owner's."""
    sql.run("UPDATE stock_item SET base_id = ? WHERE id = ?", base, item)


def forget_use(item: str) -> None:
    """An in-house use was taken back: the item may be counted again at once."""
    sql.run("UPDATE stock_item SET used_at = NULL WHERE id = ?", item)


def set_custody(item: str, *, holder: str, used_at: datetime | None) -> None:
    """Put back where an item was and when it was last used, beside the reversing row of what had
    changed it."""
    sql.run("UPDATE stock_item SET holder_id = ?, used_at = ? WHERE id = ?", holder, used_at, item)


def set_status(item: str, *, status: str, seq: int) -> None:
    """Set what is so of the item itself, beside its `record("item.status", item_seq=seq)`."""
    sql.run("UPDATE stock_item SET status = ?, event_seq = ? WHERE id = ?", status, seq, item)
