"""G4, Y1: availability as VuFind's DAIA driver asks for it and reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.stock.commands import items
from shuxiang.interfaces.common import uris
from shuxiang.interfaces.daia import views
from shuxiang.kernel import clock
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
NOW = moment("2020-06-10", "15:30")


@pytest.fixture
def stocked(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


def ask(id_: str, **more: str) -> Any:
    """The request of the driver: id and format, JSON wanted."""
    return Client().get(
        "/daia",
        {"id": id_, "format": "json"} | more,
        headers={"Accept": "application/json", "Content-Type": "application/json"},
    )


def as_vufind_reads(item: dict[str, Any]) -> dict[str, Any]:
    """What the driver makes of an item: an item of which nothing is known is not shown at all."""
    here, gone = item.get("available", []), item.get("unavailable", [])
    services = [s["service"] for s in here if s["service"] in ("loan", "presentation")]
    link = next((s["href"] for s in (*here, *gone) if s["service"] == "loan" and "href" in s), "")
    expected = [s["expected"] for s in gone if s.get("expected") not in (None, "", "unknown")]
    return {
        "shown": bool(link or expected or services),
        "availability": bool(services),
        "duedate": date.fromisoformat(expected[-1]) if expected else None,
        "requests": next((s["queue"] for s in gone if "queue" in s), ""),
        "holdable": bool({s["service"] for s in gone if "href" in s}),
        "location": item["department"]["content"],
        "callnumber": item.get("label", "Unknown"),
    }


def test_a_title_with_copies_here_out_and_for_use_in_the_house(
    stocked: Stocked, ctx: Contexts
) -> None:
    title = stocked.titles[0]
    circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk", at=NOW))
    items.change_item(item=stocked.items["B004"], call_number="I242.4/1", ctx=ctx(at=NOW))
    answer = ask(f"ppn:{title}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["X-DAIA-Version"] == "1.0.0"
    assert answer["Access-Control-Allow-Origin"] == "*"
    body = answer.json()
    assert body["institution"]["content"] == "总馆"
    assert body["timestamp"] == "2020-06-10T07:30:00+00:00"
    (document,) = body["document"]
    assert (document["id"], document["about"]) == (f"ppn:{title}", "红楼梦")
    read = {i["id"]: as_vufind_reads(i) for i in document["item"]}
    name = {b: uris.thing_uri(i) for b, i in stocked.items.items()}
    assert set(read) == {name[b] for b in ("B001", "B004", "B007", "E001")}
    assert read[name["B001"]] == {
        "shown": True,
        "availability": False,
        "duedate": date(2020, 7, 10),
        "requests": 0,
        "holdable": True,
        "location": "总馆",
        "callnumber": "Unknown",
    }
    assert (read[name["B004"]]["availability"], read[name["B004"]]["callnumber"]) == (
        True,
        "I242.4/1",
    )
    assert read[name["E001"]]["location"] == "东区分馆"
    (reference,) = ask(f"ppn:{stocked.titles[3]}").json()["document"][0]["item"]
    assert [s["service"] for s in reference["available"]] == ["presentation"]
    assert [s["service"] for s in reference["unavailable"]] == ["loan"]


def test_several_at_once_each_under_the_name_it_was_asked_by(stocked: Stocked) -> None:
    asked = [f"ppn:{t}" for t in stocked.titles[:3]]
    documents = ask("|".join([*asked, "ppn:nothing", asked[0]])).json()["document"]
    assert [d["id"] for d in documents] == asked
    assert all("requested" not in d for d in documents)
    item = uris.thing_uri(stocked.items["B002"])
    (one,) = ask(item).json()["document"]
    assert (one["id"], one["requested"]) == (uris.title_uri(stocked.titles[1]), item)
    assert [i["id"] for i in one["item"]] == [item]


def test_what_does_not_fit_into_one_answer_has_the_address_of_the_next(
    stocked: Stocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "AT_ONCE", 2)
    asked = [f"x:{t}" for t in stocked.titles[:3]]
    answer = ask("|".join(asked))
    assert [d["id"] for d in answer.json()["document"]] == asked[:2]
    following = answer["Link"].partition("<")[2].partition(">")[0]
    assert answer["Link"].endswith('; rel="next"')
    assert [d["id"] for d in Client().get(following).json()["document"]] == asked[2:]


def test_an_unknown_name_is_no_error(stocked: Stocked) -> None:
    for name in (
        "ppn:0",
        "isbn:\0",
        "isbn:" + "9" * 500,
        "urn:uuid:nothing",
        "isbn:9787020002207",
        "\0",
        "｜",
        "oai:x:" + "0" * 32,
    ):
        answer = ask(name)
        assert (answer.status_code, answer.json()["document"]) == (200, [])


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({}, 422, "invalid_request"),
        ({"id": "x"}, 422, "invalid_request"),
        ({"id": "x", "format": "xml"}, 422, "invalid_request"),
        ({"id": " | ", "format": "json"}, 422, "invalid_request"),
        ({"id": "x" * 20_001, "format": "json"}, 422, "invalid_request"),
        ({"id": "x", "format": "json", "callback": "a.b"}, 422, "invalid_request"),
        ({"id": "x", "format": "json", "patron": "1"}, 501, "not_implemented"),
        ({"id": "x", "format": "json", "access_token": "1"}, 501, "not_implemented"),
    ],
)
def test_bad_requests_have_the_errors_of_the_protocol(
    stocked: Stocked, query: dict[str, str], status: int, error: str
) -> None:
    answer = Client().get("/daia", query)
    body = answer.json()
    assert (answer.status_code, body["code"], body["error"]) == (status, status, error)
    assert body["error_description"]
    quiet = Client().get("/daia", query | {"suppress_response_codes": ""})
    assert (quiet.status_code, quiet.json()) == (200, body)


def test_pages_of_other_sites_may_ask(stocked: Stocked) -> None:
    http = Client()
    asked = http.options("/daia", headers={"Origin": "https://elsewhere.example"})
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Authorization" in asked["Access-Control-Allow-Headers"]
    wrong = http.post("/daia")
    assert (wrong.status_code, wrong.json()["error"]) == (405, "invalid_request")
    answer = ask("x:y", callback="show_it")
    assert answer["Content-Type"] == "application/javascript; charset=utf-8"
    assert answer.content.startswith(b"/**/show_it({")
    assert answer.content.endswith(b"});")
