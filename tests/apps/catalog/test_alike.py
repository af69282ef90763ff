"""A5: what makes two titles one, as a table a cataloguer can read; which of two is kept."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shuxiang.apps.catalog.alike import (
    Candidate,
    Compared,
    blocks,
    edition_key,
    likeness,
    survivor,
    volume_key,
)

DREAM = Compared(
    id="1",
    library="main",
    kind="book",
    title="红楼梦",
    author="曹雪芹",
    publisher="人民文学出版社",
    year=2008,
    isbns=("9787020002207",),
    language="chi",
    extent="1606页",
)


def changed(**values: Any) -> Compared:
    return msgspec.structs.replace(DREAM, id="2", **values)


@pytest.mark.parametrize(
    ("case", "other", "listed"),
    [
        ("the same once more", {}, True),
        ("typed with blanks and other marks", {"title": "红 楼梦", "publisher": "人民文学出版社 "}, True),
        ("one without ISBN", {"isbns": ()}, True),
        ("without ISBN, and the printing of the year after", {"isbns": (), "year": 2009}, False),
        ("the same ISBN, another printing", {"year": 2011}, True),
        ("the author with a dynasty", {"author": "(清)曹雪芹"}, True),
        ("no author, no pages", {"author": "", "extent": ""}, True),
        ("a title typed longer", {"title": "红楼梦: 全本"}, True),
        ("the ISBN used again for another book", {"title": "活着", "author": "余华"}, False),
        ("ISBNs of 精装 and 平装", {"isbns": ("9787020071234",)}, False),
        ("the second edition", {"edition": "第二版"}, False),
        ("the first edition said so", {"edition": "第1版"}, True),
        ("the other volume under one set ISBN", {"volume": "下册"}, False),
        ("a sound book", {"kind": "spoken"}, False),
        ("another language", {"language": "eng"}, False),
        ("of another library", {"library": "city"}, False),
        ("another author and no ISBN", {"isbns": (), "author": "高鹗"}, False),
    ],
)  # fmt: skip
def test_a5_alike_or_not(case: str, other: dict[str, Any], listed: bool) -> None:
    found = likeness(DREAM, changed(**other))
    assert found.listed is listed, (case, found)
    assert likeness(changed(**other), DREAM) == found, "order does not matter"


def test_a5_a_score_is_the_sum_of_its_parts() -> None:
    found = likeness(DREAM, changed(year=2009))
    assert dict(found.parts) == {
        "isbn": 45,
        "title": 30,
        "author": 15,
        "publisher": 10,
        "year-other": -5,
        "pages": 5,
    }
    assert found.score == 100


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("红楼梦", "上册"), ("红楼梦", "第一册"), True),
        (("红楼梦", "上"), ("红楼梦", "上册"), True),
        (("红楼梦", "上册"), ("红楼梦", "下册"), False),
        (("平凡的世界", "第二部"), ("平凡的世界二", ""), True),
        (("平凡的世界", "卷二"), ("平凡的世界", "Ⅲ"), False),
        (("三体Ⅱ", ""), ("三体", ""), False),
        (("1984", ""), ("1984", ""), True),
        (("天上", ""), ("天上", ""), True),
    ],
)
def test_a5_volumes_are_told_apart(
    one: tuple[str, str], other: tuple[str, str], same: bool
) -> None:
    assert (volume_key(*one) == volume_key(*other)) is same


@pytest.mark.parametrize(
    ("typed", "key"),
    [("第二版", "2"), ("第2版", "2"), ("2版", "2"), ("第1版", ""), ("", ""), ("修订本", "修订")],
)
def test_a5_editions(typed: str, key: str) -> None:
    assert edition_key(typed) == key


def test_a5_alike_titles_share_a_group_and_others_do_not() -> None:
    without = changed(isbns=())
    assert set(blocks(DREAM)) & set(blocks(without))
    assert not set(blocks(DREAM)) & set(blocks(changed(isbns=(), title="活着")))
    assert not set(blocks(DREAM)) & set(blocks(changed(library="city")))


@pytest.mark.parametrize(
    ("a", "b", "kept"),
    [
        (("1", 0, 0, 20), ("2", 9, 0, 8), "1"),
        (("1", 2, 0, 20), ("2", 9, 0, 18), "2"),
        (("1", 2, 0, 20), ("2", 2, 3, 20), "2"),
        (("1", 2, 0, 20), ("2", 2, 0, 20), "1"),
    ],
)
def test_a5_the_fuller_record_is_proposed_then_copies_then_age(
    a: tuple[Any, ...], b: tuple[Any, ...], kept: str
) -> None:
    one, other = Candidate(*a), Candidate(*b)
    assert survivor(one, other) == survivor(other, one) == kept
