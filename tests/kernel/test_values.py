"""Money, scans and masks."""

from __future__ import annotations

from datetime import datetime

import pytest

from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.kernel.values import mask_name, mask_number, scanned, yuan
from tests.support.library import moment


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (1234, "12.34"),
        (100_000, "1000.00"),
        (-5, "-0.05"),
        (-250, "-2.50"),
    ],
)
def test_yuan(fen: int, text: str) -> None:
    assert yuan(fen) == text


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("00123", "00123"),
        ("\uff10\uff10\uff11\uff12\uff13", "00123"),
        (" 0012 3\r\n", "00123"),
        ("ab12c", "AB12C"),
        ("\x02A1\x03\t", "A1"),
        ("A\u3000B", "AB"),
        ("", ""),
    ],
)
def test_scans_keep_zeros_and_lose_what_a_wedge_adds(raw: str, code: str) -> None:
    assert scanned(raw) == code


@pytest.mark.parametrize(
    ("name", "masked"), [("张三丰", "张**"), ("张三", "张*"), ("张", "张*"), ("", "")]
)
def test_masked_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("", ""),
        ("1234", "****"),
        ("12345", "1****"),
        ("123456", "1****6"),
        ("1234567", "1****67"),
        ("12345678", "1*****78"),
        ("44160219900101123X", "4**************23X"),
    ],
)
def test_masked_numbers_hide_at_least_four(number: str, masked: str) -> None:
    assert mask_number(number) == masked
    assert masked.count("*") >= min(4, len(number))


def test_a_context_wants_an_aware_moment_and_makes_its_own_key() -> None:
    with pytest.raises(ValueError, match="aware"):
        Context(actor=SYSTEM, channel="cli", service_point="", occurred_at=datetime(2020, 1, 1))
    one = Context(actor=SYSTEM, channel="cli", service_point="", occurred_at=moment("2020-01-01"))
    two = Context(actor=SYSTEM, channel="cli", service_point="", occurred_at=moment("2020-01-01"))
    assert one.request_key != two.request_key
    assert one.with_key("2").request_key == f"{one.request_key}.2"
    assert one.with_key("2").occurred_at == one.occurred_at
