"""The test library with books, readers and loan rules in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.stock.commands import categories, items
from shuxiang.formats.marc import Bibliographic
from tests.apps.patrons import people
from tests.support.library import Contexts, Library, moment


@dataclass(frozen=True, slots=True)
class Stocked:
    """``library`` with four titles, items ``B001`` … ``B008`` at the main library, ``E001`` of the
    east branch, ``R001`` not for lending, and readers by card number in ``cards``.

    Rules from 2020-01-01 at the main library: anybody 5 books, 30 days, one renewal of 30 days; a
    child 3.
    """

    library: Library
    titles: tuple[str, ...]
    items: dict[str, str]
    cards: dict[str, str]
    patrons: dict[str, str]


def build(library: Library) -> Stocked:
    ctx = Contexts(library)
    start = moment("2020-01-02", "09:00")
    patrons.seed_categories(ctx=ctx(at=start))
    categories.seed_categories(ctx=ctx(at=start))
    titles = tuple(
        catalog.add_title(
            bibliographic=Bibliographic(format="cnmarc", title=name, clc=(number,), year=2019),
            ctx=ctx(at=start),
        )
        for name, number in (
            ("红楼梦", "I242.4"),
            ("三体", "I247.55"),
            ("昆虫记", "Q96-49"),
            ("辞海", "Z32"),
        )
    )
    items_ = {}
    stock = [(f"B{n:03d}", titles[(n - 1) % 3], library.main, "book") for n in range(1, 9)]
    stock += [
        ("E001", titles[0], library.east, "book"),
        ("R001", titles[3], library.main, "reference"),
    ]
    for barcode, title, owner, category in stock:
        items_[barcode] = items.add_item(
            title=title, barcode=barcode, owner=owner, category=category, ctx=ctx(at=start)
        )
    for values in ({}, {"reader_category": "child", "loan_limit": 3}):
        circulation.add_rule(
            place=library.main,
            valid_from=date(2020, 1, 1),
            **({"loan_limit": 5, "loan_days": 30} | values),
            ctx=ctx(at=start),
        )
    registered = {
        "adult": people.adult(ctx(at=start)),
        "other": people.adult(ctx(at=start), number=people.WANG, name="王芳"),
        "child": people.child(ctx(at=start)),
    }
    return Stocked(
        library,
        titles,
        items_,
        {name: r.number for name, r in registered.items()},
        {name: r.patron for name, r in registered.items()},
    )
