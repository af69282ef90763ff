"""Staff signing in: the same answer for every name, a wait by address, eight hours at most (S4, S10)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from shuxiang.interfaces.common import staff
from shuxiang.kernel import clock
from tests.support.library import PASSWORD, moment

pytestmark = pytest.mark.db
NOON = moment("2020-01-02", "12:00")


@pytest.fixture(autouse=True)
def _noon(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


def sign_in(username: str, password: str, address: str = "192.0.2.7", **headers: str) -> Any:
    return Client().post(
        "/staff/login/",
        {"username": username, "password": password},
        REMOTE_ADDR=address,
        headers=headers or None,
    )


def shown(answer: HttpResponse, username: str) -> str:
    """The page without what changes from one to the next: the token and the name typed."""
    text = re.sub(r"\b[0-9A-Za-z]{64}\b", "", answer.content.decode())
    return text.replace(username, "NAME")


def test_s4_the_page_says_the_same_whether_or_not_the_name_exists() -> None:
    for n in range(7):
        answers = [sign_in(name, "wrong") for name in ("cataloguer", "nobody")]
        assert [a.status_code for a in answers] == [422, 422]
        pages = [
            shown(answer, name)
            for answer, name in zip(answers, ("cataloguer", "nobody"), strict=True)
        ]
        assert pages[0] == pages[1], n
    assert "31" in pages[0]


def test_s10_an_address_waits_after_thirty_wrong_sign_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "WRONG_FROM_ONE_ADDRESS", 3)
    for n in range(3):
        assert sign_in(f"name{n}", "wrong").status_code == 422
    # Even the right password of somebody else waits there, and only there.
    answer = sign_in("desk", PASSWORD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "600")
    assert sign_in("desk", PASSWORD, "192.0.2.8").status_code == 302
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=10))
    assert sign_in("desk", PASSWORD).status_code == 302


def test_s10_right_sign_ins_are_never_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "WRONG_FROM_ONE_ADDRESS", 1)
    for _ in range(3):
        assert sign_in("desk", PASSWORD).status_code == 302


def test_s10_what_a_proxy_did_not_say_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(staff, "WRONG_FROM_ONE_ADDRESS", 1)
    sign_in("a", "wrong", X_Forwarded_For="198.51.100.1")
    assert sign_in("a", "wrong", X_Forwarded_For="198.51.100.2").status_code == 429
    settings.HTTPS = True
    sign_in("a", "wrong", "127.0.0.1", X_Forwarded_For="203.0.113.9, 198.51.100.3")
    forged = sign_in("a", "wrong", "127.0.0.1", X_Forwarded_For="203.0.113.8, 198.51.100.3")
    assert forged.status_code == 429
    other = sign_in("a", "wrong", "127.0.0.1", X_Forwarded_For="198.51.100.4")
    assert other.status_code == 422


def _ends() -> datetime:
    found: datetime = Session.objects.get().expire_date
    return found


def test_s4_a_sign_in_ends_after_eight_hours_whatever_is_done() -> None:
    http = Client()
    begun = timezone.now()
    http.post("/staff/login/", {"username": "desk", "password": PASSWORD})
    first = _ends()
    assert timedelta(hours=8) <= first - begun < timedelta(hours=8, minutes=1)
    assert http.post("/staff/place/", {"place": "east"}).status_code == 302
    assert http.session["service_point"]
    assert _ends() == first


def test_s4_whoever_is_switched_off_is_out_at_once(library: Any, ctx: Any) -> None:
    from shuxiang.apps.staff import commands

    http = Client()
    http.post("/staff/login/", {"username": "desk", "password": PASSWORD})
    assert http.get("/desk/").status_code == 200
    commands.deactivate(account=library.staff["desk"], ctx=ctx("admin"))
    answer = http.get("/desk/")
    assert (answer.status_code, answer["Location"]) == (302, "/staff/login/?next=%2Fdesk%2F")


@pytest.mark.parametrize(
    ("path", "sign_in", "page"),
    [
        ("/office/withdrawals/", "/staff/login/", "/office/withdrawals/?year=2021"),
        ("/suggest/", "/account/sign-in/", "/suggest/"),
    ],
)
def test_a_form_sent_after_the_session_ended_says_that_it_is_lost_and_leads_back_to_it(
    path: str, sign_in: str, page: str
) -> None:
    """X1: what happened, what is kept, and the next step; never to an address for forms only."""
    http = Client(headers={"referer": f"http://testserver{page}", "accept-language": "zh-hans"})
    answer = http.post(path, {"name": "x"})
    assert answer["Location"] == f"{sign_in}?{urlencode({'lost': 1, 'next': page})}"
    told = http.get(answer["Location"]).content.decode()
    assert "刚才提交的内容没有保存" in told
    assert f'name="next" value="{page}"' in told
    elsewhere = Client(headers={"referer": "https://example.org/office/"}).post(path)
    assert elsewhere["Location"] == f"{sign_in}?lost=1"
    assert "没有保存" not in http.get(sign_in).content.decode()


@pytest.mark.parametrize(("username", "begins"), [("cataloguer", "/office/"), ("desk", "/desk/")])
def test_work_begins_where_the_account_may_go(username: str, begins: str) -> None:
    client = Client()
    form = client.get("/staff/login/").content.decode()
    asked = re.search(r'name="next" value="([^"]*)"', form)
    assert asked is not None
    answer = client.post(
        "/staff/login/", {"username": username, "password": PASSWORD, "next": asked[1]}
    )
    assert (answer.status_code, answer["Location"]) == (302, begins)


def test_an_error_page_of_the_staff_leads_back_to_their_work() -> None:
    client = Client()
    client.post("/staff/login/", {"username": "cataloguer", "password": PASSWORD})
    refused = client.get("/desk/")
    assert refused.status_code == 403
    assert b'<a class="btn btn-main" href="/office/">' in refused.content
    missing = client.get("/nowhere/")
    assert missing.status_code == 404
    assert b'<a class="btn btn-main" href="/">' in missing.content
