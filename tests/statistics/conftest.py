from __future__ import annotations

from collections.abc import Callable

import pytest

from shuxiang.kernel.ids import new_id
from tests.statistics.rows import Rows
from tests.support.library import Library

Names = Callable[[str], str]


@pytest.fixture
def rows(library: Library) -> Rows:
    return Rows(library.main)


@pytest.fixture
def reader() -> Names:
    """``reader("a")``: the same made-up patron id each time it is asked for."""
    known: dict[str, str] = {}
    return lambda name: known.setdefault(name, new_id())
