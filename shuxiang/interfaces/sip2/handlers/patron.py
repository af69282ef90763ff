"""23/24, 63/64, 35/36, 01/24, 25/26: what a terminal learns of a reader, and a card it stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.patrons import commands as cards
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.sip2 import amount
from shuxiang.interfaces.common.allowance import books_at_once
from shuxiang.interfaces.sip2 import words
from shuxiang.interfaces.sip2.handlers.asked import (
    Asked,
    Fields,
    pin_holds,
    place_code,
    reader_of,
)
from shuxiang.kernel.decision import Decision, Reason, Refused
from shuxiang.kernel.values import mask_name

DENIED = "YYYY" + " " * 10
"""Patron status of nobody: no privilege at all."""
ENDED = ("card-replaced", "card-closed", "patron-closed")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a reader stands at the terminal's place: what is against the card, loans, the rule."""

    reader: LoanReader
    against: Decision
    loans: tuple[circulation.LoanView, ...]
    overdue: tuple[circulation.LoanView, ...]
    holds: tuple[circulation.HoldView, ...]
    charges: tuple[fees.ChargeView, ...]
    owed_fen: int
    money: tuple[Reason, ...]
    loan_limit: int
    hold_limit: int
    overdue_blocks: bool

    @property
    def status(self) -> str:
        """The 14 characters of a patron status: ``Y`` where something is denied or too much."""
        codes = self.against.codes
        too_many = len(self.loans) >= self.loan_limit
        too_late = bool(self.overdue) and self.overdue_blocks
        closed = bool(self.against.refusing)
        flags = [False] * 14
        flags[0] = closed or too_many or too_late or bool(self.money)
        flags[1] = flags[2] = closed
        flags[3] = closed or too_late
        flags[4] = "card-lost" in codes
        flags[5] = too_many
        flags[6] = too_late
        flags[10] = any(r.code == "fees-owed" for r in self.money)
        return "".join("Y" if flag else " " for flag in flags)


def standing(asked: Asked, reader: LoanReader) -> Standing:
    """What the library knows of the reader that day."""
    mine = circulation.open_loans(reader.patron)
    place, on = asked.profile.place, asked.on
    charges = fees.charges(reader.patron)
    rule = circulation.explain(place, reader.category, circulation.ANY, on).rule
    return Standing(
        reader,
        reader.opens(asked.on),
        mine,
        tuple(v for v in mine if v.overdue_days(on) > 0),
        circulation.holds_of(reader.patron),
        charges,
        sum(c.open_fen for c in charges),
        fees.against_lending(reader.patron, reader.category, place, on, price_fen=None),
        books_at_once(reader, rule.loan_limit) if rule and rule.lendable else 0,
        rule.hold_limit if rule and rule.lendable else 0,
        rule.overdue_blocks if rule else False,
    )


def found(asked: Asked) -> Standing | None:
    """The reader of a request; None for a card that names nobody any more."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    if reader is None or reader.closed or reader.status in ("replaced", "closed"):
        return None
    return standing(asked, reader)


def patron_status(asked: Asked) -> str:
    """23 → 24."""
    return status_response("24", asked, found(asked))


def status_response(code: str, asked: Asked, stands: Standing | None, say: str = "") -> str:
    """24 and 26, which are alike."""
    fixed = {"language": asked.language, "patron_status": stands.status if stands else DENIED}
    return asked.write(code, fixed, [*_who(asked, stands), *_said(asked, stands, say)])


def _who(asked: Asked, stands: Standing | None) -> Fields:
    shown = asked.message.get("AA")
    if stands is None:
        return [("AA", shown), ("AE", ""), ("BL", "N"), ("CQ", "N")]
    return [
        ("AA", shown),
        ("AE", name(asked, stands.reader)),
        ("BL", "Y"),
        ("CQ", "Y" if asked.pin_right else "N"),
        ("BH", asked.profile.currency),
        ("BV", None if asked.pin_right is False else amount(stands.owed_fen)),
    ]


def name(asked: Asked, reader: LoanReader) -> str:
    """The reader's name as far as the terminal may know it. Who gave a wrong PIN learns none, except
    at terminals that are told everything."""
    if asked.profile.patron_data == "full":
        return reader.name
    if asked.pin_right is False:
        return ""
    return reader.name if asked.profile.patron_data == "name" else mask_name(reader.name)


def _said(asked: Asked, stands: Standing | None, say: str) -> Fields:
    with words.spoken(asked.profile):
        if not say:
            if stands is None:
                say = words.card_unknown()
            elif asked.pin_right is False:
                say = words.pin_wrong()
            elif stands.against.refusing:
                say = words.why_not(stands.against)
    return [("AF", say)] if say else []


def patron_information(asked: Asked) -> str:
    """63 → 64."""
    stands = found(asked)
    if stands is None:
        counts = dict.fromkeys(COUNTS, "0000")
        fixed = {"language": asked.language, "patron_status": DENIED, **counts}
        return asked.write("64", fixed, [*_who(asked, None), *_said(asked, None, "")])
    wrong = asked.pin_right is False
    numbers = {
        "holds": len(stands.holds),
        "overdue": len(stands.overdue),
        "charged": len(stands.loans),
        "fines": len(stands.charges),
        "recalls": 0,
        "unavailable_holds": sum(h.state != "ready" for h in stands.holds),
    }
    fixed = {"language": asked.language, "patron_status": stands.status}
    fixed |= {what: f"{0 if wrong else min(n, 9999):04d}" for what, n in numbers.items()}
    who = _who(asked, stands)
    fields: Fields = [
        *who[:2],
        ("BZ", f"{min(stands.hold_limit, 9999):04d}"),
        ("CA", f"{0 if stands.overdue_blocks else 9999:04d}"),
        ("CB", f"{min(stands.loan_limit, 9999):04d}"),
        *who[2:],
        ("CC", _fee_limit(asked, stands.reader)),
    ]
    if not wrong:
        fields += _lists(asked, stands)
        if asked.profile.patron_data == "full":
            fields += _particulars(asked, stands.reader)
        if asked.profile.particulars:
            fields += _chinese(stands)
    return asked.write("64", fixed, [*fields, *_said(asked, stands, "")])


COUNTS = ("holds", "overdue", "charged", "fines", "recalls", "unavailable_holds")


def _lists(asked: Asked, stands: Standing) -> Fields:
    """The items of the list asked for, from BP to BQ."""
    summary = asked.message.fixed["summary"]
    code = asked.profile.barcode
    lists: tuple[tuple[int, str, Callable[[], list[str]]], ...] = (
        (0, "AS", lambda: [_held(asked, h) for h in stands.holds]),
        (1, "AT", lambda: [code(v.barcode) for v in stands.overdue]),
        (2, "AU", lambda: [code(v.barcode) for v in stands.loans]),
        (3, "AV", lambda: [_fine(asked, c) for c in stands.charges]),
        (5, "CD", lambda: [_held(asked, h) for h in stands.holds if h.state != "ready"]),
    )
    return [
        (identifier, item)
        for place, identifier, items in lists
        if summary[place] == "Y"
        for item in _ranged(asked, items())
    ]


def _held(asked: Asked, hold: circulation.HoldView) -> str:
    """What a hold is of, as the machine names books: the copy set aside or wanted, else the title's
    only one, else the title."""
    if hold.barcode:
        return asked.profile.barcode(hold.barcode)
    copies = stock.items_of([hold.title]).get(hold.title, ())
    return asked.profile.barcode(copies[0].barcode) if len(copies) == 1 else hold.title_text


def _fine(asked: Asked, charge: fees.ChargeView) -> str:
    """A charge as one line: its number for CG, its amount, what for."""
    what = charge.title_text or charge.note
    return f"{charge.id} {amount(charge.open_fen)} {asked.profile.currency} {what}".strip()


def _fee_limit(asked: Asked, reader: LoanReader) -> str | None:
    """What a reader may owe and still borrow; None where there is no such rule."""
    limit = fees.in_force("limit", asked.profile.place, reader.category, asked.on)
    return amount(limit.amount_fen) if limit else None


def _ranged(asked: Asked, items: list[str]) -> list[str]:
    first, last = asked.message.get("BP"), asked.message.get("BQ")
    begin = max(int(first), 1) if first.isdecimal() else 1
    end = int(last) if last.isdecimal() else len(items)
    return items[begin - 1 : end]


def _particulars(asked: Asked, reader: LoanReader) -> Fields:
    """What only a terminal with that grant is told."""
    told = patrons.particulars(reader.patron)
    return [
        ("BD", told.address or None),
        ("BE", told.email or None),
        ("BF", told.phone or None),
        ("PB", f"{reader.born_on:%Y%m%d}" if reader.born_on else None),
        ("PC", reader.category),
        ("PI", told.internet or None),
        ("AQ", place_code(reader.home)),
        ("PA", f"{reader.expires_on:%Y%m%d}"),
    ]


def _chinese(stands: Standing) -> Fields:
    """What machines in China show besides: reader type, last day of the card, what is owed."""
    return [
        ("XT", stands.reader.category_name),
        ("XD", stands.reader.expires_on.isoformat()),
        ("JF", amount(stands.owed_fen)),
    ]


def particulars(asked: Asked) -> str:
    """85 → 86: what is known of a reader, for a trusted machine's screen. Who gave a wrong PIN learns
    nothing; no ID number is told in clear."""
    stands = found(asked)
    fields: Fields = [("AA", asked.message.get("AA"))]
    ok = stands is not None and asked.pin_right is not False
    if stands is not None and ok:
        reader = stands.reader
        told = patrons.particulars(reader.patron)
        fields += [
            ("AE", reader.name),
            ("AM", places.place(reader.library).name),
            ("XT", reader.category_name),
            ("XD", reader.expires_on.isoformat()),
            ("XH", f"{reader.born_on:%Y%m%d}" if reader.born_on else None),
            ("MP", told.phone or None),
            ("BD", told.address or None),
            ("BE", told.email or None),
            ("BV", amount(fees.deposit_held(reader.patron))),
            ("JF", amount(stands.owed_fen)),
            ("CB", f"{min(stands.loan_limit, 9999):04d}"),
        ]
    answer = "1" if ok else "0"
    return asked.write("86", {"ok": answer}, [("OK", answer), *fields, *_said(asked, stands, "")])


def end_session(asked: Asked) -> str:
    """35 → 36. Nothing is kept of a session that would have to be ended."""
    with words.spoken(asked.profile):
        say = words.session_ended()
    return asked.write("36", {"ok": "Y"}, [("AA", asked.message.get("AA")), ("AF", say)])


def block(asked: Asked) -> str:
    """01 → 24: the machine stops a card, where its account may."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    say = ""
    if reader is not None and asked.profile.blocks:
        say = _done(asked, lambda: cards.block_card(card=reader.card, ctx=asked.ctx()))
    return status_response("24", asked, found(asked), say)


def enable(asked: Asked) -> str:
    """25 → 26: what a machine has stopped goes again."""
    reader = reader_of(asked.message.get("AA"), asked.profile)
    say = ""
    stopped = reader is not None and reader.status == "lost"
    if reader is not None and stopped and asked.profile.blocks and pin_holds(asked, reader):
        say = _done(asked, lambda: cards.enable_card(card=reader.card, ctx=asked.ctx()))
    return status_response("26", asked, found(asked), say)


def _done(asked: Asked, act: Callable[[], None]) -> str:
    """Do it; why not, where it is refused."""
    try:
        act()
    except Refused as refused:
        with words.spoken(asked.profile):
            return words.why_not(refused.decision)
    return ""
