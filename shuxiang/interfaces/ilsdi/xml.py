"""Elements of ILS-DI answers: one an entry, lists repeat theirs, what is empty is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8" ?>\n'
_COLLECTION = (
    '<dlf:collection xmlns:dlf="http://diglib.org/ilsdi/1.1" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://diglib.org/ilsdi/1.1 '
    'http://diglib.org/architectures/ilsdi/schemas/1.1/dlfexpanded.xsd">\n'
)


class Markup(str):
    """XML already, put in as it is."""

    __slots__ = ()


def document(root: str, fields: Mapping[str, Any]) -> str:
    """A whole answer."""
    return f"{HEAD}<{root}>\n{''.join(_elements(fields))}</{root}>\n"


def _elements(fields: Mapping[str, Any]) -> Iterable[str]:
    for name, value in fields.items():
        for each in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(each, Mapping):
                yield f"<{name}>\n{''.join(_elements(each))}</{name}>\n"
            elif isinstance(each, Markup):
                yield f"<{name}>{each}</{name}>\n"
            elif each not in (None, ""):
                yield f"<{name}>{escape(str(each))}</{name}>\n"


def collection(records: Iterable[tuple[str, Iterable[tuple[str, str, str, str]]]]) -> str:
    """Availability: (title, its items as (id, status, message, location))."""
    parts = [HEAD, _COLLECTION]
    for title, items in records:
        parts.append(f"<dlf:record>\n<dlf:bibliographic id={quoteattr(title)} />\n<dlf:items>\n")
        for id_, status, message, location in items:
            parts.append(
                f"<dlf:item id={quoteattr(id_)}>\n<dlf:simpleavailability>\n"
                f"<dlf:identifier>{escape(id_)}</dlf:identifier>\n"
                f"<dlf:availabilitystatus>{status}</dlf:availabilitystatus>\n"
            )
            if message:
                parts.append(f"<dlf:availabilitymsg>{escape(message)}</dlf:availabilitymsg>\n")
            if location:
                parts.append(f"<dlf:location>{escape(location)}</dlf:location>\n")
            parts.append("</dlf:simpleavailability>\n</dlf:item>\n")
        parts.append("</dlf:items>\n</dlf:record>\n")
    parts.append("</dlf:collection>\n")
    return "".join(parts)
