"""What the tests of stock and of its imports share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.apps.stock.commands.categories import seed_categories
from tests.support import library as libraries
from tests.support.library import Contexts, Library


@pytest.fixture
def library(scene: Callable[..., Any]) -> Library:
    """The test library with its item categories and a children's location ``kids`` in the east."""

    def build() -> Library:
        made = libraries.build()
        ctx = Contexts(made)(at=libraries.moment("2020-01-01"))
        seed_categories(ctx=ctx.with_key("categories"))
        places.add_location(
            place=made.east, code="kids", name="少儿室", for_children=True, ctx=ctx.with_key("kids")
        )
        places.add_location(place=made.main, code="A1", name="一楼", ctx=ctx.with_key("A1"))
        return made

    made: Library = scene("stock", build)
    return made


@pytest.fixture
def imported(library: Library, ctx: Contexts, tmp_path: Path) -> Callable[..., str]:
    """``imported(data)``: import bytes to the main library; returns the batch number."""

    def do(data: bytes, *, name: str = "books.iso", **options: Any) -> str:
        path = tmp_path / name
        path.write_bytes(data)
        chosen = {"place": library.main, **options}
        return importing.run(path, importing.Options(**chosen), ctx=ctx(channel="cli"))

    return do
