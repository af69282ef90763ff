from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuxiang.formats import clc
from tests.formats.reference import reference

IN_ORDER = [
    "A1/3",
    "D9/5",
    "D9-43/1",
    "D922.1/3",
    "DF0/2",
    "F12/1",
    "F124/26",
    "F124.1/1",
    "I247.5/9",
    "I247.5/9(2)",
    "I247.5/9=2",
    "I247.5/9:2",
    "I247.5/12",
    "I247.5/101",
    "I247.5/C350",
    "I247.5/C350=2",
    "I247.5/C1350",
    "I247.5/D2",
    "I247.57/1",
    "I29/1",
    'I29"214"/1',
    'I29"214"=5/1',
    "I291/1",
    "K825.6/2",
    "R711/1",
    "R711-62/1",
    "R711(711)/1",
    "R711(711)=535/1",
    "R711(7112)/1",
    "R711=6/1",
    "R711<326>/1",
    "R711:R83/1",
    "R711+R173/1",
    "R711.1/1",
    "T-0/1",
    "TB3/1",
    "TP3/1",
    "TP311.1/1",
    "TP312/1",
    "TP312.8/1",
    "TP39/1",
]


def test_shelf_order_of_the_manual() -> None:
    shuffled = random.Random(7).sample(IN_ORDER, len(IN_ORDER))
    assert sorted(shuffled, key=clc.shelf_key) == IN_ORDER
    assert len({clc.shelf_key(number) for number in IN_ORDER}) == len(IN_ORDER)


def test_shelf_order_of_the_reference_cases() -> None:
    lines = reference("clc-sort-cases.tsv").decode().splitlines()
    numbers = [line.split("\t")[1] for line in lines if line[:1].isdigit()]
    assert len(numbers) == 24
    keys = [clc.shelf_key(number) for number in numbers]
    assert keys == sorted(set(keys))


@given(st.text(max_size=30))
def test_keys_use_only_signs_that_every_database_orders_alike(text: str) -> None:
    assert re.fullmatch("[0-9a-z]*", clc.shelf_key(text))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("TP312", "ＴＰ３１２"),
        ("TP312", "tp312"),
        ("TP311.13", "TP31113"),
        ("R711（711）", "R711(711)"),
        ("I29“214”", 'I29"214"'),
        ("R711〈326〉", "R711<326>"),
        ("D9—43", "D9-43"),
        ("[C94]", "C94"),
        (" I247.5 ", "I247.5"),
    ],
)
def test_writing_habits_do_not_change_the_order(left: str, right: str) -> None:
    assert clc.class_key(left) == clc.class_key(right)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("I247.5/12", ("I247.5", "12", "")),
        ("I247.5/12:2", ("I247.5", "12", ":2")),
        ("I247.5/12(2)", ("I247.5", "12", "(2)")),
        ("I247.5/12=2", ("I247.5", "12", "=2")),
        ("I247.5/12/v.2", ("I247.5", "12", "/v.2")),
        ("I247.5/C350", ("I247.5", "C350", "")),
        ("D668/bnu4", ("D668", "bnu4", "")),
        ("F124 26", ("F124", "26", "")),
        ("R711（711）/3", ("R711(711)", "3", "")),
        ("tp312/9", ("TP312", "9", "")),
        ("I247.5", ("I247.5", "", "")),
        ("", ("", "", "")),
    ],
)
def test_parts_of_a_call_number(text: str, parts: tuple[str, str, str]) -> None:
    parsed = clc.parse_call_number(text)
    assert (parsed.class_number, parsed.book_number, parsed.auxiliary) == parts
    assert parsed.lines == tuple(part for part in parts if part)


def test_signs_of_the_auxiliary_are_the_librarys_choice() -> None:
    parsed = clc.parse_call_number("I247.5/12#2", auxiliary="#.*")
    assert (parsed.book_number, parsed.auxiliary) == ("12", "#2")
    assert str(parsed) == "I247.5/12#2"


@pytest.mark.parametrize(
    ("number", "main", "second"),
    [
        ("I247.5", "I", "I2"),
        ("I561.45", "I", "I3/7"),
        ("TP312", "T", "TP"),
        ("T-0", "T", ""),
        ("A491", "A", "A49"),
        ("A41", "A", "A4"),
        ("B848.4", "B", "B84"),
        ("DF0", "D", "DF"),
        ("E712", "E", "E3/7"),
        ("F592", "F", "F59"),
        ("G624", "G", "G4"),
        ("K825.6", "K", "K81"),
        ("K877", "K", "K85"),
        ("O212", "O", "O1"),
        ("P618", "P", "P5"),
        ("V448", "V", "V4"),
        ("X-4", "X", ""),
        ("Ｚ228", "Z", "Z2"),
        ("[C94]", "C", "C94"),
        ("L12", "", ""),
        ("W", "", ""),
        ("895.1", "", ""),
        ("", "", ""),
    ],
)
def test_class_of_a_number(number: str, main: str, second: str) -> None:
    assert (clc.main_class(number), clc.second_level(number)) == (main, second)


def test_the_tree_has_22_main_classes_and_226_below() -> None:
    tree = clc.tree()
    assert "".join(top.code for top, _ in tree) == "ABCDEFGHIJKNOPQRSTUVXZ"
    assert sum(len(below) for _, below in tree) == 226
    literature = {top.code: below for top, below in tree}["I"]
    assert [row.code for row in literature] == ["I0", "I1", "I2", "I3/7"]


def test_path_of_a_number_names_both_levels() -> None:
    assert [row.name_zh for row in clc.path("K825.6")] == ["历史、地理", "传记"]
    assert [row.code for row in clc.path("T-0")] == ["T"]
    assert clc.path("895") == ()
