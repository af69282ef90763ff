"""Password hashes a few at a time."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from shuxiang.runtime import hashing


def test_two_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch, together: Any) -> None:
    stored = make_password("Rain-over-7")
    running, most = 0, 0
    lock = threading.Lock()

    def slow(self: Any, password: str, encoded: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return password == "Rain-over-7"

    monkeypatch.setattr(Argon2PasswordHasher, "verify", slow)
    answers = together(8, lambda number: check_password("Rain-over-7", stored))
    assert answers == [True] * 8
    assert most == hashing.AT_ONCE


def test_stored_hashes_are_argon2id() -> None:
    stored = make_password("Rain-over-7")
    assert stored.startswith("argon2$argon2id$")
    assert check_password("Rain-over-7", stored)
    assert not check_password("rain-over-7", stored)
