"""PAIA auth: tokens for readers who prove themselves by card number and PIN, or whom a trusted client
names; given back; the PIN changed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from shuxiang.apps.catalog.queries.listing import is_id
from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.addresses import address_of
from shuxiang.interfaces.common.clients import as_client, as_reader, client_of
from shuxiang.interfaces.common.json_answers import Unanswered
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.paia.asking import (
    CHANNEL,
    DEFAULT,
    SCOPES,
    WITH_FIRST_PIN,
    Body,
    field,
    method,
    read,
    token_hash,
    token_of,
)
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Decision, Refused


@sensitive_post_parameters("password")
@method("POST")
def login(request: HttpRequest, headers: dict[str, str]) -> Body:
    """A token for a reader."""
    asked = read(request, form=True)
    grant = field(asked, "grant_type", 40)
    scopes = _scopes(asked)
    if grant == "client_credentials":
        return _for_client(request, asked, scopes)
    if grant != "password":
        said = _("The grant_type must be password or client_credentials.")
        raise Unanswered("invalid_request", 422, said)
    name, pin = field(asked, "username", 64), field(asked, "password", 64)
    token = secrets.token_urlsafe(32)
    done = commands.sign_in(
        name=name,
        pin=pin,
        address=address_of(request),
        token_hash=token_hash(token),
        scope=" ".join(scopes),
        ctx=Context(
            actor=Actor("patron", ""),
            channel=CHANNEL,
            service_point=places.main_library().id,
            occurred_at=clock.now(),
        ),
    )
    if done.patron is None:
        raise _denied(done.decision)
    if done.must_change:
        scopes = tuple(s for s in scopes if s in WITH_FIRST_PIN)
    return _granted(token, done.patron, scopes)


def _scopes(asked: Body) -> tuple[str, ...]:
    """What is asked for, as far as we know it."""
    given = asked.get("scope")
    if given in (None, ""):
        return DEFAULT
    words = given.replace(",", " ").split() if isinstance(given, str) else []
    known = tuple(s for s in SCOPES if s in words)
    if not known:
        said = _("None of the scopes asked for is known here; these are: %(known)s.")
        raise Unanswered("invalid_request", 422, said % {"known": " ".join(SCOPES)})
    return known


def _granted(token: str, patron: str, scopes: Iterable[str]) -> Body:
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(commands.OF_A_TOKEN.total_seconds()),
        "patron": patron,
        "scope": " ".join(scopes),
    }


def _denied(decision: Decision) -> Unanswered:
    minutes = next(
        (int(str(r.data["minutes"])) for r in decision.reasons if "minutes" in r.data), 0
    )
    wait = {"Retry-After": str(minutes * 60)} if minutes else {}
    return Unanswered("access_denied", 403, " ".join(refusal(decision)), wait)


def _for_client(request: HttpRequest, asked: Body, scopes: tuple[str, ...]) -> Body:
    client, wait = client_of(request)
    if wait:
        said = _("Too many wrong secrets from this address; try again in %(seconds)s seconds.")
        raise Unanswered("access_denied", 403, said % {"seconds": wait}, {"Retry-After": str(wait)})
    if client is None or not client.settings.get("trusted"):
        said = _("This client is not known here, or not trusted to sign readers in by itself.")
        raise Unanswered("access_denied", 403, said)
    name = field(asked, "patron", 64)
    found = [c.patron for c in queries.candidates(name) if c.through == "card"]
    wanted = name if is_id(name) else found[0] if len(found) == 1 else ""
    reader = queries.loan_reader(wanted) if wanted else None
    if reader is None:
        raise Unanswered("access_denied", 403, _("There is no such reader."))
    token = secrets.token_urlsafe(32)
    # A PIN is for the reader alone to change.
    scopes = tuple(s for s in scopes if s != "change_password")
    try:
        commands.open_for_client(
            patron=reader.patron,
            token_hash=token_hash(token),
            scope=" ".join(scopes),
            ctx=as_client(client, CHANNEL),
        )
    except Refused as refused:
        raise _denied(refused.decision) from None
    return _granted(token, reader.patron, scopes)


@method("POST")
def logout(request: HttpRequest, headers: dict[str, str]) -> Body:
    """Give the token back: it opens nothing any more."""
    token = token_of(request, headers)
    asked = read(request, form=True)
    if field(asked, "patron", 64) != token.patron:
        said = _("This account is not that of the access token.")
        raise Unanswered("access_denied", 403, said)
    commands.sign_out(session=token.session, ctx=as_reader(token.patron, token.home, CHANNEL))
    return {"patron": token.patron}


@sensitive_post_parameters("old_password", "new_password")
@method("POST", scope="change_password")
def change(request: HttpRequest, headers: dict[str, str]) -> Body:
    """Another PIN."""
    token = token_of(request, headers, "change_password")
    asked = read(request, form=True)
    named, username = field(asked, "patron", 64), field(asked, "username", 64)
    old, new = field(asked, "old_password", 64), field(asked, "new_password", 64)
    # Clients that know no other name send the account's own.
    theirs = {username, *(c.patron for c in queries.candidates(username))}
    if named != token.patron or token.patron not in theirs:
        said = _("This account is not that of the access token.")
        raise Unanswered("access_denied", 403, said)
    try:
        commands.change_pin(
            old=old,
            new=new,
            session=token.session,
            ctx=as_reader(token.patron, token.home, CHANNEL),
        )
    except Refused as refused:
        raise _denied(refused.decision) from None
    return {"patron": token.patron}
