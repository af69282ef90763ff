"""Forms of the operating phases: writing one down, ending it on another day, taking it back, tasks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.phases.queries import Terms
from shuxiang.apps.places.queries import Phase
from shuxiang.interfaces.office.acts import KeyedForm, day_field
from shuxiang.interfaces.office.views.calendars import WEEKDAYS, PeriodsField

KINDS = {"closed": _("Closed"), "limited": _("Limited opening"), "normal": _("Normal opening")}

_DUE_MODES = {
    "closed_days": _("later by the closed days"),
    "reopening": _("those due while closed: to the reopening"),
    "none": _("stay as they are"),
    "extra": _("later by the days below"),
}
_MODES_OF = {"closed": ("closed_days", "reopening")}

CHECKS = ("网上预约", "佩戴口罩", "健康码", "体温低于37.3℃", "登记")
"""What a new limited opening proposes to ask at the door, in this order."""

LANES = ("老年人、儿童绿色通道", "还书专用通道")


def _number(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=0,
        max_value=9999,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


def _lines(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class PhaseForm(KeyedForm):
    """A phase of one kind; what that kind does not have is left out."""

    place = forms.ChoiceField(label=_("Site"))
    include_branches = forms.BooleanField(label=_("Branches too"), required=False, initial=True)
    name = forms.CharField(label=_("Designation"), max_length=40)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=120,
        required=False,
        help_text=_("Stands in the calendar; readers see it on the public pages."),
    )
    first_day = day_field(_("First day"))
    last_day = day_field(
        _("Last day"),
        _("Left empty: until another phase. A closure needs one."),
        required=False,
    )
    until_notice = forms.BooleanField(
        label=_("Until further notice"),
        required=False,
        help_text=_("Readers see no end; a week before the last day it is extended by two weeks."),
    )
    due_mode = forms.ChoiceField(label=_("Due dates of open loans"))
    due_days = _number(_("And so many days more"))
    spread_most = _number(
        _("At most so many books due a day and site"),
        _("So that readers do not all come back at once. Left empty: no limit."),
    )
    move_holds = forms.BooleanField(
        label=_("Holds and pick-ups wait with them"), required=False, initial=True
    )
    slot_minutes = _number(_("Length of a booking slot in minutes"))
    slot_quota = _number(_("Readers a slot"))
    moment_quota = _number(_("Readers inside at a time"))
    day_quota = _number(_("Readers a day"))
    max_stay_minutes = _number(_("Longest stay in minutes"))
    seats_off = _number(_("Seats taken away"))
    checks = _lines(_("Asked at the door"), _("One a line, in the order of asking."))
    lanes = _lines(_("Lanes"), _("One a line."))
    extra_loans = _number(_("More books at a time than the rules say"))
    loan_days = _number(_("New loans run at least so many days"))
    quarantine_hours = _number(
        _("Hours that returned books lie aside"), _("They end by themselves.")
    )
    notice = forms.CharField(
        label=_("Notice for readers"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Stands on top of the public pages while the phase is in force."),
    )
    desk_notice = forms.CharField(label=_("Notice for the desk"), max_length=200, required=False)
    fields_of = {
        "days-reversed": "last_day",
        "phase-closed-endless": "last_day",
        "phase-slot-half": "slot_quota",
        "phase-zero": "spread_most",
        "phase-lines": "checks",
    }

    def __init__(self, *args: Any, kind: str, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.kind = kind
        modes = _MODES_OF.get(kind, ("none", "extra"))
        due = self.fields["due_mode"]
        assert isinstance(due, forms.ChoiceField)
        due.choices = [(m, _DUE_MODES[m]) for m in modes]
        for n, weekday in enumerate(WEEKDAYS):
            self.fields[f"day{n}"] = PeriodsField(
                label=weekday,
                required=False,
                max_length=80,
                help_text=""
                if n
                else _("9:00-12:00, 14:00-17:30. All left empty: the usual hours."),
            )
        kept = {name for _title, names in SECTIONS[kind] for name in names}
        for name in list(self.fields):
            if name not in kept and name != "key":
                del self.fields[name]

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The form's parts with their headings."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS[self.kind]]

    @property
    def terms(self) -> Terms:
        """What the valid form says."""
        given = self.cleaned_data
        names = ("key", "place", "include_branches", "checks", "lanes")
        plain = {
            k: v
            for k, v in given.items()
            if (k not in names and not k.startswith("day")) or k == "day_quota"
        }
        for name in ("extra_loans", "due_days", "seats_off", "quarantine_hours"):
            if name in plain:
                plain[name] = plain[name] or 0
        return Terms(
            kind=self.kind,
            hours={n: tuple(given[f"day{n}"]) for n in range(7) if given.get(f"day{n}")},
            checks=tuple((given.get("checks") or "").split("\n")),
            lanes=tuple((given.get("lanes") or "").split("\n")),
            **plain,
        )


_WHERE = (
    _("Where and when"),
    ("place", "include_branches", "name", "reason", "first_day", "last_day"),
)
_TOLD = (_("What is told"), ("notice", "desk_notice"))
_LENDING = (_("Lending"), ("extra_loans", "loan_days", "quarantine_hours"))
SECTIONS: dict[str, tuple[tuple[Any, tuple[str, ...]], ...]] = {
    "closed": (
        (_WHERE[0], (*_WHERE[1], "until_notice")),
        (_("Due dates"), ("due_mode", "due_days", "spread_most", "move_holds")),
        _TOLD,
    ),
    "limited": (
        _WHERE,
        (_("Opening hours"), tuple(f"day{n}" for n in range(7))),
        (
            _("How many may come"),
            ("slot_minutes", "slot_quota", "moment_quota", "day_quota", "max_stay_minutes", "seats_off"),
        ),
        (_("At the door"), ("checks", "lanes")),
        _LENDING,
        (_("Due dates"), ("due_mode", "due_days", "spread_most")),
        _TOLD,
    ),
    "normal": (
        _WHERE,
        _LENDING,
        (_("Due dates"), ("due_mode", "due_days", "spread_most")),
        _TOLD,
    ),
}  # fmt: skip


def first_values(kind: str) -> dict[str, Any]:
    """What a new phase of a kind proposes."""
    if kind == "limited":
        return {"checks": "\n".join(CHECKS), "lanes": "\n".join(LANES)}
    return {}


def values_of(phase: Phase, code: str) -> dict[str, Any]:
    """A phase as its form shows it; ``code`` is its place's."""
    values = {name: getattr(phase, name) for name in PhaseForm.base_fields if hasattr(phase, name)}
    for n, periods in phase.hours.items():
        values[f"day{n}"] = ", ".join(f"{o:%H:%M}-{c:%H:%M}" for o, c in periods)
    for name in ("extra_loans", "due_days", "seats_off", "quarantine_hours"):
        values[name] = values[name] or None
    return values | {
        "place": code,
        "checks": "\n".join(phase.checks),
        "lanes": "\n".join(phase.lanes),
    }


_PAST = _("Only where days already past change: opening days were counted from them.")


class ApplyForm(KeyedForm):
    why = forms.CharField(label=_("Why"), max_length=200, required=False, help_text=_PAST)
    fields_of = {"past-day-without-why": "why"}


class EndForm(KeyedForm):
    last_day = day_field(_("Last day"))
    until_notice = forms.BooleanField(
        label=_("Still until further notice"),
        required=False,
        help_text=_("Not ticked, that day is its end for good."),
    )
    why = forms.CharField(label=_("Why"), max_length=200, required=False, help_text=_PAST)
    fields_of = {
        "past-day-without-why": "why",
        "days-reversed": "last_day",
        "phase-same-end": "last_day",
    }


class RevertForm(KeyedForm):
    mistake = forms.BooleanField(
        label=_("It was a mistake: the library was open on these days"), required=False
    )
    why = forms.CharField(label=_("Why"), max_length=200, required=False, help_text=_PAST)
    fields_of = {"past-day-without-why": "why", "phase-begun": "mistake"}


class TaskForm(KeyedForm):
    text = forms.CharField(label=_("Task or measure"), max_length=200)
    who = forms.CharField(label=_("Responsible"), max_length=40, required=False)
    until = day_field(_("To be done by"), required=False)
    fields_of = {"task-text-missing": "text"}
