"""G3: what a gate sends and asks over HTTP: exact answers, idempotent, its own secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.places import commands as places
from shuxiang.apps.visits import models
from shuxiang.kernel import clock
from tests.apps.visits.conftest import Gates, build
from tests.support.library import Contexts, Library, moment

NOW = moment("2020-06-10", "10:00")
EVENT = {"seq": 1, "at": "2020-06-10T09:30:00+08:00", "dir": "in"}


@pytest.fixture
def gates(scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch) -> Gates:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    found: Gates = scene("visits.gates", lambda: build(library))
    return found


class Turnstile:
    """A gate on the line."""

    def __init__(self, token: str) -> None:
        self.http = Client(raise_request_exception=False)
        self.token = token

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        auth = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is None:
            answer = self.http.get(f"/api/v1/gates/{path}", headers=auth | headers)
        else:
            answer = self.http.post(
                f"/api/v1/gates/{path}",
                body,
                content_type="application/json",
                headers=auth | headers,
            )
        found: dict[str, Any] = answer.json()
        return answer.status_code, found


@pytest.fixture
def north(gates: Gates) -> Turnstile:
    return Turnstile(f"north:{gates.secret}")


def test_g3_an_upload_is_answered_exactly(north: Turnstile) -> None:
    body = {
        "events": [EVENT, EVENT | {"seq": 2, "dir": "out"}],
        "clock": "2020-06-10T10:00:01+08:00",
    }
    assert north.ask("passes", body) == (
        200,
        {
            "accepted": 2,
            "duplicates": 0,
            "conflicts": [],
            "unknown_cards": 0,
            "clock_wrong": False,
            "inside": 0,
            "limit": 0,
            "server_time": "2020-06-10T02:00:00Z",
        },
    )
    status, again = north.ask("passes", body)
    assert (status, again["accepted"], again["duplicates"]) == (200, 0, 2)
    assert models.Pass.objects.count() == 2


def test_g3_the_door_opens_until_the_house_is_full(gates: Gates, north: Turnstile) -> None:
    places.set_setting(
        place=gates.library.main, key="visits.limit", value=1, ctx=Contexts(gates.library)()
    )
    assert north.ask("entry", {}) == (
        200,
        {"allowed": True, "inside": 1, "limit": 1, "reasons": [], "told": []},
    )
    status, said = north.ask("entry", {})
    assert (status, said["allowed"], said["limit"]) == (200, False, 1)
    assert said["reasons"] == [
        {
            "code": "site-full",
            "message": "馆内已有 1 人，限 1 人：请等一位读者离馆再进（出一进一）。",
        }
    ]
    assert north.ask("policy") == (
        200,
        {
            "inside": 0,
            "limit": 1,
            "closed": False,
            "server_time": "2020-06-10T02:00:00Z",
            "valid_until": "2020-06-10T02:10:00Z",
        },
    )


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"events": [EVENT | {"dir": "up"}]}, 422, "pass-direction-unknown"),
        ({"events": [EVENT | {"at": "2020-06-10T09:30:00"}]}, 422, "pass-without-zone"),
        ({"events": [{"seq": 1}]}, 400, "field"),
        ({"events": [EVENT] * 1001}, 400, "field"),
        ("no json at all", 400, "field"),
        ({}, 400, "field"),
    ],
)
def test_bad_input_is_one_sentence(
    north: Turnstile, unchanged: Callable[..., Any], body: Any, status: int, error: str
) -> None:
    with unchanged():
        answered, said = north.ask("passes", body)
    assert (answered, said["error"]) == (status, error)
    assert set(said) == {"error", "message"}


def test_s1_only_a_gate_with_its_secret(gates: Gates, north: Turnstile) -> None:
    other = places.add_device(
        place=gates.library.main,
        kind="screen",
        login="board",
        name="大屏",
        ctx=Contexts(gates.library)(),
    )
    for token in ("", "north", "north:wrong", "nobody:x", f"board:{other.secret}"):
        status, said = Turnstile(token).ask("passes", {"events": [EVENT]})
        assert (status, said["error"]) == (401, "unauthorized")
    assert models.Pass.objects.count() == 0
    places.change_device(device=gates.north, active=False, ctx=Contexts(gates.library)())
    assert north.ask("passes", {"events": [EVENT]})[0] == 401


def test_s10_an_address_that_guesses_waits(gates: Gates, north: Turnstile) -> None:
    for _ in range(30):
        Turnstile("north:wrong").ask("policy")
    assert north.ask("policy")[0] == 429
