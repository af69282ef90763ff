"""11/12, 09/10, 29/30, 65/66: lending, taking back, renewing."""

from __future__ import annotations

from shuxiang.apps.circulation import commands
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.sip2 import words
from shuxiang.interfaces.sip2.handlers import late
from shuxiang.interfaces.sip2.handlers.asked import (
    Asked,
    Fields,
    due,
    item_held,
    item_of,
    pin_holds,
    place_code,
    reader_of,
)
from shuxiang.interfaces.sip2.handlers.patron import name
from shuxiang.kernel.decision import Refused

BOOK = "001"


def check_out(asked: Asked) -> str:
    """11 → 12. A book this reader has already is renewed, where the machine allows that."""
    if asked.message.fixed["no_block"] == "Y":
        return late.check_out(asked)
    with words.spoken(asked.profile):
        if asked.message.get("BI") == "Y":
            return _cancelled(asked)
        if asked.message.get("AD"):
            reader, item = _found(asked)
            if reader is None or not pin_holds(asked, reader):
                return _not_lent(asked, reader, item, words.card_unknown())
        try:
            return _lent(asked, asked.message.get("AA"), None)
        except Refused as refused:
            return _refused(asked, refused)


def _cancelled(asked: Asked) -> str:
    """11 with BI: the machine takes back what it has itself just lent to this reader."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    item = item_held(asked.message.get("AB"), reader, asked.profile)
    if reader is None or not pin_holds(asked, reader):
        return _not_lent(asked, reader, item, words.card_unknown())
    if item is None:
        return _not_lent(asked, reader, None, words.item_unknown())
    try:
        commands.cancel(
            act="check_out", item_barcode=item.barcode, patron=reader.patron, ctx=asked.ctx()
        )
    except Refused as refused:
        return _not_lent(asked, reader, item, words.why_not(refused.decision))
    fixed = {"ok": "1", "renewal_ok": "N", "magnetic": "N", "desensitize": "N"}
    fields: Fields = [("AH", ""), ("AF", words.taken_back())]
    return _lending_response("12", asked, fixed, item.title_text, fields)


def _found(asked: Asked) -> tuple[LoanReader | None, stock.ScannedItem | None]:
    """Whom and what the request is about. Looked up only where more is to be said than that it went
    well: the command does it again."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    return reader, item_of(asked.message.get("AB"), asked.profile)


def _lent(asked: Asked, card: str, library: str | None) -> str:
    done = commands.check_out(
        item_barcode=asked.message.get("AB"),
        card=card,
        card_library=library,
        ctx=asked.ctx(card if library else ""),
    )
    fields: Fields = [
        ("AH", due(asked, done.due_on)),
        ("AF", words.lent(done.due_on, done.remaining)),
        ("AG", words.slip(done.title_text, done.due_on)),
    ]
    fixed = {"ok": "1", "renewal_ok": "N", "magnetic": "N", "desensitize": "Y"}
    return _lending_response("12", asked, fixed, done.title_text, fields)


def _refused(asked: Asked, refused: Refused) -> str:
    """Why not; a card named by its holder's ID number gets another try, and a book this reader has is
    renewed."""
    reader, item = _found(asked)
    if reader is None:
        return _not_lent(asked, None, item, words.card_unknown())
    if item is None:
        return _not_lent(asked, reader, None, words.item_unknown())
    if "card-unknown" in refused.decision.codes:
        try:
            return _lent(asked, reader.number, reader.library)
        except Refused as again:
            refused = again
    reasons = refused.decision.reasons
    mine = any(r.code == "item-on-loan" and r.data["same_reader"] for r in reasons)
    if mine and asked.message.fixed["renewal_policy"] == "Y":
        return _lent_again(asked, reader, item)
    return _not_lent(asked, reader, item, words.why_not(refused.decision))


def _lent_again(asked: Asked, reader: LoanReader, item: stock.ScannedItem) -> str:
    loan = loans.open_loan_of(item.id)
    assert loan is not None
    try:
        done = commands.renew(loan=loan.id, ctx=asked.ctx("renew"))
    except Refused as refused:
        return _not_lent(asked, reader, item, words.why_not(refused.decision))
    fixed = {"ok": "1", "renewal_ok": "Y", "magnetic": "N", "desensitize": "Y"}
    fields: Fields = [("AH", due(asked, done.due_on)), ("AF", words.renewed(done.due_on))]
    return _lending_response("12", asked, fixed, item.title_text, fields)


def _not_lent(
    asked: Asked,
    reader: LoanReader | None,
    item: stock.ScannedItem | None,
    say: str,
    code: str = "12",
) -> str:
    fixed = {"ok": "0", "renewal_ok": "N", "magnetic": "U", "desensitize": "N"}
    right = asked.pin_right
    fields: Fields = [
        ("AH", ""),
        ("BL", "Y" if reader else "N"),
        ("CQ", None if right is None else ("Y" if right and reader else "N")),
        ("AF", say),
    ]
    return _lending_response(code, asked, fixed, item.title_text if item else "", fields)


def _lending_response(
    code: str, asked: Asked, fixed: dict[str, str], title: str, fields: Fields
) -> str:
    shown: Fields = [
        ("AA", asked.message.get("AA")),
        ("AB", asked.message.get("AB")),
        ("AJ", title),
        *fields[:1],
    ]
    if fixed["ok"] == "1":
        shown += [("CK", BOOK), ("BH", asked.profile.currency), ("BV", "0.00")]
    return asked.write(code, fixed, [*shown, *fields[1:]])


def check_in(asked: Asked) -> str:
    """09 → 10. ``ok`` says that something was taken back: a loan, or a book that stood elsewhere."""
    if asked.message.fixed["no_block"] == "Y":
        return late.check_in(asked)
    barcode = asked.message.get("AB")
    with words.spoken(asked.profile):
        try:
            if asked.message.get("BI") == "Y":
                undone = commands.cancel(act="check_in", item_barcode=barcode, ctx=asked.ctx())
                return _not_taken(asked, stock.scanned_item(undone.item), words.taken_back(), "1")
            done = commands.check_in(item_barcode=barcode, ctx=asked.ctx())
        except Refused as refused:
            item = item_of(barcode, asked.profile)
            if "item-ambiguous" in refused.decision.codes:
                item = None
            unknown = "item-unknown" in refused.decision.codes
            say = words.item_unknown() if unknown else words.why_not(refused.decision)
            return _not_taken(asked, item, say)
        taken = done.kind in ("returned", "received", "moved")
        waits = patrons.loan_reader(done.hold_patron) if done.hold_patron else None
        alert = _alert(done)
        reader = patrons.loan_reader(done.patron) if done.patron else None
        fields: Fields = [
            ("AB", barcode),
            ("AQ", place_code(done.owner)),
            ("AJ", done.title_text),
            ("AA", asked.profile.card_number(reader.number) if reader else None),
            ("CK", BOOK),
            ("CS", done.call_number or None),
            ("CT", place_code(done.transit_to) if done.transit_to else None),
            ("CV", alert or None),
            ("CY", asked.profile.card_number(waits.number) if waits else None),
            ("DA", name(asked, waits) if waits else None),
            ("AF", words.told(done.tells) or words.returned()),
        ]
        fixed = {
            "ok": "1" if taken else "0",
            "resensitize": "Y",
            "magnetic": "N",
            "alert": "Y" if alert else "N",
        }
        return asked.write("10", fixed, fields)


def _not_taken(asked: Asked, item: stock.ScannedItem | None, say: str, ok: str = "0") -> str:
    """10 where nothing was taken back: a refusal, or (``ok``) the return before was cancelled."""
    cancelled = ok == "1"
    fixed = {"ok": ok, "resensitize": "N", "magnetic": "N" if cancelled else "U"}
    fixed["alert"] = "N" if cancelled else "Y"
    fields: Fields = [
        ("AB", asked.message.get("AB")),
        ("AQ", place_code(item.owner) if item else ""),
        ("AJ", item.title_text if item else ""),
        ("AF", say),
    ]
    return asked.write("10", fixed, fields)


def _alert(done: commands.CheckedIn) -> str:
    """Why the book does not go back to its shelf (CV): held here, held elsewhere, on its way home."""
    if done.hold:
        return "02" if done.transit_to else "01"
    return "04" if done.transit_to else ""


def renew(asked: Asked) -> str:
    """29 → 30."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    item = item_held(asked.message.get("AB"), reader, asked.profile)
    with words.spoken(asked.profile):
        if reader is None or not pin_holds(asked, reader):
            return _not_lent(asked, reader, item, words.card_unknown(), "30")
        if item is None:
            return _not_lent(asked, reader, None, words.item_unknown(), "30")
        loan = loans.open_loan_of(item.id)
        third_party = asked.message.fixed["third_party"] == "Y"
        if loan is None or (loan.patron != reader.patron and not third_party):
            return _not_lent(asked, reader, item, words.not_on_loan(), "30")
        try:
            done = commands.renew(loan=loan.id, ctx=asked.ctx())
        except Refused as refused:
            return _not_lent(asked, reader, item, words.why_not(refused.decision), "30")
        fields: Fields = [("AH", due(asked, done.due_on)), ("AF", words.renewed(done.due_on))]
    fixed = {"ok": "1", "renewal_ok": "Y", "magnetic": "N", "desensitize": "N"}
    return _lending_response("30", asked, fixed, item.title_text, fields)


def renew_all(asked: Asked) -> str:
    """65 → 66: every loan that may be renewed is."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    with words.spoken(asked.profile):
        if reader is None or not pin_holds(asked, reader):
            fixed = {"ok": "0", "renewed": "0000", "unrenewed": "0000"}
            return asked.write("66", fixed, [("AF", words.card_unknown())])
        renewed: list[str] = []
        left: list[str] = []
        say = ""
        for view in loans.open_loans(reader.patron):
            try:
                commands.renew(loan=view.id, ctx=asked.ctx(view.id))
                renewed.append(asked.profile.barcode(view.barcode))
            except Refused as refused:
                say = say or words.why_not(refused.decision)
                left.append(asked.profile.barcode(view.barcode))
        say = words.short(words.renewed_all(len(renewed), len(left)) + say)
    fixed = {"ok": "1", "renewed": f"{len(renewed):04d}", "unrenewed": f"{len(left):04d}"}
    fields: Fields = [*(("BM", b) for b in renewed), *(("BN", b) for b in left), ("AF", say)]
    return asked.write("66", fixed, fields)
