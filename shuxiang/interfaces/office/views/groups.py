"""集体外借: batches for groups, lent by a list of scans, with a list to print and sign."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.exchange import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.apps.stock.queries import ItemView
from shuxiang.documents.lists import ItemList
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.library import library_name
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.scan_lists import ScansForm, each, printed, tidy
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason

ACTION = "circulation.check_out"
SHOWN = 25


class OpenForm(KeyedForm):
    """Which group the batch is for."""

    card = forms.CharField(label=_("Card of the group"), max_length=40)
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        required=False,
        help_text=_("Such as the class or project."),
    )
    fields_of = dict.fromkeys(
        ("card-unknown", "card-ambiguous", "batch-not-group", "scan-is-item"), "card"
    )


class _Batches:
    """The list, a page at a time."""

    ordered = True

    def __init__(self, sites: list[str]) -> None:
        self.sites = sites

    def count(self) -> int:
        return queries.batch_count(self.sites)

    __len__ = count

    def __getitem__(self, wanted: slice) -> tuple[queries.BatchView, ...]:
        first = wanted.start or 0
        return queries.batches(self.sites, offset=first, limit=wanted.stop - first)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def groups(request: HttpRequest) -> HttpResponse:
    """Batches lent at the places open to the clerk, and a form to open one where the clerk works."""
    form = OpenForm(request.POST or None)
    made: list[str] = []
    if request.method == "POST" and attempt(
        request, form, lambda ctx: made.append(_open(form, ctx))
    ):
        return redirect("office:group", batch_id=made[0])
    names = {p.id: p.name for p in permitted_places(request, ACTION)}
    shown = Paginator(_Batches(list(names)), SHOWN).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": shown,
        "rows": [(b, names.get(b.place, "")) for b in shown.object_list],
    }
    return page(request, "office/groups.html", context, 422 if form.errors else 200)


def _open(form: OpenForm, ctx: Context) -> str:
    return commands.open_batch(
        card=form.cleaned_data["card"], note=form.cleaned_data["note"], ctx=ctx
    )


def _found(request: HttpRequest, batch_id: str) -> queries.BatchView | HttpResponse:
    found = queries.batch(batch_id)
    if found is None:
        raise Http404
    return found if may(request, ACTION, found.place) else render_error(request, 403)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def group(request: HttpRequest, batch_id: str) -> HttpResponse:
    """A batch: its books, and a box that lends one a line."""
    found = _found(request, batch_id)
    if isinstance(found, HttpResponse):
        return found
    form = ScansForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():

        def lend(item: ItemView, ctx: Context) -> tuple[Reason, ...]:
            return commands.lend_in_batch(
                batch=found.id, item_barcode=item.barcode, item_library=item.library, ctx=ctx
            ).tells

        context["outcome"] = each(request, form, lend)
        found = queries.batch(batch_id)
        assert found is not None
    today = clock.business_date(clock.now())
    context |= {
        "batch": found,
        "responsible": queries.responsible(found.patron),
        "place": places.place(found.place).name,
        "lines": queries.batch_lines(found.id),
        "today": today,
        "may_see": may(request, "patrons.view"),
    }
    return page(request, "office/group.html", context, 422 if form.errors else 200)


@require_POST
@staff_required(ACTION)
def close(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Nothing is added any more."""
    found = _found(request, batch_id)
    if isinstance(found, HttpResponse):
        return found
    press(
        request,
        lambda ctx: commands.close_batch(batch=found.id, ctx=ctx),
        gettext("The batch is closed."),
    )
    return redirect("office:group", batch_id=batch_id)


@require_safe
@staff_required(ACTION)
def print_list(request: HttpRequest, batch_id: str) -> HttpResponse:
    """The list to sign, with who is responsible."""
    found = _found(request, batch_id)
    if isinstance(found, HttpResponse):
        return found
    person = queries.responsible(found.patron)
    lines = queries.batch_lines(found.id)
    clerk = next((a.name for a in accounts.accounts() if a.id == found.opened_by), "")
    made = ItemList(
        title="集体外借清单",
        library_name=library_name(places.place(found.place).library),
        facts=tidy(
            {
                "批次": found.number,
                "外借地点": places.place(found.place).name,
                "集体读者": found.group,
                "外借日期": local_date(clock.business_date(found.opened_at)),
                "负责人": f"{person.name} {person.phone}" if person else "",
                "经办": clerk,
                "备注": found.note,
            }
        ),
        columns=("条码", "题名", "索书号", "应还日期", "归还"),
        widths=(3, 7, 4, 3, 3),
        rows=[
            (
                line.barcode,
                line.title_text,
                line.call_number,
                f"{line.due_on:%Y-%m-%d}",
                f"{line.returned_on:%Y-%m-%d}" if line.returned_on else "",
            )
            for line in lines
        ],
        signatures=("负责人签字", "经办人签字", "日期"),
        printed_at=clock.local(clock.now()),
    )
    return printed(made, found.number)
