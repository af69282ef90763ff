"""What the desk sees of operating phases (rows S2, S5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.phases.queries import Terms
from shuxiang.kernel import clock
from tests.apps.phases.acts import applied
from tests.interfaces.desk.conftest import Clock, Desk
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked


@pytest.fixture
def limited(stocked: Stocked, ctx: Contexts) -> Stocked:
    terms = Terms(
        kind="limited", name="有序开放", first_day=date(2020, 6, 10), last_day=date(2020, 6, 30),
        desk_notice="还书放静置架", quarantine_hours=24,
    )  # fmt: skip
    applied(stocked.library.main, terms, ctx("director", at=moment("2020-06-09")))
    return stocked


def test_s2_the_desk_has_the_phase_on_top_and_is_told_of_quarantine(
    limited: Stocked, time: Clock, desk: Desk
) -> None:
    page = desk.http.get("/desk/").content.decode()
    assert "有序开放" in page
    assert "还书放静置架" in page
    desk.scan(limited.cards["adult"])
    desk.scan("B001")
    told: Any = desk.scan("B001", mode="checkin")
    assert "请放静置架，6月11日 15:30" in str(told)
    time.pass_(hours=1)
    desk.scan(limited.cards["adult"])
    refused: Any = desk.scan("B001")
    assert "静置消毒中，6月11日 15:30 起可借" in str(refused)
    time.pass_(hours=24)
    assert clock.now() == moment("2020-06-11", "16:30")
    desk.scan(limited.cards["adult"])
    assert "静置消毒中" not in str(desk.scan("B001"))
