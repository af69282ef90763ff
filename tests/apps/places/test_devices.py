"""Devices: a secret that opens one machine, at its own place, while it is switched on (G1–G3, S2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.places import commands, queries
from shuxiang.apps.staff.terminals import TERMINAL_ACTIONS
from shuxiang.kernel.context import Actor
from shuxiang.kernel.decision import Refused
from shuxiang.runtime import changes
from shuxiang.runtime.changes import Asked
from shuxiang.runtime.commands import permitted

pytestmark = pytest.mark.db


def added(library: Any, ctx: Any, **given: Any) -> commands.NewDevice:
    asked = {"place": library.east, "kind": "sip2", "login": "east-1", "name": "东区自助机"}
    return commands.add_device(**(asked | given), ctx=ctx())


def test_a_drawn_secret_opens_its_own_device_and_is_stored_nowhere(library: Any, ctx: Any) -> None:
    one, two = added(library, ctx), added(library, ctx, login="east-2")
    assert one.secret != two.secret
    assert queries.device_secret_matches(one.id, one.secret)
    assert not queries.device_secret_matches(one.id, two.secret)
    assert not queries.device_secret_matches("0" * 32, one.secret)
    with connection.cursor() as cursor:
        for table in ("places_device", "runtime_request", "runtime_change"):
            cursor.execute(f"SELECT * FROM {table}")
            assert one.secret not in repr(cursor.fetchall())


def test_a_chosen_password_works_until_a_new_one_is_drawn(library: Any, ctx: Any) -> None:
    made = added(library, ctx, secret="term1")
    assert queries.device_secret_matches(made.id, "term1")
    word = commands.renew_secret(device=made.id, ctx=ctx())
    assert not queries.device_secret_matches(made.id, "term1")
    assert queries.device_secret_matches(made.id, word)
    assert changes.find(Asked(subject=made.id))[0].action == "secret-renewed"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "robot"}, "device-kind-unknown"),
        ({"login": "东区"}, "device-login-invalid"),
        ({"login": "east-1"}, "device-login-taken"),
        ({"name": " "}, "name-missing"),
        ({"secret": "abc"}, "device-secret-short"),
        ({"settings": {"colour": "red"}}, "device-setting-unknown"),
        ({"place": "0" * 32}, "place-unknown"),
    ],
)
def test_a_device_that_makes_no_sense_is_refused(
    library: Any, ctx: Any, unchanged: Any, given: dict[str, Any], code: str
) -> None:
    added(library, ctx)
    with unchanged(), pytest.raises(Refused) as caught:
        added(library, ctx, **({"login": "east-9"} | given))
    assert caught.value.decision.codes == (code,)


def test_a_device_may_what_its_kind_may_at_its_own_place_while_switched_on(
    library: Any, ctx: Any
) -> None:
    made = added(library, ctx)
    acting = ctx(place=library.east)
    terminal = type(acting)(
        actor=Actor("terminal", made.id),
        channel="sip2",
        service_point=library.east,
        occurred_at=acting.occurred_at,
    )
    assert "circulation.check_out" in TERMINAL_ACTIONS["sip2"]
    assert permitted(terminal, "circulation.check_out", library.east)
    assert not permitted(terminal, "circulation.check_out", library.west)
    assert not permitted(terminal, "circulation.undo", library.east)
    commands.change_device(device=made.id, active=False, ctx=ctx())
    assert not permitted(terminal, "circulation.check_out", library.east)
    with pytest.raises(Refused) as caught:
        circulation.check_in(item_barcode="X", ctx=terminal)
    assert caught.value.decision.codes == ("not-permitted",)
    assert not queries.device_secret_matches(made.id, made.secret)


def test_a_device_is_kept_where_devices_are_kept(library: Any, ctx: Any, unchanged: Any) -> None:
    made = added(library, ctx, place=library.west)
    with unchanged(), pytest.raises(Refused) as caught:
        commands.change_device(device=made.id, name="x", ctx=ctx("branch", place=library.east))
    assert caught.value.decision.codes == ("not-permitted",)
