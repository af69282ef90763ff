"""Bulk entry: batches, books entered into them by ISBN, handing over, barcode ranges, projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.exchange import commands as exchange
from shuxiang.apps.exchange import queries as shared
from shuxiang.apps.places import queries as places
from shuxiang.apps.processing import commands
from shuxiang.apps.processing import queries as processing
from shuxiang.apps.staff import queries as accounts
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import Shelving
from shuxiang.formats.identifiers import parse_isbn, price_fen
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import may, service_point, staff_required
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.office.acts import FAULTS, KeyedForm, attempt, busy
from shuxiang.interfaces.office.book_forms import SOURCES, asked, shelf, shelves
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import yuan

ENTER, HAND, PLAN = "stock.enter_batch", "stock.hand_over", "stock.plan_processing"
LOG = 20
STAGE_WORDS = {
    "entered": pgettext_lazy("processing", "Entered"),
    "labelled": gettext_lazy("Labelled"),
    "shelved": pgettext_lazy("processing", "On the shelf"),
}
STEP_WORDS = {
    "label": gettext_lazy("To be labelled"),
    "shelve": gettext_lazy("To be shelved"),
}


def people_by_id() -> dict[str, str]:
    """Names of the staff."""
    return {a.id: a.name for a in accounts.accounts()}


def _sites(request: HttpRequest) -> list[str]:
    """Places whose batches the clerk works on."""
    return [p.id for a in (ENTER, HAND) for p in permitted_places(request, a)]


def found_batch(request: HttpRequest, batch_id: str) -> processing.BatchView:
    """The batch, if it is of a place the clerk works on. Raises Http404."""
    found = processing.batch(batch_id)
    if found is None or found.place not in _sites(request):
        raise Http404
    return found


# --- batches --------------------------------------------------------------------------------


class BatchForm(KeyedForm):
    """A batch begun."""

    where = forms.ChoiceField(label=gettext_lazy("Where they will stand"))
    category = forms.ChoiceField(label=gettext_lazy("Circulation type"))
    source = forms.ChoiceField(label=gettext_lazy("Source"), choices=SOURCES)
    barcodes = forms.ChoiceField(label=gettext_lazy("Barcodes"), required=False)
    project = forms.ChoiceField(label=gettext_lazy("Project"), required=False)
    numbered = forms.BooleanField(
        label=gettext_lazy("Give call numbers while entering"), required=False, initial=True
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=120)


@require_http_methods(["GET", "POST"])
@staff_required(HAND)
def batches(request: HttpRequest) -> HttpResponse:
    """The batches, and a new one."""
    sites = permitted_places(request, ENTER)
    form = _batch_form(request, sites) if sites else None
    if request.method == "POST":
        if form is None:
            raise Http404
        made: list[str] = []
        if attempt(request, form, lambda ctx: made.append(_open(form, ctx))):
            return redirect("office:processing_batch", batch_id=made[0])
    names = {p.id: p.name for p in places.all_places()}
    people = people_by_id()
    context = {
        "form": form,
        "rows": [
            (each, names.get(each.place, ""), people.get(each.opened_by, ""), _stages(each))
            for each in processing.batches(_sites(request))
        ],
        "may_plan": may(request, PLAN),
        "stage_words": [STAGE_WORDS[s] for s in processing.STAGES],
    }
    return page(request, "office/processing.html", context, 422 if form and form.errors else 200)


def _batch_form(request: HttpRequest, sites: tuple[places.Place, ...]) -> BatchForm:
    here = service_point(request)
    usual = next((value for value, _ in shelves(sites) if value.split(":")[0] == here.code), "")
    spans = processing.ranges([p.id for p in sites])
    running = [p for p in processing.projects(here.library) if not p.ended_on]
    return BatchForm(
        request.POST or None,
        initial={"where": usual, "project": running[0].id if running else ""},
        choices={
            "where": shelves(sites),
            "category": [(code, name) for code, name, _lend in stock.categories()],
            "barcodes": [
                ("", _("Scanned from the book")),
                *[
                    (v.id, f"{v.range.text(v.range.first)} – {v.range.text(v.range.last)}")
                    for v in spans
                    if v.left
                ],
            ],
            "project": [("", _("None")), *[(p.id, p.name) for p in running]],
        },
    )


def _open(form: BatchForm, ctx: Any) -> str:
    data = form.cleaned_data
    place, location = shelf(data["where"])
    return commands.open_batch(
        place=place,
        location=location,
        category=data["category"],
        source=data["source"],
        barcodes=data["barcodes"] or None,
        project=data["project"] or None,
        numbered=data["numbered"],
        note=data["note"],
        ctx=ctx,
    )


def _stages(batch: processing.BatchView) -> list[tuple[Any, int]]:
    return [(STAGE_WORDS[stage], batch.at_least(stage)) for stage in processing.STAGES]


# --- one batch: entering --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """What the scanned number may be: value of the form, title, its second line, class and price."""

    value: str
    text: str
    more: str
    clc: str = ""
    price: int | None = None


@require_http_methods(["GET", "POST"])
@staff_required(HAND)
def batch(request: HttpRequest, batch_id: str) -> HttpResponse:
    """A batch: the next book by its ISBN, the books entered, handing over."""
    found = found_batch(request, batch_id)
    may_enter = may(request, ENTER, found.place)
    if request.method == "POST":
        if not may_enter:
            raise Http404
        return _enter(request, found)
    isbn = request.GET.get("isbn", "").strip()[:40]
    context: dict[str, Any] = {"may_enter": may_enter, "isbn": isbn}
    if isbn and may_enter:
        context |= _looked_up(request, found, isbn)
    return _page(request, found, context)


def _page(
    request: HttpRequest, found: processing.BatchView, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    people = people_by_id()
    names = {p.id: p.name for p in places.all_places()}
    own = {
        "batch": found,
        "where": names.get(found.place, ""),
        "stages": _stages(found),
        "lines": [
            (line, people.get(line.entered_by, ""), STAGE_WORDS[line.stage])
            for line in processing.lines(found.id, newest=True, limit=LOG)
        ],
        "log": LOG,
        "unnumbered": processing.unnumbered(found.id),
        "steps": _steps(found),
        "handovers": [
            (
                each,
                STEP_WORDS[each.step],
                people.get(each.handed_by, ""),
                people.get(each.received_by, ""),
            )
            for each in processing.handovers(found.id)
        ],
        "may_hand": may(request, HAND, found.place),
        "next_barcode": processing.next_barcode(found.barcodes) if found.barcodes else "",
        "key": new_id(),
    }
    return page(request, "office/processing_batch.html", own | context, status)


def _steps(found: processing.BatchView) -> list[dict[str, Any]]:
    rows = []
    open_ = {each.step: each for each in processing.handovers(found.id) if not each.received_at}
    for step, (stage, _to) in processing.STEPS.items():
        rows.append(
            {
                "step": step,
                "word": STEP_WORDS[step],
                "waiting": found.stages.get(stage, 0),
                "under_way": open_.get(step),
            }
        )
    return rows


def _looked_up(request: HttpRequest, found: processing.BatchView, isbn: str) -> dict[str, Any]:
    """What is known of a number: own titles, else what other libraries answer, else nothing but the
    number itself."""
    own = catalog.by_identifier(isbn)
    choices = [Choice(f"own:{t.id}", t.full_title, _line(t), t.clc, t.price_fen) for t in own[:10]]
    faults: list[str] = []
    if not choices and parse_isbn(isbn).valid:
        choices, faults = _shared(request, isbn)
    stub = not choices
    chosen = choices[0] if choices else None
    return {
        "choices": choices,
        "stub": stub,
        "faults": faults,
        "wrong": not parse_isbn(isbn).valid and not catalog.unified(isbn),
        "pick": chosen.value if chosen else "stub",
        "entry": {
            "clc": chosen.clc if chosen else "",
            "price": yuan(chosen.price) if chosen and chosen.price is not None else "",
        },
        "numbers": _numbers(found, chosen),
    }


def _line(title: catalog.TitleView) -> str:
    parts = (title.author, title.publisher, str(title.year or ""), title.edition)
    return " · ".join([p for p in parts if p])


def _shared(request: HttpRequest, isbn: str) -> tuple[list[Choice], list[str]]:
    """What the targets in use answer; asked before any command, because it may take seconds."""
    faults: list[str] = []
    for answer in shared.shared_records(isbn=isbn, most=5):
        faults += [f"{answer.target.name}：{say(reason)}" for reason in answer.faults]
        if not answer.records:
            continue
        kept = exchange.keep_found(
            records=[exchange.kept(answer.target.id, r) for r in answer.records],
            ctx=acting(request, channel="office"),
        )
        found = []
        for id_, record in zip(kept, answer.records, strict=True):
            b = record.described
            more = [b.author, b.publisher, str(b.year or ""), answer.target.name]
            found.append(
                Choice(
                    f"found:{id_}",
                    b.full_title,
                    " · ".join([p for p in more if p]),
                    b.shelving_class,
                    b.price_fen,
                )
            )
        # The targets stand in the library's own order of trust.
        return found, faults
    return [], faults


def _numbers(found: processing.BatchView, chosen: Choice | None) -> list[tuple[str, str]]:
    """How the book may be numbered: the number of the title or its work first, else a new one."""
    if not found.numbered:
        return []
    series = stock.series_at(found.place, found.category, found.location)
    kind, _colon, id_ = chosen.value.partition(":") if chosen else ("stub", "", "")
    proposals: tuple[stock.Proposal, ...] = ()
    if kind == "own":
        proposals = stock.proposals(series, title=id_)
    elif kind == "found" and (record := shared.found_record(processing.asked_for(id_))):
        described = record.record.described
        first = next(iter([p.name for p in described.persons]), "")
        proposals = stock.proposals(series, proper=described.title, author=first)
    offered = [
        (f"reuse:{p.title}", f"{p.call_number}（{' '.join([p.title_text, p.edition]).strip()}）")
        for p in proposals[:5]
    ]
    following = _("The next number of the class")
    if chosen and chosen.clc:
        # As it stands now: it is given out when the book is saved.
        number = stock.class_numbers(series, chosen.clc, listed=0).next
        following += _(" (now %(number)s)") % {"number": f"{chosen.clc}/{number}"}
    return [*offered, ("new", following), ("none", _("Later"))]


def _enter(request: HttpRequest, found: processing.BatchView) -> HttpResponse:
    post = request.POST
    isbn = post.get("isbn", "").strip()[:40]
    pick = post.get("pick", "stub")
    kind, _colon, id_ = pick.partition(":")
    typed = post.get("price", "").strip()[:20]
    price = price_fen(typed)
    how = post.get("how", "new")
    why = post.get("why", "").strip()[:120]
    lifts = [Override(code, why) for code in post.getlist("lift")[:10]]
    if how == "new":
        # Chosen although another number was offered: that is the answer.
        lifts += [
            Override(c, _("Chosen while entering")) for c in ("number-of-work", "number-known")
        ]
    stub = None
    if kind == "stub":
        stub = catalog.ShortRecord(
            title=post.get("title", "")[:500],
            isbn=isbn,
            clc=post.get("clc", "")[:60],
            price_fen=price,
        )
    entry = commands.Entry(
        title=id_ if kind == "own" else "",
        found=processing.asked_for(id_) if kind == "found" else "",
        stub=stub,
        barcode=post.get("barcode", "")[:60],
        price_fen=price,
        volume=post.get("volume", "")[:60],
        shelving=Shelving(
            how="reuse" if how.startswith("reuse:") else how if how in ("new", "none") else "new",
            class_number=post.get("clc", "")[:60],
            reuse_of=processing.asked_for(how[6:]) if how.startswith("reuse:") else "",
        ),
    )
    questions: list[tuple[str, str]] = []
    try:
        done = commands.enter_book(
            batch=found.id,
            entry=entry,
            ctx=acting(
                request, channel="office", key=post.get("key", "")[:64], overrides=tuple(lifts)
            ),
        )
    except Refused as refused:
        codes = asked(refused.decision)
        questions = [(r.code, say(r)) for r in refused.decision.refusing if r.code in codes]
        reasons = refusal(refused.decision) if not codes else []
        if typed and "price-missing" in refused.decision.codes:
            reasons.append(_("%(price)s can't be read as a price in yuan.") % {"price": typed})
    except FAULTS:
        reasons = [busy()]
    else:
        title = catalog.title(done.title)
        said = _("No. %(n)s: %(title)s · %(barcode)s · %(number)s") % {
            "n": done.position,
            "title": title.full_title if title else "",
            "barcode": done.barcode,
            "number": done.call_number or _("call number later"),
        }
        messages.success(request, said)
        return redirect("office:processing_batch", batch_id=found.id)
    context = {"may_enter": True, "isbn": isbn, "reasons": reasons, "asked": questions}
    context |= _again(found, pick)
    context["entry"] = {
        name: post.get(name, "") for name in ("title", "clc", "barcode", "price", "volume", "why")
    }
    context["how"] = how
    return _page(request, found, context, 422)


def _again(found: processing.BatchView, pick: str) -> dict[str, Any]:
    """What was chosen, without asking other libraries again."""
    kind, _colon, id_ = pick.partition(":")
    choices: list[Choice] = []
    if kind == "own" and (title := catalog.title(id_)):
        choices = [Choice(pick, title.full_title, _line(title), title.clc, title.price_fen)]
    elif kind == "found" and (record := shared.found_record(processing.asked_for(id_))):
        b = record.record.described
        choices = [Choice(pick, b.full_title, b.author, b.shelving_class, b.price_fen)]
    return {
        "choices": choices,
        "stub": not choices,
        "pick": pick if choices else "stub",
        "numbers": _numbers(found, choices[0] if choices else None),
    }
