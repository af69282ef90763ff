from __future__ import annotations

import pytest

from shuxiang.formats.marc import ControlField, DataField, Decoded, Quarantined, Record
from shuxiang.formats.marc.text import read_text, to_text
from shuxiang.formats.notes import note
from tests.formats.marc.samples import DREAM, field, record


def read(text: str) -> list[Record]:
    outcome = list(read_text(text.splitlines()))
    assert all(isinstance(each, Decoded) for each in outcome)
    return [each.record for each in outcome if isinstance(each, Decoded)]


@pytest.mark.parametrize("mark", ["▼", "|", "@", "$", "ǂ", "‡"])
def test_what_is_written_for_display_is_read_again(mark: str) -> None:
    other = record(ControlField("001", "2"), field("200", "$a石头记", "1 "))
    text = to_text(DREAM, mark) + "\n" + to_text(other, mark)
    assert read(text) == [DREAM, other]


def test_display_form() -> None:
    small = record(ControlField("001", "2"), field("200", "$a石头记$f曹雪芹著", "1 "))
    assert to_text(small) == ("LDR 00000nam0 2200000   450 \n001 2\n200 1#▼a石头记▼f曹雪芹著\n")


@pytest.mark.parametrize(
    "line",
    [
        "2001 ▼a红楼梦▼f曹雪芹著",
        "200 1 ▼a红楼梦▼f曹雪芹著",
        "200 1# |a 红楼梦 |f 曹雪芹著",
        "200  1 @a红楼梦@f曹雪芹著",
        "=200  1\\$a红楼梦$f曹雪芹著",
        "200\t1 ǂa红楼梦 ǂf曹雪芹著",
        "2001#$a红楼梦$f曹雪芹著",
    ],
)
def test_one_field_a_line_in_many_habits(line: str) -> None:
    [only] = read("001 42\n" + line)
    assert only.get("200") == (DataField("200", "1 ", (("a", "红楼梦"), ("f", "曹雪芹著"))),)
    assert only.control("001") == "42"


def test_a_mark_that_is_no_mark_stays_text() -> None:
    [only] = read("345  ▼a采购 a@b.cn $ 30▼dCNY30")
    assert only.first("345", "a") == "采购 a@b.cn $ 30"
    assert only.first("345", "d") == "CNY30"


def test_long_fields_go_on_in_the_next_line() -> None:
    [only] = read("200 1 ▼a红楼梦\n330   ▼a以贾宝玉、\n      林黛玉的故事\n690   ▼aI242.4")
    assert only.first("330", "a") == "以贾宝玉、林黛玉的故事"
    assert only.tags == ("200", "330", "690")


@pytest.mark.parametrize("between", ["\n", "***\n", "-----\n", "00000nam0 2200000   450 \n"])
def test_records_are_parted_by_blank_lines_rules_and_leaders(between: str) -> None:
    first, second = read(f"200 1 ▼a一\n{between}200 1 ▼a二\n")
    assert (first.first("200", "a"), second.first("200", "a")) == ("一", "二")


def test_aleph_sequential() -> None:
    text = (
        "000000001 FMT   L BK\n"
        "000000001 LDR   L -----nam0-22------450-\n"
        "000000001 001   L 000000001\n"
        "000000001 2001  L $$a红楼梦$$f曹雪芹著\n"
        "000000001 690   L $$aI242.4$$v5\n"
        "000000002 LDR   L ^^^^^nas0^22^^^^^^450^\n"
        "000000002 2001  L $$a读者 $5\n"
    )
    first, second = read(text)
    assert first.control("001") == "000000001"
    assert first.get("200") == (DataField("200", "1 ", (("a", "红楼梦"), ("f", "曹雪芹著"))),)
    assert first.first("690", "v") == "5"
    assert second.first("200", "a") == "读者 $5"
    assert second.leader[5:9] == "nas0"


def test_text_without_fields_is_quarantined_with_its_line() -> None:
    outcome = list(read_text(["", "红楼梦 曹雪芹", "", "200 1 ▼a一"]))
    assert [type(each) for each in outcome] == [Quarantined, Decoded]
    refused = outcome[0]
    assert isinstance(refused, Quarantined)
    assert refused.reason == note("text_no_fields", line=2)
    assert refused.data.decode() == "红楼梦 曹雪芹"
