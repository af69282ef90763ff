"""The staff's session: signing in and out, the place worked at, and the context of an act."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.staff import queries as accounts
from shuxiang.interfaces.common.addresses import address_of, to_sign_in
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.wording import refusal
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context, Override
from shuxiang.kernel.decision import Decision, Refused, stop
from shuxiang.runtime.throttle import throttle

PLACE_KEY = "service_point"
View = Callable[..., HttpResponse]


def context(
    request: HttpRequest,
    *,
    channel: str,
    key: str = "",
    overrides: tuple[Override, ...] = (),
) -> Context:
    """The circumstances of an act of the signed-in clerk, now, at the place worked at."""
    return Context(
        actor=Actor("staff", str(request.user.pk)),
        channel=channel,
        service_point=service_point(request).id,
        occurred_at=clock.now(),
        session_id=(request.session.session_key or "")[:12],
        request_key=key,
        overrides=overrides,
    )


def service_point(request: HttpRequest) -> places.Place:
    """The place the clerk works at: chosen at sign-in, the account's home otherwise."""
    chosen = request.session.get(PLACE_KEY)
    try:
        return places.place(chosen or request.user.home_id)
    except places.UnknownPlace:
        return places.place(request.user.home_id)


def may(request: HttpRequest, action: str, place: str | None = None) -> bool:
    """Whether the signed-in clerk holds an action at a place (the one worked at by default)."""
    return accounts.may(str(request.user.pk), action, place or service_point(request).id)


def places_open_to(request: HttpRequest) -> tuple[places.Place, ...]:
    """Where the clerk holds any role: each granted place and everything below it."""
    granted = [places.place(g.place) for g in accounts.grants(str(request.user.pk))]
    return tuple(p for p in places.all_places() if any(g.contains(p) for g in granted))


def staff_required(action: str | None = None) -> Callable[[View], View]:
    """Only for signed-in staff; with an action, only for those who hold it where they work.

    Without a session a page goes to the sign-in and a script gets 401; without the right it is 403.
    A password that must be changed is changed first.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                if request.headers.get("X-Requested-With") == "scanbox":
                    return JsonResponse({"kind": "error"}, status=401)
                return redirect(to_sign_in(request, reverse("staff:login")))
            if request.session.get("must_change"):
                return redirect("staff:password")
            if action is not None and not may(request, action):
                return render_error(request, 403)
            return view(request, *args, **kwargs)

        wrapped.required_action = action  # type: ignore[attr-defined]
        return wrapped

    return decorate


class LoginForm(forms.Form):
    username = forms.CharField(
        label=_("User name"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordForm(forms.Form):
    old = forms.CharField(
        label=_("Present password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        help_text=_("At least 8 characters of three kinds: lower case, upper case, digits, signs."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def _next(request: HttpRequest) -> str:
    return _asked_for(request) or _landing(request)


def _asked_for(request: HttpRequest) -> str:
    """The page a sign-in was asked for from; '' when none: where work begins depends on who it is,
    which a form that is not sent yet doesn't know."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if safe else ""


def _landing(request: HttpRequest) -> str:
    """Where work begins: the desk for who lends, the office for everybody else."""
    if request.user.is_authenticated and not may(request, "circulation.check_in"):
        try:
            return reverse("office:home")
        except NoReverseMatch:
            return reverse("staff:place")
    return reverse("desk:home")


WRONG_FROM_ONE_ADDRESS = 30
WITHIN = timedelta(minutes=10)
"""How many wrong sign-ins an address has before it waits: a whole staff room's typing errors, not
a list of names."""
SESSION = timedelta(hours=8)
"""How long a sign-in lasts at most, whatever is done meanwhile (reliability S4)."""


@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Sign in. Five wrong passwords lock the name for 30 minutes, whether or not it is anybody's; 30
    from one address make it wait."""
    form = LoginForm(request.POST or None)
    key = f"staff-login {address_of(request)}"
    if request.method == "POST":
        wait = throttle(key, WRONG_FROM_ONE_ADDRESS, WITHIN, at=clock.now(), count=False)
        if wait:
            return render_error(request, 429, retry_after=wait)
    if request.method == "POST" and form.is_valid():
        ctx = Context(
            actor=Actor("staff", "anonymous"),
            channel="desk",
            service_point="",
            occurred_at=clock.now(),
        )
        result = staff.log_in(
            username=form.cleaned_data["username"].strip(),
            password=form.cleaned_data["password"],
            ctx=ctx,
        )
        if result.account is not None:
            user = get_user_model().objects.get(pk=result.account)
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            request.session["must_change"] = result.must_change
            # A moment, not a span: a session that is changed would begin anew otherwise.
            request.session.set_expiry(timezone.now() + SESSION)
            return HttpResponseRedirect(_next(request))
        throttle(key, WRONG_FROM_ONE_ADDRESS, WITHIN, at=clock.now())
        for text in refusal(result.decision):
            form.add_error(None, text)
    status = 200 if request.method == "GET" else 422
    return render(
        request, "common/login.html", {"form": form, "next": _asked_for(request)}, status=status
    )


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    response = redirect("staff:login")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; forced at the first sign-in and every 90 days."""
    if not request.user.is_authenticated:
        return redirect("staff:login")
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, form)
        except Refused as refused:
            for text in refusal(refused.decision):
                form.add_error(None, text)
        if form.is_valid():
            user = get_user_model().objects.get(pk=request.user.pk)
            # Not `login`: that empties the session, and the desk would be at the home place again.
            update_session_auth_hash(request, user)
            request.session["must_change"] = False
            return HttpResponseRedirect(_next(request))
    forced = request.session.get("must_change", False)
    status = 200 if request.method == "GET" else 422
    context = {"form": form, "forced": forced, "next": _next(request)}
    return render(request, "common/password.html", context, status=status)


def _change(request: HttpRequest, form: PasswordForm) -> None:
    new = form.cleaned_data["new"]
    if not request.user.check_password(form.cleaned_data["old"]):
        form.add_error("old", _("This is not the present password."))
        return
    if new != form.cleaned_data["again"]:
        form.add_error("again", _("The two new passwords differ."))
        return
    account = str(request.user.pk)
    if staff.used_before(account, new):
        raise Refused(Decision((stop("password-used-before", last=5),)))
    stored = staff.hashed(new, username=request.user.get_username())
    staff.set_password(account=account, password_hash=stored, ctx=context(request, channel="desk"))


@require_http_methods(["GET", "POST"])
@staff_required()
def choose_place(request: HttpRequest) -> HttpResponse:
    """Choose the place worked at, among those where a role is held."""
    options = places_open_to(request)
    if request.method == "POST":
        chosen = next((p for p in options if p.code == request.POST.get("place")), None)
        if chosen is None:
            return render_error(request, 400)
        request.session[PLACE_KEY] = chosen.id
        return HttpResponseRedirect(_next(request))
    return render(
        request,
        "common/choose_place.html",
        {"options": options, "here": service_point(request), "next": _next(request)},
    )
