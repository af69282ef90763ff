"""Numbers and seals: the order of commits, and a chain that shows any change (I15, I16)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from shuxiang.kernel.ids import new_id
from shuxiang.ledger import sequence, triggers
from shuxiang.runtime import sql
from shuxiang.runtime.worker import number_all, number_pending
from tests.runtime import acts

pytestmark = pytest.mark.db


def record(count: int) -> list[str]:
    return [acts.act(number=n, ctx=acts.context()).event for n in range(count)]


def rows() -> list[tuple[int, str, str]]:
    return [
        (r[0], r[1], r[2])
        for r in sql.all("SELECT seq, event, seal FROM ledger_sequence ORDER BY seq")
    ]


def test_an_empty_chain_holds() -> None:
    assert sequence.head(sql) == (0, sequence.GENESIS)
    assert sequence.verify(sql) is None
    assert number_all() == 0


def test_i15_each_committed_event_is_numbered_once_without_a_gap() -> None:
    events = record(7)
    assert sql.one("SELECT COUNT(*) FROM ledger_pending") == (7,)
    assert number_pending(3) == 3
    assert number_pending(3) == 3
    later = record(2)
    assert number_all() == 9
    assert [(seq, event) for seq, event, _ in rows()] == list(enumerate([*events, *later], 1))
    assert sql.one("SELECT COUNT(*) FROM ledger_pending") == (0,)
    assert number_pending() == 0


def test_an_event_committed_late_is_numbered_after_those_before_it() -> None:
    """Ids are made before the commit: an older id may become visible after a newer one."""
    old, new = record(2)
    sql.run("DELETE FROM ledger_pending WHERE event = ?", old)
    number_all()
    sql.run("INSERT INTO ledger_pending (event) VALUES (?)", old)
    assert number_all() == 2
    assert [event for _, event, _ in rows()] == [new, old]
    assert sequence.verify(sql) is None


def test_consumers_read_on_from_a_number() -> None:
    events = record(5)
    number_all()
    assert [(seq, e.id) for seq, e in sequence.after(sql, 2, 2)] == [(3, events[2]), (4, events[3])]
    assert list(sequence.after(sql, 5, 10)) == []


def test_i16_each_seal_follows_from_the_one_before_and_the_event() -> None:
    record(3)
    number_all()
    columns = ", ".join(sequence.COLUMNS)
    seal = sequence.GENESIS
    for _, event, sealed in rows():
        found = sql.one(f"SELECT {columns} FROM ledger_event WHERE id = ?", event)
        assert found is not None
        seal = sequence.seal_of(seal, found)
        assert sealed == seal
    assert sequence.head(sql) == (3, seal)


@pytest.mark.parametrize("batch", [1, 2, 5000])
def test_i16_an_untouched_chain_verifies(batch: int) -> None:
    record(5)
    number_all()
    assert sequence.verify(sql, batch) is None


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        ("UPDATE ledger_event SET quantity = 99 WHERE id = '{event}'", 3),
        ("UPDATE ledger_event SET clc = 'X' WHERE id = '{event}'", 3),
        ("UPDATE ledger_event SET business_date = '2019-01-01' WHERE id = '{event}'", 3),
        ("DELETE FROM ledger_event WHERE id = '{event}'", 3),
        ("DELETE FROM ledger_sequence WHERE seq = 3", 3),
        ("UPDATE ledger_sequence SET seal = '{other}' WHERE seq = 3", 3),
        ("DELETE FROM ledger_sequence WHERE seq = 1", 1),
    ],
)
@pytest.mark.parametrize("batch", [2, 5000])
def test_i16_any_edit_or_removal_is_found(tampering: str, found_at: int, batch: int) -> None:
    events = record(5)
    number_all()
    with triggers.lifted():
        sql.run(tampering.format(event=events[2], other="0" * 64))
    assert sequence.verify(sql, batch) == found_at


def test_i16_a_row_slipped_in_between_is_found() -> None:
    record(4)
    number_all()
    extra = record(1)[0]
    with triggers.lifted():
        sql.run("UPDATE ledger_sequence SET event = ? WHERE seq = 2", extra)
    assert sequence.verify(sql) == 2


def test_two_chains_can_not_be_written() -> None:
    record(1)
    number_all()
    with pytest.raises(IntegrityError):
        sql.run(
            "INSERT INTO ledger_sequence (seq, event, seal) VALUES (1, ?, ?)", new_id(), "0" * 64
        )
