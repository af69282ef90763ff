"""The SQL adapter gives and takes the same Python values on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction

from shuxiang.runtime import sql
from shuxiang.runtime.commands import Dimensions, command, record
from tests.runtime import acts
from tests.runtime.acts import context

pytestmark = pytest.mark.db


@command("test.everything")
def _record_everything(*, ctx):
    return record(
        "test.everything",
        ctx=ctx,
        library=acts.LIBRARY,
        item=acts.LIBRARY,
        item_seq=1,
        amount=-250,
        quantity=3,
        data={"题名": "100%?", "n": 1},
        dimensions=Dimensions(clc="I", owner_place=acts.LIBRARY),
        on=date(2019, 12, 31),
    )


def test_values_come_back_as_python_gave_them() -> None:
    event = _record_everything(ctx=context("k"))
    row = sql.one(
        "SELECT id, business_date, occurred_at, item_seq, amount, quantity, clc, owner_place, "
        "lending_place, visit_key, data FROM ledger_event WHERE id = ?",
        event,
    )
    assert row == (
        event,
        date(2019, 12, 31),
        datetime(2020, 6, 10, 2, 0, tzinfo=UTC),
        1,
        -250,
        3,
        "I",
        acts.LIBRARY,
        None,
        "",
        '{"n": 1, "题名": "100%?"}',
    )


def test_moments_of_any_zone_are_the_same_moment() -> None:
    local = datetime(2020, 6, 10, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    _record_everything(ctx=context("k"))
    found = sql.all("SELECT type FROM ledger_event WHERE occurred_at = ?", local)
    assert found == [("test.everything",)]


def test_a_percent_sign_is_a_percent_sign() -> None:
    _record_everything(ctx=context("k"))
    assert sql.all(
        "SELECT quantity FROM ledger_event WHERE data LIKE '%100%' AND clc = ?", "I"
    ) == [(3,)]
    assert sql.one("SELECT 1 FROM ledger_event WHERE clc = ?", "Z") is None


def test_run_counts_and_many_writes() -> None:
    sql.many(
        "INSERT INTO ledger_yearkey (year, secret) VALUES (?, ?)",
        ((year, "") for year in range(2001, 2006)),
    )
    assert sql.run("DELETE FROM ledger_yearkey WHERE year > ?", 2003) == 2
    marks = sql.marks(2)
    assert marks == "?, ?"
    assert sql.all(f"SELECT year FROM ledger_yearkey WHERE year IN ({marks})", 2001, 2005) == [
        (2001,)
    ]


def test_i3_an_item_has_one_line_of_events_never_a_fork() -> None:
    _record_everything(ctx=context("1"))
    with pytest.raises(IntegrityError):
        _record_everything(ctx=context("2"))


def test_database_errors_are_django_s() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        sql.many("INSERT INTO ledger_yearkey (year, secret) VALUES (?, '')", [(1,), (1,)])
