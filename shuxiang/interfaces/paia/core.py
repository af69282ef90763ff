"""PAIA core: a reader's account, loans and reservations, what they owe and were told; renewing,
reserving and cancelling by the same commands as on their own pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from shuxiang.apps.circulation import commands as lending
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.queries import HoldView, LoanView
from shuxiang.apps.fees import queries as money
from shuxiang.apps.notices import queries as notices
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common import uris
from shuxiang.interfaces.common.clients import as_reader, usual_pickup
from shuxiang.interfaces.common.json_answers import Unanswered
from shuxiang.interfaces.common.money import CHARGES
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.paia.asking import CHANNEL, Body, method, read, reader_of
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused

RESERVED, ORDERED, HELD, PROVIDED, REJECTED = 1, 2, 3, 4, 5
NONE = 0
"""How a reader stands to a document."""
STORAGE = "http://purl.org/ontology/paia#StorageCondition"
AT_ONCE = 100
"""Documents of one request."""

Headers = dict[str, str]


@method("GET", scope="read_patron")
def patron(request: HttpRequest, headers: Headers, patron: str) -> Body:
    """Who the reader is and how the account stands."""
    _token, reader = reader_of(request, headers, patron, "read_patron")
    told = patrons.particulars(reader.patron)
    body: Body = {
        "name": reader.name,
        "expires": reader.expires_on.isoformat(),
        "status": _standing(reader),
        # Some readers of this answer take it for granted that there is an address.
        "address": told.address,
        "type": [f"{uris.places_page(request)}#reader-{reader.category}"],
    }
    if told.email:
        body["email"] = told.email
    return body


def _standing(reader: LoanReader) -> int:
    """0 active, 1 inactive, 2 expired, 3 owing too much, 4 both."""
    today = clock.business_date(clock.now())
    codes = {r.code for r in reader.opens(today).refusing}
    owing = money.against_lending(
        reader.patron, reader.category, reader.home, today, price_fen=None
    )
    expired = "card-expired" in codes
    if codes - {"card-expired"}:
        return 1
    return (4 if owing else 2) if expired else (3 if owing else 0)


@method("GET", scope="read_items")
def items(request: HttpRequest, headers: Headers, patron: str) -> Body:
    """Loans and reservations."""
    _token, reader = reader_of(request, headers, patron, "read_items")
    loans = circulation.open_loans(reader.patron)
    holds = circulation.holds_of(reader.patron)
    waiting = circulation.waiting_by_title({v.title for v in loans} | {v.title for v in holds})
    ctx = as_reader(reader.patron, reader.home, CHANNEL)
    docs = [_loan(request, view, waiting.get(view.title, 0), ctx) for view in loans]
    docs += [_hold(request, view, waiting.get(view.title, 0)) for view in holds]
    return {"doc": docs}


def _storage(request: HttpRequest, place_id: str) -> Body:
    site = next((p for p in places.all_places() if p.id == place_id), None)
    if site is None:
        return {}
    return {"storage": site.name, "storageid": uris.place_uri(request, site.code)}


def _loan(request: HttpRequest, view: LoanView, queue: int, ctx: Context) -> Body:
    due = view.due_on.isoformat()
    return {
        "status": HELD,
        "item": uris.thing_uri(view.item),
        "edition": uris.title_uri(view.title),
        "about": view.title_text,
        "label": view.call_number,
        "queue": queue,
        "renewals": view.renewals,
        "starttime": clock.local(view.lent_at).isoformat(timespec="seconds"),
        "endtime": due,
        "duedate": due,
        "cancancel": False,
        "canrenew": lending.against_renewal(loan=view.id, ctx=ctx).allowed,
        **_storage(request, view.place),
    }


def _hold(request: HttpRequest, view: HoldView, queue: int) -> Body:
    """A reservation. One of no particular copy is named by itself, so that it can be cancelled by
    systems that know items alone."""
    ready = view.state == "ready"
    shelf = view.state == "coming" or view.kind == "shelf"
    until = view.ready_until if ready else None
    return {
        "status": PROVIDED if ready else ORDERED if shelf else RESERVED,
        "item": uris.thing_uri(view.item or view.wanted or view.id),
        "edition": uris.title_uri(view.title),
        "about": view.title_text,
        "label": view.call_number,
        "queue": view.position or queue,
        "starttime": clock.local(view.placed_at).isoformat(timespec="seconds"),
        **({"endtime": until.isoformat()} if until else {}),
        "cancancel": True,
        "canrenew": False,
        **_storage(request, view.pickup),
    }


@method("GET", scope="read_fees")
def fees(request: HttpRequest, headers: Headers, patron: str) -> Body:
    """What is owed."""
    _token, reader = reader_of(request, headers, patron, "read_fees")
    charges = money.charges(reader.patron)
    body: Body = {"amount": _money(sum(c.open_fen for c in charges)), "fee": []}
    for charge in charges:
        fee = {
            "amount": _money(charge.open_fen),
            "date": charge.day.isoformat(),
            "feetype": str(CHARGES.get(charge.kind, charge.kind)),
            "feeid": f"{uris.places_page(request)}#fee-{charge.kind}",
        }
        about = " ".join(filter(None, (charge.title_text, charge.note)))
        if about:
            fee["about"] = about
        if charge.item:
            fee["item"] = uris.thing_uri(charge.item)
            held = stock.item(charge.item)
            if held is not None:
                fee["edition"] = uris.title_uri(held.title)
        body["fee"].append(fee)
    return body


def _money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d} CNY"


@method("GET", scope="read_messages")
def messages(request: HttpRequest, headers: Headers, patron: str) -> Body:
    """What the library told the reader, the newest first."""
    _token, reader = reader_of(request, headers, patron, "read_messages")
    return {
        "message": [
            {
                "id": uris.thing_uri(m.id),
                "date": clock.local(m.at).isoformat(timespec="seconds"),
                "subject": m.subject,
                "about": m.text,
                "unread": m.unread,
            }
            for m in notices.inbox(reader.patron, limit=AT_ONCE)
        ]
    }


# --- what changes something ----------------------------------------------------------------


def _docs(asked: Body) -> Iterator[Body]:
    """The documents a request names, each by a copy or a title."""
    given = asked.get("doc")
    if not isinstance(given, list) or not 0 < len(given) <= AT_ONCE:
        said = _("The field doc must be a list of 1 to %(most)s documents.")
        raise Unanswered("invalid_request", 422, said % {"most": AT_ONCE})
    for doc in given:
        names = [doc.get(name) for name in ("item", "edition")] if isinstance(doc, dict) else []
        texts = [n for n in names if isinstance(n, str) and 0 < len(n) <= 500 and "\0" not in n]
        if not texts or any(n is not None and not isinstance(n, str) for n in names):
            said = _("Each document needs the address of an item or edition as text.")
            raise Unanswered("invalid_request", 422, said)
    yield from given


def _each(
    request: HttpRequest,
    headers: Headers,
    patron: str,
    act: Callable[[HttpRequest, Body, LoanReader, Context], Body],
    failed: Callable[[HttpRequest, Body, LoanReader], Body],
) -> Body:
    """Do it for every document; each says for itself what became of it."""
    _token, reader = reader_of(request, headers, patron, "write_items")
    docs = list(_docs(read(request)))
    key = request.headers.get("Idempotency-Key", "")[:40]
    told = []
    for number, doc in enumerate(docs):
        ctx = as_reader(reader.patron, reader.home, CHANNEL, f"{key}.{number}" if key else "")
        names = {n: doc[n] for n in ("item", "edition") if doc.get(n)}
        try:
            done = act(request, doc, reader, ctx)
        except Refused as refused:
            done = failed(request, doc, reader) | {"error": " ".join(refusal(refused.decision))}
        except _Unknown as unknown:
            done = {"status": NONE, "error": str(unknown)}
        # Under the names it was asked by, or the asker can't find it.
        told.append({**done, **names})
    return {"doc": told}


class _Unknown(Exception):
    """Nothing the reader has, or the library, goes by that name."""


def _their_loan(doc: Body, reader: LoanReader) -> LoanView:
    named = uris.thing(str(doc.get("item") or ""))
    edition = uris.named(str(doc.get("edition") or ""))
    for view in circulation.open_loans(reader.patron):
        if view.item == named or (not named and edition and view.title == edition.titles[0].id):
            return view
    raise _Unknown(_("The reader has no such book."))


@method("POST", scope="write_items")
def renew(request: HttpRequest, headers: Headers, patron: str) -> Body:
    """Renew loans."""

    def act(request: HttpRequest, doc: Body, reader: LoanReader, ctx: Context) -> Body:
        view = _their_loan(doc, reader)
        lending.renew_own(loan=view.id, ctx=ctx)
        return _loan_now(request, view, ctx)

    def failed(request: HttpRequest, doc: Body, reader: LoanReader) -> Body:
        ctx = as_reader(reader.patron, reader.home, CHANNEL)
        return _loan_now(request, _their_loan(doc, reader), ctx)

    return _each(request, headers, patron, act, failed)


def _loan_now(request: HttpRequest, view: LoanView, ctx: Context) -> Body:
    now = circulation.loan(view.id) or view
    queue = circulation.waiting_by_title([now.title]).get(now.title, 0)
    return _loan(request, now, queue, ctx)


@method("POST", scope="write_items")
def request_(request: HttpRequest, headers: Headers, patron: str) -> Body:
    """Reserve titles. A copy stands for its title, except where the copies are different volumes."""

    def act(request: HttpRequest, doc: Body, reader: LoanReader, ctx: Context) -> Body:
        found = uris.named(str(doc.get("item") or doc.get("edition")))
        if found is None:
            raise _Unknown(_("The library has no such document."))
        title = found.titles[0]
        copies = stock.items_of([title.id]).get(title.id, ())
        volumes = {c.volume for c in copies}
        item = found.item.id if found.item and len(volumes) > 1 else None
        pickup = _pickup(doc, reader)
        if not pickup:
            return _choose(request)
        done = lending.place_own_hold(title=title.id, item=item, pickup=pickup, ctx=ctx)
        now = circulation.hold(done.hold)
        assert now is not None
        return _hold(request, now, 0) | {"requested": doc.get("item") or doc.get("edition")}

    def failed(request: HttpRequest, doc: Body, reader: LoanReader) -> Body:
        return {"status": REJECTED}

    return _each(request, headers, patron, act, failed)


def _pickup(doc: Body, reader: LoanReader) -> str:
    """Where it is to be picked up: as confirmed, as asked for, or at the usual place; '' where what was
    asked for is no such place."""
    confirm = doc.get("confirm")
    chosen: Any = doc.get("storageid") or None
    if isinstance(confirm, dict):
        options = confirm.get(STORAGE)
        chosen = options[0] if isinstance(options, list) and options else None
    if chosen is None:
        return usual_pickup(reader)
    place = uris.place_of(chosen) if isinstance(chosen, str) else None
    today = clock.business_date(clock.now())
    return place.id if place and circulation.is_pickup_place(place.id, today) else ""


def _choose(request: HttpRequest) -> Body:
    """Where it could be picked up, to choose from."""
    today = clock.business_date(clock.now())
    options = [
        {"id": uris.place_uri(request, p.code), "about": p.name}
        for p in circulation.pickup_places(today)
    ]
    return {
        "status": NONE,
        "error": _("Choose a place to pick it up."),
        "condition": {STORAGE: {"multiple": False, "option": options}},
    }


@method("POST", scope="write_items")
def cancel(request: HttpRequest, headers: Headers, patron: str) -> Body:
    """Give reservations up."""

    def act(request: HttpRequest, doc: Body, reader: LoanReader, ctx: Context) -> Body:
        lending.cancel_own_hold(hold=_their_hold(doc, reader).id, ctx=ctx)
        return {"status": NONE}

    def failed(request: HttpRequest, doc: Body, reader: LoanReader) -> Body:
        return _hold(request, _their_hold(doc, reader), 0)

    return _each(request, headers, patron, act, failed)


def _their_hold(doc: Body, reader: LoanReader) -> HoldView:
    named = uris.thing(str(doc.get("item") or ""))
    edition = uris.named(str(doc.get("edition") or doc.get("item") or ""))
    mine = circulation.holds_of(reader.patron)
    for view in mine:
        if named and named in (view.item, view.wanted, view.id):
            return view
    for view in mine:
        if edition and view.title == edition.titles[0].id:
            return view
    raise _Unknown(_("The reader has no such reservation."))
