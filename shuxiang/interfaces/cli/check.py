"""Prove the invariants on the library as it stands: one line each, ``ok`` or ``BROKEN``.

Exit code 1 when one is broken. Reads only; the worker may go on meanwhile.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Protocol

from shuxiang.interfaces.cli import common

EXAMPLE = "shuxiang check"
DURABLE = "9"
"""The one line about the server's settings, not about the data."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    found = [show(checked) for checked in results()]
    return 0 if all(found) else 1


class Checked(Protocol):
    """One line of the answer."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def detail(self) -> str: ...


def results() -> Iterator[Checked]:
    """Every invariant, proved one after the other."""
    from shuxiang.apps.search import queries as search
    from shuxiang.statistics import invariants

    yield from invariants.check()
    yield from search.check_index()


def of_the_data() -> Iterator[Checked]:
    """Every invariant of what is stored, whatever the server it is stored on promises."""
    return (checked for checked in results() if checked.id != DURABLE)


def show(checked: Checked) -> bool:
    """Print one line; returns whether the invariant holds."""
    print(f"{'ok' if checked.ok else 'BROKEN':<6} {checked.id:<4} {checked.text}", flush=True)
    if checked.detail and not checked.ok:
        print(f"            {checked.detail}", flush=True)
    return checked.ok
