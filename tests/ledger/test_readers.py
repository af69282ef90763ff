"""Who it was lives in a table of its own; counts of distinct readers don't need it (I13, I20)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append
from shuxiang.ledger.models import YearKey
from shuxiang.runtime import recording, sql
from shuxiang.runtime.commands import command, record
from tests.runtime import acts
from tests.support.library import moment

pytestmark = pytest.mark.db
READERS = [new_id() for _ in range(3)]
PLACES = [new_id() for _ in range(2)]


@command("test.lend")
def lend(*, patron: str, loan: str, place: str, on: date, ctx: Context) -> str:
    return record(
        "test.lend",
        ctx=ctx,
        library=acts.LIBRARY,
        place=place,
        loan=loan,
        patron=patron,
        card=new_id(),
        on=on,
    )


@pytest.fixture(autouse=True)
def loans(db: None) -> list[str]:
    """Three readers at two places on two days, twice each: 12 borrowing visits by 3 readers."""
    made = []
    for reader in READERS:
        for place in PLACES:
            for day in range(2):
                for _ in range(2):
                    made.append(new_id())
                    on = date(2020, 6, 10) + timedelta(days=day)
                    lend(patron=reader, loan=made[-1], place=place, on=on, ctx=acts.context())
    return made


def distinct() -> tuple[object, ...]:
    found = sql.one(
        "SELECT COUNT(DISTINCT visit_key), COUNT(DISTINCT year_key), COUNT(*) FROM ledger_event "
        "WHERE visit_key <> ''"
    )
    assert found is not None
    return found


def test_a_visit_is_a_reader_a_place_and_a_day() -> None:
    assert distinct() == (12, 3, 24)


def test_i13_counts_stay_the_same_after_the_links_are_deleted(loans: list[str]) -> None:
    append.forget_readers(sql, loans[:10])
    assert sql.one("SELECT COUNT(*) FROM ledger_reader") == (14,)
    assert distinct() == (12, 3, 24)
    append.forget_readers(sql, loans)
    assert sql.one("SELECT COUNT(*) FROM ledger_reader") == (0,)
    assert distinct() == (12, 3, 24)


def test_i13_counts_stay_the_same_after_the_year_s_key_is_destroyed(loans: list[str]) -> None:
    append.forget_readers(sql, loans)
    recording.destroy_year_key(2020, moment("2021-02-01"))
    assert distinct() == (12, 3, 24)
    key = YearKey.objects.get(year=2020)
    assert (key.secret, key.destroyed_at) == ("", moment("2021-02-01"))


def test_after_the_key_is_gone_nobody_can_be_matched_and_late_rows_have_no_keys() -> None:
    recording.destroy_year_key(2020, moment("2021-02-01"))
    assert append.year_secret(sql, 2020) == ""
    late = lend(
        patron=READERS[0], loan=new_id(), place=PLACES[0], on=date(2020, 6, 10), ctx=acts.context()
    )
    assert sql.one("SELECT visit_key, year_key FROM ledger_event WHERE id = ?", late) == ("", "")
    assert distinct() == (12, 3, 24)


def test_each_year_has_its_own_secret_made_once() -> None:
    first, second = append.year_secret(sql, 2020), append.year_secret(sql, 2021)
    assert len(first) == len(second) == 64
    assert first != second
    assert append.year_secret(sql, 2020) == first
    assert append.year_key(first, READERS[0], 2020) != append.year_key(second, READERS[0], 2020)


def test_s5_no_event_names_its_reader() -> None:
    columns = ", ".join(append.COLUMNS)
    dump = str(sql.all(f"SELECT {columns} FROM ledger_event"))
    assert not [reader for reader in READERS if reader in dump]


def test_s5_a_reader_s_own_act_does_not_name_them_either() -> None:
    reader = Actor("patron", READERS[0])
    event = lend(
        patron=READERS[0],
        loan=new_id(),
        place=PLACES[0],
        on=date(2020, 6, 12),
        ctx=acts.context(actor=reader),
    )
    row = sql.one("SELECT actor_kind, actor, session FROM ledger_event WHERE id = ?", event)
    assert row == ("patron", "", "")
