"""Which tables make up a library, their columns, and how a value is written down: the same on both
databases."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import models

from shuxiang.ledger.fields import IdField

LEFT_OUT = frozenset(
    {
        # Django's own books, made anew by the migrations.
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_content_type",
        # What only the running installation knows: who is signed in, what it tried, its backups.
        "django_session",
        "runtime_backup",
        "runtime_fact",
        "runtime_heartbeat",
        "runtime_revision",
        "runtime_throttle",
    }
)
"""Tables that are no part of a library."""

PROGRESS = frozenset({"ledger_consumer"})
"""Tables that travel but are not compared: how far background work has come."""


@dataclass(frozen=True, slots=True)
class Column:
    """``kind``: text, id, number, yes_no, day, time, moment, json, bytes."""

    name: str
    kind: str
    key: bool


def _model_of(table: str) -> type[models.Model]:
    return _models()[table]


@lru_cache(maxsize=1)
def _models() -> dict[str, type[models.Model]]:
    return {m._meta.db_table: m for m in apps.get_models(include_auto_created=True)}


def tables() -> tuple[str, ...]:
    """Every table of a library, by name."""
    return tuple(sorted(t for t in _models() if t not in LEFT_OUT))


@lru_cache(maxsize=512)
def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table, in the order of its model."""
    meta = _model_of(table)._meta
    keys = {f.attname for f in meta.pk_fields}
    return tuple(
        Column(str(f.column), _kind(f), f.attname in keys)
        for f in meta.concrete_fields
        if getattr(f, "column", None)
    )


def _kind(field: Any) -> str:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, IdField):
        return "id"
    for kind, types in _KINDS:
        if isinstance(field, types):
            return kind
    raise TypeError(f"no way is known to write down a {type(field).__name__}")


_KINDS: tuple[tuple[str, tuple[type[models.Field[Any, Any]], ...]], ...] = (
    ("moment", (models.DateTimeField,)),
    ("day", (models.DateField,)),
    ("time", (models.TimeField,)),
    ("yes_no", (models.BooleanField,)),
    ("number", (models.IntegerField, models.AutoField)),
    ("json", (models.JSONField,)),
    ("bytes", (models.BinaryField,)),
    ("text", (models.CharField, models.TextField)),
)


def touching(named: Iterable[str]) -> frozenset[str]:
    """Tables whose names begin with one of those given, and every table that refers to such a one, or
    to one that does."""
    starts = tuple(named)
    found = {t for t in tables() if t.startswith(starts)}
    while True:
        more = {
            t
            for t in tables()
            if t not in found
            and any(
                f.related_model is not None and f.related_model._meta.db_table in found
                for f in _model_of(t)._meta.concrete_fields
                if f.is_relation
            )
        }
        if not more:
            return frozenset(found)
        found |= more


# --- values --------------------------------------------------------------------------------


def _moment_out(value: Any) -> str:
    """UTC with six digits of a second, from either database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = str(value)[:26].removesuffix("+00:00")
    day, _, rest = text.partition(" ")
    second, _, part = rest.partition(".")
    return f"{day}T{second}.{part:0<6}Z"


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(v) for v in value] if isinstance(value, list) else value


def _json_out(value: Any) -> Any:
    return _sorted(json.loads(value) if isinstance(value, str) else value)


def _bytes_out(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode()


_OUT: dict[str, Callable[[Any], Any]] = {
    "moment": _moment_out,
    "day": str,
    "time": lambda value: str(value)[:8],
    "yes_no": bool,
    "json": _json_out,
    "bytes": _bytes_out,
}


def written(found: tuple[Column, ...]) -> Callable[[Any], dict[str, Any]]:
    """A function that makes of a row what stands in its line."""
    plan = [(c.name, _OUT.get(c.kind)) for c in found]

    def line(row: Any) -> dict[str, Any]:
        return {
            name: value if value is None or out is None else out(value)
            for (name, out), value in zip(plan, row, strict=True)
        }

    return line


def _sqlite_moment(text: str) -> str:
    # As the ORM writes it: the ledger's seals were made over that.
    return text.replace("T", " ").removesuffix("Z").removesuffix(".000000")


_IN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "sqlite": {
        "moment": _sqlite_moment,
        "yes_no": int,
        "json": json.dumps,
        "bytes": base64.b64decode,
    },
    "postgresql": {
        "id": lambda value: value or None,
        "json": json.dumps,
        "bytes": base64.b64decode,
    },
}


def stored(found: tuple[Column, ...], vendor: str) -> Callable[[dict[str, Any]], list[Any]]:
    """A function that makes of a line the values to store. Raises KeyError for a missing column."""
    plan = [(c.name, _IN[vendor].get(c.kind)) for c in found]

    def values(line: dict[str, Any]) -> list[Any]:
        return [
            value if (value := line[name]) is None or make is None else make(value)
            for name, make in plan
        ]

    return values
