"""The office of the test library, in March 2021 after a year 2020 of a few acts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client

from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from tests.support import yearly
from tests.support.library import Library
from tests.support.stocked import Stocked


@pytest.fixture
def played(
    scene: Callable[..., Any],
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: yearly.LATER)
    settings.HOME = tmp_path
    settings.INDEX_DIR = tmp_path / "index"
    made: Stocked = scene("office.year", lambda: yearly.play(library))
    return made


class Office:
    """A signed-in browser of the office, without script."""

    def __init__(self, account: str) -> None:
        self.http = Client()
        user = get_user_model().objects.get(pk=account)
        self.http.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def get(self, path: str, status: int = 200, **query: Any) -> str:
        """The visible text of a page."""
        answer = self.http.get(path, query)
        assert answer.status_code == status, (path, answer.status_code)
        return text_of(answer)

    def post(self, path: str, **fields: Any) -> HttpResponse:
        """Post a form with a fresh request key, unless one is given."""
        return self.http.post(path, {"key": new_id()} | fields)  # type: ignore[return-value]


def text_of(answer: HttpResponse) -> str:
    """What a reader of the page sees, blanks folded."""
    plain = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


@pytest.fixture
def office(played: Stocked) -> Callable[[str], Office]:
    """``office("director")``: the office with the account of that role."""
    return lambda role: Office(played.library.staff[role])
