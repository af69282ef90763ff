"""A request as its handler gets it, and what every handler needs of readers and items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.identifiers import parse_id_number
from shuxiang.formats.sip2 import Message, stamp, write
from shuxiang.interfaces.sip2 import pins
from shuxiang.interfaces.sip2.profile import Profile
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.values import scanned

CHANNEL = "sip2"
Fields = list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request of a terminal. ``key`` is this arrival's request key; ``pin_right``: None where no
    PIN was given."""

    message: Message
    profile: Profile
    at: datetime
    key: str
    session: str
    pin_right: bool | None = None

    @property
    def on(self) -> date:
        return clock.business_date(self.at)

    @property
    def language(self) -> str:
        """The language code as asked: machines expect theirs back."""
        return self.message.fixed.get("language", "000")

    @property
    def institution(self) -> str:
        return self.profile.institution or self.message.get("AO")

    def ctx(self, suffix: str = "", *, at: datetime | None = None) -> Context:
        """The circumstances of the act: the terminal at its place, now unless told."""
        return Context(
            actor=Actor("terminal", self.profile.device),
            channel=CHANNEL,
            service_point=self.profile.place,
            occurred_at=at or self.at,
            session_id=self.session,
            request_key=f"{self.key}.{suffix}" if suffix else self.key,
        )

    @property
    def card_name(self) -> str:
        """What a right PIN of this card is remembered under at this terminal."""
        return f"{self.profile.device} {scanned(self.message.get('AA'))}"

    def with_pin(self, right: bool | None) -> Asked:
        return replace(self, pin_right=right)

    def write(
        self, code: str, fixed: dict[str, str], fields: Iterable[tuple[str, str | None]]
    ) -> str:
        """A response with the moment it is given at and AO in front of its fields."""
        return write(code, {"date": stamp(self.at), **fixed}, [("AO", self.institution), *fields])


def reader_of(number: str, profile: Profile) -> LoanReader | None:
    """The reader whom AA names: by card, else by ID number. Of several libraries' cards the one of the
    terminal's library; None for none, or where only a person could tell which."""
    code = scanned(number)
    if not code:
        return None
    found = patrons.card_for_loan(code)
    if len(found) > 1:
        found = tuple(r for r in found if r.library == profile.library)
    if len(found) == 1:
        return found[0]
    if not found and len(code) in (15, 18) and parse_id_number(code).valid:
        patron = patrons.by_document("idcard", code)
        return patrons.loan_reader(patron) if patron else None
    return None


def item_of(barcode: str, profile: Profile) -> stock.ScannedItem | None:
    """The item that AB names; of several libraries' the one of the terminal's library."""
    code = scanned(barcode)
    found = stock.scanned_items(code) if code else ()
    if len(found) > 1:
        found = tuple(i for i in found if i.library == profile.library)
    return found[0] if len(found) == 1 else None


def item_held(
    barcode: str, reader: LoanReader | None, profile: Profile
) -> stock.ScannedItem | None:
    """The item that AB names where a loan of the reader's is meant: of several libraries' the only one
    that they have (SC-9), else as `item_of`."""
    code = scanned(barcode)
    found = stock.scanned_items(code) if code else ()
    if len(found) > 1 and reader is not None:
        loans = {i.id: circulation.open_loan_of(i.id) for i in found}
        theirs = [i for i in found if (loan := loans[i.id]) and loan.patron == reader.patron]
        if len(theirs) == 1:
            return theirs[0]
    return item_of(barcode, profile)


def item_returned(barcode: str) -> stock.ScannedItem | None:
    """The item that AB names where a return is meant that happened before: of several libraries' the
    only one on loan (CI-9); None where only a person could tell which."""
    code = scanned(barcode)
    found = stock.scanned_items(code) if code else ()
    if len(found) > 1:
        found = tuple(i for i in found if circulation.open_loan_of(i.id) is not None)
    return found[0] if len(found) == 1 else None


def pin_holds(asked: Asked, reader: LoanReader) -> bool:
    """Whether the PIN given (if any) is the reader's as it is stored now. Quick: for the writer."""
    pin = asked.message.get("AD")
    if not pin:
        return True
    if asked.pin_right is not True:
        return False
    holds = pins.known(patrons.pin_hash(reader.patron), pin)
    if not holds:
        pins.forget(asked.card_name, pin)
    return holds


def place_code(place: str) -> str:
    """A place as machines know it: its setting ``machines.code``, else its code."""
    said = places.setting(place, "machines.code")
    if said.value and said.origin is not None and said.origin.id == place:
        return str(said.value)
    return places.place(place).code


def due(asked: Asked, day: date | None) -> str:
    """A due date as the machine wants it; '' for none."""
    if day is None:
        return ""
    if asked.profile.dates == "date":
        return day.isoformat()
    if asked.profile.dates == "compact":
        return f"{day:%Y%m%d}"
    return stamp(clock.end_of(day))
