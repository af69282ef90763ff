from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.patrons import commands
from tests.support.library import Contexts, Library


@pytest.fixture
def readers(scene: Callable[..., Any], library: Library, ctx: Contexts) -> Library:
    """The test library with the shipped reader categories."""

    def build() -> Library:
        assert commands.seed_categories(ctx=ctx()) == 8
        return library

    made: Library = scene("patrons.readers", build)
    return made
