"""Template tags and filters of every surface: icons, badges, money, masks, dates, navigation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from shuxiang.interfaces.common import words

register = template.Library()

ICON_SPRITE = "vendor/tabler-icons-3.51.0/icons.svg"

# The icon is half of a state's meaning beside colour, so it follows the kind, never the caller.
BADGE_ICONS = {
    "ok": "circle-check",
    "notice": "alert-circle",
    "refused": "circle-x",
    "hold": "bookmark",
    "transit": "truck-delivery",
    "muted": "info-circle",
}


RESULT_ICONS = {
    "idle": "barcode",
    "ok": "circle-check",
    "notice": "alert-circle",
    "refused": "circle-x",
    "ask": "help-circle",
    "reader": "user-check",
    "error": "alert-triangle",
}


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite; decorative unless `label` says what it stands for."""
    href = f"{static(ICON_SPRITE)}#{name}"
    css = f"icon {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>',
            css,
            label,
            href,
        )
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"></use></svg>',
        css,
        href,
    )


@register.simple_tag
def badge(kind: str, text: str) -> SafeString:
    """A state as colour, icon and word. `kind` is a key of BADGE_ICONS (else ValueError)."""
    if kind not in BADGE_ICONS:
        raise ValueError(f"unknown badge kind {kind!r}: use one of {', '.join(BADGE_ICONS)}")
    return format_html(
        '<span class="badge badge-{}">{}{}</span>', kind, icon(BADGE_ICONS[kind]), text
    )


@register.simple_tag
def result_icon(kind: str) -> SafeString:
    """The large icon of a desk result; an unknown kind shows the idle one."""
    return icon(RESULT_ICONS.get(kind, RESULT_ICONS["idle"]))


@register.simple_tag
def due_badge(due: dt.date, today: dt.date, soon: int = 3) -> SafeString:
    """The distance to a due date as a badge; `today` is the business day, given by the view."""
    kind = words.due_kind(due, today, soon=soon)
    return format_html(
        '<span class="badge badge-{}">{}{}</span>',
        kind,
        icon("clock-exclamation" if kind == "refused" else "clock"),
        words.due_words(due, today),
    )


@register.filter
def yuan(fen: int) -> str:
    return words.yuan(fen)


@register.filter
def percent(rate: int) -> str:
    """Hundredths of a percent as percent: ``68%``."""
    return f"{rate / 100:g}%"


@register.filter
def mask_name(name: str) -> str:
    return words.mask_name(name)


@register.filter
def mask_id(number: str) -> str:
    return words.mask_id(number)


@register.filter
def local_date(value: dt.date | None) -> str:
    return words.local_date(value) if value else ""


@register.filter
def local_time(value: dt.datetime | None) -> str:
    return words.local_time(value) if value else ""


@register.filter
def due_words(due: dt.date, today: dt.date) -> str:
    return words.due_words(due, today)


@register.filter
def cover_tone(title: str) -> int:
    return words.cover_tone(title)


@register.simple_tag(takes_context=True)
def nav_item(
    context: dict[str, Any], url_name: str, icon_name: str, label: str, current_name: str = ""
) -> SafeString:
    """A navigation link, marked as current on its own page and below it; ``current_name`` says which
    of them is where one page lies below another that is offered too.

    A door that is not installed has no such URL: the item is then left out.
    """
    try:
        url = reverse(url_name)
    except NoReverseMatch:
        return SafeString("")
    request = context.get("request")
    path = request.path if request is not None else ""
    home = url.count("/") <= 2
    current = path == url or (not home and path.startswith(url))
    if current_name:
        current = url_name == current_name
    return format_html(
        '<a class="nav-item" href="{}"{}>{}<span>{}</span></a>',
        url,
        SafeString(' aria-current="page"') if current else "",
        icon(icon_name),
        label,
    )


@register.simple_block_tag
def scrolltable(content: str, caption: str) -> SafeString:
    """Wrap a wide table so that it scrolls by itself (by keyboard too), never the page."""
    return format_html(
        '<div class="table-wrap" role="region" aria-label="{}" tabindex="0">{}</div>',
        caption,
        SafeString(content),
    )


@register.simple_tag(takes_context=True)
def sort_th(context: dict[str, Any], key: str, label: str, css: str = "") -> SafeString:
    """A sortable column head. Reads ``sort`` of the query (``key`` or ``-key``), keeps the rest."""
    query = context["request"].GET.copy()
    current = query.get("sort", "")
    if current == key:
        state, target, mark = "ascending", f"-{key}", "sort-ascending"
    elif current == f"-{key}":
        state, target, mark = "descending", key, "sort-descending"
    else:
        state, target, mark = "none", key, "arrows-sort"
    query["sort"] = target
    query.pop("page", None)
    return format_html(
        '<th scope="col" class="{}" aria-sort="{}"><a href="?{}">{}{}</a></th>',
        css,
        state,
        query.urlencode(),
        label,
        icon(mark),
    )


@register.simple_tag
def view_words(view: str) -> str:
    """The word on the switch between the standard and the elder view."""
    return _("Standard view") if view == "elder" else _("Elder view")


@register.filter
def at(items: Sequence[Any], index: int) -> Any:
    """The element at `index`, or None past the end (a row longer than its columns)."""
    return items[index] if 0 <= index < len(items) else None
