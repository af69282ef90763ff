"""How a form or a button of the office becomes a command, and its refusal words on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.errors import Busy, KeyReused, StorageFull

FAULTS = (Busy, StorageFull, KeyReused)
Choices = Iterable[tuple[str, Any]]


class KeyedForm(forms.Form):
    """A form that carries its request key: sent twice, it acts once."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    fields_of: Mapping[str, str] = {}
    """Reason code → the field it is about."""

    def __init__(self, *args: Any, choices: Mapping[str, Choices] | None = None, **kw: Any) -> None:
        kw["initial"] = {"key": new_id()} | (kw.get("initial") or {})
        super().__init__(*args, **kw)
        for name, values in (choices or {}).items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(values)


def day_field(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DateField:
    """A day, chosen from the browser's calendar."""
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def time_field(label: Any, *, required: bool = False) -> forms.TimeField:
    """A time of day to the minute."""
    return forms.TimeField(
        label=label,
        required=required,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )


def attempt(request: HttpRequest, form: KeyedForm, act: Callable[[Context], Any]) -> bool:
    """Run a valid form's command; False when it was refused, the reasons then stand in the form,
    which gets a new key: changed, it is another request."""
    if not form.is_valid():
        _new_key(form)
        return False
    try:
        act(acting(request, channel="office", key=form.cleaned_data["key"]))
    except Refused as refused:
        for reason in refused.decision.refusing:
            field = form.fields_of.get(reason.code) or str(reason.data.get("field", ""))
            form.add_error(field if field in form.fields else None, say(reason))
    except FAULTS:
        form.add_error(None, busy())
    else:
        return True
    _new_key(form)
    return False


def _new_key(form: KeyedForm) -> None:
    form.data = form.data.copy()
    form.data["key"] = new_id()


def press(request: HttpRequest, act: Callable[[Context], Any], said: str) -> bool:
    """Run the command behind a button and say how it went on the next page."""
    key = request.POST.get("key", "")[:64]
    try:
        act(acting(request, channel="office", key=key))
    except Refused as refused:
        messages.error(request, " ".join(refusal(refused.decision)))
    except FAULTS:
        messages.error(request, busy())
    else:
        messages.success(request, said)
        return True
    return False


def busy() -> str:
    """What is said when a command could not be run at all."""
    return gettext("The database is busy. Nothing was done: send the form again.")
