"""Cached rows are never stale, whoever changed them and whatever was rolled back."""

from __future__ import annotations

import pytest

from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.runtime import running, sql
from shuxiang.runtime.commands import command
from shuxiang.runtime.revision import bump, cached
from tests.runtime.acts import context

pytestmark = pytest.mark.db
reads: list[str] = []


@cached("test")
def secrets() -> tuple[str, ...]:
    reads.append("read")
    return tuple(row[0] for row in sql.all("SELECT secret FROM ledger_yearkey ORDER BY secret"))


@command("test.change")
def change(*, year: int, secret: str, refused: bool = False, ctx: Context) -> tuple[str, ...]:
    secrets()
    sql.run("INSERT INTO ledger_yearkey (year, secret) VALUES (?, ?)", year, secret)
    bump("test")
    seen = secrets()
    if refused:
        raise refuse(stop("not-permitted"))
    return seen


def test_a_value_is_read_once_until_it_changes() -> None:
    reads.clear()
    assert secrets() == secrets() == ()
    assert len(reads) <= 1
    assert change(year=1, secret="a", ctx=context()) == ("a",)
    assert secrets() == ("a",)
    before = len(reads)
    assert secrets() == ("a",)
    assert len(reads) == before


def test_what_a_refused_command_saw_is_never_seen_again() -> None:
    with pytest.raises(Refused):
        change(year=1, secret="phantom", refused=True, ctx=context())
    assert secrets() == ()
    change(year=2, secret="real", ctx=context())
    assert secrets() == ("real",)


def test_another_process_s_change_is_seen_by_commands_at_once_and_by_pages_a_second_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(year=1, secret="a", ctx=context())
    assert secrets() == ("a",)
    # What the other process did: rows and revision in one transaction.
    sql.run("INSERT INTO ledger_yearkey (year, secret) VALUES (2, 'b')")
    sql.run("UPDATE runtime_revision SET value = value + 1 WHERE name = 'test'")
    assert change(year=3, secret="c", ctx=context()) == ("a", "b", "c")
    sql.run("INSERT INTO ledger_yearkey (year, secret) VALUES (4, 'd')")
    sql.run("UPDATE runtime_revision SET value = value + 1 WHERE name = 'test'")
    monkeypatch.setattr(running, "OUTSIDE_SECONDS", 0)
    assert secrets() == ("a", "b", "c", "d")
