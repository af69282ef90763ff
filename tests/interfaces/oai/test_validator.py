"""Y2: what the validator behind openarchives.org's registration asks, and the order of elements that the
protocol's schema prescribes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from lxml import etree

from tests.interfaces.oai.test_harvesting import NS, Harvester, batch, harvester

__all__ = ["batch", "harvester"]

pytestmark = pytest.mark.db
OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TOKEN = {"expirationDate", "completeListSize", "cursor"}
ELEMENTS = {
    "title",
    "creator",
    "subject",
    "description",
    "publisher",
    "contributor",
    "date",
    "type",
    "format",
    "identifier",
    "source",
    "language",
    "relation",
    "coverage",
    "rights",
}
IDENTIFY = [
    "repositoryName",
    "baseURL",
    "protocolVersion",
    "adminEmail",
    "earliestDatestamp",
    "deletedRecord",
    "granularity",
    "description",
]
SCHEMA: dict[str, list[str]] = {
    "OAI-PMH": ["responseDate", "request", "*"],
    "Identify": IDENTIFY,
    "metadataFormat": ["metadataPrefix", "schema", "metadataNamespace"],
    "set": ["setSpec", "setName"],
    "record": ["header", "metadata"],
    "header": ["identifier", "datestamp", "setSpec"],
}
"""Element → its children in their order; ``*`` is any."""


def check(tree: Any) -> None:
    """An answer as the schema has it."""
    for element in tree.iter():
        name = etree.QName(element)
        if name.namespace != OAI[1:-1]:
            continue
        order = SCHEMA.get(name.localname)
        if order is not None:
            places = [
                order.index(n) if (n := etree.QName(c).localname) in order else order.index("*")
                for c in element
            ]
            assert places == sorted(places), etree.tostring(element)
        if name.localname in ("datestamp", "responseDate", "earliestDatestamp"):
            assert STAMP.fullmatch(element.text)
        if name.localname == "resumptionToken":
            assert set(element.attrib) <= TOKEN
        if name.localname == "record" and element[0].get("status") == "deleted":
            assert len(element) == 1
    for dc in tree.iter(DC):
        assert {etree.QName(c).localname for c in dc} <= ELEMENTS
        assert all(c.tag.startswith("{http://purl.org/dc/elements/1.1/}") for c in dc)


def test_every_verb_answers_as_the_schema_has_it(harvester: Harvester, batch: str) -> None:
    first = harvester.ask(verb="ListIdentifiers", metadataPrefix="oai_dc")
    one = first.findtext(".//o:identifier", "", NS)
    asked: list[dict[str, str]] = [
        {"verb": "Identify"},
        {"verb": "ListSets"},
        {"verb": "ListMetadataFormats"},
        {"verb": "ListMetadataFormats", "identifier": one},
        {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"},
        {"verb": "ListRecords", "metadataPrefix": "oai_dc"},
        {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": one},
    ]
    for arguments in asked:
        tree = harvester.ask(**arguments)
        check(tree)
        request = tree.find("o:request", NS)
        assert (request.text, dict(request.attrib)) == ("http://testserver/oai", arguments)
        posted = Client().post("/oai", arguments)
        assert etree.fromstring(posted.content).find(f"o:{arguments['verb']}", NS) is not None


def test_what_identify_promises_is_kept(harvester: Harvester, batch: str) -> None:
    told = harvester.ask(verb="Identify")
    earliest = told.findtext(".//o:earliestDatestamp", "", NS)
    assert told.findtext(".//o:protocolVersion", "", NS) == "2.0"
    assert "@" in told.findtext(".//o:adminEmail", "", NS)
    stamps = [h.findtext("o:datestamp", "", NS) for h in harvester.all()]
    assert min(stamps) >= earliest
    # A harvest of the day, and of the very second, finds what is dated so.
    day = stamps[0][:10]
    assert len(harvester.all(**{"from": day, "until": day})) == 10
    assert len(harvester.all(**{"from": stamps[0], "until": stamps[0]})) == 10
    assert datetime.fromisoformat(earliest)


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "junk"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2020-13-01"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2020-06"}, "badArgument"),
    (
        {
            "verb": "ListRecords",
            "metadataPrefix": "oai_dc",
            "from": "2020-06-11",
            "until": "2020-06-10",
        },
        "badArgument",
    ),
    (
        {
            "verb": "ListRecords",
            "metadataPrefix": "oai_dc",
            "from": "2020-06-10",
            "until": "2020-06-10T23:59:59Z",
        },
        "badArgument",
    ),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2031-01-01"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "extra": "1"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "no set"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "resumptionToken": "x"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": ["oai_dc", "oai_dc"]}, "badArgument"),
    ({"verb": ["Identify", "Identify"]}, "badVerb"),
    ({"verb": "identify"}, "badVerb"),
    ({"verb": "Identify", "identifier": "x"}, "badArgument"),
    ({"verb": "GetRecord", "identifier": "oai:x:1"}, "badArgument"),
    ({"verb": "GetRecord", "metadataPrefix": "oai_dc"}, "badArgument"),
    (
        {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": 'invalid"id'},
        "idDoesNotExist",
    ),
    ({"verb": "ListIdentifiers", "resumptionToken": "junktoken"}, "badResumptionToken"),
]


def test_errors_as_the_validator_expects_them(harvester: Harvester, batch: str) -> None:
    found = []
    for arguments, _code in FAULTS:
        answer = Client().get("/oai", arguments)
        assert answer.status_code == 200
        tree = etree.fromstring(answer.content)
        error = tree.find("o:error", NS)
        assert error is not None, arguments
        request = tree.find("o:request", NS)
        if error.get("code") in ("badVerb", "badArgument"):
            assert not request.attrib
        found.append((arguments, error.get("code")))
    assert found == FAULTS


def test_a_list_in_parts_says_how_far_it_is(harvester: Harvester, batch: str) -> None:
    asked: dict[str, str] = {"metadataPrefix": "oai_dc"}
    cursors, sizes = [], set()
    while asked:
        tree = harvester.ask(verb="ListRecords", **asked)
        check(tree)
        (token,) = tree.iter(f"{OAI}resumptionToken")
        cursors.append(int(token.get("cursor")))
        sizes.add(token.get("completeListSize"))
        asked = {"resumptionToken": token.text} if token.text else {}
    assert (cursors, sizes) == ([0, 3, 6, 9], {"10"})
