"""Running a command: answers by key, refusals, joining, groups, races (I2, I6, F1)."""

from __future__ import annotations

import threading
import time
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connection

from shuxiang.kernel.context import SYSTEM, Actor
from shuxiang.kernel.decision import Decision, Refused, ask, stop
from shuxiang.runtime import commands, sql, writer
from shuxiang.runtime.errors import KeyReused
from tests.runtime import acts
from tests.runtime.acts import context, count
from tests.support.races import at_once

pytestmark = pytest.mark.db
REFUSAL = Decision((stop("loan-limit", limit=5), ask("card-expired", on="2020-01-01")))
NO_TABLE = (OperationalError, ProgrammingError)


def requests() -> int:
    found = sql.one("SELECT COUNT(*) FROM runtime_request")
    assert found is not None
    return int(found[0])


def test_i6_the_same_key_gets_the_same_answer_and_acts_once() -> None:
    first = acts.act(number=3, ctx=context("k"))
    again = acts.act(number=3, ctx=context("k"))
    assert again == first
    assert type(again) is acts.Answer
    assert again.parts == ("甲", "b")
    assert count("test.act") == 1
    assert requests() == 1


def test_i6_a_refusal_is_an_answer_too(unchanged: Any) -> None:
    with unchanged():
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                acts.act_and_refuse(ctx=context("k"))
            assert refused.value.decision == REFUSAL
    assert requests() == 1


def test_i6_the_same_key_with_another_body_is_an_error() -> None:
    acts.act(number=3, ctx=context("k"))
    with pytest.raises(KeyReused, match="request key k was already used"):
        acts.act(number=4, ctx=context("k"))
    with pytest.raises(KeyReused):
        acts.act(number=3, ctx=context("k", place="0" * 32))
    with pytest.raises(KeyReused):
        acts.act_and_refuse(ctx=context("k"))
    assert count("test.act") == 1


def test_keys_belong_to_their_actor() -> None:
    acts.act(number=1, ctx=context("k"))
    acts.act(number=1, ctx=context("k", actor=Actor("staff", "other")))
    assert count("test.act") == 2


def test_a_crash_leaves_nothing_and_may_be_asked_again(unchanged: Any) -> None:
    with unchanged(), pytest.raises(ZeroDivisionError):
        acts.act_and_crash(ctx=context("k"))
    assert requests() == 0


def test_an_answer_that_can_not_be_stored_takes_its_effect_back(unchanged: Any) -> None:
    with unchanged(), pytest.raises(TypeError):
        acts.act_and_answer_nonsense(ctx=context("k"))
    assert requests() == 0


def test_a_refusal_inside_a_command_leaves_nothing_when_the_outer_one_goes_on() -> None:
    assert acts.act_around_a_refusal(ctx=context("k")) == "loan-limit"
    assert count("test.outer") == 1
    assert count("test.refused") == 0


def test_each_row_of_a_request_has_its_number() -> None:
    with commands.bulk(10):
        acts.act(number=1, ctx=context("k"))
    rows = sql.all("SELECT request, number, actor_kind, channel FROM ledger_event")
    assert [row[1:] for row in rows] == [(1, "system", "cli")]
    assert rows[0][0] == commands._digest("system", "system", "k")


def test_positional_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match=r"test\.act takes keyword arguments only"):
        acts.act(1)  # type: ignore[call-arg]


def test_nothing_is_recorded_outside_a_command() -> None:
    with pytest.raises(RuntimeError, match="nothing is recorded outside one"):
        commands.record("test.act", ctx=context(), library=acts.LIBRARY)


def test_two_commands_can_not_share_a_name() -> None:
    with pytest.raises(RuntimeError, match=r"two commands are called test\.act"):
        commands.command("test.act")(lambda *, ctx: None)


def test_permissions_are_checked_where_the_act_happens(library: Any, ctx: Any) -> None:
    desk, director = ctx("desk"), ctx("director", place=library.east)
    with pytest.raises(Refused) as refused:
        acts.act_with_permission(ctx=desk)
    assert refused.value.decision == Decision((stop("not-permitted", action="places.edit"),))
    assert count("test.permitted") == 0
    acts.act_with_permission(ctx=director)
    assert count("test.permitted") == 1


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (acts.act_and_refuse, Refused),
        (acts.act_and_crash, ZeroDivisionError),
        (acts.act_and_fail_in_the_database, NO_TABLE),
        (acts.act_and_fail_at_commit, IntegrityError),
        (acts.act_and_answer_nonsense, TypeError),
    ],
)
def test_one_failing_command_does_not_hurt_the_neighbours_of_its_group(
    bad: Any, error: Any
) -> None:
    acts.gate.clear()
    acts.at_the_gate.clear()

    def wait() -> None:
        acts.act_after_the_gate(ctx=context("gate"))
        connection.close()

    ahead = threading.Thread(target=wait)
    ahead.start()
    assert acts.at_the_gate.wait(20)
    outcomes: list[Any] = [None] * 9

    def one(number: int) -> None:
        try:
            outcomes[number] = (
                bad(ctx=context("bad"))
                if number == 4
                else acts.act(number=number, ctx=context(f"n{number}"))
            )
        except Exception as failure:
            outcomes[number] = failure
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(9)]
    for thread in threads:
        thread.start()
    while sql.is_sqlite() and writer.writer()._queue.qsize() < 9:
        time.sleep(0.01)
    acts.gate.set()
    for thread in (*threads, ahead):
        thread.join(30)
        assert not thread.is_alive()
    assert isinstance(outcomes[4], error)
    assert [o.number for n, o in enumerate(outcomes) if n != 4] == [0, 1, 2, 3, 5, 6, 7, 8]
    assert count("test.act") == 8
    assert count("test.wait") == 1
    for type_ in ("refused", "crash", "operational", "late", "unstorable"):
        assert count(f"test.{type_}") == 0


def test_sixteen_threads_lose_and_double_nothing() -> None:
    """Each thread does 25 acts; every fifth key is shared by all of them."""

    def run(thread: int) -> list[str]:
        return [
            acts.act(number=n, ctx=context(f"shared{n}" if n % 5 == 0 else f"{thread}.{n}")).event
            for n in range(25)
        ]

    rows = at_once(16, run)
    assert not [row for row in rows if isinstance(row, Exception)]
    assert count("test.act") == 16 * 20 + 5
    assert {row[0] for row in rows} == {rows[0][0]}
    events = {row[0] for row in sql.all("SELECT id FROM ledger_event")}
    assert {event for row in rows for event in row} == events


class TestBulk:
    def test_groups_are_committed_as_they_fill(self) -> None:
        def seven_and_a_crash() -> None:
            with commands.bulk(3):
                for n in range(7):
                    acts.act(number=n, ctx=context(f"b{n}"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            seven_and_a_crash()
        assert count("test.act") == 6

    def test_a_refusal_inside_leaves_the_group_alone(self) -> None:
        with commands.bulk(10):
            acts.act(number=1, ctx=context("1"))
            with pytest.raises(Refused):
                acts.act_and_refuse(ctx=context("2"))
            with pytest.raises(ZeroDivisionError):
                acts.act_and_crash(ctx=context("3"))
            acts.act(number=2, ctx=context("4"))
        assert count("test.act") == 2
        assert count("test.refused") == count("test.crash") == 0
        assert requests() == 3

    def test_a_replay_of_the_bulk_changes_nothing(self, unchanged: Any) -> None:
        def replay() -> list[acts.Answer]:
            with commands.bulk(4):
                return [acts.act(number=n, ctx=context(f"b{n}")) for n in range(10)]

        first = replay()
        with unchanged():
            assert replay() == first

    def test_desks_go_on_after_a_bulk(self) -> None:
        with commands.bulk(10):
            acts.act(number=1, ctx=context("1"))
        acts.act(number=2, ctx=context("2"))
        assert count("test.act") == 2


@pytest.mark.parametrize(
    ("born", "on", "band"),
    [
        (None, "2020-06-10", ""),
        ("2020-06-01", "2020-06-10", "0-6"),
        ("2013-06-11", "2020-06-10", "0-6"),
        ("2013-06-10", "2020-06-10", "7-12"),
        ("2007-06-11", "2020-06-10", "7-12"),
        ("2007-06-10", "2020-06-10", "13-17"),
        ("2002-06-11", "2020-06-10", "13-17"),
        ("2002-06-10", "2020-06-10", "18-59"),
        ("1960-06-11", "2020-06-10", "18-59"),
        ("1960-06-10", "2020-06-10", "60+"),
        ("2012-02-29", "2019-02-28", "0-6"),
        ("2012-02-29", "2019-03-01", "7-12"),
    ],
)
def test_age_bands_change_on_the_birthday(born: str | None, on: str, band: str) -> None:
    birthday = date.fromisoformat(born) if born else None
    assert commands.age_band(birthday, date.fromisoformat(on)) == band


def test_the_system_may_do_everything_and_nobody_else_without_an_authorizer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commands, "_authorizer", [])
    assert commands.permitted(context(actor=SYSTEM), "places.edit", acts.LIBRARY)
    assert not commands.permitted(context(actor=Actor("staff", "x")), "places.edit", acts.LIBRARY)
