"""Taking an import back by its number: only as long as nothing else has happened to what it made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import batches
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import guards, sql
from shuxiang.runtime.commands import command, next_number, require, running_request

TITLES_AT_ONCE = 300
LISTED = 20
_AT = {name: place for place, name in enumerate(ledger.COLUMNS)}


def undo_import(
    number: str, *, ctx: Context, progress: Callable[[int, int], None] | None = None
) -> None:
    """Remove every item and title of an import, in chunks; goes on where it was interrupted. The
    quarantine and the batch stay, the batch as ``undone``.

    Raises Refused: import-unknown, import-undone, and one reason for each of the first `LISTED`
    items or titles to which something has happened since.
    """
    # Asked before anything is locked or marked: at 230,000 items this takes a while.
    reasons = _guarded(number, ctx)
    if reasons:
        raise refuse(*reasons)
    total = begin_undo(number=number, ctx=ctx)
    done = 0
    step = 0
    while removed := undo_chunk(
        number=number, ctx=replace(ctx, request_key=f"{ctx.request_key}.{step}")
    ):
        step += 1
        done += removed
        if progress:
            progress(done, total)


@command("stock.begin_undo_import", permission="catalog.import")
def begin_undo(*, number: str, ctx: Context) -> int:
    """Check that an import can be undone and mark it; returns how many titles it has left."""
    batch = _found(number, ctx)
    if batch.status == batches.UNDONE:
        raise refuse(stop("import-undone", number=number))
    reasons = _events_since(batch.id)
    if reasons:
        raise refuse(*reasons)
    batches.set_status(batch.id, batches.UNDOING, at=ctx.occurred_at)
    left = sql.one("SELECT COUNT(*) FROM catalog_title WHERE batch_id = ?", batch.id)
    return int(left[0]) if left else 0


@command("stock.undo_import_chunk", permission="catalog.import")
def undo_chunk(*, number: str, ctx: Context) -> int:
    """Remove the last titles of an import with their items; returns how many, 0 when it is done."""
    batch = _found(number, ctx)
    if batch.status == batches.UNDONE:
        return 0
    if batch.status != batches.UNDOING:
        raise refuse(stop("import-elsewhere", number=number))
    titles = [
        (row[0], row[1])
        for row in sql.all(
            "SELECT id, main_class FROM catalog_title WHERE batch_id = ? "
            "ORDER BY position DESC LIMIT ?",
            batch.id,
            TITLES_AT_ONCE,
        )
    ]
    ids = [title for title, _ in titles]
    items = _on_other_titles(batch.id)
    if items:
        titles, ids = [], []
    elif not titles:
        batches.set_status(batch.id, batches.UNDONE, at=ctx.occurred_at)
        return 0
    else:
        items = [
            row[0]
            for row in sql.all(
                f"SELECT id FROM stock_item WHERE title_id IN ({sql.marks(len(ids))}) "
                "AND batch_id = ?" + sql.for_update(),
                *ids,
                batch.id,
            )
        ]
    # Asked again: somebody may have borrowed one since the undoing began.
    reasons = [
        *_events_since(batch.id, ids),
        *[r for item in items for r in guards.ask("stock.unaccession", ctx, item=item)],
    ]
    if reasons:
        raise refuse(*reasons[:LISTED])
    ledger.append_many(sql, _reversals(titles, items, batch, ctx))
    sql.many("DELETE FROM stock_item WHERE id = ?", [(item,) for item in items])
    batches.delete_titles(ids)
    return len(ids) or len(items)


def _on_other_titles(batch: str) -> list[str]:
    """Items that a list added to titles which were there before; they go first."""
    return [
        row[0]
        for row in sql.all(
            "SELECT i.id FROM stock_item i JOIN catalog_title t ON t.id = i.title_id "
            "WHERE i.batch_id = ? AND (t.batch_id IS NULL OR t.batch_id <> ?) LIMIT ?",
            batch,
            batch,
            TITLES_AT_ONCE,
        )
    ]


def _found(number: str, ctx: Context) -> catalog.BatchView:
    known = catalog.batch(number)
    batch = catalog.lock_batch(known.id) if known else None
    if batch is None:
        raise refuse(stop("import-unknown", number=number))
    require(ctx, "catalog.import", batch.place)
    return batch


def _guarded(number: str, ctx: Context) -> list[Reason]:
    """What higher capabilities say against removing the items of an import."""
    found = catalog.batch(number)
    reasons: list[Reason] = []
    last = "0" * 32
    while found and len(reasons) < LISTED:
        rows = sql.all(
            "SELECT id FROM stock_item WHERE batch_id = ? AND id > ? ORDER BY id LIMIT 1000",
            found.id,
            last,
        )
        if not rows:
            break
        last = rows[-1][0]
        for (item,) in rows:
            reasons += guards.ask("stock.unaccession", ctx, item=item)
    return reasons[:LISTED]


def _events_since(batch: str, titles: Sequence[str] = ()) -> list[Reason]:
    """Items with a later event, items added since, titles edited since: of the whole batch or of
    the titles named."""
    within = f" AND t.id IN ({sql.marks(len(titles))})" if titles else ""
    used = sql.all(
        "SELECT i.barcode, i.status, t.title, i.id FROM stock_item i "
        "JOIN catalog_title t ON t.id = i.title_id "
        f"WHERE i.batch_id = ? AND i.event_seq <> 1{within} ORDER BY t.position",
        batch,
        *titles,
    )
    # A loan that was taken over and taken back again leaves nothing but its two rows.
    spared = _spared([row[3] for row in used])
    added = sql.all(
        "SELECT i.barcode, t.title FROM catalog_title t JOIN stock_item i ON i.title_id = t.id "
        f"WHERE t.batch_id = ? AND (i.batch_id IS NULL OR i.batch_id <> ?){within} "
        "ORDER BY t.position LIMIT ?",
        batch,
        batch,
        *titles,
        LISTED,
    )
    edited = sql.all(
        "SELECT t.title FROM catalog_title t JOIN catalog_source s ON s.title_id = t.id "
        f"WHERE t.batch_id = ? AND s.edited{within} ORDER BY t.position LIMIT ?",
        batch,
        *titles,
        LISTED,
    )
    merged = sql.all(
        "SELECT DISTINCT t.title FROM catalog_title t JOIN catalog_merge m "
        "ON m.survivor_id = t.id OR m.lost_id = t.id "
        f"WHERE t.batch_id = ?{within} LIMIT ?",
        batch,
        *titles,
        LISTED,
    )
    reasons = [
        *[
            stop("item-used-since", barcode=b, status=s, title=t)
            for b, s, t, item in used
            if item not in spared
        ][:LISTED],
        *[stop("item-added-since", barcode=b, title=t) for b, t in added],
        *[stop("title-edited-since", title=t) for (t,) in edited],
        *[stop("title-merged-since", title=t) for (t,) in merged],
    ]
    return reasons[:LISTED]


def _spared(items: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(items), 500):
        found |= ledger.only_events(sql, items[start : start + 500], ("loan.taken_over",))
    return found


def _reversals(
    titles: Sequence[tuple[str, str]],
    items: Sequence[str],
    batch: catalog.BatchView,
    ctx: Context,
) -> list[list[Any]]:
    """One reversing row an item, with all dimensions of what it reverses, and one row a title."""
    rows: list[list[Any]] = []
    accessions = ledger.item_events(sql, "item.accessioned", items, item_seq=1)
    seqs = _next_seqs(items)
    number = next_number(len(accessions) + len(titles))
    fresh = {
        "request": running_request(),
        "occurred_at": ctx.occurred_at,
        "recorded_at": ctx.occurred_at,
        "channel": ctx.channel,
        "actor_kind": ctx.actor.kind,
        "actor": ctx.actor.id,
        "session": ctx.session_id,
    }
    for original in accessions:
        values = dict(zip(ledger.COLUMNS, original, strict=True))
        amount = values["amount"]
        values |= fresh | {
            "id": new_id(),
            "number": number,
            "type": "item.unaccessioned",
            "item_seq": seqs[original[_AT["item"]]],
            "quantity": -values["quantity"],
            "amount": None if amount is None else -amount,
            "reverses": original[_AT["id"]],
        }
        rows.append([values[name] for name in ledger.COLUMNS])
        number += 1
    for title, main_class in titles:
        values = dict.fromkeys(ledger.COLUMNS, "") | dict.fromkeys(_NULLS) | fresh
        values |= {
            "id": new_id(),
            "number": number,
            "type": "title.removed",
            "library": batch.library,
            "place": batch.place,
            "business_date": clock.business_date(ctx.occurred_at),
            "title": title,
            "clc": main_class,
            "quantity": -1,
        }
        rows.append([values[name] for name in ledger.COLUMNS])
        number += 1
    return rows


def _next_seqs(items: Sequence[str]) -> dict[str, int]:
    if not items:
        return {}
    rows = sql.all(
        f"SELECT id, event_seq FROM stock_item WHERE id IN ({sql.marks(len(items))})", *items
    )
    return {item: seq + 1 for item, seq in rows}


_NULLS = (
    "item",
    "loan",
    "subject",
    "item_seq",
    "amount",
    "reverses",
    "owner_place",
    "lending_place",
)
