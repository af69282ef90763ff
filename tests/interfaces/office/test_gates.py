"""R1, R3: the gates' page, side by side with what was entered by hand; the pad; corrections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.places import commands as places
from shuxiang.apps.visits import commands, queries
from shuxiang.kernel import clock
from tests.apps.visits.conftest import Gates, build, passed
from tests.interfaces.office.conftest import Office
from tests.support.library import Contexts, Library, moment

NOW = moment("2020-06-10", "10:00")


@pytest.fixture
def gates(scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch) -> Gates:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    found: Gates = scene("visits.gates", lambda: build(library))
    return found


@pytest.fixture
def desk(gates: Gates) -> Office:
    return Office(gates.library.staff["desk"])


def test_r3_inside_now_with_the_age_of_the_data(gates: Gates, desk: Office) -> None:
    assert "今天还没有人进出" in desk.get("/office/gates/")
    places.set_setting(
        place=gates.library.main, key="visits.limit", value=50, ctx=Contexts(gates.library)()
    )
    gates.send(passed(1, count=12), passed(2, "out", "09:45"))
    shown = desk.get("/office/gates/")
    assert "11 / 50 总馆 当前在馆 截至 09:45 · 今日进馆 12 人次" in shown
    assert "半小时内没有人进出" not in shown
    assert "北门 north 总馆 2020-06-10 10:00 2020-06-10 09:45 12 正常" in shown
    assert "南门 south 总馆 0 还没有上线过" in shown
    assert "时 9 进 12 出 1" in shown


def test_r1_by_gate_beside_by_hand(gates: Gates, desk: Office) -> None:
    form = {"place": "main", "span": "day", "day": "2020-06-10", "number": "40", "source": "manual"}
    assert desk.post("/office/visits/", **form).status_code == 302
    gates.send(passed(1, count=12))
    answer = desk.http.get("/office/gates/").content.decode()
    assert "<s>12</s>" in answer
    assert "<b>40</b>" in answer
    gates.send(passed(2, day="2020-06-09"), at=NOW)
    refused = desk.post("/office/visits/", **form | {"day": "2020-06-09"})
    assert refused.status_code == 422
    assert "这几天门禁已计 1 人次" in refused.content.decode()


def test_r1_a_correction_by_form(gates: Gates, desk: Office) -> None:
    gates.send(passed(1, count=30))
    path = f"/office/gates/main/{gates.north}/2020-06-10/"
    assert "门禁原计 30 现计 30" in desk.get(path)
    assert desk.post(path, number="30", why="x").status_code == 422
    answer = desk.post(path, number="22", why="搬书车出入")
    assert answer["Location"] == "/office/gates/?place=main&month=2020-06"
    shown = desk.get(answer["Location"])
    assert "北门 22 原计 30" in shown
    assert "2020-06-10 总馆 北门: 30 → 22 · 搬书车出入" in shown
    for wrong in (
        "/office/gates/nowhere/hand/2020-06-10/",
        f"/office/gates/main/{gates.east}/2020-06-10/",
        "/office/gates/main/hand/yesterday/",
    ):
        desk.get(wrong, status=404)


def test_g3_a_conflict_is_looked_at_and_settled(gates: Gates, desk: Office) -> None:
    gates.send(passed(1))
    gates.send(passed(1, "out"))
    shown = desk.get("/office/gates/")
    assert (
        "北门 总馆 同一流水号内容不同 1 2020-06-10 09:30:00 出 × 1 2020-06-10 09:30:00 进 × 1"
        in shown
    )
    (conflict,) = queries.conflicts((gates.library.main,))
    desk.post(f"/office/gates/conflict/{conflict.id}/", why=" ")
    assert len(queries.conflicts((gates.library.main,))) == 1
    desk.post(f"/office/gates/conflict/{conflict.id}/", why="换过主板")
    assert queries.conflicts((gates.library.main,)) == ()


def test_g3_silence_and_drift_are_shown(gates: Gates, desk: Office) -> None:
    at = moment("2020-06-09", "10:00")
    gates.send(passed(1, day="2020-06-09", count=3), at=at)
    commands.close_days(ctx=Contexts(gates.library)(at=NOW))
    commands.note_silences(ctx=Contexts(gates.library)(at=NOW))
    gates.send(gate=gates.south)
    shown = desk.get("/office/gates/")
    assert "06-09 开放日无计数" in shown
    assert "2020-06-09 总馆: 进 3，出 0；余 3 人在馆，多出 0 人" in shown


def test_r1_the_pad_without_script(gates: Gates, desk: Office) -> None:
    key = "tap-0001"
    for _ in range(2):
        answer = desk.post("/office/gates/pad/", place="main", direction="in", key=key)
        assert answer.status_code == 302
    shown = desk.get("/office/gates/pad/?place=main")
    assert "1 总馆 当前在馆" in shown
    assert "已计：进 1 人。" in shown
    desk.post("/office/gates/pad/", place="main", direction="in", count="30")
    desk.post("/office/gates/pad/", place="main", direction="out")
    assert "30 总馆 当前在馆" in desk.get("/office/gates/pad/?place=main")
    desk.post("/office/gates/pad/", place="main", direction="in", count="no number")
    assert "人数不对" in desk.get("/office/gates/pad/?place=main")


def test_r3_readers_see_how_many_are_inside(gates: Gates, desk: Office) -> None:
    places.set_setting(
        place=gates.library.main, key="visits.limit", value=50, ctx=Contexts(gates.library)()
    )
    assert "在馆" not in desk.get("/places/")
    gates.send(passed(1, count=12))
    assert "在馆 12 人，上限 50 人 截至 09:30" in desk.get("/places/")
    places.set_setting(
        place=gates.library.main, key="visits.public", value=False, ctx=Contexts(gates.library)()
    )
    assert "在馆" not in desk.get("/places/")
