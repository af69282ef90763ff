"""F1, F3 in JSON: a reader's own reservations and pickup times, by the portal's session and CSRF."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.patrons.models import Pin, ReaderSession
from shuxiang.interfaces.common import reader_session
from shuxiang.ledger.models import Event
from tests.support.library import Contexts, moment
from tests.support.shelves import NOW, Shelves
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
ME = "/api/v1/me"


class Phone:
    """A reader's program: the portal's cookie, the CSRF token it was given."""

    def __init__(self, stocked: Stocked, who: str = "adult") -> None:
        self.http = Client(enforce_csrf_checks=True, headers={"accept-language": "zh-hans"})
        self.csrf = ""
        if who:
            token = f"token-of-{who}"
            patron = stocked.patrons[who]
            Pin.objects.get_or_create(
                patron_id=patron, defaults={"hash": "x", "must_change": False, "set_at": NOW}
            )
            ReaderSession.objects.create(
                patron_id=patron,
                token_hash=reader_session.token_hash(token),
                channel="portal",
                begun_at=NOW,
                seen_at=NOW,
                until=NOW + timedelta(hours=9),
            )
            self.http.cookies[reader_session.COOKIE] = token
            self.csrf = str(self.get("")[1]["csrf"])

    def get(self, path: str) -> tuple[int, Any]:
        return self._said(self.http.get(ME + path))

    def send(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        given = {"X-CSRFToken": self.csrf} | headers
        return self._said(
            self.http.post(ME + path, body or {}, content_type="application/json", headers=given)
        )

    def delete(self, path: str) -> tuple[int, Any]:
        return self._said(self.http.delete(ME + path, headers={"X-CSRFToken": self.csrf}))

    @staticmethod
    def _said(answer: Any) -> tuple[int, Any]:
        assert answer.headers["Cache-Control"] == "no-store"
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            said = answer.json()
            assert set(said) == {
                "type", "title", "status", "detail", "error", "message", "reasons"
            }  # fmt: skip
            assert said["status"] == answer.status_code
            return answer.status_code, said
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def mine(filled: Shelves) -> Phone:
    return Phone(filled.stocked)


def codes(said: Any) -> list[str]:
    return [r["code"] for r in said["reasons"]]


def test_f1_place_look_suspend_resume_cancel(mine: Phone, filled: Shelves) -> None:
    stocked = filled.stocked
    status, places = mine.get("/pickup-places")
    assert status == 200
    codes_ = [p["code"] for p in places["items"]]
    main = codes_[0]
    wanted = {"title": stocked.titles[1], "pickup": main}
    status, hold = mine.send("/holds", wanted, **{"Idempotency-Key": "k1"})
    assert status == 201
    assert {k: hold[k] for k in ("title_text", "state", "position", "pickup")} == {
        "title_text": "三体", "state": "waiting", "position": 1, "pickup": main
    }  # fmt: skip
    # Sent again under its key it is the same one.
    assert mine.send("/holds", wanted, **{"Idempotency-Key": "k1"}) == (201, hold)
    placed = Event.objects.get(type="hold.placed")
    assert (placed.channel, placed.actor_kind) == ("api", "patron")
    assert mine.get("/holds") == (200, {"items": [hold]})
    status, suspended = mine.send(f"/holds/{hold['id']}/suspend", {"until": "2020-07-01"})
    assert (status, suspended["suspended_until"]) == (200, "2020-07-01")
    status, again = mine.send(f"/holds/{hold['id']}/resume")
    assert (status, again["suspended_until"]) == (200, None)
    status, moved = mine.send(f"/holds/{hold['id']}/pickup", {"pickup": codes_[1]})
    assert (status, moved["pickup"]) == (200, codes_[1])
    status, over = mine.delete(f"/holds/{hold['id']}")
    assert (status, over["state"]) == (200, "cancelled")
    assert mine.get("/holds") == (200, {"items": []})


def test_f1_refused_with_every_reason_as_a_problem(
    mine: Phone, filled: Shelves, unchanged: Any
) -> None:
    stocked = filled.stocked
    title = stocked.titles[1]
    mine.send(
        "/holds", {"title": title, "pickup": mine.get("/pickup-places")[1]["items"][0]["code"]}
    )
    (held,) = queries.holds_of(stocked.patrons["adult"])
    others = Phone(stocked, "other")
    with unchanged():
        status, said = mine.send("/holds", {"title": title, "pickup": "nowhere"})
        assert (status, codes(said)) == (
            409, ["pickup-not-here", "hold-already", "hold-no-copy"]
        )  # fmt: skip
        assert said["type"] == "urn:shuxiang:reason:pickup-not-here"
        status, said = mine.send("/holds", {"title": "0" * 32, "pickup": "ZG"})
        assert (status, said["error"]) == (404, "title-unknown")
        for body in ({}, {"title": title}, {"title": 5, "pickup": None}):
            assert mine.send("/holds", body)[0] == 400
        status, said = mine.send(f"/holds/{held.id}/suspend", {"until": "never"})
        assert (status, said["error"]) == (400, "field")
        # Nobody else's, and nothing that is none.
        for path in (f"/holds/{held.id}", f"/holds/{'0' * 32}", "/holds/x"):
            assert others.get(path)[1]["error"] == "hold-unknown"
            assert others.delete(path)[0] == 404
        assert others.send(f"/holds/{held.id}/resume")[0] == 404


def test_x1_only_signed_in_and_with_the_token(mine: Phone, filled: Shelves, unchanged: Any) -> None:
    wanted = {"title": filled.stocked.titles[1], "pickup": "ZG"}
    with unchanged():
        nobody = Phone(filled.stocked, "")
        for status, said in (nobody.get(""), nobody.get("/holds"), nobody.send("/holds", wanted)):
            assert (status, said["error"]) == (401, "unauthorized")
        mine.csrf = ""
        status, said = mine.send("/holds", wanted)
        assert (status, said["error"]) == (403, "csrf")
        status, said = mine.delete(f"/holds/{'0' * 32}")
        assert (status, said["error"]) == (403, "csrf")


def test_f3_times_listed_booked_and_given_up(mine: Phone, filled: Shelves, unchanged: Any) -> None:
    stocked = filled.stocked
    ctx = Contexts(stocked.library)
    assert mine.get("/pickup-slots") == (200, {"items": []})
    commands.place_hold(
        title=stocked.titles[1],
        card=stocked.cards["adult"],
        pickup=stocked.library.main,
        ctx=ctx("desk", at=moment("2020-06-10", "09:00")),
    )
    commands.check_in(item_barcode="B002", ctx=ctx("desk", at=moment("2020-06-10", "09:01")))
    commands.open_slots(
        place=stocked.library.main, first=date(2020, 6, 11), last=date(2020, 6, 11), opens=time(9),
        closes=time(10), minutes=30, capacity=1, ctx=ctx("desk", at=moment("2020-06-10", "09:02")),
    )  # fmt: skip
    status, found = mine.get("/pickup-slots")
    assert [(s["day"], s["starts"], s["free"]) for s in found["items"]] == [
        ("2020-06-11", "09:00:00", 1), ("2020-06-11", "09:30:00", 1)
    ]  # fmt: skip
    slot = found["items"][0]["id"]
    others = Phone(stocked, "other")
    status, booked = mine.send("/pickups", {"slot": slot})
    assert (status, booked["state"], booked["slot"]["id"], booked["told"]) == (
        201, "booked", slot, []
    )  # fmt: skip
    with unchanged():
        status, said = mine.send("/pickups", {"slot": slot})
        assert (status, codes(said)) == (409, ["pickup-booked", "slot-full"])
        assert mine.send("/pickups", {"slot": "x"})[0] == 404
        assert others.delete(f"/pickups/{booked['id']}")[0] == 404
    assert [b["id"] for b in mine.get("/pickups")[1]["items"]] == [booked["id"]]
    assert others.get(f"/pickups/{booked['id']}")[0] == 404
    status, over = mine.delete(f"/pickups/{booked['id']}")
    assert (status, over["state"]) == (200, "cancelled")
    assert mine.get(f"/pickups/{booked['id']}")[1]["state"] == "cancelled"
    assert mine.get("/pickups") == (200, {"items": []})
