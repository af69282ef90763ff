"""征订单: drafted, placed against a fund, cancelled in part or whole, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shuxiang.apps.acquisitions import models, rules
from shuxiang.apps.acquisitions.commands._shared import (
    ORDER,
    available,
    enter,
    facts_of,
    lifted,
    locked_fund,
    locked_order,
    next_number,
    order_of_line,
    whys,
)
from shuxiang.apps.acquisitions.commands.joined import line_changed
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, record, require


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A title to order: ``shares`` copies by place id. ``rate`` None is the supplier's. ``suggestion``:
    the suggestion it fulfils."""

    title_text: str
    price_fen: int | None
    shares: Mapping[str, int]
    isbn: str = ""
    author: str = ""
    publisher: str = ""
    year: str = ""
    rate: int | None = None
    title: str = ""
    suggestion: str = ""


@command("acquisitions.open_order", permission=ORDER)
def open_order(*, supplier: str, fund: str, note: str = "", ctx: Context) -> str:
    """Begin an order at the service point, where its books will be received; returns its id. Raises
    Refused: supplier-unknown, fund-unknown, fund-closed."""
    library = places.place(ctx.service_point).library
    seller = models.Supplier.objects.filter(id=supplier, library=library, active=True).first()
    money = models.Fund.objects.filter(id=fund, library=library).first()
    reasons = [] if seller else [stop("supplier-unknown")]
    if money is None:
        reasons.append(stop("fund-unknown"))
    elif money.closed_at:
        reasons.append(stop("fund-closed", year=money.year))
    if reasons:
        raise refuse(*reasons)
    row = models.Order.objects.create(
        id=new_id(),
        library=library,
        number=next_number("acquisitions_order", "CG", ctx),
        place_id=ctx.service_point,
        supplier_id=supplier,
        fund_id=fund,
        note=note.strip()[:200],
        opened_at=ctx.occurred_at,
        opened_by=ctx.actor.id,
    )
    return str(row.id)


@command("acquisitions.add_lines", permission=ORDER)
def add_lines(*, order: str, lines: tuple[NewLine, ...], ctx: Context) -> int:
    """Write titles on an order that has not gone out; the same ISBN on it gets more copies instead of
    a second line. Returns how many lines were touched. Raises Refused with every reason of every line
    (``line`` in its data): order-unknown, order-state, and AQ-4."""
    row = _draft(order, ctx)
    reasons: list[Reason] = []
    for n, line in enumerate(lines, start=1):
        found = rules.line_reasons(
            title=line.title_text,
            price_fen=line.price_fen,
            rate=row.supplier.rate if line.rate is None else line.rate,
            copies=sum(line.shares.values()),
        )
        reasons += [replace(r, data=r.data | {"line": n}) for r in (*found, *_strange(line))]
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    for line in lines:
        _write(row, line, ctx)
    return len(lines)


def _strange(line: NewLine) -> list[Reason]:
    known = {p.id for p in places.all_places() if p.kind not in ("network", "partner")}
    return [stop("place-unknown", code=p) for p in line.shares if p not in known]


def _write(order: models.Order, line: NewLine, ctx: Context) -> None:
    isbn = parse_isbn(line.isbn).key[:24]
    price = line.price_fen or 0
    row = (
        models.OrderLine.objects.filter(order=order, isbn=isbn, price_fen=price).first()
        if isbn
        else None
    )
    if row is None:
        last = order.lines.order_by("-position").values_list("position", flat=True).first()
        row = models.OrderLine.objects.create(
            id=new_id(),
            order=order,
            position=(last or 0) + 1,
            isbn=isbn,
            title_text=line.title_text.strip()[:300],
            author=line.author.strip()[:200],
            publisher=line.publisher.strip()[:120],
            year=line.year.strip()[:20],
            price_fen=price,
            rate=order.supplier.rate if line.rate is None else line.rate,
            title_id=line.title or matching_title(isbn, line.title_text) or None,
        )
    for place, copies in line.shares.items():
        if copies:
            share, new = models.LineShare.objects.get_or_create(
                line=row, place_id=place, defaults={"id": new_id(), "copies": copies}
            )
            if not new:
                models.LineShare.objects.filter(id=share.id).update(copies=share.copies + copies)
    if line.suggestion:
        models.Suggestion.objects.filter(id=line.suggestion, state="accepted").update(line=row)


def matching_title(isbn: str, text: str) -> str:
    """The record an ordered title is to hang on: with its ISBN, and of several the one of that name."""
    found = [t for t in catalog.by_identifier(isbn, "isbn") if not t.alias_of] if isbn else []
    named = [t for t in found if t.title == text.strip()]
    return next((t.id for t in (*named, *found)), "")


@command("acquisitions.remove_line", permission=ORDER)
def remove_line(*, line: str, ctx: Context) -> None:
    """Take a title off an order that has not gone out. Raises Refused: order-unknown, order-state."""
    row = order_of_line(line)
    _draft(row.id, ctx)
    models.OrderLine.objects.filter(id=line).delete()


@command("acquisitions.place_order", permission=ORDER)
def place_order(*, order: str, ctx: Context) -> int:
    """发订: the order goes out and its money is set aside; returns how much. Beyond the fund it needs
    the permission and a why (AQ-5). Raises Refused: order-unknown, AQ-5."""
    row = locked_order(order)
    require(ctx, ORDER, row.place_id)
    fund = locked_fund(row.fund_id)
    facts = {line.id: facts_of(line) for line in row.lines.all()}
    needed = sum(f.encumbered for f in facts.values())
    decision = lifted(
        rules.may_place(
            state=row.state,
            lines=len(facts),
            needed=needed,
            available=available(fund.id),
            fund_closed=fund.closed_at is not None,
            on=clock.business_date(ctx.occurred_at).year,
            year=fund.year,
        ),
        ctx,
        row.place_id,
    )
    for id_, line in facts.items():
        enter(fund.id, "encumbered", line.encumbered, ctx, subject=id_)
    models.Order.objects.filter(id=order).update(state="placed", placed_at=ctx.occurred_at)
    models.Suggestion.objects.filter(line__order=order, state="accepted").update(state="ordered")
    used = whys(ctx, decision)
    record(
        "order.placed", ctx=ctx, library=row.library, place=row.place_id, subject=row.id,
        quantity=sum(f.ordered for f in facts.values()), amount=needed,
        data={"overrides": used} if used else None,
    )  # fmt: skip
    return needed


@command("acquisitions.cancel_copies", permission=ORDER)
def cancel_copies(*, line: str, copies: int, why: str, ctx: Context) -> None:
    """退订: copies of a line are not waited for any more, and their money is free again (AQ-7). Raises
    Refused: order-unknown, order-state, cancel-number, reason-missing."""
    order = order_of_line(line)
    require(ctx, ORDER, order.place_id)
    row = models.OrderLine.objects.get(id=line)
    decision = rules.may_cancel(state=order.state, line=facts_of(row), copies=copies)
    reasons = [*decision.reasons, *([] if why.strip() else [stop("reason-missing")])]
    if reasons:
        raise refuse(*reasons)
    _cancel(order, row, copies, why, ctx)


@command("acquisitions.end_order", permission=ORDER)
def end_order(*, order: str, why: str = "", ctx: Context) -> str:
    """The order is over: what has not come is cancelled and its money freed (a why then). Returns
    ``closed``, or ``cancelled`` where nothing of it came; a draft is cancelled. Raises Refused:
    order-unknown, order-state, reason-missing."""
    row = locked_order(order)
    require(ctx, ORDER, row.place_id)
    if row.state not in ("draft", "placed"):
        raise refuse(stop("order-state"))
    came = False
    if row.state == "placed":
        facts = [(line, facts_of(line)) for line in row.lines.all()]
        came = any(f.received for _line, f in facts)
        open_ = [(line, f) for line, f in facts if f.waiting]
        if open_ and not why.strip():
            raise refuse(stop("reason-missing"))
        for line, f in open_:
            _cancel(row, line, f.waiting, why, ctx)
    state = "closed" if came else "cancelled"
    models.Order.objects.filter(id=order).update(state=state, ended_at=ctx.occurred_at)
    models.Suggestion.objects.filter(line__order=order, state="accepted").update(line=None)
    return state


def _cancel(
    order: models.Order, row: models.OrderLine, copies: int, why: str, ctx: Context
) -> None:
    before = facts_of(row)
    models.OrderLine.objects.filter(id=row.id).update(cancelled=row.cancelled + copies)
    row.refresh_from_db()
    line_changed(order, row, before, ctx)
    record(
        "order.cancelled", ctx=ctx, library=order.library, place=order.place_id, subject=row.id,
        title=row.title_id, quantity=copies, amount=row.price_fen * copies,
        data={"why": why.strip()[:200]},
    )  # fmt: skip
    if facts_of(row).received == 0 and facts_of(row).waiting == 0:
        # Nothing will come: the suggestion is open again, for another order or an answer.
        models.Suggestion.objects.filter(line=row, state="ordered").update(
            state="accepted", line=None
        )


def _draft(order: str, ctx: Context) -> models.Order:
    row = locked_order(order)
    require(ctx, ORDER, row.place_id)
    if row.state != "draft":
        raise refuse(stop("order-state"))
    return row
