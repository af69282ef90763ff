"""M1: what a reader types finds the right title first."""

from __future__ import annotations

import pytest

from shuxiang.apps.search.answers import Query
from shuxiang.apps.search.engine import Index

from .conftest import NAMES, titles

HARRY = "Harry Potter and the Philosopher's Stone"

FIRST = [
    # typed, first title
    ("红楼梦", "红楼梦"),
    ("紅樓夢", "红楼梦"),
    ("《红楼梦》", "红楼梦"),
    (" 红 楼 梦 ", "红楼梦"),
    ("hlm", "红楼梦"),
    ("HLM", "红楼梦"),
    ("hongloumeng", "红楼梦"),
    ("hong lou meng", "红楼梦"),
    ("honglo", "红楼梦"),
    ("hongloum", "红楼梦"),
    ("mengyanjiu", "红楼梦研究"),
    ("9787020002207", "红楼梦"),
    ("978-7-02-000220-7", "红楼梦"),
    ("７－０２－０００２２０－Ｘ", "红楼梦"),
    ("702000220x", "红楼梦"),
    ("978-7-5321-0158-0", "红楼梦研究"),
    ("yc0000002", "红楼梦"),
    ("I242.4/C18", "红楼梦"),
    ("1005-1805", "读者"),
    ("10019·3001", "长城"),
    ("10019.3001", "长城"),
    ("曹雪芹", "红楼梦"),
    ("曹雪芹 红楼梦", "红楼梦"),
    ("cxq", "红楼梦"),
    ("caoxueqin", "红楼梦"),
    ("zengguofan", "曾国藩家书"),
    ("cengguofan", "曾国藩家书"),
    ("pingdianzengguofan", "评点曾国藩奏折"),
    ("zengguofanzouzhe", "评点曾国藩奏折"),
    ("余华活着", "活着"),
    ("石头记", "脂砚斋评石头记"),
    ("许三观", "许三观卖血记"),
    ("家书", "曾国藩家书"),
    ("梦", "梦"),
    ("c语言", "C语言程序设计"),
    ("Ｃ语言程序设计", "C语言程序设计"),
    ("hArRy pOTTER", HARRY),
    ("potter harry", HARRY),
    ("philosopher", HARRY),
    ("great wall", "长城"),
    ("changcheng", "长城"),
    ("zhanglu", "长路"),
    ("changlu", "长路"),
    ("harr", HARRY),
    ("yinyuezhisheng", "音乐之声"),
    ("chongqing", "重庆地图"),
    ("第2版", "教程第2版精讲"),
    ("平凡的世界第二部", "平凡的世界. 第二部"),
    ("平凡的世界第2部", "平凡的世界. 第二部"),
    ("战争与和平2", "战争与和平 Ⅱ"),
    ("战争与和平二", "战争与和平 Ⅱ"),
    ("列夫托尔斯泰", "战争与和平 Ⅱ"),
    ("I247.5", "活着"),
    ("i247.5*", "活着"),
    ("K827", "曾国藩家书"),
    ("红楼meng", "红楼梦"),
    ("hong楼m", "红楼梦"),
    ("hongloumen", "红楼梦"),
    ("congqing", "重庆地图"),
    ("战争与和平贰", "战争与和平 Ⅱ"),
    ("战争与和平第2卷", "战争与和平 Ⅱ"),
    ("平凡的世界2", "平凡的世界. 第二部"),
]


MEANT = [
    ("红搂梦", "红楼梦", "title"),
    ("honloumeng", "红楼梦", "title"),
    ("hary poter", HARRY, "title"),
    ("曹学芹", "红楼梦", "author"),
    ("活这", "活着", "title"),
    ("长成", "长城", "title"),
]


@pytest.mark.parametrize(("typed", "title", "by"), MEANT)
def test_m1_what_was_meant(small_index: Index, typed: str, title: str, by: str) -> None:
    meant = small_index.search(Query(typed)).meant
    assert [(NAMES[one.title_id], one.by) for one in meant][:1] == [(title, by)]


@pytest.mark.parametrize(
    "typed", ["红楼梦", "活着", "hlm", "9787020002207", "量子色动力学", "", "K827"]
)
def test_m1_nothing_is_suggested_without_need(small_index: Index, typed: str) -> None:
    assert small_index.search(Query(typed)).meant == ()


@pytest.mark.parametrize("facets", [(), ("year",), ("available",), ("place", "year")])
def test_m1_a_large_result_pages_through_its_tiers(
    small_index: Index, monkeypatch: pytest.MonkeyPatch, facets: tuple[str, ...]
) -> None:
    whole = titles(small_index, "红楼梦", facets=facets)
    monkeypatch.setattr("shuxiang.apps.search.engine._LARGE", 0)
    assert titles(small_index, "红楼梦", facets=facets) == whole
    paged = [titles(small_index, "红楼梦", page=n, size=1, facets=facets) for n in (1, 2, 3, 4, 5)]
    assert [title for page in paged for title in page] == whole
    assert small_index.search(Query("红楼梦", size=1, facets=facets)).total == len(whole)


@pytest.mark.parametrize(("typed", "first"), FIRST)
def test_m1_finds_the_title_first(small_index: Index, typed: str, first: str) -> None:
    assert titles(small_index, typed)[:1] == [first]


def test_m1_better_kinds_of_match_come_first(small_index: Index) -> None:
    # Exact, then beginning, then inside however popular, then the abstract.
    assert titles(small_index, "红楼梦") == ["红楼梦", "红楼梦研究", "图解红楼梦", "脂砚斋评石头记"]


def test_m1_an_author_comes_before_titles_about_him(small_index: Index) -> None:
    assert titles(small_index, "余华") == ["活着", "许三观卖血记", "余华研究资料"]


def test_m1_class_prefix_finds_the_classes_below(small_index: Index) -> None:
    assert set(titles(small_index, "I207*")) == {"红楼梦研究", "图解红楼梦"}
    assert set(titles(small_index, "I247.5")) == {"活着", "许三观卖血记"}


@pytest.mark.parametrize("title", sorted({first for _, first in FIRST} - {HARRY}))
def test_m1_the_first_three_characters_of_a_title_find_it(small_index: Index, title: str) -> None:
    assert title in titles(small_index, title[:3])


def test_m1_no_title_has_all_words_so_most_are_enough(small_index: Index) -> None:
    result = small_index.search(Query("红楼梦 曹雪芹 飞碟"))
    assert result.relaxed
    assert result.words == ("红楼梦", "曹雪芹", "飞碟")
    assert titles(small_index, "红楼梦 曹雪芹 飞碟") == ["红楼梦"]


def test_m1_nothing_found_says_what_was_looked_for(small_index: Index) -> None:
    result = small_index.search(Query("量子色动力学"))
    assert (result.hits, result.total, dict(result.facets)) == ((), 0, {})
    assert "".join(result.words) == "量子色动力学"


HOSTILE = [
    '":(^~*`',
    "title:红楼梦 AND (",
    "/.*/",
    "[a TO z]",
    "a" * 10_000,
    "红楼梦" * 4_000,
    '+-!(){}[]^"~*?:\\/',
    "\x00\ud800"[:1],
    "\ufffe\u202e红",
    "........",
    "'; DROP TABLE titles; --",
    "𠀀𠀁",
    "'" * 300,
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "九十九百十" * 30,
    "xiiivx",
    "-",
    "0" * 200,
    "①②③",
    "ꀕ",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_m1_no_text_makes_search_fail(small_index: Index, typed: str) -> None:
    result = small_index.search(Query(typed))
    assert result.total >= len(result.hits) >= 0


def test_m1_a_lone_surrogate_is_accepted(small_index: Index) -> None:
    assert small_index.search(Query("\ud800红楼梦")).total >= 0


def test_m1_only_punctuation_finds_nothing(small_index: Index) -> None:
    assert small_index.search(Query("《》!?")).total == 0
