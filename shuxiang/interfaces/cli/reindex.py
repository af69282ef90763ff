"""Rebuild the search index from the database. The library goes on working meanwhile."""

from __future__ import annotations

import argparse

from shuxiang.interfaces.cli import common

EXAMPLE = "shuxiang reindex"


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    from shuxiang.apps.search import commands as search

    print(f"indexed {search.rebuild()} titles")
    return 0
