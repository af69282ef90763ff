"""Books on a pad (rows B7, G2): parts put together, neighbours and strangers told apart."""

from __future__ import annotations

import pytest

from shuxiang.formats import rfid
from shuxiang.formats.rfid import OI, PII, SI, TU, Book, Element, Pad, Tag, of_owner, stack

OURS = "CN-441602-1-YC"


def tag(uid: str, barcode: str = "0100001", **more: str) -> Tag:
    oids = {"si": SI, "tu": TU, "oi": OI}
    elements = [Element(PII, barcode)] + [Element(oids[k], v) for k, v in more.items()]
    return Tag(uid, 0x07, rfid.encode(elements))


def book(*uids: str, **more: object) -> Book:
    return Book(**({"barcode": "0100001", "owner": "", "uids": uids} | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ([], Pad()),
        ([tag("a", tu="10", oi=OURS)], Pad((book("a", owner=OURS),))),
        (
            [tag("a"), tag("b", "0100002")],
            Pad((book("a"), book("b", barcode="0100002"))),
        ),
        ([tag("a", si="21"), tag("b", si="22")], Pad((book("a", "b", total=2),))),
        (
            [tag("a", si="31"), tag("b", si="33")],
            Pad((book("a", "b", total=3, missing=(2,), fault="parts"),)),
        ),
        ([tag("a", si="21")], Pad((book("a", total=2, missing=(2,), fault="parts"),))),
        (
            [tag("a", si="21"), tag("b", si="21")],
            Pad((book("a", "b", total=2, fault="twice"),)),
        ),
        ([tag("a"), tag("b")], Pad((book("a", "b", fault="twice"),))),
        ([tag("a", tu="20")], Pad((book("a", fault="usage"),))),
        ([tag("a", tu="70")], Pad((book("a", fault="usage"),))),
        ([tag("a", tu="80")], Pad(others=("a",))),
        ([tag("a", tu="30")], Pad(others=("a",))),
        ([Tag("a", 7, None)], Pad(unread=("a",))),
        ([Tag("a", 7, b"\xff\xff")], Pad(unread=("a",))),
        ([Tag("a", 7, b"")], Pad(unread=("a",))),
        ([Tag("a", 7, tag("a").data, dsfid=0x3E)], Pad(unread=("a",))),
    ],
)
def test_what_lies_on_a_pad(tags: list[Tag], found: Pad) -> None:
    assert stack(tags) == found


@pytest.mark.parametrize(
    ("owner", "owners", "fits"),
    [
        (OURS, [OURS], True),
        (OURS.lower(), [OURS], True),
        ("CN-110108-1-NLC", [OURS], False),
        ("", [OURS], True),
        ("CN-110108-1-NLC", [], True),
    ],
)
def test_b7_whose_book_it_is(owner: str, owners: list[str], fits: bool) -> None:
    assert of_owner(owner, owners) is fits
