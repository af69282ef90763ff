"""R1: what gates count becomes 进馆人次 once: by device or by hand, corrected with a signature."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.visits import queries as passes
from shuxiang.kernel.decision import Refused
from shuxiang.project import gates as worker
from shuxiang.runtime import sql
from shuxiang.statistics import commands, daily, invariants
from tests.apps.visits.conftest import Gates, build, passed
from tests.support.library import Contexts, Library, moment

DAY = date(2020, 6, 10)
Unchanged = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def gates(scene: Callable[..., Any], library: Library) -> Gates:
    found: Gates = scene("visits.gates", lambda: build(library))
    return found


def posted(place: str) -> list[tuple[str, int]]:
    """(source, people) of the day as the daily counts have it."""
    daily.refresh()
    return [
        (row[0], int(row[1]))
        for row in sql.all(
            "SELECT source, SUM(count) FROM statistics_dailycount WHERE measure = 'visits.entered' "
            "AND place = ? AND business_date = ? GROUP BY source ORDER BY source",
            place,
            DAY,
        )
    ]


def post(gates: Gates) -> int:
    return commands.post_counts(ctx=Contexts(gates.library)())


def test_r1_posted_once_and_what_comes_late_added(gates: Gates) -> None:
    gates.send(passed(1, count=3), passed(2, "out", "09:40"))
    commands_done = [post(gates), post(gates)]
    assert commands_done == [1, 0]
    assert posted(gates.library.main) == [("device", 3)]
    gates.send(passed(3, at="09:45"))
    post(gates)
    assert posted(gates.library.main) == [("device", 4)]


def test_the_worker_writes_nothing_where_nothing_is_due(
    gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shuxiang.kernel.clock.now", lambda: moment("2020-06-10", "10:05"))
    gates.send(passed(1))
    worker.post()
    rows = sql.one("SELECT COUNT(*) FROM runtime_request")
    worker.post()
    worker.nightly()
    before = sql.one("SELECT COUNT(*) FROM visits_silence")
    worker.nightly()
    assert sql.one("SELECT COUNT(*) FROM visits_silence") == before
    again = sql.one("SELECT COUNT(*) FROM runtime_request")
    # One: the silence of the gates' first days, noted the first time.
    assert rows is not None
    assert again == (rows[0] + 1,)


def enter(gates: Gates, *, counter: str = "", number: int = 50, whole_month: bool = False) -> str:
    return commands.enter_visits(
        place=gates.library.main,
        day=DAY,
        number=number,
        source="manual",
        counter=counter,
        whole_month=whole_month,
        ctx=Contexts(gates.library)("desk"),
    ).entry


def test_r1_a_number_by_hand_is_refused_where_a_gate_counted(
    gates: Gates, unchanged: Unchanged
) -> None:
    gates.send(passed(1, count=3))
    for whole_month in (False, True):
        with unchanged(), pytest.raises(Refused) as refused:
            enter(gates, whole_month=whole_month)
        (reason,) = refused.value.decision.reasons
        assert (reason.code, reason.data) == ("visits-counted-already", {"number": 3})
    with unchanged(), pytest.raises(Refused, match="visits-counted-already"):
        enter(gates, counter="北门")
    # A door without a gate adds to it.
    enter(gates, counter="侧门", number=7)
    post(gates)
    assert posted(gates.library.main) == [("device", 3), ("manual", 7)]


def test_r1_a_number_that_stood_first_is_the_one_that_counts(gates: Gates) -> None:
    entry = enter(gates, whole_month=True)
    gates.send(passed(1, count=3))
    assert post(gates) == 0
    daily.refresh()
    total = sql.one("SELECT SUM(count) FROM statistics_dailycount WHERE measure = 'visits.entered'")
    assert total == (50,)
    # Taken back, what the gate counted comes in.
    commands.correct_visits(
        entry=entry, number=0, why="门禁已有", ctx=Contexts(gates.library)("desk")
    )
    assert post(gates) == 1
    assert posted(gates.library.main) == [("device", 3)]


def correct(gates: Gates, number: int, door: str = "", **more: Any) -> None:
    commands.correct_door(
        place=gates.library.main,
        door=door or gates.north,
        day=DAY,
        number=number,
        ctx=Contexts(gates.library)("desk"),
        **({"why": "搬书车出入"} | more),
    )


def test_r1_a_correction_is_signed_and_the_original_kept(gates: Gates) -> None:
    gates.send(passed(1, count=30))
    correct(gates, 22)
    row = passes.day_count(gates.library.main, gates.north, DAY)
    assert row is not None
    assert (row.counted, row.number, row.posted) == (30, 22, 22)
    assert posted(gates.library.main) == [("device", 22)]
    (signed,) = passes.corrections((gates.library.main,), DAY, DAY)
    assert (signed.before, signed.number, signed.why) == (30, 22, "搬书车出入")
    assert signed.account == gates.library.staff["desk"]
    rows = sql.all(
        "SELECT quantity, actor_kind FROM ledger_event WHERE type = 'visits.entered' ORDER BY id"
    )
    assert rows == [(30, "staff"), (-8, "staff")]
    # A pass that comes late still adds.
    gates.send(passed(2, at="09:50"))
    post(gates)
    assert posted(gates.library.main) == [("device", 23)]


def test_r1_a_silent_day_gets_an_estimate_marked_as_one(gates: Gates) -> None:
    correct(gates, 120, gates.south, estimate=True, why="南门断电，按北门比例估计")
    assert posted(gates.library.main) == [("estimate", 120)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": 30}, "number-unchanged"),
        ({"number": -1}, "number-out-of-range"),
        ({"number": 5, "why": " "}, "why-missing"),
        ({"number": 5, "why": "长" * 201}, "text-too-long"),
        ({"number": 5, "door": "0" * 32}, "door-day-unknown"),
    ],
)
def test_a_correction_that_is_refused_changes_nothing(
    gates: Gates, unchanged: Unchanged, change: dict[str, Any], code: str
) -> None:
    gates.send(passed(1, count=30))
    post(gates)
    with unchanged(), pytest.raises(Refused, match=code):
        correct(gates, **change)


def test_invariant_7_is_proved_and_a_breach_found(gates: Gates) -> None:
    gates.send(passed(1, count=3), passed(2, "out", "09:40"))
    post(gates)
    assert invariants.inside_adds_up().ok
    sql.run("UPDATE visits_presence SET inside = 7")
    sql.run("UPDATE visits_hourcount SET ins = 9")
    sql.run("UPDATE visits_daycount SET posted = 4")
    found = invariants.inside_adds_up()
    assert not found.ok
    assert "7 inside, its passes say 2" in found.detail
    assert "hours add up to 9 in, its day says 3" in found.detail
    assert "the ledger has 3 people, 4 were posted" in found.detail
