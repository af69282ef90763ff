"""``GET /healthz``: whether database, search index, worker, backups and disk are as they should be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import Error
from django.http import HttpRequest, JsonResponse

from shuxiang.apps.search import queries as search
from shuxiang.kernel import clock
from shuxiang.runtime import sql, storage, worker
from shuxiang.runtime.backup import queries as backups

LATE = timedelta(seconds=30)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 with a status a part; 503 when the database does not answer. ``attention`` names the parts
    that somebody should look at."""
    try:
        status = _status()
    except Error as error:
        return JsonResponse({"database": "down", "error": type(error).__name__}, status=503)
    status["attention"] = sorted(
        name
        for name in ("worker", "index", "consumers", "backup", "storage")
        if _wants(status[name])
    )
    return JsonResponse(status)


def _wants(part: Any) -> bool:
    return part not in ("ok", {}) and not (
        isinstance(part, dict) and part.get("status") in ("ok", "catching up")
    )


def _status() -> dict[str, Any]:
    pending = sql.one("SELECT COUNT(*) FROM ledger_pending")
    head = sql.one("SELECT MAX(seq) FROM ledger_sequence")
    beaten = worker.last_beat("worker")
    assert pending is not None
    assert head is not None
    last = head[0] or 0
    alive = beaten is not None and clock.now() - beaten.at < LATE
    index = search.status()
    return {
        "database": "ok",
        "worker": "ok" if alive else "late",
        "tasks": dict(beaten.data.get("tasks", {})) if beaten else {},
        "consumers": worker.failing(),
        "ledger": {"seq": last, "pending": pending[0]},
        "index": {
            "status": "faulty"
            if index.failing
            else "ok"
            if index.is_built and not index.behind
            else "catching up",
            "seq": index.position,
        },
        "backup": backup_status(),
        "storage": storage_status(),
    }


def backup_status() -> dict[str, Any]:
    """Age and result of the last good backup; ``status`` is ok, late or failed."""
    state = backups.state()
    return {
        "status": "failed" if state.failed else "late" if state.late else "ok",
        "last_good": state.last_good.isoformat() if state.last_good else None,
        "age_hours": state.hours,
        "restored_as_test": state.tested,
    }


def storage_status() -> dict[str, Any]:
    """How full the disk is; ``status`` is ok, warn (85 %) or stop (95 %, imports stop)."""
    found = storage.measure()
    return {"status": found.level, "used_percent": found.used, "free_mb": found.free >> 20}
