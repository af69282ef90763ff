"""Desk PINs: own, short, throttled, good for one place only."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from shuxiang.apps.staff import commands, models, queries
from shuxiang.apps.staff.desk import rules
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.models import Request
from tests.support.library import Contexts, Library, moment

pytestmark = pytest.mark.db
NOW = moment("2020-02-03")


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        ("2580", ""),
        ("904173", ""),
        ("123", "desk-pin-form"),
        ("1234567", "desk-pin-form"),
        ("12a4", "desk-pin-form"),
        ("１２５０", "desk-pin-form"),
        ("", "desk-pin-form"),
        ("7777", "desk-pin-simple"),
        ("1234", "desk-pin-simple"),
        ("987654", "desk-pin-simple"),
        ("1357", ""),
    ],
)
def test_what_makes_a_pin(pin: str, code: str) -> None:
    assert rules.may_use_pin(pin).codes == ((code,) if code else ())


def test_failures_lock_every_five_and_void_at_fifteen() -> None:
    locked = [n + 1 for n in range(20) if rules.after_failure(n, NOW)[1]]
    assert locked == [5, 10, 15, 20]
    assert [rules.after_failure(n, NOW)[2] for n in (13, 14)] == [False, True]


@pytest.fixture
def with_pin(library: Library, ctx: Contexts) -> str:
    commands.set_desk_pin(pin_hash=commands.pin_hash("2580"), ctx=ctx("desk", at=NOW))
    return library.staff["desk"]


def test_the_pin_takes_the_desk_and_is_kept_nowhere(
    with_pin: str, library: Library, ctx: Contexts
) -> None:
    taken = commands.take_desk(account=with_pin, pin="2580", ctx=ctx(at=NOW))
    assert (taken.account, taken.decision.codes) == (with_pin, ())
    stored = models.DeskPin.objects.get().pin
    assert stored.startswith("argon2")
    # An id may hold the four digits by chance.
    kept = [r.outcome for r in Request.objects.all()]
    assert not any(re.search(r"(?<![0-9a-f])2580(?![0-9a-f])", outcome) for outcome in kept)
    assert queries.has_pin(with_pin)
    commands.set_desk_pin(pin_hash="", ctx=ctx("desk", at=NOW))
    assert not queries.has_pin(with_pin)


@pytest.mark.parametrize(
    ("who", "place", "days", "codes"),
    [
        ("desk", "main", 0, ()),
        ("desk", "east", 0, ()),
        ("branch", "east", 0, ()),
        ("branch", "main", 0, ("desk-no-rights",)),
        ("cataloguer", "main", 0, ("desk-no-rights",)),
        ("desk", "main", 91, ("desk-password-due",)),
    ],
)
def test_it_is_good_only_where_the_account_may_lend(
    library: Library, ctx: Contexts, who: str, place: str, days: int, codes: tuple[str, ...]
) -> None:
    commands.set_desk_pin(pin_hash=commands.pin_hash("2580"), ctx=ctx(who, at=NOW))
    taken = commands.take_desk(
        account=library.staff[who],
        pin="2580",
        ctx=ctx(place=getattr(library, place), at=NOW + timedelta(days=days)),
    )
    assert taken.decision.codes == codes
    assert (taken.account is None) == bool(codes)


def test_a_pin_guessed_a_hundred_times(with_pin: str, ctx: Contexts) -> None:
    """Bad input of issue 3: of 10,000 PINs a guesser gets to try fifteen."""
    at, tried, last = NOW, 0, ""
    for n in range(100):
        at += timedelta(minutes=1)
        taken = commands.take_desk(account=with_pin, pin=f"{4000 + n}", ctx=ctx(at=at))
        assert taken.account is None
        (last,) = taken.decision.codes
        if last == "desk-pin-wrong" and queries.has_pin(with_pin):
            tried += 1
    # The fifteenth takes the PIN away, so that the right one opens nothing either.
    assert (tried, queries.has_pin(with_pin)) == (14, False)
    taken = commands.take_desk(account=with_pin, pin="2580", ctx=ctx(at=at))
    assert taken.decision.codes == ("desk-pin-wrong",)
    assert (
        commands.log_in(username="desk", password="Test-1234", ctx=ctx(at=at)).account == with_pin
    )


def test_the_right_pin_waits_while_locked_and_clears_the_count(
    with_pin: str, ctx: Contexts
) -> None:
    for _ in range(5):
        commands.take_desk(account=with_pin, pin="0000", ctx=ctx(at=NOW))
    right = commands.take_desk(account=with_pin, pin="2580", ctx=ctx(at=NOW))
    assert right.decision.codes == ("desk-pin-locked",)
    later = ctx(at=NOW + timedelta(minutes=31))
    assert commands.take_desk(account=with_pin, pin="2580", ctx=later).account == with_pin
    assert models.DeskPin.objects.get().failures == 0


@pytest.mark.parametrize("account", ["", "nobody", "branch"])
def test_no_account_no_pin_and_a_wrong_one_answer_alike(
    with_pin: str, library: Library, ctx: Contexts, account: str, unchanged: Any
) -> None:
    with unchanged():
        taken = commands.take_desk(
            account=library.staff.get(account, account), pin="2581", ctx=ctx(at=NOW)
        )
    assert taken.decision.codes == ("desk-pin-wrong",)


def test_only_staff_have_a_pin(library: Library, ctx: Contexts, unchanged: Any) -> None:
    with unchanged(), pytest.raises(Refused):
        commands.set_desk_pin(pin_hash="x", ctx=ctx(at=NOW))


def test_who_may_take_a_desk(library: Library, with_pin: str) -> None:
    found = queries.clerks_at(library.main, "circulation.check_in")
    assert [(c.username, c.has_pin) for c in found] == [("desk", True), ("director", False)]
    east = queries.clerks_at(library.east, "circulation.check_in")
    assert {c.username for c in east} == {"desk", "director", "branch"}
