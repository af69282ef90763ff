"""Pinyin forms, alternates, surnames, splitting and the order of titles."""

from __future__ import annotations

import pytest

from shuxiang.apps.search import pinyin, readings
from shuxiang.apps.search.rules import compact


@pytest.mark.parametrize(
    ("title", "full", "initials"),
    [
        ("红楼梦", ["hongloumeng"], ["hlm"]),
        ("长城", ["changcheng"], ["cc"]),
        ("长路", ["changlu", "zhanglu"], ["cl", "zl"]),
        ("音乐之声", ["yinyuezhisheng"], ["yyzs"]),
        ("重庆", ["chongqing"], ["cq"]),
        ("乾隆皇帝", ["qianlonghuangdi"], ["qlhd"]),
        ("旅游", ["lvyou", "luyou"], ["ly"]),
        ("C语言2", ["cyuyan2"], ["cyy2"]),
        ("1984", ["1984"], ["1984"]),
        ("《》", [], []),
    ],
)
def test_title(title: str, full: list[str], initials: list[str]) -> None:
    made = pinyin.of_title(compact(title))
    assert (made.full, made.initials) == (full, initials)


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("曾国藩", ("zengguofan", "cengguofan")),
        ("单田芳", ("shantianfang", "dantianfang")),
        ("(清) 仇兆鳌", ("qiuzhaoao", "chouzhaoao")),
        ("尉迟恭", ("yuchigong",)),
        ("曹雪芹", ("caoxueqin",)),
    ],
)
def test_a_surname_is_read_as_a_surname(name: str, full: tuple[str, ...]) -> None:
    assert pinyin.name_forms(name)[0] == full


def test_a_title_with_a_name_in_it_has_both_readings() -> None:
    """曾国藩传 of another author: typed zengguofan as well as cengguofan; titles without cost nothing."""
    assert pinyin.of_title("曾国藩传").pairs == [
        "^ceng cengguo guofan fanzhuan",
        "^zeng zengguo guofan fanzhuan",
    ]
    assert pinyin.of_title("红楼梦").pairs == ["^hong honglou loumeng"]
    assert pinyin.of_title("《》").pairs == []


def test_pinyin_the_record_gives() -> None:
    assert pinyin.given_forms("Hóng lóu mèng") == (["hongloumeng"], ["hlm"])
    assert pinyin.given_forms("") == ([], [])


@pytest.mark.parametrize(
    ("letters", "ways"),
    [
        ("hongloumeng", (("hong", "lou", "meng"),)),
        ("hlm", ()),
        ("xian", (("xian",), ("xi", "an"))),
        ("", ((),)),
    ],
)
def test_splits(letters: str, ways: tuple[tuple[str, ...], ...]) -> None:
    assert pinyin.splits(letters) == ways


def test_completions_of_the_last_syllable() -> None:
    assert pinyin.completions("honglo") == (("hong",), ("long", "lou"))
    assert pinyin.completions("zhonggu")[1] == ("gua", "guai", "guan", "guang", "gui", "gun", "guo")
    assert pinyin.completions("hongloum")[0] == ("hong", "lou")
    assert pinyin.completions("hongloumeng") == ((), ())
    assert pinyin.completions("hlm") == ((), ())
    assert pinyin.completions("") == ((), ())


@pytest.mark.parametrize(
    ("syllable", "others"),
    [
        ("zhang", ("zang", "zhan", "zan", "chang")),
        ("lin", ("nin", "ling", "ning")),
        ("zeng", ("zheng", "zen", "zhen", "ceng")),
        ("hai", ("huan",)),
        ("wo", ()),
    ],
)
def test_syllables_written_for_one_another(syllable: str, others: tuple[str, ...]) -> None:
    assert pinyin.similar(syllable) == others


def test_other_ways_to_write_have_the_fewest_changes_first() -> None:
    ways = pinyin.sounding_like(("hong", "lou", "men"))
    assert set(ways[:4]) == {
        ("hong", "lou", "meng"),
        ("hong", "nou", "men"),
        ("hong", "rou", "men"),
        ("hong", "lu", "men"),
    }
    assert ("hong", "nou", "meng") in ways[4:]
    known = {"honglou", "loumeng"}
    assert pinyin.sounding_like(("hong", "lou", "men"), known.__contains__) == (
        ("hong", "lou", "meng"),
    )
    assert pinyin.sounding_like(()) == ()


def test_titles_order_by_syllable_numbers_first() -> None:
    titles = ["重庆", "红楼梦", "洪湖", "1984", "安徒生", "ABC", "2001", "红楼"]
    ordered = sorted(titles, key=lambda t: pinyin.of_title(compact(t)).order)
    assert ordered == ["1984", "2001", "ABC", "安徒生", "重庆", "洪湖", "红楼", "红楼梦"]
    assert pinyin.sort_key([]) > max(pinyin.of_title(compact(t)).order for t in titles)


def test_the_tables_are_those_of_the_libraries() -> None:
    assert readings.SIMPLIFIED.read_text("utf-8") == readings.build_simplified()
    assert (
        readings.READINGS.read_text("utf-8"),
        readings.PHRASES.read_text("utf-8"),
    ) == readings.build_readings()
