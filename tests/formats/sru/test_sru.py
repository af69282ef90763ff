"""SRU requests and answers (rows G4, Y1)."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats import sru
from shuxiang.formats.sru import Diagnostic, Index, ScannedTerm, Server, SruFault, SruRequest

SRW = "{http://www.loc.gov/zing/srw/}"
SRU2 = "{http://docs.oasis-open.org/ns/search-ws/sruResponse}"


def read(text: str) -> SruRequest:
    pairs = [piece.partition("=") for piece in text.split("&") if piece]
    return sru.read([(name, value) for name, _, value in pairs])


@pytest.mark.parametrize(
    ("text", "operation", "version"),
    [
        ("", "explain", "2.0"),
        ("operation=explain&version=1.1", "explain", "1.1"),
        ("operation=searchRetrieve&version=1.1&query=a", "searchRetrieve", "1.1"),
        ("operation=searchRetrieve&query=a", "searchRetrieve", "1.2"),
        ("query=a", "searchRetrieve", "2.0"),
        ("version=1.2&query=a", "searchRetrieve", "1.2"),
        ("operation=scan&version=1.2&scanClause=a", "scan", "1.2"),
        ("scanClause=a", "scan", "2.0"),
    ],
)
def test_what_is_asked_in_which_version(text: str, operation: str, version: str) -> None:
    found = read(text)
    assert (found.operation, found.version) == (operation, version)


@pytest.mark.parametrize(
    ("text", "diagnostic", "details"),
    [
        ("operation=searchRetrieve&version=1.1", 7, "query"),
        ("operation=scan&version=1.1", 7, "scanClause"),
        ("operation=update&version=1.1", 4, "update"),
        ("operation=searchRetrieve&version=1.0&query=a", 5, "1.2"),
        ("operation=searchRetrieve&version=9&query=a", 5, "2.0"),
        ("query=a&startRecord=0", 6, "startRecord: 0"),
        ("query=a&startRecord=x", 6, "startRecord: x"),
        ("query=a&maximumRecords=-1", 6, "maximumRecords: -1"),
        ("query=a&maximumRecords=٣", 6, "maximumRecords: ٣"),
        ("version=1.1&query=a&recordPacking=json", 71, "json"),
        ("query=a&recordXMLEscaping=json", 71, "json"),
        ("query=a&queryType=pqf", 6, "queryType: pqf"),
    ],
)
def test_wrong_requests_have_their_diagnostic(text: str, diagnostic: int, details: str) -> None:
    with pytest.raises(SruFault) as told:
        read(text)
    assert (told.value.diagnostic, told.value.details) == (diagnostic, details)


def test_more_records_than_allowed_are_not_a_fault() -> None:
    assert read("query=a&maximumRecords=5000").maximum == sru.MOST_RECORDS
    assert read("query=a&maximumRecords=0").maximum == 0


@pytest.mark.parametrize(
    ("version", "name", "tag"),
    [
        ("1.1", SRW, "recordPacking"),
        ("1.2", SRW, "recordPacking"),
        ("2.0", SRU2, "recordXMLEscaping"),
    ],
)
@pytest.mark.parametrize("packing", ["xml", "string"])
def test_an_answer_reads_back(version: str, name: str, tag: str, packing: str) -> None:
    request = read(f"version={version}&query=a<b&startRecord=3&{tag}={packing}")
    text = sru.records(request, count=9, found=["<a>红</a>", "<a>楼</a>"], schema=sru.SCHEMAS[0])
    root = ElementTree.fromstring(text)
    assert root.tag == f"{name}searchRetrieveResponse"
    assert root.findtext(f"{name}numberOfRecords") == "9"
    assert root.findtext(f"{name}nextRecordPosition") == "5"
    assert [r.text for r in root.iter(f"{name}recordPosition")] == ["3", "4"]
    assert [r.text for r in root.iter(f"{name}{tag}")][:2] == [packing, packing]
    data = root.find(f".//{name}recordData")
    assert data is not None
    if packing == "string":
        assert data.text == "<a>红</a>"
    else:
        assert data[0].text == "红"
    assert root.findtext(f".//{name}query") == "a<b"


def test_the_last_part_of_a_list_has_no_next() -> None:
    text = sru.records(read("query=a"), count=1, found=["<a/>"], schema=sru.SCHEMAS[0])
    assert "nextRecordPosition" not in text
    none = sru.records(read("query=a"), count=0, found=[], schema=sru.SCHEMAS[0])
    assert "<records>" not in none


def test_a_fault_is_a_diagnostic_of_the_version() -> None:
    text = sru.fault("1.1", Diagnostic(10, "a <"))
    root = ElementTree.fromstring(text)
    name = "{http://www.loc.gov/zing/srw/diagnostic/}"
    assert root.findtext(f".//{name}uri") == "info:srw/diagnostic/1/10"
    assert root.findtext(f".//{name}details") == "a <"
    assert root.findtext(f".//{name}message") == "Query syntax error"


def test_scan_and_explain_read_back() -> None:
    scanned = sru.scan(read("scanClause=dc.title=红"), [ScannedTerm("红楼梦 <1>", 3)])
    root = ElementTree.fromstring(scanned)
    name = "{http://docs.oasis-open.org/ns/search-ws/scan}"
    assert root.findtext(f".//{name}value") == "红楼梦 <1>"
    server = Server(
        "x.cn", 8000, "sru", "澄榆区图书馆", (Index("dc", "title", "题名"),), (("dc", "info:dc"),)
    )
    explained = ElementTree.fromstring(sru.explain(read("operation=explain&version=1.1"), server))
    zeerex = "{http://explain.z3950.org/dtd/2.0/}"
    assert explained.findtext(f".//{zeerex}host") == "x.cn"
    assert explained.findtext(f".//{zeerex}index/{zeerex}map/{zeerex}name") == "title"


def test_schemas_by_name_and_uri() -> None:
    assert sru.schema_of("") == sru.SCHEMAS[0]
    assert sru.schema_of("dc") == sru.schema_of("info:srw/schema/1/dc-v1.1")
    assert sru.schema_of("mods") is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["version", "operation", "query", "startRecord"]), st.text())
    )
)
def test_any_parameters_are_a_request_or_a_told_fault(pairs: list[tuple[str, str]]) -> None:
    try:
        found = sru.read(pairs)
    except SruFault as told:
        number = told.diagnostic
    else:
        number = 0
        assert found.maximum <= sru.MOST_RECORDS
    assert number == 0 or number in sru.MESSAGES
