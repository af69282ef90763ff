"""A signed-in reader: the session that the portal began, asked by every door that serves readers."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest

from shuxiang.apps.patrons import queries
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.runtime.secrets import lookup_hash

COOKIE = "shuxiang_reader"


def token_hash(token: str) -> str:
    return lookup_hash("reader-session", token)


def current(request: HttpRequest) -> ReaderSession | None:
    """The signed-in reader of this browser, or None."""
    token = request.COOKIES.get(COOKIE, "")
    return queries.reader_session(token_hash(token), clock.now()) if token else None


def acting(reader: ReaderSession, key: str = "", *, channel: str = "portal") -> Context:
    """The circumstances of an act of the signed-in reader."""
    return Context(
        actor=Actor("patron", reader.own or reader.patron),
        channel=channel,
        service_point=reader.home,
        occurred_at=clock.now(),
        request_key=key,
    )


def as_chosen(reader: ReaderSession) -> ReaderSession:
    """The session as that of the child or other reader whom the signed-in one chose to act for, as
    long as they may; else as it is."""
    today = clock.business_date(clock.now())
    if not reader.acting_for or not queries.how_acts(reader.patron, reader.acting_for, today):
        return reader
    other = queries.patron_facts(reader.acting_for)
    return replace(reader, patron=other.id, name=other.name, home=other.home, own=reader.patron)
