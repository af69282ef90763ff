"""A4: new books: call numbers given in order, reused on confirmation, never given twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import categories, items
from shuxiang.apps.stock.commands.books import Added, Copies, Shelving, add_book
from shuxiang.apps.stock.models import Item, Label
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.support.library import Contexts, Library

BOOK = ShortRecord(title="活着", responsibility="余华著", clc="I247.57", isbn="9787506365437")
OTHER = ShortRecord(title="兄弟", responsibility="余华著", clc="I247.57")


@pytest.fixture
def library_(library: Library, ctx: Contexts) -> Library:
    categories.seed_categories(ctx=ctx())
    for key, value in (("items.barcode_prefix", "X"), ("items.barcode_digits", 5)):
        places.set_setting(place=library.main, key=key, value=value, ctx=ctx())
    return library


@pytest.fixture
def copies(library_: Library) -> Copies:
    return Copies(place=library_.main, category="book", source="purchase", price_fen=2900)


def refused(act: Callable[[], Any]) -> tuple[str, ...]:
    with pytest.raises(Refused) as found:
        act()
    return found.value.decision.codes


def test_a_book_its_copies_labels_and_numbers(copies: Copies, ctx: Contexts) -> None:
    done = add_book(
        record=BOOK,
        copies=replace(copies, count=3, barcodes=("b００1", "B002"), volume="上"),
        ctx=ctx("cataloguer"),
    )
    assert (done.new, done.call_number) == (True, "I247.57/1")
    assert [barcode for _, barcode in done.items] == ["B001", "B002", "X00001"]
    views = [stock.item(id_) for id_, _ in done.items]
    assert {
        (v.call_number, v.volume, v.price_fen, v.source, v.accessioned_on) for v in views if v
    } == {("I247.57/1", "上", 2900, "purchase", date(2020, 6, 10))}
    assert Label.objects.filter(printed_at=None).count() == 3
    assert Event.objects.filter(type="item.accessioned").count() == 3
    assert Event.objects.filter(type="title.added").count() == 1


def test_a4_the_next_title_gets_the_next_number(copies: Copies, ctx: Contexts) -> None:
    numbers = [
        add_book(record=replace(OTHER, title=f"第{n}种"), copies=copies, ctx=ctx()).call_number
        for n in range(3)
    ]
    assert numbers == ["I247.57/1", "I247.57/2", "I247.57/3"]
    other_class = replace(OTHER, title="诗", clc="I227")
    assert add_book(record=other_class, copies=copies, ctx=ctx()).call_number == "I227/1"


def test_numbering_goes_on_from_what_stands_on_the_shelves(
    copies: Copies, library: Library, ctx: Contexts
) -> None:
    old = add_book(
        record=OTHER, copies=replace(copies, shelving=Shelving(how="none")), ctx=ctx()
    ).title
    for n, (number, status) in enumerate(
        [
            ("I247.57/7", "available"),
            ("I247.57/12:2", "available"),
            ("I247.57/9", "available"),
            ("I247.5/900", "available"),
            ("I247.57/W35", "available"),
        ]
    ):
        items.add_item(
            title=old,
            barcode=f"OLD{n}",
            owner=(library.main, library.east)[n % 2],
            category="book",
            call_number=number,
            status=status,
            ctx=ctx(),
        )
    withdrawn = items.add_item(
        title=old,
        barcode="OLD9",
        owner=library.main,
        category="book",
        call_number="I247.57/20",
        ctx=ctx(),
    )
    items.withdraw_item(item=withdrawn, why="破旧", ctx=ctx())
    assert add_book(record=BOOK, copies=copies, ctx=ctx()).call_number == "I247.57/21"
    series = stock.series_at(library.main)
    found = stock.class_numbers(series, "I247.57")
    assert (found.next, found.highest) == (22, 21)
    assert found.gaps == (1, 2, 3, 4, 5, 6, 8, 10, 11, 13, 14, 15, 16, 17, 18, 19)
    # Imported after the series began: the number is skipped.
    items.add_item(
        title=old,
        barcode="LATER",
        owner=library.main,
        category="book",
        call_number="I247.57/22",
        ctx=ctx(),
    )
    third = replace(OTHER, title="第三种")
    assert add_book(record=third, copies=copies, ctx=ctx()).call_number == "I247.57/23"


def test_another_copy_is_offered_the_titles_number_and_gets_it_on_confirmation(
    copies: Copies, library: Library, ctx: Contexts
) -> None:
    first = add_book(record=BOOK, copies=copies, ctx=ctx())
    (offered,) = stock.proposals(stock.series_at(library.main), title=first.title)
    assert (offered.call_number, offered.same) == ("I247.57/1", True)
    assert refused(lambda: add_book(title=first.title, copies=copies, ctx=ctx())) == (
        "number-known",
    )
    reuse = replace(copies, shelving=Shelving(how="reuse", reuse_of=first.title))
    again = add_book(title=first.title, copies=reuse, ctx=ctx())
    assert (again.new, again.call_number, again.title) == (False, "I247.57/1", first.title)
    answer = ctx(overrides=(Override("number-known", "另立一处"),))
    assert add_book(title=first.title, copies=copies, ctx=answer).call_number == "I247.57/2"


def test_another_edition_is_offered_the_number_of_the_work(
    copies: Copies, library: Library, ctx: Contexts
) -> None:
    first = add_book(record=BOOK, copies=copies, ctx=ctx())
    add_book(record=replace(OTHER, title="活着", responsibility="别人著"), copies=copies, ctx=ctx())
    series = stock.series_at(library.main)
    offered = stock.proposals(series, proper="活着", author="余华")
    assert [(p.title, p.call_number, p.same) for p in offered] == [
        (first.title, "I247.57/1", False)
    ]
    edition = replace(BOOK, edition="2版", isbn="")
    shelving = Shelving(how="reuse", reuse_of=first.title)
    done = add_book(record=edition, copies=replace(copies, shelving=shelving), ctx=ctx())
    assert (done.call_number, done.new) == ("I247.57/1", True)
    # Now its own, by which a further copy goes.
    (own, *_) = stock.proposals(series, title=done.title)
    assert (own.same, own.call_number) == (True, "I247.57/1")


def test_a4_a_class_number_edited_by_hand_drives_the_next_copy(
    copies: Copies, library: Library, ctx: Contexts
) -> None:
    first = add_book(record=BOOK, copies=copies, ctx=ctx())
    items.change_item(item=first.items[0][0], call_number="I247.5/88", ctx=ctx("cataloguer"))
    (offered,) = stock.proposals(stock.series_at(library.main), title=first.title)
    assert offered.call_number == "I247.5/88"
    reuse = replace(copies, shelving=Shelving(how="reuse", reuse_of=first.title))
    assert add_book(title=first.title, copies=reuse, ctx=ctx()).call_number == "I247.5/88"
    fresh = replace(OTHER, clc="I247.5")
    assert add_book(record=fresh, copies=copies, ctx=ctx()).call_number == "I247.5/89"


def test_a_number_typed_by_hand(copies: Copies, ctx: Contexts) -> None:
    typed = replace(copies, shelving=Shelving(how="typed", book_number="40", auxiliary=":2"))
    assert add_book(record=BOOK, copies=typed, ctx=ctx()).call_number == "I247.57/40:2"
    assert refused(lambda: add_book(record=OTHER, copies=typed, ctx=ctx())) == ("number-in-use",)
    answer = ctx(overrides=(Override("number-in-use", "同一套书"),))
    assert add_book(record=OTHER, copies=typed, ctx=answer).call_number == "I247.57/40:2"
    third = replace(OTHER, title="第三种")
    assert add_book(record=third, copies=copies, ctx=ctx()).call_number == "I247.57/41"
    author = replace(copies, shelving=Shelving(how="typed", book_number="y78"))
    fourth = replace(OTHER, title="第四种")
    assert add_book(record=fourth, copies=author, ctx=ctx()).call_number == "I247.57/Y78"


@pytest.mark.parametrize(
    ("apart", "numbering", "expected"),
    [
        ("none", "library", ["1", "2", "3"]),
        ("category", "library", ["1", "1", "2"]),
        ("none", "branch", ["1", "2", "1"]),
    ],
)
def test_series_apart_by_category_and_by_branch(
    apart: str,
    numbering: str,
    expected: list[str],
    copies: Copies,
    library: Library,
    ctx: Contexts,
) -> None:
    for key, value in (("items.numbering_apart", apart), ("items.numbering", numbering)):
        places.set_setting(place=library.main, key=key, value=value, ctx=ctx())
    got = []
    for n, (place, category) in enumerate(
        [(library.main, "book"), (library.main, "child"), (library.east, "book")]
    ):
        done = add_book(
            record=replace(OTHER, title=f"第{n}种"),
            copies=replace(copies, place=place, category=category),
            ctx=ctx(),
        )
        got.append(done.call_number.rpartition("/")[2])
    assert got == expected


def test_a4_two_clerks_taking_the_same_number_at_once(
    copies: Copies, ctx: Contexts, together: Any
) -> None:
    def take(n: int) -> Any:
        record = replace(OTHER, title=f"第{n}种")
        return add_book(record=record, copies=copies, ctx=ctx(key=f"clerk-{n}"))

    outcomes = together(12, take)
    assert [type(o) for o in outcomes] == [Added] * 12
    assert sorted(o.call_number for o in outcomes) == sorted(f"I247.57/{n}" for n in range(1, 13))
    assert sorted(o.items[0][1] for o in outcomes) == [f"X{n:05d}" for n in range(1, 13)]


def test_the_same_form_sent_twice_adds_once(copies: Copies, ctx: Contexts) -> None:
    one = add_book(record=BOOK, copies=copies, ctx=ctx(key="form"))
    assert add_book(record=BOOK, copies=copies, ctx=ctx(key="form")) == one
    assert Item.objects.count() == 1


BAD: list[tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    ({}, {"price_fen": None}, ("price-missing",)),
    ({}, {"source": "legacy"}, ("source-unknown",)),
    ({}, {"source": ""}, ("source-unknown",)),
    ({}, {"count": 0}, ("copies-number",)),
    ({}, {"count": 201}, ("copies-number",)),
    ({}, {"barcodes": ("T1", "t1 ")}, ("barcode-repeated",)),
    ({}, {"barcodes": ("TAKEN", "T2")}, ("barcode-taken",)),
    ({}, {"place": "0" * 32}, ("place-unknown",)),
    ({}, {"category": "none"}, ("category-unknown",)),
    ({}, {"location": "0" * 32}, ("location-unknown",)),
    ({"clc": ""}, {}, ("class-missing",)),
    ({}, {"shelving": Shelving(class_number="L1")}, ("class-unknown",)),
    ({}, {"shelving": Shelving(how="typed")}, ("book-number-missing",)),
    ({}, {"shelving": Shelving(how="reuse", reuse_of="0" * 32)}, ("number-to-reuse-missing",)),
    (
        {"title": "", "date": "x"},
        {"price_fen": None},
        (
            "price-missing",
            "title-missing",
            "year-unreadable",
        ),
    ),
]


@pytest.mark.parametrize(("record", "fields", "codes"), BAD)
def test_a_refused_book_leaves_nothing(
    record: dict[str, Any],
    fields: dict[str, Any],
    codes: tuple[str, ...],
    copies: Copies,
    library: Library,
    ctx: Contexts,
    unchanged: Callable[[], Any],
) -> None:
    first = add_book(record=BOOK, copies=replace(copies, barcodes=("TAKEN",)), ctx=ctx())
    assert first.items
    with unchanged():
        got = refused(
            lambda: add_book(
                record=replace(OTHER, **record), copies=replace(copies, **fields), ctx=ctx()
            )
        )
    assert got == codes


def test_barcodes_of_the_series_skip_those_on_books_and_end(
    copies: Copies, library: Library, ctx: Contexts
) -> None:
    places.set_setting(place=library.main, key="items.barcode_digits", value=1, ctx=ctx())
    first = add_book(record=BOOK, copies=replace(copies, barcodes=("X2", "X3")), ctx=ctx())
    more = replace(copies, count=7, shelving=Shelving(how="reuse", reuse_of=first.title))
    done = add_book(title=first.title, copies=more, ctx=ctx())
    assert [b for _, b in done.items] == ["X1", "X4", "X5", "X6", "X7", "X8", "X9"]
    one = replace(more, count=1)
    assert refused(lambda: add_book(title=first.title, copies=one, ctx=ctx())) == (
        "barcode-series-full",
    )
    places.set_setting(place=library.main, key="items.barcode_digits", value=0, ctx=ctx())
    assert refused(lambda: add_book(title=first.title, copies=one, ctx=ctx())) == (
        "barcode-series-off",
    )


def test_i18_a_branch_keeper_adds_nothing_at_another_branch(
    copies: Copies, library: Library, ctx: Contexts
) -> None:
    assert refused(lambda: add_book(record=BOOK, copies=copies, ctx=ctx("branch"))) == (
        "not-permitted",
    )
    assert catalog.count() == 0
