"""The public pages of the test library, at 15:30 on Wednesday 2020-06-10."""

from __future__ import annotations

import html
import re
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


def text_of(content: bytes) -> str:
    """What a reader of the page sees, blanks folded."""
    plain = re.sub(r"<(script|style)\b.*?</\1>", " ", content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


@pytest.fixture
def seen(http: Client) -> Callable[..., str]:
    """``seen("/search/", q="红楼梦")``: the visible text of a page that answers 200."""

    def get(path: str, status: int = 200, **query: Any) -> str:
        answer = http.get(path, query)
        assert answer.status_code == status, (path, answer.status_code)
        return text_of(answer.content)

    return get
