"""The stocked library asked by a discovery system, at 15:30 on 2020-06-10."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.patrons import commands as patrons
from shuxiang.interfaces.common import uris
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

NOW = moment("2020-06-10", "15:30")
PIN = "482913"
SCOPE = "read_patron read_fees read_items write_items change_password"
"""What VuFind asks for."""


class Time:
    """The library's time, stopped."""

    now: datetime = NOW


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    stopped = Time()
    monkeypatch.setattr(clock, "now", lambda: stopped.now)
    return stopped


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library, time: Time) -> Stocked:
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


def give_pin(stocked: Stocked, ctx: Contexts, who: str, *, own: bool = True) -> str:
    """A PIN on a slip; ``own``: changed by the reader to `PIN`."""
    slip, hashed = patrons.draw_pin(stocked.patrons[who])
    patrons.set_pin(patron=stocked.patrons[who], pin_hash=hashed, ctx=ctx("desk", at=NOW))
    if not own:
        return slip
    done = patrons.sign_in(
        name=stocked.cards[who], pin=slip, address="x", token_hash=f"{who:0>64}", ctx=ctx(at=NOW)
    )
    assert done.patron == stocked.patrons[who]
    me = ctx(Actor("patron", done.patron), at=NOW)
    patrons.change_pin(old=slip, new=PIN, session="", ctx=me)
    return PIN


class VuFind:
    """Sends what VuFind's PAIA driver sends: JSON, its header, and a Bearer token once signed in."""

    def __init__(self, stocked: Stocked) -> None:
        self.stocked = stocked
        self.http = Client(raise_request_exception=False)
        self.token = self.patron = ""
        self.scope: list[str] = []

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def post(self, file: str, data: Any, **headers: str) -> Any:
        return self.http.post(
            f"/paia/{file}",
            data,
            content_type="application/json; charset=UTF-8",
            headers=self.headers() | headers,
        )

    def get(self, file: str, **query: str) -> Any:
        headers = {"Content-type": "application/json; charset=UTF-8"} | self.headers()
        return self.http.get(f"/paia/{file}", query, headers=headers)

    def login(self, username: str, password: str, scope: str = SCOPE) -> dict[str, Any]:
        self.token = ""
        body: dict[str, Any] = self.post(
            "auth/login",
            {
                "username": username,
                "password": password,
                "grant_type": "password",
                "scope": scope,
            },
        ).json()
        self.token = body.get("access_token", "")
        self.patron = body.get("patron", "")
        self.scope = body.get("scope", "").split()
        return body

    def core(self, what: str = "") -> dict[str, Any]:
        answer = self.get(f"core/{self.patron}{what}")
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        return body

    def act(self, what: str, *docs: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.post(f"core/{self.patron}/{what}", {"doc": list(docs)})
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["doc"]
        return found

    def item(self, barcode: str) -> str:
        return uris.thing_uri(self.stocked.items[barcode])


@pytest.fixture
def vufind(stocked: Stocked, ctx: Contexts) -> VuFind:
    """VuFind with the adult signed in."""
    made = VuFind(stocked)
    give_pin(stocked, ctx, "adult")
    assert "error" not in made.login(stocked.cards["adult"], PIN)
    return made
