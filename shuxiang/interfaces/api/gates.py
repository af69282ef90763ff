"""Gates: counted passes taken in, and whether a turnstile may open. For devices of the kind ``gate``.

A gate proves itself by ``Authorization: Bearer LOGIN:SECRET``. Everything may be sent again: a pass is
known by its sequence number and time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from ninja.security import HttpBearer

from shuxiang.apps.places import queries as places
from shuxiang.apps.visits import commands, queries
from shuxiang.interfaces.api.problems import Problem, Refusal, Why, faulty, whys
from shuxiang.interfaces.common.addresses import address_of
from shuxiang.interfaces.common.wording import say
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull
from shuxiang.runtime.throttle import throttle

CHANNEL = "gate"
WRONG_FROM_ONE_ADDRESS = 30
WITHIN = timedelta(minutes=10)
"""Wrong secrets from one address before it waits."""

VALID_FOR = timedelta(minutes=10)
"""How long a gate may decide by itself with what it was last told."""


class Key(HttpBearer):
    """A gate's login and secret."""

    def authenticate(self, request: HttpRequest, token: str) -> places.Device | None:
        now, key = clock.now(), f"gate {address_of(request)}"
        wait = throttle(key, WRONG_FROM_ONE_ADDRESS, WITHIN, at=now, count=False)
        if wait:
            said = _("Too many wrong secrets from this address; try again in %(seconds)s seconds.")
            raise Refusal("throttled", said % {"seconds": wait}, status=429)
        login, _sep, secret = token.partition(":")
        device = places.device_by_login("gate", login)
        if places.device_secret_matches(device.id if device else "", secret):
            return device
        throttle(key, WRONG_FROM_ONE_ADDRESS, WITHIN, at=now)
        return None


router = Router(auth=Key(), tags=["gates"])


class PassIn(Schema):
    """One pass. ``at`` has its zone; ``dir`` is in, out, or any where the counter can't tell."""

    seq: int
    at: datetime
    dir: str
    count: int = 1
    card: str = ""
    offline: bool = False


class Upload(Schema):
    """What a gate counted since its last upload; ``clock`` is its own time as it sends."""

    events: list[PassIn] = Field(max_length=queries.MOST_AT_ONCE)
    clock: datetime | None = None


class Taken(Schema):
    """What became of it. ``conflicts`` were not counted and wait for a person."""

    accepted: int
    duplicates: int
    conflicts: list[int]
    unknown_cards: int
    clock_wrong: bool
    inside: int
    limit: int
    server_time: datetime


class Question(Schema):
    """Who wants to come in: nobody's card is needed."""

    card: str = ""
    people: int = Field(1, ge=1, le=100)


class Verdict(Schema):
    """Whether the gate opens. ``reasons`` is for its screen; ``told`` only informs."""

    allowed: bool
    inside: int
    limit: int
    reasons: list[Why]
    told: list[Why]


class Policy(Schema):
    """What a gate needs to decide by itself while the network is down, until ``valid_until``: it lets
    in while its own count is below ``limit`` (0: none), nobody while ``closed``, and marks such passes
    ``offline``."""

    inside: int
    limit: int
    closed: bool
    server_time: datetime
    valid_until: datetime


def _context(request: HttpRequest) -> Context:
    device: places.Device = request.auth
    return Context(
        actor=Actor("terminal", device.id),
        channel=CHANNEL,
        service_point=device.place,
        occurred_at=clock.now(),
        request_key=request.headers.get("Idempotency-Key", "")[:64],
    )


@router.post(
    "/passes",
    response={200: Taken, 400: Problem, 401: Problem, 409: Problem, 422: Problem, 503: Problem},
    summary="Take in what a gate counted",
    operation_id="record_passes",
)
def passes(request: HttpRequest, upload: Upload) -> dict[str, Any]:
    """At most 1,000 events, in any order, as often as you like. A sequence number that was sent before
    with another content is a conflict; one that begins again at 0 or 1 is a gate that restarted."""
    ctx = _context(request)
    events = tuple(
        commands.GatePass(
            seq=e.seq,
            at=e.at,
            direction=e.dir,
            count=e.count,
            card=e.card[:40],
            offline=e.offline,
        )
        for e in upload.events
    )
    try:
        done = commands.record_upload(events=events, device_clock=upload.clock, ctx=ctx)
    except Refused as refused:
        first = refused.decision.refusing[0]
        raise Refusal(first.code, say(first), status=422) from None
    except (Busy, StorageFull, KeyReused) as error:
        raise faulty(error) from None
    return {
        "accepted": done.accepted,
        "duplicates": done.duplicates,
        "conflicts": list(done.conflicts),
        "unknown_cards": done.unknown_cards,
        "clock_wrong": done.clock_wrong,
        "inside": done.inside,
        "limit": queries.limit(ctx.service_point, ctx),
        "server_time": ctx.occurred_at,
    }


@router.post(
    "/entry",
    response={200: Verdict, 401: Problem, 503: Problem},
    summary="May somebody come in?",
    operation_id="may_enter",
)
def entry(request: HttpRequest, question: Question) -> dict[str, Any]:
    """With a card or without. A yes keeps the place for half a minute, until the pass is counted."""
    ctx = _context(request)
    try:
        admitted = commands.may_enter(card=question.card[:40], people=question.people, ctx=ctx)
    except Refused as refused:
        live = queries.live((ctx.service_point,), ctx)
        return {
            "allowed": False,
            "inside": live[0].inside if live else 0,
            "limit": live[0].limit if live else 0,
            "reasons": whys(refused.decision.refusing),
            "told": [],
        }
    except (Busy, StorageFull, KeyReused) as error:
        raise faulty(error) from None
    return {
        "allowed": True,
        "inside": admitted.inside,
        "limit": admitted.limit,
        "reasons": [],
        "told": whys(admitted.told),
    }


@router.get(
    "/policy",
    response={200: Policy, 401: Problem},
    summary="What a gate may decide by itself",
    operation_id="gate_policy",
)
def policy(request: HttpRequest) -> dict[str, Any]:
    """Ask for it every few minutes, so that the gate can go on while the network is down."""
    ctx = _context(request)
    live = queries.live((ctx.service_point,), ctx)
    return {
        "inside": live[0].inside if live else 0,
        "limit": queries.limit(ctx.service_point, ctx),
        "closed": queries.shut(ctx.service_point, clock.business_date(ctx.occurred_at)) is not None,
        "server_time": ctx.occurred_at,
        "valid_until": ctx.occurred_at + VALID_FOR,
    }
