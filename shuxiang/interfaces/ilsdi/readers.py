"""What clients of ILS-DI ask and do in readers' names, by the same commands as the readers' own pages."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.http import HttpRequest

from shuxiang.apps.catalog.queries.listing import is_id
from shuxiang.apps.circulation import commands as lending
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.queries import HoldView, LoanView
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.patrons import commands
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Device
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.addresses import address_of
from shuxiang.interfaces.common.clients import as_reader, usual_pickup
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.ilsdi import catalogue
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.secrets import lookup_hash

CHANNEL = "ilsdi"
Asked = dict[str, str]
Told = dict[str, Any]


class NotFound(Exception):
    """Koha's code for what isn't there."""


def authenticate(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`AuthenticatePatron`: for an hour from now the client may act for the reader."""
    done = commands.sign_in(
        name=asked["username"][:64],
        pin=asked["password"][:64],
        address=address_of(request),
        token_hash=lookup_hash("ilsdi-session", secrets.token_urlsafe(32)),
        client=client.id,
        ctx=Context(
            actor=Actor("patron", ""),
            channel=CHANNEL,
            service_point=client.place,
            occurred_at=clock.now(),
        ),
    )
    if done.patron is None:
        return {"code": "PatronNotFound", "message": " ".join(refusal(done.decision))}
    if done.must_change:
        said = "The PIN of the slip must be changed on the library's own pages first."
        return {"code": "PatronNotFound", "message": said}
    return {"id": done.patron}


def lookup(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`LookupPatron` by card number or a bound document's, for trusted clients."""
    kind = asked.get("id_type", "") or "cardnumber"
    if kind not in ("cardnumber", "userid", "borrowernumber"):
        return {"code": "IllegalParameter", "message": "id_type is cardnumber or borrowernumber."}
    name = asked["id"][:64]
    if kind == "borrowernumber":
        found = [reader.patron] if (reader := _known(name)) else []
    else:
        found = [c.patron for c in patrons.candidates(name)]
    return {"id": found[0]} if len(found) == 1 else {"message": "PatronNotFound"}


def _known(patron: str) -> LoanReader | None:
    reader = patrons.loan_reader(patron) if is_id(patron) else None
    return reader if reader and not reader.closed else None


def _reader(asked: Asked, client: Device) -> LoanReader:
    """The reader asked about. One whose PIN the client has not shown answers like nobody."""
    patron = asked["patron_id"].strip()
    reader = _known(patron)
    trusted = bool(client.settings.get("trusted"))
    if reader is None:
        raise NotFound("PatronNotFound")
    token = patrons.client_token(client.id, patron, clock.now())
    if not trusted and (token is None or token.must_change):
        raise NotFound("PatronNotFound")
    return reader


def _acting(reader: LoanReader) -> Context:
    return as_reader(reader.patron, reader.home, CHANNEL)


def _today() -> date:
    return clock.business_date(clock.now())


def info(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`GetPatronInfo`."""
    reader = _reader(asked, client)
    site = _place(reader.home)
    told: Told = {
        "borrowernumber": reader.patron,
        "cardnumber": reader.number,
        "surname": reader.name,
        "firstname": "",
        "branchcode": site.code if site else "",
        "branchname": site.name if site else "",
        "categorycode": reader.category,
        "category_description": reader.category_name,
        "dateexpiry": reader.expires_on.isoformat(),
        "charges": _yuan(fees.owed(reader.patron)),
    }
    if asked.get("show_contact", "1") != "0":
        known = patrons.particulars(reader.patron)
        told |= {"address": known.address, "phone": known.phone, "email": known.email}
    if asked.get("show_fines") == "1":
        told["fines"] = {"fine": [_fine(c) for c in fees.charges(reader.patron)]}
    if asked.get("show_holds") == "1":
        told["holds"] = {"hold": [_hold(h) for h in circulation.holds_of(reader.patron)]}
    if asked.get("show_loans") == "1":
        ctx = _acting(reader)
        loans = circulation.open_loans(reader.patron)
        told["loans"] = {"loan": [_loan(view, ctx) for view in loans]}
    return told


def _place(id_: str) -> places.Place | None:
    return next((p for p in places.all_places() if p.id == id_), None)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _fine(charge: fees.ChargeView) -> Told:
    return {
        "accountlines_id": charge.id,
        "date": charge.day.isoformat(),
        "amount": _yuan(charge.amount_fen),
        "amountoutstanding": _yuan(charge.open_fen),
        "description": charge.note or charge.kind,
        "title": charge.title_text,
        "itemnumber": charge.item,
    }


def _hold(hold: HoldView) -> Told:
    site = _place(hold.pickup)
    return {
        "reserve_id": hold.id,
        "biblionumber": hold.title,
        "itemnumber": hold.item or hold.wanted,
        "title": hold.title_text,
        "barcode": hold.barcode,
        "branchcode": site.code if site else "",
        "branchname": site.name if site else "",
        "reservedate": clock.business_date(hold.placed_at).isoformat(),
        "expirationdate": (hold.ready_until or hold.expires_on or ""),
        "priority": hold.position,
        "found": {"ready": "W", "coming": "T"}.get(hold.state, ""),
    }


def _loan(view: LoanView, ctx: Context) -> Told:
    site = _place(view.place)
    return {
        "issue_id": view.id,
        "itemnumber": view.item,
        "biblionumber": view.title,
        "title": view.title_text,
        "barcode": view.barcode,
        "itemcallnumber": view.call_number,
        "branchcode": site.code if site else "",
        "issuedate": clock.local(view.lent_at).strftime("%Y-%m-%d %H:%M:%S"),
        "date_due": f"{view.due_on:%Y-%m-%d} 23:59:00",
        "renewals": view.renewals,
        "overdue": int(view.overdue_days(_today()) > 0),
        "renewable": int(lending.against_renewal(loan=view.id, ctx=ctx).allowed),
    }


def status(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`GetPatronStatus`: 0 where the card opens its account."""
    reader = _reader(asked, client)
    return {
        "type": reader.category,
        "status": int(not reader.opens(_today()).allowed),
        "expiry": reader.expires_on.isoformat(),
    }


def services(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`GetServices`: what the reader can do with a copy now."""
    reader = _reader(asked, client)
    item, title = catalogue.item_title(asked["item_id"].strip())
    if not item:
        raise NotFound("RecordNotFound")
    told = []
    mine = circulation.holds_of(reader.patron)
    loan = next((v for v in circulation.open_loans(reader.patron) if v.item == item), None)
    copy = stock.item(item)
    if not loan and copy and copy.lendable and all(h.title != title for h in mine):
        told += ["title level hold", "item level hold"]
    if any(item in (h.item, h.wanted) for h in mine):
        told.append("hold cancellation")
    if loan and lending.against_renewal(loan=loan.id, ctx=_acting(reader)).allowed:
        told.append("loan renewal")
    return {"AvailableFor": told}


def renew(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`RenewLoan`. How long is the rule's to say, whatever day is desired."""
    reader = _reader(asked, client)
    item = asked["item_id"].strip()
    view = next((v for v in circulation.open_loans(reader.patron) if v.item == item), None)
    if view is None:
        raise NotFound("RecordNotFound")
    told: Told
    try:
        done = lending.renew_own(loan=view.id, ctx=_acting(reader))
    except Refused as refused:
        told = {
            "success": 0,
            "renewals": view.renewals,
            "date_due": f"{view.due_on:%Y-%m-%d} 23:59",
            "error": refused.decision.refusing[0].code,
            "message": " ".join(refusal(refused.decision)),
        }
    else:
        told = {
            "success": 1,
            "renewals": done.renewals,
            "date_due": f"{done.due_on:%Y-%m-%d} 23:59",
        }
    return told


def hold_title(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`HoldTitle`."""
    reader = _reader(asked, client)
    found = catalogue.title(asked["bib_id"].strip())
    if found is None:
        raise NotFound("RecordNotFound")
    return {"title": found.full_title} | _place_hold(asked, reader, found.id, None)


def hold_item(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`HoldItem`."""
    reader = _reader(asked, client)
    found = catalogue.title(asked["bib_id"].strip())
    item, title = catalogue.item_title(asked["item_id"].strip())
    if found is None or not item or title != found.id:
        raise NotFound("RecordNotFound")
    return _place_hold(asked, reader, found.id, item)


def _place_hold(asked: Asked, reader: LoanReader, title: str, item: str | None) -> Told:
    given = asked.get("pickup_location", "").strip()
    pickup = usual_pickup(reader)
    if given:
        pickup = next((p.id for p in places.all_places() if p.code == given), "")
    if not pickup or not circulation.is_pickup_place(pickup, _today()):
        raise NotFound("LocationNotFound")
    try:
        done = lending.place_own_hold(title=title, item=item, pickup=pickup, ctx=_acting(reader))
    except Refused as refused:
        return {"code": "NotHoldable", "message": " ".join(refusal(refused.decision))}
    site = _place(done.pickup)
    return {"pickup_location": site.name if site else "", "reserve_id": done.hold}


def cancel(asked: Asked, client: Device, request: HttpRequest) -> Told:
    """`CancelHold` by the reservation's id, or that of its copy."""
    reader = _reader(asked, client)
    wanted = asked["item_id"].strip()
    mine = circulation.holds_of(reader.patron)
    hold = next((h for h in mine if wanted in (h.id, h.item, h.wanted) and wanted), None)
    if hold is None:
        raise NotFound("RecordNotFound")
    try:
        lending.cancel_own_hold(hold=hold.id, ctx=_acting(reader))
    except Refused as refused:
        return {"code": "NotCanceled", "message": " ".join(refusal(refused.decision))}
    return {"code": "Canceled"}
