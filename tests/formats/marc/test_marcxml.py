from __future__ import annotations

import io
import json

import pymarc
import pytest

from shuxiang.formats.marc import ControlField, Decoded, Quarantined, Record
from shuxiang.formats.marc.marcxml import (
    MARCXCHANGE_NAMESPACE,
    MARCXML_NAMESPACE,
    read_marcxml,
    write_collection,
    write_marcxml,
)
from shuxiang.formats.notes import note
from tests.formats.marc.samples import DREAM, field, real, record

LEADER = "<leader>     nam0 22     3  450 </leader>"
SMALL = (
    f'<record>{LEADER}<controlfield tag="001">1</controlfield>'
    '<datafield tag="200" ind1="1" ind2=" "><subfield code="a">红楼梦</subfield></datafield></record>'
)


def read(data: bytes) -> list[Decoded | Quarantined]:
    return list(read_marcxml(io.BytesIO(data)))


def records(data: bytes) -> list[Record]:
    return [each.record for each in read(data) if isinstance(each, Decoded)]


@pytest.mark.parametrize("namespace", [MARCXML_NAMESPACE, MARCXCHANGE_NAMESPACE])
def test_what_is_written_comes_back_equal(namespace: str) -> None:
    hard = record(
        ControlField("001", "<&>\"'"),
        field("200", '$a<b> & "c" ]]> 䶮𠮷  '),
        field("300", "$a$b  blank  "),
    )
    document = "".join(write_collection([DREAM, hard], namespace=namespace))
    assert records(document.encode()) == [DREAM, hard]


def test_marcxchange_names_type_and_format() -> None:
    element = write_marcxml(DREAM, namespace=MARCXCHANGE_NAMESPACE)
    assert element.startswith(
        '<record xmlns="info:lc/xmlns/marcxchange-v2" format="CNMARC" type="Bibliographic">'
    )


def test_characters_xml_cannot_hold_are_left_out() -> None:
    odd = record(field("200", "$aa\x00b\x0bc\ufffed"))
    assert records(write_marcxml(odd).encode()) == [record(field("200", "$aabcd"))]


def test_pymarc_reads_what_was_written() -> None:
    document = "".join(write_collection([DREAM])).encode()
    [theirs] = pymarc.parse_xml_to_array(io.BytesIO(document))
    assert theirs["200"]["a"] == "红楼梦"
    assert theirs["905"].get_subfields("b") == ["0100001", "0100002"]
    assert [f.tag for f in theirs.fields] == list(DREAM.tags)


def test_the_real_sru_answer() -> None:
    truth = json.loads(real("cnmarc-truth.json"))
    found = records(real("cnmarc-sru-response.xml"))
    assert [each.control("001") for each in found] == [each["id"] for each in truth]
    assert [each.first("200", "a") for each in found] == [each["title"] for each in truth]
    assert found[0].leader == "01576nam0 2200409   4500"
    for each, expected in zip(found, truth, strict=True):
        fields = [
            [f.tag, f.data]
            if isinstance(f, ControlField)
            else [f.tag, f.indicators, [list(pair) for pair in f.subfields]]
            for f in each.fields
        ]
        assert fields == expected["fields"]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("UTF-8", "utf-8"),
        ("GB2312", "gb18030"),
        ("gbk", "gb18030"),
        ("GB18030", "gb18030"),
        ("UTF-16", "utf-16"),
    ],
)
def test_encodings(declared: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><collection>{SMALL}</collection>'
    [only] = records(text.encode(encoding))
    assert only.first("200", "a") == "红楼梦"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE c SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE c [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE c [<!ENTITY x SYSTEM "http://127.0.0.1/x">]>',
        "<!DOCTYPE c>",
    ],
)
def test_f9_a_dtd_is_refused(doctype: str) -> None:
    outcome = read(f'<?xml version="1.0"?>{doctype}<c>{SMALL}</c>'.encode())
    assert [type(each) for each in outcome] == [Quarantined]
    [refused] = outcome
    assert isinstance(refused, Quarantined)
    assert refused.reason == note("xml_doctype")


def test_f9_xml_cut_in_the_middle_keeps_what_came_before() -> None:
    data = f"<collection>{SMALL}{SMALL}".encode()
    outcome = read(data[:-40])
    assert [type(each) for each in outcome] == [Decoded, Quarantined]
    lost = outcome[1]
    assert isinstance(lost, Quarantined)
    assert (lost.reason.code, lost.number) == ("xml_malformed", 2)
    assert lost.reason.values["line"] == "1"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f"<record>{LEADER}</record>", "no_fields"),
        (
            '<record><datafield tag="2"><subfield code="a">x</subfield></datafield></record>',
            "bad_tag",
        ),
        (
            '<record><controlfield tag="001">' + "x" * (2 << 20) + "</controlfield></record>",
            "too_long",
        ),
        ("<record>" + '<controlfield tag="001"/>' * 6_000 + "</record>", "too_many_fields"),
        (
            '<record><datafield tag="200">'
            + '<subfield code="a"/>' * 20_001
            + "</datafield></record>",
            "too_many_subfields",
        ),
    ],
)
def test_f9_records_that_are_none_are_quarantined_and_the_next_is_read(
    body: str, code: str
) -> None:
    outcome = read(f"<collection>{body}{SMALL}</collection>".encode())
    assert [type(each) for each in outcome] == [Quarantined, Decoded]
    refused = outcome[0]
    assert isinstance(refused, Quarantined)
    assert refused.reason.code == code


def test_an_unknown_encoding_is_named() -> None:
    [refused] = read(b'<?xml version="1.0" encoding="klingon"?><c/>')
    assert isinstance(refused, Quarantined)
    assert refused.reason == note("xml_encoding", encoding="klingon")


def test_an_undefined_entity_is_damage() -> None:
    [refused] = read(b"<c>&nbsp;</c>")
    assert isinstance(refused, Quarantined)
    assert refused.reason.code == "xml_malformed"
