"""17/18: what a book is and where it stands; 19/20: what a machine keeps with it."""

from __future__ import annotations

from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.properties import set_properties
from shuxiang.interfaces.sip2 import words
from shuxiang.interfaces.sip2.handlers.asked import Asked, Fields, due, item_of, place_code
from shuxiang.kernel.decision import Refused

OTHER, AVAILABLE, CHARGED, IN_PROCESS = "01", "03", "04", "06"
ON_HOLD_SHELF, IN_TRANSIT, LOST, MISSING = "08", "10", "12", "13"
STATUS = {"available": AVAILABLE, "in_processing": IN_PROCESS, "lost": LOST, "missing": MISSING}
TATTLE_TAPE = "02"
NO_FEE = "01"


def item_information(asked: Asked) -> str:
    """17 → 18."""
    item = item_of(asked.message.get("AB"), asked.profile)
    barcode = asked.message.get("AB")
    if item is None:
        fixed = {"circulation_status": OTHER, "security_marker": "00", "fee_type": NO_FEE}
        with words.spoken(asked.profile):
            fields: Fields = [("AB", barcode), ("AJ", ""), ("AF", words.item_unknown())]
        return asked.write("18", fixed, fields)
    loan = loans.open_loan_of(item.id)
    held = loans.set_aside([item.id]).get(item.id)
    transit = loans.transit_of(item.id)
    if loan is not None:
        circulation_status = CHARGED
    elif transit is not None:
        circulation_status = IN_TRANSIT
    elif held is not None:
        circulation_status = ON_HOLD_SHELF
    else:
        circulation_status = STATUS.get(item.status, OTHER)
    fixed = {
        "circulation_status": circulation_status,
        "security_marker": TATTLE_TAPE,
        "fee_type": NO_FEE,
    }
    fields = [
        ("CF", str(len(loans.queue(item.title)))),
        ("CM", due(asked, held.ready_until) if held and held.ready_until else None),
        ("AH", due(asked, loan.due_on) if loan else None),
        ("AB", barcode),
        ("AJ", item.title_text),
        ("BG", place_code(item.owner)),
        ("BH", asked.profile.currency),
        ("CK", "001"),
        ("AQ", place_code(item.owner)),
        ("AP", place_code(item.holder)),
        ("CH", stock.properties(item.id) or None),
        ("CS", item.call_number or None),
    ]
    return asked.write("18", fixed, fields)


def item_status_update(asked: Asked) -> str:
    """19 → 20."""
    item = item_of(asked.message.get("AB"), asked.profile)
    text = asked.message.get("CH")
    ok, say = "1", None
    with words.spoken(asked.profile):
        if item is None:
            ok, say = "0", words.item_unknown()
        else:
            try:
                set_properties(item=item.id, text=text, ctx=asked.ctx())
            except Refused as refused:
                ok, say = "0", words.why_not(refused.decision)
    fields: Fields = [
        ("AB", asked.message.get("AB")),
        ("AJ", item.title_text if item else None),
        ("CH", text or None),
        ("AF", say),
    ]
    return asked.write("20", {"ok": ok}, fields)
