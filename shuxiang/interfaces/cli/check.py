"""Prove the invariants on the library as it stands: one line each, ``ok`` or ``BROKEN``.

Exit code 1 when one is broken. Reads only; the worker may go on meanwhile.
"""

from __future__ import annotations

import argparse

from shuxiang.interfaces.cli import common

EXAMPLE = "shuxiang check"


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    from shuxiang.apps.search import queries as search
    from shuxiang.statistics import invariants

    broken = 0
    for found in (*invariants.check(), *search.check_index()):
        broken += not found.ok
        print(f"{'ok    ' if found.ok else 'BROKEN'} {found.id:<4} {found.text}", flush=True)
        if found.detail and not found.ok:
            print(f"            {found.detail}")
    return 1 if broken else 0
