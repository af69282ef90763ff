"""Room on the disk: warned at 85 %, imports stopped at 95 %, ballast (F3)."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from shuxiang.runtime import commands, storage
from shuxiang.runtime.errors import StorageFull
from tests.runtime import acts
from tests.runtime.acts import context, count

Usage = namedtuple("Usage", "total used free")
GB = 10**9


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Any:
    settings.HOME = tmp_path

    def set_to(used: int, free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(used + free, used, free))

    return set_to


@pytest.mark.parametrize(
    ("used", "free", "level"),
    [
        (84, 16, "ok"),
        (85, 15, "warn"),
        (94, 6, "warn"),
        (95, 5, "stop"),
        (100, 0, "stop"),
        (9900, 100, "ok"),  # 99 % of a very large disk leaves 100 GB
    ],
)
def test_levels(disk: Any, used: int, free: int, level: str) -> None:
    disk(used * GB, free * GB)
    assert storage.measure().level == level


def nine_by_threes() -> None:
    with commands.bulk(3):
        for number in range(9):
            acts.act(number=number, ctx=context())


def test_imports_stop_at_95_and_the_desk_goes_on(disk: Any, db: None) -> None:
    disk(95 * GB, 5 * GB)
    with pytest.raises(StorageFull, match="95 % full; imports stop at 95 %"):
        storage.require_room()
    acts.act(number=1, ctx=context())
    assert count("test.act") == 1
    with pytest.raises(StorageFull):
        nine_by_threes()
    # The group that was full is kept, and nothing after it.
    assert count("test.act") == 4
    disk(94 * GB, 6 * GB)
    nine_by_threes()
    assert count("test.act") == 13


def test_the_ballast_is_real_and_kept_out_of_the_way(settings: Any, tmp_path: Path) -> None:
    settings.HOME, settings.BALLAST_MB = tmp_path, 2
    assert storage.keep_ballast()
    made = (tmp_path / "ballast").stat()
    assert made.st_size == 2 << 20
    assert made.st_blocks * 512 >= 2 << 20
    assert storage.keep_ballast()
    (tmp_path / "ballast").unlink()
    settings.BALLAST_MB = 0
    assert not storage.keep_ballast()
    assert list(tmp_path.iterdir()) == []


def test_thrown_off_it_does_not_come_back_before_there_is_room(disk: Any, settings: Any) -> None:
    settings.BALLAST_MB = 1
    disk(90 * GB, 10 * GB)
    assert not storage.keep_ballast()
    disk(10 * GB, 3 << 20)
    assert not storage.keep_ballast()
    disk(10 * GB, 60 * GB)
    assert storage.keep_ballast()
