"""The JSON interface of the test library, at 15:30 on Wednesday 2020-06-10."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from shuxiang.kernel import clock
from tests.support import shelves
from tests.support.library import Library
from tests.support.shelves import Shelves


@pytest.fixture
def filled(scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch) -> Shelves:
    """Books on the shelves, all of them in the index."""
    monkeypatch.setattr(clock, "now", lambda: shelves.NOW)
    made: Shelves = scene("portal.shelves", lambda: shelves.fill(library))
    shelves.index()
    return made


@pytest.fixture
def http(filled: Shelves) -> Client:
    return Client()
