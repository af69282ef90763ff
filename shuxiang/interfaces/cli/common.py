"""What the subcommands share: Django, the home, a context of the system."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from shuxiang.interfaces.cli.main import CommandError
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.kernel.decision import Refused


def setup() -> None:
    """Load Django. Call before importing anything of an app."""
    import django

    # What the library writes is nobody else's to read.
    os.umask(0o077)
    django.setup()
    # A key given in the environment leaves nobody else to make it.
    home().mkdir(parents=True, exist_ok=True)


def home() -> Path:
    from django.conf import settings

    return Path(settings.HOME)


def is_initialised() -> bool:
    """Whether the database has its tables and a main library. Raises CommandError where it can't be
    asked: a library whose database is down must not be taken for none."""
    from django.db import DatabaseError, connection

    from shuxiang.apps.places import queries as places
    from shuxiang.runtime import sql

    try:
        if "places_place" not in connection.introspection.table_names():
            return False
        # Not by the app's own query yet: an older table may lack a column that it reads.
        if sql.one("SELECT 1 FROM places_place WHERE kind = 'main_library'") is None:
            return False
        require_schema()
        places.main_library()
    except places.UnknownPlace:
        return False
    except DatabaseError as error:
        said = str(error).strip().splitlines()
        raise CommandError(
            f"the database can't be read ({said[0] if said else type(error).__name__}); is it running?"
        ) from None
    return True


def require_library() -> None:
    """Raises CommandError where there is no library yet, or its database is not as it must be."""
    from shuxiang.ledger import triggers
    from shuxiang.runtime import facts, locks, sql

    try:
        locks.share(home())
    except locks.InUse:
        raise CommandError(
            f"the library in {home()} is being upgraded or restored; wait until that is done"
        ) from None
    if not is_initialised():
        raise CommandError(
            f"there is no library in {home()}; make one with 'shuxiang init' or 'shuxiang demo'"
        )
    missing = triggers.missing()
    if missing:
        raise CommandError(
            f"the ledger's protection is missing ({', '.join(missing)}); run 'shuxiang init --repair'"
        )
    if sql.is_sqlite() and sql.one("PRAGMA synchronous") != (2,):
        raise CommandError("SQLite does not run with synchronous=FULL; loans could be lost")
    _require_private()
    if not facts.is_the_key():
        raise CommandError(
            "the secret key is not the one this library was kept with; put the right secret.key "
            f"into {home()} (or SHUXIANG_SECRET_KEY), else no encrypted number can be read"
        )
    facts.remember_key()


def _require_private() -> None:
    """The key and the database are the library's own. A key others could read is refused, since they
    may have; a database is closed to them."""
    from django.conf import settings

    from shuxiang.runtime import sql

    key = home() / "secret.key"
    if key.exists() and key.stat().st_mode & 0o077 and "SHUXIANG_SECRET_KEY" not in os.environ:
        raise CommandError(
            f"{key} can be read by other users of this machine; run 'chmod 600 {key}' and think "
            "who may have copied it"
        )
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    if sql.is_sqlite() and path.exists() and path.stat().st_mode & 0o007:
        path.chmod(path.stat().st_mode & 0o770)


def require_schema() -> None:
    """Raises CommandError where the database is older or newer than this code."""
    refuse_newer()
    from shuxiang.runtime import schema

    if schema.compare().pending:
        raise CommandError(
            "the database is of an older version; stop the library and run 'shuxiang upgrade'"
        )


def refuse_newer() -> None:
    """Raises CommandError where a newer version has changed the database already."""
    from shuxiang.runtime import schema

    newer = schema.compare().newer
    if newer:
        raise CommandError(
            f"the database is of a newer version than this program ({'.'.join(newer[-1])}); "
            "install that version again, or restore the copy made before the upgrade"
        )


def migrate() -> None:
    from shuxiang.runtime import migrating

    migrating.migrate()


def context(
    service_point: str = "", *, channel: str = "cli", at: datetime | None = None
) -> Context:
    return Context(
        actor=SYSTEM,
        channel=channel,
        service_point=service_point,
        occurred_at=at or clock.now(),
    )


def said(refused: Refused) -> str:
    """A refusal as one line for the terminal."""
    parts = []
    for reason in refused.decision.refusing:
        facts = ", ".join(f"{k}={v}" for k, v in reason.data.items())
        parts.append(f"{reason.code} ({facts})" if facts else reason.code)
    return "; ".join(parts)
