"""How a SIP2 terminal speaks and what it may: the settings of its account as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.places.queries import Device
from shuxiang.interfaces.office.acts import KeyedForm

PART = "terminal"
IDS = "terminal_%s"
"""Apart from those of the page's other form."""
_LETTERS = ("cards", "items")


class TerminalForm(KeyedForm):
    """The settings of a terminal account; what is not shown here stays as it is."""

    encoding = forms.ChoiceField(
        label=_("Character set"),
        choices=[("gb18030", "GB18030"), ("gbk", "GBK"), ("utf-8", "UTF-8")],
    )
    terminator = forms.ChoiceField(
        label=_("Line end"),
        choices=[("", _("As asked")), ("CR", "CR"), ("CRLF", "CR LF"), ("LF", "LF")],
        required=False,
    )
    language = forms.ChoiceField(
        label=_("Screen language"), choices=[("zh-hans", "简体中文"), ("en", "English")]
    )
    institution = forms.CharField(label=_("Institution code (AO)"), max_length=40, required=False)
    strict_institution = forms.BooleanField(
        label=_("Answer requests of this institution only"), required=False
    )
    dates = forms.ChoiceField(
        label=_("Due dates"),
        choices=[
            ("standard", "20261031    235959"),
            ("date", "2026-10-31"),
            ("compact", "20261031"),
        ],
    )
    patron_data = forms.ChoiceField(
        label=_("What it learns of readers"),
        choices=[
            ("masked", _("The first character of the name, and counts")),
            ("name", _("The whole name, and counts")),
            ("full", _("Everything: address, phone, e-mail and birthday too")),
        ],
    )
    messages = forms.CharField(
        label=_("Messages it may send"),
        max_length=120,
        required=False,
        help_text=_("Codes such as 11 09 63, separated by blanks; empty: all."),
    )
    addresses = forms.CharField(
        label=_("Addresses it may come from"),
        max_length=200,
        required=False,
        help_text=_("Networks, separated by blanks; empty: any."),
    )
    cards = forms.BooleanField(label=_("Cards are printed in lower case"), required=False)
    items = forms.BooleanField(label=_("Barcodes are printed in lower case"), required=False)
    blocks = forms.BooleanField(
        label=_("It may stop cards and let them go again (01, 25)"), required=False
    )
    registers = forms.BooleanField(label=_("It registers readers (81, 91)"), required=False)
    particulars = forms.BooleanField(
        label=_("It is told reader type, expiry and debt in XT, XD and JF, and what 85 asks"),
        required=False,
    )


def initial(device: Device) -> dict[str, Any]:
    """The form's values of a device as it is."""
    usual = {
        "encoding": "gb18030",
        "language": "zh-hans",
        "dates": "standard",
        "patron_data": "masked",
    }
    said = usual | dict(device.settings)
    return said | {name: said.get(name) == "lower" for name in _LETTERS}


def settings(device: Device, given: dict[str, Any]) -> dict[str, Any]:
    """The device's settings after the form."""
    names = [name for name in TerminalForm.base_fields if name != "key"]
    said = {name: given[name] for name in names}
    said |= {name: "lower" if given[name] else "upper" for name in _LETTERS}
    return {**device.settings, **said}
