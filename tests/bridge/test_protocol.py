"""The device bridge (rows G2, B7, C2): every call, every fault, over HTTP and without it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shuxiang.bridge import escpos
from shuxiang.bridge.devices import Devices, Fault, IdCard
from shuxiang.bridge.protocol import Bridge
from shuxiang.bridge.server import Server
from shuxiang.bridge.simulated import FAULTS, Hardware, PowerCut, book_tag, devices
from shuxiang.formats import rfid

LIBRARY = "http://127.0.0.1:8000"


@pytest.fixture
def hardware() -> Hardware:
    return Hardware(blanks=2)


@pytest.fixture
def bridge(hardware: Hardware) -> Bridge:
    return Bridge(devices(hardware))


def test_b7_tags_and_their_security(bridge: Bridge, hardware: Hardware) -> None:
    tag = book_tag("E004", "0100001", owner="CN-441602-1-YC")
    hardware.tags = {"E004": tag, "E005": replace(tag, uid="E005", data=None)}
    assert tag.data is not None
    assert bridge.call("GET", "rfid/tags") == (
        200,
        {
            "books": [
                {"barcode": "0100001", "owner": "CN-441602-1-YC", "uids": ("E004",), "fault": ""}
            ],
            "unread": 1,
            "tags": [
                {"uid": "E004", "afi": "07", "dsfid": "06", "data": tag.data.hex().upper()},
                {"uid": "E005", "afi": "07", "dsfid": "06", "data": None},
            ],
        },
    )
    lent = bridge.call("POST", "rfid/security", {"uid": "E004", "secured": False})
    assert lent == (200, {"uid": "E004", "afi": "C2"})
    assert hardware.tags["E004"].afi == rfid.AFI_LENT
    back = bridge.call("POST", "rfid/security", {"uid": "E004", "secured": True})
    assert back == (200, {"uid": "E004", "afi": "07"})


def test_b7_on_a_fault_the_tag_stays_secured(bridge: Bridge, hardware: Hardware) -> None:
    hardware.tags = {"E004": book_tag("E004", "0100001")}
    hardware.faults = {"security"}
    answer = bridge.call("POST", "rfid/security", {"uid": "E004", "secured": False})
    assert answer == (409, {"fault": "write"})
    assert hardware.tags["E004"].afi == rfid.AFI_IN_LIBRARY


def test_c2_a_card_from_blank_to_hand(bridge: Bridge, hardware: Hardware) -> None:
    given = {"issue": "i1", "number": "00000007"}
    assert bridge.call("POST", "card/dispense", given) == (200, {"state": "held"})
    assert bridge.call("POST", "card/dispense", given) == (200, {"state": "held"})
    assert hardware.blanks == 1
    assert bridge.call("POST", "card/read", {}) == (200, {"number": "00000007"})
    assert bridge.call("POST", "card/offer", {"issue": "i1"}) == (200, {"state": "taken"})
    assert bridge.call("POST", "card/offer", {"issue": "i1"}) == (200, {"state": "taken"})
    status, now = bridge.call("GET", "card")
    assert status == 200
    assert now["state"] == "none"
    assert now["last"] == {"issue": "i1", "number": "00000007", "outcome": "taken"}
    assert now["low"]


@pytest.mark.parametrize(
    ("fault", "call", "body", "code"),
    [
        ("jam", "card/dispense", {"issue": "i", "number": "1"}, "jam"),
        ("card-unreadable", "card/read", {}, "unreadable"),
        ("pad-offline", "rfid/security", {"uid": "E004", "secured": True}, "offline"),
        ("paper-out", "print", {"lines": ["x"]}, "paper-out"),
        ("printer-offline", "print", {"lines": ["x"]}, "offline"),
        ("", "rfid/security", {"uid": "E9", "secured": True}, "gone"),
        ("", "card/dispense", {"issue": "other", "number": "1"}, "occupied"),
    ],
)
def test_faults_of_devices(
    bridge: Bridge, hardware: Hardware, fault: str, call: str, body: dict[str, Any], code: str
) -> None:
    if fault != "jam":
        hardware.held, hardware.issue, hardware.number = "held", "i", "1"
    hardware.faults = {fault} - {""}
    assert fault == "" or fault in FAULTS
    assert bridge.call("POST", call, body) == (409, {"fault": code})


def test_an_empty_hopper_and_one_not_fitted(hardware: Hardware) -> None:
    hardware.blanks = 0
    asked = {"issue": "i", "number": "1"}
    assert Bridge(devices(hardware)).call("POST", "card/dispense", asked) == (
        409,
        {"fault": "empty"},
    )
    assert Bridge(Devices()).call("POST", "card/dispense", asked) == (501, {"fault": "not-fitted"})
    assert Bridge(Devices()).call("GET", "status")[1]["devices"] == {}


def test_id_cards(bridge: Bridge, hardware: Hardware) -> None:
    assert bridge.call("GET", "id") == (200, {"state": "none"})
    hardware.id_card = IdCard("张三", "441602199001011234")
    assert bridge.call("GET", "id")[1]["number"] == "441602199001011234"
    hardware.faults = {"id-unreadable"}
    assert bridge.call("GET", "id") == (409, {"fault": "unreadable"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("POST", "rfid/tags", {}, 404),
        ("POST", "rfid/security", {"uid": "E004"}, 400),
        ("POST", "rfid/security", {"uid": 4, "secured": True}, 400),
        ("POST", "card/dispense", {"number": "1"}, 400),
        ("POST", "card/offer", {"issue": "i", "seconds": 1e9}, 400),
        ("POST", "print", {"lines": "x"}, 400),
        ("POST", "print", {"lines": ["x"], "qr": "q" * 3000}, 400),
    ],
)
def test_what_is_no_call(bridge: Bridge, method: str, path: str, body: Any, status: int) -> None:
    assert bridge.call(method, path, body)[0] == status


def test_an_adapter_that_breaks_is_told_as_broken(bridge: Bridge) -> None:
    class Broken:
        def inventory(self) -> Any:
            raise RuntimeError("a maker's library")

    bridge.devices.pad = Broken()  # type: ignore[assignment]
    assert bridge.call("GET", "rfid/tags") == (409, {"fault": "broken"})


# --- HTTP -------------------------------------------------------------------------------------


@pytest.fixture
def server(bridge: Bridge, hardware: Hardware) -> Iterator[Server]:
    running = Server(0, bridge, [LIBRARY], hardware=hardware)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def ask(
    server: Server, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    found = (answer.status, dict(answer.getheaders()), answer.read())
    connection.close()
    return found


def test_only_the_library_s_own_pages(server: Server) -> None:
    status, headers, body = ask(server, "GET", "/v1/status", Origin=LIBRARY)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == LIBRARY
    assert json.loads(body)["version"] == 1
    for origin in ("http://evil.example", "null", f"{LIBRARY}.evil"):
        assert ask(server, "GET", "/v1/status", Origin=origin)[0] == 403
        assert ask(server, "OPTIONS", "/v1/status", Origin=origin)[0] == 403
    assert ask(server, "GET", "/v1/status", Host="evil.example:80")[0] == 403
    status, headers, _ = ask(server, "OPTIONS", "/v1/print", Origin=LIBRARY)
    assert (status, headers["Access-Control-Allow-Private-Network"]) == (204, "true")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{", {}),
        (b"[]", {}),
        (b"", {"Content-Length": "x"}),
        (b"", {"Content-Length": "99999999"}),
        (b"", {"Content-Length": "-5"}),
    ],
)
def test_a_body_that_is_none(server: Server, body: bytes, headers: dict[str, str]) -> None:
    assert ask(server, "POST", "/v1/print", body, **headers)[0] == 400


def test_the_panel_sets_and_the_page_may_not(server: Server, hardware: Hardware) -> None:
    books = json.dumps({"books": [{"barcode": "B001"}, {"barcode": "B002", "readable": False}]})
    assert ask(server, "POST", "/simulate", books.encode(), Origin=LIBRARY)[0] == 403
    assert ask(server, "POST", "/simulate", books.encode())[0] == 200
    assert [t.data is None for t in hardware.tags.values()] == [False, True]
    assert ask(server, "GET", "/")[0] == 200


def test_a_power_cut_answers_nothing(server: Server, hardware: Hardware) -> None:
    hardware.cut = "after dispense"
    body = json.dumps({"issue": "i1", "number": "7"}).encode()
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(server, "POST", "/v1/card/dispense", body)
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(server, "GET", "/v1/status")
    ask(server, "POST", "/simulate", b'{"power": true}')
    assert json.loads(ask(server, "GET", "/v1/card")[2])["state"] == "held"


def test_a_cut_is_no_fault_of_a_device(bridge: Bridge, hardware: Hardware) -> None:
    hardware.cut = "before read"
    with pytest.raises(PowerCut):
        bridge.call("POST", "card/read", {})


def test_slips_for_the_printer(tmp_path: Any) -> None:
    path = tmp_path / "lp0"
    printer = escpos.EscPosPrinter(str(path))
    printer.print(["借书凭条", "红楼梦"], "https://lib.example.cn/x")
    sent = path.read_bytes()
    assert sent.startswith(b"\x1b@\x1c&")
    assert "借书凭条\n红楼梦\n".encode("gb18030") in sent
    assert b"\x1d(k\x1b\x001P0https://lib.example.cn/x" in sent
    assert sent.endswith(b"\x1dV\x42\x00")
    missing = escpos.EscPosPrinter("tcp://127.0.0.1:1")
    assert missing.ready() == "offline"
    with pytest.raises(Fault):
        missing.print(["x"], "")
