"""调配 and 流转书: which copies should stand at another branch, and sets that move along a row of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from shuxiang.apps.places import queries as places
from shuxiang.apps.stockcontrol import commands, queries
from shuxiang.interfaces.common.staff import staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, day_field, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id

REBALANCE, ROTATE = "stock.rebalance", "stock.rotate"
WINDOW, LEAST = 180, "0.5"
SHOWN = 200


class PlanForm(KeyedForm):
    """What a plan looks at."""

    days = forms.IntegerField(label=_("Days looked back"), min_value=30, max_value=730)
    least = forms.ChoiceField(
        label=_("Least gain of a move"),
        choices=[(n, n) for n in ("0", "0.25", "0.5", "1", "2")],
        help_text=_("How many requests fewer must go unmet for a book to be worth the way."),
    )


@require_http_methods(["GET", "POST"])
@staff_required(REBALANCE)
def rebalancing(request: HttpRequest) -> HttpResponse:
    """The plan by what was asked for where; pressed, it becomes deliveries to pack."""
    mine = permitted_places(request, REBALANCE)
    given = {"days": WINDOW, "least": LEAST} | request.GET.dict()
    form = PlanForm(request.POST or given | {"key": "-"}, auto_id="plan_%s")
    valid = form.is_valid()
    days = form.cleaned_data["days"] if valid else WINDOW
    least = float(form.cleaned_data["least"] if valid else LEAST)
    made = queries.rebalancing(
        [p.id for p in mine], until=clock.now(), window=days, least=least, most=commands.MOST_MOVES
    )
    copies = queries.copies_of(made)
    done: list[commands.Moved] = []

    def apply(ctx: Context) -> None:
        moves = [(c.item, c.origin, c.destination) for c in copies]
        note = gettext("Rebalancing %(day)s") % {"day": clock.business_date(ctx.occurred_at)}
        done.append(commands.apply_rebalancing(moves=moves, note=note, ctx=ctx))

    if request.method == "POST" and attempt(request, form, apply):
        said = gettext("%(books)s books are on %(n)s deliveries, ready to be packed.")
        messages.success(request, said % {"books": done[0].books, "n": len(done[0].deliveries)})
        return redirect("office:deliveries")
    names = {p.id: p.name for p in places.all_places()}
    ways: dict[tuple[str, str], int] = {}
    for c in copies:
        way = (names[c.origin], names[c.destination])
        ways[way] = ways.get(way, 0) + 1
    context: dict[str, Any] = {
        "form": form,
        "new_key": new_id(),
        "before": f"{made.before:.1f}",
        "after": f"{made.after:.1f}",
        "count": len(copies),
        "ways": [(a, b, n) for (a, b), n in sorted(ways.items())],
        "rows": [
            (c, names[c.origin], names[c.destination], f"{c.gain:.2f}") for c in copies[:SHOWN]
        ],
        "more": max(len(copies) - SHOWN, 0),
    }
    return page(request, "office/rebalancing.html", context, 422 if form.errors else 200)


class RotationForm(KeyedForm):
    """A set, and where it goes."""

    name = forms.CharField(label=_("Designation"), max_length=120)
    stops = forms.CharField(
        label=_("Sites in their order"), max_length=2000,
        help_text=_("Codes of the sites, one a line; the set stands at the first."),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    weeks = forms.IntegerField(label=_("Weeks at each"), min_value=1, max_value=52, initial=4)
    next_on = day_field(_("Moves on first"))
    barcodes = forms.CharField(
        label=_("Books of the set"), max_length=20_000, help_text=_("Scan one after the other, one a line."),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    fields_of = {
        "rotation-stops": "stops",
        "rotation-weeks": "weeks",
        "rotation-day": "next_on",
        "rotation-taken": "barcodes",
        "item-unknown": "barcodes",
    }

    def clean_stops(self) -> list[str]:
        codes = {p.code: p.id for p in places.all_places() if p.kind != "network"}
        found = []
        for code in self.cleaned_data["stops"].split():
            if code not in codes:
                raise forms.ValidationError(
                    gettext("This line is not understood: %(line)s") % {"line": code}
                )
            found.append(codes[code])
        return found


@require_http_methods(["GET", "POST"])
@staff_required(ROTATE)
def rotations(request: HttpRequest) -> HttpResponse:
    """The sets with where they are and when they move on, and a form to begin one."""
    today = clock.business_date(clock.now())
    form = RotationForm(request.POST or None, initial={"next_on": today + timedelta(weeks=4)})

    def begin(ctx: Context) -> None:
        given = {k: v for k, v in form.cleaned_data.items() if k != "key"}
        given["barcodes"] = tuple(given["barcodes"].split())
        commands.open_rotation(**given, ctx=ctx)

    if request.method == "POST" and attempt(request, form, begin):
        messages.success(request, gettext("The set is entered."))
        return redirect("office:rotations")
    names = {p.id: p.name for p in places.all_places()}
    context = {
        "form": form,
        "rows": [_row(v, names, today) for v in queries.rotations()],
        "site_codes": [(p.code, p.name) for p in places.all_places() if p.kind != "network"],
    }
    return page(request, "office/rotations.html", context, 422 if form.errors else 200)


def _row(view: queries.RotationView, names: dict[str, str], today: date) -> dict[str, Any]:
    return {
        "view": view,
        "way": [(names[p], n == view.at) for n, p in enumerate(view.stops)],
        "then": names[view.then],
        "due": view.active and view.next_on <= today,
    }


@require_POST
@staff_required(ROTATE)
def rotation_act(request: HttpRequest, rotation_id: str, name: str) -> HttpResponse:
    """The set moves on, or is ended."""
    if name == "end":
        press(
            request,
            lambda ctx: commands.end_rotation(rotation=rotation_id, ctx=ctx),
            gettext("The set has ended."),
        )
        return redirect("office:rotations")
    if name != "move":
        raise Http404
    done: list[commands.Rotated] = []

    def move(ctx: Context) -> None:
        done.append(commands.rotate(rotation=rotation_id, ctx=ctx))

    if not press(request, move, gettext("The delivery is ready to be packed.")):
        return redirect("office:rotations")
    if done[0].behind:
        left = gettext("%(n)s books of the set are lent or elsewhere and stay behind.")
        messages.warning(request, left % {"n": done[0].behind})
    return redirect("office:delivery", delivery_id=done[0].delivery)
