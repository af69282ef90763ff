"""清点: opened for a range of a place, told what was scanned, closed, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.exchange.commands._shared import known_place, next_number
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.commands.statuses import Change, change_statuses
from shuxiang.apps.stock.queries import shelf_sort
from shuxiang.apps.stockcontrol import models, queries, rules
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime import guards, sql
from shuxiang.runtime.commands import command, record, require

ACTION = "stock.inventory"
CHUNK = 500
MOST_AT_ONCE = 2000
"""Scans a command takes: a file of 230,000 comes in pieces, and nobody waits for it at the desk."""
CODE_LENGTH = 60
NEVER: frozenset[str] = frozenset()


@command("stockcontrol.open_inventory", permission=ACTION)
def open_inventory(
    *,
    place: str,
    location: str | None = None,
    call_from: str = "",
    call_to: str = "",
    note: str = "",
    ctx: Context,
) -> str:
    """Begin an inventory; returns its id. Raises Refused: not-permitted (at the place too),
    place-unknown, location-unknown, inventory-range, inventory-overlaps."""
    site = known_place(place)
    require(ctx, ACTION, place)
    reasons: list[Reason] = []
    if location and not any(x.id == location for x in places.locations([place])):
        reasons.append(stop("location-unknown", location=location))
    first, last = call_from.strip()[:80], call_to.strip()[:80]
    if first and last and shelf_sort(first) > shelf_sort(last):
        reasons.append(stop("inventory-range"))
    same = models.Inventory.objects.filter(
        place=place, location=location or None, call_from=first, call_to=last, state="open"
    )
    if same.exists():
        reasons.append(stop("inventory-open-already"))
    if reasons:
        raise refuse(*reasons)
    row = models.Inventory.objects.create(
        id=new_id(),
        library=site.library,
        number=next_number("stockcontrol_inventory", "QD", ctx),
        place_id=place,
        location_id=location or None,
        call_from=first,
        call_to=last,
        note=note.strip()[:200],
        opened_at=ctx.occurred_at,
        opened_by=ctx.actor.id,
    )
    return str(row.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of scans: how many were new, how many had been scanned in this inventory before."""

    new: int
    again: int


@command("stockcontrol.begin_run", permission=ACTION)
def begin_run(
    *,
    inventory: str,
    source: str,
    name: str = "",
    in_order: bool = False,
    digest: str,
    ctx: Context,
) -> str:
    """Begin a lot of scans; returns its id, that of the earlier one where the same lot was sent before.
    Raises Refused: inventory-unknown, inventory-closed, inventory-source."""
    row = _open(inventory, ctx)
    if source not in rules.SOURCES:
        raise refuse(stop("inventory-source", source=source))
    known = models.Run.objects.filter(inventory=row.id, digest=digest).first()
    if known is not None:
        return str(known.id)
    made = models.Run.objects.create(
        id=new_id(),
        inventory=row,
        source=source,
        name=name.strip()[:120],
        in_order=in_order,
        digest=digest,
        sent_at=ctx.occurred_at,
        sent_by=ctx.actor.id,
    )
    return str(made.id)


@command("stockcontrol.add_scans", permission=ACTION)
def add_scans(*, run: str, first: int, codes: Sequence[str], ctx: Context) -> Taken:
    """Take scans of a lot, the first of which is its number ``first``. A code scanned before in this
    inventory is told and not counted again. Raises Refused: inventory-unknown, inventory-closed,
    scans-too-many."""
    lot = models.Run.objects.filter(id=run).first()
    if lot is None:
        raise refuse(stop("inventory-unknown"))
    row = _open(lot.inventory_id, ctx)
    if len(codes) > MOST_AT_ONCE:
        raise refuse(stop("scans-too-many", most=MOST_AT_ONCE))
    numbered: dict[str, int] = {
        code: n for n, code in reversed(list(enumerate(map(scanned, codes), start=first))) if code
    }
    new = 0
    wanted = sorted(numbered, key=lambda code: numbered[code])
    for start in range(0, len(wanted), CHUNK):
        new += _add(row, lot.id, [c[:CODE_LENGTH] for c in wanted[start : start + CHUNK]], numbered)
    return Taken(new=new, again=len(wanted) - new)


def _add(row: models.Inventory, run: str, codes: list[str], numbered: dict[str, int]) -> int:
    known = {
        found[0]
        for found in sql.all(
            "SELECT code FROM stockcontrol_scan WHERE inventory_id = ? AND code IN "
            f"({sql.marks(len(codes))})",
            row.id,
            *codes,
        )
    }
    fresh = [code for code in codes if code not in known]
    meant = queries.meant(fresh, row.place_id)
    sql.many(
        "INSERT INTO stockcontrol_scan (id, inventory_id, run_id, number, code, item_id, what) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (inventory_id, code) DO NOTHING",
        [(new_id(), row.id, run, numbered.get(code, 0), code, *meant[code]) for code in fresh],
        converted=True,
    )
    return len(fresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """How many count as missing now, and how many were found again."""

    missing: int
    found: int


@command("stockcontrol.close_inventory", permission=ACTION)
def close_inventory(*, inventory: str, ctx: Context) -> Closed:
    """What was not found counts as missing from now on, what was missing and was found is available
    again; the figures are kept. `undo_inventory` takes it back.

    Raises Refused: inventory-unknown, inventory-closed, inventory-empty, inventory-much-missing (asks).
    """
    row = _open(inventory, ctx)
    view = queries.inventory(inventory)
    assert view is not None
    summary = queries.summary(view)
    decision = rules.may_close(
        state=row.state,
        expected=summary.expected,
        missing=summary.missing,
        scans=summary.scans,
    )
    answered = [o.code for o in ctx.overrides if o.why.strip()]
    decision = decision.lifted([r.code for r in decision.reasons if r.code in answered])
    if not decision.allowed:
        raise Refused(decision)
    missing = queries.listed(view, "missing", limit=None)
    found = queries.listed(view, "found", limit=None)
    data = {"inventory": row.number}
    changes = [
        Change(x.item, x.status, after, {"before": x.status, "after": after, **data})
        for rows, after in ((missing, "missing"), (found, "available"))
        for x in rows
    ]
    done = change_statuses(changes, type_="item.status", subject=row.id, ctx=ctx)
    models.Marked.objects.bulk_create(
        [
            models.Marked(
                id=new_id(),
                inventory=row,
                item_id=d.change.item,
                before=d.change.before,
                after=d.change.after,
                seq=d.seq,
            )
            for d in done
        ],
        batch_size=CHUNK,
    )
    _tell_holds(done_items=[d.change.item for d in done if d.change.after == "missing"], ctx=ctx)
    models.Inventory.objects.filter(id=row.id).update(
        state="closed",
        closed_at=ctx.occurred_at,
        closed_by=ctx.actor.id,
        result=summary.as_dict(),
    )
    record(
        "inventory.closed",
        ctx=ctx,
        library=row.library,
        place=row.place_id,
        subject=row.id,
        quantity=summary.scans,
        data={"number": row.number, **summary.as_dict()},
    )
    now_missing = sum(d.change.after == "missing" for d in done)
    return Closed(missing=now_missing, found=len(done) - now_missing)


def _tell_holds(*, done_items: Sequence[str], ctx: Context) -> None:
    """Holds that wait for one of these copies go on without it."""
    for start in range(0, len(done_items), CHUNK):
        for item in circulation.wanted_items(done_items[start : start + CHUNK]):
            guards.tell("stock.item_gone", ctx, item=item)


@command("stockcontrol.undo_inventory", permission=ACTION)
def undo_inventory(*, inventory: str, ctx: Context) -> int:
    """Take back what closing changed, of every item to which nothing else has happened since; returns of
    how many. Raises Refused: inventory-unknown, inventory-not-closed."""
    row = models.Inventory.objects.select_for_update().filter(id=inventory).first()
    if row is None:
        raise refuse(stop("inventory-unknown"))
    require(ctx, ACTION, row.place_id)
    if row.state != "closed":
        raise refuse(stop("inventory-not-closed"))
    marks = queries.untouched(row.id)
    changes = [
        Change(
            m.item,
            m.after,
            m.before,
            {"before": m.after, "after": m.before, "inventory": row.number, "undone": True},
        )
        for m in marks
    ]
    done = change_statuses(changes, type_="item.status", subject=row.id, ctx=ctx)
    back = [d.change.item for d in done]
    for start in range(0, len(back), CHUNK):
        models.Marked.objects.filter(inventory=row.id, item__in=back[start : start + CHUNK]).update(
            undone=True
        )
    models.Inventory.objects.filter(id=row.id).update(state="undone")
    record("inventory.undone", ctx=ctx, library=row.library, place=row.place_id, subject=row.id,
           quantity=len(back), data={"number": row.number, "left": len(marks) - len(back)})  # fmt: skip
    return len(back)


def _open(inventory: str, ctx: Context) -> models.Inventory:
    row = models.Inventory.objects.select_for_update().filter(id=inventory).first()
    if row is None:
        raise refuse(stop("inventory-unknown"))
    require(ctx, ACTION, row.place_id)
    if row.state != "open":
        raise Refused(Decision((stop("inventory-closed"),)))
    return row
