from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from shuxiang.documents.report import BRANCHES_TOO
from shuxiang.project.subscriptions import PERIODIC, SUBSCRIPTIONS
from shuxiang.runtime import sql, worker
from shuxiang.statistics import daily
from shuxiang.statistics.figures import figures
from tests.statistics.rows import Rows
from tests.support.library import Library

CELLS = "SELECT measure, business_date, count FROM statistics_dailycount ORDER BY 1, 2"


def test_the_worker_keeps_the_counts_up(library: Library, rows: Rows) -> None:
    rows.add("loan.renewed", "2020-06-10", library.main)
    worker.catch_up(SUBSCRIPTIONS)
    assert sql.all(CELLS) == [("loan.renewed", date(2020, 6, 10), 1)]
    settle = next(job for job in PERIODIC if job.name == "settle-counts")
    settle.task()
    assert figures(2020, place=library.main, scope=BRANCHES_TOO)["renew_vol"].value == 1


def test_a_backlog_recomputes_each_day_once(
    library: Library, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full batches only mark their days: a long import of one day must not fold it again and again."""
    monkeypatch.setattr(worker, "DELIVER_AT_ONCE", 3)
    for _ in range(7):
        rows.add("loan.renewed", "2020-06-10", library.main)
    worker.number_all()
    recomputed: list[int] = []
    monkeypatch.setattr(daily, "settle_days", lambda: recomputed.append(1))
    while worker.deliver(daily.CONSUMER, daily.handle):
        pass
    assert recomputed == [1]
    assert sql.all("SELECT day, seq FROM statistics_staleday") == [(date(2020, 6, 10), 7)]


def test_a_day_touched_while_it_is_recomputed_stays_stale(
    library: Library, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older reading of the ledger never overwrites, and its mark is not lost."""
    rows.add("loan.renewed", "2020-06-10", library.main)
    daily.refresh()
    rows.add("loan.renewed", "2020-06-10", library.main)
    worker.number_all()
    write = daily._write

    def interrupted(*args: object) -> None:
        monkeypatch.setattr(daily, "_write", write)
        rows.add("loan.renewed", "2020-06-10", library.main)
        daily.refresh()
        write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(daily, "_write", interrupted)
    daily.refresh()
    assert sql.all(CELLS) == [("loan.renewed", date(2020, 6, 10), 3)]
    assert sql.all("SELECT 1 FROM statistics_staleday") == []


def test_rebuilding_mends_what_was_damaged(library: Library, rows: Rows) -> None:
    for day in ("2020-06-10", "2020-06-11"):
        rows.add("loan.renewed", day, library.main)
    daily.refresh()
    sound = sql.all(CELLS)
    months = sql.all("SELECT measure, month, count FROM statistics_monthcount")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE statistics_dailycount SET count = 9")
        cursor.execute(
            "UPDATE statistics_dailycount SET business_date = '2020-06-12' "
            "WHERE business_date = '2020-06-11'"
        )
    assert daily.rebuild(date(2020, 6, 1), date(2020, 6, 30)) == 3
    assert sql.all(CELLS) == sound
    assert sql.all("SELECT measure, month, count FROM statistics_monthcount") == months


def test_events_nobody_counts_make_no_day_stale(library: Library, rows: Rows) -> None:
    rows.add("title.changed", "2020-06-10", library.main)
    daily.refresh()
    assert sql.all(CELLS) == []
    assert sql.one("SELECT seq FROM ledger_consumer WHERE name = ?", daily.CONSUMER) == (1,)
