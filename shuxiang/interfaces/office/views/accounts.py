"""Staff accounts: who there is, what they hold and where; making, changing, switching off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import commands
from shuxiang.apps.staff import queries as staff
from shuxiang.apps.staff.queries import Account
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

ACTION = "staff.edit"
A_PAGE = 50


class AccountForm(KeyedForm):
    """A new account."""

    username = forms.CharField(
        label=_("User name"),
        max_length=40,
        help_text=_("Letters, digits and _, as in chenli. One person, one account."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=40)
    home = forms.ChoiceField(label=_("Usual place of work"))
    role = forms.ChoiceField(label=_("Role there"), required=False)
    fields_of = {"username-invalid": "username", "username-taken": "username"}


class ChangeForm(KeyedForm):
    """An account's name and home."""

    name = forms.CharField(label=_("Name"), max_length=40)
    home = forms.ChoiceField(label=_("Usual place of work"))


class GrantForm(KeyedForm):
    """A role to be given at a place."""

    role = forms.ChoiceField(label=_("Role"))
    place = forms.ChoiceField(label=_("At"), help_text=_("With everything below it."))


class _Found:
    """The accounts sought, as a paginator takes them."""

    def __init__(self, sought: staff.Sought) -> None:
        self.sought = sought

    def count(self) -> int:
        return staff.count_accounts(self.sought)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> tuple[Account, ...]:
        start = part.start or 0
        return staff.find_accounts(self.sought, offset=start, limit=part.stop - start)


def _state(account: Account) -> tuple[str, str]:
    if not account.active:
        return "muted", gettext("Switched off")
    if account.locked_until and account.locked_until > clock.now():
        return "refused", gettext("Locked after wrong passwords")
    if account.must_change_password:
        return "notice", gettext("One-time password")
    return "ok", gettext("Active")


def _sites(request: HttpRequest) -> tuple[places.Place, ...]:
    return permitted_places(request, ACTION, network=True)


@require_safe
@staff_required(ACTION)
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts whose home the clerk may edit staff at."""
    sites = _sites(request)
    sought = staff.Sought(
        homes=tuple(p.id for p in sites),
        text=request.GET.get("q", "").strip()[:40],
        inactive=bool(request.GET.get("all")),
    )
    found = Paginator(_Found(sought), A_PAGE).get_page(request.GET.get("page"))
    held = staff.grants_of(a.id for a in found.object_list)
    names = {p.id: p.name for p in places.all_places()}
    rows = [(a, names[a.home], held.get(a.id, ()), _state(a)) for a in found.object_list]
    context = {"rows": rows, "page": found, "sought": sought}
    return page(request, "office/accounts.html", context)


def _choices(request: HttpRequest) -> dict[str, Any]:
    return {"home": [(p.code, p.name) for p in _sites(request)]}


def _roles() -> list[tuple[str, str]]:
    return [(r.code, r.name) for r in staff.roles()]


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def add(request: HttpRequest) -> HttpResponse:
    """Make an account; its one-time password is shown once, on the answer."""
    choices = _choices(request) | {"role": [("", _("none yet")), *_roles()]}
    if request.method == "GET":
        return _new(request, AccountForm(choices=choices))
    if request.POST.get("home") not in {p.code for p in _sites(request)}:
        return render_error(request, 403)
    form = AccountForm(request.POST, choices=choices)
    word = commands.one_time_password(request.POST.get("username", "").strip())
    made: list[str] = []

    def act(ctx: Any) -> None:
        given = form.cleaned_data
        made.append(
            commands.add_account(
                username=given["username"].strip(),
                name=given["name"],
                home=places.place_by_code(given["home"]).id,
                password_hash=commands.hashed(word, username=""),
                role=given["role"],
                ctx=ctx,
            )
        )

    if not attempt(request, form, act):
        return _new(request, form, 422)
    return _once(request, made[0], word)


def _new(request: HttpRequest, form: AccountForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "title": _("Add an account"),
        "back": "office:accounts",
        "back_label": _("Staff accounts"),
        "about": _("It gets a one-time password, which is shown once and changed at first use."),
    }
    return page(request, "office/form.html", context, status)


def _once(request: HttpRequest, account_id: str, word: str) -> HttpResponse:
    found = staff.account(account_id)
    assert found is not None
    return page(request, "office/one_time_password.html", {"account": found, "word": word})


def _mine(request: HttpRequest, account_id: str) -> Account | HttpResponse:
    """The account; 403 unless the clerk edits staff at its home. Raises Http404."""
    found = staff.account(account_id)
    if found is None:
        raise Http404
    return found if may(request, ACTION, found.home) else render_error(request, 403)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def account(request: HttpRequest, account_id: str) -> HttpResponse:
    """An account with what it holds; posting changes its name and home."""
    found = _mine(request, account_id)
    if isinstance(found, HttpResponse):
        return found
    choices = _choices(request)
    if request.method == "POST":
        form = ChangeForm(request.POST, choices=choices)
        if attempt(
            request,
            form,
            lambda ctx: commands.change_account(
                account=found.id,
                name=form.cleaned_data["name"],
                home=places.place_by_code(form.cleaned_data["home"]).id,
                ctx=ctx,
            ),
        ):
            messages.success(request, gettext("Saved."))
            return redirect("office:account", account_id=found.id)
    else:
        home = places.place(found.home).code
        form = ChangeForm(initial={"name": found.name, "home": home}, choices=choices)
    return _account_page(request, found, form)


def _account_page(request: HttpRequest, found: Account, form: ChangeForm) -> HttpResponse:
    sites = _sites(request)
    mine = {p.id for p in sites}
    granting = GrantForm(
        choices={"role": _roles(), "place": [(p.code, p.name) for p in sites]},
        initial={"place": places.place(found.home).code},
        auto_id="grant_%s",
    )
    own = found.id == str(request.user.pk)
    codes = {p.id: p.code for p in places.all_places()}
    context = {
        "account": found,
        "home": places.place(found.home),
        "state": _state(found),
        "locked": bool(found.locked_until and found.locked_until > clock.now()),
        "form": form,
        "granting": granting,
        "grants": [
            (g, codes[g.place], g.place in mine and not own) for g in staff.grants(found.id)
        ],
        "own": own,
        "key": new_id(),
    }
    return page(request, "office/account.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(ACTION)
def grant(request: HttpRequest, account_id: str) -> HttpResponse:
    """Give a role at a place, or take one back (``revoke``)."""
    found = _mine(request, account_id)
    if isinstance(found, HttpResponse):
        return found
    sites = {p.code: p.id for p in _sites(request)}
    place = sites.get(request.POST.get("place", ""))
    if place is None:
        return render_error(request, 403)
    role = request.POST.get("role", "")[:32]
    if request.POST.get("revoke"):
        press(
            request,
            lambda ctx: commands.revoke(account=found.id, role=role, place=place, ctx=ctx),
            gettext("The role is taken back."),
        )
    else:
        press(
            request,
            lambda ctx: commands.grant(account=found.id, role=role, place=place, ctx=ctx),
            gettext("The role is given."),
        )
    return redirect("office:account", account_id=found.id)


@require_POST
@staff_required(ACTION)
def act(request: HttpRequest, account_id: str, name: str) -> HttpResponse:
    """Switch an account off or on, unlock it, give it a one-time password."""
    found = _mine(request, account_id)
    if isinstance(found, HttpResponse):
        return found
    if name == "reset":
        return _reset(request, found)
    acts = {
        "deactivate": (
            lambda ctx: commands.deactivate(
                account=found.id, why=request.POST.get("why", "")[:200], ctx=ctx
            ),
            gettext("The account is switched off and signed out everywhere."),
        ),
        "activate": (
            lambda ctx: commands.activate(account=found.id, ctx=ctx),
            gettext("The account is switched on again."),
        ),
        "unlock": (
            lambda ctx: commands.unlock(account=found.id, ctx=ctx),
            gettext("The account may sign in again."),
        ),
    }
    if name not in acts:
        raise Http404
    press(request, *acts[name])
    return redirect("office:account", account_id=found.id)


def _reset(request: HttpRequest, found: Account) -> HttpResponse:
    word = commands.one_time_password(found.username)
    stored = commands.hashed(word, username=found.username, account=found.id)
    done = press(
        request,
        lambda ctx: commands.set_password(account=found.id, password_hash=stored, ctx=ctx),
        gettext("The old password no longer opens anything."),
    )
    if not done:
        return redirect("office:account", account_id=found.id)
    return _once(request, found.id, word)
