"""Notices: what waits and how it reads, the library's own words, what became of it, who can't be
reached, and a letter to readers."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.notices import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.notice_words import CHANNELS, FAULTS
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office.acts import KeyedForm, attempt, press
from shuxiang.interfaces.office.pages import chosen_place, page, permitted_places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id

ACTION = "notices.manage"
TEMPLATES = "notices.templates"
AUDIENCES: dict[str, str | Promise] = {
    "loans": _("Readers with books or holds there"),
    "all": _("Everybody whose library it is"),
}
LETTERS = ("closure", "by-law")


class TextForm(KeyedForm):
    """A kind of notice in the library's own words."""

    subject = forms.CharField(label=_("Subject"), max_length=120, required=False)
    long = forms.CharField(
        label=_("Long text: inbox and e-mail"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    short = forms.CharField(
        label=_("Short text: text message and WeChat"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LetterForm(KeyedForm):
    """A letter to readers."""

    place = forms.ChoiceField(label=_("Site, with those below it"))
    audience = forms.ChoiceField(label=_("To whom"), choices=list(AUDIENCES.items()))
    kind = forms.ChoiceField(label=_("Kind of notice"))
    heading = forms.CharField(label=_("Headline"), max_length=120)
    body = forms.CharField(
        label=_("Text"), max_length=2000, widget=forms.Textarea(attrs={"rows": 6})
    )


@require_safe
@staff_required(ACTION)
def queue(request: HttpRequest) -> HttpResponse:
    """What will be told next: how many notices, to how many readers, and how the first one reads."""
    sites = permitted_places(request, ACTION)
    try:
        site = chosen_place(request, sites)
    except LookupError:
        return render_error(request, 403)
    now = clock.now()
    below = [p.id for p in places.subtree(site.id)]
    quiet = queries.quiet_until(site.id, now)
    context = {
        "sites": sites,
        "site": site,
        "waiting": [
            (w, places.place(w.place)) for w in queries.waiting(below, clock.business_date(now))
        ],
        "queued": [(CHANNELS[c], n) for c, n in queries.queued(below).items() if c in CHANNELS],
        "channels": [(name, code in queries.configured()) for code, name in CHANNELS.items()],
        "quiet_until": quiet,
        "may_texts": may(request, TEMPLATES, site.id),
        "key": new_id(),
    }
    return page(request, "office/notices.html", context)


@require_POST
@staff_required()
def drop(request: HttpRequest) -> HttpResponse:
    """Take a kind that waits at a place back from the queue."""
    code = request.POST.get("place", "")
    try:
        site = places.place_by_code(code)
    except places.UnknownPlace:
        raise Http404 from None
    if not may(request, ACTION, site.id):
        return render_error(request, 403)

    def act(ctx: Context) -> None:
        commands.drop(
            kind=request.POST.get("kind", "")[:20],
            place=site.id,
            why=request.POST.get("why", "")[:400],
            ctx=ctx,
        )

    press(request, act, gettext("Taken back: these notices will not be told."))
    target = redirect("office:notices")
    target["Location"] += f"?{urlencode({'place': site.code})}"
    return target


def _libraries(request: HttpRequest) -> tuple[places.Place, ...]:
    """The libraries whose words the clerk may choose."""
    own = {p.library for p in places.all_places()}
    return tuple(p for p in permitted_places(request, TEMPLATES, network=True) if p.id in own)


@require_safe
@staff_required(TEMPLATES)
def texts(request: HttpRequest) -> HttpResponse:
    """Every kind of notice with its words in force."""
    libraries = _libraries(request)
    try:
        library = chosen_place(request, libraries)
    except LookupError:
        return render_error(request, 403)
    rows = [
        (t, queries.sample(t.kind.code, t.words, library.id)) for t in queries.templates(library.id)
    ]
    context = {"sites": libraries, "site": library, "rows": rows}
    return page(request, "office/notice_texts.html", context)


@require_http_methods(["GET", "POST"])
@staff_required()
def text(request: HttpRequest, kind: str) -> HttpResponse:
    """Say a kind in the library's own words, and see how it reads."""
    if kind not in queries.KINDS:
        raise Http404
    libraries = _libraries(request)
    try:
        library = chosen_place(request, libraries)
    except LookupError:
        return render_error(request, 403)
    found = next(t for t in queries.templates(library.id) if t.kind.code == kind)
    words = found.words
    initial = {"subject": words.subject, "long": words.long, "short": words.short}
    form = TextForm(request.POST or None, initial=initial)
    shown = words
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        shown = queries.Words(given["subject"], given["long"], given["short"])
    preview = request.method == "POST" and "preview" in request.POST

    def act(ctx: Context) -> None:
        given = form.cleaned_data
        commands.set_template(
            library=library.id,
            kind=kind,
            subject=given["subject"],
            long=given["long"],
            short=given["short"],
            ctx=ctx,
        )

    if request.method == "POST" and not preview and attempt(request, form, act):
        return redirect(f"{reverse('office:notice_texts')}?{urlencode({'place': library.code})}")
    context = {
        "form": form,
        "site": library,
        "kind": found.kind,
        "own": found.own,
        "placeholders": [f"{{{p}}}" for p in found.kind.placeholders],
        "sample": queries.sample(kind, shown, library.id),
    }
    return page(request, "office/notice_text.html", context, 422 if form.errors else 200)


@require_safe
@staff_required(ACTION)
def report(request: HttpRequest) -> HttpResponse:
    """The delivery report of a month, and readers who can't be reached."""
    sites = permitted_places(request, ACTION)
    try:
        site = chosen_place(request, sites)
    except LookupError:
        return render_error(request, 403)
    today = clock.business_date(clock.now())
    first, last = _month(request.GET.get("month", ""), today)
    below = [p.id for p in places.subtree(site.id)]
    context = {
        "sites": sites,
        "site": site,
        "month": f"{first:%Y-%m}",
        "channels": [(CHANNELS[d.channel], d) for d in queries.delivered(below, first, last)],
        "kinds": queries.told_by_kind(below, first, last),
        "failing": [
            (f, places.place(f.home).name, CHANNELS[f.channel], FAULTS.get(f.why, f.why))
            for f in queries.failing(below, today)
        ],
        "may_view": may(request, "patrons.view", site.id),
    }
    return page(request, "office/notice_report.html", context)


def _month(typed: str, today: date) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{typed}-01")
    except ValueError:
        first = today.replace(day=1)
    return first, clock.add_months(first, 1) - timedelta(days=1)


@require_http_methods(["GET", "POST"])
@staff_required(ACTION)
def write(request: HttpRequest) -> HttpResponse:
    """A letter to many readers: first looked at, with how many it reaches, then sent."""
    sites = permitted_places(request, ACTION)
    choices = {
        "place": [(p.code, p.name) for p in sites],
        "kind": [(code, queries.KINDS[code].name_zh) for code in LETTERS],
    }
    form = LetterForm(request.POST or None, choices=choices)
    preview = None
    if request.method == "POST":
        if request.POST.get("place") not in {p.code for p in sites}:
            return render_error(request, 403)
        if form.is_valid() and "send" not in request.POST:
            given = form.cleaned_data
            site = places.place_by_code(given["place"])
            preview = {
                "readers": len(queries.audience(site.id, given["audience"])),
                "words": queries.letter(given["kind"], given["heading"], given["body"], site.id),
            }
        elif form.is_valid():
            reached: list[int] = []

            def act(ctx: Context) -> None:
                given = form.cleaned_data
                reached.append(
                    commands.write_letter(
                        place=places.place_by_code(given["place"]).id,
                        audience=given["audience"],
                        kind=given["kind"],
                        heading=given["heading"],
                        body=given["body"],
                        ctx=ctx,
                    )
                )

            if attempt(request, form, act):
                said = gettext("The letter waits in the queue for %(n)s readers.")
                messages.success(request, said % {"n": reached[0]})
                return redirect("office:notices")
    context = {"form": form, "preview": preview}
    return page(request, "office/notice_letter.html", context, 422 if form.errors else 200)
