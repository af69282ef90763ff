"""QR codes, read back by another hand's decoder."""

from __future__ import annotations

import re

import pytest

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.qr import LARGEST, _data_bytes, _fits, qr_modules, qr_svg

ZOOM = 4
zxingcpp = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed")


def read(text: str) -> str:
    modules = qr_modules(text)
    side = len(modules) + 8
    light = [False] * side
    rows = [light] * 4 + [[False] * 4 + row + [False] * 4 for row in modules] + [light] * 4
    picture = b"".join(
        bytes(0 if dark else 255 for dark in row for _ in range(ZOOM)) * ZOOM for row in rows
    )
    found = zxingcpp.read_barcodes(memoryview(picture).cast("B", (side * ZOOM, side * ZOOM)))
    assert [f.format.name for f in found] == ["QRCode"]
    return str(found[0].text)


@pytest.mark.parametrize("length", [1, 14, 15, 150, 331])
def test_any_length_is_read_back(length: int) -> None:
    text = ("https://lib.example.cn/kiosk/slip/" + "aZ0-_" * 200)[:length]
    assert read(text) == text


def test_chinese_is_read_back() -> None:
    assert read("源城区图书馆 · 借书凭条") == "源城区图书馆 · 借书凭条"


@pytest.mark.parametrize("version", [2, 6, 7, 9, 10, 14, 21, LARGEST])
def test_a_full_code_of_any_size_is_read_back(version: int) -> None:
    most = next(n for n in range(_data_bytes(version), 0, -1) if _fits(n, version))
    text = "x" * most
    assert len(qr_modules(text)) == 17 + 4 * version
    assert read(text) == text


def test_too_much_is_told() -> None:
    with pytest.raises(DocumentError, match="998 bytes"):
        qr_modules("x" * 998)


def test_the_drawing_has_its_quiet_zone() -> None:
    svg = qr_svg("x", "a <code>")
    assert 'aria-label="a &lt;code&gt;"' in svg
    assert 'viewBox="0 0 29 29"' in svg
    assert min(int(x) for x in re.findall(r"M(\d+) \d+h1", svg)) == 4
