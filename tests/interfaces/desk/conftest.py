"""A desk of the test library: 15:30 on Wednesday 2020-06-10, 流通馆员 signed in at the main library."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from shuxiang.interfaces.desk.lock import SEEN_KEY
from shuxiang.interfaces.desk.reader import Held
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from tests.support.library import Library, moment
from tests.support.stocked import Stocked, build


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    """The test library with books, readers and rules."""
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


class Clock:
    """The library's time, stopped; ``pass_(seconds=61)`` moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def pass_(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock(moment("2020-06-10", "15:30"))
    monkeypatch.setattr(clock, "now", lambda: stopped.now)
    return stopped


def text_of(content: str) -> str:
    """What a reader of the page sees, blanks folded."""
    plain = re.sub(r"<(script|style|template)\b.*?</\1>", " ", content, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


class Desk:
    """A signed-in browser at the desk, with script (`scan`) or without (`form`)."""

    def __init__(self, stocked: Stocked, role: str) -> None:
        self.stocked = stocked
        self.http = Client(headers={"accept-language": "zh-hans"})
        user = get_user_model().objects.get(pk=stocked.library.staff[role])
        self.http.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        # Always in use, however far a test moves the time; leaving a desk has tests of its own.
        session = self.http.session
        session[SEEN_KEY] = int(moment("2100-01-01").timestamp())
        session.save()
        self.state = ""
        self.key = ""

    def scan(self, code: str = "", mode: str = "checkout", **fields: str) -> dict[str, Any]:
        """Post a scan as the island does and return its JSON; keeps the reader and the key."""
        self.key = fields.pop("request_key", new_id())
        answer = self.http.post(
            "/desk/scan/",
            {"mode": mode, "scan": code, "state": self.state, "request_key": self.key, **fields},
            headers={"X-Requested-With": "scanbox", "Accept": "application/json"},
        )
        self.status = answer.status_code
        assert self.status in (200, 503, 507), answer.content
        data: dict[str, Any] = answer.json()
        self.state = data["state"]
        return data

    def serve(self, who: str = "adult") -> dict[str, Any]:
        return self.scan(self.stocked.cards[who])

    def form(self, code: str = "", mode: str = "checkout", **fields: str) -> str:
        """Post the plain form and return the page."""
        values = {"mode": mode, "scan": code, "state": self.state, "request_key": new_id()}
        answer = self.http.post("/desk/scan/", values | fields)
        assert answer.status_code == 200
        page = answer.content.decode()
        found = re.search(r'name="state" value="([^"]*)"', page)
        assert found is not None
        self.state = html.unescape(found[1])
        return page

    def get(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.content.decode())

    def post(self, path: str, **fields: Any) -> Any:
        return self.http.post(path, {"request_key": new_id()} | fields)

    def holds(self, number: str, library: str) -> None:
        self.state = Held(number, library).token()


@pytest.fixture
def at_desk(stocked: Stocked, time: Clock) -> Callable[[str], Desk]:
    """``at_desk("branch")``: a desk with the account of that role."""
    return lambda role: Desk(stocked, role)


@pytest.fixture
def desk(at_desk: Callable[[str], Desk]) -> Desk:
    return at_desk("desk")
