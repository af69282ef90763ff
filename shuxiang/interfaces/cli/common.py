"""What the subcommands share: Django, the home, a context of the system."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from shuxiang.interfaces.cli.main import CommandError
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.kernel.decision import Refused


def setup() -> None:
    """Load Django. Call before importing anything of an app."""
    import django

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

    try:
        if "places_place" not in connection.introspection.table_names():
            return False
        places.main_library()
    except places.UnknownPlace:
        return False
    except DatabaseError as error:
        said = str(error).strip().splitlines()
        raise CommandError(
            f"the database can't be read ({said[0] if said else type(error).__name__}); is it "
            "running? After an update of the program run 'shuxiang init --repair' first"
        ) from None
    return True


def require_library() -> None:
    """Raises CommandError where there is no library yet, or its database is not as it must be."""
    from shuxiang.ledger import triggers
    from shuxiang.runtime import sql

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


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


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
