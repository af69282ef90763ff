"""G4, Y1: ILS-DI as Koha answers it, for clients with a password alone where readers are concerned."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from lxml import etree

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.places import commands as places
from shuxiang.formats.marc import from_record
from shuxiang.formats.marc.marcxml import read_marcxml
from shuxiang.interfaces.ilsdi.services import SERVICES
from shuxiang.kernel import clock
from shuxiang.ledger.models import Event
from tests.interfaces.paia.conftest import PIN, give_pin
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
NOW = moment("2020-06-10", "15:30")
DLF = {"dlf": "http://diglib.org/ilsdi/1.1"}


class Asker:
    """A discovery system with a client's number and password."""

    def __init__(self, basic: str = "") -> None:
        self.http = Client(raise_request_exception=False)
        self.basic = basic

    def get(self, service: str, status: int = 200, **parameters: Any) -> Any:
        headers = {"Authorization": self.basic} if self.basic else {}
        answer = self.http.get("/ilsdi", {"service": service} | parameters, headers=headers)
        assert answer.status_code == status, answer.content
        assert answer["Content-Type"] == "text/xml; charset=utf-8"
        tree = etree.fromstring(answer.content)
        assert tree.tag == service or service not in SERVICES or tree.prefix == "dlf"
        return tree

    def told(self, service: str, status: int = 200, **parameters: Any) -> dict[str, str]:
        return {e.tag: e.text or "" for e in self.get(service, status, **parameters)}


@pytest.fixture
def stocked(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


def client(library: Library, ctx: Contexts, login: str, **settings: bool) -> Asker:
    made = places.add_device(
        place=library.main,
        kind="client",
        login=login,
        name="发现系统",
        settings=settings,
        ctx=ctx(at=NOW),
    )
    word = base64.b64encode(f"{login}:{made.secret}".encode()).decode()
    return Asker(f"Basic {word}")


@pytest.fixture
def opac(stocked: Stocked, library: Library, ctx: Contexts) -> Asker:
    give_pin(stocked, ctx, "adult")
    return client(library, ctx, "opac")


@pytest.fixture
def me(opac: Asker, stocked: Stocked) -> str:
    """The adult, whose PIN was shown."""
    told = opac.told("AuthenticatePatron", username=stocked.cards["adult"], password=PIN)
    assert told == {"id": stocked.patrons["adult"]}
    return told["id"]


def test_availability_of_titles_and_items(stocked: Stocked, ctx: Contexts) -> None:
    circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk", at=NOW))
    tree = Asker().get("GetAvailability", id=" ".join(stocked.titles[::3]), id_type="bib")
    found = {
        item.get("id"): (
            item.findtext(".//dlf:availabilitystatus", "", DLF),
            item.findtext(".//dlf:availabilitymsg", "", DLF),
            item.findtext(".//dlf:location", "", DLF),
        )
        for item in tree.iter("{http://diglib.org/ilsdi/1.1}item")
    }
    of = stocked.items
    assert found == {
        of["B001"]: ("not available", "Checked out", "总馆"),
        of["B004"]: ("available", "", "总馆"),
        of["B007"]: ("available", "", "总馆"),
        of["E001"]: ("available", "", "东区分馆"),
        of["R001"]: ("not available", "Not for loan", "总馆"),
    }
    tree = Asker().get("GetAvailability", id=f"{of['B002']} nothing", id_type="item")
    assert [r.get("id") for r in tree.iter("{http://diglib.org/ilsdi/1.1}bibliographic")] == [
        stocked.titles[1],
        "nothing",
    ]
    states = [e.text for e in tree.iter("{http://diglib.org/ilsdi/1.1}availabilitystatus")]
    assert states == ["available", "unknown"]


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int = -1, /) -> bytes:
        data, self.data = self.data, b""
        return data


def test_records_with_their_copies_and_no_readers(stocked: Stocked, ctx: Contexts) -> None:
    circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk", at=NOW))
    tree = Asker().get("GetRecords", id=f"{stocked.titles[0]} {'0' * 32}")
    first, second = tree.findall("record")
    assert first.findtext("title") == "红楼梦"
    read = list(read_marcxml(_Bytes((first.findtext("marcxml") or "").encode())))
    assert from_record(read[0].record).title == "红楼梦"  # type: ignore[union-attr]
    copies = {i.findtext("barcode"): i.findtext("date_due") for i in first.iter("item")}
    assert copies == {"B001": "2020-07-10", "B004": None, "B007": None, "E001": None}
    text = etree.tostring(tree, encoding="unicode")
    assert stocked.patrons["adult"] not in text
    assert second.findtext("code") == "RecordNotFound"
    assert Asker().told("GetRecords", id="x", schema="MODS") == {"code": "UnsupportedSchema"}


def test_a_reader_with_loans_holds_and_fines(
    opac: Asker, me: str, stocked: Stocked, ctx: Contexts
) -> None:
    circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk", at=NOW))
    asked = {"show_loans": "1", "show_holds": "1", "show_fines": "1", "show_contact": "0"}
    tree = opac.get("GetPatronInfo", patron_id=me, **asked)
    assert (tree.findtext("surname"), tree.findtext("charges")) == ("李四", "0.00")
    assert tree.findtext("branchname") == "总馆"
    assert tree.find("phone") is None
    (loan,) = tree.iter("loan")
    assert {e.tag: e.text for e in loan if e.tag in ("title", "date_due", "renewable")} == {
        "title": "红楼梦",
        "date_due": "2020-07-10 23:59:00",
        "renewable": "1",
    }
    status = opac.told("GetPatronStatus", patron_id=me)
    assert (status["type"], status["status"]) == ("adult", "0")


def test_renewing_reserving_and_cancelling(
    opac: Asker, me: str, stocked: Stocked, ctx: Contexts, library: Library
) -> None:
    circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk", at=NOW))
    item = stocked.items["B001"]
    offered = [e.text for e in opac.get("GetServices", patron_id=me, item_id=item)]
    assert offered == ["loan renewal"]
    done = opac.told("RenewLoan", patron_id=me, item_id=item)
    assert (done["success"], done["date_due"]) == ("1", "2020-08-09 23:59")
    again = opac.told("RenewLoan", patron_id=me, item_id=item)
    assert (again["success"], again["error"]) == ("0", "renewal-limit")
    assert opac.told("RenewLoan", patron_id=me, item_id=stocked.items["B002"]) == {
        "code": "RecordNotFound"
    }
    told = opac.told(
        "HoldTitle",
        patron_id=me,
        bib_id=stocked.titles[1],
        request_location="127.0.0.1",
        pickup_location="east",
    )
    assert (told["title"], told["pickup_location"]) == ("三体", "东区分馆")
    asked = {"patron_id": me, "bib_id": stocked.titles[2], "item_id": stocked.items["B003"]}
    assert opac.told("HoldItem", **asked)["pickup_location"] == "总馆"
    assert opac.told("HoldItem", **asked)["code"] == "NotHoldable"
    assert opac.told("HoldItem", **asked, pickup_location="moon") == {"code": "LocationNotFound"}
    holds = {h.title: h for h in loans.holds_of(me)}
    assert holds[stocked.titles[1]].pickup == library.east
    assert holds[stocked.titles[2]].wanted == stocked.items["B003"]
    assert opac.told("CancelHold", patron_id=me, item_id=holds[stocked.titles[1]].id) == {
        "code": "Canceled"
    }
    assert opac.told("CancelHold", patron_id=me, item_id="x") == {"code": "RecordNotFound"}
    assert len(loans.holds_of(me)) == 1
    assert {e.channel for e in Event.objects.filter(type__in=["loan.renewed", "hold.placed"])} == {
        "ilsdi"
    }


def test_of_readers_only_those_whose_pin_was_shown(
    opac: Asker,
    me: str,
    stocked: Stocked,
    ctx: Contexts,
    library: Library,
    unchanged: Callable[..., Any],
) -> None:
    other = stocked.patrons["other"]
    with unchanged():
        assert opac.told("GetPatronInfo", patron_id=other) == {"code": "PatronNotFound"}
        assert opac.told("LookupPatron", 403, id=stocked.cards["other"])["code"] == "NotAllowed"
    wrong = opac.told("AuthenticatePatron", username=stocked.cards["other"], password="000111")
    assert wrong["code"] == "PatronNotFound"
    # What one client was shown is nothing to another.
    assert client(library, ctx, "second").told("GetPatronStatus", patron_id=me) == {
        "code": "PatronNotFound"
    }
    trusted = client(library, ctx, "third", trusted=True)
    for odd in ("z" * 32, "Ａ" * 32, "x", "0" * 32):
        assert trusted.told("GetPatronStatus", patron_id=odd) == {"code": "PatronNotFound"}
        told = trusted.told("LookupPatron", id=odd, id_type="borrowernumber")
        assert told == {"message": "PatronNotFound"}
    assert trusted.told("LookupPatron", id=stocked.cards["other"]) == {"id": other}
    assert trusted.told("LookupPatron", id="nobody") == {"message": "PatronNotFound"}
    assert trusted.told("GetPatronStatus", patron_id=other)["status"] == "0"


def test_without_a_clients_password_readers_are_closed(stocked: Stocked) -> None:
    for name, service in SERVICES.items():
        if service.access == "anybody":
            continue
        asked = dict.fromkeys(service.required, "x")
        for basic in ("", "Basic !", "Basic eDp5", "Bearer x"):
            assert Asker(basic).told(name, 401, **asked)["code"] == "NotAllowed"
    # Too many wrong passwords from one address, and it waits.
    told = [Asker("Basic eDp5").http.get(
        "/ilsdi", {"service": "GetPatronStatus", "patron_id": "x"},
        headers={"Authorization": "Basic eDp5"},
    ).status_code for _ in range(30)]  # fmt: skip
    assert (told[0], told[-1]) == (401, 429)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"service": "GetPatronInfo"}, "MissingParameter"),
    ({"service": "GetAvailability", "id": "1"}, "MissingParameter"),
    ({"service": "GetAvailability", "id": " ", "id_type": "bib"}, "MissingParameter"),
    ({"service": "GetAvailability", "id": "1", "id_type": "x"}, "IllegalParameter"),
    ({"service": "GetRecords", "id": "1", "colour": "red"}, "IllegalParameter"),
    ({"service": "GetRecords", "id": ["1", "2"]}, "MultipleValuesNotAllowed"),
    ({"service": "GetRecords", "id": "x" * 4001}, "IllegalParameter"),
    ({"service": "GetRecords", "id": "a\0b"}, "IllegalParameter"),
    ({"service": "Explode"}, "NotSupported"),
    ({"service": "Describe", "verb": "Explode"}, "NotSupported"),
]


def test_bad_requests_have_kohas_codes(stocked: Stocked) -> None:
    found = []
    for query, _code in BAD:
        answer = Client().get("/ilsdi", query)
        assert answer.status_code == 200
        found.append((query, etree.fromstring(answer.content).findtext("code")))
    assert found == BAD


def test_it_describes_itself(stocked: Stocked) -> None:
    tree = etree.fromstring(Client().get("/ilsdi").content)
    assert [s.findtext("name") for s in tree.iter("service")] == list(SERVICES)
    one = Asker().get("Describe", verb="HoldItem")
    assert [e.text for e in one.findall("required")] == ["patron_id", "bib_id", "item_id"]
