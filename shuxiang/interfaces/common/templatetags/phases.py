"""What operating phases tell on top of pages: readers of the portal, clerks at the desk.

The pages of `common` are drawn without any library, too (for tests of their look): what asks a
library is imported on use.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.apps import apps
from django.db import DatabaseError

from shuxiang.kernel import clock

register = template.Library()
_APP = "shuxiang.apps.phases"


@register.inclusion_tag("common/phase_notices.html")
def phase_notices() -> dict[str, Any]:
    """The phases readers are told of; nothing where there is no database to ask."""
    today = clock.business_date(clock.now())
    if not apps.is_installed(_APP):
        return {"rows": [], "today": today}
    from shuxiang.apps.phases import queries
    from shuxiang.apps.places import queries as places

    try:
        rows = [(p, places.place(p.place).name) for p in queries.public(today)]
    except (DatabaseError, places.UnknownPlace):
        rows = []
    return {"rows": rows, "today": today}


@register.inclusion_tag("common/phase_at_desk.html", takes_context=True)
def phase_at_desk(context: dict[str, Any]) -> dict[str, Any]:
    """What is in force at the place worked at."""
    if not apps.is_installed(_APP):
        return {"phases": []}
    from shuxiang.apps.places import queries as places
    from shuxiang.interfaces.common.staff import service_point

    site = service_point(context["request"])
    found = places.phases_at(site.id, clock.business_date(clock.now()))
    return {"phases": [p for p in found if p.kind != "normal" or p.desk_notice]}
