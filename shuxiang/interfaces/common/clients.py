"""Systems of others that ask in a reader's name: devices of the kind ``client``, which prove
themselves by HTTP Basic with their number and password (PAIA, ILS-DI)."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta

from django.http import HttpRequest

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Device
from shuxiang.interfaces.common.addresses import address_of
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.runtime.throttle import throttle

WRONG_FROM_ONE_ADDRESS = 30
WITHIN = timedelta(minutes=10)
"""Wrong passwords of clients from one address before it waits."""


def client_of(request: HttpRequest) -> tuple[Device | None, int]:
    """The client that a request proves to come from, and for how many seconds its address has to
    wait after too many wrong passwords."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None, 0
    now, key = clock.now(), f"client {address_of(request)}"
    wait = throttle(key, WRONG_FROM_ONE_ADDRESS, WITHIN, at=now, count=False)
    if wait:
        return None, wait
    try:
        login, colon, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, 0
    found = places.device_by_login("client", login) if colon else None
    if places.device_secret_matches(found.id if found else "", secret):
        return found, 0
    throttle(key, WRONG_FROM_ONE_ADDRESS, WITHIN, at=now)
    return None, 0


def as_client(client: Device, channel: str) -> Context:
    """The circumstances of what a client does itself."""
    return Context(
        actor=Actor("terminal", client.id),
        channel=channel,
        service_point=client.place,
        occurred_at=clock.now(),
    )


def as_reader(patron: str, home: str, channel: str, key: str = "") -> Context:
    """The circumstances of an act in a reader's name: the same as on their own pages."""
    return Context(
        actor=Actor("patron", patron),
        channel=channel,
        service_point=home,
        occurred_at=clock.now(),
        request_key=key,
    )


def usual_pickup(reader: LoanReader) -> str:
    """Where a reader picks up who names no place: at home where that is possible, else at the first
    place where it is; '' for none."""
    possible = [p.id for p in circulation.pickup_places(clock.business_date(clock.now()))]
    return reader.home if reader.home in possible else next(iter(possible), "")
