"""OAI-PMH requests, tokens and answers (rows G4, Y1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats import oai
from shuxiang.formats.oai import OaiFault, OaiRecord, Position, Span

NOW = datetime(2026, 11, 23, 7, 0, 0, 123456, tzinfo=UTC)
KEY = b"k" * 32


def arguments(text: str) -> list[tuple[str, str]]:
    pairs = [piece.partition("=") for piece in text.split("&") if piece]
    return [(name, value) for name, _, value in pairs]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "badVerb"),
        ("verb=", "badVerb"),
        ("verb=Nosuch", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&x=1", "badArgument"),
        ("verb=Identify&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&resumptionToken=x&metadataPrefix=oai_dc", "badArgument"),
        ("verb=GetRecord&identifier=x", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-30", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-01T00:00:00", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-02&until=2026-02-01", "badArgument"),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-01&until=2026-02-02T00:00:00Z",
            "badArgument",
        ),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=a b", "badArgument"),
    ],
)
def test_wrong_requests(text: str, code: str) -> None:
    with pytest.raises(OaiFault) as told:
        oai.read(arguments(text))
    assert told.value.code == code


def test_a_day_is_all_of_it() -> None:
    read = oai.read(
        arguments(
            "verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-01&until=2026-02-01&set=clc:I"
        )
    )
    assert read.span == Span(
        "oai_dc",
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 2, 1, 23, 59, 59, 999999, tzinfo=UTC),
        "clc:I",
    )
    assert oai.read(arguments("verb=ListRecords&resumptionToken=abc")).token == "abc"


POSITION = Position(
    Span("marcxml", datetime(2026, 1, 1, tzinfo=UTC), None, "branch:01"),
    after="0" * 32,
    delivered=200,
    size=230_000,
    expires=NOW.replace(microsecond=0) + timedelta(days=1),
)


def test_a_token_brings_the_list_on() -> None:
    made = oai.token("ListRecords", POSITION, KEY)
    assert oai.position("ListRecords", made, KEY, now=NOW) == POSITION


@pytest.mark.parametrize(
    ("verb", "key", "later"),
    [
        ("ListIdentifiers", KEY, timedelta()),
        ("ListRecords", b"other", timedelta()),
        ("ListRecords", KEY, timedelta(days=2)),
    ],
)
def test_a_token_of_another_list_key_or_day_is_refused(
    verb: str, key: bytes, later: timedelta
) -> None:
    made = oai.token("ListRecords", POSITION, KEY)
    with pytest.raises(OaiFault) as told:
        oai.position(verb, made, key, now=NOW + later)
    assert told.value.code == "badResumptionToken"


@given(st.text(max_size=200))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    with pytest.raises(OaiFault) as told:
        oai.position("ListRecords", text, KEY, now=NOW)
    assert told.value.code == "badResumptionToken"


def test_an_answer_is_xml_whatever_stands_in_it() -> None:
    found = OaiRecord("oai:x.cn:1", NOW, ("clc:I",), metadata="<a/>")
    gone = OaiRecord("oai:x.cn:2", NOW, deleted=True)
    text = "".join(
        oai.answer(
            [
                oai.record(found),
                oai.record(gone),
                oai.resumption(oai.Resumption("tok", 3, 0, NOW)),
            ],
            base_url="http://x.cn/oai?a&b",
            verb="ListRecords",
            arguments={"metadataPrefix": 'a"<b'},
            now=NOW,
        )
    )
    root = ElementTree.fromstring(text)
    name = "{http://www.openarchives.org/OAI/2.0/}"
    assert root.findtext(f"{name}responseDate") == "2026-11-23T07:00:00Z"
    request = root.find(f"{name}request")
    assert request is not None
    assert request.attrib == {"verb": "ListRecords", "metadataPrefix": 'a"<b'}
    headers = root.findall(f".//{name}header")
    assert [h.get("status") for h in headers] == [None, "deleted"]
    assert [h.findtext(f"{name}setSpec") for h in headers] == ["clc:I", None]
    assert root.findtext(f".//{name}resumptionToken") == "tok"


def test_a_wrong_argument_is_not_repeated_in_the_answer() -> None:
    told = oai.fault(
        "badArgument", "x <y>", base_url="http://x.cn/oai", verb="Z", arguments={"a": "b"}, now=NOW
    )
    assert "<request>http://x.cn/oai</request>" in told
    assert '<error code="badArgument">x &lt;y&gt;</error>' in told
