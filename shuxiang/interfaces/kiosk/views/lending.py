"""借书 and 还书: the same commands as at the desk, book by book, with a line for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shuxiang.apps.circulation import commands
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import LoanReader, ReaderSession
from shuxiang.interfaces.common.words import mask_name
from shuxiang.interfaces.kiosk import lines, words
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk.lines import Line, Visit
from shuxiang.interfaces.kiosk.machine import Machine, machine_required
from shuxiang.interfaces.kiosk.reader import reader_required
from shuxiang.interfaces.kiosk.views.reader import FAULTS, busy
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned


@dataclass(frozen=True, slots=True)
class Act:
    """What is done with a book: ``name`` borrow or return, the command behind it with the word for one
    it refuses, and the masked name of whom it is done for ('' for nobody)."""

    name: str
    run: Callable[[str, Context], Line]
    refused_word: str
    reader: str = ""


@require_http_methods(["GET", "POST"])
@machine_required("borrow")
@reader_required("borrow")
def borrow(request: HttpRequest, machine: Machine, reader: ReaderSession) -> HttpResponse:
    """Lend what is scanned to the reader before the machine."""
    card = patrons.loan_reader(reader.patron)
    assert card is not None, "a session has a card behind it"
    against = card.opens(clock.business_date(clock.now()))
    if not against.allowed:
        return machines.show(request, "closed.html", machine, {"said": words.refused(against)})
    return _scanned(request, machine, _lending(card, mask_name(reader.name)))


def _lending(card: LoanReader, reader: str) -> Act:
    def lend(barcode: str, ctx: Context) -> Line:
        done = commands.check_out(
            item_barcode=barcode, card=card.number, card_library=card.library, ctx=ctx
        )
        return lines.lent(done.title_text, done.barcode, done.due_on, done.tells, _("Lent"))

    return Act("borrow", lend, _("Not borrowed"), reader)


@require_http_methods(["GET", "POST"])
@machine_required("return")
def give_back(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Take back what is scanned. Nobody needs a card for it."""
    return _scanned(request, machine, _returning())


def _returning() -> Act:
    def take(barcode: str, ctx: Context) -> Line:
        done = commands.check_in(item_barcode=barcode, ctx=ctx)
        word = _("Returned") if done.kind in ("returned", "again") else _("Received")
        return lines.returned(done.title_text, done.barcode, done.tells, word)

    return Act("return", take, _("Not returned"))


def _scanned(request: HttpRequest, machine: Machine, act: Act) -> HttpResponse:
    visit = lines.visit(request.POST.get("visit", ""))
    barcode = scanned(request.POST.get("scan", ""))[:64]
    if request.method == "POST" and barcode:
        ctx = machines.acting(machine, request.POST.get("request_key", "")[:64])
        visit = visit.adding([_one(act, barcode, ctx)])
    return _shown(request, machine, act, visit)


def _one(act: Act, barcode: str, ctx: Context) -> Line:
    try:
        return act.run(barcode, ctx)
    except Refused as refused:
        return lines.refused(refused.decision, barcode, act.refused_word)
    except FAULTS:
        return Line("refused", act.refused_word, "", barcode, busy())


def _shown(request: HttpRequest, machine: Machine, act: Act, visit: Visit) -> HttpResponse:
    context = {
        "act": act.name,
        "here": reverse(f"kiosk:{act.name}"),
        "name": act.reader,
        "visit": visit,
        "lines": visit.lines[: lines.SHOWN],
        "request_key": new_id(),
    }
    return machines.show(request, "scan.html", machine, context)
