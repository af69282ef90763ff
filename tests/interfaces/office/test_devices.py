"""The devices' page: a password is shown once, a device is moved, switched off and given a new one."""

from __future__ import annotations

import re
from collections.abc import Callable

from shuxiang.apps.places import queries as places
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
    assert "口令至少 4 个字符" in said or "不合规则" in said
