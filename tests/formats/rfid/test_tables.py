"""Every element and every type of usage (row B7), against the published tables."""

from __future__ import annotations

import pytest

from shuxiang.formats import rfid
from shuxiang.formats.rfid import ELEMENTS, PII, USAGES, Element
from tests.formats.reference import reference

VALUES = {
    "auto": "QA268.L55",
    "isil": "CN-441602-1-YC",
    "octet": "1A",
    "utf8": "红楼梦",
    "integer": "9787020002207",
}


def rows(name: str) -> list[list[str]]:
    lines = reference(name).decode().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def test_b7_the_elements_are_those_of_the_standard() -> None:
    published = {int(r[0]): (r[1], r[2], r[3]) for r in rows("rfid-elements.tsv")[1:]}
    assert {k.oid: (k.abbr, k.name, k.name_zh) for k in ELEMENTS.values()} == published


@pytest.mark.parametrize("oid", [o for o, k in ELEMENTS.items() if k.packing in VALUES and o > 2])
def test_every_element_is_written_and_read_back(oid: int) -> None:
    value = VALUES[ELEMENTS[oid].packing]
    made = rfid.encode([Element(PII, "0100001"), Element(oid, value)])
    assert rfid.decode(made) == (Element(PII, "0100001"), Element(oid, value))


def test_all_elements_on_one_tag() -> None:
    every = [
        Element(o, "0100001" if o == PII else VALUES[k.packing])
        for o, k in ELEMENTS.items()
        if k.packing in VALUES
    ]
    assert rfid.decode(rfid.encode(every)) == tuple(every)


@pytest.mark.parametrize(
    ("element", "fault"),
    [
        (Element(0, "1"), "no element 0"),
        (Element(2, "A0"), "no element 2"),
        (Element(14, "1"), "no element 14"),
        (Element(13, "12"), "13 digits"),
        (Element(5, "1"), "non-hexadecimal|even"),
        (Element(5, "1000"), "one byte"),
        (Element(17, "书" * 90), "too long"),
    ],
)
def test_what_does_not_fit_its_element(element: Element, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        rfid.encode([Element(PII, "0100001"), element])


def test_b7_the_types_of_usage_are_those_of_the_standard() -> None:
    published = {r[0]: r[1] for r in rows("rfid-type-of-usage.tsv")[1:] if r[1] != "预留"}
    assert {first: meaning for first, (meaning, _) in USAGES.items()} == published


@pytest.mark.parametrize(
    ("tu", "meant"),
    [
        ("10", ("流通馆藏", "未说明")),
        ("14", ("流通馆藏", "脱机不能归还")),
        ("72", ("被剔除馆藏", "已售")),
        ("83", ("读者证", "儿童")),
        ("50", ("预留", "")),
        ("1", ("预留", "")),
    ],
)
def test_usage(tu: str, meant: tuple[str, str]) -> None:
    assert rfid.usage(tu) == meant


def test_the_vectors() -> None:
    """The tag of the published vectors, byte for byte."""
    found = [r for r in rows("rfid-vectors.tsv")[1:] if r[0].startswith("whole tag")]
    elements = [Element(1, "44160200012345"), Element(3, "CN-441602-1-YC"), Element(5, "10")]
    assert rfid.encode(elements).hex().upper().rstrip("0") == found[0][2].rstrip("0")
