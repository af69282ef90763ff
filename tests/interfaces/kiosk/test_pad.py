"""Batches by RFID pad (rows G2, B7; F24): counted, confirmed, done, secured; every fault of a device."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import commands as places
from shuxiang.apps.places import queries
from shuxiang.bridge.protocol import Bridge
from shuxiang.bridge.simulated import Hardware, book_tag, devices
from shuxiang.formats import rfid
from tests.interfaces.kiosk.conftest import PIN, Machines
from tests.interfaces.kiosk.pages import Form, Screen
from tests.support.library import Contexts

pytestmark = pytest.mark.db


@pytest.fixture
def hardware() -> Hardware:
    return Hardware()


@pytest.fixture
def relay(hardware: Hardware) -> Callable[..., Screen]:
    """What the page does with a form that asks the devices."""
    bridge = Bridge(devices(hardware))

    def post(page: Screen, form: Form) -> Screen:
        answers = []
        for call in form.device:
            method = "GET" if call["body"] is None else "POST"
            status, body = bridge.call(method, call["path"], call["body"])
            answers.append({"path": call["path"], "status": status, "body": body})
        return page.send(form, answer=json.dumps(answers))

    return post


@pytest.fixture
def at_pad(at_machine: Callable[..., Screen], machines: Machines) -> Callable[..., Screen]:
    """The screen of a machine with a pad, a reader before it (``borrow``) or none (``return``)."""

    def first(act: str) -> Screen:
        page = at_machine("pad").open(f"/kiosk/{act}/")
        if act == "borrow":
            page = page.scan(machines.stocked.cards["adult"]).press("下一步", pin=PIN)
        return page

    return first


def lay(hardware: Hardware, *barcodes: str, **more: Any) -> None:
    hardware.tags = {f"E{n}": book_tag(f"E{n}", b, **more) for n, b in enumerate(barcodes)}


def afis(hardware: Hardware) -> list[int]:
    return [tag.afi for tag in hardware.tags.values()]


def on_loan(machines: Machines) -> list[str]:
    return sorted(v.barcode for v in circulation.open_loans(machines.stocked.patrons["adult"]))


def test_b7_g2_a_stack_is_counted_confirmed_lent_and_released(
    at_pad: Callable[..., Screen],
    relay: Callable[..., Screen],
    hardware: Hardware,
    machines: Machines,
) -> None:
    lay(hardware, "B001", "B002", "B003")
    page = at_pad("borrow")
    page = relay(page, page.device_form())
    assert "垫板上有 3 册，对吗？" in page.text
    assert "红楼梦" in page.text
    assert on_loan(machines) == []
    page = relay(page, page.form("对，3 册"))
    assert "请稍候" in page.text
    assert on_loan(machines) == ["B001", "B002", "B003"]
    assert afis(hardware) == [rfid.AFI_IN_LIBRARY] * 3
    page = relay(page, page.device_form())
    assert afis(hardware) == [rfid.AFI_LENT] * 3
    assert "已办 3 册" in page.text
    assert page.sound == "ok"
    # The stack still lies there: it is known, and nothing is asked again.
    again = relay(page, page.device_form())
    assert "已办 3 册" in again.text


def test_b7_given_back_a_stack_is_secured(
    at_pad: Callable[..., Screen],
    relay: Callable[..., Screen],
    hardware: Hardware,
    machines: Machines,
) -> None:
    page = at_pad("borrow").scan("B001").scan("B002")
    assert on_loan(machines) == ["B001", "B002"]
    lay(hardware, "B001", "B002", lent=True)
    page = at_pad("return")
    page = relay(page, page.device_form())
    page = relay(page, page.form("对，2 册"))
    page = relay(page, page.device_form())
    assert on_loan(machines) == []
    assert afis(hardware) == [rfid.AFI_IN_LIBRARY] * 2
    assert "已办 2 册" in page.text


def test_f24_another_book_on_the_pad_than_was_confirmed_does_nothing(
    at_pad: Callable[..., Screen],
    relay: Callable[..., Screen],
    hardware: Hardware,
    machines: Machines,
) -> None:
    """The neighbour's book slid onto the pad between counting and saying yes."""
    lay(hardware, "B001", "B002")
    page = at_pad("borrow")
    page = relay(page, page.device_form())
    lay(hardware, "B001", "B002", "B004")
    page = relay(page, page.form("对，2 册"))
    assert "垫板上的书有变化" in page.text
    assert "垫板上有 3 册" in page.text
    assert on_loan(machines) == []
    assert afis(hardware) == [rfid.AFI_IN_LIBRARY] * 3


def test_g2_a_refused_book_keeps_its_security(
    at_pad: Callable[..., Screen],
    relay: Callable[..., Screen],
    hardware: Hardware,
    machines: Machines,
) -> None:
    lay(hardware, "B001", "R001", "X999")
    page = at_pad("borrow")
    page = relay(page, page.device_form())
    page = relay(page, page.form("对，3 册"))
    page = relay(page, page.device_form())
    assert "已办 1 册 · 2 册未办" in page.text
    assert "只供馆内阅览" in page.text
    assert afis(hardware) == [rfid.AFI_LENT, rfid.AFI_IN_LIBRARY, rfid.AFI_IN_LIBRARY]
    assert page.sound == "refused"


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ([replace(book_tag("E1", "B001"), data=None)], "有 1 册的标签读不出"),
        ([book_tag("E1", "B001", part="21")], "《红楼梦》共 2 件，缺第 2 件，请放齐"),
        ([book_tag("E1", "B001", owner="CN-110108-1-NLC")], "《红楼梦》不是本馆的书"),
        ([book_tag("E1", "B001", usage="20")], "《红楼梦》不外借"),
        ([book_tag("E1", "B001"), book_tag("E2", "B001")], "两个标签都是《红楼梦》"),
    ],
)
def test_b7_what_is_wrong_on_the_pad_is_said_and_nothing_done(
    at_pad: Callable[..., Screen],
    relay: Callable[..., Screen],
    hardware: Hardware,
    machines: Machines,
    tags: list[Any],
    said: str,
) -> None:
    hardware.tags = {tag.uid: tag for tag in tags}
    page = at_pad("borrow")
    page = relay(page, page.device_form())
    assert said in page.text
    assert page.sound == "refused"
    assert not [f for f in page.forms() if f.label.startswith("对，")]
    assert on_loan(machines) == []


def test_g2_all_parts_of_a_book_are_one_loan(
    at_pad: Callable[..., Screen],
    relay: Callable[..., Screen],
    hardware: Hardware,
    machines: Machines,
) -> None:
    hardware.tags = {u: book_tag(u, "B001", part=p) for u, p in (("E1", "21"), ("E2", "22"))}
    page = at_pad("borrow")
    page = relay(page, page.device_form())
    assert "垫板上有 1 册" in page.text
    page = relay(page, page.form("对，1 册"))
    relay(page, page.device_form())
    assert on_loan(machines) == ["B001"]
    assert afis(hardware) == [rfid.AFI_LENT] * 2


def test_b7_a_label_that_can_not_be_written_stays_secured_and_somebody_is_called(
    at_pad: Callable[..., Screen],
    relay: Callable[..., Screen],
    hardware: Hardware,
    machines: Machines,
) -> None:
    lay(hardware, "B001", "B002")
    page = at_pad("borrow")
    page = relay(page, page.device_form())
    page = relay(page, page.form("对，2 册"))
    hardware.faults = {"security"}
    page = relay(page, page.device_form())
    assert on_loan(machines) == ["B001", "B002"]
    assert page.text.count("防盗没有解除，过门会报警") == 2
    assert afis(hardware) == [rfid.AFI_IN_LIBRARY] * 2
    assert page.sound == "notice"
    main = machines.stocked.library.main
    assert [c.code for c in queries.open_calls([main])] == ["security"]


def test_a_pad_that_does_not_answer_leaves_the_scanner(
    at_pad: Callable[..., Screen], relay: Callable[..., Screen], hardware: Hardware
) -> None:
    page = at_pad("return")
    form = page.device_form()
    page = page.send(form, answer=json.dumps([{"path": "rfid/tags", "status": 0, "body": {}}]))
    assert "垫板没有响应，请改为扫描条码" in page.text
    for answer in ("", "{", "[]", "[1]", '[{"status":"200"}]', "[" * 50):
        assert page.send(form, answer=answer).status == 200


def test_g2_three_bad_scans_call_somebody_and_say_why(
    at_machine: Callable[..., Screen], machines: Machines, ctx: Contexts
) -> None:
    page = at_machine().open("/kiosk/return/").scan("X1").scan("X2")
    main = machines.stocked.library.main
    assert queries.open_calls([main]) == ()
    page = page.scan("X3")
    assert "馆员马上就来" in page.text
    assert "馆内没有这个条码的书" in page.text
    (call,) = queries.open_calls([main])
    assert (call.code, call.name) == ("bad-scans", "main")
    page = page.press("我自己继续")
    assert "3 册未办" in page.text
    for code in ("X4", "X5", "X6"):
        page = page.scan(code)
    assert len(queries.open_calls([main])) == 1
    places.answer_call(call=call.id, ctx=ctx("desk"))
    assert queries.open_calls([main]) == ()


def test_one_good_scan_ends_the_row(at_machine: Callable[..., Screen], machines: Machines) -> None:
    page = at_machine().open("/kiosk/return/").scan("X1").scan("X2").scan("B001").scan("X3")
    assert "馆员马上就来" not in page.text
    assert queries.open_calls([machines.stocked.library.main]) == ()


def test_a_visit_that_is_not_ours_begins_anew(at_machine: Callable[..., Screen]) -> None:
    page = at_machine().open("/kiosk/return/")
    page = page.send(page.form(), visit="eyJsaW5lcyI6W119:forged:x", scan="B001")
    assert "已办 1 册" in page.text
