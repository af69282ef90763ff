"""Finding readers, and a reader's page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.notices import queries as notices
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common import consents, staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.sheets import to_verify
from shuxiang.interfaces.desk.forms import (
    RELATIONS,
    ChangeForm,
    ChangeGuardianForm,
    DocumentForm,
    LostForm,
    NoticesForm,
    ProxyForm,
    ReplaceForm,
    SuspendForm,
)
from shuxiang.interfaces.desk.reader import failing, money_of
from shuxiang.interfaces.desk.views.pages import show
from shuxiang.kernel import clock

MOST = 30
_NUMBERS = ("document", "guardian", "phone")


@require_http_methods(["GET", "POST"])
@staff.staff_required("patrons.view")
def find(request: HttpRequest) -> HttpResponse:
    """Look readers up by card, document, phone, or name with a year of birth.

    Posted, because an ID number or a phone must not stand in an address; a name or card number is
    then moved to the address, so that the list can be gone back to.
    """
    if request.method == "GET":
        text = request.GET.get("q", "").strip()[:80]
        return _list(request, text, patrons.find_patrons(text, limit=MOST))
    text = request.POST.get("q", "").strip()[:80]
    found = patrons.find_patrons(text, limit=MOST)
    if len(found) == 1:
        return redirect("desk:reader", patron=found[0].id)
    private = any(row.through in _NUMBERS for row in found) or (
        not found and sum(c.isdigit() for c in text) > 6
    )
    if private or not text:
        return _list(request, text, found)
    return redirect(f"{reverse('desk:readers')}?{urlencode({'q': text})}")


def _list(request: HttpRequest, text: str, found: tuple[patrons.PatronRow, ...]) -> HttpResponse:
    context = {"text": text, "found": found, "more": len(found) == MOST, "most": MOST}
    return show(request, "desk/readers.html", context)


@dataclass(slots=True)
class Shown:
    """What a reader's page shows besides the reader: the outcome of the last act."""

    act: str = ""
    form: forms.Form | None = None
    reasons: list[str] = field(default_factory=list)
    lifts: tuple[str, ...] = ()
    again: list[tuple[str, str]] = field(default_factory=list)
    renewals: dict[str, dict[str, Any]] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)


@require_GET
@staff.staff_required("patrons.view")
def reader(request: HttpRequest, patron: str) -> HttpResponse:
    """A reader: card, documents, guardians, consents, loans, and everything the desk may do."""
    return profile_page(request, patron, Shown())


def profile_page(
    request: HttpRequest, patron: str, shown: Shown, status: int = 200
) -> HttpResponse:
    """The page of a reader after an act; 404 for one that isn't there."""
    try:
        profile = patrons.masked(patron)
    except patrons.UnknownPatron:
        return render_error(request, 404)
    today = clock.business_date(clock.now())
    facts = profile.facts
    brought = patrons.brought(patron)
    loans = circulation.open_loans(patron)
    card = patrons.loan_reader(patron)
    return show(
        request,
        "desk/reader_page.html",
        {
            "profile": profile,
            "facts": facts,
            "home": places.place(facts.home).name,
            "deposit_fen": brought.deposit_fen + fees.deposit_held(patron),
            "money": money_of(request, card) if card else None,
            "to_verify": to_verify(brought.to_verify),
            "failing": failing(patron, today),
            "against": card.opens(today) if card and profile.card else None,
            "loans": [(view, shown.renewals.get(view.id)) for view in loans],
            "renewed_any": bool(shown.renewals),
            "history": circulation.history(patron),
            "proxies": patrons.proxies(patron, today),
            "kept_days": places.setting(facts.home, "privacy.history_days").value,
            "today": today,
            "shown": shown,
            "forms": _forms(facts, profile, shown),
            "texts": [(t, _given(profile, t.purpose)) for t in consents.TEXTS],
            "version": consents.VERSION,
            "relations": RELATIONS,
            "may": {
                name: staff.may(request, f"patrons.{name}")
                for name in ("cards", "change", "suspend", "close", "unmask", "pin", "register")
            },
            "may_renew": staff.may(request, "circulation.renew"),
            "may_report_lost": staff.may(request, "circulation.report_lost"),
            "lost_cases": circulation.lost_cases_of(patron),
        },
        status,
    )


def _given(profile: patrons.Profile, purpose: str) -> patrons.ConsentFacts | None:
    given = [c for c in profile.consents if c.purpose == purpose and c.withdrawn_at is None]
    return given[-1] if given else None


def _forms(
    facts: patrons.PatronFacts, profile: patrons.Profile, shown: Shown
) -> dict[str, forms.Form]:
    """The form of every act, filled with what is on record; the one refused keeps what was typed."""
    initial = {
        "name": facts.name,
        "born_on": facts.born_on,
        "sex": facts.sex,
        "category": facts.category,
        "note": profile.note,
    }
    made: dict[str, forms.Form] = {
        "change": ChangeForm(initial=initial, auto_id="change_%s"),
        "document": DocumentForm(auto_id="document_%s"),
        "guardian": ChangeGuardianForm(auto_id="guardian_%s"),
        "replace": ReplaceForm(auto_id="replace_%s"),
        "suspend": SuspendForm(auto_id="suspend_%s"),
        "lost": LostForm(auto_id="lost_%s"),
        "proxy": ProxyForm(auto_id="proxy_%s"),
        "notices": NoticesForm(initial=_told(facts), auto_id="notices_%s"),
    }
    if shown.form is not None:
        made[shown.act] = shown.form
    return made


def _told(facts: patrons.PatronFacts) -> dict[str, list[str]]:
    """How a reader is told now, and of what."""
    today = clock.business_date(clock.now())
    usual = str(places.setting(facts.home, "notices.default_channels").value)
    unwanted = notices.opted_out(facts.id)
    return {
        "channels": [
            c.channel
            for c in notices.channels(facts.id, today)
            if c.on or (c.on is None and c.channel in usual)
        ],
        "kinds": [k for k in notices.KINDS if k not in unwanted],
    }
