"""自助办证: consent, identity card, guardian for a child, phone; then the card, step by step.

The screens ask one thing each. What the dispenser is told stands in the page as always; what it answers
decides the next command, so that the power may go at any moment: whatever was begun is settled by
`recover` when the machine is there again.
"""

from __future__ import annotations

import contextlib
from datetime import date
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.patrons.queries import Issue
from shuxiang.formats.identifiers import parse_id_number
from shuxiang.interfaces.common import consents
from shuxiang.interfaces.common.words import local_date, mask_id, mask_name
from shuxiang.interfaces.kiosk import bridge, calls, words
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk.applicant import KIND, Applicant, applicant
from shuxiang.interfaces.kiosk.bridge import Answer
from shuxiang.interfaces.kiosk.machine import Machine, machine_required
from shuxiang.interfaces.kiosk.views.reader import FAULTS, busy
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Decision, Refused, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import mask_number

N = gettext_noop

RELATIONS = (
    N("Father"),
    N("Mother"),
    N("Paternal grandparent"),
    N("Maternal grandparent"),
    N("Another guardian"),
)
OFFERED_SECONDS = 15
OFFERED_TIMES = 3
"""How long and how often a card is offered before it is drawn back."""


def _today() -> date:
    return clock.business_date(clock.now())


@require_GET
@machine_required("card")
def begin(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Is there a blank card at all? Before anybody has typed anything."""
    context = {"asking": bridge.calls(bridge.call("card"))}
    return machines.show(request, "issue_check.html", machine, context)


@sensitive_post_parameters()
@require_POST
@machine_required("card")
def step(request: HttpRequest, machine: Machine) -> HttpResponse:
    """One answer more, and the next question."""
    held = applicant(request.POST.get("applicant", ""))
    if held is None:
        return _first(request, machine)
    given = request.POST
    said = ""
    if given.get("agree") in _texts():
        held = msgspec.structs.replace(held, agreed=(*held.agreed, given["agree"]))
    elif given.get("relation") in _relations():
        held = msgspec.structs.replace(held, relation=given["relation"])
    elif "phone" in given:
        held, said = _phoned(held, given["phone"])
    elif given.get("answer") or "number" in given:
        held, said = _identified(request, held)
    return _next(request, machine, held, said)


def _texts() -> dict[str, consents.Text]:
    return {text.purpose: text for text in consents.TEXTS}


def _relations() -> tuple[str, ...]:
    return tuple(_(r) for r in RELATIONS)


def _first(request: HttpRequest, machine: Machine) -> HttpResponse:
    """The answer of the dispenser to `begin`, then the consent."""
    found = bridge.answers(request)
    if not found:
        return redirect("kiosk:home")
    _watch_stock(machine, found[0])
    fault = found[0].fault or ("empty" if found[0].body.get("blanks") == 0 else "")
    # A card that is on its way since a power cut has to be settled first (`recover`).
    if fault or queries.open_issues(machine.id):
        calls.make(machine, "cards-empty" if fault == "empty" else "card-fault")
        said = _("This machine can't make cards now. The desk makes yours in a minute.")
        return machines.show(request, "closed.html", machine, {"said": said})
    return _next(request, machine, Applicant(begun=clock.now(), key=new_id()), "")


def _watch_stock(machine: Machine, card: Answer) -> None:
    blanks = card.body.get("blanks")
    if card.ok and card.body.get("low"):
        calls.make(machine, "cards-empty" if blanks == 0 else "cards-low")


def _identified(request: HttpRequest, held: Applicant) -> tuple[Applicant, str]:
    """The identity card read, or typed: the reader's first, then the guardian's."""
    found = bridge.answers(request)
    if found and not found[0].ok:
        return held, _("The identity card can't be read: please lay it anew, or type it in.")
    if found and found[0].body.get("state") != "read":
        return held, _("No identity card lies on the reader.")
    if found:
        name, number = found[0].text("name").strip(), found[0].text("number").strip()
    else:
        name = request.POST.get("name", "").strip()[:80]
        number = request.POST.get("number", "").strip()[:32]
    parsed = parse_id_number(number, today=_today())
    if not parsed.valid:
        return held, words.refused(
            Decision((stop("document-invalid", kind=KIND, fault=parsed.fault),))
        )
    if not name:
        return held, words.refused(Decision((stop("name-missing"),)))
    if held.number:
        if parsed.number == held.number:
            return held, words.refused(Decision((stop("document-is-guardians"),)))
        return (
            msgspec.structs.replace(held, guardian_name=name, guardian_number=parsed.number),
            "",
        )
    holder = queries.by_document(KIND, parsed.number, today=_today())
    if holder is not None:
        card = queries.live_card(holder)
        shown = mask_number(card.number) if card else ""
        return held, words.refused(Decision((stop("document-held", card=shown),)))
    return msgspec.structs.replace(held, name=name, number=parsed.number), ""


def _phoned(held: Applicant, text: str) -> tuple[Applicant, str]:
    number = text.strip()[:20]
    if not (number.isascii() and number.isdecimal() and len(number) == 11 and number[0] == "1"):
        return held, _("A mobile number has 11 digits and begins with 1.")
    return msgspec.structs.replace(held, phone=number), ""


def _next(request: HttpRequest, machine: Machine, held: Applicant, said: str) -> HttpResponse:
    """The first thing that is still to be asked."""
    today = _today()
    child = held.is_child(today)
    context: dict[str, Any] = {"applicant": held.token(), "said": said, "child": child}
    texts = _texts()
    if "reader-data" not in held.agreed:
        context |= {"text": texts["reader-data"]}
        return machines.show(request, "issue_consent.html", machine, context)
    if not held.number or (child and not held.guardian_number):
        context |= {
            "guardian": bool(held.number),
            "reading": bridge.calls(bridge.call("id")),
            "typing": request.POST.get("typing") == "1",
        }
        return machines.show(request, "issue_identity.html", machine, context)
    if child and "child-data" not in held.agreed:
        context |= {"text": texts["child-data"]}
        return machines.show(request, "issue_consent.html", machine, context)
    if child and not held.relation:
        context |= {"relations": _relations()}
        return machines.show(request, "issue_relation.html", machine, context)
    if not held.phone:
        return machines.show(request, "issue_phone.html", machine, context)
    context |= {
        "name": mask_name(held.name),
        "number": mask_id(held.number),
        "guardian": mask_name(held.guardian_name),
        "phone": f"{held.phone[:3]}****{held.phone[-4:]}",
        "key": held.key,
    }
    return machines.show(request, "issue_confirm.html", machine, context)


@sensitive_post_parameters()
@require_POST
@machine_required("card")
def make(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Reserve, and have the card dispensed and read back inside the machine."""
    held = applicant(request.POST.get("applicant", ""))
    if held is None:
        return redirect("kiosk:home")
    try:
        reserved = commands.reserve_card(
            given=held.given(_today(), machine.place),
            numbered=machine.cards == "printed",
            ctx=machines.acting(machine, request.POST.get("request_key", "")[:64]),
        )
    except Refused as refused:
        return machines.show(
            request, "closed.html", machine, {"said": words.refused(refused.decision)}
        )
    except FAULTS:
        return _next(request, machine, held, busy())
    asked = bridge.calls(
        bridge.call("card/dispense", {"issue": reserved.issue, "number": reserved.number}),
        bridge.call("card/read", {}),
        bridge.call("card"),
    )
    context = {"device": asked, "action": reverse("kiosk:issue_made", args=[reserved.issue])}
    return machines.show(request, "issue_making.html", machine, context)


@require_POST
@machine_required("card")
def made(request: HttpRequest, machine: Machine, issue: str) -> HttpResponse:
    """The card was moved and read: is it the right one?"""
    found = bridge.answers(request)
    if len(found) == 3:
        _watch_stock(machine, found[2])
    fault = next((a.fault for a in found[:2] if not a.ok), "" if len(found) >= 2 else "unreachable")
    if fault:
        return _failed(request, machine, issue, fault)
    try:
        commands.card_dispensed(
            issue=issue, read=found[1].text("number"), ctx=machines.acting(machine)
        )
    except Refused as refused:
        return _failed(request, machine, issue, refused.decision.codes[0])
    except FAULTS:
        return _failed(request, machine, issue, "busy")
    return _offer(request, machine, issue, 1)


def _offer(request: HttpRequest, machine: Machine, issue: str, times: int) -> HttpResponse:
    asked = bridge.calls(bridge.call("card/offer", {"issue": issue, "seconds": OFFERED_SECONDS}))
    context = {
        "device": asked,
        "action": reverse("kiosk:issue_taken", args=[issue]) + f"?times={times}",
    }
    return machines.show(request, "issue_take.html", machine, context)


@require_POST
@machine_required("card")
def taken(request: HttpRequest, machine: Machine, issue: str) -> HttpResponse:
    """The card was taken: now it is one. Left in the slit it is drawn back."""
    found = bridge.answers(request)
    if not found or not found[0].ok:
        return _failed(request, machine, issue, found[0].fault if found else "unreachable")
    if found[0].body.get("state") != "taken":
        times = request.GET.get("times", "")
        again = int(times) + 1 if times.isdecimal() else OFFERED_TIMES + 1
        if again <= OFFERED_TIMES:
            return _offer(request, machine, issue, again)
        return _failed(request, machine, issue, "not-taken")
    pin, hashed = commands.draw_issue_pin(issue)
    try:
        done = commands.activate_card(issue=issue, pin_hash=hashed, ctx=machines.acting(machine))
    except Refused as refused:
        return _failed(request, machine, issue, "refused", words.refused(refused.decision))
    except FAULTS:
        # Whoever has the card has nothing yet; the machine settles it as soon as it can.
        return machines.show(request, "closed.html", machine, {"said": busy()})
    context = {
        "number": done.number,
        "expires": local_date(done.expires_on),
        "pin": pin,
        "printing": bridge.calls(
            bridge.call("print", {"lines": _slip(machine, done, pin), "qr": ""})
        )
        if machine.printer
        else "",
    }
    return machines.show(request, "issue_done.html", machine, context)


def _slip(machine: Machine, done: commands.Registered, pin: str) -> list[str]:
    return [
        _("Your reader card"),
        done.number,
        _("valid until %(day)s") % {"day": local_date(done.expires_on)},
        _("First PIN: %(pin)s. Please change it at the first sign-in.") % {"pin": pin},
        machine.device.name,
    ]


@require_POST
@machine_required()
def printed(request: HttpRequest, machine: Machine) -> HttpResponse:
    """The slip of a new card; what stands on the screen stays there whatever became of the paper."""
    found = bridge.answers(request)
    if not found or not found[0].ok:
        calls.make(machine, "printer")
    return HttpResponse(status=204)


@require_POST
@machine_required()
def retracted(request: HttpRequest, machine: Machine) -> HttpResponse:
    """A card was drawn back, or could not be: then somebody has to take it out."""
    found = bridge.answers(request)
    if not found or not found[0].ok:
        calls.make(machine, "card-fault")
    return HttpResponse(status=204)


def _failed(
    request: HttpRequest, machine: Machine, issue: str, why: str, said: str = ""
) -> HttpResponse:
    """No card: it is drawn back, what was given is forgotten, somebody is called."""
    _end(machine, issue, why)
    if why != "not-taken":
        calls.make(machine, "cards-empty" if why == "empty" else "card-fault")
    said = said or (
        _("Nobody took the card: it was drawn back and opens nothing.")
        if why == "not-taken"
        else _("The card could not be made. Nothing is kept of what you gave; the desk helps you.")
    )
    context = {
        "said": said,
        "retracting": bridge.calls(bridge.call("card/retract", {"issue": issue})),
        "action": reverse("kiosk:issue_retracted"),
    }
    return machines.show(request, "issue_failed.html", machine, context)


def _end(machine: Machine, issue: str, why: str) -> None:
    # Not settled now, it is when the machine is at its first screen again.
    with contextlib.suppress(Refused, *FAULTS):
        commands.end_issue(issue=issue, why=why, ctx=machines.acting(machine))


@require_POST
@machine_required()
def recover(request: HttpRequest, machine: Machine) -> HttpResponse:
    """Settle what was begun before the power went, by what the dispenser says of the card.

    A card that was taken becomes one; one still inside or in the slit is drawn back. 204, or a screen
    that has a card drawn back.
    """
    found = bridge.answers(request)
    if not found or not found[0].ok:
        return HttpResponse(status=204)
    for begun in queries.open_issues(machine.id):
        if not _was_taken(begun, found[0]):
            _end(machine, begun.id, "power-cut")
            continue
        hashed = commands.draw_issue_pin(begun.id)[1]
        try:
            commands.activate_card(issue=begun.id, pin_hash=hashed, ctx=machines.acting(machine))
        except Refused:
            _end(machine, begun.id, "refused")
        except FAULTS:
            return HttpResponse(status=204)
    inside = found[0].text("issue")
    if found[0].body.get("state") not in ("held", "offered") or not inside:
        return HttpResponse(status=204)
    calls.make(machine, "card-fault")
    context = {
        "said": _("A card of somebody before you is being drawn back."),
        "retracting": bridge.calls(bridge.call("card/retract", {"issue": inside})),
        "action": reverse("kiosk:issue_retracted"),
    }
    return machines.show(request, "issue_failed.html", machine, context)


def _was_taken(begun: Issue, card: Answer) -> bool:
    last = card.body.get("last")
    return (
        begun.state == "dispensed"
        and isinstance(last, dict)
        and last.get("issue") == begun.id
        and last.get("outcome") == "taken"
    )
