"""The page of the offline desk as the browser keeps it: which files it is made of, and its words."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shuxiang.interfaces.common.scanbox import COMMAND_BARCODES, KEYS, MODES, Mode
from shuxiang.interfaces.common.scanbox import words as box_words
from shuxiang.interfaces.common.templatetags.shuxiang import BADGE_ICONS, ICON_SPRITE, RESULT_ICONS
from shuxiang.interfaces.common.without_network import reason_words

FILES = (
    "css/tokens.css",
    "css/desk.css",
    "css/offline.css",
    "js/common.js",
    "js/scanbox.js",
    "js/scanqueue.js",
    "js/sounds.js",
    "offline/desk.js",
    "offline/decide.js",
    "offline/journal.js",
    "offline/lookup.js",
    "offline/store.js",
    "offline/sync.js",
    "offline/words.js",
    "img/mark.svg",
    ICON_SPRITE,
)
"""Everything the page loads; kept in the browser under one version."""

OWN_MODES = (
    *(m for m in MODES if m.value in ("checkout", "checkin", "renew")),
    Mode("inhouse", gettext_lazy("Read in house"), "F7", "notebook"),
)
OWN_KEYS = {
    **{k: v for k, v in KEYS.items() if k in ("F2", "F3", "F4", "F8", "F9", "F10", "Escape")},
    "F7": {"mode": "inhouse"},
}


def _words() -> dict[str, Any]:
    return {
        "lent": _("Lent"),
        "returned": _("Returned"),
        "renewed": _("Renewed"),
        "counted": _("Counted"),
        "check": _("To be checked"),
        "due": _("due {day}"),
        "due_unknown": _("due date told after the next sync"),
        "kept": _("kept here"),
        "uploaded": _("uploaded"),
        "merged": _("recorded"),
        "known": _("was on record already"),
        "conflict": _("to be settled"),
        "no_reader": _("Scan the reader card first."),
        "next": _("Next reader, please."),
        "unknown_what": _("{code} is not in the data of this device. What is it?"),
        "as_card": _("A reader card"),
        "as_item": _("A book"),
        "unknown_card": _("This card is not in the data of this device: it is checked later."),
        "unknown_item": _("This book is not in the data of this device: it is checked later."),
        "several_items": _(
            "Books of several libraries carry this barcode: it is settled after the next sync."
        ),
        "several_cards": _(
            "Several libraries issued this card: it is settled after the next sync."
        ),
        "here_is_reader": _("This is a reader card, not a book."),
        "renew_check": _("The new due date is told after the next sync."),
        "not_on_loan": _("It was not on loan, by the data of this device."),
        "belongs": _("It belongs to {place}: put it aside to be sent back."),
        "blocked": _("The account is not open: ask the main library."),
        "stale": _("The data of this device is {days} days old."),
        "ask_head": _("Lend all the same?"),
        "ask_note": _("It is recorded, and settled after the next sync."),
        "ask_yes": _("Lend it; it has to go"),
        "leave": _("Leave it"),
        "undo_nothing": _("There is nothing left to undo."),
        "undone": _("Undone"),
        "acts": {
            "check_out": _("Lent"),
            "check_in": _("Returned"),
            "renew": _("Renewed"),
            "in_house": _("Counted"),
            "undo": _("Undo"),
        },
        "owed": _("Owed"),
        "slip": _("Slip"),
        "slip_empty": _("Nothing was lent to this reader here today."),
        "slip_count": _("{n} books in all"),
        "slip_note": _("Without the network; recorded when it is back."),
        "clerk_none": _("not said"),
        "clerk_ask": _("Say who works today: choose the name above."),
        "no_data": _("There is no data on this device yet: connect it once."),
        "data_of": _("Data of {time}"),
        "minutes": _("{n} minutes ago"),
        "hours": _("{n} hours ago"),
        "days": _("{n} days ago"),
        "online": _("Connected"),
        "offline": _("No network: work goes on"),
        "syncing": _("Syncing …"),
        "fetching": _("Fetching data: {done} of {all} parts"),
        "sync_failed": _("The sync failed: {why}"),
        "bad_seal": _("The data that came is not genuine and was not taken."),
        "unsent": _("{n} acts not uploaded yet"),
        "all_sent": _("Everything is uploaded"),
        "open": _("{n} lines to be settled at this place"),
        "clock": _("The clock of this computer is {n} minutes wrong: set it right."),
        "waiting": _("{n} lines wait for earlier ones that are missing: tell the main library."),
        "aside": _("{n} lines stand against others already sent: the office settles them."),
        "other_tab": _("The offline desk is open in another tab or window. Use that one."),
        "insecure": _(
            "This address is not secure (https): the browser keeps nothing. Ask whoever looks after "
            "the computer."
        ),
        "not_kept": _("This act could not be written down: do it again, or write it on paper."),
        "unenrol_unsent": _("{n} acts are not uploaded. Upload or export them first."),
        "unenrol_sure": _("Everything kept on this computer is wiped."),
        "enrolled": _("Enrolled as {name}."),
        "nobody": _("No reader at the desk"),
        "nobody_why": _("Scan a reader card, then the books."),
        "category": _("Reader category"),
        "valid": _("Valid until"),
        "out": _("Books out"),
        "limit": _("Loan limit"),
        "overdue": _("Overdue"),
        "not_in_data": _("not in the data of this device"),
        "here": _("Lent here since: {n}"),
    }


def _config() -> dict[str, Any]:
    modes = {m.value for m in OWN_MODES}
    return {
        "urls": {
            name: reverse(f"offline:{name}")
            for name in ("enrol", "snapshot", "journal", "outcomes", "worker", "desk")
        }
        | {"part": reverse("offline:part", args=["NAME"])},
        "words": _words(),
        "reasons": reason_words(),
        "badges": BADGE_ICONS,
        "box": {
            "url": "",
            "csrf": "",
            "state": "",
            "store": "shuxiang.offline",
            "sprite": static(ICON_SPRITE),
            "icons": RESULT_ICONS,
            "login_url": "",
            "prefix": "",
            "suffix": "",
            "keys": {key: dict(action) for key, action in OWN_KEYS.items()},
            "commands": {
                code: dict(action)
                for code, action in COMMAND_BARCODES.items()
                if action.get("mode") in modes or action.get("command") in ("next", "undo", "slip")
            },
            "burst_ms": 30,
            "debounce_ms": 300,
            "retry_ms": [1000],
            "timeout_ms": 15000,
            "undo_seconds": 60,
            "log_length": 20,
            "words": box_words(),
        },
    }


def page() -> str:
    """The page, the same for everybody."""
    config = _config()
    return render_to_string(
        "offline/desk.html",
        {
            "config": config,
            "scan_modes": OWN_MODES,
            "scan_mode": "checkout",
            "idle": config["box"]["words"]["kinds"]["idle"],
        },
    )


@lru_cache(maxsize=1)
def _files() -> str:
    """The hash of everything the page is made of."""
    whole = hashlib.sha256()
    for name in FILES:
        path = finders.find(name)
        if not isinstance(path, str):
            raise FileNotFoundError(name)
        whole.update(Path(path).read_bytes())
    return whole.hexdigest()


def worker() -> str:
    """The script of the browser's service worker, another one for every version of the page."""
    version = hashlib.sha256(f"{_files()}{page()}".encode()).hexdigest()[:16]
    files = [reverse("offline:desk"), *(static(name) for name in FILES)]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(files)};\n"
    return head + (Path(__file__).parent / "worker.js").read_text("utf-8")
