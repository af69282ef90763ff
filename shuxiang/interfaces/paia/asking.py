"""What every method of PAIA does: verbs, tokens and scopes, JSON in and out, errors in the form of the
protocol."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import LoanReader, Token
from shuxiang.interfaces.common import json_answers
from shuxiang.interfaces.common.json_answers import Unanswered
from shuxiang.kernel import clock
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull
from shuxiang.runtime.secrets import lookup_hash

CHANNEL = "paia"
VERSION = "1.3.4"
SCOPES = (
    "read_patron",
    "read_fees",
    "read_items",
    "write_items",
    "read_messages",
    "change_password",
)
DEFAULT = SCOPES[:4]
"""What a token is for that was asked for without saying."""
WITH_FIRST_PIN = frozenset({"read_patron", "change_password"})
"""What is open to a reader who has not changed the PIN of the slip yet."""
LONGEST = 100_000
"""Bytes of a request's body."""

HEADERS = {
    "X-PAIA-Version": VERSION,
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "Access-Control-Expose-Headers": (
        "X-PAIA-Version, X-OAuth-Scopes, X-Accepted-OAuth-Scopes, WWW-Authenticate"
    ),
}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="PAIA"'}

Body = dict[str, Any]


def token_hash(token: str) -> str:
    return lookup_hash("paia-token", token)


def granted(token: Token) -> tuple[str, ...]:
    """The scopes of a token that count now."""
    open_ = token.scope & WITH_FIRST_PIN if token.must_change else token.scope
    return tuple(s for s in SCOPES if s in open_)


def method(
    *verbs: str, scope: str = ""
) -> Callable[[Callable[..., Body]], Callable[..., HttpResponse]]:
    """A method of PAIA: its view returns the body of the answer and adds to its headers. ``scope``:
    what the token must be for, as the answer tells; the view asks for the token itself, before it
    reads the request's body."""
    allow = ", ".join((*verbs, *(("HEAD",) if "GET" in verbs else ()), "OPTIONS"))

    def decorate(view: Callable[..., Body]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @functools.wraps(view)
        def wrapped(request: HttpRequest, **parts: str) -> HttpResponse:
            if request.method == "OPTIONS":
                return json_answers.preflight(allow, HEADERS)
            headers = dict(HEADERS)
            if scope:
                headers["X-Accepted-OAuth-Scopes"] = scope
            try:
                verb = "GET" if request.method == "HEAD" else request.method
                if verb not in verbs:
                    said = _("This method is asked with %(verbs)s.") % {"verbs": ", ".join(verbs)}
                    raise Unanswered("invalid_request", 405, said, {"Allow": allow})
                if json_answers.wrong_callback(request):
                    said = _("The callback is no name of letters, digits and _.")
                    raise Unanswered("invalid_request", 422, said)
                body = view(request, headers, **parts)
            except Unanswered as wrong:
                # Every error tells how to prove oneself, as the protocol has it.
                more = headers | CHALLENGE | wrong.extra
                return json_answers.answered(request, wrong.body(), wrong.status, more)
            except (Busy, StorageFull, KeyReused):
                said = _("The system is busy. Please try again in a moment.")
                busy = Unanswered("service_unavailable", 503, said)
                return json_answers.answered(request, busy.body(), 503, headers | CHALLENGE)
            return json_answers.answered(request, body, 200, headers)

        return wrapped

    return decorate


@method("GET", "POST")
def nothing(request: HttpRequest, headers: dict[str, str], rest: str) -> Body:
    """Every other address."""
    raise Unanswered("not_found", 404, _("There is nothing at this address."))


def read(request: HttpRequest, *, form: bool = False) -> Body:
    """The fields of a request's body: JSON, or a ``form`` where the protocol has both."""
    kind = (request.content_type or "").lower()
    if form and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return {name: request.POST.get(name, "") for name in request.POST}
    if kind != "application/json":
        said = _("The request must be JSON (application/json).")
        raise Unanswered("invalid_request", 400, said)
    if len(request.body) > LONGEST:
        raise Unanswered("invalid_request", 422, _("The request is too long."))
    try:
        body = json.loads(request.body)
        # Half a character, written as an escape, is none that can be stored.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        said = _("The request can't be read: it must be JSON.")
        raise Unanswered("invalid_request", 400, said) from None
    if not isinstance(body, dict):
        said = _("The request must be a JSON object.")
        raise Unanswered("invalid_request", 422, said)
    return body


def field(asked: Body, name: str, most: int = 200) -> str:
    """A field that must be there as text."""
    value = asked.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most or "\0" in value:
        said = _("The field %(name)s of the request is missing or not a valid value.")
        raise Unanswered("invalid_request", 422, said % {"name": name})
    return value


def token_of(request: HttpRequest, headers: dict[str, str], scope: str = "") -> Token:
    """The token of a request, which must be open, and for ``scope``."""
    scheme, _sep, given = request.headers.get("Authorization", "").partition(" ")
    text = given.strip() if scheme.lower() == "bearer" else request.GET.get("access_token", "")
    token = patrons.token(token_hash(text), clock.now()) if text else None
    if token is None:
        said = _("The access token is missing, wrong or expired.")
        wrong = {"WWW-Authenticate": CHALLENGE["WWW-Authenticate"] + ', error="invalid_token"'}
        raise Unanswered("invalid_grant", 401, said, wrong if text else {})
    open_ = granted(token)
    headers["X-OAuth-Scopes"] = " ".join(open_)
    if scope and scope not in open_:
        said = _("The access token is not good for this: %(scope)s is needed.") % {"scope": scope}
        challenge = f'{CHALLENGE["WWW-Authenticate"]}, error="insufficient_scope", scope="{scope}"'
        raise Unanswered("insufficient_scope", 403, said, {"WWW-Authenticate": challenge})
    return token


def reader_of(
    request: HttpRequest, headers: dict[str, str], patron: str, scope: str
) -> tuple[Token, LoanReader]:
    """Whose account an address names: the token's own reader. Anybody else's answers like one that
    isn't there."""
    token = token_of(request, headers, scope)
    reader = patrons.loan_reader(token.patron) if token.patron == patron else None
    if reader is None:
        raise Unanswered("not_found", 404, _("This account is not that of the access token."))
    return token, reader
