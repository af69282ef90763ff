"""A report whose drawing fails says so, and is tried again later, not for ever "being made"."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import RequestFactory

from shuxiang.interfaces.common import downloads, printing
from tests.support.library import Library


class Drawer:
    """Stands in for the drawing process: fails as often as told, then draws."""

    def __init__(self, failures: int) -> None:
        self.failures, self.runs = failures, 0

    def __call__(self, command: list[str], **_: Any) -> Any:
        self.runs += 1
        if self.runs <= self.failures:
            return SimpleNamespace(returncode=1, stderr=b"Traceback\nMissingFont: no SimSun")
        folder = Path(command[-1])
        folder.mkdir()
        (folder / "a.pdf").write_bytes(b"%PDF")
        return SimpleNamespace(returncode=0, stderr=b"")


@pytest.fixture
def drawer(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drawer:
    settings.HOME = tmp_path
    made = Drawer(1)
    monkeypatch.setattr(subprocess, "run", made)
    return made


def test_a_failure_is_said_at_once_and_tried_again_after_a_minute(drawer: Drawer) -> None:
    # Not said at once, it would be waited for in vain: None instead of the failure.
    for _ in range(3):
        with pytest.raises(printing.DrawingFailed, match="MissingFont: no SimSun"):
            printing.file("document", "a.pdf")
    assert drawer.runs == 1
    mark = printing._failed_mark(printing.folder_of("document"))
    old = time.time() - 61
    os.utime(mark, (old, old))
    path = printing.file("document", "a.pdf")
    assert path is not None
    assert path.read_bytes() == b"%PDF"
    assert drawer.runs == 2
    assert not mark.exists()


def test_the_page_that_says_so(drawer: Drawer, library: Library) -> None:
    report: Any = SimpleNamespace(year=2020, charts=())
    name = "annual-report-2020.pdf"
    answer = downloads.answer(RequestFactory().get("/x"), report, "other", name, public=True)
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "文件未能生成" in page
    assert "一分钟后可重试" in page
    assert "SimSun" not in page
