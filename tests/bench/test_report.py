"""The report's benchmark: what it fills the ledger with, and that it measures every step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shuxiang.bench import report
from shuxiang.documents.report import AnnualReport
from shuxiang.runtime import sql
from tests.support.library import Library

EVENTS = 3_000


def test_ten_years_are_filled_counted_and_drawn(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[AnnualReport] = []

    def draw(made: Callable[[], AnnualReport]) -> None:
        drawn.append(made())

    monkeypatch.setattr(report, "_draw", draw)
    monkeypatch.setattr(report, "RUNS", 1)
    rows = report.run(library.main, EVENTS)
    assert [unit for _, _, unit in rows] == ["s", "s", "ms", "s", "s", "ms", "ms", "ms"]
    assert all(name.startswith("report: ") and value >= 0 for name, value, _ in rows)
    years = sql.all(
        "SELECT SUBSTR(CAST(business_date AS TEXT), 1, 4), COUNT(*) FROM ledger_event "
        "WHERE type <> 'place.added' GROUP BY 1 ORDER BY 1"
    )
    counts = [count for year, count in years if count >= EVENTS // 20]
    assert len(counts) == report.YEARS
    assert max(counts) - min(counts) <= 20
    lent = sql.one("SELECT SUM(quantity) FROM ledger_event WHERE type = 'loan.opened'")
    counted = sql.one("SELECT SUM(count) FROM statistics_dailycount WHERE measure = 'loan.opened'")
    assert lent is not None
    assert lent == counted
    assert int(lent[0]) > EVENTS / 4
    assert len(drawn) == 2
    assert len(drawn[0].charts) == 5
    loans = drawn[0].figure("loan_vol").value
    assert loans is not None
    assert 0 < loans < int(lent[0])
