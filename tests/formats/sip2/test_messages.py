"""The messages of SIP2 as tables (row G1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats import sip2

CHECKOUT = "11YN20261001    090000                  AOCN-441602-1-YC|AA00012345|AB0100001|AC|"


def test_fixed_fields_then_named_ones_in_any_order() -> None:
    read = sip2.read_request(CHECKOUT)
    assert (read.code, read.name, read.fault) == ("11", "checkout", "")
    assert read.fixed == {
        "renewal_policy": "Y",
        "no_block": "N",
        "date": "20261001    090000",
        "nb_due_date": " " * 18,
    }
    assert read.get("AA") == "00012345"
    assert read.get("AC", "x") == ""
    assert read.has("AC")
    assert not read.has("AD")
    turned = sip2.read_request(CHECKOUT[:40] + "AB0100001|AA00012345|AC|AOCN-441602-1-YC|")
    assert turned.values == read.values


def test_fields_may_be_repeated_empty_or_without_a_bar_at_the_end() -> None:
    read = sip2.read_request("3520261001    090000AA1|AA2||x|AO")
    assert read.values == {"AA": ("1", "2"), "AO": ("",)}


@pytest.mark.parametrize(
    ("text", "date", "card"),
    [
        ("65AOBR1|AA10001|AD1234|", " " * 18, "10001"),
        ("6520261001    090000AOBR1|AA10001|", "20261001    090000", "10001"),
        ("35AA1|", " " * 18, "1"),
    ],
)
def test_a_date_left_out_is_a_blank_one(text: str, date: str, card: str) -> None:
    """As the client ``Sip2`` 1.1 of the Python registry writes 65."""
    read = sip2.read_request(text)
    assert (read.fault, read.fixed["date"], read.get("AA")) == ("", date, card)


@pytest.mark.parametrize(
    ("text", "fault"),
    [("42x", "unknown"), ("", "unknown"), ("1", "unknown"), ("11YN2026", "short"), ("93", "short")],
)
def test_what_can_not_be_read_says_why(text: str, fault: str) -> None:
    assert sip2.read_request(text).fault == fault


@pytest.mark.parametrize("length", range(len(CHECKOUT)))
def test_a_known_message_cut_anywhere_never_fails(length: int) -> None:
    read = sip2.read_request(CHECKOUT[:length])
    assert read.fault in ("", "short", "unknown")
    assert (read.fault == "") == (length >= 40)


@given(st.lists(st.binary(max_size=80), max_size=5), st.sampled_from(["gb18030", "gbk", "utf-8"]))
def test_any_bytes_are_cut_checked_and_read_without_failing(
    packets: list[bytes], charset: str
) -> None:
    framer = sip2.Framer()
    for packet in packets:
        for frame in framer.feed(packet + b"\r"):
            checked = sip2.check(frame.data)
            assert checked.body == frame.data[: len(checked.body)]
            text = checked.body.decode(charset, "replace")
            for read in (sip2.read_request(text), sip2.read_response(text)):
                assert read.fault in ("", "short", "unknown")


@given(st.text(max_size=60))
def test_any_text_is_read_without_failing(text: str) -> None:
    assert sip2.read_request(text).fault in ("", "short", "unknown")


def test_written_messages_read_back() -> None:
    fixed = {"ok": "1", "resensitize": "Y", "magnetic": "N", "alert": "N"}
    fixed["date"] = sip2.stamp(datetime(2026, 10, 1, 1, 0, tzinfo=UTC))
    text = sip2.write("10", fixed, [("AO", "YC"), ("AF", "请放\r到|还书车"), ("AG", None)])
    assert text == "101YNN20261001    090000AOYC|AF请放 到｜还书车|"
    read = sip2.read_response(text)
    assert read.fixed["alert"] == "N"
    assert read.get("AF") == "请放 到｜还书车"


def test_a_fixed_field_of_another_length_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match=r"94: ok must have 1 characters, not ''"):
        sip2.write("94", {}, [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20261001    090000", datetime(2026, 10, 1, 1, 0, tzinfo=UTC)),
        ("20261001   Z090000", datetime(2026, 10, 1, 9, 0, tzinfo=UTC)),
        (" " * 18, None),
        ("20261301    090000", None),
        ("2026-10-01 09:00", None),
    ],
)
def test_moments(text: str, found: datetime | None) -> None:
    assert sip2.moment(text) == found


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (1250, "12.50"), (-1, "-0.01")]
)
def test_amounts(fen: int, text: str) -> None:
    assert sip2.amount(fen) == text
