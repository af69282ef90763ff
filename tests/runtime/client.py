"""A client process of the tests: does ``test.act`` under given keys, and dies when it is told to.

    python -m tests.runtime.client MODE FIRST LAST

Prints each key after its answer has come. MODE ``live`` does them all; ``answer`` dies by SIGKILL
after the COMMIT of the first act and before its answer; ``act`` dies inside the first act.
"""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import Future
from typing import Any, NoReturn

import django


def _die(*_: Any, **__: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def main(mode: str, first: int, last: int) -> None:
    django.setup()
    from shuxiang.runtime import commands, sql
    from tests.runtime import acts

    if mode == "answer" and sql.is_sqlite():
        Future.set_result = _die  # type: ignore[method-assign]
    elif mode == "answer":
        here = commands._run_here

        def committed_then_dead(work: Any) -> Any:
            here(work)
            _die()

        commands._run_here = committed_then_dead
    elif mode == "act":
        acts.record = _die
    for number in range(first, last):
        acts.act(number=number, ctx=acts.context(f"key{number}"))
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
