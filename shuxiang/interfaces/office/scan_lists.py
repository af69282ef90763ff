"""A box for a list of scans, and one act a line: what was refused stays in the box with its reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.stock.commands.moving import meant
from shuxiang.apps.stock.queries import ItemView
from shuxiang.documents.lists import ItemList, item_list_pdf
from shuxiang.interfaces.common.staff import context as acting
from shuxiang.interfaces.common.wording import refusal, say
from shuxiang.interfaces.office.acts import FAULTS, KeyedForm, busy
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, Refused
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned

MOST = 500


class ScansForm(KeyedForm):
    """One scan a line; of a barcode of several libraries ``barcode@library code``."""

    barcodes = forms.CharField(
        label=_("Barcodes"),
        max_length=40_000,
        help_text=_(
            "Scan one after the other, one a line. Of a barcode of several libraries write "
            "barcode@library code."
        ),
        widget=forms.Textarea(
            attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )


@dataclass(slots=True)
class Outcome:
    """What became of a list: barcodes done, what is told of them, and those refused with why."""

    done: list[str] = field(default_factory=list)
    told: list[tuple[str, list[str]]] = field(default_factory=list)
    refused: list[tuple[str, list[str]]] = field(default_factory=list)


def each(
    request: HttpRequest,
    form: ScansForm,
    act: Callable[[ItemView, Context], tuple[Reason, ...]],
    *,
    unknown: Callable[[str, Context], tuple[Reason, ...]] | None = None,
) -> Outcome:
    """Do one act a line, each under a key of its own: sent twice, nothing is done twice. ``act`` returns
    what is to be told; ``unknown`` takes the lines that mean no item of ours. The form keeps what was
    refused."""
    codes = list(dict.fromkeys(filter(None, map(scanned, form.cleaned_data["barcodes"].split()))))
    outcome = Outcome()
    ctx = acting(request, channel="office", key=form.cleaned_data["key"][:30])
    for code in codes[:MOST]:
        try:
            told = _one(code, ctx.with_key(code[:30]), act, unknown)
        except Refused as refused:
            outcome.refused.append((code, refusal(refused.decision)))
        except FAULTS:
            outcome.refused.append((code, [str(busy())]))
        else:
            outcome.done.append(code)
            if told:
                outcome.told.append((code, [say(r) for r in told]))
    left = [code for code, _why in outcome.refused] + codes[MOST:]
    form.data = form.data.copy()
    form.data["barcodes"] = "\n".join(left)
    form.data["key"] = new_id()
    return outcome


def _one(
    code: str,
    ctx: Context,
    act: Callable[[ItemView, Context], tuple[Reason, ...]],
    unknown: Callable[[str, Context], tuple[Reason, ...]] | None,
) -> tuple[Reason, ...]:
    try:
        item = meant(code)
    except Refused as refused:
        if unknown is None or "item-unknown" not in refused.decision.codes:
            raise
        return unknown(code, ctx)
    return act(item, ctx)


def printed(made: ItemList, name: str) -> HttpResponse:
    """The list as a PDF to print."""
    response = HttpResponse(item_list_pdf(made), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


def tidy(values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Facts of a list's head that say anything."""
    return tuple((label, str(value)) for label, value in values.items() if value)
