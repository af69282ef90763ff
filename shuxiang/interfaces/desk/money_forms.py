"""Forms of a reader's money. They parse; what is allowed the commands decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.fees import queries as fees
from shuxiang.interfaces.common.money import CHARGES, METHODS, YuanField


def _method() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Paid by"), choices=list(METHODS.items()), initial="cash")


def _why() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=_("Why"), max_length=200, widget=widget)


def _note(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=label, max_length=64, required=False, help_text=help_text, widget=widget
    )


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "max": "2100-12-31"})
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


class PayForm(forms.Form):
    """Money taken for what is owed; goes to the oldest first."""

    amount = YuanField(label=_("Amount"))
    method = _method()
    reference = _note(_("Number of the payment"), _("Such as of the WeChat order."))


class PayOneForm(forms.Form):
    """One charge paid in full."""

    method = _method()


class ChargeForm(forms.Form):
    """A charge made by hand."""

    kind = forms.ChoiceField(
        label=_("For what"), choices=[(k, w) for k, w in CHARGES.items() if k != "overdue"]
    )
    amount = YuanField(label=_("Amount"))
    note = _note(_("Note"), _("Needed for another charge."))


class WaiveForm(forms.Form):
    """减免."""

    amount = YuanField(label=_("Amount"))
    why = _why()


class WhyForm(forms.Form):
    """Only a why."""

    why = _why()


class RefundForm(forms.Form):
    """Money given back."""

    amount = YuanField(label=_("Amount"))
    method = _method()
    why = _why()


class DepositForm(forms.Form):
    """A deposit taken or given back."""

    amount = YuanField(label=_("Amount"))
    method = _method()
    note = _note(_("Number of the payment"))


class KeepForm(forms.Form):
    """A deposit kept."""

    amount = YuanField(label=_("Amount"))
    why = _why()


class CreditForm(forms.Form):
    """免押."""

    basis = forms.CharField(
        label=_("On what it rests"),
        max_length=40,
        help_text=_("Such as 信易借 or an agreement; no account numbers."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    valid_from = _day(_("From"))
    valid_to = _day(_("Last day"), required=False, help_text=_("Left empty: until it is ended."))


def of_charge(charge: fees.ChargeView) -> dict[str, forms.Form]:
    """The forms of one charge, filled with what is open or was paid of it."""
    return {
        "waive": WaiveForm(initial={"amount": charge.open_fen}, auto_id=f"waive_{charge.id}_%s"),
        "void": WhyForm(auto_id=f"void_{charge.id}_%s"),
        "refund": RefundForm(initial={"amount": charge.paid_fen}, auto_id=f"refund_{charge.id}_%s"),
        "pay-one": PayOneForm(auto_id=f"one_{charge.id}_%s"),
    }
