"""A4: class tables of the library's own, author numbers, auxiliary signs."""

from __future__ import annotations

import pytest

from shuxiang.apps.catalog import queries
from shuxiang.apps.catalog.classing import (
    author_rows,
    auxiliary,
    beginnings,
    class_rows,
    corner_number,
    parents,
)
from shuxiang.apps.catalog.commands import classing as commands
from shuxiang.formats.marc import Bibliographic
from shuxiang.kernel.decision import Refused
from tests.support.library import Contexts, Library

TABLE = [
    ["分类号", "类名", "注释"],
    ["I24", "小说"],
    ["I242", "古代至近代作品"],
    ["I242.4", "章回小说", "宜入此"],
    ["I247", "当代作品"],
    ["[I247.8]", "故事"],
    ["K3/7", "各国历史"],
    ["", "没有号"],
    ["I24", "又一次"],
    ["I25", ""],
]


def test_a4_rows_of_a_table_and_what_is_wrong_with_others() -> None:
    rows, faults = class_rows(TABLE)
    assert [(r.code, r.heading, r.note) for r in rows] == [
        ("I24", "小说", ""),
        ("I242", "古代至近代作品", ""),
        ("I242.4", "章回小说", "宜入此"),
        ("I247", "当代作品", ""),
        ("I247.8", "故事", ""),
        ("K3", "各国历史", ""),
    ]
    assert [(f.code, f.data["row"]) for f in faults] == [
        ("class-row-number", 8),
        ("class-row-twice", 9),
        ("class-row-heading", 10),
    ]
    assert parents(r.code for r in rows) == {
        "I24": "",
        "I242": "I24",
        "I242.4": "I242",
        "I247": "I24",
        "I247.8": "I247",
        "K3": "",
    }


@pytest.mark.db
def test_a4_an_own_table_is_browsed_with_its_titles(library: Library, ctx: Contexts) -> None:
    from shuxiang.apps.catalog.commands import add_title

    rows, _ = class_rows(TABLE)
    clerk = ctx("cataloguer")
    assert commands.import_class_table(rows=tuple(rows), replace=False, ctx=clerk) == 6
    for clc in ("I242.4", "I247.57", "I24"):
        described = Bibliographic(format="cnmarc", title="书", clc=(clc,))
        add_title(bibliographic=described, ctx=ctx())
    below = queries.classes_below("I24")
    assert [(c.code, c.below) for c in below] == [("I242", 1), ("I247", 1)]
    assert queries.titles_in_classes(["I24", "I242", "I247"]) == {"I24": 3, "I242": 1, "I247": 1}
    assert [c.code for c in queries.find_classes("I247")] == ["I247", "I247.8"]
    assert [c.code for c in queries.find_classes("章回")] == ["I242.4"]
    # Extended by another file, then replaced.
    more, _ = class_rows([["I29", "特种文学"], ["I24", "小说类"]])
    assert commands.import_class_table(rows=tuple(more), replace=False, ctx=ctx("cataloguer")) == 7
    assert queries.class_entry("I24").heading == "小说类"  # type: ignore[union-attr]
    assert commands.import_class_table(rows=tuple(more), replace=True, ctx=ctx("cataloguer")) == 2
    with pytest.raises(Refused) as refused:
        commands.import_class_table(rows=(), replace=True, ctx=ctx("cataloguer"))
    assert refused.value.decision.codes == ("class-table-empty",)
    assert queries.class_table_size() == 2


def test_a4_rows_of_author_numbers() -> None:
    rows, faults = author_rows(
        [["姓名", "号码"], ["陈", "C350"], ["陈建", "C372"], ["Zhang", "z100"], ["无号", ""]]
    )
    assert rows == {"陈": "C350", "陈建": "C372", "zhang": "Z100"}
    assert [(f.code, f.data["row"]) for f in faults] == [("author-row-unreadable", 5)]


def test_a4_beginnings_of_a_name_its_own_before_its_pinyin() -> None:
    assert beginnings("(清)曹雪芹", lambda text: "caoxueqin")[:5] == (
        "曹雪芹",
        "曹雪",
        "曹",
        "caoxueqin",
        "caoxueqi",
    )
    assert beginnings("Eyal, Nir", lambda text: "")[0] == "eyalnir"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("鲁", "2760"),
        ("鲁迅", "2737"),
        ("曹雪芹", "5514"),
        ("(日)芥川龙之介", "4204"),
        ("沈从文", ""),
    ],
)
def test_a4_four_corner_numbers(name: str, number: str) -> None:
    codes = {
        "鲁": "2760", "迅": "3730", "曹": "5560", "雪": "1017", "芹": "4422",
        "芥": "4422", "川": "2200", "龙": "0180", "之": "4030",
    }  # fmt: skip
    assert corner_number(name, codes) == number


@pytest.mark.db
@pytest.mark.parametrize(
    ("name", "number"),
    [("陈建功", "C372"), ("陈忠实", "C350"), ("张炜", "Z100"), ("王蒙", ""), ("", "")],
)
def test_a4_an_author_number_by_the_longest_beginning(
    name: str, number: str, library: Library, ctx: Contexts
) -> None:
    rows = (("陈", "C350"), ("陈建", "C372"), ("zhang", "Z100"))
    commands.import_author_table(rows=rows, replace=True, ctx=ctx("cataloguer"))
    assert queries.author_number(name, "prefix") == number


@pytest.mark.parametrize(
    ("title", "volume", "edition", "signs", "mark"),
    [
        ("红楼梦", "下册", "", (":{n}", "={n}"), ":3"),
        ("红楼梦", "第三卷", "第二版", (":{n}", "={n}"), "=2:3"),
        ("红楼梦", "下册", "第二版", (".v{n}", ""), ".v3"),
        ("红楼梦", "", "第1版", (":{n}", "={n}"), ""),
        ("1984", "", "", (":{n}", "={n}"), ""),
        ("红楼梦", "下册", "第二版", ("", ""), ""),
        ("红楼梦", "下册", "", ("{n}", ""), ""),
        ("红楼梦", "", "修订版", ("", "={n}"), ""),
    ],
)
def test_a4_auxiliary_signs(
    title: str, volume: str, edition: str, signs: tuple[str, str], mark: str
) -> None:
    found = auxiliary(title, volume, edition, volume_sign=signs[0], edition_sign=signs[1])
    assert found == mark
