"""The MARC workbench: records as lines, with help, faults, preview, versions and templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.places import queries as places
from shuxiang.apps.search import queries as searching
from shuxiang.apps.staff import queries as accounts
from shuxiang.formats.marc import Record
from shuxiang.formats.marc.bibliographic import Format
from shuxiang.formats.marc.editing import to_lines
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.staff import service_point, staff_required
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.office.acts import FAULTS, KeyedForm, attempt, busy, press
from shuxiang.interfaces.office.book_forms import asked
from shuxiang.interfaces.office.marc_forms import (
    FORMAT_NAMES,
    Looked,
    format_of,
    hunks,
    look,
    merged,
    tables,
    words,
)
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id

ACTION = "catalog.edit"
SHOWN = 100
MOST = 200_000


@dataclass(frozen=True, slots=True)
class Stored:
    """A title under edit: its record as stored, its lines, and the fingerprint of its bytes."""

    title: catalog.TitleView
    format: Format
    record: Record
    lines: str
    seen: str


def _stored(title_id: str) -> Stored:
    title, source = catalog.title(title_id), catalog.source(title_id)
    record = catalog.marc(source) if source else None
    if title is None or source is None or record is None:
        raise Http404
    seen = titles.fingerprint(source.data)
    return Stored(title, format_of(source.format), record, to_lines(record), seen)


# --- the list -------------------------------------------------------------------------------


@require_safe
@staff_required(ACTION)
def records(request: HttpRequest) -> HttpResponse:
    """Where work begins: a number to look up, templates, titles that wait, drafts of this browser."""
    asked_for = request.GET.get("q", "").strip()[:80]
    sites = [p.id for p in permitted_places(request, ACTION, network=True)]
    waiting, count = catalog.pending_titles(sites, limit=SHOWN)
    names = {p.id: p.name for p in places.all_places()}
    people = {a.id: a.name for a in accounts.accounts()}
    found = catalog.by_identifier(asked_for)[:SHOWN] if asked_for else ()
    if asked_for and not found:
        result = searching.search(searching.Query(text=asked_for, size=20, facets=()))
        ids = [hit.title_id for hit in result.hits] if result else []
        known = catalog.titles(ids)
        found = tuple(known[id_] for id_ in ids if id_ in known)
    context = {
        "q": asked_for,
        "found": found,
        "templates": catalog.templates(places.place(service_point(request).id).library),
        "waiting": [(each, names.get(each.place, ""), people.get(each.by, "")) for each in waiting],
        "waiting_count": count,
        "shown": SHOWN,
        "draft_config": {"account": str(request.user.pk), "words": words()},
    }
    return page(request, "office/records.html", context)


@require_POST
@staff_required(ACTION)
def done(request: HttpRequest, title_id: str) -> HttpResponse:
    """Take a title off the list of those that wait."""
    press(
        request,
        lambda ctx: titles.catalogued(title=title_id, ctx=ctx),
        _("The title no longer waits for a cataloguer."),
    )
    return redirect("office:records")


# --- the editor -----------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def record(request: HttpRequest, title_id: str) -> HttpResponse:
    """Edit the record of a title."""
    stored = _stored(title_id)
    if request.method == "GET":
        return _editor(request, stored, lines=stored.lines, seen=stored.seen)
    lines = _lines(request)
    seen = request.POST.get("seen", "")[:64]
    act = request.POST.get("act", "save")
    if act == "merge":
        chosen = {int(n) for n in request.POST.getlist("theirs") if n.isdecimal() and len(n) < 6}
        text = merged(hunks(stored.lines, lines), chosen)
        return _editor(request, stored, lines=text, seen=stored.seen)
    looked = look(lines, stored.format, stored.record)
    if act != "save" or looked.refuses:
        return _editor(
            request, stored, lines=lines, seen=seen, looked=looked, status=_status(act, looked)
        )
    questions: list[tuple[str, str]] = []
    reasons: list[str] = []
    try:
        saved = titles.save_record(
            title=title_id,
            lines=lines,
            seen=seen,
            ctx=acting(request, channel="office", key=_key(request), overrides=_lifts(request)),
        )
    except Refused as refused:
        if "title-changed-meanwhile" in refused.decision.codes:
            return _conflict(request, stored, lines)
        codes = asked(refused.decision)
        questions = [(r.code, say(r)) for r in refused.decision.refusing if r.code in codes]
        reasons = refusal(refused.decision) if not codes else []
    except FAULTS:
        reasons = [busy()]
    else:
        told = _("The record is saved.") if saved.changed else _("Nothing was changed.")
        messages.success(request, told)
        return redirect(f"{reverse('office:record', args=[title_id])}?saved=1")
    return _editor(
        request,
        stored,
        lines=lines,
        seen=seen,
        looked=looked,
        questions=questions,
        reasons=reasons,
        status=422,
    )


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def new(request: HttpRequest) -> HttpResponse:
    """A new record, begun from a template."""
    here = places.place(service_point(request).id)
    code = request.POST.get("template") or request.GET.get("template", "")
    offered = catalog.templates(here.library)
    template = next((t for t in offered if t.code == code), None)
    if not code:
        return redirect("office:records")
    if template is None:
        raise Http404
    format_ = format_of(template.format)
    if request.method == "GET":
        day = clock.business_date(clock.now())
        agency = places.place(here.library).name
        return _editor(request, template, lines=template.filled(day=day, agency=agency), seen="")
    lines, act = _lines(request), request.POST.get("act", "save")
    looked = look(lines, format_, None)
    if act != "save" or looked.refuses:
        return _editor(
            request, template, lines=lines, seen="", looked=looked, status=_status(act, looked)
        )
    questions: list[tuple[str, str]] = []
    reasons: list[str] = []
    try:
        saved = titles.add_record(
            lines=lines,
            kind=format_,
            ctx=acting(request, channel="office", key=_key(request), overrides=_lifts(request)),
        )
    except Refused as refused:
        codes = asked(refused.decision)
        questions = [(r.code, say(r)) for r in refused.decision.refusing if r.code in codes]
        reasons = refusal(refused.decision) if not codes else []
    except FAULTS:
        reasons = [busy()]
    else:
        messages.success(request, _("The record is saved."))
        address = reverse("office:record", args=[saved.title])
        return redirect(f"{address}?saved={template.code}")
    return _editor(
        request,
        template,
        lines=lines,
        seen="",
        looked=looked,
        questions=questions,
        reasons=reasons,
        status=422,
    )


def _status(act: str, looked: Looked) -> int:
    return 422 if act == "save" and looked.refuses else 200


def _lines(request: HttpRequest) -> str:
    return request.POST.get("lines", "")[:MOST].replace("\r\n", "\n")


def _key(request: HttpRequest) -> str:
    return request.POST.get("key", "")[:64]


def _lifts(request: HttpRequest) -> tuple[Override, ...]:
    why = request.POST.get("why", "").strip()[:120]
    return tuple(Override(code, why) for code in request.POST.getlist("lift")[:10])


def _editor(
    request: HttpRequest,
    of: Stored | catalog.Template,
    *,
    lines: str,
    seen: str,
    looked: Looked | None = None,
    questions: list[tuple[str, str]] | None = None,
    reasons: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    format_ = format_of(of.format)
    stored = of if isinstance(of, Stored) else None
    begun = None if isinstance(of, Stored) else of
    looked = looked or look(lines, format_, stored.record if stored else None)
    account = str(request.user.pk)
    draft = stored.title.id if stored else f"new:{begun.code}" if begun else ""
    context: dict[str, Any] = {
        "title": stored.title if stored else None,
        "template": begun,
        "format_name": FORMAT_NAMES[format_],
        "format": format_,
        "lines": lines,
        "seen": seen,
        "key": new_id(),
        "asked": questions or [],
        "reasons": reasons or [],
        "why": request.POST.get("why", ""),
        "pending": catalog.pending(stored.title.id) if stored else None,
        "config": {
            "format": format_,
            "draft": f"{account}:{draft}",
            "name": stored.title.full_title if stored else begun.name if begun else "",
            "address": request.path + (f"?template={begun.code}" if begun else ""),
            "saved": _saved(request, account, draft),
            "fresh": request.method == "GET",
            "pinyin": reverse("office:record_pinyin"),
            "tables": tables(format_),
            "words": words(),
        },
        **looked.told(),
    }
    return page(request, "office/record.html", context, status)


def _saved(request: HttpRequest, account: str, draft: str) -> str:
    """The draft that is not needed any more: it was just saved."""
    said = request.GET.get("saved", "")[:40]
    if not said:
        return ""
    return f"{account}:{draft}" if said == "1" else f"{account}:new:{said}"


def _conflict(request: HttpRequest, stored: Stored, lines: str) -> HttpResponse:
    """Somebody saved it meanwhile: both versions, and a choice for every difference."""
    latest = catalog.versions(stored.title.id, limit=1)
    people = {a.id: a.name for a in accounts.accounts()}
    context = {
        "title": stored.title,
        "hunks": hunks(stored.lines, lines),
        "lines": lines,
        "key": new_id(),
        "who": people.get(latest[0].by, "") if latest else "",
        "when": latest[0].replaced_at if latest else None,
        "automatic": _touched_by_machine(stored.lines, lines),
    }
    return page(request, "office/record_conflict.html", context, 409)


def _touched_by_machine(theirs: str, mine: str) -> set[int]:
    """Hunks of the leader and 005 only: nobody typed them, so the stored ones stay."""
    return {
        hunk.number
        for hunk in hunks(theirs, mine)
        if not hunk.same and all(line[:3] in ("LDR", "005") for line in (*hunk.old, *hunk.new))
    }


@require_POST
@staff_required(ACTION)
def preview(request: HttpRequest) -> HttpResponse:
    """The fragment beside the editor: ISBD and every fault of what stands there now."""
    title_id = request.POST.get("title", "")
    source = catalog.source(title_id) if title_id else None
    before = catalog.marc(source) if source else None
    looked = look(_lines(request), format_of(request.POST.get("format", "")), before)
    return render(request, "office/record_told.html", looked.told())


@require_POST
@staff_required(ACTION)
def pinyin(request: HttpRequest) -> JsonResponse:
    """The pinyin of a title or name, as JSON."""
    text = request.POST.get("text", "")[:500]
    spelled, doubtful = searching.written_pinyin(text, name=bool(request.POST.get("name")))
    return JsonResponse({"pinyin": spelled, "doubtful": [" / ".join(each) for each in doubtful]})


# --- versions -------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def history(request: HttpRequest, title_id: str) -> HttpResponse:
    """Every version of a record with what changed; any of them can be brought back."""
    stored = _stored(title_id)
    if request.method == "POST":
        version = request.POST.get("version", "")[:40]
        seen = request.POST.get("seen", "")[:64]
        press(
            request,
            lambda ctx: titles.restore_record(title=title_id, version=version, seen=seen, ctx=ctx),
            _("The earlier version is back."),
        )
        return redirect("office:record_history", title_id=title_id)
    people = {a.id: a.name for a in accounts.accounts()}
    rows = []
    after = stored.lines
    for version in catalog.versions(title_id):
        kept = catalog.marc(version.source)
        before = to_lines(kept) if kept else ""
        changed = [hunk for hunk in hunks(before, after) if not hunk.same]
        rows.append((version, people.get(version.by, ""), changed))
        after = before or after
    context = {"title": stored.title, "rows": rows, "seen": stored.seen, "key": new_id()}
    return page(request, "office/record_history.html", context)


# --- templates ------------------------------------------------------------------------------


class TemplateForm(KeyedForm):
    """A template of new records."""

    name = forms.CharField(label=pgettext_lazy("processing", "Name"), max_length=40)
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=tuple(FORMAT_NAMES.items()), initial="cnmarc"
    )
    lines = forms.CharField(
        label=gettext_lazy("Lines"),
        required=False,
        strip=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "marc-lines"}),
        help_text=gettext_lazy(
            "One field a line: tag, indicators (# is a blank), subfields behind ǂ or $. "
            "{date}, {year} and {agency} are put in when a record is begun. "
            "Without any line the template is not offered."
        ),
    )
    fields_of = {"template-too-long": "lines", "name-missing": "name"}


@require_safe
@staff_required(ACTION)
def templates(request: HttpRequest) -> HttpResponse:
    """The templates of the library."""
    library = service_point(request).library
    offered = catalog.templates(library)
    hidden = [t for t in catalog.SHIPPED if all(t.code != o.code for o in offered)]
    context = {"templates": offered, "hidden": hidden, "formats": FORMAT_NAMES}
    return page(request, "office/record_templates.html", context)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def template(request: HttpRequest, code: str) -> HttpResponse:
    """Write a template: a new one under ``new``."""
    library = service_point(request).library
    known = {t.code: t for t in (*catalog.SHIPPED, *catalog.templates(library))}
    found = known.get(code)
    if found is None and code != "new":
        raise Http404
    if request.method == "POST" and request.POST.get("act") == "reset":
        press(
            request,
            lambda ctx: titles.reset_template(code=code, ctx=ctx),
            _("The library's own form of the template is gone."),
        )
        return redirect("office:record_templates")
    first = {"name": found.name, "format": found.format, "lines": found.lines} if found else {}
    form = TemplateForm(request.POST or None, initial=first)
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: titles.set_template(
            code=found.code if found else "",
            name=form.cleaned_data["name"],
            kind=form.cleaned_data["format"],
            lines=form.cleaned_data["lines"],
            ctx=ctx,
        ),
    ):
        messages.success(request, _("The template is saved."))
        return redirect("office:record_templates")
    context = {"form": form, "template": found}
    return page(request, "office/record_template.html", context, 422 if form.errors else 200)
