"""The staff at a machine: their menu, calls answered there, at the desk and in the office (row G2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.places import queries
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.staff.desk.commands import pin_hash
from tests.interfaces.kiosk.conftest import NOW, Machines
from tests.interfaces.kiosk.pages import Screen
from tests.support.library import PASSWORD, Contexts

pytestmark = pytest.mark.db
OWN = "4711"


@pytest.fixture
def passwords(machines: Machines, ctx: Contexts) -> None:
    """Of this quarter: older ones must be changed first."""
    for name in ("desk", "admin"):
        hashed = staff.hashed(PASSWORD, username=name)
        account = machines.stocked.library.staff[name]
        staff.set_password(account=account, password_hash=hashed, ctx=ctx(name))


@pytest.fixture
def clerk(machines: Machines, ctx: Contexts, passwords: None) -> str:
    staff.set_desk_pin(pin_hash=pin_hash(OWN), ctx=ctx("desk"))
    return "DESK"


def calling(machines: Machines) -> list[str]:
    return [c.code for c in queries.open_calls([machines.stocked.library.main])]


def test_g2_the_menu_opens_with_name_and_pin_and_answers_calls(
    at_machine: Callable[..., Screen], machines: Machines, clerk: str
) -> None:
    at_machine("pad").press("呼叫馆员")
    assert calling(machines) == ["asked"]
    page = at_machine("pad").open("/kiosk/duty/").press("下一步", name=clerk)
    assert "交接码" in page.text
    page = page.press("下一步", pin=OWN)
    assert "读者请求帮助" in page.text
    page = page.press("完成")
    assert "没有呼叫" in page.text
    assert calling(machines) == []


def test_the_devices_are_asked(
    at_machine: Callable[..., Screen], machines: Machines, clerk: str
) -> None:
    page = at_machine("pad").open("/kiosk/duty/")
    page = page.press("下一步", name=clerk).press("下一步", pin=OWN)
    told = {"devices": {"rfid": {"fault": "offline"}, "card": {"fault": "", "blanks": 12}}}
    page = page.press("检查设备", answer=json.dumps([{"status": 200, "body": told}]))
    assert "RFID 垫板 offline" in page.text
    assert "发卡机 空白证 12 张" in page.text
    page = page.press("检查设备", answer=json.dumps([{"status": 0, "body": {}}]))
    assert "设备桥 没有响应" in page.text


@pytest.mark.parametrize(
    ("name", "pin"), [("desk", "0000"), ("nobody", OWN), ("cataloguer", OWN), ("desk", "x" * 40)]
)
def test_s3_nobody_else_gets_in(
    at_machine: Callable[..., Screen], clerk: str, name: str, pin: str
) -> None:
    page = at_machine().open("/kiosk/duty/").press("下一步", name=name).press("下一步", pin=pin)
    assert page.status == 422
    assert "检查设备" not in page.text
    assert "没有呼叫" not in page.text


def test_s3_the_menu_closes_by_itself(
    at_machine: Callable[..., Screen],
    machines: Machines,
    clerk: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = at_machine("pad").open("/kiosk/duty/")
    page = page.press("下一步", name=clerk).press("下一步", pin=OWN)
    form = page.form("检查设备")
    monkeypatch.setattr("shuxiang.interfaces.kiosk.views.duty.OPEN_FOR", -1)
    assert "您要办理什么" in page.send(form).text
    assert "您要办理什么" in page.send(form, duty="forged").text


def test_calls_are_told_at_the_desk_and_answered_in_the_office(
    at_machine: Callable[..., Screen],
    machines: Machines,
    passwords: None,
    time: Callable[[Any], None],
) -> None:
    http = Client()
    http.post("/staff/login/", {"username": "desk", "password": PASSWORD})
    assert http.get("/staff/calls/").content.decode().strip() == ""
    assert 'hx-get="/staff/calls/"' in http.get("/desk/").content.decode()
    at_machine().press("呼叫馆员")
    time(NOW + timedelta(minutes=1))
    assert "1 台自助机呼叫" in http.get("/staff/calls/").content.decode()
    said = http.get("/office/machines/").content.decode()
    assert "读者请求帮助" in said
    (call,) = queries.open_calls([machines.stocked.library.main])
    http.post(f"/office/machines/{call.id}/", {"key": "k1"})
    assert calling(machines) == []
    assert Client().get("/staff/calls/").status_code == 204


def test_a_machine_is_set_in_the_office(
    at_machine: Callable[..., Screen], machines: Machines, passwords: None
) -> None:
    http = Client()
    http.post("/staff/login/", {"username": "admin", "password": PASSWORD})
    path = f"/office/devices/{machines.devices['main']}/machine/"
    assert "自助办证" in http.get(path).content.decode()
    wrong = http.post(path, {"key": "k1", "functions": "return", "bridge": "http://evil.example"})
    assert wrong.status_code == 422
    fields = {
        "key": "k2",
        "functions": ["return", "card"],
        "pin": "never",
        "cards": "printed",
        "offline": "return",
    }
    assert http.post(path, fields | {"bridge": "http://127.0.0.1:7071"}).status_code == 302
    home = at_machine()
    assert "还书" in home.text
    assert "办证" in home.text
    assert "借书" not in home.text
    device = queries.device(machines.devices["main"])
    assert device is not None
    assert device.settings == {
        "functions": ["return", "card"],
        "pin": "never",
        "bridge": "http://127.0.0.1:7071",
        "pad": False,
        "printer": False,
        "cards": "printed",
        "offline": "return",
    }
