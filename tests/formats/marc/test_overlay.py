"""Another library's record over ours (row A3): what stays, what comes, what is shown before."""

from __future__ import annotations

import pytest

from shuxiang.formats.marc import DataField
from shuxiang.formats.marc.overlay import changes, covers, overlaid, protected_tags
from tests.support.targets import cnmarc

OURS = cnmarc(
    "SX001", "9787020142101", "平凡的世界", "路遥",
    [DataField("905", "  ", (("a", "YC"), ("d", "I247.57"))), DataField("910", "  ", (("a", "x"),))],
)  # fmt: skip
THEIRS = cnmarc(
    "012019000001", "9787020142101", "平凡的世界. 第一部", "路遥",
    [DataField("330", "  ", (("a", "提要。"),)), DataField("905", "  ", (("a", "NLC"),)),
     DataField("979", "  ", (("a", "theirs"),))],
)  # fmt: skip


def tagged(tag: str, of: object) -> list[str]:
    return [str(f.subfields) for f in of.get(tag)]  # type: ignore[attr-defined]


def test_local_fields_stay_and_their_local_fields_never_come() -> None:
    made = overlaid(OURS, THEIRS, ("690", "9XX"))
    assert made.control("001") == "SX001"
    assert made.first("200", "a") == "平凡的世界. 第一部"
    assert made.first("330", "a") == "提要。"
    assert [f.tag for f in made.fields if f.tag > "900"] == ["905", "910"]
    assert made.first("905", "a") == "YC"
    assert made.first("690", "a") == OURS.first("690", "a")
    assert list(made.tags) == sorted(made.tags)


def test_a_protected_field_we_have_none_of_comes() -> None:
    bare = cnmarc("SX001", "9787020142101", "平凡的世界", "路遥")
    made = overlaid(bare, THEIRS, ("330",))
    assert made.first("330", "a") == "提要。"
    assert made.get("905") == ()


@pytest.mark.parametrize(
    ("text", "tags"),
    [("690 9XX", ("690", "9XX")), ("690，9xx,20", ("690", "9XX")), ("", ()), ("abc 6?0", ())],
)
def test_the_setting_is_read_leniently(text: str, tags: tuple[str, ...]) -> None:
    assert protected_tags(text) == tags


def test_x_stands_for_any_digit() -> None:
    assert covers(("9XX",), "905")
    assert not covers(("9XX", "690"), "691")


def test_the_preview_shows_what_goes_and_comes() -> None:
    shown = changes(OURS, overlaid(OURS, THEIRS, ("690", "9XX")))
    moved = [(c.sign, c.tag, c.text) for c in shown if c.sign != " "]
    assert moved == [
        ("-", "200", "1# $a 平凡的世界 $f 路遥著"),
        ("+", "200", "1# $a 平凡的世界. 第一部 $f 路遥著"),
        ("+", "330", "## $a 提要。"),
    ]
    assert all(c.sign == " " for c in changes(OURS, OURS))


def test_what_replaces_a_field_stands_below_it() -> None:
    other = cnmarc("SX001", "9787020002207", "红楼梦", "曹雪芹")
    moved = [(c.tag, c.sign) for c in changes(OURS, other) if c.sign != " "]
    assert moved == [
        ("010", "-"), ("010", "+"), ("200", "-"), ("200", "+"), ("701", "-"), ("701", "+"),
        ("905", "-"), ("910", "-"),
    ]  # fmt: skip
