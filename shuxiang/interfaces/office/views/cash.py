"""钱箱日报: what every drawer took and gave on a day, and one's own drawer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.fees import commands
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.places import queries as places
from shuxiang.apps.places.queries import Place
from shuxiang.documents.sheets import Column, Sheet, Value
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.money import YuanField, entry_words, method_words
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt
from shuxiang.interfaces.office.item_words import Names
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.interfaces.office.spreadsheets import spreadsheet
from shuxiang.interfaces.office.views.daysheet import chosen_day
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context

ACTION = "fees.pay"
REPORT = "fees.cash_report"


class MoveForm(KeyedForm):
    """Cash put into one's own drawer or handed over from it."""

    way = forms.ChoiceField(
        label=_("What"), choices=(("in", _("Cash put in")), ("out", _("Cash handed over")))
    )
    amount = YuanField(label=_("Amount"))
    note = forms.CharField(
        label=_("Note"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    fields_of = {
        "drawer-short": "amount",
        "amount-missing": "amount",
        "amount-too-large": "amount",
    }


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def cash(request: HttpRequest) -> HttpResponse:
    """The drawers of a place on a day, all of them for who may see that, else one's own."""
    today = clock.business_date(clock.now())
    here = service_point(request)
    own = str(request.user.pk)
    form = MoveForm(request.POST or None)
    if request.method == "POST" and attempt(request, form, lambda ctx: _move(form, ctx)):
        messages.success(request, gettext("It is on record."))
        return redirect("office:cash")
    try:
        every, options, site, day, found = _asked(request, today)
    except LookupError:
        return render_error(request, 403)
    names = Names()
    shown: list[dict[str, Any]] = [
        {
            "drawer": d,
            "place": names.places.get(d.place, ""),
            "who": _whose(names, d),
            "methods": _methods(d),
            "entries": [(e, entry_words(e.kind), method_words(e.method)) for e in d.entries],
        }
        for d in found
    ]
    context = {
        "site": site,
        "options": options,
        "every": every,
        "day": day,
        "today": today,
        "drawers": shown,
        "totals": _totals(found),
        "held": fees.cash_in_drawer(here.id, "staff", own),
        "here": here,
        "form": form,
        "file": f"{reverse('office:cash_file')}?{urlencode({'day': day, 'place': site.code})}",
    }
    return page(request, "office/cash.html", context, 422 if form.errors else 200)


def _asked(
    request: HttpRequest, today: date
) -> tuple[bool, tuple[Place, ...], Place, date, tuple[fees.Drawer, ...]]:
    """Whether all drawers are shown, the places there are, the one asked for, the day, and the
    drawers. Raises LookupError for a place that is not open to the clerk."""
    here = service_point(request)
    every = may(request, REPORT)
    options = permitted_places(request, REPORT) if every else (here,)
    site = chosen_place(request, options)
    day = chosen_day(request.GET.get("day", ""), today)
    sites = [p.id for p in places.subtree(site.id)] if every else [here.id]
    found = fees.drawers(sites, day)
    if not every:
        own = ("staff", str(request.user.pk))
        found = tuple(d for d in found if (d.operator_kind, d.operator) == own)
    return every, options, site, day, found


@require_safe
@staff_required(ACTION)
def file(request: HttpRequest) -> HttpResponse:
    """The same as a spreadsheet: the drawers, and their bookings one by one."""
    try:
        _every, _options, site, day, found = _asked(request, clock.business_date(clock.now()))
    except LookupError:
        return render_error(request, 403)
    names = Names()
    title = gettext("Cash drawers of %(place)s, %(day)s") % {
        "place": site.name,
        "day": day.isoformat(),
    }
    totals: list[list[Value]] = [
        [
            _whose(names, d),
            names.places.get(d.place, ""),
            _money(d.before_fen),
            *(_money(v) for m in fees.METHODS for v in (d.taken.get(m, 0), d.given.get(m, 0))),
            _money(d.after_fen),
        ]
        for d in found
    ]
    numbers = [
        sum((cast(Decimal, row[n]) for row in totals), Decimal(0))
        for n in range(2, 4 + 2 * len(fees.METHODS))
    ]
    drawers = Sheet(
        name=gettext("Drawers"),
        title=title,
        columns=(
            Column(gettext("Drawer of"), width=20),
            Column(gettext("Site"), width=16),
            Column(gettext("Cash before"), "number"),
            *(
                Column(f"{method_words(m)} {way}", "number")
                for m in fees.METHODS
                for way in (gettext("Came in"), gettext("Went out"))
            ),
            Column(gettext("Cash after"), "number"),
        ),
        rows=totals,
        total=[gettext("Total"), None, *numbers],
        notes=(gettext("In yuan."),),
    )
    bookings = Sheet(
        name=gettext("Bookings"),
        title=title,
        columns=tuple(
            Column(heading, width=width)
            for heading, width in (
                (gettext("Time"), 10),
                (gettext("Drawer of"), 20),
                (gettext("Site"), 16),
                (gettext("What"), 16),
                (gettext("Paid by"), 12),
                (gettext("Receipt"), 18),
                (gettext("Amount"), 12),
                (gettext("Note"), 30),
            )
        ),
        rows=[
            (
                f"{e.at.astimezone(clock.ZONE):%H:%M}",
                _whose(names, d),
                names.places.get(d.place, ""),
                entry_words(e.kind),
                method_words(e.method),
                e.receipt or "",
                _money(e.amount_fen),
                f"{e.reference} {e.note}".strip(),
            )
            for d in found
            for e in d.entries
        ],
        notes=(gettext("In yuan."),),
    )
    return spreadsheet([drawers, bookings], title)


def _money(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _move(form: MoveForm, ctx: Context) -> str:
    data = form.cleaned_data
    return commands.move_cash(
        way=data["way"], amount_fen=data["amount"] or 0, note=data["note"], ctx=ctx
    )


def _whose(names: Names, drawer: fees.Drawer) -> str:
    """The clerk or the machine whose drawer it is."""
    if drawer.operator_kind == "terminal":
        device = places.device(drawer.operator)
        return device.name if device else gettext("Self-service machine")
    return names.people.get(drawer.operator) or names.actor("system", "")


def _methods(drawer: fees.Drawer) -> list[tuple[str, int, int]]:
    return [
        (method_words(m), drawer.taken.get(m, 0), drawer.given.get(m, 0))
        for m in fees.METHODS
        if m in drawer.taken or m in drawer.given
    ]


def _totals(found: tuple[fees.Drawer, ...]) -> list[tuple[str, int, int]]:
    return [
        (
            method_words(m),
            sum(d.taken.get(m, 0) for d in found),
            sum(d.given.get(m, 0) for d in found),
        )
        for m in fees.METHODS
        if any(m in d.taken or m in d.given for d in found)
    ]
