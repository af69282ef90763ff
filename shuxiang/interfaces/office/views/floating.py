"""浮动馆藏: groups with the present distribution, and what to move where."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.floating import add_floating, end_floating
from shuxiang.formats import clc
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

ACTION = "stock.floating"
LISTED = 50


class GroupForm(KeyedForm):
    """A floating group: its members are written one a line."""

    name = forms.CharField(label=_("Designation"), max_length=80)
    members = forms.CharField(
        label=_("Members"),
        max_length=4000,
        help_text=_(
            "One a line: code of the site, at least, at most. Such as: east 20 200. At most may be left out."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )
    item_category = forms.ChoiceField(label=_("Item category"))
    main_class = forms.ChoiceField(label=_("Class"), required=False)
    valid_from = day_field(_("In force from"))
    valid_to = day_field(_("Last day"), _("Left empty: until it is ended."), required=False)
    fields_of = {
        "floating-members": "members",
        "floating-bounds": "members",
        "floating-dates": "valid_from",
        "name-missing": "name",
    }

    def clean_members(self) -> list[tuple[str, int, int | None]]:
        codes = {p.code: p.id for p in places.all_places() if p.kind != "network"}
        found = []
        for line in filter(None, map(str.split, self.cleaned_data["members"].splitlines())):
            numbers = line[1:]
            right = line[0] in codes and 1 <= len(numbers) <= 2
            if not right or not all(n.isascii() and n.isdigit() and len(n) < 7 for n in numbers):
                raise forms.ValidationError(
                    gettext("This line is not understood: %(line)s") % {"line": " ".join(line)}
                )
            ceiling = int(numbers[1]) if len(numbers) == 2 else None
            found.append((codes[line[0]], int(numbers[0]), ceiling))
        return found


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def floating(request: HttpRequest) -> HttpResponse:
    """Every group in force with its distribution and rebalancing list, and a form to add one."""
    today = clock.business_date(clock.now())
    items = [("*", _("Any item")), *((code, name) for code, name, _l in stock.categories())]
    form = GroupForm(
        request.POST or None,
        initial={"valid_from": today},
        choices={
            "item_category": items,
            "main_class": [
                ("", _("All classes")),
                *((c.code, f"{c.code} {c.name_zh}") for c in clc.classes() if len(c.code) == 1),
            ],
        },
    )

    def add(ctx: Any) -> str:
        given = {k: v for k, v in form.cleaned_data.items() if k != "key"}
        return add_floating(**given, ctx=ctx)

    if request.method == "POST" and attempt(request, form, add):
        messages.success(request, gettext("The group is entered."))
        return redirect("office:floating")
    names = {p.id: p.name for p in places.all_places()}
    mine = {p.id for p in permitted_places(request, ACTION)}
    context = {
        "form": form,
        "groups": [_shown(g, names) for g in stock.floating_groups() if g.in_force(today)],
        "later": [g for g in stock.floating_groups() if g.valid_from > today],
        "may": bool(mine),
        "key": new_id(),
        "site_codes": [(p.code, p.name) for p in places.all_places() if p.kind != "network"],
    }
    return page(request, "office/floating.html", context, 422 if form.errors else 200)


def _shown(group: stock.FloatingGroup, names: dict[str, str]) -> dict[str, Any]:
    now = circulation.floating_counts(group)
    moves = circulation.floating_moves(group, now)
    return {
        "group": group,
        "members": [
            (names.get(m.place, ""), m.floor, m.ceiling, now[m.place], _state(m, now[m.place]))
            for m in group.members
        ],
        "moves": [
            (
                names.get(a, ""),
                names.get(b, ""),
                n,
                circulation.floating_candidates(group, a, min(n, LISTED)),
            )
            for a, b, n in moves
        ],
    }


def _state(member: stock.FloatingMember, count: int) -> str:
    if count < member.floor:
        return "below"
    return "above" if member.ceiling is not None and count > member.ceiling else ""


@require_POST
@staff_required(ACTION)
def end(request: HttpRequest) -> HttpResponse:
    """A group ends today."""
    group = request.POST.get("group", "")[:40]
    today = clock.business_date(clock.now())
    press(
        request,
        lambda ctx: end_floating(group=group, last_day=today, ctx=ctx),
        gettext("The group ends today."),
    )
    return redirect("office:floating")
