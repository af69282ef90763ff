"""Lists of scans as scanners and RFID readers write them (row K1)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats import rfid, scanlist
from shuxiang.formats.scanlist import ScanList

TABLES = {
    "a code a line": "B001\nB002\n\nB003\n",
    "a heading": "序号,条码号,时间\n1,B001,09:00\n2,B002,09:01\n3,B003,09:02\n",
    "time first": "2026-10-01 09:00:01,B001,1\n2026-10-01 09:00:02,B002,1\n2026-10-01 09:00:03,B003,1",
    "quantity first": "1;B001\n1;B002\n1;B003\n",
    "quotes and tabs": '"B001"\t"三体"\r\n"B002"\t"红楼梦"\r\n"B003"\t"昆虫记"\r\n',
}


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("name", TABLES)
def test_k1_the_codes_of_a_scanner_s_file(name: str, charset: str) -> None:
    text = scanlist.text_of(TABLES[name].encode(charset))
    assert scanlist.read_scans(text) == ScanList(("B001", "B002", "B003"))


def test_k1_barcodes_of_digits_keep_their_zeros_and_order() -> None:
    assert scanlist.read_scans("0100003\n0100001\n0100001\n").codes == (
        "0100003", "0100001", "0100001",
    )  # fmt: skip


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_k1_a_workbook_is_no_list_of_codes(magic: bytes) -> None:
    assert scanlist.read_scans(scanlist.text_of(magic + b"\nB001\n")) == ScanList(())


def test_k1_lines_without_a_code_are_counted() -> None:
    assert scanlist.read_scans("B001\n书 名\nB002\n??\n") == ScanList(("B001", "B002"), 2)
    assert scanlist.read_scans("") == ScanList(())


def memory(barcode: str) -> str:
    return rfid.encode([rfid.Element(rfid.PII, barcode)]).hex().upper()


def test_k1_labels_as_the_bridge_answers_and_line_by_line() -> None:
    tags = [
        {"uid": "E004", "afi": "07", "data": memory("B001")},
        {"uid": "E005", "afi": "07", "data": None},
        {"uid": "E006", "afi": "07", "data": "FF" * 16},
        {"uid": "E007", "afi": "C2", "data": memory("0100002")},
    ]
    whole = ScanList(("B001", "0100002"), 2)
    for answer in ({"tags": tags}, [{"status": 200, "body": {"tags": tags}}]):
        assert scanlist.read_labels(json.dumps(answer)) == whole
    lines = "\n".join(["E004," + memory("B001"), "E005," + "FF" * 16, "0100002", "?"])
    assert scanlist.read_labels(lines) == ScanList(("B001", "0100002"), 2)


@pytest.mark.parametrize("text", ["{", "[1]", '{"tags": 3}', '{"tags": [3]}', "[[]]"])
def test_k1_what_is_no_list_of_labels_gives_no_code(text: str) -> None:
    assert scanlist.read_labels(text).codes == ()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_failing(data: bytes) -> None:
    text = scanlist.text_of(data)
    for found in (scanlist.read_scans(text), scanlist.read_labels(text)):
        assert all(len(code) <= 60 for code in found.codes)
