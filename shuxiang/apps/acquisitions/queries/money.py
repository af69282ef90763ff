"""Funds with what is left of them, suppliers, invoices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.apps.acquisitions import models, rules
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class FundView:
    """A fund and its sums in 分."""

    id: str
    library: str
    code: str
    name: str
    source: str
    year: int
    closed: bool
    budget_fen: int
    encumbered_fen: int
    spent_fen: int

    @property
    def left_fen(self) -> int:
        return self.budget_fen - self.encumbered_fen - self.spent_fen


_FUND = (
    "SELECT f.id, f.library, f.code, f.name, f.source, f.year, f.closed_at, "
    + ", ".join(
        f"COALESCE(SUM(CASE WHEN e.kind = '{kind}' THEN e.amount_fen END), 0)"
        for kind in ("budget", "encumbered", "spent")
    )
    + " FROM acquisitions_fund f LEFT JOIN acquisitions_fundentry e ON e.fund_id = f.id WHERE {} "
    "GROUP BY f.id, f.library, f.code, f.name, f.source, f.year, f.closed_at "
    "ORDER BY f.year DESC, f.code"
)


def _funds(where: str, *values: object) -> tuple[FundView, ...]:
    return tuple(
        FundView(*(*r[:6], r[6] is not None, *(int(n) for n in r[7:])))
        for r in sql.all(_FUND.format(where), *values)
    )


def funds(library: str, year: int | None = None) -> tuple[FundView, ...]:
    """The funds of a library, the newest year first."""
    if year is None:
        return _funds("f.library = ?", library)
    return _funds("f.library = ? AND f.year = ?", library, year)


def fund(fund_id: str) -> FundView | None:
    return next(iter(_funds("f.id = ?", fund_id)), None)


@dataclass(frozen=True, slots=True)
class EntryView:
    """A movement of a fund; ``what`` is the order or invoice number it belongs to."""

    kind: str
    amount_fen: int
    note: str
    at: datetime
    by: str
    what: str


def entries(fund_id: str, limit: int = 200) -> tuple[EntryView, ...]:
    """The movements of a fund, the newest first."""
    rows = sql.all(
        "SELECT e.kind, e.amount_fen, e.note, e.at, e.by, COALESCE(o.number, i.number, '') "
        "FROM acquisitions_fundentry e LEFT JOIN acquisitions_orderline l ON l.id = e.subject "
        "LEFT JOIN acquisitions_order o ON o.id = l.order_id "
        "LEFT JOIN acquisitions_invoice i ON i.id = e.subject "
        "WHERE e.fund_id = ? ORDER BY e.at DESC, e.id DESC LIMIT ?",
        fund_id,
        limit,
    )
    return tuple(EntryView(*r) for r in rows)


@dataclass(frozen=True, slots=True)
class SupplierView:
    id: str
    code: str
    name: str
    rate: int
    contact: str
    phone: str
    mail: str
    note: str
    active: bool


def suppliers(library: str, *, active: bool = False) -> tuple[SupplierView, ...]:
    """The suppliers of a library; with ``active`` only those ordered from."""
    rows = models.Supplier.objects.filter(library=library).order_by("-active", "code")
    return tuple(_supplier(r) for r in rows if r.active or not active)


def supplier(supplier_id: str) -> SupplierView | None:
    row = models.Supplier.objects.filter(id=supplier_id).first()
    return _supplier(row) if row else None


def _supplier(r: models.Supplier) -> SupplierView:
    return SupplierView(r.id, r.code, r.name, r.rate, r.contact, r.phone, r.mail, r.note, r.active)


@dataclass(frozen=True, slots=True)
class InvoiceLineView:
    line: str
    title_text: str
    isbn: str
    copies: int
    list_fen: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice; its lines' nets and the freight are its total."""

    id: str
    order: str
    number: str
    dated: date
    freight_fen: int
    total_fen: int
    entered_at: datetime
    voided: bool
    why: str
    lines: tuple[InvoiceLineView, ...]

    @property
    def list_fen(self) -> int:
        return sum(line.list_fen for line in self.lines)

    @property
    def net_fen(self) -> int:
        return sum(line.net_fen for line in self.lines)

    @property
    def copies(self) -> int:
        return sum(line.copies for line in self.lines)


def invoices(order: str) -> tuple[InvoiceView, ...]:
    """The invoices of an order, in the order they were entered."""
    rows = models.Invoice.objects.filter(order=order).order_by("entered_at", "id")
    return tuple(
        InvoiceView(
            r.id,
            r.order_id,
            r.number,
            r.dated,
            r.freight_fen,
            r.total_fen,
            r.entered_at,
            r.voided_at is not None,
            r.why,
            tuple(
                InvoiceLineView(
                    p.line_id, p.line.title_text, p.line.isbn, p.copies, p.list_fen, p.net_fen
                )
                for p in r.lines.select_related("line").order_by("line__position")
            ),
        )
        for r in rows
    )


def faults() -> list[str]:
    """Funds whose money is not what their orders, subscriptions and invoices say, and invoices that are
    not the sum of their lines."""
    needed: dict[str, int] = {}
    for fund_id, copies, received, price, rate, cancelled, invoiced in sql.all(
        "SELECT o.fund_id, COALESCE(SUM(s.copies), 0), COALESCE(SUM(s.received), 0), l.price_fen, "
        "l.rate, l.cancelled, l.invoiced FROM acquisitions_orderline l "
        "JOIN acquisitions_order o ON o.id = l.order_id "
        "LEFT JOIN acquisitions_lineshare s ON s.line_id = l.id "
        "WHERE o.placed_at IS NOT NULL "
        "GROUP BY l.id, o.fund_id, l.price_fen, l.rate, l.cancelled, l.invoiced"
    ):
        facts = rules.LineFacts(
            ordered=int(copies), received=int(received), price_fen=price, rate=rate,
            cancelled=cancelled, invoiced=invoiced,
        )  # fmt: skip
        needed[fund_id] = needed.get(fund_id, 0) + facts.encumbered
    spent: dict[str, int] = {}
    for fund_id, total in sql.all(
        "SELECT o.fund_id, SUM(i.total_fen) FROM acquisitions_invoice i JOIN acquisitions_order o "
        "ON o.id = i.order_id WHERE i.voided_at IS NULL GROUP BY o.fund_id"
    ):
        spent[fund_id] = int(total)
    broken = []
    for fund_id, kind, total in sql.all(
        "SELECT e.fund_id, e.kind, SUM(e.amount_fen) FROM acquisitions_fundentry e "
        "WHERE e.kind <> 'budget' AND (EXISTS (SELECT 1 FROM acquisitions_orderline l "
        "WHERE l.id = e.subject) OR EXISTS (SELECT 1 FROM acquisitions_invoice i "
        "WHERE i.id = e.subject)) GROUP BY e.fund_id, e.kind"
    ):
        said = (needed if kind == "encumbered" else spent).pop(fund_id, 0)
        if said != int(total):
            broken.append(f"fund {fund_id}: {kind} is {total}, its orders and invoices say {said}")
    broken += [
        f"fund {f}: nothing is {kind}, its orders and invoices say {n}"
        for kind, left in (("encumbered", needed), ("spent", spent))
        for f, n in left.items()
        if n
    ]
    broken += [
        f"invoice {i}: its lines and freight are {parts}, its total is {total}"
        for i, total, parts in sql.all(
            "SELECT i.id, i.total_fen, i.freight_fen + COALESCE(SUM(l.net_fen), 0) "
            "FROM acquisitions_invoice i LEFT JOIN acquisitions_invoiceline l "
            "ON l.invoice_id = i.id GROUP BY i.id, i.total_fen, i.freight_fen "
            "HAVING i.total_fen <> i.freight_fen + COALESCE(SUM(l.net_fen), 0)"
        )
    ]
    return broken
