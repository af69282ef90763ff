"""A machine without a network (rows G2, H1): what it is set to, what it is given, what it brings back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.circulation import models
from shuxiang.apps.places import commands as places
from shuxiang.apps.places import queries
from shuxiang.formats import journal
from shuxiang.interfaces.common.without_network import acts_of
from shuxiang.ledger.models import Event
from tests.interfaces.kiosk.conftest import NOW, Machines
from tests.support.journals import Desk
from tests.support.library import Contexts

pytestmark = pytest.mark.db

LEND = ("check_out", "check_in")
GIVE_BACK = ("check_in",)


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.mark.parametrize(
    ("given", "acts"),
    [
        ({}, GIVE_BACK),
        ({"pin": "never"}, LEND),
        ({"offline": "lend"}, LEND),
        ({"pin": "never", "offline": "return"}, GIVE_BACK),
        ({"offline": "none"}, ()),
        ({"offline": "everything"}, GIVE_BACK),
        ({"offline": "lend", "functions": ["return"]}, GIVE_BACK),
        ({"offline": "lend", "functions": ["card"]}, ()),
    ],
)
def test_g2_a_pin_is_never_left_out_unless_the_library_says_so(
    machines: Machines, ctx: Contexts, given: dict[str, Any], acts: tuple[str, ...]
) -> None:
    places.change_device(device=machines.devices["main"], settings=given, ctx=ctx())
    found = queries.device(machines.devices["main"])
    assert found is not None
    assert acts_of(found) == acts


def token(http: Client) -> str:
    given: str = http.post("/kiosk/alone/token/").json()["token"]
    return given


def asked(http: Client, method: str, path: str, held: str, data: bytes = b"") -> Any:
    return http.generic(method, path, data, headers={"Authorization": f"Device {held}"})


def test_h1_a_machine_gets_the_signed_data_and_its_journal_is_merged(
    enrolled: Callable[..., Client], machines: Machines
) -> None:
    http = enrolled("open")
    held, anybody = token(http), Client()
    given = asked(anybody, "POST", "/offline/keys/", held).json()
    device = machines.devices["open"]
    assert (given["device"], given["token"], given["counter"]) == (device, held, 0)
    manifest = json.loads(asked(anybody, "GET", "/offline/snapshot/", held).json()["body"])
    assert (manifest["device"], manifest["acts"]) == (device, list(LEND))
    page = http.get("/kiosk/alone/").content.decode()
    found = re.search(r'id="alone-config" type="application/json">(.*?)</script>', page)
    assert found is not None
    config = json.loads(found[1])
    assert config["words"]["home_hint"] == "离线借书，联网后记账。"
    assert config["reasons"]["card-expired"] == "读者证已过期，服务台可当场续期。"
    assert machines.stocked.cards["adult"] not in page
    desk = Desk(device, "", machines.stocked.library.main)
    card = machines.stocked.cards["adult"]
    desk.write("check_out", NOW - timedelta(minutes=9), "B001", card)
    sent = journal.write(desk.document(NOW))
    answer = asked(anybody, "POST", "/offline/journal/", held, sent).json()
    assert (answer["new"], answer["counter"]) == (1, 1)
    event = Event.objects.get(type="loan.opened")
    assert (event.actor_kind, event.actor, event.channel) == ("terminal", device, "offline")
    again = asked(anybody, "POST", "/offline/journal/", held, sent).json()
    assert (again["new"], again["again"]) == (0, 1)
    assert Event.objects.filter(type="loan.opened").count() == 1


def test_g2_a_machine_set_to_wait_gets_no_data_but_what_it_wrote_is_taken(
    enrolled: Callable[..., Client], machines: Machines, ctx: Contexts
) -> None:
    http = enrolled("open")
    device = machines.devices["open"]
    places.change_device(device=device, settings={"offline": "none"}, ctx=ctx())
    held = token(http)
    assert http.get("/kiosk/alone/").status_code == 404
    for method, path in (
        ("POST", "/offline/keys/"),
        ("GET", "/offline/snapshot/"),
        ("GET", f"/offline/part/{'0' * 64}/"),
    ):
        answer = asked(http, method, path, held)
        assert answer.status_code == 403
        assert answer.json()["say"] == "这台设备没有设为断网时可用。"
    desk = Desk(device, "", machines.stocked.library.main)
    desk.write("check_in", NOW - timedelta(minutes=9), "B001")
    sent = journal.write(desk.document(NOW))
    assert asked(http, "POST", "/offline/journal/", held, sent).json()["new"] == 1
    assert [e.state for e in models.PaperEntry.objects.all()] == ["done"]


def test_s1_a_machine_switched_off_or_given_a_new_password_opens_nothing(
    enrolled: Callable[..., Client], machines: Machines, ctx: Contexts
) -> None:
    held = token(enrolled("open"))
    places.renew_secret(device=machines.devices["open"], ctx=ctx())
    assert asked(Client(), "POST", "/offline/keys/", held).status_code == 401
    assert Client().post("/kiosk/alone/token/").status_code == 404
