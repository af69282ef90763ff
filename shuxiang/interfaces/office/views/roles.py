"""Roles: the shipped ones to be read, the library's own to be edited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import commands
from shuxiang.apps.staff import queries as staff
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office import permissions
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.ids import new_id

ACTION = "staff.edit"


class RoleForm(KeyedForm):
    """A role of the library's own."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        help_text=_("Lower-case letters, digits and _; it stays for good."),
    )
    name = forms.CharField(label=_("Designation"), max_length=40)
    actions = forms.MultipleChoiceField(
        label=_("Permissions"), required=False, widget=forms.CheckboxSelectMultiple
    )
    fields_of = {
        "role-code-invalid": "code",
        "role-shipped": "code",
        "role-empty": "actions",
        "role-mixes-audit": "actions",
        "role-action-invalid": "actions",
    }

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        field = self.fields["actions"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(permissions.WORDS.items())


@require_safe
@staff_required(ACTION)
def roles(request: HttpRequest) -> HttpResponse:
    """Every role with what it may do, in words."""
    rows = [(r, permissions.by_area(r.actions)) for r in staff.roles()]
    may_edit = may(request, ACTION, places.top().id)
    return page(request, "office/roles.html", {"rows": rows, "may_edit": may_edit})


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def role(request: HttpRequest, code: str = "") -> HttpResponse:
    """Add a role of the library's own, or change or remove one."""
    if not may(request, ACTION, places.top().id):
        return render_error(request, 403)
    known = {r.code: r for r in staff.roles()}
    if code and code not in known:
        raise Http404
    if request.POST.get("remove"):
        return _removed(request, code)
    if request.method == "POST":
        form = RoleForm(request.POST)
        if code:
            form.data = form.data.copy()
            form.data["code"] = code
        if attempt(
            request,
            form,
            lambda ctx: commands.set_role(
                code=form.cleaned_data["code"],
                name=form.cleaned_data["name"],
                actions=tuple(form.cleaned_data["actions"]),
                ctx=ctx,
            ),
        ):
            messages.success(request, gettext("The role is saved and holds at once."))
            return redirect("office:roles")
    else:
        like = known.get(code or request.GET.get("like", ""))
        form = RoleForm(initial=_first(like, code))
    chosen = form["actions"].value() or []
    context = {
        "form": form,
        "role": known.get(code),
        "areas": [
            (name, [(c, text, c in chosen) for c, text in actions])
            for name, actions in permissions.grouped()
        ],
        "key": new_id(),
    }
    return page(request, "office/role.html", context, 422 if form.errors else 200)


def _first(like: staff.RoleView | None, code: str) -> dict[str, Any]:
    if like is None:
        return {}
    held = [c for c in permissions.WORDS if permissions.holds(like.actions, c)]
    return {"code": code, "name": like.name if code else "", "actions": held}


def _removed(request: HttpRequest, code: str) -> HttpResponse:
    press(
        request,
        lambda ctx: commands.remove_role(code=code, ctx=ctx),
        gettext("The role is removed."),
    )
    return redirect("office:roles")
