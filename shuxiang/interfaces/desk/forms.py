"""Forms of readers and cards. They parse; what is allowed the commands decide, with every reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.notices import queries as notices
from shuxiang.apps.patrons import commands, queries
from shuxiang.interfaces.common import consents
from shuxiang.interfaces.common.notice_words import CHANNELS
from shuxiang.interfaces.common.terms import DOCUMENT_KINDS

KINDS = tuple((kind, _(words)) for kind, words in DOCUMENT_KINDS.items())
SEXES = (("", _("not stated")), ("F", _("female")), ("M", _("male")))
RELATIONS = (
    _("Father"),
    _("Mother"),
    _("Paternal grandparent"),
    _("Maternal grandparent"),
    _("Elder brother or sister"),
    _("Another guardian"),
)
"""Offered for the relation of a guardian; anything else may be typed."""

SHOWN = (
    ("document", _("Identity document")),
    ("card-number", _("Card number only")),
    ("phone", _("Phone")),
)


def _text(label: str | Promise, help_text: str | Promise = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )


def _day(label: str | Promise, help_text: str | Promise = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        help_text=help_text,
        input_formats=["%Y-%m-%d", "%Y%m%d", "%Y.%m.%d", "%Y/%m/%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "max": "2100-12-31"}),
        error_messages={"invalid": _("This is not a date: 2015-06-01 is expected.")},
    )


def _choice(label: str | Promise, choices: Sequence[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False)


def _category_choices() -> list[tuple[str, str]]:
    return [(c.code, f"{c.name}{_ages(c.least_age, c.most_age)}") for c in queries.categories()]


def _ages(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return gettext(" (from %(least)s)") % {"least": least}
    if least is None:
        return gettext(" (up to %(most)s)") % {"most": most}
    return gettext(" (%(least)s to %(most)s)") % {"least": least, "most": most}


def _identity(kind: str, number: str) -> commands.IdentityDocument | None:
    return commands.IdentityDocument(kind, number.strip()) if number.strip() else None


class DocumentForm(forms.Form):
    """A reader's own document."""

    document_kind = _choice(_("Kind of document"), KINDS)
    document = _text(_("Document number"))

    def given(self) -> commands.IdentityDocument | None:
        return _identity(self.cleaned_data["document_kind"], self.cleaned_data["document"])


class GuardianForm(forms.Form):
    """Who answers for a child, or is responsible for a group."""

    guardian_name = _text(_("Guardian's name"))
    guardian_relation = _text(_("Relation to the child"), list="relations")
    guardian_phone = _text(_("Guardian's phone"), inputmode="tel")
    guardian_document_kind = _choice(_("Guardian's kind of document"), KINDS)
    guardian_document = _text(_("Guardian's document number"))

    def guardian(self) -> commands.GuardianGiven | None:
        """None when nothing of a guardian was filled in."""
        data = self.cleaned_data
        typed = ("guardian_name", "guardian_relation", "guardian_phone", "guardian_document")
        if not any(data[name].strip() for name in typed):
            return None
        return commands.GuardianGiven(
            name=data["guardian_name"],
            relation=data["guardian_relation"],
            phone=data["guardian_phone"],
            document=_identity(data["guardian_document_kind"], data["guardian_document"]),
        )


class ConsentForm(forms.Form):
    """The consents, each with the version of its text."""

    consent_reader_data = forms.BooleanField(label=consents.TEXTS[0].line, required=False)
    consent_child_data = forms.BooleanField(label=consents.TEXTS[1].line, required=False)

    def consents_given(self) -> tuple[commands.ConsentGiven, ...]:
        return tuple(
            commands.ConsentGiven(text.purpose, consents.VERSION)
            for text in consents.TEXTS
            if self.cleaned_data[f"consent_{text.purpose}".replace("-", "_")]
        )


class RegisterForm(ConsentForm, GuardianForm, DocumentForm):
    """办证: everything on one page."""

    name = _text(_("Name"))
    born_on = _day(_("Birth date"))
    sex = _choice(_("Sex"), SEXES)
    category = _choice(_("Reader category"), ())
    phone = _text(_("Phone"), inputmode="tel")
    note = _text(_("Note"))
    card_number = _text(
        _("Number of a pre-printed card"), _("Scan it. Left empty, the next number is given.")
    )
    why = _text(_("Why it is done all the same"))
    family = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    # Groups of the page, in the order of work: document first, since it fills the person in.
    DOCUMENT = ("document_kind", "document")
    PERSON = ("name", "born_on", "sex", "category", "phone", "note")
    GUARDIAN = tuple(GuardianForm.base_fields)
    CARD = ("card_number",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _category_choices()
        self.fields["document"].widget.attrs["autofocus"] = True

    def group(self, names: tuple[str, ...]) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def document_fields(self) -> list[forms.BoundField]:
        return self.group(self.DOCUMENT)

    @property
    def person_fields(self) -> list[forms.BoundField]:
        return self.group(self.PERSON)

    @property
    def guardian_fields(self) -> list[forms.BoundField]:
        return self.group(self.GUARDIAN)

    @property
    def guardian_open(self) -> bool:
        """Whether the guardian's part is to be seen at once: something stands in it or is wrong."""
        return any(field.errors or field.value() for field in self.guardian_fields if field.name
                   != "guardian_document_kind")  # fmt: skip


class ChangeForm(forms.Form):
    """What may be changed of a reader. An empty phone stays as it is."""

    name = _text(_("Name"))
    born_on = _day(_("Birth date"))
    sex = _choice(_("Sex"), SEXES)
    category = _choice(_("Reader category"), ())
    phone = _text(_("New phone"), _("Left empty, the phone on record stays."), inputmode="tel")
    phone_away = forms.BooleanField(label=_("Remove the phone from the record"), required=False)
    note = _text(_("Note"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _category_choices()

    def changes(self) -> dict[str, Any]:
        """Keyword arguments of the command `change_patron`."""
        data = self.cleaned_data
        born_on: date | None = data["born_on"]
        phone = "" if data["phone_away"] else (data["phone"] or None)
        return {
            "name": data["name"],
            "born_on": born_on,
            "sex": data["sex"],
            "category": data["category"],
            "phone": phone,
            "note": data["note"],
        }


class ReplaceForm(forms.Form):
    card_number = _text(
        _("Number of the new card"), _("Scan it. Left empty, the next number is given.")
    )


class NoticesForm(forms.Form):
    """By which ways and of what a reader wants to be told."""

    channels = forms.MultipleChoiceField(
        label=_("Besides “My messages”"),
        choices=list(CHANNELS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Only ways whose address is on record are used."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("What the reader wants to be told"),
        choices=[(code, k.name_zh) for code, k in notices.KINDS.items() if not k.needed],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class ProxyForm(forms.Form):
    proxy_card = _text(_("Card of who acts for this reader"))
    proxy_until = _day(_("Agreed until and including"))


class LostForm(forms.Form):
    shown = _choice(_("How the reader made themselves known"), SHOWN)


class SuspendForm(forms.Form):
    until = _day(_("Until and including"))
    why = _text(_("Why"))


class ChangeGuardianForm(ConsentForm, GuardianForm):
    """Another guardian, who agrees anew."""
