"""Frames, checksums and characters of SIP2 (row G1; faults F7, F8)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats import sip2
from shuxiang.formats.sip2 import FRAME_LIMIT, Frame, Framer

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "sip2-vectors.tsv"


def frames(*packets: bytes) -> list[Frame]:
    framer = Framer()
    return [frame for packet in packets for frame in framer.feed(packet)]


@pytest.mark.parametrize(
    ("data", "digits"),
    [
        (b"9300CNLoginUserID|COLoginPassword|CPLocationCode|AY5AZ", "EC7B"),
        (b"9900401.00AY1AZ", "FCA5"),
        (b"AZ", "FF65"),
    ],
)
def test_checksums_known_from_elsewhere(data: bytes, digits: str) -> None:
    assert sip2.checksum(data) == digits


def test_the_published_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("the reference vectors are not beside this clone")
    lines = [x for x in VECTORS.read_text("utf-8").splitlines() if not x.startswith("#")]
    for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        data = row["message_up_to_AZ"].encode(row["charset"])
        assert sip2.checksum(data) == row["checksum"]
        body = sip2.check(data + row["checksum"].encode()).body
        assert len(body.decode(row["charset"]).split("|")) == int(row["parts_if_text_split"])


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
def test_a_client_is_answered_with_the_line_end_it_uses(ending: str) -> None:
    framer = Framer()
    found = list(framer.feed(f"9900302.00{ending}97{ending}".encode()))
    assert [f.data for f in found] == [b"9900302.00", b"97"]
    assert [f.terminator for f in found] == [ending, ending]


def test_cr_and_lf_in_two_packets_are_one_line_end() -> None:
    framer = Framer()
    assert [f.data for f in framer.feed(b"9900302.00\r")] == [b"9900302.00"]
    assert [f.data for f in framer.feed(b"\n97\r")] == [b"97"]
    assert [f.terminator for f in framer.feed(b"\n97\r\n")] == ["\r\n"]


@given(
    st.lists(st.binary(min_size=1, max_size=40).filter(lambda b: not set(b) & set(b"\r\n\0 "))),
    st.sampled_from([b"\r", b"\n", b"\r\n"]),
    st.data(),
)
def test_however_the_stream_is_cut_the_frames_are_the_same(
    pieces: list[bytes], ending: bytes, data: st.DataObject
) -> None:
    stream = b"".join(piece + ending for piece in pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    packets = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [f.data for f in frames(*packets)] == pieces


def test_an_endless_line_is_told_once_and_dropped() -> None:
    framer = Framer()
    found = [f for _ in range(250) for f in framer.feed(b"9" * 4096)]
    assert len(found) == 1
    assert found[0].oversize
    assert framer.pending <= FRAME_LIMIT
    assert [f.data for f in framer.feed(b"99\r97\r")] == [b"97"]


def test_a_long_line_with_its_end_in_one_packet_is_told_too() -> None:
    found = frames(b"1" * (FRAME_LIMIT + 1) + b"\r97\r")
    assert [f.oversize for f in found] == [True, False]


@pytest.mark.parametrize(
    ("data", "body", "sequence", "detected", "intact"),
    [
        (b"97AZFEF5", b"97", "", True, True),
        (b"9900302.00AY0AZFCA6", b"9900302.00", "0", True, True),
        (b"9900302.00AY0AZfca6", b"9900302.00", "0", True, True),
        (b"9900302.00AY0AZFCA9", b"9900302.00", "0", True, False),
        (b"9900302.00AY0", b"9900302.00", "0", False, True),
        (b"9900302.00", b"9900302.00", "", False, True),
        (b"9900302.00AYxAZFCA6", b"9900302.00AYx", "", True, False),
    ],
)
def test_sequence_and_checksum_come_off_the_end(
    data: bytes, body: bytes, sequence: str, detected: bool, intact: bool
) -> None:
    assert sip2.check(data) == sip2.Checked(body, sequence, detected, intact)


def test_a_frame_is_written_in_the_terminal_s_charset() -> None:
    made = sip2.frame(
        "121NNYAF王弢：借出成功|", charset="gb18030", terminator="\r\n", sequence="3", detect=True
    )
    assert made.endswith(b"\r\n")
    found = sip2.check(made[:-2])
    assert found.intact
    assert found.body.decode("gb18030") == "121NNYAF王弢：借出成功|"
    assert b"|" in "弢".encode("gb18030")


@pytest.mark.parametrize(
    "data",
    [
        b"17AB1|AY",
        b"17AB1|AY1A",
        b"17AB1|AY1AZ",
        b"17AB1|AY1AZ12",
        b"17AB1|AY1AZ12G4",
        b"9900AY1AZ",
    ],
)
def test_a_checksum_of_which_something_is_missing_is_a_wrong_one(data: bytes) -> None:
    checked = sip2.check(data)
    assert (checked.detected, checked.intact) == (True, False)


def test_a_checksum_may_lack_the_zeros_in_front() -> None:
    frames_ = (
        b"17AB" + b"z" * long + b"%d|AY1AZ" % n for long in range(525, 535) for n in range(99)
    )
    short = next(d for d in frames_ if sip2.checksum(d).startswith("00"))
    digits = sip2.checksum(short)
    for written in (digits, digits[1:], digits[2:].lower()):
        assert sip2.check(short + written.encode()).intact
    assert not sip2.check(short + digits[:3].encode()).intact
