"""Operating phases: what is in force, drafts, preview, applying, another end, taking back, the plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.phases import commands, queries
from shuxiang.apps.phases.queries import Move, Phase
from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.interfaces.common.errors import render_error
from shuxiang.interfaces.common.staff import may, staff_required
from shuxiang.interfaces.office import change_words
from shuxiang.interfaces.office.acts import attempt, press
from shuxiang.interfaces.office.pages import page, permitted_places
from shuxiang.interfaces.office.phase_forms import (
    KINDS,
    ApplyForm,
    EndForm,
    PhaseForm,
    RevertForm,
    TaskForm,
    first_values,
    values_of,
)
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import changes

EDIT, APPLY, PAST = "phases.edit", "phases.apply", "places.edit_past"
SHOWN_DAYS = 14
SHOWN_MOVES = 20


def state(phase: Phase, today: date) -> tuple[str, Any]:
    """Kind of badge and word of a phase on a day."""
    if phase.state == "draft":
        return "muted", _("Draft")
    if phase.state == "applying":
        return "notice", _("Due dates are being moved")
    if phase.state == "reverting":
        return "notice", _("Due dates are being restored")
    if phase.state == "reverted":
        return "muted", _("Taken back")
    if phase.first_day > today:
        return "notice", _("To come")
    if phase.last_day is not None and phase.last_day < today:
        return "muted", _("Is over")
    return "ok", _("In force now")


@dataclass(frozen=True, slots=True)
class Row:
    phase: Phase
    kind: Any
    place: str
    state: tuple[str, Any]
    tasks: tuple[int, int]


@require_safe
@staff_required(EDIT)
def phases(request: HttpRequest) -> HttpResponse:
    """Every phase of the places one writes them for, the newest first."""
    sites = permitted_places(request, EDIT, network=True)
    names = {p.id: p.name for p in sites}
    today = clock.business_date(clock.now())
    rows = []
    for phase in queries.phases(names):
        plan = queries.tasks(phase.id)
        done = sum(t.done_at is not None for t in plan)
        row = Row(
            phase, KINDS[phase.kind], names[phase.place], state(phase, today), (done, len(plan))
        )
        rows.append(row)
    return page(request, "office/phases.html", {"rows": rows, "kinds": KINDS})


@require_http_methods(["GET", "POST"])
@staff_required(EDIT)
def add(request: HttpRequest) -> HttpResponse:
    """Write down a phase of the kind the address names."""
    kind = request.GET.get("kind", "closed")
    if kind not in KINDS:
        raise Http404
    return _form(request, kind, None)


@require_http_methods(["GET", "POST"])
@staff_required(EDIT)
def edit(request: HttpRequest, phase_id: str) -> HttpResponse:
    """Change a draft."""
    found = _mine(request, phase_id, EDIT)
    if isinstance(found, HttpResponse):
        return found
    if found.state != "draft":
        return redirect("office:phase", phase_id=phase_id)
    return _form(request, found.kind, found)


def _form(request: HttpRequest, kind: str, phase: Phase | None) -> HttpResponse:
    sites = permitted_places(request, EDIT, network=True)
    choices = {"place": [(p.code, p.name) for p in sites]}
    if request.method == "POST":
        if request.POST.get("place") not in {p.code for p in sites}:
            return render_error(request, 403)
        form = PhaseForm(request.POST, kind=kind, choices=choices)
        written: list[str] = []

        def act(ctx: Any) -> None:
            written.append(
                commands.write(
                    place=places.place_by_code(form.cleaned_data["place"]).id,
                    include_branches=form.cleaned_data["include_branches"],
                    terms=form.terms,
                    phase=phase.id if phase else None,
                    ctx=ctx,
                )
            )

        if attempt(request, form, act):
            messages.success(
                request, gettext("The draft is saved. Nothing changes before it is applied.")
            )
            return redirect("office:phase", phase_id=written[0])
    else:
        first = values_of(phase, places.place(phase.place).code) if phase else first_values(kind)
        form = PhaseForm(initial=first, kind=kind, choices=choices)
    title = gettext("Change the draft") if phase else KINDS[kind]
    context = {"form": form, "title": title, "kind": kind, "phase": phase}
    return page(request, "office/phase_form.html", context, 422 if form.errors else 200)


def _mine(request: HttpRequest, phase_id: str, action: str) -> Phase | HttpResponse:
    found = queries.phase(phase_id)
    if found is None:
        raise Http404
    return found if may(request, action, found.place) else render_error(request, 403)


@require_safe
@staff_required(EDIT)
def phase(request: HttpRequest, phase_id: str) -> HttpResponse:
    """One phase: what it says, what applying would do, what was done, its plan."""
    found = _mine(request, phase_id, EDIT)
    return found if isinstance(found, HttpResponse) else _phase_page(request, found)


def _phase_page(request: HttpRequest, phase: Phase, **forms: Any) -> HttpResponse:
    now = clock.now()
    today = clock.business_date(now)
    form_of = {
        "apply": ApplyForm(),
        "end": EndForm(initial={"last_day": phase.last_day, "until_notice": phase.until_notice}),
        "task": TaskForm(),
    } | forms
    context: dict[str, Any] = {
        "phase": phase,
        "kind": KINDS[phase.kind],
        "place": places.place(phase.place).name,
        "state": state(phase, today),
        "hours": _hours(phase),
        "may_apply": may(request, APPLY, phase.place),
        "past": phase.first_day < today,
        "forms": form_of,
        "tasks": queries.tasks(phase.id),
        "today": today,
        "history": _history(phase),
        "key": new_id(),
        "others": _others(phase),
    }
    if phase.state == "draft":
        plan = queries.planned(phase, now)
        context["summary"] = queries.summary(plan)
        holds = queries.planned_holds(phase, now)
        context["holds"] = len(holds.moves)
        bookings = queries.planned_pickups(phase, now, holds)
        context["bookings"] = bookings_shown(bookings)
        context["told"] = len(queries.told(phase)) + len(bookings)
        context["samples"] = samples(context["summary"].samples)
        context["busiest"] = sorted(context["summary"].days, key=lambda d: -d[1])[:SHOWN_DAYS]
    elif queries.moves_dates(phase):
        context["moved"] = circulation.count_shifts(phase.id, phase.round)
    bad = any(form.errors for form in form_of.values())
    return page(request, "office/phase.html", context, 422 if bad else 200)


def _hours(phase: Phase) -> list[tuple[Any, str]]:
    from shuxiang.interfaces.office.views.calendars import WEEKDAYS

    return [
        (WEEKDAYS[n], "、".join(f"{o:%H:%M}–{c:%H:%M}" for o, c in periods))
        for n, periods in sorted(phase.hours.items())
    ]


def _others(phase: Phase) -> list[tuple[Phase, Any, str]]:
    mine = set(queries.scope(phase))
    found = []
    for other in places.live_phases():
        apart = (other.last_day is not None and other.last_day < phase.first_day) or (
            phase.last_day is not None and other.first_day > phase.last_day
        )
        if other.id != phase.id and not apart and mine & set(queries.scope(other)):
            found.append((other, KINDS[other.kind], places.place(other.place).name))
    return found


def _history(phase: Phase) -> list[tuple[Any, str, Any, str]]:
    people = {a.id: a.name for a in accounts.accounts()}
    rows = changes.find(changes.Asked(kind="operating-phase", subject=phase.id))
    return [
        (r.at, people.get(r.actor, ""), change_words.ACTS.get(r.action, r.action), r.why)
        for r in rows
        # The worker's own note that it is through.
        if r.command != "phases.done"
    ]


@dataclass(frozen=True, slots=True)
class Sample:
    """A due date that moves, with whose it is (to be masked) and of what."""

    reader: str
    title: str
    place: str
    before: date
    after: date


def samples(moves: Iterable[Move]) -> list[Sample]:
    """Moves with the names a page shows."""
    names = {p.id: p.name for p in places.all_places()}
    found = []
    for move in moves:
        loan = circulation.loan(move.loan)
        reader = patrons.loan_reader(move.patron)
        if loan is not None and reader is not None:
            found.append(
                Sample(
                    reader.name, loan.title_text, names.get(move.place, ""), move.before, move.after
                )
            )
    return found


@dataclass(frozen=True, slots=True)
class Bookings:
    """Bookings of pickup slots that move or are called off, in numbers, and some of them: reader (to
    be masked), place, slot before, slot after."""

    moved: int
    called_off: int
    samples: list[tuple[str, str, Any, Any]]


def bookings_shown(moves: Sequence[circulation.PickupMove]) -> Bookings:
    """Moves of bookings as a page shows them; those called off first."""
    names = {p.id: p.name for p in places.all_places()}
    first = sorted(moves, key=lambda m: m.after is not None)[:SHOWN_MOVES]
    found = []
    for move in first:
        reader = patrons.loan_reader(move.patron)
        name = reader.name if reader else ""
        found.append((name, names.get(move.base.place, ""), move.before, move.after))
    moved = sum(m.after is not None for m in moves)
    return Bookings(moved, len(moves) - moved, found)


@require_POST
@staff_required(APPLY)
def apply(request: HttpRequest, phase_id: str) -> HttpResponse:
    """Put a draft in force."""
    found = _mine(request, phase_id, APPLY)
    if isinstance(found, HttpResponse):
        return found
    form = ApplyForm(request.POST)
    moved: list[int] = []

    def act(ctx: Any) -> None:
        moved.append(commands.apply(phase=found.id, why=form.cleaned_data["why"], ctx=ctx))

    if not attempt(request, form, act):
        return _phase_page(request, found, apply=form)
    said = gettext("The phase is in force. %(count)s due dates are being moved.")
    messages.success(request, said % {"count": moved[0]})
    return redirect("office:phase", phase_id=phase_id)


@require_POST
@staff_required(APPLY)
def end(request: HttpRequest, phase_id: str) -> HttpResponse:
    """Let a phase end on another day."""
    found = _mine(request, phase_id, APPLY)
    if isinstance(found, HttpResponse):
        return found
    form = EndForm(request.POST)
    if not attempt(
        request,
        form,
        lambda ctx: commands.set_end(
            phase=found.id,
            last_day=form.cleaned_data["last_day"],
            until_notice=form.cleaned_data["until_notice"],
            why=form.cleaned_data["why"],
            ctx=ctx,
        ),
    ):
        return _phase_page(request, found, end=form)
    messages.success(request, gettext("The last day is changed."))
    return redirect("office:phase", phase_id=phase_id)


@require_http_methods(["GET", "POST"])
@staff_required(APPLY)
def revert(request: HttpRequest, phase_id: str) -> HttpResponse:
    """What taking a phase back would change, and doing it."""
    found = _mine(request, phase_id, APPLY)
    if isinstance(found, HttpResponse):
        return found
    form = RevertForm(request.POST or None)
    if request.method == "POST" and attempt(
        request,
        form,
        lambda ctx: commands.revert(
            phase=found.id,
            mistake=form.cleaned_data["mistake"],
            why=form.cleaned_data["why"],
            ctx=ctx,
        ),
    ):
        messages.success(request, gettext("The phase is taken back."))
        return redirect("office:phase", phase_id=phase_id)
    today = clock.business_date(clock.now())
    plan, kept = queries.given_back(found, today)
    back, stay = queries.given_back_pickups(found, clock.now())
    context = {
        "bookings": bookings_shown(back),
        "bookings_kept": len(stay),
        "phase": found,
        "form": form,
        "begun": found.first_day < today,
        "plan": plan,
        "holds": len(queries.given_back_holds(found, today).moves),
        "samples": samples(plan.moves[:SHOWN_MOVES]),
        "changed": _kept(kept, "changed"),
        "past": _kept(kept, "past"),
        "kept": (_kept(kept, "changed"), _kept(kept, "past")),
    }
    return page(request, "office/phase_revert.html", context, 422 if form.errors else 200)


def _kept(kept: Any, why: str) -> tuple[int, list[circulation.LoanView]]:
    ids: Sequence[str] = [loan for loan, said in kept.items() if said == why]
    views = [circulation.loan(id_) for id_ in ids[:SHOWN_MOVES]]
    return len(ids), [v for v in views if v is not None]


@require_POST
@staff_required(EDIT)
def discard(request: HttpRequest, phase_id: str) -> HttpResponse:
    """Throw a draft away."""
    found = _mine(request, phase_id, EDIT)
    if isinstance(found, HttpResponse):
        return found
    if press(
        request,
        lambda ctx: commands.discard(phase=found.id, ctx=ctx),
        gettext("The draft is thrown away."),
    ):
        return redirect("office:phases")
    return redirect("office:phase", phase_id=phase_id)


@require_POST
@staff_required(EDIT)
def add_task(request: HttpRequest, phase_id: str) -> HttpResponse:
    """Add a task to the plan."""
    found = _mine(request, phase_id, EDIT)
    if isinstance(found, HttpResponse):
        return found
    form = TaskForm(request.POST)
    if not attempt(
        request,
        form,
        lambda ctx: commands.add_task(
            phase=found.id,
            text=form.cleaned_data["text"],
            who=form.cleaned_data["who"],
            until=form.cleaned_data["until"],
            ctx=ctx,
        ),
    ):
        return _phase_page(request, found, task=form)
    return redirect("office:phase", phase_id=phase_id)


@require_POST
@staff_required(EDIT)
def task(request: HttpRequest, phase_id: str, task_id: str) -> HttpResponse:
    """Tick a task off, open it again or take it out, as the button says."""
    found = _mine(request, phase_id, EDIT)
    if isinstance(found, HttpResponse):
        return found
    if task_id not in {t.id for t in queries.tasks(phase_id)}:
        raise Http404
    if request.POST.get("act") == "remove":
        press(
            request,
            lambda ctx: commands.remove_task(task=task_id, ctx=ctx),
            gettext("The task is out of the plan."),
        )
    else:
        done = request.POST.get("act") == "done"
        press(
            request,
            lambda ctx: commands.finish_task(task=task_id, done=done, ctx=ctx),
            gettext("Saved."),
        )
    return redirect("office:phase", phase_id=phase_id)
