"""Configuration of the desk's scan box: modes, keys, command barcodes and its words.

The island reads this as JSON (``json_script``), so that no text and no key lives in script.
The answer to each posted scan is an `Answer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shuxiang.interfaces.common.templatetags.shuxiang import ICON_SPRITE, RESULT_ICONS

Kind = Literal["ok", "notice", "refused", "ask", "reader", "error"]
Sound = Literal["ok", "notice", "refused", "blocked", "hold", "transit"]


class Answer(TypedDict):
    """JSON answer to one scan, command or answered question.

    `kind` colours the result; `word` is the large word (a default per kind when absent), `say` one
    line beside it. `log_html` is one ``<li>``; `reader_html`, `prompt_html` and
    `counts_html` (today's counts) replace their panels; `state` is the reader token sent back with the next scan. `ask` names the question of
    kind "ask" and is sent back with its answer. `undo` offers undoing this act for 60 s.
    """

    kind: Kind
    say: str
    state: str
    sound: NotRequired[Sound]
    word: NotRequired[str]
    log_html: NotRequired[str]
    reader_html: NotRequired[str]
    prompt_html: NotRequired[str]
    ask: NotRequired[str]
    mode: NotRequired[str]
    undo: NotRequired[bool]
    counts_html: NotRequired[str]
    slip_html: NotRequired[str]
    print: NotRequired[bool]


@dataclass(frozen=True)
class Mode:
    """One way the box reads a scan: form value, label, function key, icon of the sprite."""

    value: str
    label: str | Promise
    key: str
    icon: str


MODES: tuple[Mode, ...] = (
    Mode("checkout", gettext_lazy("Lend"), "F2", "book-upload"),
    Mode("checkin", gettext_lazy("Return"), "F3", "book-download"),
    Mode("renew", gettext_lazy("Renew"), "F4", "refresh"),
    Mode("reader", gettext_lazy("Reader"), "F6", "user"),
)

KEYS: Mapping[str, Mapping[str, str]] = {
    "F2": {"mode": "checkout"},
    "F3": {"mode": "checkin"},
    "F4": {"mode": "renew"},
    "F6": {"mode": "reader"},
    "F7": {"do": "holds"},
    "F8": {"command": "slip"},
    "F9": {"do": "confirm"},
    "F10": {"command": "next"},
    "F1": {"mode": "item"},
    "Pause": {"do": "clerk"},
    "Escape": {"do": "clear"},
}
"""Default keys; F5, F11 and F12 stay the browser's."""

RESERVED_KEYS = frozenset({"F5", "F11", "F12"})

COMMAND_BARCODES: Mapping[str, Mapping[str, str]] = {
    "*BORROW*": {"mode": "checkout"},
    "*RETURN*": {"mode": "checkin"},
    "*RENEW*": {"mode": "renew"},
    "*READER*": {"mode": "reader"},
    "*INHOUSE*": {"mode": "inhouse"},
    "*NEXT*": {"command": "next"},
    "*UNDO*": {"command": "undo"},
    "*SLIP*": {"command": "slip"},
    "*ITEM*": {"mode": "item"},
    "*CLERK*": {"do": "clerk"},
    "*LOCK*": {"do": "lock"},
}
"""Printed codes (Code 128) for hands-off work. No barcode or card number contains a star."""


def words() -> dict[str, Any]:
    """The island's texts in the language of the request; ``{n}`` stands for a number."""
    return {
        "queued": _("{n} waiting:"),
        "offline": _("The network is interrupted. {n} scans are kept and will be sent."),
        "fault": _(
            "The server could not take this scan. {n} are kept. Try again, or leave it out."
        ),
        "login": _("You have been signed out. {n} scans are kept: sign in again."),
        "blocked": _("First answer the open question. The scan is kept and comes after it."),
        "duplicate": _("The same scan twice at once: taken once."),
        "dismissed": _("Question closed, nothing was done."),
        "skipped": _("Left out:"),
        "guard": _("{n} scans are still waiting. Sign out when they are done."),
        "undo_none": _("Nothing to undo: only the last act, for 60 seconds."),
        "seconds": _("{n} s"),
        "kinds": {
            "idle": _("Ready"),
            "ok": _("Done"),
            "notice": _("Please note"),
            "refused": _("Not possible"),
            "ask": _("Please decide"),
            "reader": _("Reader"),
            "error": _("Fault"),
        },
    }


def store_name(account: str) -> str:
    """The name under which a browser keeps an account's waiting scans."""
    return f"shuxiang.desk.{account}"


def scanbox_config(
    request: HttpRequest,
    *,
    url: str,
    store: str,
    state: str = "",
    modes: Sequence[Mode] = MODES,
    keys: Mapping[str, Mapping[str, str]] = KEYS,
    prefix: str = "",
    suffix: str = "",
    login_url: str = "",
) -> dict[str, Any]:
    """Everything the island needs, JSON-serialisable.

    `url` takes the scans; `store` names the kept queue in the browser and must differ between
    signed-in persons; `prefix` and `suffix` are what this workstation's scanner adds. Times are
    milliseconds except `undo_seconds`. Raises ValueError when a reserved key is mapped.
    """
    taken = RESERVED_KEYS.intersection(keys)
    if taken:
        raise ValueError(f"keys {', '.join(sorted(taken))} belong to the browser: choose others")
    offered = {mode.value for mode in modes}
    return {
        "url": url,
        "csrf": get_token(request),
        "state": state,
        "store": store_name(store),
        "sprite": static(ICON_SPRITE),
        "icons": RESULT_ICONS,
        "login_url": login_url,
        "prefix": prefix,
        "suffix": suffix,
        "keys": {
            key: dict(action)
            for key, action in keys.items()
            if action.get("mode") in offered | {None}
        },
        "commands": {
            code: dict(action)
            for code, action in COMMAND_BARCODES.items()
            if action.get("mode") in offered | {None}
        },
        "burst_ms": 30,
        "debounce_ms": 300,
        "retry_ms": [1000, 2000, 4000, 8000],
        "timeout_ms": 15000,
        "undo_seconds": 60,
        "log_length": 20,
        "words": words(),
    }
