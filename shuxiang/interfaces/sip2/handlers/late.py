"""No-block transactions: what a machine did while it was cut off, sent later with its own time.

The book has left, or lies in the box: nothing is refused. What can't be done as it stands is kept as a
conflict for a person (补录), and the machine is told that it was taken down.
"""

from __future__ import annotations

from datetime import date

from shuxiang.apps.circulation import commands
from shuxiang.apps.stock.queries import ScannedItem
from shuxiang.formats.sip2 import moment
from shuxiang.interfaces.sip2 import words
from shuxiang.interfaces.sip2.handlers.asked import (
    Asked,
    Fields,
    due,
    item_of,
    item_returned,
    place_code,
    reader_of,
)
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused


def check_out(asked: Asked) -> str:
    """11 with no-block → 12."""
    item = item_of(asked.message.get("AB"), asked.profile)
    promised = moment(asked.message.fixed["nb_due_date"])
    told = clock.business_date(promised) if promised else None
    ok, due_on, say = _enter(asked, "check_out", item, told)
    fixed = {"ok": ok, "renewal_ok": "N", "magnetic": "N" if item else "U", "desensitize": "Y"}
    fields: Fields = [
        ("AA", asked.message.get("AA")),
        ("AB", asked.message.get("AB")),
        ("AJ", item.title_text if item else ""),
        ("AH", due(asked, due_on or told)),
        ("AF", say),
    ]
    return asked.write("12", fixed, fields)


def check_in(asked: Asked) -> str:
    """09 with no-block → 10."""
    item = item_returned(asked.message.get("AB"))
    ok, _, say = _enter(asked, "check_in", item, None)
    fixed = {"ok": ok, "resensitize": "Y", "magnetic": "N" if item else "U", "alert": "N"}
    fields: Fields = [
        ("AB", asked.message.get("AB")),
        ("AQ", place_code(item.owner) if item else ""),
        ("AJ", item.title_text if item else ""),
        ("AF", say),
    ]
    return asked.write("10", fixed, fields)


def _enter(
    asked: Asked, act: str, item: ScannedItem | None, told: date | None
) -> tuple[str, date | None, str]:
    """(ok, due date, what the screen says) of a line taken down."""
    when = "return_date" if act == "check_in" else "date"
    at = moment(asked.message.fixed[when]) or moment(asked.message.fixed["date"]) or asked.at
    reader = reader_of(asked.message.get("AA"), asked.profile) if act == "check_out" else None
    line = commands.PaperLine(
        act=act,
        # The clock of the machine may be ahead.
        at=min(at, asked.at),
        barcode=item.barcode if item else asked.message.get("AB"),
        card=(reader.number if reader else asked.message.get("AA")) if act == "check_out" else "",
        item_library=item.library if item else None,
        card_library=reader.library if reader else None,
    )
    with words.spoken(asked.profile):
        try:
            done = commands.enter_paper(line=line, told=told, ctx=asked.ctx())
        except Refused as refused:
            return "0", None, words.why_not(refused.decision)
        return "1", done.due_on, words.taken_down(settled=done.state != "conflict")
