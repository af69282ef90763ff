"""A searchable catalogue for the public pages: the stocked library with more titles, some on loan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.db import connection

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.search import commands as search
from shuxiang.apps.stock.commands import items
from shuxiang.formats.marc import Bibliographic
from shuxiang.formats.marc.bibliographic.model import BookNumber, Person
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

NOW = moment("2020-06-10", "15:30")
MANY = 45


@dataclass(frozen=True, slots=True)
class Shelves:
    """``stocked`` and `MANY` titles 丛刊第 n 种 of class K209/n at the main library, two copies each,
    one of every third at the east branch. B001 (红楼梦) is on loan until 2020-07-10; 红楼梦 has four
    copies, E001 of them in the east. ``fly`` is a title with every field filled."""

    stocked: Stocked
    many: tuple[str, ...]
    fly: str


def fill(library: Library) -> Shelves:
    """Make it through the real commands, all of it counted and numbered."""
    stocked = build(library)
    ctx = Contexts(library)
    start = moment("2020-01-03", "09:00")
    many = []
    for n in range(1, MANY + 1):
        title = catalog.add_title(
            bibliographic=Bibliographic(
                format="cnmarc",
                title=f"丛刊第{n}种",
                responsibility=(f"著者{n} 著",),
                persons=(Person(f"著者{n}", "著"),),
                publisher="星河出版社",
                clc=("K209",),
                year=1975 + n,
                language="chi" if n % 5 else "eng",
            ),
            ctx=ctx(at=start),
        )
        many.append(title)
        for copy, owner in enumerate((library.main, library.main if n % 3 else library.east)):
            items.add_item(
                title=title, barcode=f"C{n:03d}{copy}", owner=owner, category="book",
                call_number=f"K209/{n}", ctx=ctx(at=start),
            )  # fmt: skip
    fly = catalog.add_title(
        bibliographic=Bibliographic(
            format="cnmarc",
            title="飞行的奥秘<script>",
            other_titles=("给孩子的科学",),
            parallel_titles=("The secret of flight",),
            responsibility=("（法）安 著", "李梅 译"),
            persons=(Person("安", "著", country="法"), Person("李梅", "译", equal=False)),
            edition="2版",
            place="北京",
            publisher="少年出版社",
            year=2018,
            extent="120页",
            dimensions="26cm",
            isbns=(BookNumber("978-7-02-000220-7", "9787020002207", "精装", 3580),),
            price_fen=3580,
            language="chi",
            audience="d",
            clc=("V1-49",),
            subjects=("航空-少儿读物",),
            abstract="为什么鸟会飞？",
        ),
        ctx=ctx(at=start),
    )
    circulation.check_out(
        item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk", at=NOW, key=new_id())
    )
    return Shelves(stocked, tuple(many), fly)


def index() -> None:
    """The search index of what the database has now."""
    search.rebuild()


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every SQL statement of the block, the ORM's and those of `runtime.sql`; not the look at the
    revisions, which the clock decides (once a second)."""
    seen: list[str] = []
    plain = sql._execute

    def watched(text: str, values: Any, many: bool = False) -> Any:
        # On PostgreSQL the cursor is Django's and its statements are seen below.
        if sql.is_sqlite() and "runtime_revision" not in text:
            seen.append(text)
        return plain(text, values, many)

    def through(execute: Any, text: str, *rest: Any) -> Any:
        if "runtime_revision" not in text:
            seen.append(text)
        return execute(text, *rest)

    with monkeypatch.context() as patch, connection.execute_wrapper(through):
        patch.setattr(sql, "_execute", watched)
        yield seen


DUE = date(2020, 7, 10)
