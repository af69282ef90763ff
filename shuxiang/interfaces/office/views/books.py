"""New books: by ISBN to the copies and their labels, with the keyboard alone; titles corrected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import TitleView
from shuxiang.apps.exchange.queries import shared_targets
from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import Added, add_book
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.interfaces.common.catalogue import Copy, copies_of
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.office.acts import KeyedForm, press
from shuxiang.interfaces.office.book_forms import (
    AUDIENCES,
    CopiesForm,
    CorrectionForm,
    ShortForm,
    age_mark_field,
    age_marks,
    asked,
    shelf,
    shelves,
    within,
)
from shuxiang.interfaces.office.item_words import state
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "stock.edit"
STICKY = "add_book"
_KEPT = ("where", "category", "source", "status")


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def add(request: HttpRequest) -> HttpResponse:
    """One page: the ISBN, what the library has of it, the short record and the copies."""
    asked_for = request.POST if request.method == "POST" else request.GET
    isbn = asked_for.get("isbn", "").strip()[:40]
    title = catalog.title(asked_for.get("of", ""))
    if asked_for.get("of") and title is None:
        raise Http404
    sites = permitted_places(request, ACTION)
    if not sites or not within(request, sites):
        return render_error(request, 403)
    if request.method == "POST":
        return _save(request, title, sites)
    context: dict[str, Any] = {"isbn": isbn, "last": _last(request)}
    if title is not None:
        first = _initial(request, sites, title)
        offered = stock.proposals(_series(request, first), title=title.id)
        if offered and offered[0].same:
            first["how"] = f"reuse:{offered[0].title}"
        form = CopiesForm(sites=sites, proposals=offered, initial=first)
        form.fields["where"].widget.attrs["autofocus"] = True
        return _page(request, context | {"title": title, "copies": form})
    if isbn and not asked_for.get("other"):
        held = catalog.by_identifier(isbn)
        if held:
            copies = copies_of([t.id for t in held])
            context["held"] = [(t, _shown(copies.get(t.id, ()))) for t in held]
            return _page(request, context)
    if isbn or asked_for.get("plain"):
        number = parse_isbn(isbn)
        context["may_copy"] = bool(isbn) and may(request, "catalog.edit") and bool(shared_targets())
        context["wrong"] = bool(isbn) and not number.valid and not catalog.unified(isbn)
        context["other"] = bool(asked_for.get("other"))
        context["short"] = ShortForm(initial={"isbn": isbn})
        context["short"].fields["title"].widget.attrs["autofocus"] = True
        context["copies"] = CopiesForm(sites=sites, initial=_initial(request, sites, None))
    return _page(request, context)


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return page(request, "office/add_book.html", context, status)


def _series(request: HttpRequest, chosen: Mapping[str, Any]) -> catalog.Series:
    """The series of numbers of the place and category a form names, else of the place worked at."""
    try:
        place, location = shelf(str(chosen.get("where", "")))
    except places.UnknownPlace:
        place, location = service_point(request).id, None
    return stock.series_at(place, str(chosen.get("category", "")), location)


def _initial(
    request: HttpRequest, sites: tuple[places.Place, ...], title: TitleView | None
) -> dict[str, Any]:
    """What the clerk chose for the book before, at first the place worked at."""
    here = service_point(request)
    usual = next((value for value, _ in shelves(sites) if value.split(":")[0] == here.code), "")
    first = {"where": usual, "key": new_id(), "count": 1, **request.session.get(STICKY, {})}
    if title is not None and title.price_fen is not None:
        first["price"] = title.price_fen
    return first


def _save(
    request: HttpRequest, title: TitleView | None, sites: tuple[places.Place, ...]
) -> HttpResponse:
    short = None if title else ShortForm(request.POST)
    proposals = _proposals(request, title)
    copies = CopiesForm(request.POST, sites=sites, proposals=proposals)
    context: dict[str, Any] = {
        "isbn": request.POST.get("isbn", ""),
        "title": title,
        "short": short,
        "copies": copies,
        "other": bool(request.POST.get("other")),
    }
    lifted = request.POST.getlist("lift")
    valid = copies.is_valid()
    if (short is None or short.is_valid()) and valid:
        try:
            done = _add(request, title, short, copies, lifted)
        except Refused as refused:
            decision = refused.decision
            codes = asked(decision)
            context["asked"] = [(r.code, say(r)) for r in decision.refusing if r.code in codes]
            if not codes:
                for said in refusal(decision):
                    copies.add_error(None, said)
            elif lifted:
                copies.add_error("why", _("Write why before lifting this."))
        else:
            request.session[STICKY] = {name: copies.cleaned_data[name] for name in _KEPT}
            messages.success(request, _said(done))
            query = urlencode({"added": done.title})
            return HttpResponseRedirect(f"{reverse('office:add_book')}?{query}")
    # A refused request keeps its answer: sent again, changed, it is another request.
    copies.data = copies.data.copy()
    copies.data["key"] = new_id()
    return _page(request, context, 422)


def _proposals(request: HttpRequest, title: TitleView | None) -> tuple[stock.Proposal, ...]:
    series = _series(request, request.POST)
    if title is not None:
        return stock.proposals(series, title=title.id)
    proper = " ".join(request.POST.get("title", "").split())
    persons, bodies = catalog.names(request.POST.get("responsibility", ""))
    author = next(iter([p.name for p in persons] + [b.name for b in bodies]), "")
    return stock.proposals(series, proper=proper, author=author) if proper else ()


def _add(
    request: HttpRequest,
    title: TitleView | None,
    short: ShortForm | None,
    copies: CopiesForm,
    lifted: list[str],
) -> Added:
    wanted = copies.copies()
    codes = [*lifted, *(("isbn-held",) if request.POST.get("other") else ())]
    given = copies.cleaned_data["why"]
    why = {"isbn-held": given or "同号异书"}
    return add_book(
        title=title.id if title else "",
        record=short.short(wanted.price_fen) if short else None,
        copies=wanted,
        ctx=acting(
            request,
            channel="office",
            key=copies.cleaned_data["key"],
            overrides=tuple(Override(code, why.get(code, given)) for code in dict.fromkeys(codes)),
        ),
    )


def _said(done: Added) -> str:
    codes = "、".join(barcode for _, barcode in done.items[:10])
    more = "…" if len(done.items) > 10 else ""
    said = _("%(count)s copies added: %(codes)s. Call number %(number)s.")
    return said % {
        "count": len(done.items),
        "codes": codes + more,
        "number": done.call_number or "—",
    }


def _last(request: HttpRequest) -> dict[str, Any] | None:
    added = catalog.title(request.GET.get("added", ""))
    if added is None:
        return None
    return {"title": added, "copies": _shown(copies_of([added.id]).get(added.id, ()))}


def _shown(copies: tuple[Copy, ...]) -> list[dict[str, Any]]:
    names = {p.id: p.name for p in places.all_places()}
    return [
        {"item": c.item, "holder": names.get(c.item.holder, ""), "state": state(c)} for c in copies
    ]


@require_safe
@staff_required("stock.view")
def book(request: HttpRequest, title_id: str) -> HttpResponse:
    """A title with its copies and corrections."""
    title = catalog.title(title_id)
    if title is None:
        raise Http404
    people = {a.id: a.name for a in accounts.accounts()}
    copies = copies_of([title.id]).get(title.id, ())
    context = {
        "title": title,
        "copies": _shown(copies),
        "changes": [
            (change, people.get(change.actor, ""), _differences(change))
            for change in catalog.title_changes(title.id)
        ],
        "may_add": may(request, ACTION),
        "may_correct": may(request, "catalog.edit") and not title.alias_of,
        "may_merge": may(request, "catalog.merge") and not title.alias_of,
        "merges": catalog.merges_of(title.id),
        "age_form": AgeForm(
            initial={"least_age": title.least_age or ""},
            choices={"least_age": age_marks(service_point(request).id, title.least_age)},
        ),
    }
    return page(request, "office/book.html", context)


class AgeForm(KeyedForm):
    """The age mark of a title."""

    least_age = age_mark_field()


@require_POST
@staff_required("catalog.edit")
def age(request: HttpRequest, title_id: str) -> HttpResponse:
    """Set or take off a title's age mark."""
    title = catalog.title(title_id)
    if title is None:
        raise Http404
    given = request.POST.get("least_age", "")
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
    press(
        request,
        lambda ctx: titles.mark_age(title=title.id, least_age=wanted, ctx=ctx),
        _("The age mark is set.") if wanted else _("The title has no age mark."),
    )
    return redirect("office:book", title_id=title_id)


def _differences(change: catalog.TitleChange) -> list[tuple[Any, Any, Any]]:
    labels = {name: field.label for name, field in CorrectionForm.base_fields.items()}
    labels["price_fen"] = labels["price"]
    labels["least_age"] = _("Age mark")
    labels["batch"] = _("Batch edit")
    return [
        (labels.get(name, ""), _value(name, old), _value(name, change.after.get(name)))
        for name, old in change.before.items()
    ]


def _value(name: str, value: Any) -> Any:
    if name == "price_fen" and isinstance(value, int):
        return f"{value // 100}.{value % 100:02d}"
    if name == "audience":
        return dict(AUDIENCES).get(value, value)
    return value or "—"


@require_http_methods(["GET", "POST"])
@staff_required("catalog.edit")
def correct(request: HttpRequest, title_id: str) -> HttpResponse:
    """Correct a title's short fields; what else its record holds stays."""
    title = catalog.title(title_id)
    source = catalog.source(title_id)
    described = catalog.bibliographic(title_id)
    if title is None or source is None or described is None:
        raise Http404
    short = catalog.short_of(described)
    initial = {name: getattr(short, name) for name in ShortForm.base_fields}
    initial |= {
        "price": short.price_fen,
        "seen": titles.fingerprint(source.data),
        "key": new_id(),
    }
    form = CorrectionForm(request.POST or None, initial=initial)
    questions: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        lifts = tuple(
            Override(code, request.POST.get("why", "")[:120])
            for code in request.POST.getlist("lift")
        )
        try:
            changed = titles.change_title(
                title=title_id,
                record=form.short(form.cleaned_data["price"]),
                seen=form.cleaned_data["seen"],
                ctx=acting(
                    request, channel="office", key=form.cleaned_data["key"], overrides=lifts
                ),
            )
        except Refused as refused:
            codes = asked(refused.decision)
            questions = [(r.code, say(r)) for r in refused.decision.refusing if r.code in codes]
            for said in refusal(refused.decision):
                form.add_error(None, said)
        else:
            told = _("The correction is saved.") if changed else _("Nothing was changed.")
            messages.success(request, told)
            return redirect("office:book", title_id=title_id)
    if form.is_bound:
        form.data = form.data.copy()
        form.data["key"] = new_id()
    context = {
        "title": title,
        "form": form,
        "asked": questions,
        "why": request.POST.get("why", ""),
        "writable": source.format == "cnmarc",
    }
    return page(request, "office/correct_book.html", context, 422 if form.errors else 200)
