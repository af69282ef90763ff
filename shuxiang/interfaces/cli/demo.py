"""Make the demo library: a fictional district library with readers, a played year and live loans.

A home that already has a library is left alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback

from shuxiang.interfaces.cli import common, serve
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "SHUXIANG_HOME=/tmp/demo shuxiang demo"


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    common.setup()
    if common.is_initialised():
        raise CommandError(
            f"{common.home()} already has a library; nothing was changed. "
            "Set SHUXIANG_HOME to an empty folder for the demo"
        )
    make()
    print((common.home() / "demo-accounts.txt").read_text(encoding="utf-8").rstrip())
    return 0


def make() -> None:
    """Build the demo library in an empty home. Raises CommandError when the clock is behind it."""
    from shuxiang.demo import build

    try:
        tally = build.make()
    except build.ClockBehind as error:
        raise CommandError(str(error)) from None
    print(f"demo library ready in {common.home()}: {tally.acts} acts played")


def make_apart() -> int:
    """Build it in a process of its own, so that whoever serves the library afterwards doesn't keep the
    memory of the building; returns the exit code."""
    from django.db import connections

    connections.close_all()
    sys.stdout.flush()
    starter = os.getpid()
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)
    serve.die_with(starter)
    code = 1
    try:
        make()
        code = 0
    except CommandError as error:
        print(f"shuxiang demo: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        # The exit below would swallow it.
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
