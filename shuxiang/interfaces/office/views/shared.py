"""套录: other libraries' catalogues searched at once, a record taken over or put over ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.exchange import commands, queries
from shuxiang.formats.marc import Bibliographic
from shuxiang.formats.marc.overlay import shown
from shuxiang.formats.targets import SharedRecord
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.office.acts import FAULTS, KeyedForm, busy, press
from shuxiang.interfaces.office.book_forms import asked
from shuxiang.interfaces.office.pages import page
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "catalog.edit"


class SharedForm(KeyedForm):
    """What is looked for, and where."""

    isbn = forms.CharField(label="ISBN", max_length=40, required=False)
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    author = forms.CharField(label=_("Author"), max_length=100, required=False)
    targets = forms.MultipleChoiceField(
        label=_("Targets"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not any(given.get(name, "").strip() for name in ("isbn", "title", "author")):
            raise forms.ValidationError(gettext("Say an ISBN, a title or an author."))
        return given


@dataclass(frozen=True, slots=True)
class Shown:
    """A found record in a list: ``held`` where the catalogue has its ISBN."""

    id: str
    book: Bibliographic
    record: SharedRecord
    held: tuple[catalog.TitleView, ...]

    @property
    def isbn(self) -> str:
        return self.book.isbns[0].typed if self.book.isbns else ""


def _held(record: SharedRecord) -> tuple[catalog.TitleView, ...]:
    numbers = [n.isbn13 for n in record.described.isbns if n.isbn13]
    found = {t.id: t for n in numbers for t in catalog.by_identifier(n, "isbn")}
    return tuple(found.values())


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def shared(request: HttpRequest) -> HttpResponse:
    """The question, and what each target answered, side by side."""
    active = queries.shared_targets(active=True)
    choices = [(t.id, t.name) for t in active]
    initial = {"isbn": request.GET.get("isbn", "")[:40], "targets": [t.id for t in active]}
    form = SharedForm(request.POST or None, initial=initial, choices={"targets": choices})
    form.fields["isbn"].widget.attrs["autofocus"] = True
    context: dict[str, Any] = {
        "form": form,
        "targets": active,
        "over": request.GET.get("over", "")[:40],
        "may_edit": may(request, "catalog.targets"),
    }
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        answers = queries.shared_records(
            isbn=given["isbn"],
            title=given["title"],
            author=given["author"],
            targets=given["targets"] or None,
        )
        context["answers"] = _kept(request, answers)
        form.data = form.data.copy()
        form.data["key"] = new_id()
    return page(request, "office/shared.html", context, 422 if form.errors else 200)


def _kept(
    request: HttpRequest, answers: tuple[queries.TargetAnswer, ...]
) -> list[tuple[queries.TargetAnswer, list[Shown], list[str]]]:
    records = [commands.kept(a.target.id, r) for a in answers for r in a.records]
    ids: Iterator[str] = iter(())
    if records:
        key = request.POST.get("key", "")[:64]
        ctx = acting(request, channel="office", key=key)
        ids = iter(commands.keep_found(records=records, ctx=ctx))
    return [
        (
            answer,
            [Shown(next(ids), r.described, r, _held(r)) for r in answer.records],
            [say(fault) for fault in answer.faults],
        )
        for answer in answers
    ]


def _found(found_id: str) -> queries.FoundView:
    found = queries.found_record(found_id)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def found(request: HttpRequest, found_id: str) -> HttpResponse:
    """A found record, field by field, to be taken over; titles of ours it may be put over."""
    record = _found(found_id)
    questions: list[tuple[str, str]] = []
    errors: list[str] = []
    if request.method == "POST":
        why = request.POST.get("why", "")[:120]
        lifts = tuple(Override(code, why) for code in request.POST.getlist("lift"))
        key = request.POST.get("key", "")[:64]
        try:
            title = commands.take_found(
                found=found_id,
                ctx=acting(request, channel="office", key=key, overrides=lifts),
            )
        except Refused as refused:
            codes = asked(refused.decision)
            questions = [(r.code, say(r)) for r in refused.decision.refusing if r.code in codes]
            errors = list(refusal(refused.decision)) if not codes else []
        except FAULTS:
            errors = [busy()]
        else:
            messages.success(request, gettext("The record is taken over. Now the copies:"))
            if not may(request, "stock.edit"):
                return redirect("office:book", title_id=title)
            return redirect(f"{reverse('office:add_book')}?{urlencode({'of': title})}")
    context = {
        "found": record,
        "book": record.record.described,
        "lines": [(f.tag, shown(f)) for f in record.record.record.fields],
        "held": _held(record.record),
        "asked": questions,
        "why": request.POST.get("why", ""),
        "errors": errors,
        "key": new_id(),
    }
    return page(request, "office/found.html", context, 422 if questions or errors else 200)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def over(request: HttpRequest, found_id: str, title_id: str) -> HttpResponse:
    """What putting a found record over a title would change, and the button that does it."""
    record = _found(found_id)
    title = catalog.title(title_id)
    if title is None:
        raise Http404
    if request.method == "POST":
        seen = request.POST.get("seen", "")[:64]
        if press(
            request,
            lambda ctx: commands.overlay_found(found=found_id, title=title_id, seen=seen, ctx=ctx),
            gettext("The record is put over ours; our own fields stayed."),
        ):
            return redirect("office:book", title_id=title_id)
        return redirect("office:over", found_id=found_id, title_id=title_id)
    context = {
        "found": record,
        "title": title,
        "overlay": queries.overlay(record, title_id, service_point(request).id),
        "protected": queries.protected_fields(service_point(request).id),
        "key": new_id(),
    }
    return page(request, "office/over.html", context)
