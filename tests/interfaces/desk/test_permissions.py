"""S1: every address of the desk × every role, and the staff's own session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern

from shuxiang.interfaces.desk import urls
from shuxiang.interfaces.desk.lock import LOCKED_KEY
from tests.interfaces.desk.conftest import Clock, Desk, text_of
from tests.support.library import PASSWORD, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

# Status for: admin, auditor, director, desk, branch, cataloguer. An act that is refused by its
# command for another reason than permission answers 422; what only POST may ask for answers 405.
ROLES = ("admin", "auditor", "director", "desk", "branch", "cataloguer")
TABLE: dict[str, tuple[str, tuple[int, ...]]] = {
    "home": ("GET", (403, 403, 200, 200, 200, 403)),
    "scan": ("POST", (403, 403, 200, 200, 200, 403)),
    "clerk": ("GET", (200, 200, 200, 200, 200, 200)),
    "lock": ("POST", (403, 403, 302, 302, 302, 403)),
    "own_pin": ("GET", (403, 403, 200, 200, 200, 403)),
    "paper": ("GET", (403, 403, 200, 200, 200, 403)),
    "paper_blank": ("GET", (403, 403, 200, 200, 200, 403)),
    "paper_settle": ("POST", (403, 403, 404, 404, 404, 403)),
    "pin": ("GET", (403, 403, 200, 200, 200, 403)),
    "commands": ("GET", (403, 403, 200, 200, 200, 403)),
    "readers": ("GET", (403, 403, 200, 200, 200, 403)),
    "reader": ("GET", (403, 403, 200, 200, 200, 403)),
    "renew_loans": ("POST", (403, 403, 200, 200, 200, 403)),
    "unmask": ("POST", (403, 403, 422, 422, 403, 403)),
    "act": ("POST", (403, 403, 422, 422, 422, 403)),
    "money": ("GET", (403, 403, 200, 200, 200, 403)),
    "money_act": ("POST", (403, 403, 404, 404, 404, 403)),
    "receipt": ("GET", (403, 403, 404, 404, 404, 403)),
    "holds": ("GET", (403, 403, 200, 200, 200, 403)),
    "hold_shelf": ("GET", (403, 403, 200, 200, 200, 403)),
    "transits": ("GET", (403, 403, 200, 200, 200, 403)),
    "unfilled": ("GET", (403, 403, 200, 200, 200, 403)),
    "pickups": ("GET", (403, 403, 200, 200, 200, 403)),
    "open_slots": ("POST", (403, 403, 302, 302, 302, 403)),
    "close_slot": ("POST", (403, 403, 302, 302, 302, 403)),
    "book_for": ("POST", (403, 403, 302, 302, 302, 403)),
    "pickup_act": ("POST", (403, 403, 302, 302, 302, 403)),
    "not_on_shelf": ("POST", (403, 403, 302, 302, 302, 403)),
    "hold_slip": ("GET", (403, 403, 404, 404, 404, 403)),
    "hold_act": ("POST", (403, 403, 404, 404, 404, 403)),
    "reader_holds": ("GET", (403, 403, 200, 200, 200, 403)),
    "register": ("GET", (403, 403, 200, 200, 200, 403)),
    "check_document": ("POST", (403, 403, 200, 200, 200, 403)),
    "registered": ("GET", (403, 403, 200, 200, 200, 403)),
}


def path_of(pattern: URLPattern, stocked: Stocked) -> str:
    route = str(pattern.pattern)
    for name in ("<id:entry>", "<id:hold>", "<id:item>", "<id:pickup>", "<id:slot>"):
        route = route.replace(name, "0" * 32)
    route = route.replace("<slug:name>", "cancel")
    for name in ("<str:patron>", "<id:patron>"):
        route = route.replace(name, stocked.patrons["adult"])
    return f"/desk/{route}".replace("<str:name>", "found")


def test_every_address_is_in_the_table() -> None:
    assert {p.name for p in urls.urlpatterns} == TABLE.keys()


@pytest.mark.parametrize("role", ROLES)
def test_who_may_open_what(at_desk: Callable[[str], Desk], stocked: Stocked, role: str) -> None:
    desk = at_desk(role)
    seen = {}
    for pattern in urls.urlpatterns:
        method, _ = TABLE[str(pattern.name)]
        path = path_of(pattern, stocked)
        answer = desk.http.get(path) if method == "GET" else desk.post(path)
        seen[pattern.name] = answer.status_code
        if pattern.name == "lock":
            session = desk.http.session
            session.pop(LOCKED_KEY, None)
            session.save()
    assert seen == {name: row[1][ROLES.index(role)] for name, row in TABLE.items()}


def test_nobody_gets_in_without_signing_in(stocked: Stocked) -> None:
    http = Client()
    for pattern in urls.urlpatterns:
        method, _ = TABLE[str(pattern.name)]
        path = path_of(pattern, stocked)
        answer = http.get(path) if method == "GET" else http.post(path)
        assert answer.status_code == 302
        back = "next=%2Fdesk%2F" if method == "GET" else "lost=1"
        assert answer["Location"].startswith(f"/staff/login/?{back}")
    scan = http.post("/desk/scan/", headers={"X-Requested-With": "scanbox"})
    assert scan.status_code == 401


def test_signing_in_leads_to_the_desk_and_out_again(stocked: Stocked, time: Clock) -> None:
    # Within 90 days of the password.
    time.now = moment("2020-02-01")
    http = Client()
    page = http.get("/desk/", follow=True)
    assert "馆员登录" in text_of(page.content.decode())
    wrong = http.post("/staff/login/", {"username": "desk", "password": "nope"})
    assert wrong.status_code == 422
    assert "馆员登录 用户名或密码不正确。" in text_of(wrong.content.decode())
    answer = http.post(
        "/staff/login/", {"username": "desk", "password": PASSWORD, "next": "/desk/readers/"}
    )
    assert answer["Location"] == "/desk/readers/"
    assert "流通馆员" in text_of(http.get("/desk/").content.decode())
    out = http.post("/staff/logout/")
    assert out["Location"] == "/staff/login/"
    assert http.get("/desk/").status_code == 302


def test_another_sites_address_is_no_place_to_go(stocked: Stocked) -> None:
    answer = Client().post(
        "/staff/login/",
        {"username": "desk", "password": PASSWORD, "next": "https://example.com/"},
    )
    assert answer["Location"] == "/desk/"


def test_the_place_worked_at_can_be_changed_within_the_grants(
    at_desk: Callable[[str], Desk], stocked: Stocked
) -> None:
    desk = at_desk("desk")
    shown = text_of(desk.get("/staff/place/"))
    assert "总馆 东区分馆 漂流书屋 西区分馆" in shown
    moved = desk.http.post("/staff/place/", {"place": "west", "next": "/desk/"})
    assert moved["Location"] == "/desk/"
    assert "西区分馆 （更换工作地点）" in text_of(desk.get("/desk/"))
    desk.serve()
    desk.scan("B001")
    answer = desk.scan("B001", mode="checkin")
    assert answer["say"] == "《红楼梦》所属馆：总馆，待送回。"
    branch = at_desk("branch")
    assert branch.http.post("/staff/place/", {"place": "main"}).status_code == 400


def test_a_given_password_is_changed_first(at_desk: Callable[[str], Desk]) -> None:
    desk = at_desk("desk")
    session = desk.http.session
    session["must_change"] = True
    session.save()
    assert desk.http.get("/desk/")["Location"] == "/staff/password/"
    wrong = {"old": "nope", "new": "Neu-12345", "again": "Neu-1234"}
    shown = desk.http.post("/staff/password/", wrong)
    assert shown.status_code == 422
    assert "当前密码不对。" in text_of(shown.content.decode())
    differ = desk.http.post("/staff/password/", wrong | {"old": PASSWORD})
    assert "两次输入的新密码不一致。" in text_of(differ.content.decode())
    weak = desk.http.post("/staff/password/", {"old": PASSWORD, "new": "short", "again": "short"})
    assert weak.status_code == 422
    done = desk.http.post(
        "/staff/password/", {"old": PASSWORD, "new": "Neu-12345", "again": "Neu-12345"}
    )
    assert done["Location"] == "/desk/"
    assert desk.http.get("/desk/").status_code == 200


def test_changing_the_password_keeps_the_place_worked_at(at_desk: Callable[[str], Desk]) -> None:
    desk = at_desk("desk")
    desk.http.post("/staff/place/", {"place": "west"})
    before = desk.http.session.session_key
    done = desk.http.post(
        "/staff/password/", {"old": PASSWORD, "new": "Neu-12345", "again": "Neu-12345"}
    )
    assert done.status_code == 302
    assert desk.http.session.session_key != before
    assert "西区分馆 （更换工作地点）" in text_of(desk.get("/desk/"))
