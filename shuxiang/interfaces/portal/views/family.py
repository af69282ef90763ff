"""Acting for each other: switching to a child, agreeing that somebody borrows and renews, taking it back."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.portal import session
from shuxiang.interfaces.portal.views.sign_in import FAULTS
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused


class ProxyForm(forms.Form):
    patron = forms.ChoiceField(label=_("For whom"))
    card = forms.CharField(
        label=_("Card number of the other reader"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    name = forms.CharField(
        label=_("Their name as it is on the card"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    until = forms.DateField(
        label=_("Agreed until and including"),
        help_text=_("Left empty: until you take it back."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@require_http_methods(["GET", "POST"])
@session.reader_required()
def family(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Whom the reader acts for, who acts for them, and a form to agree to one more."""
    today = clock.business_date(clock.now())
    represented = queries.acts_for(reader.patron, today)
    children = [one for one in represented if one.how == queries.GUARDIAN]
    form = ProxyForm(request.POST or None)
    field = form.fields["patron"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [(reader.patron, _("Me")), *((c.patron, c.name) for c in children)]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            commands.give_own_proxy(
                patron=data["patron"],
                card=data["card"],
                name=data["name"],
                valid_to=data["until"],
                ctx=session.acting(reader),
            )
        except Refused as refused:
            for said in refusal(refused.decision):
                form.add_error(None, said)
        except FAULTS:
            form.add_error(None, _("The system is busy. Please try again in a moment."))
        else:
            return redirect("portal:family")
    about = (reader.patron, *(c.patron for c in children))
    found = {p.id: p for patron in about for p in queries.proxies(patron, today)}
    context = {
        "represented": represented,
        "given": [p for p in found.values() if p.patron in about],
        "me": reader.patron,
        "held": [p for p in found.values() if p.proxy == reader.patron],
        "form": form,
    }
    return render(request, "portal/family.html", context, status=422 if form.errors else 200)


@require_POST
@session.reader_required()
def act_for(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Go on as a child's, or another reader's, account page; without signing out."""
    patron = request.POST.get("patron", "")[:40]
    known = {
        one.patron for one in queries.acts_for(reader.patron, clock.business_date(clock.now()))
    }
    if patron in known | {""}:
        commands.act_for(session=reader.id, patron=patron, ctx=session.acting(reader))
    return redirect("portal:account")


@require_POST
@session.reader_required()
def end(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Take a consent back, whichever side the reader is."""
    try:
        commands.end_own_proxy(proxy=request.POST.get("proxy", "")[:40], ctx=session.acting(reader))
    except Refused as refused:
        context = {"reasons": refusal(refused.decision)}
        return render(request, "portal/family_refused.html", context, status=422)
    return redirect("portal:family")
