"""G4, Y2: the catalogue searched by SRU: CQL in Chinese, records in three forms, diagnostics."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from lxml import etree

from shuxiang.formats.marc import from_record
from shuxiang.formats.marc.marcxml import read_marcxml
from tests.interfaces.api.conftest import filled as filled
from tests.support.shelves import Shelves

pytestmark = pytest.mark.db
SRW = "{http://www.loc.gov/zing/srw/}"
SRU2 = "{http://docs.oasis-open.org/ns/search-ws/sruResponse}"


def ask(post: bool = False, **parameters: str) -> Any:
    http = Client()
    answer = http.post("/sru", parameters) if post else http.get("/sru", parameters)
    assert answer.status_code == 200
    return etree.fromstring(answer.content)


def found(query: str, **more: str) -> tuple[int, list[str]]:
    """How many records, and the titles of those given out."""
    tree = ask(operation="searchRetrieve", version="1.2", query=query, recordSchema="dc", **more)
    assert tree.find(f"{SRW}diagnostics") is None, etree.tostring(tree, encoding="unicode")
    titles = tree.iter("{http://purl.org/dc/elements/1.1/}title")
    return int(tree.findtext(f"{SRW}numberOfRecords")), [t.text for t in titles]


def diagnostic(**parameters: str) -> str:
    tree = ask(**parameters)
    return "".join(
        e.text.rpartition("/")[2] for e in tree.iter() if etree.QName(e).localname == "uri"
    )


QUERIES = [
    ("红楼梦", 1),
    ("dc.title=红", 1),
    ("紅樓夢", 1),
    ("dc.title=红楼", 1),
    ("dc.title==红楼", 0),
    ("dc.title==红楼梦", 1),
    ("title=丛刊*", 45),
    ('title="^飞行"', 1),
    ("dc.creator=李梅", 1),
    ('dc.creator=="著者7"', 1),
    ("bath.isbn=9787020002207", 1),
    ("bath.isbn=7-02-000220-X", 1),
    ("dc.subject=航空", 1),
    ("dc.publisher=星河出版社 and dc.date=1980", 1),
    ('dc.date within "1976 1985"', 10),
    ("dc.date>=2018", 8),
    ("dc.publisher=星河出版社 not dc.language=eng", 36),
    ("title=红楼梦 or title=三体", 2),
    ('title any "红楼梦 三体"', 2),
    ('title all "飞行 奥秘"', 1),
    ("bib.classification=K209", 45),
    ("cql.allRecords=1", 50),
    ("(title=红楼梦 or title=三体) and dc.date<2000", 0),
    ('dc.title="不存在的书"', 0),
]


def test_what_a_query_finds(filled: Shelves) -> None:
    assert [(query, found(query)[0]) for query, _count in QUERIES] == QUERIES


def test_pages_and_order(filled: Shelves) -> None:
    total, titles = found(
        "dc.publisher=星河出版社 sortBy dc.date/sort.ascending", maximumRecords="3"
    )
    assert (total, titles) == (45, ["丛刊第1种", "丛刊第2种", "丛刊第3种"])
    total, titles = found(
        "dc.publisher=星河出版社 sortBy dc.date/sort.descending",
        startRecord="44",
        maximumRecords="5",
    )
    assert titles == ["丛刊第2种", "丛刊第1种"]
    tree = ask(version="1.2", operation="searchRetrieve", query="title=丛刊*", maximumRecords="10")
    assert tree.findtext(f"{SRW}nextRecordPosition") == "11"


def test_a_record_as_marc(filled: Shelves) -> None:
    for schema in ("marcxml", "marcxchange", "info:srw/schema/1/marcxml-v1.1"):
        _as_marc(schema)


def _as_marc(schema: str) -> None:
    tree = ask(version="1.1", operation="searchRetrieve", query="title=飞行", recordSchema=schema)
    data = tree.find(f".//{SRW}recordData")[0]

    class Once:
        left = etree.tostring(data)

        def read(self, size: int = -1, /) -> bytes:
            given, self.left = self.left, b""
            return given

    read = list(read_marcxml(Once()))
    described = from_record(read[0].record)  # type: ignore[union-attr]
    assert described.title == "飞行的奥秘<script>"
    assert described.isbns[0].isbn13 == "9787020002207"


def test_versions_post_and_explain(filled: Shelves) -> None:
    tree = ask(post=True, query="红楼梦")
    assert tree.tag == f"{SRU2}searchRetrieveResponse"
    assert tree.findtext(f"{SRU2}numberOfRecords") == "1"
    told = etree.tostring(ask(), encoding="unicode")
    assert "explain.z3950.org" in told
    assert ">testserver<" in told
    assert "任意" in told


def test_terms_are_listed_in_order(filled: Shelves) -> None:
    tree = ask(version="1.2", operation="scan", scanClause="dc.title=丛刊第1种", maximumTerms="3")
    terms = [t.findtext(f"{SRW}value") for t in tree.iter(f"{SRW}term")]
    assert terms == ["丛刊第1种", "丛刊第20种", "丛刊第21种"]


FAULTS: list[tuple[dict[str, str], str]] = [
    ({"operation": "searchRetrieve", "version": "1.2"}, "7"),
    ({"operation": "dance", "version": "1.2"}, "4"),
    ({"version": "9.9", "query": "x"}, "5"),
    ({"query": "title="}, "10"),
    ({"query": "(a"}, "13"),
    ({"query": "a)"}, "13"),
    ({"query": "mods.title=x"}, "15"),
    ({"query": "dc.colour=x"}, "16"),
    ({"query": "dc.title<x"}, "22"),
    ({"query": "dc.date=nineteen"}, "6"),
    ({"query": "a prox b"}, "37"),
    ({"query": "title=/fuzzy x"}, "20"),
    ({"query": "x sortBy dc.creator"}, "80"),
    ({"query": "x", "recordSchema": "mods"}, "66"),
    ({"query": "红楼梦", "startRecord": "5"}, "61"),
    ({"query": "红楼梦", "startRecord": "0"}, "6"),
    ({"query": "x" * 5000}, "12"),
    ({"version": "1.2", "operation": "scan", "scanClause": "dc.date=2000"}, "16"),
    ({"query": 'title="***"'}, "27"),
]


def test_what_can_t_be_answered_has_its_diagnostic(filled: Shelves) -> None:
    assert [(asked, diagnostic(**asked)) for asked, _number in FAULTS] == FAULTS


def test_what_xml_can_t_hold_is_not_echoed(filled: Shelves) -> None:
    assert diagnostic(query="\x00") == "6"
    assert etree.fromstring(Client().get("/oai", {"verb": "\x00"}).content) is not None
