"""The demo's records: facts from the title list, everything else made up but well formed."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date

import pytest

from shuxiang.demo import names, records
from shuxiang.demo.sites import SITES
from shuxiang.formats import clc, marc
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.formats.marc import Charset
from shuxiang.formats.marc.holdings import find_profile, items


@pytest.fixture(scope="module")
def made() -> list[records.Book]:
    return records.books()


def test_every_class_and_place_is_there(made: list[records.Book]) -> None:
    classes = Counter(clc.main_class(b.class_number) for b in made)
    assert len(made) == 3260
    assert len(classes) == 22
    assert "" not in classes
    copies = [copy for book in made for copy in book.copies]
    assert len(copies) >= 6500
    assert {copy.site for copy in copies} == set(SITES)
    assert len({copy.barcode for copy in copies}) == len(copies)
    assert {len(copy.barcode) for copy in copies} == {8}


def test_the_same_books_every_time(made: list[records.Book]) -> None:
    again = records.books()
    assert [b.record for b in again] == [b.record for b in made]
    assert [b.copies for b in again] == [b.copies for b in made]


def test_popular_titles_have_more_copies(made: list[records.Book]) -> None:
    assert min(len(b.copies) for b in made[:50]) >= 6
    assert sum(len(b.copies) for b in made[-500:]) < 700


def test_isbns_are_right_and_in_no_publishers_block(made: list[records.Book]) -> None:
    numbers = [b.record.isbns[0].typed for b in made]
    assert all(parse_isbn(n).valid for n in numbers)
    assert {n[:9] for n in numbers} <= {f"978-7-799{digit}"[:9] for digit in range(10)}
    assert len(set(numbers)) == len(numbers)


def test_title_sequences_run_by_class(made: list[records.Book]) -> None:
    sequences: dict[str, list[str]] = {}
    for book in made:
        sequences.setdefault(book.class_number, []).append(book.book_number)
    assert all(s == [str(n) for n in range(1, len(s) + 1)] for s in sequences.values())


def test_accessions_of_2020(made: list[records.Book]) -> None:
    counted = Counter(b.batch for b in made)
    assert counted == {
        "stock": 2960,
        "2020-04": 90,
        "2020-06": 90,
        "2020-09": 80,
        "2020-11": 40,
    }
    added = sum(len(b.copies) for b in made if b.batch != "stock")
    assert 550 <= added <= 700


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_files_read_back_as_they_were_meant(made: list[records.Book], charset: Charset) -> None:
    chosen = made[:300:7]
    data = records.iso2709(chosen, charset, date(2020, 4, 16))
    raws = list(marc.split_records(io.BytesIO(data)))
    read = [marc.decode(raw, charset) for raw in raws]
    assert all(isinstance(each, marc.Decoded) and not each.repairs for each in read)
    found = [each.record for each in read if isinstance(each, marc.Decoded)]
    profile = find_profile(found)
    for book, record in zip(chosen, found, strict=True):
        bibliographic = marc.from_cnmarc(record)
        assert bibliographic.title == book.record.title
        assert bibliographic.title_pinyin == book.record.title_pinyin
        assert bibliographic.persons == book.record.persons
        assert bibliographic.clc == (book.class_number,)
        assert bibliographic.year == book.record.year
        assert bibliographic.warnings == ()
        held, notes = items(record, profile)
        assert notes == ()
        assert sorted((i.barcode, i.location_code) for i in held) == sorted(
            (c.barcode, c.code) for c in book.copies
        )
        assert {i.book_number for i in held} == {book.book_number}


@pytest.mark.parametrize(
    ("statement", "statements", "people", "bodies"),
    [
        ("余华著", ("余华著",), [("余华", "著", "", True)], []),
        (
            "(法)安托万·德·圣埃克苏佩里著；李继宏译",
            ("(法)安托万·德·圣埃克苏佩里著", "李继宏译"),
            [
                ("安托万·德·圣埃克苏佩里", "著", "法", True),
                ("李继宏", "译", "", False),
            ],
            [],
        ),
        (
            "葛均波，徐永健主编",
            ("葛均波，徐永健主编",),
            [("葛均波", "主编", "", True), ("徐永健", "主编", "", True)],
            [],
        ),
        (
            "(美)丹尼斯·米都斯等著",
            ("(美)丹尼斯·米都斯等著",),
            [("丹尼斯·米都斯", "著", "美", True)],
            [],
        ),
        (
            "世界环境与发展委员会著",
            ("世界环境与发展委员会著",),
            [],
            [("世界环境与发展委员会", "著")],
        ),
    ],
)
def test_statements_of_responsibility(
    statement: str,
    statements: tuple[str, ...],
    people: list[tuple[str, str, str, bool]],
    bodies: list[tuple[str, str]],
) -> None:
    found, persons, corporate = names.parse(statement)
    assert found == statements
    assert [(p.name, p.role, p.country, p.equal) for p in persons] == people
    assert [(b.name, b.role) for b in corporate] == bodies
