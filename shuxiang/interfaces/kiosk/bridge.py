"""What a screen asks of the machine's devices, and reading what they answered.

A form carries its calls in ``data-device``; the page does them one after another and posts the answers
as they came (`docs/device-bridge.md`). A page can answer anything: what is decided on it is never more
than what the person before the machine may do anyway.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from shuxiang.formats.rfid import Tag

MOST_TAGS = 60
UNREACHABLE = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bridge said to one call: HTTP status (0: it could not be reached) and body."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def fault(self) -> str:
        """The device's fault, '' for none."""
        if self.ok:
            return ""
        return str(self.body.get("fault", ""))[:32] or "unreachable"

    def text(self, name: str) -> str:
        value = self.body.get(name)
        return value[:200] if isinstance(value, str) else ""


def call(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One call: POST with a body, GET without."""
    return {"path": path, "body": body}


def calls(*each: dict[str, Any]) -> str:
    """For ``data-device``."""
    return json.dumps(each)


def answers(request: HttpRequest) -> list[Answer]:
    """What the page posted; [] when it posted nothing that can be read."""
    try:
        given = json.loads(request.POST.get("answer", ""))
    except ValueError:
        return []
    if not isinstance(given, list):
        return []
    found = []
    for each in given[:MOST_TAGS]:
        if isinstance(each, dict) and isinstance(each.get("status"), int):
            body = each.get("body")
            found.append(Answer(each["status"], body if isinstance(body, dict) else {}))
    return found


def tags(answer: Answer) -> list[Tag]:
    """The tags of an inventory; what is no tag is left out."""
    given = answer.body.get("tags")
    return [
        t for each in (given if isinstance(given, list) else [])[:MOST_TAGS] for t in _tag(each)
    ]


def _tag(each: Any) -> Iterable[Tag]:
    if not isinstance(each, dict) or not isinstance(each.get("uid"), str):
        return
    data = each.get("data")
    try:
        memory = bytes.fromhex(data) if isinstance(data, str) else None
        yield Tag(
            each["uid"][:32].upper(), _byte(each.get("afi")), memory, _byte(each.get("dsfid"))
        )
    except ValueError:
        yield Tag(each["uid"][:32].upper(), None, None, None)


def _byte(text: Any) -> int | None:
    return int(text, 16) if isinstance(text, str) and text else None
