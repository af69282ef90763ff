"""Counting what reaches the database, hand-written statements included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from django.db import connection
from django.test.utils import CaptureQueriesContext

from shuxiang.runtime import sql


@dataclass(slots=True)
class Counted:
    """How many statements ran within the block; complete once it is left."""

    number: int = 0


@contextmanager
def counted() -> Iterator[Counted]:
    """``with counted() as ran: …`` and then ``ran.number``."""
    found = Counted()
    # On SQLite `runtime.sql` goes past the cursor that Django's own count listens to.
    past = sql.is_sqlite()
    real = sql._execute

    def execute(*args: Any, **kwargs: Any) -> Any:
        found.number += past
        return real(*args, **kwargs)

    with mock.patch.object(sql, "_execute", execute), CaptureQueriesContext(connection) as captured:
        yield found
    found.number += len(captured)
