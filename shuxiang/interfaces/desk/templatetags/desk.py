"""Words of a reader's page."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext

from shuxiang.interfaces.common.wording import TERMS, refusal
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
def refusal_words(decision: Decision | None) -> list[str]:
    """What stands against lending, in words."""
    return refusal(decision) if decision else []


@register.filter
def get(values: Mapping[str, str], key: str) -> str:
    return values.get(key, "")
