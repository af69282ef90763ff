"""Restore a backup into an empty home: nothing is put in place before everything has been proved.

Every byte is held against the manifest, the database against its own check, the ledger's last seal,
the number of rows and the invariants; then the search index is made. The home may hold `secret.key`.
A PostgreSQL backup goes into the empty database that SHUXIANG_DATABASE_URL names.
"""

from __future__ import annotations

import argparse
import os
import shutil
from contextlib import suppress
from pathlib import Path

from shuxiang.interfaces.cli import bars, restoring
from shuxiang.interfaces.cli.main import CommandError
from shuxiang.runtime import locks
from shuxiang.runtime.backup import archive

EXAMPLE = "shuxiang restore shuxiang-20261123-023000.tar.zst --to /srv/library"
SCRATCH = ".restoring-"
MAY_BE_THERE = {"secret.key", locks.NAME}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the backup")
    parser.add_argument("--to", type=Path, required=True, metavar="HOME", help="an empty home")
    parser.add_argument("--key", type=Path, help="the library's secret.key, if not in HOME already")
    parser.add_argument("--identity", type=Path, help="private key file of an encrypted backup")
    parser.add_argument("--drill", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    home: Path = args.to.resolve()
    if not args.file.is_file():
        raise CommandError(f"there is no file {args.file}")
    _must_be_empty(home)
    made = not home.exists()
    home.mkdir(parents=True, exist_ok=True)
    try:
        locks.own(home)
    except locks.InUse:
        raise CommandError(f"another process is at work in {home}") from None
    scratch = home / f"{SCRATCH}{os.getpid()}"
    done = False
    try:
        for left in home.glob(SCRATCH + "*"):
            shutil.rmtree(left)
        scratch.mkdir(mode=0o700)
        with bars.of_bytes("restore") as advance:
            manifest = archive.unpack(_opened(args.file, args.identity, scratch), scratch, advance)
        found = restoring.Found(home, scratch, manifest, _key(args.key, home, scratch))
        restoring.prove(found, drill=args.drill)
        restoring.put_in_place(found)
        done = True
        print(restoring.summary(found, drill=args.drill))
    except archive.Damaged as error:
        raise CommandError(f"{error}; nothing was changed") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if not done:
            (home / locks.NAME).unlink(missing_ok=True)
            if made:
                with suppress(OSError):
                    home.rmdir()
        locks.release(home)
    return 0


def _must_be_empty(home: Path) -> None:
    if not home.exists():
        return
    if not home.is_dir():
        raise CommandError(f"{home} is not a folder")
    there = sorted(
        p.name for p in home.iterdir() if p.name not in MAY_BE_THERE and SCRATCH not in p.name
    )
    if there:
        raise CommandError(
            f"{home} is not empty ({', '.join(there[:3])}); nothing was changed. "
            "Restore into an empty folder"
        )


def _opened(file: Path, identity: Path | None, scratch: Path) -> Path:
    """The archive itself, decrypted into the scratch folder where it is encrypted."""
    with file.open("rb") as start:
        encrypted = start.read(21) == b"age-encryption.org/v1"
    if not encrypted:
        return file
    import pyrage

    if identity is None:
        raise CommandError(f"{file.name} is encrypted; name its private key with --identity FILE")
    lines = identity.read_text(encoding="utf-8").splitlines()
    plain = scratch / "archive"
    try:
        keys = [
            pyrage.x25519.Identity.from_str(line.strip())
            for line in lines
            if line.strip() and not line.startswith("#")
        ]
        pyrage.decrypt_file(str(file), str(plain), keys)
    except (pyrage.IdentityError, pyrage.DecryptError) as error:
        raise CommandError(
            f"{file.name} does not open with {identity} ({error}): another key, or the file is "
            "damaged; nothing was changed"
        ) from None
    return plain


def _key(given: Path | None, home: Path, scratch: Path) -> str:
    """The secret key at hand, '' when there is none."""
    if given is not None:
        return given.read_text(encoding="utf-8").strip()
    for path in (home / "secret.key", scratch / archive.KEY):
        if path.is_file():
            return path.read_text(encoding="utf-8").strip()
    return os.environ.get("SHUXIANG_SECRET_KEY", "")
