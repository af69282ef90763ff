"""Holds in a closure (row S1, F1): until when a copy is kept and a hold waits."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.phases import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.ledger.models import Event, Reader
from tests.apps.phases.acts import applied, broken, closed, finish
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def held(stocked: Stocked, ctx: Contexts, at: Any) -> tuple[str, str]:
    """三体: the adult's hold is ready since Tuesday 28 January, the other's waits."""
    for barcode in ("B002", "B005", "B008"):
        circulation.check_out(
            item_barcode=barcode, card=stocked.cards["child"], ctx=ctx("desk", at=at("2020-01-10"))
        )
    made = [
        circulation.place_hold(
            title=stocked.titles[1],
            card=stocked.cards[who],
            pickup=stocked.library.main,
            ctx=ctx("desk", at=at("2020-01-14")),
        ).hold
        for who in ("adult", "other")
    ]
    circulation.check_in(item_barcode="B002", ctx=ctx("desk", at=at("2020-01-28")))
    return (made[0], made[1])


def dates(held: tuple[str, str]) -> tuple[date | None, date | None]:
    ready, waiting = (loans.hold(h) for h in held)
    assert (ready.state, waiting.state) == ("ready", "waiting")
    return ready.ready_until, waiting.expires_on


def test_ph_18_a_copy_is_kept_and_a_hold_waits_as_much_longer(
    stocked: Stocked, held: tuple[str, str], ctx: Contexts, at: Any
) -> None:
    was = dates(held)
    # Kept for five days; 14 January and 180 days.
    assert was == (date(2020, 2, 2), date(2020, 7, 12))
    director = ctx("director", at=at("2020-01-29"))
    phase = applied(stocked.library.main, closed("2020-01-30", "2020-02-29"), director)
    # Thirty-one days later.
    assert dates(held) == (date(2020, 3, 4), date(2020, 8, 12))
    assert circulation.expire_holds(ctx=ctx(at=at("2020-02-20"))) == 0
    rows = list(Event.objects.filter(type="hold.prolonged").order_by("id"))
    assert {r.subject for r in rows} == set(held)
    assert Reader.objects.filter(event__in=[r.id for r in rows]).count() == 2
    # Nothing twice; a later end adds its days; taken back it is as it was.
    assert finish(phase, director) == 0
    longer = ctx("director", at=at("2020-01-29", "16:00"))
    commands.set_end(phase=phase, last_day=date(2020, 3, 10), ctx=longer)
    finish(phase, longer)
    assert dates(held) == (date(2020, 3, 14), date(2020, 8, 22))
    assert len(queries.given_back_holds(places.phase(phase), date(2020, 1, 29)).moves) == 2
    commands.revert(phase=phase, ctx=longer.with_key("back"))
    finish(phase, longer)
    assert dates(held) == was
    assert Event.objects.filter(type="hold.restored").count() == 2
    assert broken() == []


def test_ph_18_a_hold_that_becomes_ready_while_it_is_shut_is_kept_as_long(
    stocked: Stocked, held: tuple[str, str], ctx: Contexts, at: Any
) -> None:
    applied(
        stocked.library.main,
        closed("2020-01-30", "2020-02-29"),
        ctx("director", at=at("2020-01-29")),
    )
    # From the book drop, on a day without readers.
    circulation.check_in(item_barcode="B005", ctx=ctx("desk", at=at("2020-02-25")))
    commands.keep(ctx(at=at("2020-02-25", "12:00")))
    found = loans.hold(held[1])
    assert found.state == "ready"
    # Ready on the 25th, kept to the reopening, and the four days after the 25th that were shut on top.
    assert found.ready_until == date(2020, 3, 5)


def test_ph_18_only_where_the_phase_says_so(
    stocked: Stocked, held: tuple[str, str], ctx: Contexts, at: Any
) -> None:
    was = dates(held)
    terms = closed("2020-01-30", "2020-02-29", move_holds=False)
    applied(stocked.library.main, terms, ctx("director", at=at("2020-01-29")))
    assert dates(held) == was
