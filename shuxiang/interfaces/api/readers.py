"""What a signed-in reader may do: reservations and pickup times. The session is the portal's, a cookie;
what writes needs the CSRF token that ``GET /me`` gives (header ``X-CSRFToken``). An
``Idempotency-Key`` makes an act happen once however often it is sent.

Refusals are problem documents (RFC 9457) with every reason and its code.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, TypeVar

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from ninja.security import APIKeyCookie
from ninja.utils import check_csrf

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.api.problems import Details, Refusal, faulty, refused, whys
from shuxiang.interfaces.common import reader_session
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.values import mask_name
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull

CHANNEL = "api"
Done = TypeVar("Done")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Session(APIKeyCookie):
    """The portal's session of a reader; an act needs the CSRF token besides."""

    param_name = reader_session.COOKIE

    def __init__(self) -> None:
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> ReaderSession | None:
        reader = reader_session.current(request)
        if reader is None:
            return None
        if request.method not in _SAFE and check_csrf(request):
            said = _("The CSRF token is missing or wrong: take the one that /api/v1/me gives.")
            raise Refusal("csrf", said, status=403)
        if reader.must_change:
            said = _("The PIN was given out by the desk: change it in the portal first.")
            raise Refusal("pin-must-change", said, status=403)
        return reader_session.as_chosen(reader)


router = Router(auth=Session(), tags=["readers"])


class Me(Schema):
    """Who is signed in, or whom they act for; ``csrf`` is for the header ``X-CSRFToken``."""

    name: str
    acting_for_another: bool
    csrf: str


class Hold(Schema):
    """A reservation. ``state``: waiting, coming, ready, filled, cancelled, expired. ``position`` from
    1 while it waits, else 0; ``pickup`` is the code of a place."""

    id: str
    title: str
    title_text: str
    state: str
    position: int
    pickup: str
    pickup_name: str
    placed_at: datetime
    expires_on: date | None
    suspended_until: date | None
    ready_until: date | None


class Holds(Schema):
    items: list[Hold]


class NewHold(Schema):
    """``pickup`` is the code of a place, as ``GET /me/pickup-places`` lists them."""

    title: str
    pickup: str


class Until(Schema):
    """Others pass until that day."""

    until: date


class Where(Schema):
    pickup: str


class Site(Schema):
    code: str
    name: str


class Sites(Schema):
    items: list[Site]


class Slot(Schema):
    """A time at which what is ready can be fetched, and how many places are left."""

    id: str
    pickup: str
    day: date
    starts: time
    ends: time
    free: int


class Slots(Schema):
    items: list[Slot]


class Booking(Schema):
    """A time booked. ``state``: booked, staged (the books are packed), arrived. ``told``: what stands
    against lending now, said early."""

    id: str
    state: str
    slot: Slot
    told: list[dict[str, str]] = []


class Bookings(Schema):
    items: list[Booking]


class NewBooking(Schema):
    slot: str


_REFUSED = {401: Details, 403: Details, 404: Details, 409: Details, 422: Details, 503: Details}


def _ctx(request: HttpRequest) -> Context:
    key = request.headers.get("Idempotency-Key", "")[:64]
    return reader_session.acting(_reader(request), key, channel=CHANNEL)


def _reader(request: HttpRequest) -> ReaderSession:
    reader: ReaderSession = request.auth
    return reader


def _act(run: Callable[[], Done]) -> Done:
    try:
        return run()
    except Refused as refusal:
        raise refused(refusal.decision) from None
    except (Busy, StorageFull, KeyReused) as error:
        raise faulty(error) from None


def _place(code: str) -> str:
    """The id of a place; what is none is refused by the command, like any other that serves nobody."""
    return next((p.id for p in places.all_places() if p.code == code), "")


def _hold(view: queries.HoldView) -> dict[str, Any]:
    site = places.place(view.pickup)
    return {
        "id": view.id,
        "title": view.title,
        "title_text": view.title_text,
        "state": view.state,
        "position": view.position,
        "pickup": site.code,
        "pickup_name": site.name,
        "placed_at": view.placed_at,
        "expires_on": view.expires_on,
        "suspended_until": view.suspended_until,
        "ready_until": view.ready_until,
    }


def _slot(view: queries.SlotView) -> dict[str, Any]:
    return {
        "id": view.id,
        "pickup": places.place(view.place).code,
        "day": view.day,
        "starts": view.starts,
        "ends": view.ends,
        "free": view.free,
    }


def _mine(request: HttpRequest, hold_id: str) -> dict[str, Any]:
    found = queries.hold(hold_id)
    if found is None or found.patron != _reader(request).patron:
        raise Refusal("hold-unknown", _("There is no such reservation."), status=404)
    return _hold(found)


@router.get("", response={200: Me, 401: Details}, operation_id="me", summary="Who is signed in")
def me(request: HttpRequest) -> dict[str, Any]:
    """The name is masked; ``csrf`` goes with everything that writes."""
    reader = _reader(request)
    return {
        "name": mask_name(reader.name),
        "acting_for_another": bool(reader.own),
        "csrf": get_token(request),
    }


@router.get(
    "/pickup-places",
    response={200: Sites, 401: Details},
    operation_id="pickup_places",
    summary="Where reservations can be picked up",
)
def pickup_places(request: HttpRequest) -> dict[str, Any]:
    today = clock.business_date(clock.now())
    return {"items": [{"code": p.code, "name": p.name} for p in queries.pickup_places(today)]}


@router.get(
    "/holds",
    response={200: Holds, 401: Details},
    operation_id="holds",
    summary="Reservations that are not over",
)
def holds(request: HttpRequest) -> dict[str, Any]:
    """Those to be picked up first."""
    return {"items": [_hold(view) for view in queries.holds_of(_reader(request).patron)]}


@router.post(
    "/holds",
    response={201: Hold} | _REFUSED,
    operation_id="place_hold",
    summary="Reserve a title",
)
def place_hold(request: HttpRequest, wanted: NewHold) -> Status[dict[str, Any]]:
    """Refused with every reason that stands against it."""
    reader, ctx = _reader(request), _ctx(request)
    done = _act(
        lambda: commands.place_own_hold(
            title=wanted.title, patron=reader.patron, pickup=_place(wanted.pickup), ctx=ctx
        )
    )
    return Status(201, _mine(request, done.hold))


@router.get(
    "/holds/{hold}",
    response={200: Hold} | _REFUSED,
    operation_id="hold",
    summary="One reservation",
)
def hold(request: HttpRequest, hold: str) -> dict[str, Any]:
    """One's own, also when it is over, as long as the library keeps it."""
    return _mine(request, hold)


@router.delete(
    "/holds/{hold}",
    response={200: Hold} | _REFUSED,
    operation_id="cancel_hold",
    summary="Cancel a reservation",
)
def cancel_hold(request: HttpRequest, hold: str) -> dict[str, Any]:
    found, ctx = _mine(request, hold), _ctx(request)
    _act(lambda: commands.cancel_own_hold(hold=hold, ctx=ctx))
    return found | {"state": "cancelled", "position": 0}


@router.post(
    "/holds/{hold}/suspend",
    response={200: Hold} | _REFUSED,
    operation_id="suspend_hold",
    summary="Let others pass until a day",
)
def suspend_hold(request: HttpRequest, hold: str, body: Until) -> dict[str, Any]:
    """Its place in the queue is kept."""
    _mine(request, hold)
    ctx = _ctx(request)
    _act(lambda: commands.suspend_own_hold(hold=hold, until=body.until, ctx=ctx))
    return _mine(request, hold)


@router.post(
    "/holds/{hold}/resume",
    response={200: Hold} | _REFUSED,
    operation_id="resume_hold",
    summary="Take part again now",
)
def resume_hold(request: HttpRequest, hold: str) -> dict[str, Any]:
    _mine(request, hold)
    ctx = _ctx(request)
    _act(lambda: commands.suspend_own_hold(hold=hold, until=None, ctx=ctx))
    return _mine(request, hold)


@router.post(
    "/holds/{hold}/pickup",
    response={200: Hold} | _REFUSED,
    operation_id="change_pickup",
    summary="Pick it up elsewhere",
)
def change_pickup(request: HttpRequest, hold: str, body: Where) -> dict[str, Any]:
    _mine(request, hold)
    ctx = _ctx(request)
    place = _place(body.pickup)
    _act(lambda: commands.change_own_pickup(hold=hold, pickup=place, ctx=ctx))
    return _mine(request, hold)


@router.get(
    "/pickup-slots",
    response={200: Slots, 401: Details},
    operation_id="pickup_slots",
    summary="Times at which what is ready can be fetched",
)
def pickup_slots(request: HttpRequest) -> dict[str, Any]:
    """Of the places where something is ready for the reader and no time is booked yet; two weeks on."""
    patron = _reader(request).patron
    ready = {h.pickup for h in queries.holds_of(patron) if h.state == "ready"}
    free = ready - {b.slot.place for b in queries.pickups_of(patron)}
    return {"items": [_slot(s) for s in queries.slots_to_book(sorted(free), clock.now())]}


@router.get(
    "/pickups",
    response={200: Bookings, 401: Details},
    operation_id="pickups",
    summary="Times booked",
)
def pickups(request: HttpRequest) -> dict[str, Any]:
    found = queries.pickups_of(_reader(request).patron)
    return {"items": [{"id": b.id, "state": b.state, "slot": _slot(b.slot)} for b in found]}


@router.post(
    "/pickups",
    response={201: Booking} | _REFUSED,
    operation_id="book_pickup",
    summary="Book a time",
)
def book_pickup(request: HttpRequest, wanted: NewBooking) -> Status[dict[str, Any]]:
    """Never more than there are places."""
    reader, ctx = _reader(request), _ctx(request)
    done = _act(lambda: commands.book_own_pickup(slot=wanted.slot, patron=reader.patron, ctx=ctx))
    return Status(201, _booking(request, done.pickup) | {"told": whys(done.tells)})


def _booking(request: HttpRequest, pickup_id: str) -> dict[str, Any]:
    found = queries.pickup(pickup_id)
    if found is None or found.patron != _reader(request).patron:
        raise Refusal("pickup-unknown", _("There is no such booking."), status=404)
    return {"id": found.id, "state": found.state, "slot": _slot(found.slot)}


@router.get(
    "/pickups/{pickup}",
    response={200: Booking} | _REFUSED,
    operation_id="pickup",
    summary="One time booked",
)
def pickup(request: HttpRequest, pickup: str) -> dict[str, Any]:
    """One's own, also when it is over, as long as the library keeps it."""
    return _booking(request, pickup)


@router.delete(
    "/pickups/{pickup}",
    response={200: Booking} | _REFUSED,
    operation_id="cancel_pickup",
    summary="Give a time up",
)
def cancel_pickup(request: HttpRequest, pickup: str) -> dict[str, Any]:
    _booking(request, pickup)
    ctx = _ctx(request)
    _act(lambda: commands.cancel_own_pickup(pickup=pickup, ctx=ctx))
    return _booking(request, pickup)


def own(request: HttpRequest) -> bool:
    """Whether an address is one of a reader's own, where faults are problem documents."""
    return request.path.startswith("/api/v1/me")
