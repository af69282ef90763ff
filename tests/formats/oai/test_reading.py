"""Other repositories' answers read (row Y2): pages, deletions, errors, bombs, two forms of metadata."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shuxiang.formats.marc.marcxml import MARCXCHANGE_NAMESPACE, write_marcxml
from shuxiang.formats.notes import Note
from shuxiang.formats.oai import (
    Described,
    Identity,
    Page,
    datestamp,
    described,
    moment,
    read_identity,
    read_page,
    request_url,
)
from tests.support.targets import cnmarc

HEAD = (
    '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" '
    'xmlns:m="info:lc/xmlns/marcxchange-v2"><responseDate>2021-03-01T00:00:00Z</responseDate>'
)
DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>红楼梦</dc:title>'
    "<dc:creator>曹雪芹</dc:creator><dc:publisher>人民文学出版社</dc:publisher>"
    "<dc:date>1996-12</dc:date><dc:identifier>http://x/1</dc:identifier>"
    "<dc:identifier>urn:ISBN:7-02-000220-X</dc:identifier></oai_dc:dc>"
)


def listed(*records: str, token: str = "") -> bytes:
    return (
        f"{HEAD}<ListRecords>{''.join(records)}"
        f'<resumptionToken completeListSize="3">{token}</resumptionToken></ListRecords></OAI-PMH>'
    ).encode()


def record(identifier: str, metadata: str = "", status: str = "") -> str:
    state = f' status="{status}"' if status else ""
    inside = f"<metadata>{metadata}</metadata>" if metadata else ""
    return (
        f"<record><header{state}><identifier>{identifier}</identifier>"
        f"<datestamp>2021-01-01</datestamp></header>{inside}</record>"
    )


def page(document: bytes) -> Page:
    found = read_page(document)
    assert isinstance(found, Page)
    return found


def test_a_page_with_deletions_and_a_token() -> None:
    found = page(listed(record("a", DC), record("b", status="deleted"), token="t/1"))
    assert [(r.identifier, r.deleted, bool(r.part)) for r in found.records] == [
        ("a", False, True), ("b", True, False),
    ]  # fmt: skip
    assert (found.token, found.complete, found.answered_at, found.errors) == (
        "t/1", 3, "2021-03-01T00:00:00Z", (),
    )  # fmt: skip


def test_dublin_core_and_marc_with_prefixes_declared_far_away() -> None:
    book = cnmarc("1", "9787020142101", "平凡的世界", "路遥")
    prefixed = write_marcxml(book, namespace="").replace("<", "<m:").replace("<m:/", "</m:")
    plain = write_marcxml(book, namespace=MARCXCHANGE_NAMESPACE)
    parts = [r.part for r in page(listed(*(record("x", m) for m in (DC, prefixed, plain)))).records]
    world = Described("平凡的世界", "路遥著", "人民文学出版社", 2019, ("9787020142101",))
    assert described(parts[0]) == Described(
        "红楼梦", "曹雪芹", "人民文学出版社", 1996, ("9787020002207",)
    )
    assert [described(p) for p in parts[1:]] == [world, world]
    assert described(b"<in><other>x</other></in>") is None


def test_errors_and_what_is_no_answer() -> None:
    gone = f'{HEAD}<error code="badResumptionToken">x</error></OAI-PMH>'.encode()
    assert page(gone).errors == ("badResumptionToken",)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><OAI-PMH>&b;</OAI-PMH>'
    deep = b"<OAI-PMH>" + b"<a>" * 5000
    for document, code in (
        (bomb, "xml_doctype"), (b"<html/>", "xml_malformed"), (b"", "xml_malformed"),
        (deep, "xml_doctype"), (listed(record("a", DC))[:-20], "xml_malformed"),
    ):  # fmt: skip
        found = read_page(document)
        assert isinstance(found, Note)
        assert found.code == code


@pytest.mark.parametrize(
    ("granularity", "deleted", "by_day", "keeps"),
    [("YYYY-MM-DD", "no", True, False), ("YYYY-MM-DDThh:mm:ssZ", "persistent", False, True),
     ("YYYY-MM-DDThh:mm:ssZ", "transient", False, True)],
)  # fmt: skip
def test_what_a_repository_is(granularity: str, deleted: str, by_day: bool, keeps: bool) -> None:
    document = (
        f"{HEAD}<Identify><repositoryName>市图书馆</repositoryName><granularity>{granularity}"
        f"</granularity><deletedRecord>{deleted}</deletedRecord></Identify></OAI-PMH>"
    ).encode()
    assert read_identity(document) == Identity("市图书馆", by_day, keeps)


def test_addresses_and_datestamps() -> None:
    assert request_url("http://x/oai?a=1", {"verb": "ListRecords", "resumptionToken": "a&b"}) == (
        "http://x/oai?a=1&verb=ListRecords&resumptionToken=a%26b"
    )
    at = datetime(2021, 3, 1, 8, 30, tzinfo=UTC)
    assert datestamp(at, by_day=True) == "2021-03-01"
    assert datestamp(at, by_day=False) == "2021-03-01T08:30:00Z"
    assert moment("2021-03-01T08:30:00Z") == at
    assert moment("yesterday") is None
