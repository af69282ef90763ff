"""Readers' PINs at terminals: checked by their slow hash once, remembered for a while, guesses slowed.

A PIN that was right is remembered in this process as a keyed hash beside the stored hash it opened,
so a session of ten books costs one slow check; a changed PIN has another stored hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from datetime import timedelta

from django.contrib.auth.hashers import check_password

from shuxiang.apps.patrons import queries as patrons
from shuxiang.kernel import clock
from shuxiang.runtime.hashing import nobodys_hash
from shuxiang.runtime.throttle import throttle

REMEMBERED_SECONDS = 1800.0
MOST_REMEMBERED = 20_000
MINUTE = timedelta(minutes=1)
WRONG_OF_A_CARD = 5
WRONG_OF_A_TERMINAL = 30
"""Wrong PINs within a minute after which none is checked any more (S2)."""

_key = secrets.token_bytes(32)
_right: OrderedDict[tuple[str, bytes], float] = OrderedDict()
"""What opened a stored hash, or what a name was let in by, and since when."""
_lock = threading.Lock()


def _hidden(pin: str) -> bytes:
    return hmac.new(_key, pin.encode(), hashlib.sha256).digest()


def known(name: str, secret: str) -> bool:
    """Whether the secret is remembered to be right for a name (`remember`). Quick."""
    if not (name and secret):
        return False
    since = _right.get((name, _hidden(secret)))
    return since is not None and time.monotonic() - since < REMEMBERED_SECONDS


def remember(name: str, secret: str) -> None:
    """Note that a secret was right for a name: a stored hash, or a card at a terminal."""
    with _lock:
        _right[name, _hidden(secret)] = time.monotonic()
        while len(_right) > MOST_REMEMBERED:
            _right.popitem(last=False)


def forget(name: str, secret: str) -> None:
    """It is right no longer."""
    with _lock:
        _right.pop((name, _hidden(secret)), None)


_checking = tuple(threading.Lock() for _ in range(64))


def one_at_a_time(name: str) -> threading.Lock:
    """A lock for checking secrets of a name: of many that come at once with the same one, the first
    does the slow work, and the others find it remembered."""
    return _checking[hash(name) % len(_checking)]


def forget_all() -> None:
    """Every secret is looked at anew."""
    with _lock:
        _right.clear()


def check(patron: str, pin: str, *, card: str, terminal: str) -> bool:
    """Whether the PIN is the reader's. Slow the first time; not in the writer's thread. A reader
    without a PIN has none that is right."""
    stored = patrons.pin_hash(patron)
    with one_at_a_time(stored):
        return known(stored, pin) or _checked(stored, pin, card=card, terminal=terminal)


def _checked(stored: str, pin: str, *, card: str, terminal: str) -> bool:
    at = clock.now()
    keys = (
        (f"sip2 card {card}", WRONG_OF_A_CARD),
        (f"sip2 terminal {terminal}", WRONG_OF_A_TERMINAL),
    )
    if any(throttle(key, most, MINUTE, at=at, count=False) for key, most in keys):
        return False
    right = check_password(pin, stored or nobodys_hash()) and bool(stored)
    if right:
        remember(stored, pin)
        return True
    for key, most in keys:
        throttle(key, most, MINUTE, at=at)
    return False
