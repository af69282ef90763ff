"""A reader signs in and out: sessions of readers, never of staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password

from shuxiang.apps.patrons import models, pins, queries
from shuxiang.apps.patrons.commands._guessing import clear, count_wrong, hold
from shuxiang.apps.patrons.commands._sessions import end_sessions
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, refuse, stop
from shuxiang.runtime.commands import command
from shuxiang.runtime.hashing import nobodys_hash
from shuxiang.runtime.throttle import throttle

KEPT_DAYS = 30
"""Days an ended session stays on record."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """How a sign-in went: the reader when it went through, else why not. ``must_change``: the PIN
    must be changed first."""

    patron: str | None
    decision: Decision
    must_change: bool = False


AT_MACHINE = timedelta(minutes=20)
"""How long a reader's session at a self-service machine may last at most."""

OF_A_TOKEN = timedelta(hours=1)
"""How long a discovery system may act for a reader before it must sign them in again."""


def sign_in(
    *,
    name: str,
    pin: str,
    address: str,
    token_hash: str,
    scope: str = "",
    client: str = "",
    ctx: Context,
) -> SignedIn:
    """Check a card or bound document number with a PIN and open the session of a token.

    An unknown number, a reader without a PIN and a wrong PIN answer alike, in words and in time.
    Five wrong ones within 15 minutes lock the number, thirty the address. ``scope`` and ``client`` are
    kept with the session.
    """
    tried = f"reader sign-in {address}"
    minutes = max(
        queries.locked_minutes(name, ctx.occurred_at), _address_minutes(tried, ctx.occurred_at)
    )
    if minutes:
        return SignedIn(None, Decision((stop("sign-in-locked", minutes=minutes),)))
    # Made before it is known whether it is needed: its first making takes time, too.
    nobody = nobodys_hash()
    right = None
    for candidate in queries.candidates(name) or (None,):
        stored = candidate.pin_hash if candidate else ""
        if check_password(pin, stored or nobody) and stored:
            right = candidate
    return _sign_in(
        name_key=queries.guesses_key("name", queries.normalised_name(name)),
        address=tried,
        patron=right.patron if right else "",
        against=right.pin_hash if right else "",
        card_lost=right is not None and right.status == "lost",
        token_hash=token_hash,
        scope=scope,
        client=client,
        ctx=ctx,
    )


def _address_minutes(tried: str, at: datetime) -> int:
    seconds = throttle(tried, pins.WRONG_OF_AN_ADDRESS, pins.WINDOW, at=at, count=False)
    return -(-seconds // 60)


@command("patrons.sign_in")
def _sign_in(
    *,
    name_key: str,
    address: str,
    patron: str,
    against: str,
    card_lost: bool,
    token_hash: str,
    scope: str,
    client: str,
    ctx: Context,
) -> SignedIn:
    at = ctx.occurred_at
    # Guesses sent at once were all checked before the first of them was counted.
    guessed = hold(name_key, at)
    locked = max(pins.locked_minutes(guessed, at), _address_minutes(address, at))
    if locked:
        return SignedIn(None, Decision((stop("sign-in-locked", minutes=locked),)))
    known = (
        models.Pin.objects.select_related("patron")
        .filter(patron=patron or None, hash=against)
        .first()
    )
    if known is None:
        count_wrong(name_key, guessed, at)
        throttle(address, pins.WRONG_OF_AN_ADDRESS, pins.WINDOW, at=at)
        return SignedIn(None, Decision((stop("sign-in-wrong"),)))
    if card_lost:
        return SignedIn(None, Decision((stop("card-lost"),)))
    clear(patron)
    _open(patron, token_hash, known.patron.home_id, ctx, scope, client)
    return SignedIn(patron, Decision(), known.must_change)


def _open(
    patron: str, token_hash: str, home: str, ctx: Context, scope: str = "", client: str = ""
) -> None:
    hours = timedelta(hours=int(places.setting(home, "portal.session_hours").value))
    longest = {"kiosk": AT_MACHINE, "paia": OF_A_TOKEN, "ilsdi": OF_A_TOKEN}
    models.ReaderSession.objects.create(
        patron_id=patron,
        token_hash=token_hash,
        channel=ctx.channel,
        begun_at=ctx.occurred_at,
        seen_at=ctx.occurred_at,
        until=ctx.occurred_at + longest.get(ctx.channel, hours),
        scope=scope,
        client=client or None,
    )


@command("patrons.open_for_client", permission="patrons.open_for_client")
def open_for_client(*, patron: str, token_hash: str, scope: str, ctx: Context) -> None:
    """Open a token for a reader without their PIN: for a discovery system that signs readers in itself
    and whose device the library trusts for that. Raises Refused: not-permitted, patron-closed."""
    client = places.device(ctx.actor.id)
    if client is None or not client.settings.get("trusted"):
        raise refuse(stop("not-permitted", action="patrons.open_for_client"))
    row = models.Patron.objects.filter(id=patron, closed_at=None).first()
    if row is None:
        raise refuse(stop("patron-closed"))
    _open(row.id, token_hash, row.home_id, ctx, scope, client.id)


@command("patrons.present_card", permission="patrons.present_card")
def present_card(*, card: str, token_hash: str, ctx: Context) -> SignedIn:
    """Open a reader's session at a self-service machine for whoever holds the card, where the library
    asks for no PIN there. An unknown card and one that opens nothing answer alike; thirty of them
    within 15 minutes and the machine waits."""
    at = ctx.occurred_at
    tried = f"card presented {ctx.actor.id}"
    minutes = _address_minutes(tried, at)
    if minutes:
        return SignedIn(None, Decision((stop("sign-in-locked", minutes=minutes),)))
    found = [c for c in queries.candidates(card) if c.through == "card"]
    if len(found) != 1:
        throttle(tried, pins.WRONG_OF_AN_ADDRESS, pins.WINDOW, at=at)
        return SignedIn(None, Decision((stop("card-opens-nothing"),)))
    if found[0].status == "lost":
        return SignedIn(None, Decision((stop("card-lost"),)))
    patron = models.Patron.objects.get(id=found[0].patron)
    _open(patron.id, token_hash, patron.home_id, ctx)
    return SignedIn(patron.id, Decision())


@command("patrons.keep_session")
def keep_session(*, session: str, ctx: Context) -> None:
    """The reader is still there: the idle time begins anew."""
    models.ReaderSession.objects.filter(
        id=session, patron=ctx.actor.id, ended_at=None, seen_at__lt=ctx.occurred_at
    ).update(seen_at=ctx.occurred_at)


@command("patrons.sign_out")
def sign_out(*, session: str = "", ctx: Context) -> int:
    """End one of the reader's own sessions, '' for all of them; returns how many ended."""
    if ctx.actor.kind != "patron":
        raise refuse(stop("not-permitted", action="patrons.sign_out"))
    if not session:
        return end_sessions(ctx.actor.id, "everywhere", ctx)
    rows = models.ReaderSession.objects.filter(id=session, patron=ctx.actor.id, ended_at=None)
    return int(rows.update(ended_at=ctx.occurred_at, ended_why="signed-out"))


@command("patrons.forget_sign_ins")
def forget_sign_ins(*, ctx: Context) -> int:
    """The retention of sign-ins: sessions over for 30 days, wrong ones a day after the last and
    their lock. By the worker alone."""
    if ctx.actor.kind != "system":
        raise refuse(stop("not-permitted", action="patrons.forget_sign_ins"))
    before = ctx.occurred_at - timedelta(days=KEPT_DAYS)
    sessions, _ = models.ReaderSession.objects.filter(until__lt=before).delete()
    quiet = ctx.occurred_at - pins.FORGIVEN_AFTER - pins.LONGEST_LOCK
    guesses, _ = models.Guesses.objects.filter(last_at__lt=quiet).delete()
    return int(sessions + guesses)
