"""借书 and 还书: the same commands as at the desk, book by book, with a line for each.

A barcode is acted on at once. What lies on the pad is shown first, how many and which; once the reader
has said that this is what they laid there, it must still be so, and then it is done. Last the security
of the labels is changed, of those books alone with which it went well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.circulation import commands
from shuxiang.apps.patrons import commands as readings
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import LoanReader, ReaderSession, Represented
from shuxiang.interfaces.common.words import mask_name
from shuxiang.interfaces.kiosk import bridge, calls, lines, pad, words
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk import reader as readers
from shuxiang.interfaces.kiosk.lines import Line, Visit
from shuxiang.interfaces.kiosk.machine import Machine, machine_required
from shuxiang.interfaces.kiosk.pad import Laid
from shuxiang.interfaces.kiosk.reader import reader_required
from shuxiang.interfaces.kiosk.views.reader import FAULTS, busy
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned

SALT = "shuxiang.kiosk.pad"
MOST_OTHERS = 4
"""Readers one may choose between on one screen."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is done with a book: ``name`` borrow or return, the command behind it with the word for one
    it refuses, and the masked name of whom it is done for ('' for nobody); ``others`` that it could be
    for somebody else."""

    name: str
    run: Callable[[str, Context], Line]
    refused_word: str
    reader: str = ""
    others: bool = False

    @property
    def url(self) -> str:
        return reverse(f"kiosk:{self.name}")


@require_http_methods(["GET", "POST"])
@machine_required("borrow")
@reader_required("borrow")
def borrow(request: HttpRequest, machine: Machine, reader: ReaderSession) -> HttpResponse:
    """Lend what is scanned or lies on the pad to the reader before the machine."""
    card, name = _holder(reader)
    against = card.opens(clock.business_date(clock.now()))
    if not against.allowed:
        return machines.show(request, "closed.html", machine, {"said": words.refused(against)})
    by = reader.patron if card.patron != reader.patron else ""
    return _screen(request, machine, _lending(card, mask_name(name), by, bool(_others(reader))))


def _others(reader: ReaderSession) -> tuple[Represented, ...]:
    """Whom the reader may borrow for: children, and readers who agreed, with a card."""
    found = patrons.acts_for(reader.patron, clock.business_date(clock.now()))
    return tuple(one for one in found if patrons.loan_reader(one.patron) is not None)[:MOST_OTHERS]


def _holder(reader: ReaderSession) -> tuple[LoanReader, str]:
    """On whose card it is lent, and whose name is shown: the one chosen, else the reader's own."""
    chosen = {one.patron: one.name for one in _others(reader)} if reader.acting_for else {}
    patron = reader.acting_for if reader.acting_for in chosen else reader.patron
    card = patrons.loan_reader(patron)
    assert card is not None, "a session has a card behind it"
    return card, chosen.get(patron, reader.name)


@require_POST
@machine_required("borrow")
@reader_required("borrow")
def borrow_for(request: HttpRequest, machine: Machine, reader: ReaderSession) -> HttpResponse:
    """Whom is it for? Asked, and then remembered till the visit ends."""
    others = _others(reader)
    if "patron" not in request.POST:
        shown = [(one.patron, mask_name(one.name)) for one in others]
        context = {"others": shown, "name": mask_name(reader.name)}
        return machines.show(request, "whom.html", machine, context)
    patron = request.POST["patron"][:40]
    if patron in {"", *(one.patron for one in others)}:
        # Nobody else is ever chosen; where it can't be noted, it is for the reader themselves.
        with contextlib.suppress(Refused, *FAULTS):
            readings.act_for(session=reader.id, patron=patron, ctx=readers.acting(machine, reader))
    return redirect("kiosk:borrow")


def _lending(card: LoanReader, reader: str, by: str = "", others: bool = False) -> Act:
    def lend(barcode: str, ctx: Context) -> Line:
        done = commands.check_out(
            item_barcode=barcode, card=card.number, card_library=card.library, by=by, ctx=ctx
        )
        return lines.lent(done.title_text, done.barcode, done.due_on, done.tells, _("Lent"))

    return Act("borrow", lend, _("Not borrowed"), reader, others)


@require_http_methods(["GET", "POST"])
@machine_required("return")
def give_back(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Take back what is scanned or lies on the pad. Nobody needs a card for it."""
    return _screen(request, machine, _returning())


def _returning() -> Act:
    def take(barcode: str, ctx: Context) -> Line:
        done = commands.check_in(item_barcode=barcode, ctx=ctx)
        word = _("Returned") if done.kind in ("returned", "again") else _("Received")
        return lines.returned(done.title_text, done.barcode, done.tells, word)

    return Act("return", take, _("Not returned"))


def _screen(request: HttpRequest, machine: Machine, act: Act) -> HttpResponse:
    visit = lines.visit(request.POST.get("visit", ""))
    if request.method == "GET":
        return _scanning(request, machine, act, visit)
    ctx = machines.acting(machine, request.POST.get("request_key", "")[:40])
    if barcode := scanned(request.POST.get("scan", ""))[:64]:
        return _scanning(request, machine, act, visit.adding([_one(act, barcode, ctx)]))
    if request.POST.get("again"):
        return _scanning(request, machine, act, replace(visit, known=()))
    found = bridge.answers(request)
    if not found:
        return _scanning(request, machine, act, replace(visit, latest=0))
    if not found[0].ok:
        said = _("The pad does not answer: please scan the barcodes.")
        return _scanning(request, machine, act, visit.failed(said))
    here = pad.laid(bridge.tags(found[0]), place=machine.place, known=visit.known)
    if not request.POST.get("confirmed"):
        return _seen(request, machine, act, visit, here)
    if _unsigned(request.POST["confirmed"]) != sorted(here.all_uids) or here.faults:
        said = _("Something else lies on the pad now: please look again.")
        return _seen(request, machine, act, visit.failed(said), here, said)
    made = [_one(act, barcode, ctx.with_key(barcode), title) for barcode, title in here.books]
    visit = visit.adding(made)
    visit = replace(visit, known=(*visit.known, *sorted(here.all_uids)))
    return _securing(request, machine, act, visit, here, made)


def _one(act: Act, barcode: str, ctx: Context, title: str = "") -> Line:
    try:
        return act.run(barcode, ctx)
    except Refused as refused:
        return lines.refused(refused.decision, barcode, act.refused_word, title)
    except FAULTS:
        return Line("refused", act.refused_word, title, barcode, busy())


def _scanning(request: HttpRequest, machine: Machine, act: Act, visit: Visit) -> HttpResponse:
    if visit.bad >= calls.BAD_SCANS:
        return _called(request, machine, act, visit)
    return machines.show(request, "scan.html", machine, _common(act, visit, request))


def _common(act: Act, visit: Visit, request: HttpRequest) -> dict[str, Any]:
    page = visit.page(request.POST.get("page", ""))
    return {
        "act": act.name,
        "name": act.reader,
        "others": act.others and not visit.lines,
        "here": act.url,
        "visit": visit,
        "lines": page.lines,
        "page": page,
        "typing": request.POST.get("typing") == "1",
        "request_key": new_id(),
        "inventory": bridge.calls(bridge.call("rfid/tags")),
        "known": visit.known_json,
    }


def _called(request: HttpRequest, machine: Machine, act: Act, visit: Visit) -> HttpResponse:
    """Three scans in a row went wrong: somebody is called, and told why."""
    calls.make(machine, "bad-scans")
    after = replace(visit, bad=0, latest=0, known=())
    context = _common(act, after, request) | {"why": visit.why}
    return machines.show(request, "called.html", machine, context)


def _seen(
    request: HttpRequest, machine: Machine, act: Act, visit: Visit, here: Laid, said: str = ""
) -> HttpResponse:
    """What lies on the pad: is that all, and is all of it yours?"""
    if here.faults and not said:
        visit = visit.failed(" ".join(here.faults))
    if visit.bad >= calls.BAD_SCANS:
        return _called(request, machine, act, visit)
    if not here.books and not here.faults:
        return _scanning(request, machine, act, visit)
    context = _common(act, visit, request) | {
        "books": here.books[: lines.SHOWN],
        "more": max(len(here.books) - lines.SHOWN, 0),
        "count": len(here.books),
        "faults": here.faults,
        "confirmed": signing.dumps(sorted(here.all_uids), salt=SALT),
        "said": said,
    }
    return machines.show(request, "pad.html", machine, context)


def _unsigned(token: str) -> Any:
    try:
        return signing.loads(token, salt=SALT, max_age=lines.LONGEST)
    except signing.BadSignature:
        return None


def _securing(
    request: HttpRequest, machine: Machine, act: Act, visit: Visit, here: Laid, made: list[Line]
) -> HttpResponse:
    """Lent books go out unsecured, returned ones are secured; with whatever was refused nothing is done."""
    wanted = [
        (line.barcode, uid)
        for line in made
        if line.kind != "refused"
        for uid in here.uids.get(line.barcode, ())
    ]
    if not wanted:
        return _scanning(request, machine, act, visit)
    secured = act.name == "return"
    asked = [bridge.call("rfid/security", {"uid": uid, "secured": secured}) for _b, uid in wanted]
    context = _common(act, visit, request) | {
        "securing": bridge.calls(*asked),
        "wanted": signing.dumps([b for b, _u in wanted], salt=SALT),
    }
    return machines.show(request, "securing.html", machine, context)


@require_POST
@machine_required()
def secured(request: HttpRequest, machine: Machine, name: str) -> HttpResponse:
    """What became of the labels. A book whose label could not be changed stays as it was, secured or
    not, and goes to the desk."""
    if name not in ("borrow", "return"):
        raise Http404
    reader = readers.current(request)
    shown = mask_name(_holder(reader)[1]) if reader and name == "borrow" else ""
    act = Act(name, _nothing, "", shown)
    visit = lines.visit(request.POST.get("visit", ""))
    wanted = _unsigned(request.POST.get("wanted", "")) or []
    found = bridge.answers(request)
    failed = {
        barcode
        for number, barcode in enumerate(wanted)
        if number >= len(found) or not found[number].ok
    }
    if failed:
        calls.make(machine, "security")
        said = (
            _("Its label is still secured and the gate will sound: please take it to the desk.")
            if name == "borrow"
            else _("Its label could not be secured: please hand it to the staff.")
        )
        visit = visit.noting(failed, said)
    return _scanning(request, machine, act, visit)


def _nothing(barcode: str, ctx: Context) -> Line:
    raise AssertionError("nothing is done with a book while its label is changed")
