"""A4: gaps reused, numbers begun anew, author numbers and signs on new books; shelf order in the
database is the rule's."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

import pytest

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog.commands import classing
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stock.commands.books import Copies, Shelving, add_book
from shuxiang.apps.stock.commands.series import restart_numbers
from shuxiang.apps.stock.models import Item
from shuxiang.formats.marc import Bibliographic
from shuxiang.formats.marc.bibliographic import Person
from shuxiang.kernel.decision import Refused
from tests.support.library import Contexts, Library

pytestmark = pytest.mark.db


def book(ctx: Contexts, name: str, shelving: Shelving, **described: Any) -> str:
    """The call number a new book gets."""
    title = titles.add_title(
        bibliographic=Bibliographic(format="cnmarc", title=name, clc=("I247.57",), **described),
        ctx=ctx(),
    )
    copies = Copies(
        place=ctx.library.main,
        category="book",
        source="purchase",
        price_fen=100,
        barcodes=(f"B{title[-12:]}",),
        shelving=shelving,
    )
    return add_book(title=title, copies=copies, ctx=ctx("cataloguer")).call_number


def shelved(ctx: Contexts, *numbers: int) -> None:
    for number in numbers:
        book(ctx, f"书{number}", Shelving(how="typed", book_number=str(number)))


def test_a4_the_lowest_free_number_is_given_and_each_once(
    library: Library, ctx: Contexts, together: Callable[..., list[Any]]
) -> None:
    shelved(ctx, 1, 3, 6)
    assert book(ctx, "补缺", Shelving(how="gap")) == "I247.57/2"
    given = together(2, lambda n: book(ctx, f"同时{n}", Shelving(how="gap")))
    assert sorted(given) == ["I247.57/4", "I247.57/5"]
    with pytest.raises(Refused) as refused:
        book(ctx, "没有空号", Shelving(how="gap"))
    assert refused.value.decision.codes == ("number-no-gap",)
    assert book(ctx, "新号", Shelving()) == "I247.57/7"


def test_a4_numbers_go_on_from_another_one(
    library: Library, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    shelved(ctx, 8)

    def restart(first: int) -> None:
        restart_numbers(
            place=library.main,
            category="book",
            location=None,
            class_number="I247.57",
            first=first,
            ctx=ctx("cataloguer"),
        )

    restart(1001)
    assert book(ctx, "千号以后", Shelving()) == "I247.57/1001"
    for first, code in ((0, "number-range"), (1001, "number-below-highest")):
        with unchanged(), pytest.raises(Refused) as refused:
            restart(first)
        assert refused.value.decision.codes == (code,)


def test_a4_an_author_number_and_the_library_s_signs(library: Library, ctx: Contexts) -> None:
    rows = (("陈", "C350"), ("陈建", "C372"))
    classing.import_author_table(rows=rows, replace=True, ctx=ctx("cataloguer"))
    for key, sign in (("items.volume_sign", ":{n}"), ("items.edition_sign", "={n}")):
        places.set_setting(place=library.main, key=key, value=sign, ctx=ctx())
    by = (Person("陈建功", "著"),)
    author = Shelving(how="author")
    assert book(ctx, "找乐", author, persons=by) == "I247.57/C372"
    more = {"persons": by, "part_number": "下册", "edition": "第二版"}
    assert book(ctx, "放声", Shelving(), **more) == "I247.57/1=2:3"
    assert book(ctx, "流火", Shelving(auxiliary="-"), **more) == "I247.57/2"
    with pytest.raises(Refused) as refused:
        book(ctx, "活着", author, persons=(Person("余华", "著"),))
    assert refused.value.decision.codes == ("author-number-missing",)


SIGNS = ["-", "(711)", '"2"', "=6", "<326>", ":R83", "+R173", ".1", "1", "7", "12"]


def _compared(one: str, other: str) -> int:
    """The rule as the manual has it, symbol by symbol, written down anew for this test."""
    left, right = _symbols(one), _symbols(other)
    return (left > right) - (left < right)


def _symbols(call_number: str) -> list[tuple[int, int, str]]:
    head, _, tail = call_number.partition("/")
    found: list[tuple[int, int, str]] = []
    quoted = False
    for sign in head.replace(".", ""):
        rank = {")": 1, ">": 1, "-": 2, "(": 3, "=": 5, "<": 6, ":": 7, "+": 8}.get(sign, 0)
        if sign == '"':
            rank, quoted = (1 if quoted else 4), not quoted
        elif sign.isdigit():
            rank = 9
        elif sign.isalpha():
            rank = 10
        found.append((rank, int(sign) if sign.isdigit() else 0, sign if sign.isalpha() else ""))
    return [*found, (0, int(tail), "")]


def test_a4_order_in_the_database_is_the_rule_of_the_manual(
    library: Library, ctx: Contexts
) -> None:
    """Random numbers of every sign: ORDER BY of the stored key and the rule agree."""
    dice = random.Random(82)
    numbers = set()
    while len(numbers) < 60:
        text = dice.choice(["R71", "I247", "TP3", "K9", "R711"])
        text += "".join(dice.choice(SIGNS) for _ in range(dice.randint(0, 2)))
        numbers.add(f"{text}/{dice.randint(1, 120)}")
    title = titles.add_title(bibliographic=Bibliographic(format="cnmarc", title="书"), ctx=ctx())
    for n, number in enumerate(dice.sample(sorted(numbers), len(numbers))):
        items.add_item(
            title=title,
            barcode=f"S{n}",
            owner=library.main,
            category="book",
            call_number=number,
            ctx=ctx(),
        )
    stored = list(Item.objects.order_by("call_sort").values_list("call_number", flat=True))
    assert stored == sorted(numbers, key=cmp_to_key(_compared))
    shown = [i.call_number for i in queries.items_of([title])[title]]
    assert shown == stored
