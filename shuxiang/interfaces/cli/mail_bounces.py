"""Read mail that came back and mark the readers' addresses that no longer work. Twice does no harm.

PATH is a Maildir, an mbox file or a single mail. Nothing in it is changed.
"""

from __future__ import annotations

import argparse
import mailbox
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang mail-bounces /var/mail/bounces/Maildir"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="a Maildir, an mbox file or a single mail")


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    from shuxiang.apps.notices import commands
    from shuxiang.apps.places import queries as places
    from shuxiang.formats import bounces

    read = settled = 0
    for data in _mails(args.path):
        for bounce in bounces.read(data):
            read += 1
            if not bounce.final:
                continue
            state = commands.came_back(
                message=bounce.key,
                address=bounce.address,
                status=bounce.status,
                ctx=common.context(places.top().id),
            )
            settled += bool(state)
    print(f"{read} bounces read, {settled} messages marked as returned")
    return 0


def _mails(path: Path) -> Iterator[bytes]:
    """The mails there, one after the other. Raises CommandError where there is no mailbox."""
    if path.is_dir():
        if not (path / "cur").is_dir() and not (path / "new").is_dir():
            raise CommandError(f"{path} is no Maildir: it has neither 'new' nor 'cur' in it")
        for folder in ("new", "cur"):
            found = path / folder
            for one in sorted(found.iterdir()) if found.is_dir() else ():
                yield one.read_bytes()
        return
    try:
        with path.open("rb") as file:
            begins = file.read(5)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
    if begins != b"From ":
        yield path.read_bytes()
        return
    with closing(mailbox.mbox(path, create=False)) as box:
        for key in box.iterkeys():
            yield box.get_bytes(key)
