"""Make a library: empty with a main library and an administrator, or from a JSON plan or fixture.

A plan describes an empty library (docs/settings.md), a fixture one with terminals, readers and books
(docs/sip2.md). A home that already has a library is left alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import CommandError
from shuxiang.kernel import clock

if TYPE_CHECKING:
    from shuxiang.apps.circulation.commands.fixture import Fixture
    from shuxiang.apps.circulation.commands.opening import Plan

EXAMPLE = "SHUXIANG_HOME=/srv/library shuxiang init --name 源城区图书馆"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="总馆", help="name of the main library")
    parser.add_argument("--code", default="main", help="its short code (lower case, digits)")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--plan", type=Path, help="a JSON plan of places, staff and rules")
    shape.add_argument(
        "--fixture", type=Path, help="JSON with branches, SIP2 accounts, readers, items and a rule"
    )
    parser.add_argument(
        "--repair", action="store_true", help="only put the ledger's protection back in place"
    )


def run(args: argparse.Namespace) -> int:
    common.setup()
    from shuxiang.apps.circulation.commands import opening
    from shuxiang.apps.staff.commands import one_time_password
    from shuxiang.kernel.decision import Refused
    from shuxiang.runtime.commands import bulk

    if args.repair:
        # Of an older version it says so: changes of the tables are `upgrade`'s, with a backup first.
        common.is_initialised()
        common.migrate()
        print("ledger protection is in place")
        return 0
    described = _described(args.fixture) if args.fixture else None
    if common.is_initialised():
        raise CommandError(
            f"{common.home()} already has a library; nothing was changed. "
            "Set SHUXIANG_HOME to an empty folder for a new one"
        )
    if described is not None:
        return _open_fixture(described)
    plan = _plan(args.plan) if args.plan else None
    if plan is None:
        plan = opening.usual_plan(args.name, args.code, clock.business_date(clock.now()))
    passwords = {a.username: one_time_password() for a in plan.accounts}
    common.migrate()
    try:
        with bulk(10_000):
            opening.open_library(plan, passwords=passwords, ctx=common.context())
    except Refused as refused:
        raise CommandError(f"the plan is not acceptable: {common.said(refused)}") from None
    except KeyError as missing:
        raise CommandError(
            f"the plan is not acceptable: {missing} is none of the places named before it"
        ) from None
    except ValueError as error:
        raise CommandError(f"the plan is not acceptable: {error}") from None
    print(f"library ready in {common.home()}")
    for account in plan.accounts:
        print(f"account {account.username}  one-time password {passwords[account.username]}")
    return 0


def _described(path: Path) -> Fixture:
    from shuxiang.apps.circulation.commands import fixture

    try:
        return fixture.read(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
    except fixture.Fault as error:
        raise CommandError(f"{path} is not a fixture: {error}") from None


def _open_fixture(described: Fixture) -> int:
    from django.contrib.auth.hashers import make_password

    from shuxiang.apps.circulation.commands import fixture
    from shuxiang.apps.staff.commands import one_time_password
    from shuxiang.kernel.decision import Refused
    from shuxiang.runtime.commands import bulk

    password = one_time_password()
    common.migrate()
    try:
        with bulk(1_000_000):
            made = fixture.open_fixture(
                described, admin_password=password, hashed=make_password, ctx=common.context()
            )
    except Refused as refused:
        raise CommandError(f"the fixture is not acceptable: {common.said(refused)}") from None
    print(f"library ready in {common.home()}")
    print(", ".join(f"{count:,} {what}" for what, count in made.items()))
    print(f"account admin  one-time password {password}")
    return 0


def _plan(path: Path) -> Plan:
    from shuxiang.apps.circulation.commands.opening import Plan

    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise CommandError(f"{path} is not a plan: {error}") from None
