"""``shuxiang demo`` on a home that already has a library, and the building that ``run`` begins with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from shuxiang.interfaces.cli.main import main
from tests.support.library import Library


def test_a_home_with_a_library_is_left_alone(
    library: Library,
    unchanged: Callable[[], AbstractContextManager[None]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with unchanged():
        assert main(["demo"]) == 2
    said = capsys.readouterr()
    assert "already has a library; nothing was changed" in said.err
    assert said.out == ""


APART = """
import os
from shuxiang.interfaces.cli import demo
from shuxiang.interfaces.cli.main import CommandError

built = []

def good():
    built.append(os.getpid())
    print("building")

def behind():
    raise CommandError("the clock is behind")

def broken():
    raise ZeroDivisionError("the building's own words")

for demo.make in (good, behind, broken):
    print(demo.make_apart(), built, flush=True)
"""


def test_the_library_that_run_begins_with_is_built_in_a_process_of_its_own(tmp_path: Path) -> None:
    """What the building took of memory would stay with the web and the worker for good."""
    env = os.environ | {
        "SHUXIANG_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "shuxiang.project.settings",
    }
    told = subprocess.run(
        [sys.executable, "-c", APART], capture_output=True, text=True, env=env, check=True
    )
    assert told.stdout.splitlines() == ["building", "0 []", "2 []", "1 []"]
    assert "shuxiang demo: the clock is behind\n" in told.stderr
    assert "ZeroDivisionError: the building's own words" in told.stderr
