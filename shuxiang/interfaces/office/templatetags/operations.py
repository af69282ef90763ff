"""What those who look after the system must see on the first page."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest

from shuxiang.interfaces.common.staff import may
from shuxiang.runtime import storage, worker
from shuxiang.runtime.backup import queries

register = template.Library()


@register.inclusion_tag("office/operations.html", takes_context=True)
def operations(context: Any) -> dict[str, Any]:
    """Warnings of backups, disk and background work, for those who may look after them; else nothing."""
    request: HttpRequest = context["request"]
    if not may(request, "system.backups"):
        return {}
    state = queries.state()
    room = storage.measure()
    return {
        "backup": state if state.late or state.failed else None,
        "storage": room if room.level != "ok" else None,
        "consumers": sorted(worker.failing()),
    }
