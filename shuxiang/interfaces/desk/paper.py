"""The form for what was written on paper: one line a row, parsed into the lines of the commands."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shuxiang.apps.circulation.commands import PaperLine
from shuxiang.kernel import clock

ROWS = 12
MOST_ROWS = 200
ACTS = (("check_out", gettext_lazy("Lend")), ("check_in", gettext_lazy("Return")))
OFFLINE_ACTS = (
    *ACTS,
    ("undo", gettext_lazy("Undo")),
    ("renew", gettext_lazy("Renew")),
    ("in_house", gettext_lazy("Read in house")),
)
_TIME = re.compile(r"(\d{1,2})[:.时点]?(\d{2})分?")


class DayForm(forms.Form):
    """The day the sheet was written on."""

    day = forms.DateField(
        label=gettext_lazy("Day"),
        input_formats=["%Y-%m-%d", "%Y%m%d", "%Y.%m.%d", "%Y/%m/%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": gettext_lazy("Say on which day it was written."),
            "invalid": gettext_lazy("This is not a date: 2015-06-01 is expected."),
        },
    )


@dataclass(slots=True)
class Row:
    """A row as typed, with what is wrong with it."""

    number: int
    time: str = ""
    act: str = "check_out"
    card: str = ""
    barcode: str = ""
    errors: list[str] = field(default_factory=list)
    line: PaperLine | None = None

    @property
    def empty(self) -> bool:
        return not (self.barcode or self.card)


def blank(count: int = ROWS) -> list[Row]:
    return [Row(n) for n in range(1, count + 1)]


def read(posted: QueryDict, day: date | None) -> list[Row]:
    """The rows of a posted form. A time or card left out is that of the row above; rows with neither
    card nor barcode are left out of account."""
    columns = {name: posted.getlist(name) for name in ("time", "act", "card", "barcode")}
    count = min(max(map(len, columns.values()), default=0), MOST_ROWS)
    rows: list[Row] = []
    at, card = "", ""
    for n in range(count):
        values: dict[str, Any] = {
            name: cells[n].strip()[:60] for name, cells in columns.items() if n < len(cells)
        }
        row = Row(n + 1, **values)
        rows.append(row)
        if row.empty:
            continue
        at = row.time or at
        card = row.card or card
        row.line = _line(row, day, at, card)
    return rows


def _line(row: Row, day: date | None, at: str, card: str) -> PaperLine | None:
    moment = moment_of(day, at)
    if not at:
        row.errors.append(_("The time is missing."))
    elif moment is None and day is not None:
        row.errors.append(_("%(text)s is not a time: 10:05 is expected.") % {"text": at})
    if not row.barcode:
        row.errors.append(_("The barcode is missing."))
    if row.act == "check_out" and not card:
        row.errors.append(_("A loan needs the reader card."))
    if row.errors or moment is None:
        return None
    lends = row.act == "check_out"
    return PaperLine(act=row.act, at=moment, barcode=row.barcode, card=card if lends else "")


def moment_of(day: date | None, text: str) -> datetime | None:
    """``10:05``, ``1005``, ``10：05`` or ``10点05分`` of a day; None when it is no time."""
    narrow = unicodedata.normalize("NFKC", text).replace(" ", "")
    found = _TIME.fullmatch(narrow)
    if found is None or day is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    if hour > 23 or minute > 59:
        return None
    return clock.at_local(day, time(hour, minute))
