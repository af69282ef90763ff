"""What operating phases tell on top of pages: readers of the portal, clerks at the desk."""

from __future__ import annotations

from typing import Any

from django import template
from django.db import DatabaseError

from shuxiang.apps.phases import queries
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.staff import service_point
from shuxiang.kernel import clock

register = template.Library()


@register.inclusion_tag("common/phase_notices.html")
def phase_notices() -> dict[str, Any]:
    """The phases readers are told of; nothing where there is no database to ask."""
    today = clock.business_date(clock.now())
    try:
        rows = [(p, places.place(p.place).name) for p in queries.public(today)]
    except (DatabaseError, places.UnknownPlace):
        rows = []
    return {"rows": rows, "today": today}


@register.inclusion_tag("common/phase_at_desk.html", takes_context=True)
def phase_at_desk(context: dict[str, Any]) -> dict[str, Any]:
    """What is in force at the place worked at."""
    site = service_point(context["request"])
    found = places.phases_at(site.id, clock.business_date(clock.now()))
    return {"phases": [p for p in found if p.kind != "normal" or p.desk_notice]}
