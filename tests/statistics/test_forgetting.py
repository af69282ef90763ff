"""C7, I13: after N days nobody is named any more, and no published number has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.backup import archive, making
from shuxiang.statistics import commands as statistics
from shuxiang.statistics import daily, invariants, queries, report
from shuxiang.statistics.figures import SCOPES
from tests.support import yearly
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
LIMIT, MOST = 365, 400


@pytest.fixture
def played(scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: yearly.LATER)
    made: Stocked = scene("office.year", lambda: yearly.play(library))
    return made


def figures(place: str) -> dict[str, object]:
    found = report.draft(2020, place=place, scope=SCOPES["subtree"])
    return {f.code: f.value for f in (*found.figures, *found.other)}


def named(patron: str) -> int:
    found = sql.one(
        "SELECT (SELECT COUNT(*) FROM ledger_reader r JOIN ledger_event e ON e.id = r.event "
        "WHERE r.patron = ? AND e.type LIKE 'loan.%') + "
        "(SELECT COUNT(*) FROM circulation_loan WHERE patron_id = ?)",
        patron,
        patron,
    )
    assert found is not None
    return int(found[0])


def broken() -> list[str]:
    return [c.id for c in invariants.check() if not c.ok and c.id != "9"]


def test_c7_forgetting_changes_no_published_number(played: Stocked, ctx: Contexts) -> None:
    """One loan of the year is returned, one still open: the open one keeps its reader."""
    main, adult = played.library.main, played.patrons["adult"]
    statistics.publish_report(
        year=2020, place=main, scope="subtree", ctx=ctx("director", at=yearly.LATER, key=new_id())
    )
    published = [(e.seal, e.figures, e.intact) for e in queries.editions()]
    before = figures(main)
    assert before["loan_vol"] == 2
    assert before["active_reader"] == 1
    assert named(adult) > 2
    back = moment("2020-06-20")
    early = circulation.forget_history(ctx=ctx(at=back + timedelta(days=LIMIT - 1)))
    assert early == 0
    assert circulation.forget_history(ctx=ctx(at=back + timedelta(days=LIMIT + 1))) == 1
    # What is left is the open loan: its row and its event.
    assert named(adult) == 2
    daily.refresh()
    assert figures(main) == before
    assert [(e.seal, e.figures, e.intact) for e in queries.editions()] == published
    assert broken() == []


def test_c7_no_copy_remembers_longer_than_both_limits_together(
    played: Stocked, ctx: Contexts, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last backup that still names the reader is gone ``BACKUP_MOST_DAYS`` after the forgetting."""
    settings.HOME, settings.BACKUP_DIR = tmp_path, tmp_path / "backups"
    settings.BACKUP_MOST_DAYS = MOST
    adult = played.patrons["adult"]
    forgotten = moment("2020-06-20") + timedelta(days=LIMIT + 1)

    def backed_up(at: Any) -> making.Made:
        monkeypatch.setattr(clock, "now", lambda: at)
        return making.make(making.Wanted(folder=tmp_path / "backups"))

    remembers = backed_up(forgotten - timedelta(days=1))
    assert circulation.forget_history(ctx=ctx(at=forgotten)) == 1
    after = backed_up(forgotten + timedelta(days=1))
    # A returned loan and an open one with their events; then the open one alone.
    assert [
        loans_in(made.path, tmp_path / made.path.stem, adult) for made in (remembers, after)
    ] == [5, 2]
    assert remembers.path.exists()
    last = backed_up(forgotten + timedelta(days=MOST))
    assert remembers.path in last.removed
    assert not remembers.path.exists()


def loans_in(backup: Path, folder: Path, patron: str) -> int:
    """Loans and events of loans in a backup that name a reader."""
    folder.mkdir()
    archive.unpack(backup, folder)
    if not sql.is_sqlite():
        pytest.skip("counts rows in SQLite's file")
    with closing(sqlite3.connect(folder / "database" / "library.sqlite3")) as database:
        found = database.execute(
            "SELECT (SELECT COUNT(*) FROM circulation_loan WHERE patron_id = :p) + "
            "(SELECT COUNT(*) FROM ledger_reader r JOIN ledger_event e ON e.id = r.event "
            "WHERE r.patron = :p AND e.type LIKE 'loan.%')",
            {"p": patron},
        ).fetchone()
    return int(found[0])
