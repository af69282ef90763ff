"""PINs: what is refused, what is drawn, how guessing is slowed down (rows C3, C6, S10)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password

from shuxiang.apps.patrons import commands, models, pins, queries
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.apps.patrons import people
from tests.conftest import Unchanged
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

BORN = date(1990, 1, 1)
NUMBERS = ("00135790", "13800138246", people.LI)


@pytest.mark.parametrize(
    ("pin", "codes"),
    [
        ("482913", ()),
        ("48291374", ()),
        ("48291", ("pin-form",)),
        ("4829137482913", ("pin-form",)),
        ("48291a", ("pin-form",)),
        ("４８２９１３", ("pin-form",)),
        ("", ("pin-form",)),
        ("111111", ("pin-trivial",)),
        ("123456", ("pin-trivial",)),
        ("654321", ("pin-trivial",)),
        ("890123", ("pin-trivial",)),
        ("121212", ("pin-trivial",)),
        ("482482", ("pin-trivial",)),
        ("000007", ("pin-trivial",)),
        ("112288", ("pin-trivial",)),
        ("900101", ("pin-birthday", "pin-in-number")),
        ("19900101", ("pin-birthday", "pin-in-number")),
        ("010190", ("pin-birthday",)),
        ("199001", ("pin-birthday", "pin-in-number")),
        ("135790", ("pin-in-number",)),
        ("138246", ("pin-in-number",)),
    ],
)
def test_what_a_reader_may_choose(pin: str, codes: tuple[str, ...]) -> None:
    assert pins.may_use(pin, born_on=BORN, numbers=NUMBERS).codes == codes


def test_the_old_pin_is_not_a_new_one() -> None:
    assert pins.may_use("482913", as_before=True).codes == ("pin-as-before",)


def test_a_drawn_pin_has_six_digits_and_is_no_date() -> None:
    numbers = iter((900101, 311299, 123199, 202012, 7, 123456, 135790, 482913))
    assert pins.draw(lambda n: next(numbers), numbers=NUMBERS) == "482913"
    drawn = {pins.draw(secrets.randbelow) for _ in range(200)}
    assert len(drawn) > 190
    assert {len(pin) for pin in drawn} == {6}
    assert all(pins.may_use(pin).allowed for pin in drawn)


def test_locks_grow_and_are_forgiven() -> None:
    at = moment("2020-06-10", "09:00")
    guessed = None
    minutes = []
    for _ in range(8):
        for _ in range(5):
            guessed = pins.after_wrong(guessed, at, most=5)
        assert guessed.locked_until is not None
        minutes.append(round((guessed.locked_until - at).total_seconds() / 60))
        at = guessed.locked_until
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440]
    assert pins.after_wrong(guessed, at + timedelta(hours=25), most=5).level == 0


def test_four_wrong_and_a_pause_lock_nothing() -> None:
    at = moment("2020-06-10", "09:00")
    guessed = None
    for _ in range(4):
        guessed = pins.after_wrong(guessed, at, most=5)
    later = pins.after_wrong(guessed, at + timedelta(minutes=16), most=5)
    assert (later.wrong, later.locked_until) == (1, None)
    assert pins.locked_minutes(later, at) == 0


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


def give(ctx: Context, patron: str, *, first: bool = False) -> str:
    plain, hashed = commands.draw_pin(patron)
    commands.set_pin(patron=patron, pin_hash=hashed, first=first, ctx=ctx)
    return plain


def own(stocked: Stocked, ctx: Contexts, who: str = "adult", minutes: int = 0) -> Context:
    """The reader's own context at 10:00 plus some minutes."""
    at = moment("2020-06-10") + timedelta(minutes=minutes)
    return ctx(Actor("patron", stocked.patrons[who]), channel="portal", at=at)


def test_the_desk_gives_a_pin_and_writes_it_down_nowhere(stocked: Stocked, ctx: Contexts) -> None:
    patron = stocked.patrons["adult"]
    assert queries.pin_state(patron) == queries.PinState(False)
    plain = give(ctx("desk"), patron)
    row = models.Pin.objects.get(patron=patron)
    assert row.hash.startswith("argon2$argon2id$")
    assert check_password(plain, row.hash)
    assert row.must_change is True
    event = Event.objects.filter(type="patron.changed").latest("id")
    assert (event.data, event.actor) == (
        '{"act": "first", "fields": ["pin"]}',
        stocked.library.staff["desk"],
    )
    give(ctx("desk"), patron)
    assert Event.objects.filter(data__contains='"act": "reset"').count() == 1
    assert not check_password(plain, models.Pin.objects.get(patron=patron).hash)


def test_a_first_pin_is_given_once(stocked: Stocked, ctx: Contexts, unchanged: Unchanged) -> None:
    patron = stocked.patrons["adult"]
    give(ctx("branch", place=stocked.library.east), patron, first=True)
    with unchanged(), pytest.raises(Refused, match="pin-exists"):
        give(ctx("branch", place=stocked.library.east), patron, first=True)


@pytest.mark.parametrize("role", ["cataloguer", "auditor", "admin"])
def test_who_may_not_give_a_pin(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged, role: str
) -> None:
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        give(ctx(role), stocked.patrons["adult"])


def test_a_reader_changes_their_pin(stocked: Stocked, ctx: Contexts) -> None:
    old = give(ctx("desk"), stocked.patrons["adult"])
    commands.change_pin(old=old, new="482913", session="", ctx=own(stocked, ctx))
    row = models.Pin.objects.get(patron=stocked.patrons["adult"])
    assert check_password("482913", row.hash)
    assert row.must_change is False
    event = Event.objects.filter(type="patron.changed").latest("id")
    assert (event.data, event.actor_kind, event.actor) == (
        '{"act": "changed", "fields": ["pin"]}',
        "patron",
        "",
    )


def test_a_refused_change_changes_nothing(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    old = give(ctx("desk"), stocked.patrons["adult"])
    with unchanged(), pytest.raises(Refused) as refused:
        commands.change_pin(old=old, new="900101", session="", ctx=own(stocked, ctx))
    assert refused.value.decision.codes == ("pin-birthday", "pin-in-number")
    with unchanged(), pytest.raises(Refused, match="pin-as-before"):
        commands.change_pin(old=old, new=old, session="", ctx=own(stocked, ctx))
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.change_pin(old=old, new="482913", session="", ctx=ctx("desk"))


def test_the_old_pin_can_not_be_guessed_from_an_open_session(
    stocked: Stocked, ctx: Contexts
) -> None:
    old = give(ctx("desk"), stocked.patrons["adult"])
    for _ in range(5):
        with pytest.raises(Refused, match="pin-wrong"):
            commands.change_pin(old="999999", new="482913", session="", ctx=own(stocked, ctx))
    with pytest.raises(Refused) as refused:
        commands.change_pin(old=old, new="482913", session="", ctx=own(stocked, ctx))
    assert refused.value.decision.refusing[0].data == {"minutes": 15}
