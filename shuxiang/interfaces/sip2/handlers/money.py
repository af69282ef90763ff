"""37/38: a machine has taken money."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from shuxiang.apps.fees import commands
from shuxiang.apps.fees import queries as fees
from shuxiang.interfaces.sip2 import words
from shuxiang.interfaces.sip2.handlers.asked import Asked, Fields, pin_holds, reader_of
from shuxiang.kernel.decision import Refused

METHODS = {"00": "cash", "01": "unionpay", "02": "unionpay"}
"""Payment type → how the books call it; of others the machine's own number stays with the payment."""
OTHERWISE = "transfer"


def fee_paid(asked: Asked) -> str:
    """37 → 38."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    fen = _fen(asked)
    with words.spoken(asked.profile):
        if reader is None or not pin_holds(asked, reader):
            return _response(asked, "N", [("AF", words.card_unknown())])
        if fen is None:
            return _response(asked, "N", [("AF", words.amount_wrong(asked.profile.currency))])
        wanted = asked.message.get("CG")
        known = {charge.id for charge in fees.charges(reader.patron)}
        if wanted and wanted not in known:
            return _response(asked, "N", [("AF", words.no_charge())])
        try:
            done = commands.pay(
                card=reader.number,
                card_library=reader.library,
                amount_fen=fen,
                method=METHODS.get(asked.message.fixed["payment_type"], OTHERWISE),
                reference=asked.message.get("BK")[:60],
                charges=(wanted,) if wanted else (),
                ctx=asked.ctx(),
            )
        except Refused as refused:
            return _response(asked, "N", [("AF", words.why_not(refused.decision))])
        said = words.paid(done.amount_fen, done.owed_fen)
        return _response(asked, "Y", [("AF", said), ("AG", f"{said} {done.receipt}")])


def _fen(asked: Asked) -> int | None:
    """BV in hundredths; None for no amount, or one in another currency."""
    currency = asked.message.fixed["currency"].strip().upper()
    try:
        hundredths = Decimal(asked.message.get("BV")) * 100
    except InvalidOperation:
        return None
    known = currency in ("", asked.profile.currency) and hundredths.is_finite()
    whole = known and 0 < hundredths < 10**9 and hundredths == int(hundredths)
    return int(hundredths) if whole else None


def _response(asked: Asked, ok: str, fields: Fields) -> str:
    shown: Fields = [
        ("AA", asked.message.get("AA")),
        ("BK", asked.message.get("BK") if asked.message.has("BK") else None),
        *fields,
    ]
    return asked.write("38", {"ok": ok}, shown)
