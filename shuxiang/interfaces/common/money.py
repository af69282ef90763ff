"""Money on every screen: the field that takes yuan, and the words of charges, payments and points."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.fees import queries as fees
from shuxiang.interfaces.common.words import yuan
from shuxiang.kernel import values

CHARGES: dict[str, str | Promise] = {
    "overdue": _("Overdue charge"),
    "replacement": _("Lost book"),
    "damage": _("Damaged book"),
    "card": _("Card fee"),
    "brought": _("Owed in the earlier system"),
    "other": _("Other charge"),
}
METHODS: dict[str, str | Promise] = {
    "cash": _("Cash"),
    "wechat": _("WeChat"),
    "alipay": _("Alipay"),
    "unionpay": _("Bank card"),
    "transfer": _("Bank transfer"),
}
ENTRIES: dict[str, str | Promise] = {
    "charge": _("Charged"),
    "payment": _("Payment"),
    "payment-reversed": _("Payment taken back"),
    "refund": _("Refund"),
    "waived": _("Waived"),
    "waiver-reversed": _("Waiver taken back"),
    "voided": _("Charge taken back"),
    "deposit-taken": _("Deposit taken"),
    "deposit-refunded": _("Deposit given back"),
    "deposit-kept": _("Deposit kept"),
    "deposit-brought": _("Deposit taken over"),
    "cash-in": _("Cash put in"),
    "cash-out": _("Cash handed over"),
}
_AMOUNT = re.compile(r"(\d{1,6})(?:\.(\d{1,2}))?")


class YuanField(forms.CharField):
    """An amount in yuan as people write it (``12``, ``12.5``, ``１２．５０``), cleaned to 分; None where
    nothing was written."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=12, widget=widget, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = unicodedata.normalize("NFKC", super().clean(value)).strip().rstrip("元")
        if not text:
            return None
        found = _AMOUNT.fullmatch(text)
        if found is None:
            raise forms.ValidationError(_("Write the amount in yuan, such as 12.50."))
        return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))

    def prepare_value(self, value: Any) -> Any:
        return values.yuan(value) if isinstance(value, int) else value


def charge_words(kind: str) -> str:
    """A kind of charge; another one as it is."""
    return gettext(str(CHARGES.get(kind, kind)))


def method_words(method: str) -> str:
    """A way of paying, the deposit among them."""
    if method == "deposits":
        return gettext("Deposit")
    return gettext(str(METHODS.get(method, method)))


def entry_words(kind: str) -> str:
    """What a transaction was."""
    return gettext(str(ENTRIES.get(kind, kind)))


def working_words(charge: fees.ChargeView) -> str:
    """How an overdue charge came about, for who has to pay it: days and price of a day."""
    pieces = [piece.partition("x") for piece in charge.working.split("+") if piece]
    said = [
        gettext("%(days)s open days at %(fen)s") % {"days": days, "fen": yuan(int(fen))}
        for days, _x, fen in pieces
    ]
    text = gettext(", ").join(said)
    whole = sum(int(days) * int(fen) for days, _x, fen in pieces)
    return text + gettext(", capped") if whole > charge.amount_fen else text
