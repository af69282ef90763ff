"""The primary key of every table: a UUIDv7 made by the application."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from shuxiang.kernel.ids import new_id


def _uuid_as_hex() -> None:
    """Make psycopg hand out uuid columns as 32 hex digits, as SQLite stores them."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return
    import psycopg
    from psycopg.adapt import Loader

    class HexLoader(Loader):
        def load(self, data: Any) -> str:
            return bytes(data).decode().replace("-", "")

    psycopg.adapters.register_loader("uuid", HexLoader)


_uuid_as_hex()


class IdField(models.CharField):
    """32 hex digits in Python on both databases; ``uuid`` on PostgreSQL, ``char(32)`` on SQLite."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 32
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_length", None)
        return name, path, args, kwargs

    def db_type(self, connection: Any) -> str:
        return "uuid" if connection.vendor == "postgresql" else "char(32)"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        # '' is no uuid: an unset optional reference is NULL on both databases.
        return super().get_db_prep_value(value, connection, prepared) or None


def PrimaryKey() -> IdField:  # noqa: N802 - reads as a field type in a model
    return IdField(primary_key=True, default=new_id, editable=False)
