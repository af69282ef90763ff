"""Partners, agreements, visitors, messages, returns and borrowed books."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.apps.exchange import models, rules
from shuxiang.apps.exchange.rules import Terms
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Reason, stop


@dataclass(frozen=True, slots=True)
class PartnerView:
    """A partner: ``waiting`` messages, of which the oldest was written at ``since``."""

    id: str
    code: str
    name: str
    adapter: str
    active: bool
    waiting: int
    since: datetime | None


def partners() -> tuple[PartnerView, ...]:
    """Every partner in the library's order."""
    rows = models.Partner.objects.select_related("place").order_by("place__position", "place__code")
    found = []
    for row in rows:
        waits = models.Message.objects.filter(partner=row, state="waiting").order_by("created_at")
        first = waits.first()
        found.append(
            PartnerView(
                row.place_id,
                row.place.code,
                row.place.name,
                row.adapter,
                row.active,
                waits.count(),
                first.created_at if first else None,
            )
        )
    return tuple(found)


def partner(partner_id: str) -> PartnerView | None:
    return next((p for p in partners() if p.id == partner_id), None)


def _terms(row: models.Agreement) -> Terms:
    return Terms(
        id=row.id,
        partner=row.partner_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        cards=row.cards,
        reader_category=row.reader_category_id or "",
        card_prefix=row.card_prefix,
        card_digits=row.card_digits,
        loan_limit=row.loan_limit,
        check_days=row.check_days,
        offline_limit=row.offline_limit,
        returns=row.returns,
        item_prefix=row.item_prefix,
        item_digits=row.item_digits,
        lending=row.lending,
        our_cards=row.our_cards,
        note=row.note,
    )


def agreements(partner_id: str) -> tuple[Terms, ...]:
    """Every row agreed with a partner, the newest first."""
    rows = models.Agreement.objects.filter(partner=partner_id).order_by("-valid_from")
    return tuple(_terms(r) for r in rows)


def terms(partner_id: str, on: date) -> Terms | None:
    """What is agreed with a partner that day."""
    return rules.agreed(agreements(partner_id), on)


def in_force(on: date) -> tuple[Terms, ...]:
    """What is agreed with each active partner that day."""
    rows = models.Agreement.objects.filter(partner__active=True, valid_from__lte=on)
    by_partner: dict[str, list[Terms]] = {}
    for row in rows:
        by_partner.setdefault(row.partner_id, []).append(_terms(row))
    found = (rules.agreed(rows, on) for rows in by_partner.values())
    return tuple(t for t in found if t is not None)


def partner_of_item(code: str, on: date) -> str | None:
    """The one partner whose books look like a code; None where none does, or two."""
    found = [t.partner for t in in_force(on) if t.is_item(code)]
    return found[0] if len(found) == 1 else None


def partner_of_card(code: str, on: date) -> str | None:
    """The one partner whose cards look like a code; None where none does, or two."""
    found = [t.partner for t in in_force(on) if t.is_card(code)]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class VisitorView:
    patron: str
    partner: str
    name: str
    number: str
    state: str
    checked_at: datetime | None
    checked_how: str


def visitor(patron: str) -> VisitorView | None:
    row = models.Visitor.objects.select_related("patron").filter(patron=patron).first()
    return _visitor(row) if row else None


def visitors(partner_ids: Collection[str], limit: int = 50) -> tuple[VisitorView, ...]:
    """Readers of partners who came, those checked last first."""
    rows = models.Visitor.objects.select_related("patron").filter(partner__in=list(partner_ids))
    return tuple(_visitor(r) for r in rows.order_by("-checked_at", "-patron")[:limit])


def _visitor(row: models.Visitor) -> VisitorView:
    card = row.patron.cards.order_by("-issued_at").first()
    return VisitorView(
        row.patron_id,
        row.partner_id,
        row.patron.name,
        card.number if card else "",
        row.state,
        row.checked_at,
        row.checked_how,
    )


def visit_limit(patron: str, library: str, at: datetime) -> int | None:
    """How many of our books the reader may have at once by the agreement with the library of their
    card; None where no agreement says so, as for our own readers."""
    if not places.is_partner(library):
        return None
    on = clock.business_date(at)
    row = models.Visitor.objects.select_related("partner").filter(patron=patron).first()
    if row is None or not row.partner.active:
        return 0
    return rules.visit_limit(
        terms=terms(library, on),
        state=row.state,
        checked_on=clock.business_date(row.checked_at) if row.checked_at else None,
        on=on,
    )


def visit_reasons(patron: str, library: str, open_loans: int, at: datetime) -> tuple[Reason, ...]:
    """What is against lending to a partner's reader now (VC-1 … VC-5)."""
    on = clock.business_date(at)
    row = models.Visitor.objects.select_related("partner").filter(patron=patron).first()
    if row is None or not row.partner.active:
        return (stop("visitor-no-agreement"),)
    return rules.may_visit(
        terms=terms(library, on),
        state=row.state,
        checked_on=clock.business_date(row.checked_at) if row.checked_at else None,
        on=on,
        open_loans=open_loans,
    )


@dataclass(frozen=True, slots=True)
class MessageView:
    id: str
    partner: str
    kind: str
    key: str
    body: dict[str, str]
    state: str
    tries: int
    created_at: datetime
    next_at: datetime
    error: str


def _message(row: models.Message) -> MessageView:
    return MessageView(
        row.id,
        row.partner_id,
        row.kind,
        row.key,
        row.body,
        row.state,
        row.tries,
        row.created_at,
        row.next_at,
        row.error,
    )


def messages_waiting(partner_id: str, limit: int = 100) -> tuple[MessageView, ...]:
    """What a partner has not been told yet, oldest first."""
    rows = models.Message.objects.filter(partner=partner_id, state="waiting")
    return tuple(_message(r) for r in rows.order_by("created_at", "id")[:limit])


def messages_due(at: datetime, limit: int = 50) -> tuple[tuple[str, str, MessageView], ...]:
    """(adapter, code of the partner, message) of what may be tried now without a person."""
    rows = (
        models.Message.objects.select_related("partner__place")
        .filter(state="waiting", next_at__lte=at, partner__active=True, partner__adapter="file")
        .order_by("created_at", "id")[:limit]
    )
    return tuple((r.partner.adapter, r.partner.place.code, _message(r)) for r in rows)


@dataclass(frozen=True, slots=True)
class ReturnView:
    id: str
    partner: str
    barcode: str
    place: str
    taken_at: datetime
    sent_at: datetime | None


def returns_waiting(places: Collection[str]) -> tuple[ReturnView, ...]:
    """Books of partners that wait at the places to be sent on, oldest first."""
    rows = models.ForeignReturn.objects.filter(place__in=list(places), sent_at=None)
    return tuple(
        ReturnView(r.id, r.partner_id, r.barcode, r.place_id, r.taken_at, r.sent_at)
        for r in rows.order_by("taken_at", "id")
    )


@dataclass(frozen=True, slots=True)
class InterLoanView:
    """A request: ``on_loan`` while a reader has the book."""

    id: str
    number: str
    partner: str
    place: str
    patron: str
    reader: str
    title_text: str
    author: str
    isbn: str
    note: str
    state: str
    item: str
    barcode: str
    back_by: date | None
    asked_at: datetime
    asked_by: str


def _interloan(row: models.InterLoan) -> InterLoanView:
    return InterLoanView(
        row.id,
        row.number,
        row.partner_id,
        row.place_id,
        row.patron_id or "",
        row.patron.name if row.patron else "",
        row.title_text,
        row.author,
        row.isbn,
        row.note,
        row.state,
        row.item_id or "",
        row.item.barcode if row.item else "",
        row.back_by,
        row.asked_at,
        row.asked_by,
    )


def interloans(places: Collection[str], limit: int = 100) -> tuple[InterLoanView, ...]:
    """Requests made at the places: what is here or asked for first, then the newest."""
    rows = models.InterLoan.objects.select_related("patron", "item").filter(place__in=list(places))
    found = sorted(
        rows.order_by("-asked_at")[:limit], key=lambda r: r.state not in ("asked", "received")
    )
    return tuple(_interloan(r) for r in found)


def interloan(interloan_id: str) -> InterLoanView | None:
    row = models.InterLoan.objects.select_related("patron", "item").filter(id=interloan_id).first()
    return _interloan(row) if row else None
