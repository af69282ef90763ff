"""Words of a reader's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext

from shuxiang.apps.staff import queries as staff
from shuxiang.interfaces.common.staff import service_point
from shuxiang.interfaces.common.wording import TERMS, refusal
from shuxiang.interfaces.desk.lock import DESK_RIGHT, idle_minutes
from shuxiang.kernel.decision import Decision

register = template.Library()


@register.filter
def kind_words(kind: str) -> str:
    """The name of a kind of document."""
    named = TERMS["kind"].get(kind)
    return gettext(named) if named else kind


@register.filter
def relation_words(relation: str) -> str:
    """A guardian's relation as typed; a group's responsible person by name of the role."""
    named = TERMS["relation"].get(relation)
    return gettext(named) if named else relation


@register.filter
def event_words(event: str) -> str:
    """What an event of an item is called at a desk."""
    named = TERMS["event"].get(event)
    return gettext(named) if named else gettext("another act")


@register.filter
def refusal_words(decision: Decision | None) -> list[str]:
    """What stands against lending, in words."""
    return refusal(decision) if decision else []


@register.filter
def get(values: Mapping[str, str], key: str) -> str:
    return values.get(key, "")


@register.inclusion_tag("desk/clerk_dialog.html", takes_context=True)
def clerk_dialog(context: dict[str, Any]) -> dict[str, Any]:
    """The dialog that changes the clerk and unlocks the desk, on every page of it."""
    request = context["request"]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "clerks": staff.clerks_at(service_point(request).id, DESK_RIGHT),
        "clerk_now": str(request.user.pk),
        "idle_ms": idle_minutes(request) * 60_000,
    }
