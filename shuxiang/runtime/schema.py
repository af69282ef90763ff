"""Whether the database is as old, as new or exactly as this code expects it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.migrations.loader import MigrationLoader

Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Schema:
    """Migrations that the database has and this code does not know (``newer``), and those it lacks
    (``pending``)."""

    newer: tuple[Named, ...]
    pending: tuple[Named, ...]


def compare() -> Schema:
    """The database against the code."""
    loader = MigrationLoader(connection)
    applied = set(loader.applied_migrations)
    return Schema(
        newer=tuple(sorted(applied - set(loader.disk_migrations))),
        pending=tuple(sorted(set(loader.graph.nodes) - applied)),
    )


def unknown(migrations: Iterable[Named]) -> tuple[Named, ...]:
    """Which of these migrations this code does not know."""
    known = MigrationLoader(None).disk_migrations
    return tuple(sorted({(app, name) for app, name in migrations} - set(known)))
