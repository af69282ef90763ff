"""Add a staff account with a one-time password that must be changed at the first login."""

from __future__ import annotations

import argparse

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang staff-add chenli --name 陈丽 --role desk --place main"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("username", help="latin letters and digits")
    parser.add_argument("--name", required=True, help="the person's name")
    parser.add_argument("--role", required=True, help="a role's code, e.g. desk, branch, director")
    parser.add_argument("--place", required=True, help="code of the place the role holds at")


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    from shuxiang.apps.places import queries as places
    from shuxiang.apps.staff import commands as staff
    from shuxiang.kernel.decision import Refused
    from shuxiang.runtime.commands import bulk

    try:
        place = places.place_by_code(args.place)
    except places.UnknownPlace:
        known = ", ".join(p.code for p in places.all_places())
        raise CommandError(f"there is no place {args.place!r}; there are: {known}") from None
    password = staff.one_time_password()
    ctx = common.context(place.id)
    try:
        with bulk():
            account = staff.add_account(
                username=args.username,
                name=args.name,
                home=place.id,
                password_hash=staff.hashed(password, username=args.username),
                ctx=ctx,
            )
            staff.grant(account=account, role=args.role, place=place.id, ctx=ctx.with_key("grant"))
    except Refused as refused:
        raise CommandError(common.said(refused)) from None
    print(f"account {args.username}  one-time password {password}")
    return 0
