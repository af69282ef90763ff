"""经费 and 书商: money set aside for a year, and who is paid."""

from __future__ import annotations

from shuxiang.apps.acquisitions import models, rules
from shuxiang.apps.acquisitions.commands._shared import (
    MONEY,
    available,
    enter,
    lifted,
    locked_fund,
)
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import yuan
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, record, require


@command("acquisitions.add_fund", permission=MONEY)
def add_fund(*, code: str, name: str, source: str, year: int, budget_fen: int, ctx: Context) -> str:
    """A fund of a year with its budget; returns its id. Raises Refused: name-missing, code-missing,
    fund-exists, fund-source, fund-year, fund-budget."""
    library = places.place(ctx.service_point).library
    require(ctx, MONEY, library)
    reasons = [*_named(code, name), *_budget(budget_fen, 0)]
    if source not in rules.SOURCES:
        reasons.append(stop("fund-source", source=source))
    if not 1990 <= year < 2200:
        reasons.append(stop("fund-year", year=year))
    if models.Fund.objects.filter(library=library, year=year, code=code.strip()).exists():
        reasons.append(stop("fund-exists", code=code.strip(), year=year))
    if reasons:
        raise refuse(*reasons)
    row = models.Fund.objects.create(
        id=new_id(), library=library, code=code.strip(), name=name.strip(), source=source, year=year
    )
    enter(row.id, "budget", budget_fen, ctx)
    record(
        "fund.budgeted", ctx=ctx, library=library, subject=row.id, amount=budget_fen, source=source
    )
    changed(ctx, "fund", row.id, row.name, None,
            {"code": row.code, "year": year, "source": source, "budget_fen": budget_fen})  # fmt: skip
    return str(row.id)


@command("acquisitions.change_budget", permission=MONEY)
def change_budget(*, fund: str, amount_fen: int, why: str, ctx: Context) -> None:
    """追加 or 核减: more money, or less (negative), never less than is set aside and spent. Raises
    Refused: fund-unknown, reason-missing, fund-budget, fund-closed."""
    row = locked_fund(fund)
    require(ctx, MONEY, row.library)
    reasons = _budget(amount_fen, available(row.id))
    if not why.strip():
        reasons.append(stop("reason-missing"))
    if row.closed_at:
        reasons.append(stop("fund-closed", year=row.year))
    if reasons:
        raise refuse(*reasons)
    enter(row.id, "budget", amount_fen, ctx, note=why)
    record("fund.budgeted", ctx=ctx, library=row.library, subject=row.id, amount=amount_fen,
           source=row.source, data={"why": why.strip()[:120]})  # fmt: skip
    changed(ctx, "fund", row.id, row.name, {"budget_fen": 0}, {"budget_fen": amount_fen}, why=why)


@command("acquisitions.close_fund", permission=MONEY)
def close_fund(*, fund: str, closed: bool, ctx: Context) -> None:
    """结账: no order is placed from it any more; ``closed`` false opens it again. Raises Refused:
    fund-unknown."""
    row = locked_fund(fund)
    require(ctx, MONEY, row.library)
    if bool(row.closed_at) == closed:
        return
    models.Fund.objects.filter(id=fund).update(closed_at=ctx.occurred_at if closed else None)
    changed(ctx, "fund", row.id, row.name, {}, {}, action="closed" if closed else "reopened")


@command("acquisitions.save_supplier", permission=MONEY)
def save_supplier(
    *,
    supplier: str = "",
    code: str,
    name: str,
    rate: int = rules.FULL,
    contact: str = "",
    phone: str = "",
    mail: str = "",
    note: str = "",
    active: bool = True,
    ctx: Context,
) -> str:
    """Add a supplier, or change the one given; returns its id. Raises Refused: supplier-unknown,
    supplier-exists, name-missing, code-missing, rate-range."""
    library = places.place(ctx.service_point).library
    require(ctx, MONEY, library)
    reasons = _named(code, name)
    if not 0 <= rate <= 2 * rules.FULL:
        reasons.append(stop("rate-range"))
    same = models.Supplier.objects.filter(library=library, code=code.strip()).first()
    if same is not None and same.id != supplier:
        reasons.append(stop("supplier-exists", code=code.strip()))
    row = models.Supplier.objects.filter(id=supplier, library=library).first() if supplier else None
    if supplier and row is None:
        reasons.append(stop("supplier-unknown"))
    if reasons:
        raise refuse(*reasons)
    values = {
        "code": code.strip(),
        "name": name.strip(),
        "rate": rate,
        "contact": contact.strip(),
        "phone": phone.strip(),
        "mail": mail.strip(),
        "note": note.strip(),
        "active": active,
    }
    before = {n: getattr(row, n) for n in values} if row else None
    id_ = row.id if row else new_id()
    models.Supplier.objects.update_or_create(id=id_, defaults=values | {"library": library})
    changed(ctx, "supplier", id_, name.strip(), before, values)
    return str(id_)


def _named(code: str, name: str) -> list[Reason]:
    reasons = [] if name.strip() else [stop("name-missing")]
    if not code.strip():
        reasons.append(stop("code-missing"))
    return reasons


def _budget(amount: int, left: int) -> list[Reason]:
    # Below what is left nothing can be taken; a budget beyond ten thousand million yuan is a slip.
    right = -left <= amount <= 10**12
    return [] if right else [stop("fund-budget", left=left)]


@command("acquisitions.set_aside", permission="serials.edit")
def set_aside(*, fund: str, amount_fen: int, subject: str, note: str, ctx: Context) -> None:
    """Money of a fund is set aside for a subscription. Raises Refused: fund-unknown, fund-closed,
    fund-exceeded (lifted with the permission and a why)."""
    row = models.Fund.objects.select_for_update().filter(id=fund).first()
    if row is None:
        raise refuse(stop("fund-unknown"))
    reasons = [stop("fund-closed", year=row.year)] if row.closed_at else []
    left = available(fund)
    if amount_fen > left:
        reasons.append(stop("fund-exceeded", needed=yuan(amount_fen), available=yuan(left)))
    lifted(Decision(tuple(reasons)), ctx, ctx.service_point)
    enter(fund, "encumbered", amount_fen, ctx, subject=subject, note=note)


@command("acquisitions.free_aside", permission="serials.edit")
def free_aside(*, fund: str, subject: str, note: str, ctx: Context) -> int:
    """What is set aside for a subscription is free again; returns how much."""
    locked_fund(fund)
    held = sum(
        models.FundEntry.objects.filter(fund=fund, subject=subject, kind="encumbered").values_list(
            "amount_fen", flat=True
        )
    )
    enter(fund, "encumbered", -held, ctx, subject=subject, note=note)
    return int(held)


@command("acquisitions.spend_aside", permission="serials.edit")
def spend_aside(*, fund: str, subject: str, total_fen: int, note: str, ctx: Context) -> None:
    """A subscription is paid from its fund. Raises Refused: fund-unknown, fund-exceeded."""
    locked_fund(fund)
    free_aside(fund=fund, subject=subject, note=note, ctx=ctx)
    left = available(fund)
    if total_fen > left:
        decision = Decision((stop("fund-exceeded", needed=yuan(total_fen), available=yuan(left)),))
        lifted(decision, ctx, ctx.service_point)
    enter(fund, "spent", total_fen, ctx, subject=subject, note=note)
