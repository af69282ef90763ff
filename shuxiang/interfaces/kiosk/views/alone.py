"""While there is no network: the page the browser keeps for it, its script, and the way in.

The data, the journal and what becomes of it are those of the offline desk (`interfaces/offline`); the
machine brings the token it was enrolled with. The page itself holds nothing of anybody.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.templatetags.shuxiang import ICON_SPRITE, RESULT_ICONS
from shuxiang.interfaces.common.without_network import reason_words
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk import words
from shuxiang.interfaces.kiosk.machine import Machine, machine_required

FILES = (
    "css/tokens.css",
    "css/kiosk.css",
    "js/common.js",
    "js/kiosk.js",
    "js/kioskalone.js",
    "js/kioskbridge.js",
    "js/kioskkeep.js",
    "js/scanqueue.js",
    "js/sounds.js",
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


def _words(machine: Machine) -> dict[str, Any]:
    said = words.plain()
    return {
        "home": _("No network: books are lent and taken back all the same")
        if "check_out" in machine.alone
        else _("No network: books are taken back all the same"),
        "home_hint": _("Lent without the network; it is recorded as soon as the network is back.")
        if "check_out" in machine.alone
        else _("It is recorded as soon as the network is back."),
        "unsent": _("{n} acts wait for the network"),
        "borrow": _("Borrow without the network"),
        "return": _("Return without the network"),
        "no_card_needed": _("no card needed"),
        "rest": _("Other services"),
        "rest_head": _("Not without the network"),
        "rest_said": _(
            "Renewing, looking at loans and new cards need the network. Please go to the desk, or come "
            "again later."
        ),
        "nobody_head": _("The staff can't be called without the network"),
        "nobody_said": _("Please go to the desk. What was done here is kept and will be recorded."),
        "back": _("Back"),
        "card": _("Your card, please"),
        "card_hint": _("Hold the barcode of your reader card before the scanner, or type the number."),
        "card_label": _("Card number"),
        "go_on": _("Go on"),
        "card_unknown": _("This machine does not know the card without the network: go to the desk."),
        "card_several": said["card-ambiguous"],
        "card_closed": _("The account is not open: please go to the desk."),
        "card_is_book": _("This is a book, not a reader card."),
        "book_is_card": _("This is a reader card, not a book."),
        "which_lent": _("Which books do you take?"),
        "which_back": _("Which books do you bring back?"),
        "scan_hint": _("Hold the barcode of each book before the scanner."),
        "pad_hint": _("Lay the books on the pad, or hold their barcodes before the scanner."),
        "label": _("Number under the barcode"),
        "type": pgettext("kiosk", "Type"),
        "enter": pgettext("kiosk", "Enter"),
        "done": _("{n} books done"),
        "not_done": _("{n} not"),
        "lent": _("Lent"),
        "returned": _("Returned"),
        "not_lent": _("Not borrowed"),
        "not_returned": _("Not returned"),
        "due": _("due back {day}"),
        "book_unknown": _("This machine does not know the book without the network: go to the desk."),
        "book_several": said["item-ambiguous"],
        "checked_later": _("It is checked when the network is back."),
        "belongs": said["belongs-elsewhere"],
        "unsecured": _("Its label could not be secured: please hand it to the staff."),
        "secured": _("Its label is still secured and the gate will sound: please take it to the desk."),
        "not_kept": _("It could not be written down: please go to the desk."),
        "slip": pgettext("kiosk", "Slip"),
        "slip_lent": _("Loan slip"),
        "slip_back": _("Return slip"),
        "slip_note": _("Without the network; recorded when it is back."),
        "slip_all": _("{n} books in all"),
        "slip_taken": _("Please take your slip"),
        "slip_none": _("The slip could not be printed. The books are noted all the same."),
        "all_done": _("All done"),
        "next": _("Next person"),
        "pad_count": _("{n} books lie on the pad. Is that right?"),
        "pad_yes": _("Yes, {n} books"),
        "pad_again": _("No, look again"),
        "pad_fault": _("A label can't be read or parts are missing: please hold the barcode before the scanner."),
        "pad_more": _("and {n} more"),
        "securing": _("One moment"),
    }  # fmt: skip


def _config(machine: Machine) -> dict[str, Any]:
    return {
        "device": machine.id,
        "acts": machine.alone,
        "rest": [f for f in ("renew", "inquiry", "card") if f in machine.functions],
        "pad": machine.pad,
        "printer": machine.printer,
        "place": places.place(machine.place).name,
        "name": machine.device.name,
        "owners": str(places.setting(machine.place, "rfid.owners").value).split(),
        "words": _words(machine),
        "reasons": reason_words() | words.plain(),
        "sprite": static(ICON_SPRITE),
        "icons": RESULT_ICONS,
    }


def _shown(machine: Machine) -> str:
    context = {
        "machine": machine,
        "place": places.place(machine.place),
        "config": _config(machine),
    }
    return render_to_string("kiosk/alone.html", context)


@require_GET
@machine_required()
def page(request: HttpRequest, machine: Machine) -> HttpResponse:
    """The page that works without a network; for machines that may."""
    if not machine.alone:
        raise Http404
    return HttpResponse(_shown(machine))


@require_POST
@machine_required()
def token(request: HttpRequest, machine: Machine) -> HttpResponse:
    """What the machine shows at the door of the offline desk. Also for one that may no longer go on
    alone: what it wrote down is still taken."""
    return JsonResponse({"token": machines.token(machine.device)})


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


@require_GET
@machine_required()
def worker(request: HttpRequest, machine: Machine) -> HttpResponse:
    """The script of the browser's service worker, another one for every version of the page."""
    version = hashlib.sha256(f"{_files()}{_shown(machine)}".encode()).hexdigest()[:16]
    said = {
        "VERSION": version,
        "PAGE": reverse("kiosk:alone"),
        "HOME": reverse("kiosk:home"),
        "FILES": [reverse("kiosk:alone"), *(static(name) for name in FILES)],
    }
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in said.items())
    text = head + (Path(__file__).parent.parent / "worker.js").read_text("utf-8")
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")
