"""H1: what an offline desk and the library exchange."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.circulation import commands, models
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.places import commands as places
from shuxiang.formats import journal
from shuxiang.interfaces.offline import snapshot
from shuxiang.kernel import clock
from tests.apps.circulation.test_offline import _desks
from tests.support.journals import Desk
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

NOW = moment("2020-06-10", "15:00")


@pytest.fixture
def desks(
    scene: Callable[..., Any],
    library: Library,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Stocked, Desk]:
    settings.HOME = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOW)
    stocked, east, _ = scene("circulation.offline", lambda: _desks(library))
    return stocked, Desk(east.id, east.secret, east.place)


@pytest.fixture
def stocked(desks: tuple[Stocked, Desk]) -> Stocked:
    return desks[0]


@pytest.fixture
def east(desks: tuple[Stocked, Desk]) -> Desk:
    return desks[1]


class Browser:
    """What the page does, without the page."""

    def __init__(self) -> None:
        self.http = Client(raise_request_exception=False, enforce_csrf_checks=True)
        self.given: dict[str, Any] = {}

    def enrol(self, login: str, secret: str) -> Any:
        answer = self.http.post(
            "/offline/enrol/",
            json.dumps({"login": login, "secret": secret}),
            content_type="application/json",
        )
        if answer.status_code == 200:
            self.given = answer.json()
        return answer

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Device {self.given.get('token', '')}"}

    def get(self, path: str, **headers: str) -> Any:
        return self.http.get(path, headers=self.headers | headers)

    def send(self, document: journal.Document | bytes) -> Any:
        data = document if isinstance(document, bytes) else journal.write(document)
        return self.http.post(
            "/offline/journal/", data, content_type="application/x-ndjson", headers=self.headers
        )


@pytest.fixture
def browser(east: Desk) -> Browser:
    made = Browser()
    assert made.enrol("east-1", east.secret).status_code == 200
    return made


def manifest(browser: Browser) -> dict[str, Any]:
    got = browser.get("/offline/snapshot/").json()
    key = b64decode(browser.given["keys"]["snapshot"])
    assert hmac.new(key, got["body"].encode(), hashlib.sha256).hexdigest() == got["mac"]
    said: dict[str, Any] = json.loads(got["body"])
    return said


def rows(browser: Browser, kind: str, code: str) -> list[Any]:
    names = manifest(browser)["parts"][kind]
    name = names[snapshot.bucket(code, len(names))]
    answer = browser.get(f"/offline/part/{name}/")
    assert answer.headers["Content-Encoding"] == "gzip"
    data = gzip.decompress(answer.content)
    assert hashlib.sha256(data).hexdigest() == name
    return [row for row in json.loads(data) if row[0] == code]


def test_enrolled_with_number_and_password_and_the_keys_are_the_librarys(
    east: Desk, browser: Browser
) -> None:
    assert b64decode(browser.given["keys"]["journal"]) == commands.journal_key(east.id)
    assert (browser.given["counter"], browser.given["mac"]) == (0, journal.GENESIS)
    answer = browser.get("/offline/snapshot/")
    assert answer.headers["X-Library-Time"] == str(int(NOW.timestamp() * 1000))
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("login", "secret"), [("east-1", "wrong"), ("nobody", "wrong"), ("east-1", ""), ("", "")]
)
def test_a_wrong_password_enrols_nobody(east: Desk, login: str, secret: str) -> None:
    answer = Browser().enrol(login, secret)
    assert answer.status_code == 422
    said = "设备编号与密码不符，或设备已停用。"
    assert answer.json() == {"kind": "error", "say": said}


def test_guessing_is_slowed_down(east: Desk) -> None:
    answers = [Browser().enrol("east-1", f"wrong{n}").status_code for n in range(11)]
    assert answers == [422] * 10 + [429]
    assert Browser().enrol("east-1", east.secret).status_code == 429


@pytest.mark.parametrize("how", ["secret", "off", "forged", "none"])
def test_s1_only_the_enrolled_device_is_answered(
    east: Desk, browser: Browser, ctx: Contexts, how: str
) -> None:
    assert browser.get("/offline/snapshot/").status_code == 200
    if how == "secret":
        places.renew_secret(device=east.id, ctx=ctx(at=NOW))
    elif how == "off":
        places.change_device(device=east.id, active=False, ctx=ctx(at=NOW))
    elif how == "forged":
        browser.given["token"] = f"{east.id}.{'0' * 64}"
    else:
        browser.given["token"] = ""
    east.write("check_in", NOW, "B001")
    for answer in (
        browser.get("/offline/snapshot/"),
        browser.get("/offline/outcomes/"),
        browser.get(f"/offline/part/{'0' * 64}/"),
        browser.send(east.document(NOW)),
    ):
        assert answer.status_code == 401
        assert "登记" in answer.json()["say"]
    assert models.JournalLine.objects.count() == 0


def test_the_snapshot_holds_what_decisions_need(
    stocked: Stocked, browser: Browser, ctx: Contexts
) -> None:
    commands.check_out(
        item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(at=moment("2020-06-09"))
    )
    said = manifest(browser)
    assert (said["first"], said["place"]) == ("2020-06-10", stocked.library.east)
    assert said["terms"]["adult|book"] == [[0, 30, 5, True, True, False]]
    assert said["terms"]["child|book"][0][2] == 3
    # Ten June plus thirty days is Friday; Saturday 13 June plus thirty is a Monday, when all is shut.
    assert said["due"]["30"][0] == "2020-07-10"
    assert said["due"]["30"][3] == "2020-07-14"
    main = stocked.library.main
    assert rows(browser, "items", "B001") == [
        ["B001", main, "红楼梦", "book", "available", main, 0]
    ]
    assert rows(browser, "loans", "B001") == [["B001", main, "2020-07-09"]]
    name = snapshot.card_name(stocked.cards["adult"])
    (card,) = rows(browser, "cards", name)
    assert card[:5] == [name, main, "李*", "adult", "active"]
    assert card[8] == [["book", "2020-07-09"]]


def test_h1_what_is_owed_is_known_and_from_where_on_it_stops_lending(
    stocked: Stocked, browser: Browser, ctx: Contexts
) -> None:
    main = stocked.library.main
    before = NOW - timedelta(days=1)
    places.set_setting(place=main, key="fees.at_desk", value=True, ctx=ctx(at=before))
    fees.add_rule(
        kind="limit", place=main, reader_category="adult", amount_fen=500,
        valid_from=NOW.date(), ctx=ctx(at=before),
    )  # fmt: skip
    fees.charge(
        card=stocked.cards["adult"], kind="other", amount_fen=620, note="污损", ctx=ctx(at=NOW)
    )
    assert manifest(browser)["owed"] == {"adult": 500}
    (card,) = rows(browser, "cards", snapshot.card_name(stocked.cards["adult"]))
    assert card[9] == 620
    (other,) = rows(browser, "cards", snapshot.card_name(stocked.cards["other"]))
    assert other[9] == 0


def test_s5_nothing_in_it_names_a_reader(stocked: Stocked, browser: Browser) -> None:
    said = manifest(browser)
    whole = json.dumps(said)
    for names in said["parts"].values():
        for name in names:
            whole += gzip.decompress(browser.get(f"/offline/part/{name}/").content).decode()
    for secret in ("李四", "王芳", *stocked.cards.values(), *stocked.patrons.values(), "441602"):
        assert f'"{secret}' not in whole


def test_only_what_changed_is_fetched_again(
    stocked: Stocked, browser: Browser, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = browser.get("/offline/snapshot/")
    again = browser.get("/offline/snapshot/", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    before = manifest(browser)["parts"]
    commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(at=NOW))
    assert manifest(browser)["parts"] == before
    later = NOW + snapshot.FRESH
    monkeypatch.setattr(clock, "now", lambda: later)
    after = manifest(browser)["parts"]
    assert after["items"] == before["items"]
    assert after["loans"] != before["loans"]
    assert after["cards"] != before["cards"]
    # A device that was cut off can still fetch what it was told of.
    assert browser.get(f"/offline/part/{before['loans'][0]}/").status_code == 200
    monkeypatch.setattr(clock, "now", lambda: later + snapshot.KEPT + timedelta(hours=1))
    old = later.timestamp() - 4 * 24 * 3600
    import os

    os.utime(snapshot.folder() / f"{before['loans'][0]}.gz", (old, old))
    manifest(browser)
    assert browser.get(f"/offline/part/{before['loans'][0]}/").status_code == 404


def test_many_items_are_spread_over_parts(
    stocked: Stocked, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "ROWS_A_PART", 3)
    names = manifest(browser)["parts"]["items"]
    assert len(names) == 4
    for barcode in stocked.items:
        assert len(rows(browser, "items", barcode)) == 1


def test_the_journal_is_taken_and_its_outcome_told(
    stocked: Stocked, east: Desk, browser: Browser
) -> None:
    east.write("check_out", moment("2020-06-10", "10:00"), "B001", stocked.cards["adult"])
    east.write("check_out", moment("2020-06-10", "10:01"), "X999", stocked.cards["adult"])
    answer = browser.send(east.document(NOW))
    assert answer.json() == {
        "new": 2,
        "again": 0,
        "waiting": 0,
        "aside": 0,
        "counter": 2,
        "mac": east.lines[-1].mac,
    }
    told = browser.get("/offline/outcomes/?since=1").json()
    assert told["open"] == 1
    assert told["lines"][0] == {
        "number": 1,
        "state": "done",
        "title": "红楼梦",
        "due": "2020-07-10",
        "says": [],
    }
    assert told["lines"][1]["says"] == ["没有条码号为 X999 的图书。"]
    assert browser.get("/offline/outcomes/?since=2").json()["lines"][0]["number"] == 2
    assert browser.get("/offline/outcomes/?since=x").status_code == 422
    assert browser.send(east.document(NOW)).json()["again"] == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]\n",
        b"{}\n",
        b'{"format":"shuxiang-journal","version":1,"device":"x","lines":0}\n',
        b"null\n" * 3,
        b"[" * 100_000,
    ],
)
def test_what_is_no_journal_is_refused_and_changes_nothing(
    browser: Browser, unchanged: Any, data: bytes
) -> None:
    with unchanged():
        answer = browser.send(data)
    assert answer.status_code == 422
    assert "读不懂" in answer.json()["say"]


def test_a_journal_cut_short_is_refused_whole(
    stocked: Stocked, east: Desk, browser: Browser, unchanged: Any
) -> None:
    for n in range(3):
        east.write("check_in", moment("2020-06-10", f"10:0{n}"), "B001")
    data = journal.write(east.document(NOW))
    for cut in (len(data) // 3, len(data) // 2, data.rindex(b'{"body"')):
        with unchanged():
            assert browser.send(data[:cut]).status_code == 422


def test_another_devices_journal_is_not_taken(
    stocked: Stocked, east: Desk, browser: Browser, ctx: Contexts, unchanged: Any
) -> None:
    made = places.add_device(
        place=east.place, kind="offline", login="east-2", name="x", ctx=ctx(at=NOW)
    )
    other = Desk(made.id, made.secret, east.place)
    other.write("check_in", NOW, "B001")
    with unchanged():
        assert browser.send(other.document(NOW)).status_code == 409


def test_the_page_holds_nobodys_data_and_the_worker_names_every_file(east: Desk) -> None:
    http = Client()
    page = http.get("/offline/")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-cache")
    assert "csrfmiddlewaretoken" not in page.content.decode()
    assert page.content == http.get("/offline/").content
    worker = http.get("/offline/sw.js").content.decode()
    for file in json.loads(worker.split("FILES = ")[1].split(";\n")[0]):
        answer = http.get(file)
        assert answer.status_code == 200, file
        answer.close()
