"""17/18: what a book is and where it stands."""

from __future__ import annotations

from shuxiang.apps.circulation import queries as loans
from shuxiang.interfaces.sip2 import words
from shuxiang.interfaces.sip2.handlers.asked import Asked, Fields, due, item_of, place_code

OTHER, AVAILABLE, CHARGED, IN_PROCESS, LOST, MISSING = "01", "03", "04", "06", "12", "13"
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
    fixed = {
        "circulation_status": CHARGED if loan else STATUS.get(item.status, OTHER),
        "security_marker": TATTLE_TAPE,
        "fee_type": NO_FEE,
    }
    fields = [
        ("CF", "0"),
        ("AH", due(asked, loan.due_on) if loan else None),
        ("AB", barcode),
        ("AJ", item.title_text),
        ("BG", place_code(item.owner)),
        ("BH", asked.profile.currency),
        ("CK", "001"),
        ("AQ", place_code(item.owner)),
        ("AP", place_code(item.holder)),
        ("CS", item.call_number or None),
    ]
    return asked.write("18", fixed, fields)
