"""The change log: what is kept of a change, what never is, and that nobody can touch it (S11, X2)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.ledger import triggers
from shuxiang.runtime import changes, sql
from shuxiang.runtime.changes import HIDDEN, Asked, changed, faults, find, seal_pending
from shuxiang.runtime.commands import command
from tests.runtime import acts
from tests.support.library import moment

pytestmark = pytest.mark.db
PLACE = "0189000000007000800000000000000a"


@command("test.logged_change")
def change(*, before: dict[str, Any] | None, after: dict[str, Any] | None, ctx: Context) -> None:
    changed(ctx, "place", "p1", "东区分馆", before, after, place=PLACE)


@command("test.change_reader")
def change_reader(*, ctx: Context) -> None:
    changed(
        ctx,
        "reader",
        "r1",
        "李*",
        {"phone": "13800138000", "category": "adult", "born_on": "1990-01-01"},
        {"phone": "", "category": "senior", "born_on": "1950-01-01"},
        private=("phone",),
        unsaid=("guardian",),
        why=" 本人来馆更正 ",
    )


@command("test.change_and_refuse")
def change_and_refuse(*, ctx: Context) -> None:
    changed(ctx, "place", "p1", "东区分馆", {"name": "a"}, {"name": "b"})
    raise refuse(stop("name-missing"))


def one() -> changes.Change:
    [found] = find(Asked())
    return found


@pytest.mark.parametrize(
    ("before", "after", "action", "kept"),
    [
        ({"name": "a", "phone": "1"}, {"name": "b", "phone": "1"}, "changed", ({"name": "a"}, {"name": "b"})),
        (None, {"name": "b", "phone": "", "closed_on": None}, "added", ({}, {"name": "b"})),
        ({"name": "a", "phone": ""}, None, "removed", ({"name": "a"}, {})),
        ({"note": ""}, {"note": "x"}, "changed", ({"note": ""}, {"note": "x"})),
        ({"open": True}, {"open": False}, "changed", ({"open": True}, {"open": False})),
    ],
)  # fmt: skip
def test_x2_only_what_differs_is_kept(
    before: Any, after: Any, action: str, kept: tuple[Any, Any]
) -> None:
    change(before=before, after=after, ctx=acts.context())
    found = one()
    assert (found.action, (found.before, found.after)) == (action, kept)


def test_a_change_of_nothing_is_not_logged() -> None:
    change(before={"name": "a"}, after={"name": "a"}, ctx=acts.context())
    assert find(Asked()) == ()


def test_s11_who_when_where_what() -> None:
    ctx = acts.context("key-1", actor=Actor("staff", "s1"))
    change(before={"name": "a"}, after={"name": "b"}, ctx=ctx)
    found = one()
    assert found.at == moment("2020-06-10")
    assert found.recorded_at > found.at
    assert (found.actor_kind, found.actor, found.channel) == ("staff", "s1", "cli")
    assert (found.service_point, found.place) == (acts.LIBRARY, PLACE)
    assert (found.command, found.kind, found.subject, found.name) == (
        "test.logged_change",
        "place",
        "p1",
        "东区分馆",
    )
    request = sql.one("SELECT request FROM runtime_change")
    assert request == sql.one("SELECT id FROM runtime_request")


def test_s11_the_same_request_again_is_logged_once() -> None:
    for _ in range(2):
        change(before={"name": "a"}, after={"name": "b"}, ctx=acts.context("key-1"))
    assert changes.count(Asked()) == 1


def test_s11_of_people_only_that_it_changed() -> None:
    change_reader(ctx=acts.context())
    found = one()
    assert found.before == {"phone": HIDDEN, "category": "adult", "born_on": HIDDEN}
    assert found.after == {
        "phone": "",
        "category": "senior",
        "born_on": HIDDEN,
        "guardian": HIDDEN,
    }
    assert found.why == "本人来馆更正"
    stored = json.dumps(sql.all("SELECT * FROM runtime_change"), default=str)
    assert "13800138000" not in stored
    assert "1990" not in stored


def test_a_reader_who_acts_alone_is_not_named_as_the_actor() -> None:
    change(before={"name": "a"}, after={"name": "b"}, ctx=acts.context(actor=Actor("patron", "r1")))
    assert (one().actor_kind, one().actor) == ("patron", "")


def test_a_refused_act_leaves_no_row(unchanged: Any) -> None:
    with unchanged(), pytest.raises(Refused):
        change_and_refuse(ctx=acts.context())


def _three() -> None:
    for n in range(3):
        change(before={"name": str(n)}, after={"name": str(n + 1)}, ctx=acts.context())


@pytest.mark.parametrize("table", ["runtime_change", "runtime_changeseal"])
def test_s11_rows_can_be_neither_changed_nor_deleted(table: str, unchanged: Any) -> None:
    _three()
    seal_pending()
    column = "seal" if table.endswith("seal") else "actor"
    statements = [f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"]
    statements += (
        [f"TRUNCATE {table}"]
        if connection.vendor == "postgresql"
        else [f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"]
    )
    with unchanged():
        for statement in statements:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                sql.run(statement)


def test_s11_the_chain_finds_what_was_tampered_with() -> None:
    _three()
    assert seal_pending() == 3
    assert seal_pending() == 0
    assert faults() == []
    rows = find(Asked())
    with triggers.lifted():
        sql.run("UPDATE runtime_change SET actor = 'x' WHERE id = ?", rows[1].id)
    assert faults() == ["number 2 does not follow"]
    with triggers.lifted():
        sql.run("UPDATE runtime_change SET actor = 'system' WHERE id = ?", rows[1].id)
        assert faults() == []
        sql.run("DELETE FROM runtime_change WHERE id = ?", rows[2].id)
    assert faults() == ["number 1 does not follow"]


def test_s11_a_row_beside_the_chain_is_found() -> None:
    _three()
    assert faults() == []
    sql.run("DELETE FROM runtime_changepending")
    assert len(faults()) == 3


def test_s11_rows_are_sealed_in_batches_in_order() -> None:
    _three()
    assert seal_pending(2) == 2
    assert seal_pending(2) == 1
    assert changes.head()[0] == 3
    assert faults(batch=2) == []


def test_what_is_asked_for_is_found() -> None:
    for day, who, name in (("2020-06-01", "a", "x"), ("2020-06-02", "b", "y")):
        ctx = Context(
            actor=Actor("staff", who),
            channel="office",
            service_point=acts.LIBRARY,
            occurred_at=moment(day),
        )
        change(before={"name": name}, after={"name": "z"}, ctx=ctx)
    second = moment("2020-06-02")

    def names(**asked: Any) -> list[str]:
        return [c.before["name"] for c in find(Asked(**asked))]

    assert names() == ["y", "x"]
    assert names(actor="a") == ["x"]
    assert names(kind="place", subject="p1") == ["y", "x"]
    assert names(kind="role") == []
    assert names(since=second) == ["y"]
    assert names(before=second) == ["x"]
    assert names(since=second + timedelta(seconds=1)) == []
    assert names(places=[PLACE]) == ["y", "x"]
    assert names(places=[acts.LIBRARY]) == []
    assert names(places=[]) == []
    assert (changes.actors(), changes.kinds()) == (("a", "b"), ("place",))
    assert [c.before["name"] for c in find(Asked(), offset=1, limit=1)] == ["x"]
