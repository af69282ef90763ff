"""What `run` and `web` say of an address, and the supervisor of the process group."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shuxiang.interfaces.cli import serve
from shuxiang.interfaces.cli.main import CommandError

BROKEN = """
import django
django.setup()
from shuxiang.interfaces.cli import serve
serve.RESTART_PAUSE = 2.0
def part():
    raise ZeroDivisionError("the part's own words")
raise SystemExit(serve.supervise({"part": part}))
"""


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1:8000"),
        ("::1", "[::1]:8000"),
        ("library.example", "library.example:8000"),
    ],
)
def test_an_address_is_one_gunicorn_and_a_browser_read(host: str, shown: str) -> None:
    assert serve.address(host, 8000) == shown


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CommandError, match="choose another with --port"):
            serve.check_port("127.0.0.1", other.getsockname()[1])


def test_a_port_that_does_not_exist_is_told() -> None:
    with pytest.raises(CommandError, match="ports go from 1 to 65535"):
        serve.check_port("127.0.0.1", 99999)


def test_a_part_that_dies_says_why_and_is_not_started_again_while_stopping(tmp_path: Path) -> None:
    env = os.environ | {
        "SHUXIANG_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "shuxiang.project.settings",
    }
    with subprocess.Popen(
        [sys.executable, "-c", BROKEN], stderr=subprocess.PIPE, text=True, env=env
    ) as group:
        assert group.stderr is not None
        said = []
        for line in group.stderr:
            said.append(line)
            if "starting it again" in line:
                break
        group.send_signal(signal.SIGTERM)
        after = group.stderr.read()
        assert group.wait(20) == 0
    assert "ZeroDivisionError: the part's own words\n" in said
    assert after == ""


ORPHANS = """
import os, sys, time
import django
django.setup()
from shuxiang.interfaces.cli import serve
def part():
    sys.stdout.write("up\\n")
    sys.stdout.flush()
    time.sleep(60)
serve.supervise({"web": part, "worker": part})
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_f1_a_supervisor_killed_leaves_nobody_behind(tmp_path: Path) -> None:
    env = os.environ | {
        "SHUXIANG_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "shuxiang.project.settings",
    }
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, text=True, env=env
    ) as group:
        assert group.stdout is not None
        assert [group.stdout.readline() for _ in range(2)] == ["up\n"] * 2
        group.kill()
        began = time.monotonic()
        # The pipe closes when the last of them is gone; by themselves they would sleep a minute.
        assert group.stdout.read() == ""
    assert time.monotonic() - began < 30
