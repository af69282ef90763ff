"""Signing in with card or document number and PIN, out, and the PIN's change."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.patrons import commands
from shuxiang.apps.patrons.queries import ReaderSession
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.portal import session
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull

FAULTS = (Busy, StorageFull, KeyReused)


def _pin_field(
    label: str | Promise, autocomplete: str, help_text: str | Promise = ""
) -> forms.CharField:
    # Nothing hinders pasting: a password manager is worth more than a habit.
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=64,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete, "inputmode": "numeric"}),
    )


class SignInForm(forms.Form):
    number = forms.CharField(
        label=_("Card number, or the number of a document you have bound"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "characters"}
        ),
    )
    pin = _pin_field(_("PIN"), "current-password")


class PinForm(forms.Form):
    old = _pin_field(_("Present PIN"), "current-password")
    new = _pin_field(
        _("Your new PIN"),
        "new-password",
        _("6 to 12 digits. Not your birth date, not part of your card or phone number."),
    )
    again = _pin_field(_("New PIN again"), "new-password")


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in. What is wrong is never said more exactly than that number and PIN don't fit."""
    if request.method == "GET" and session.current(request) is not None:
        return session.personal(HttpResponseRedirect(session.safe_next(request)))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            token = session.new_token()
            try:
                done = commands.sign_in(
                    name=form.cleaned_data["number"],
                    pin=form.cleaned_data["pin"],
                    address=session.address_of(request),
                    token_hash=session.token_hash(token),
                    ctx=session.visitor(request),
                )
            except FAULTS:
                form.add_error(None, gettext("The system is busy. Please try again in a moment."))
                status = 503
            else:
                if done.patron is not None:
                    return _signed_in(request, token, done.must_change)
                for text in refusal(done.decision):
                    form.add_error(None, text)
    context = {"form": form, "next": session.safe_next(request)}
    return session.personal(render(request, "portal/sign_in.html", context, status=status))


def _signed_in(request: HttpRequest, token: str, must_change: bool) -> HttpResponse:
    response: HttpResponse = HttpResponseRedirect(session.safe_next(request))
    if must_change:
        response = redirect("portal:pin")
    # Another person now: what a page of before knows must not act for them.
    rotate_token(request)
    session.begin(response, token)
    return session.personal(response)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session, or with ``everywhere`` all of the reader's."""
    reader = session.current(request)
    response = redirect("portal:home")
    if reader is not None:
        everywhere = request.POST.get("everywhere") == "1"
        try:
            commands.sign_out(session="" if everywhere else reader.id, ctx=session.acting(reader))
        except FAULTS:
            return session.personal(redirect("portal:account"))
    session.end(response)
    return session.personal(response)


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
@session.reader_required(old_pin=True)
def change_pin(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """Choose another PIN; forced after the one of the slip was used."""
    form = PinForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and _changed(form, reader):
            return redirect("portal:pin_changed")
    context = {"form": form, "forced": reader.must_change}
    return render(request, "portal/pin.html", context, status=status)


def _changed(form: PinForm, reader: ReaderSession) -> bool:
    data = form.cleaned_data
    if data["new"] != data["again"]:
        form.add_error("again", gettext("The two new PINs differ."))
        return False
    try:
        commands.change_pin(
            old=data["old"], new=data["new"], session=reader.id, ctx=session.acting(reader)
        )
    except Refused as refused:
        for reason, text in zip(refused.decision.refusing, refusal(refused.decision), strict=True):
            form.add_error(_FIELD_OF.get(reason.code), text)
        return False
    except FAULTS:
        form.add_error(None, gettext("The system is busy. Please try again in a moment."))
        return False
    return True


_FIELD_OF = {
    "pin-wrong": "old",
    "pin-form": "new",
    "pin-trivial": "new",
    "pin-birthday": "new",
    "pin-in-number": "new",
    "pin-as-before": "new",
}


@require_http_methods(["GET"])
@session.reader_required()
def pin_changed(request: HttpRequest, reader: ReaderSession) -> HttpResponse:
    """The PIN is changed; on to the account."""
    return render(request, "portal/pin_changed.html")
