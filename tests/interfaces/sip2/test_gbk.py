"""Bytes of GBK terminals, both ways, the characters whose second byte is 0x7C included (rows G1, F8)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import items
from shuxiang.formats import sip2
from shuxiang.formats.marc import Bibliographic
from shuxiang.interfaces.sip2 import words
from tests.interfaces.sip2.conftest import PASSWORD, Machines
from tests.interfaces.sip2.terminal import BLANK, STAMP, Terminal
from tests.support.library import Contexts

LONG = "弢园文录外编" * 14
"""84 characters; the second byte of the first of each six is a bar."""


@pytest.fixture
def gbk(machines: Machines, port: int, ctx: Contexts) -> Iterator[Terminal]:
    """A terminal of the main library that speaks GBK, and a book ``G1`` with a long title."""
    main = machines.stocked.library.main
    title = catalog.add_title(
        bibliographic=Bibliographic(format="cnmarc", title=LONG, clc=("I262",), year=2002),
        ctx=ctx(),
    )
    items.add_item(title=title, barcode="G1", owner=main, category="book", ctx=ctx())
    places.add_device(
        place=main, kind="sip2", login="gbk", name="gbk", secret=PASSWORD, ctx=ctx(),
        settings={"encoding": "gbk", "terminator": "CRLF", "patron_data": "full"},
    )  # fmt: skip
    terminal = Terminal(port, charset="gbk", end=b"\r\n", sequence=None)
    assert terminal.login("gbk", PASSWORD)
    yield terminal
    terminal.close()


def test_the_bytes_of_a_loan(machines: Machines, gbk: Terminal) -> None:
    """Written out byte for byte: 弢 is 8F 7C and 王 CD F5."""
    asked = b"11NN" + STAMP.encode() + b" " * 18
    asked += b"AO\xcd\xf5\x8f\x7c\xb9\xdd|AA" + machines.card.encode() + b"|ABG1|AC|"
    answer = gbk.raw(asked + b"\r\n")
    assert answer[:6] == b"121NNY"
    assert answer[24:34] == b"AO\xcd\xf5\x8f\x7c\xb9\xdd|A"
    title = b"\x8f\x7c\xd4\xb0\xce\xc4\xc2\xbc\xcd\xe2\xb1\xe0" * 14
    assert b"|AJ" + title + b"|AH" in answer
    assert b"|AF\xbd\xe8\xb3\xf6\xb3\xc9\xb9\xa6\xa3\xac" in answer  # 借出成功，
    assert answer.endswith(b"|\r\n")


def test_a_long_screen_message_is_cut_at_a_character(machines: Machines, gbk: Terminal) -> None:
    asked = f"11NN{STAMP}{BLANK}AO|AA{machines.card}|ABG1|AC|".encode("gbk")
    slip = sip2.read_response(gbk.raw(asked + b"\r\n").decode("gbk").strip()).get("AG")
    assert len(slip) == words.LONGEST
    assert slip[:-11] == LONG[: words.LONGEST - 11]
    assert slip[-11] == " "


@pytest.mark.parametrize("length", range(words.LONGEST - 2, words.LONGEST + 4))
def test_a_message_of_any_length_stays_whole_in_gbk(length: int) -> None:
    text = (LONG * 2)[:length]
    said = words.short(text)
    assert len(said) == min(length, words.LONGEST)
    assert said == text if length <= words.LONGEST else said == text[: words.LONGEST - 1] + "…"
    data = sip2.frame(f"96AF{said}|", charset="gbk", terminator="\r")
    assert data.decode("gbk") == f"96AF{said}|\r"


def test_the_checksum_is_taken_over_gbk_bytes(machines: Machines, gbk: Terminal) -> None:
    gbk.sequence = 3
    found = gbk.ask(f"17{STAMP}AO弢|ABG1|")
    assert (found.get("AJ"), found.get("AO")) == (LONG, "弢")


def test_what_gbk_lacks_becomes_a_question_mark(
    machines: Machines, ctx: Contexts, gbk: Terminal
) -> None:
    title = catalog.add_title(
        bibliographic=Bibliographic(format="cnmarc", title="𠮷野家の本", clc=("I313",), year=2002),
        ctx=ctx(),
    )
    items.add_item(
        title=title, barcode="G2", owner=machines.stocked.library.main, category="book", ctx=ctx()
    )
    answer = gbk.raw(f"17{STAMP}AO|ABG2|\r\n".encode("gbk"))
    assert b"|AJ?" + "野家の本".encode("gbk") + b"|" in answer
