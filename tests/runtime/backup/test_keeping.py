"""Which backups stay (row C7: none beyond the longest time) and when the nightly one is due."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from shuxiang.runtime.backup import keeping, nightly
from shuxiang.runtime.backup.keeping import Keep, Kept
from shuxiang.runtime.backup.nightly import Last
from tests.support.library import moment

NOW = datetime(2026, 11, 23, 12)
KEEP = Keep(7, 4, 12, 400)


def nights(count: int) -> list[Kept]:
    """A backup at 2:30 of each of the last days."""
    first = NOW.replace(hour=2, minute=30)
    return [Kept(Path(f"{n:04d}"), first - timedelta(days=n)) for n in range(count)]


def stay(backups: list[Kept], keep: Keep = KEEP) -> list[str]:
    gone = {b.path for b in keeping.superfluous(backups, keep, NOW)}
    return sorted(b.path.name for b in backups if b.path not in gone)


def test_two_years_of_nights_leave_days_weeks_and_months() -> None:
    left = stay(nights(730))
    # 7 days; Sundays of the three weeks before (22, 15, 8 November are 1, 8, 15 days ago; the
    # running week counts); the last night of each of the eleven months before.
    assert left[:7] == [f"{n:04d}" for n in range(7)]
    assert [n for n in left if 7 <= int(n) <= 22] == ["0008", "0015"]
    months = [31, 30, 31, 31, 30, 31, 30, 31, 28, 31, 31]  # October back to December
    ends = [23]
    for days in months[:-1]:
        ends.append(ends[-1] + days)
    assert left[9:] == [f"{n:04d}" for n in ends]
    assert max(map(int, left)) < 366


def test_c7_no_backup_outlives_the_longest_time_however_many_are_to_be_kept() -> None:
    assert stay(nights(100), Keep(90, 90, 90, 30)) == [f"{n:04d}" for n in range(30)]


def test_the_last_good_backup_stays_even_beyond_it() -> None:
    old = [Kept(Path("a"), NOW - timedelta(days=900)), Kept(Path("b"), NOW - timedelta(days=901))]
    assert stay(old) == ["a"]


def test_a_bad_one_is_no_reason_to_delete_a_good_one_and_goes_when_a_good_one_follows() -> None:
    bad = Kept(Path("bad"), NOW - timedelta(hours=1), bad=True)
    good = Kept(Path("good"), NOW - timedelta(days=3))
    assert stay([bad, good]) == ["bad", "good"]
    assert stay([bad, good, Kept(Path("new"), NOW)]) == ["good", "new"]


def test_copies_before_upgrades_are_kept_apart_the_last_two() -> None:
    upgrades = [Kept(Path(f"u{n}"), NOW - timedelta(days=n), of_upgrade=True) for n in range(5)]
    assert stay(upgrades) == ["u0", "u1"]


@pytest.mark.parametrize("text", ["7,4", "a,4,12", "", "7,4,-1"])
def test_a_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="three numbers such as 7,4,12"):
        Keep.parse(text, 400)


def test_backups_are_known_by_their_names_and_nothing_else_is_touched(tmp_path: Path) -> None:
    for name in (
        "shuxiang-20261123-023000.tar.zst",
        "shuxiang-20261122-023000.tar.zst.age",
        "shuxiang-20261121-120000-upgrade.tar.zst",
        "shuxiang-20261123-023000.tar.zst.sha256",
        "holiday.jpg",
        "old-shuxiang-20201123-023000.tar.zst",
    ):
        (tmp_path / name).touch()
    found = keeping.found(tmp_path, bad=["shuxiang-20261122-023000.tar.zst.age"])
    assert [(b.at.day, b.of_upgrade, b.bad) for b in found] == [
        (21, True, False),
        (22, False, True),
        (23, False, False),
    ]
    assert keeping.found(tmp_path / "nowhere") == []


def test_names_sort_by_time() -> None:
    at = datetime(2026, 11, 3, 2, 30)
    assert keeping.name(at, "nightly", False) == "shuxiang-20261103-023000.tar.zst"
    assert keeping.name(at, "upgrade", True) == "shuxiang-20261103-023000-upgrade.tar.zst.age"


AT = time(2, 30)


@pytest.mark.parametrize(
    ("now", "last", "good", "due"),
    [
        ("2026-11-23 02:29", "2026-11-22 02:30", True, False),
        ("2026-11-23 02:30", "2026-11-22 02:30", True, True),
        ("2026-11-23 02:31", "2026-11-23 02:30", True, False),
        ("2026-11-23 17:00", "2026-11-20 02:30", True, True),  # missed while off
        ("2026-11-23 03:00", "2026-11-23 02:30", False, False),  # failed: an hour later
        ("2026-11-23 03:30", "2026-11-23 02:30", False, True),
    ],
)
def test_when_the_nightly_one_is_due(now: str, last: str, good: bool, due: bool) -> None:
    before = moment(*last.split())
    assert nightly.is_due(AT, moment(*now.split()), Last(before, before, good), None) is due


def test_a_new_library_waits_for_its_first_night() -> None:
    born = moment("2026-11-23", "10:00")
    assert not nightly.is_due(AT, moment("2026-11-23", "23:00"), None, born)
    assert nightly.is_due(AT, moment("2026-11-24", "02:30"), None, born)


def test_the_time_is_one_or_off() -> None:
    assert nightly.time_of_day("02:30") == time(2, 30)
    assert nightly.time_of_day(" OFF ") is None
    with pytest.raises(ValueError, match="not '25:00'"):
        nightly.time_of_day("25:00")
