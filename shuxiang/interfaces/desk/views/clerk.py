"""Who stands at the desk: change of clerk, locking, unlocking, one's own PIN."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.staff import commands, queries
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.scanbox import store_name
from shuxiang.interfaces.common.wording import refusal
from shuxiang.interfaces.desk import lock
from shuxiang.interfaces.desk.views.home import DESK
from shuxiang.interfaces.desk.views.pages import FAULTS, fault_status, fault_words, show
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Decision, Refused, stop


def clerks(request: HttpRequest) -> tuple[queries.Clerk, ...]:
    """Who may take this desk."""
    return queries.clerks_at(staff.service_point(request).id, DESK)


def panel_context(request: HttpRequest) -> dict[str, Any]:
    """What the form for taking the desk is drawn with."""
    return {
        "clerks": clerks(request),
        "clerk_now": str(request.user.pk),
        "locked": lock.is_locked(request),
    }


@require_http_methods(["GET", "POST"])
@staff.staff_required()
def clerk(request: HttpRequest) -> HttpResponse:
    """Take the desk: the same clerk opens it again, another one takes it over. The place worked at
    stays; what was on the screen stays where script keeps it."""
    script = request.headers.get("X-Requested-With") == "scanbox"
    if request.method == "GET":
        return _page(request, ())
    chosen = request.POST.get("account", "")
    secret = request.POST.get("secret", "")
    try:
        decision = _check(request, chosen, secret)
    except FAULTS as fault:
        said, status = [fault_words(fault)], fault_status(fault)
    else:
        said, status = refusal(decision), 422
        if decision.allowed:
            _take(request, chosen, by_pin=secret.isdigit())
            return _taken(request, script)
    if script:
        return JsonResponse({"kind": "refused", "say": " ".join(said)})
    return _page(request, tuple(said), status)


def _check(request: HttpRequest, account: str, secret: str) -> Decision:
    """By PIN; by password where somebody has none, or prefers it."""
    place = staff.service_point(request).id
    ctx = Context(
        actor=Actor("staff", "anonymous"),
        channel="desk",
        service_point=place,
        occurred_at=clock.now(),
    )
    if secret.isdigit():
        return commands.take_desk(account=account, pin=secret, ctx=ctx).decision
    known = next((c for c in clerks(request) if c.id == account), None)
    if known is None:
        return Decision((stop("desk-pin-wrong"),))
    done = commands.log_in(username=known.username, password=secret, ctx=ctx)
    if done.account is not None and done.must_change:
        return Decision((stop("desk-password-due"),))
    return done.decision


def _take(request: HttpRequest, account: str, *, by_pin: bool) -> None:
    if account != str(request.user.pk):
        place = staff.service_point(request).id
        # A PIN is no sign-in: the session ends when that of the password would have.
        ends = request.session.get_expiry_date() if by_pin else timezone.now() + staff.SESSION
        user = get_user_model().objects.get(pk=account)
        # Another clerk's session: nothing of the one before stays in it but the place.
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        request.session["must_change"] = False
        request.session[staff.PLACE_KEY] = place
        request.session.set_expiry(ends)
    lock.unlock(request)


def _taken(request: HttpRequest, script: bool) -> HttpResponse:
    if not script:
        return redirect(_next(request))
    return JsonResponse(
        {
            "kind": "ok",
            "account": str(request.user.pk),
            "name": getattr(request.user, "name", ""),
            "csrf": get_token(request),
            "store": store_name(str(request.user.pk)),
        }
    )


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return target
    return reverse("desk:home")


def _page(request: HttpRequest, refused: tuple[str, ...], status: int = 200) -> HttpResponse:
    return show(
        request,
        "desk/clerk.html",
        {
            **panel_context(request),
            "refused": refused,
            "chosen": request.POST.get("account", str(request.user.pk)),
            "next": _next(request),
        },
        status,
    )


@require_POST
@staff.staff_required(DESK)
def lock_desk(request: HttpRequest) -> HttpResponse:
    """Lock this session's desk now."""
    lock.lock(request)
    if request.headers.get("X-Requested-With") == "scanbox":
        return JsonResponse({"kind": "locked"})
    return redirect("desk:clerk")


class PinForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Present password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    pin = forms.CharField(
        label=gettext_lazy("Desk PIN"),
        max_length=6,
        help_text=gettext_lazy("4 to 6 digits, not a row like 1234 and not one digit throughout."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
    )
    again = forms.CharField(
        label=gettext_lazy("Desk PIN again"),
        max_length=6,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
    )


@require_http_methods(["GET", "POST"])
@staff.staff_required(DESK)
def own_pin(request: HttpRequest) -> HttpResponse:
    """Set one's own PIN, after the password: a desk left open gives nobody a PIN."""
    form = PinForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                _set_pin(request, form)
            except Refused as refused:
                for text in refusal(refused.decision):
                    form.add_error("pin", text)
            except FAULTS as fault:
                form.add_error(None, fault_words(fault))
        if form.is_valid():
            messages.success(request, _("Your desk PIN is set."))
            return redirect("desk:home")
        status = 422
    context = {"form": form, "has_pin": queries.has_pin(str(request.user.pk))}
    return show(request, "desk/pin.html", context, status)


def _set_pin(request: HttpRequest, form: PinForm) -> None:
    data = form.cleaned_data
    ctx = staff.context(request, channel="desk")
    done = commands.log_in(username=request.user.get_username(), password=data["password"], ctx=ctx)
    if done.account is None:
        for text in refusal(done.decision):
            form.add_error("password", text)
        return
    if data["pin"] != data["again"]:
        form.add_error("again", _("The two PINs differ."))
        return
    commands.set_desk_pin(pin_hash=commands.pin_hash(data["pin"]), ctx=ctx.with_key("pin"))
