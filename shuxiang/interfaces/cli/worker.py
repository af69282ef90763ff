"""Run the background worker: numbers the ledger, feeds statistics and search, keeps retention."""

from __future__ import annotations

import argparse

from shuxiang.interfaces.cli import common, serve

EXAMPLE = "shuxiang worker"


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    serve.serve_worker()
    return 0
