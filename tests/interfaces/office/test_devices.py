"""The devices' page: a password is shown once, a device is moved, switched off and given a new one."""

from __future__ import annotations

import re
from collections.abc import Callable

from shuxiang.apps.places import queries as places
from shuxiang.interfaces.sip2 import profile
from tests.interfaces.office.conftest import Office, text_of
from tests.support.stocked import Stocked

At = Callable[[str], Office]


def test_a_device_is_added_moved_switched_off_and_renewed(office: At, played: Stocked) -> None:
    admin = office("admin")
    assert "还没有设备" in admin.get("/office/devices/")
    answer = admin.post(
        "/office/devices/add/", kind="gate", login="door-1", name="正门", place="east"
    )
    word = re.findall(r'class="one-time code">([A-Z0-9]{24})<', answer.content.decode())[0]
    device = places.device_by_login("gate", "door-1")
    assert device is not None
    assert places.device_secret_matches(device.id, word)
    address = f"/office/devices/{device.id}/"
    assert word not in admin.get(address)
    admin.post(address, name="后门", place="west")
    moved = places.device(device.id)
    assert moved is not None
    assert (moved.name, moved.place) == ("后门", played.library.west)
    admin.post(address + "off/")
    assert "已停用" in admin.get(address)
    assert not places.device_secret_matches(device.id, word)
    admin.post(address + "on/")
    assert places.device_secret_matches(device.id, word)
    admin.post(address + "renew/")
    assert not places.device_secret_matches(device.id, word)


def test_what_is_wrong_stands_at_its_field(office: At) -> None:
    answer = office("admin").post(
        "/office/devices/add/", kind="gate", login="正门", name="正门", place="east", secret="abc"
    )
    assert answer.status_code == 422
    said = text_of(answer)
    assert "密码至少 4 个字符" in said or "不合规则" in said


def test_a_terminal_is_told_how_to_speak(office: At, played: Stocked) -> None:
    admin = office("admin")
    given = {"kind": "sip2", "login": "sc-1", "name": "借还机", "place": "east", "secret": "abcd-1"}
    admin.post("/office/devices/add/", **given)
    device = places.device_by_login("sip2", "sc-1")
    assert device is not None
    address = f"/office/devices/{device.id}/"
    assert "终端设置" in admin.get(address)
    said = {
        "part": "terminal",
        "encoding": "utf-8",
        "terminator": "CRLF",
        "language": "zh-hans",
        "institution": "YC",
        "dates": "date",
        "patron_data": "name",
        "messages": "11 09",
        "addresses": "198.51.100.0/24",
        "cards": "on",
    }
    admin.post(address, **said)
    spoken = profile.of(places.device(device.id) or device)
    assert (spoken.charset, spoken.terminator, spoken.dates) == ("utf-8", "\r\n", "date")
    assert (spoken.institution, spoken.patron_data, spoken.cards) == ("YC", "name", "lower")
    assert spoken.messages == {"11", "09"}
    assert not spoken.may_come_from("127.0.0.1")
    wrong = admin.post(address, **(said | {"encoding": "latin-1"}))
    assert wrong.status_code == 422
    assert profile.of(places.device(device.id) or device).charset == "utf-8"


def test_a_discovery_system_is_trusted_without_pins_or_not(office: At, played: Stocked) -> None:
    admin = office("admin")
    admin.post("/office/devices/add/", kind="client", login="opac", name="VuFind", place="main")
    device = places.device_by_login("client", "opac")
    assert device is not None
    address = f"/office/devices/{device.id}/"
    assert "须逐人验证读者密码" in admin.get(address)
    admin.post(address + "trust/")
    trusted = places.device(device.id)
    assert trusted is not None
    assert trusted.settings == {"trusted": True}
    assert "可以不凭密码代读者办理" in admin.get(address)
    admin.post(address + "distrust/")
    again = places.device(device.id)
    assert again is not None
    assert again.settings == {}
    admin.post("/office/devices/add/", kind="gate", login="door-9", name="侧门", place="main")
    gate = places.device_by_login("gate", "door-9")
    assert gate is not None
    assert admin.post(f"/office/devices/{gate.id}/trust/").status_code == 404
