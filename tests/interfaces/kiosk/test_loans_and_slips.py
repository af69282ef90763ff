"""续借, 查询, 凭条 (row G2), and what a machine's token opens (S3)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.kiosk.machine import of
from tests.interfaces.kiosk.conftest import BRIDGE, NOW, Machines
from tests.interfaces.kiosk.pages import Screen
from tests.interfaces.kiosk.test_lending import signed_in
from tests.interfaces.test_access_matrix import ROWS

pytestmark = pytest.mark.db


def borrowed(at_machine: Callable[..., Screen], machines: Machines, *codes: str) -> Screen:
    page = signed_in(at_machine(), machines)
    for code in codes:
        page = page.scan(code)
    return page


def test_g2_renew_all_and_one(
    at_machine: Callable[..., Screen], machines: Machines, time: Callable[[Any], None]
) -> None:
    borrowed(at_machine, machines, "B001", "B002")
    time(NOW + timedelta(days=10))
    page = signed_in(at_machine(), machines, then="renew")
    assert "您现借 2 册" in page.text
    page = page.press("全部续借")
    assert "已续借 2 册" in page.text
    assert page.sound == "ok"
    due = {v.due_on.isoformat() for v in circulation.open_loans(machines.stocked.patrons["adult"])}
    assert due == {"2020-08-09"}
    page = page.press("续借")
    assert "已续借 0 册 · 1 册未办" in page.text
    assert page.sound == "refused"


def test_another_reader_s_loan_is_not_renewed(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    borrowed(at_machine, machines, "B001")
    (loan,) = circulation.open_loans(machines.stocked.patrons["adult"])
    page = signed_in(at_machine(), machines, "child", then="renew")
    page = page.post("/kiosk/renew/", loan=loan.id, request_key="k1")
    assert "您现借 0 册" in page.text
    (after,) = circulation.open_loans(machines.stocked.patrons["adult"])
    assert after.renewals == 0


def test_g2_what_the_reader_has(
    at_machine: Callable[..., Screen], machines: Machines, time: Callable[[Any], None]
) -> None:
    borrowed(at_machine, machines, *(f"B00{n}" for n in range(1, 6)))
    time(NOW + timedelta(days=40))
    page = signed_in(at_machine(), machines, then="inquiry")
    assert "您现借 5 册 · 5 册已逾期" in page.text
    assert "1 / 2" in page.text
    assert "李四" not in page.answer.content.decode()
    assert page.open("/kiosk/inquiry/?page=2").text.count("逾期 10 天") == 2
    assert page.open("/kiosk/inquiry/?page=x").status == 200


def test_g2_a_slip_is_printed_and_names_nobody(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    page = signed_in(at_machine("pad"), machines).scan("B001").scan("NOPE")
    page = page.press("打印凭条")
    ((call,),) = [f.device for f in page.forms() if f.device]
    assert call["path"] == "print"
    lines = call["body"]["lines"]
    assert lines[:2] == ["总馆", "借书凭条"]
    assert "红楼梦" in lines
    assert "  B001 2020年7月10日" in lines
    assert not any("李" in line or "NOPE" in line for line in lines)
    answer = json.dumps([{"status": 200, "body": {"printed": True}}])
    page = page.send(page.device_form(), answer=answer)
    assert "请取凭条" in page.text


def test_g2_without_paper_the_slip_is_behind_a_code(
    at_machine: Callable[..., Screen], machines: Machines, time: Callable[[Any], None]
) -> None:
    page = signed_in(at_machine("pad"), machines).scan("B001").press("打印凭条")
    answer = json.dumps([{"status": 409, "body": {"fault": "paper-out"}}])
    page = page.send(page.device_form(), answer=answer)
    assert "请用手机扫码" in page.text
    assert "<svg" in page.answer.content.decode()
    main = machines.stocked.library.main
    assert [c.code for c in places.open_calls([main])] == ["printer"]


def test_x8_the_page_behind_a_code_is_signed_and_names_nobody(
    at_machine: Callable[..., Screen],
    machines: Machines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(
        "shuxiang.interfaces.kiosk.views.slips.qr_svg", lambda url, label: drawn.append(url) or ""
    )
    signed_in(at_machine(), machines).scan("B001").press("打印凭条")
    path = drawn[0].removeprefix("http://testserver")
    card = machines.stocked.cards["adult"]
    assert card not in path
    phone = Client()
    answer = phone.get(path)
    said = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert "红楼梦" in said
    assert "2020年7月10日" in said
    assert "李" not in said
    assert card not in said
    assert phone.get(path[:-3] + "xx/").status_code == 404


def test_g2_a_key_on_every_screen_calls_somebody(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    page = at_machine().press("呼叫馆员")
    assert "馆员马上就来" in page.text
    main = machines.stocked.library.main
    assert [(c.name, c.code) for c in places.open_calls([main])] == [("main", "asked")]
    assert "您要办理什么" in page.press("我自己继续").text


def test_csp_lets_a_machine_talk_to_its_own_bridge_alone(
    at_machine: Callable[..., Screen], enrolled: Callable[[str], Client]
) -> None:
    policy = at_machine("pad").answer["Content-Security-Policy"]
    assert f"connect-src 'self' {BRIDGE}" in policy
    assert "unsafe" not in policy
    assert "connect-src" not in at_machine("main").answer["Content-Security-Policy"]
    assert "connect-src" not in enrolled("pad").get("/")["Content-Security-Policy"]


def test_s3_the_token_of_a_machine_opens_its_own_pages_alone(
    enrolled: Callable[[str], Client], machines: Machines
) -> None:
    """At every address of the library a machine is answered as anybody is, with a reader before it too."""
    http = enrolled("main")
    signed_in(Screen(http, "/kiosk/", http.get("/kiosk/")), machines)
    # As the browser would: to every path, whatever the cookie says it is for.
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in http.cookies.items())
    for row in ROWS:
        if row.method != "GET" or row.route.startswith("kiosk/"):
            continue
        path = re.sub(r"\{\w+\}", "0" * 32, row.address)
        asked = Client(raise_request_exception=False).get(path, headers={"cookie": cookies})
        anybody = Client(raise_request_exception=False).get(path)
        assert (asked.status_code, asked.get("Location")) == (
            anybody.status_code,
            anybody.get("Location"),
        ), path
        assert "李" not in asked.content.decode("utf-8", "replace") if not asked.streaming else True


def test_s3_cookies_go_to_the_machine_s_own_pages(enrolled: Callable[[str], Client]) -> None:
    morsel = enrolled("main").cookies["shuxiang_kiosk"]
    assert (morsel["path"], morsel["samesite"], bool(morsel["httponly"])) == (
        "/kiosk/",
        "Strict",
        True,
    )


@pytest.mark.parametrize(
    ("bridge", "allowed"),
    [
        ("http://127.0.0.1:7071", True),
        ("http://localhost:9", True),
        ("https://evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://127.0.0.1:7071; script-src *", False),
        ("http://127.0.0.1:7071/x", False),
        ("", False),
    ],
)
def test_a_bridge_is_on_this_machine_or_none(
    machines: Machines, bridge: str, allowed: bool
) -> None:
    device = places.device(machines.devices["pad"])
    assert device is not None
    made = of(replace(device, settings={"bridge": bridge}))
    assert made.bridge == (bridge if allowed else "")
