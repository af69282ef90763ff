"""``shuxiang demo`` on a home that already has a library."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from shuxiang.interfaces.cli.main import main
from tests.support.library import Library


def test_a_home_with_a_library_is_left_alone(
    library: Library,
    unchanged: Callable[[], AbstractContextManager[None]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with unchanged():
        assert main(["demo"]) == 2
    said = capsys.readouterr()
    assert "already has a library; nothing was changed" in said.err
    assert said.out == ""
