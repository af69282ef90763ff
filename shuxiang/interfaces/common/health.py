"""``GET /healthz``: whether database, search index and worker do their work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from shuxiang.kernel import clock
from shuxiang.runtime import sql

LATE = timedelta(seconds=30)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 with a status a part; 503 when the database does not answer."""
    try:
        pending = sql.one("SELECT COUNT(*) FROM ledger_pending")
        consumers = dict(sql.all("SELECT name, seq FROM ledger_consumer"))
        head = sql.one("SELECT MAX(seq) FROM ledger_sequence")
        worker = sql.one("SELECT at FROM runtime_heartbeat WHERE name = 'worker'")
    except DatabaseError as error:
        return JsonResponse({"database": "down", "error": type(error).__name__}, status=503)
    assert pending is not None
    assert head is not None
    last = head[0] or 0
    alive = worker is not None and clock.now() - worker[0] < LATE
    status: dict[str, Any] = {
        "database": "ok",
        "worker": "ok" if alive else "late",
        "ledger": {"seq": last, "pending": pending[0]},
        "index": {
            "status": "ok" if consumers.get("search", 0) >= last else "catching up",
            "seq": consumers.get("search", 0),
        },
    }
    return JsonResponse(status)
