"""MARC 21 made from the model reads back as the same publication (A2, the form others take)."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from shuxiang.formats.dublin_core import SRW_DC, elements, to_xml
from shuxiang.formats.marc import ControlField, from_cnmarc, from_marc21, to_marc21
from shuxiang.formats.marc.bibliographic import Bibliographic
from tests.formats.marc.samples import DREAM

ENTERED = datetime(2020, 6, 10, 7, 30, tzinfo=UTC)


def test_a_record_of_cnmarc_becomes_one_of_marc_21() -> None:
    made = to_marc21(from_cnmarc(DREAM), control="42", agency="YC", entered=ENTERED)
    tags = [f.tag for f in made.fields]
    assert tags == sorted(tags)
    fixed = next(f for f in made.fields if f.tag == "008")
    assert isinstance(fixed, ControlField)
    assert len(fixed.data) == 40
    assert (fixed.data[:18], fixed.data[35:38]) == ("200610s2008    cc ", "chi")
    back, first = from_marc21(made), from_cnmarc(DREAM)
    for name in ("title", "edition", "publisher", "year", "clc", "kind", "language", "extent"):
        assert getattr(back, name) == getattr(first, name), name
    assert [p.name for p in back.persons] == [p.name for p in first.persons]
    assert [n.isbn13 for n in back.isbns] == [n.isbn13 for n in first.isbns]


@pytest.mark.parametrize("kind", ["serial", "video", "map", "electronic", "rubbing"])
def test_every_kind_has_a_fixed_field_of_forty(kind: str) -> None:
    described = Bibliographic(format="cnmarc", title="书", kind=kind)  # type: ignore[arg-type]
    made = to_marc21(described, control="1", agency="YC", entered=ENTERED)
    fixed = next(f for f in made.fields if f.tag == "008")
    assert isinstance(fixed, ControlField)
    assert len(fixed.data) == 40
    assert len(made.leader) == 24


def test_dublin_core_says_who_and_what() -> None:
    found = list(elements(from_cnmarc(DREAM)))
    assert ("creator", "曹雪芹") in found
    assert ("contributor", "高鹗") in found
    assert ("date", "2008") in found
    assert all(value for _name, value in found)


def test_dublin_core_leaves_out_what_xml_can_t_hold() -> None:
    hostile = msgspec.structs.replace(from_cnmarc(DREAM), title="<b>&\x07书")
    xml = to_xml(hostile, SRW_DC)
    assert "&lt;b&gt;&amp;书" in xml
    assert xml.endswith("</srw_dc:dc>")
