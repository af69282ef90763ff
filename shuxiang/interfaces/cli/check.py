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

    results = [_shown(c.id, c.text, c.ok, c.detail) for c in invariants.check()]
    results += [_shown(c.id, c.text, c.ok, c.detail) for c in search.check_index()]
    return 0 if all(results) else 1


def _shown(id_: str, text: str, ok: bool, detail: str) -> bool:
    print(f"{'ok' if ok else 'BROKEN':<6} {id_:<4} {text}", flush=True)
    if detail and not ok:
        print(f"            {detail}", flush=True)
    return ok
