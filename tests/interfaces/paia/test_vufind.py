"""G4, Y1: the account as VuFind's PAIA driver asks for it, what it reads of the answers, and what it
does in a reader's name."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.places import commands as places
from shuxiang.interfaces.common import uris
from shuxiang.ledger.models import Event
from tests.interfaces.paia.conftest import NOW, PIN, SCOPE, VuFind
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

MONEY = re.compile(r"([0-9]+\.[0-9][0-9]) ([A-Z][A-Z][A-Z])")


def lend(stocked: Stocked, ctx: Contexts, *barcodes: str, who: str = "adult") -> None:
    for barcode in barcodes:
        circulation.check_out(
            item_barcode=barcode, card=stocked.cards[who], ctx=ctx(at=moment("2020-06-01"))
        )


def test_signed_in_and_known(vufind: VuFind, stocked: Stocked) -> None:
    body = vufind.login(stocked.cards["adult"], PIN)
    assert body == {
        "access_token": vufind.token,
        "token_type": "Bearer",
        "expires_in": 3600,
        "patron": stocked.patrons["adult"],
        "scope": SCOPE,
    }
    answer = vufind.get(f"core/{vufind.patron}")
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Accepted-OAuth-Scopes"] == "read_patron"
    assert answer["X-OAuth-Scopes"] == SCOPE
    me = answer.json()
    assert me["name"] == "李四"
    assert (me["status"], me["address"]) == (0, "")
    # As the driver asks before it offers a reservation.
    assert me["expires"] > NOW.date().isoformat()


def test_loans_and_their_renewal(vufind: VuFind, stocked: Stocked, ctx: Contexts) -> None:
    lend(stocked, ctx, "B001", "B002")
    docs = {d["item"]: d for d in vufind.core("/items")["doc"]}
    first = docs[vufind.item("B001")]
    assert first == {
        "status": 3,
        "item": vufind.item("B001"),
        "edition": uris.title_uri(stocked.titles[0]),
        "about": "红楼梦",
        "label": "",
        "queue": 0,
        "renewals": 0,
        "starttime": "2020-06-01T10:00:00+08:00",
        "endtime": "2020-07-01",
        "duedate": "2020-07-01",
        "cancancel": False,
        "canrenew": True,
        "storage": "总馆",
        "storageid": "http://testserver/places/#place-main",
    }
    # The driver sends back what it was told, and looks for it among the answers.
    renewed = vufind.act("renew", {"item": first["item"]}, {"item": vufind.item("B005")})
    assert [(d["item"], d["status"]) for d in renewed] == [
        (first["item"], 3),
        (vufind.item("B005"), 0),
    ]
    assert (renewed[0]["endtime"], renewed[0]["renewals"]) == ("2020-07-31", 1)
    assert "error" not in renewed[0]
    assert renewed[1]["error"] == "这位读者没有借这本书。"
    assert {v.barcode: v.renewals for v in loans.open_loans(vufind.patron)} == {
        "B001": 1,
        "B002": 0,
    }
    event = Event.objects.get(type="loan.renewed")
    assert event.channel == "paia"
    (again,) = vufind.act("renew", {"item": first["item"]})
    assert (again["status"], again["canrenew"]) == (3, False)
    assert again["error"] == "已续借 1 次，上限 1 次。"


def test_a_title_is_reserved_and_given_up(vufind: VuFind, stocked: Stocked, ctx: Contexts) -> None:
    lend(stocked, ctx, "B003", "B006", who="other")
    (placed,) = vufind.act("request", {"item": vufind.item("B003")})
    assert (placed["status"], placed["item"]) == (1, vufind.item("B003"))
    assert placed["storageid"] == "http://testserver/places/#place-main"
    assert placed["requested"] == vufind.item("B003")
    (hold,) = loans.holds_of(vufind.patron)
    # Any copy will do, and it is known by itself until it has one.
    assert (hold.title, hold.wanted) == (stocked.titles[2], "")
    (told,) = vufind.core("/items")["doc"]
    assert (told["status"], told["item"], told["cancancel"], told["queue"]) == (
        1,
        uris.thing_uri(hold.id),
        True,
        1,
    )
    (twice,) = vufind.act("request", {"item": vufind.item("B006")})
    assert twice["status"] == 5
    assert twice["error"]
    gone = vufind.act("cancel", {"item": told["item"]}, {"item": vufind.item("B001")})
    assert gone[0] == {"status": 0, "item": told["item"]}
    assert gone[1]["error"] == "这位读者没有这项预约。"
    assert loans.holds_of(vufind.patron) == ()


def test_from_the_shelf_and_to_the_place_confirmed(
    vufind: VuFind, stocked: Stocked, library: Any
) -> None:
    east = "http://testserver/places/#place-east"
    storage = "http://purl.org/ontology/paia#StorageCondition"
    (placed,) = vufind.act(
        "request",
        {"edition": uris.title_uri(stocked.titles[0]), "confirm": {storage: [east]}},
    )
    assert (placed["status"], placed["storageid"]) == (2, east)
    (hold,) = loans.holds_of(vufind.patron)
    assert (hold.kind, hold.pickup) == ("shelf", library.east)
    (asked,) = vufind.act(
        "request",
        {"item": vufind.item("B002"), "confirm": {storage: ["http://testserver/moon"]}},
    )
    assert asked["status"] == 0
    assert asked["error"] == "请选择取书地点。"
    options = asked["condition"][storage]["option"]
    assert {"id": east, "about": "东区分馆"} in options
    assert len(loans.holds_of(vufind.patron)) == 1


def test_what_is_owed_in_the_protocols_money(
    vufind: VuFind, stocked: Stocked, ctx: Contexts, library: Any
) -> None:
    places.set_setting(place=library.main, key="fees.at_desk", value=True, ctx=ctx(at=NOW))
    fees.charge(
        card=stocked.cards["adult"], amount_fen=1250, kind="card", note="补证", ctx=ctx(at=NOW)
    )
    body = vufind.core("/fees")
    assert body["amount"] == "12.50 CNY"
    (fee,) = body["fee"]
    found = MONEY.fullmatch(fee["amount"])
    assert found is not None
    assert round(float(found[1]) * 100) == 1250
    assert (fee["date"], fee["feetype"], fee["about"]) == ("2020-06-10", "工本费", "补证")


def test_the_pin_is_changed_as_the_driver_sends_it(vufind: VuFind, stocked: Stocked) -> None:
    body = {"patron": vufind.patron, "username": vufind.patron}
    wrong = vufind.post("auth/change", body | {"old_password": "000111", "new_password": "739164"})
    assert (wrong.status_code, wrong.json()["error"]) == (403, "access_denied")
    weak = vufind.post("auth/change", body | {"old_password": PIN, "new_password": "123456"})
    assert (weak.status_code, weak.json()["error"]) == (403, "access_denied")
    done = vufind.post("auth/change", body | {"old_password": PIN, "new_password": "739164"})
    assert done.json() == {"patron": vufind.patron}
    assert vufind.core()["name"] == "李四"
    assert vufind.login(stocked.cards["adult"], PIN)["error"] == "access_denied"


def test_other_systems_sign_readers_in_themselves_only_where_trusted(
    vufind: VuFind, stocked: Stocked, ctx: Contexts, library: Any, unchanged: Callable[..., Any]
) -> None:
    made = places.add_device(
        place=library.main, kind="client", login="opac", name="发现系统", ctx=ctx(at=NOW)
    )
    basic = "Basic " + base64.b64encode(f"opac:{made.secret}".encode()).decode()
    vufind.token = ""
    body = {"patron": stocked.cards["adult"], "grant_type": "client_credentials", "scope": SCOPE}
    with unchanged():
        refused = vufind.post("auth/login", body, Authorization=basic)
    assert (refused.status_code, refused.json()["error"]) == (403, "access_denied")
    places.change_device(device=made.id, settings={"trusted": True}, ctx=ctx(at=NOW))
    done = vufind.post("auth/login", body, Authorization=basic).json()
    assert done["patron"] == stocked.patrons["adult"]
    # The PIN is the reader's alone to change.
    assert "change_password" not in done["scope"].split()
    vufind.token, vufind.patron = done["access_token"], done["patron"]
    assert vufind.core()["name"] == "李四"
    vufind.token = ""
    for odd in ("nobody", "z" * 32, "0" * 32):
        answer = vufind.post("auth/login", body | {"patron": odd}, Authorization=basic)
        assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")
    wrong = "Basic " + base64.b64encode(b"opac:wrong").decode()
    vufind.token = ""
    assert vufind.post("auth/login", body, Authorization=wrong).status_code == 403
