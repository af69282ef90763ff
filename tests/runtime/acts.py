"""Commands of the tests: each leaves ledger rows of the type ``test.<name>`` that can be counted."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

from django.db import OperationalError, connection

from shuxiang.kernel.context import SYSTEM, Actor, Context
from shuxiang.kernel.decision import Refused, ask, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record
from tests.support.library import moment

LIBRARY = "01890000000070008000000000000001"
gate = threading.Event()
at_the_gate = threading.Event()


def context(key: str = "", *, actor: Actor = SYSTEM, place: str = LIBRARY) -> Context:
    return Context(
        actor=actor,
        channel="cli",
        service_point=place,
        occurred_at=moment("2020-06-10"),
        request_key=key,
    )


def count(type_: str) -> int:
    found = sql.one("SELECT COUNT(*) FROM ledger_event WHERE type = ?", type_)
    assert found is not None
    return int(found[0])


@dataclass(frozen=True, slots=True)
class Answer:
    event: str
    number: int
    on: date
    parts: tuple[str, ...]


@command("test.act")
def act(*, number: int, ctx: Context) -> Answer:
    event = record("test.act", ctx=ctx, library=LIBRARY, quantity=number)
    return Answer(event, number, date(2020, 6, 10), ("甲", "b"))


@command("test.refused")
def act_and_refuse(*, ctx: Context) -> None:
    """Does something first, so that a refusal has something to take back."""
    record("test.refused", ctx=ctx, library=LIBRARY)
    raise refuse(stop("loan-limit", limit=5), ask("card-expired", on="2020-01-01"))


@command("test.crash")
def act_and_crash(*, ctx: Context) -> None:
    record("test.crash", ctx=ctx, library=LIBRARY)
    raise ZeroDivisionError("a fault of the program")


@command("test.operational")
def act_and_fail_in_the_database(*, ctx: Context) -> None:
    record("test.operational", ctx=ctx, library=LIBRARY)
    sql.run("SELECT * FROM no_such_table")


@command("test.late")
def act_and_fail_at_commit(*, ctx: Context) -> None:
    """A foreign key that points nowhere: both databases check it at COMMIT."""
    record("test.late", ctx=ctx, library=LIBRARY)
    sql.run(
        "INSERT INTO places_setting (id, place_id, key, value) VALUES (?, ?, ?, ?)",
        new_id(),
        new_id(),
        "x",
        "1",
    )


@command("test.unstorable")
def act_and_answer_nonsense(*, ctx: Context) -> object:
    record("test.unstorable", ctx=ctx, library=LIBRARY)
    return object()


@command("test.outer")
def act_around_a_refusal(*, ctx: Context) -> str:
    record("test.outer", ctx=ctx, library=LIBRARY)
    try:
        act_and_refuse(ctx=ctx)
    except Refused as refused:
        return refused.decision.codes[0]
    raise AssertionError("not refused")


@command("test.permitted", permission="places.edit")
def act_with_permission(*, ctx: Context) -> str:
    return record("test.permitted", ctx=ctx, library=LIBRARY)


@command("test.wait")
def act_after_the_gate(*, ctx: Context) -> str:
    """Keeps the writer busy until `gate` is set, so that a group gathers behind it."""
    at_the_gate.set()
    if not gate.wait(20):
        raise OperationalError("the gate never opened")
    return record("test.wait", ctx=ctx, library=LIBRARY)


@command("test.pragma")
def read_pragma(*, name: str, ctx: Context) -> int:
    assert connection.vendor == "sqlite"
    found = sql.one(f"PRAGMA {name}")
    assert found is not None
    return int(found[0])
