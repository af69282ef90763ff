"""Back up the whole library into one file, while it goes on working.

The file holds the database, the uploaded files and what is needed to prove them; not the secret key,
unless --with-key says so: keep that apart. Old backups of the folder are cleared away by the number of
days, weeks and months in SHUXIANG_BACKUP_KEEP. With SHUXIANG_BACKUP_RECIPIENTS the file is encrypted.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from shuxiang.interfaces.cli import bars, common
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang backup --to /mnt/backup --test"
NICE = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", type=Path, metavar="DIR", help="folder, else SHUXIANG_BACKUP_DIR")
    parser.add_argument(
        "--with-key", action="store_true", help="put the secret key into it as well"
    )
    parser.add_argument("--test", action="store_true", help="restore it as a test before it counts")
    parser.add_argument(
        "--encrypt-to",
        action="append",
        metavar="KEY",
        help="a public key (age1…) instead of SHUXIANG_BACKUP_RECIPIENTS; may be repeated",
    )
    parser.add_argument(
        "--make-key", type=Path, metavar="FILE", help="only make a key pair to encrypt to"
    )
    parser.add_argument("--gently", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--nightly", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    if args.gently:
        os.nice(NICE)
    common.setup()
    from django.conf import settings

    from shuxiang.runtime.backup import making

    if args.make_key:
        return _make_key(args.make_key)
    common.require_library()
    wanted = making.Wanted(
        kind="nightly" if args.nightly else "manual",
        folder=(args.to or settings.BACKUP_DIR).resolve(),
        with_key=args.with_key,
        test=args.test or args.nightly,
        recipients=tuple(args.encrypt_to or settings.BACKUP_RECIPIENTS),
    )
    try:
        with bars.of_bytes("backup") as advance:
            made = making.make(wanted, advance)
    except making.NotPossible as error:
        raise CommandError(str(error)) from None
    print(f"{made.path}  {made.size / 1e6:.1f} MB  sha256 {made.sha256}")
    print(made.detail)
    for path in made.removed:
        print(f"cleared away {path.name}")
    if not args.with_key:
        print(_key_note())
    if not made.good:
        print(f"BROKEN this backup does not restore: {made.detail}")
        return 1
    return 0


def _key_note() -> str:
    path = common.home() / "secret.key"
    where = str(path) if path.exists() else "SHUXIANG_SECRET_KEY"
    return f"not in it: the secret key ({where}); keep a copy of it apart from the backups"


def _make_key(path: Path) -> int:
    from shuxiang.runtime.backup import making

    try:
        public = making.make_key(path)
    except FileExistsError:
        raise CommandError(f"{path} exists already; nothing was changed") from None
    print(f"private key in {path}: take it off this machine, without it no backup can be opened")
    print(f"SHUXIANG_BACKUP_RECIPIENTS={public}")
    return 0
