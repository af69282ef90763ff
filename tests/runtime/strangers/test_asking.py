"""Servers that hang, hang up, babble and lie (row A3): one answer each, in bounded time."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Callable

import pytest

from shuxiang.runtime.strangers import Question, ask, ask_all, zoom
from tests.support import targets


def _libyaz() -> bool:
    for name in zoom.NAMES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


needs_yaz = pytest.mark.skipif(not _libyaz(), reason="libyaz not installed (Debian: libyaz5)")
Act = Callable[[socket.socket], None]


@needs_yaz
@pytest.mark.parametrize(
    ("act", "codes"),
    [
        (targets.hang, {"silent"}),
        (targets.hang_up, {"closed"}),
        (targets.babble, {"garbled", "closed", "silent"}),
        (targets.endless, {"garbled", "closed", "silent", "too-large"}),
    ],
)
def test_z3950_servers_that_misbehave(act: Act, codes: set[str]) -> None:
    # Only where silence is an answer is the time short: a process may take a second to start.
    seconds = 1 if "silent" in codes else 30
    with targets.misbehaving(act) as server:
        answer = ask(
            Question(kind="z3950", address="127.0.0.1", port=server.port, pqf=b"x", seconds=seconds)
        )
    assert answer.fault is not None
    assert answer.fault.code in codes
    assert answer.records == ()


@needs_yaz
def test_z3950_without_a_server() -> None:
    port = targets.free_port()
    answer = ask(Question(kind="z3950", address="127.0.0.1", port=port, pqf=b"x", seconds=30))
    assert answer.fault is not None
    assert answer.fault.code == "unreachable"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (targets.hang, "silent"),
        (targets.drip, "silent"),
        (targets.hang_up, "closed"),
        (targets.babble, "garbled"),
        (targets.http("200 OK", b"<a/>", claimed=999), "closed"),
        (targets.http("404 Not Found", b""), "http"),
        (targets.http("200 OK", b"x" * (25 << 20)), "too-large"),
    ],
)
def test_web_servers_that_misbehave(act: Act, code: str) -> None:
    seconds = 1 if code == "silent" else 30
    with targets.misbehaving(act) as server:
        answer = ask(
            Question(kind="http", address=f"http://127.0.0.1:{server.port}/sru", seconds=seconds)
        )
    assert answer.fault is not None
    assert answer.fault.code == code


def test_only_the_web_is_fetched() -> None:
    answer = ask(Question(kind="http", address="file:///etc/passwd", seconds=30))
    assert (answer.body, answer.fault is None) == (b"", False)


def test_questions_are_put_at_once_and_answered_in_order() -> None:
    good = targets.http("200 OK", b"<a/>")
    with targets.misbehaving(targets.hang) as deaf, targets.misbehaving(good) as server:
        asked = [(deaf.port, 1), (server.port, 30), (deaf.port, 1)]
        answers = ask_all(
            [
                Question(kind="http", address=f"http://127.0.0.1:{port}/", seconds=seconds)
                for port, seconds in asked
            ]
        )
    assert [a.body for a in answers] == [b"", b"<a/>", b""]
    assert [a.fault.code if a.fault else "" for a in answers] == ["silent", "", "silent"]
