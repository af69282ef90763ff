"""Commands of the desk that are no scan of a book or card: next, slip, undo."""

from __future__ import annotations

import json

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shuxiang.apps.circulation import commands, queries
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.desk import reader
from shuxiang.interfaces.desk.answers import WORDS, Outcome
from shuxiang.interfaces.desk.scans import Scan
from shuxiang.kernel import clock
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import answered

_UNDOABLE = {
    "circulation.check_out": ("check_out", "loan", gettext_lazy("is not lent.")),
    "circulation.check_in": ("check_in", "loan", gettext_lazy("is on loan as before.")),
    "circulation.renew": ("renew", "loan", gettext_lazy("has its due date as before.")),
    "circulation.use_in_house": ("in_house", "item", gettext_lazy("is not counted.")),
}


def next_reader(taken: Scan) -> Outcome:
    """The desk is free again."""
    return Outcome(
        "ok", reader.NOBODY, _("Scan the next reader card."), word=_("Next reader"), mode="checkout"
    )


def slip(taken: Scan) -> Outcome:
    """What the reader at the desk holds, on paper, with the name masked."""
    who = reader.find(taken.held)
    if who is None:
        return Outcome("refused", taken.held, _("No reader is at the desk."))
    html = render_to_string(
        "desk/slip.html",
        {
            "library": staff.service_point(taken.request).name,
            "reader": who,
            "loans": queries.open_loans(who.patron),
            "today": clock.business_date(taken.ctx.occurred_at),
            "at": taken.ctx.occurred_at,
        },
        taken.request,
    )
    return Outcome(
        "ok", taken.held, _("The slip is being printed."), word=_("Slip"), slip_html=html
    )


def undo(taken: Scan, undoes: str) -> Outcome:
    """Take back the act that was answered under the request key ``undoes``."""
    before = answered(taken.ctx, undoes)
    if before is None or before.refused or before.command not in _UNDOABLE:
        raise refuse(stop("nothing-to-undo"))
    act, subject, said = _UNDOABLE[before.command]
    done = commands.undo(
        act=act, subject=json.loads(before.outcome)[subject], done_at=before.at, ctx=taken.ctx
    )
    return Outcome(
        "ok",
        taken.held,
        str(said),
        word=str(WORDS["undo"]),
        code=done.barcode,
        what=done.title_text,
    )
