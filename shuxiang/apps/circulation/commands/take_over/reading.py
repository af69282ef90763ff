"""One row of a list of open loans. Whether book and reader are here is asked when it is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import Made, SheetOptions
from shuxiang.apps.catalog.queries import SetAside
from shuxiang.apps.places import queries as places
from shuxiang.formats.notes import Note, note
from shuxiang.formats.sheets import (
    Record,
    SheetKind,
    SheetMap,
    Survey,
    read_code,
    read_count,
    read_date,
)
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.values import mask_number


class OldLoan(Made, frozen=True, kw_only=True):
    """A loan of the old system. ``library`` is the owning one where the list names it; ``due_on``
    None is to be found by the loan rules."""

    barcode: str
    card: str
    library: str
    place: str
    lent_on: date
    due_on: date | None
    renewals: int


class LoanListReader:
    """Reads the rows of one list."""

    kind: SheetKind = "loans"

    def __init__(self, found: Survey, how: SheetMap, options: SheetOptions, ctx: Context) -> None:
        self._today = clock.business_date(ctx.occurred_at)
        self._usual = places.place(options.place)
        action = sheets.PERMISSIONS[self.kind]
        self._owners = sheets.Places(how, "library", action, ctx)
        self._lenders = sheets.Places(how, "lending_place", action, ctx)

    def means(self, name: str, text: str) -> str:
        """Our code of a text of a coded column; '' for none."""
        found = (self._owners if name == "library" else self._lenders).find(text)
        return found.code if found else ""

    def read(self, record: Record) -> tuple[OldLoan | None, tuple[Note, ...], tuple[Note, ...]]:
        """(what the row makes, findings, what keeps it out)."""
        notes: list[Note] = []
        refused: list[Note] = []
        barcode, card = (self._number(record, n, refused) for n in ("barcode", "card_no"))
        if record.get("return_date"):
            refused.append(note("loan_returned"))
        owner, place = self._places(record, refused)
        lent, due = self._dates(record, notes, refused)
        if refused or lent is None or place is None:
            return None, tuple(notes), tuple(refused)
        made = OldLoan(
            sheet_row=sheets.where(record),
            cells=record.cells,
            barcode=barcode,
            card=card,
            library=owner.library if owner else "",
            place=place.id,
            lent_on=lent,
            due_on=due,
            renewals=min(read_count(record.get("renew_count")) or 0, 999),
            warnings=[(n.code, "") for n in notes],
        )
        return made, tuple(notes), ()

    def _number(self, record: Record, name: str, refused: list[Note]) -> str:
        text = record.get(name)
        code = read_code(text, record.kind(name))
        if not text:
            refused.append(note("code_missing"))
        elif code.fault:
            refused.append(note(code.fault, text=masked(text)))
        return code.text

    def _places(
        self, record: Record, refused: list[Note]
    ) -> tuple[places.Place | None, places.Place | None]:
        owner, place = None, self._usual
        if text := record.get("library"):
            owner = self._owners.find(text)
            if owner is None:
                refused.append(note("place_unknown", text=text))
        if text := record.get("lending_place"):
            found = self._lenders.find(text)
            if found is None:
                refused.append(note("place_unknown", text=text))
            place = found or place
        if not self._lenders.allowed(place.id):
            refused.append(note("place_forbidden", text=place.name))
        return owner, place

    def _dates(
        self, record: Record, notes: list[Note], refused: list[Note]
    ) -> tuple[date | None, date | None]:
        lent, due = (
            read_date(record.get(name), record.kind(name)) if record.get(name) else None
            for name in ("loan_date", "due_date")
        )
        if lent is None:
            refused.append(note("loan_date_unread", text=record.get("loan_date")))
        elif lent > self._today:
            refused.append(note("loan_in_future"))
        if due is None and record.get("due_date"):
            refused.append(note("loan_due_unread", text=record.get("due_date")))
        elif due is None:
            notes.append(note("loan_due_ruled"))
        elif lent is not None and due < lent:
            refused.append(note("loan_dates_reversed"))
        return lent, due

    def show(self, record: Record, made: OldLoan | None) -> dict[str, str]:
        """Field → text for the preview."""
        names = ("barcode", "card_no", "loan_date", "due_date", "renew_count", "lending_place")
        said = {name: record.get(name) for name in names}
        said["card_no"] = masked(said["card_no"])
        if made is None:
            return said
        return {
            "barcode": made.barcode,
            "card_no": masked(made.card),
            "loan_date": made.lent_on.isoformat(),
            "due_date": made.due_on.isoformat() if made.due_on else "",
            "renew_count": str(made.renewals),
            "lending_place": self._lenders.name(made.place),
        }

    def aside(self, record: Record, reasons: Sequence[Note]) -> SetAside:
        """The row as it is kept for reconciling."""
        reason = reasons[0] if reasons else note("code_missing")
        return aside_row(sheets.where(record), reason, record.cells, record.get("barcode"))


def masked(card: str) -> str:
    """A card number as it is shown; one that may be an ID number is masked."""
    return mask_number(card) if len(card) >= 15 else card


def aside_row(place: str, reason: Note, cells: Sequence[str], barcode: str) -> SetAside:
    """A row for the quarantine, encrypted: who has borrowed what is nobody's to read."""
    return sheets.set_aside(place, reason, cells, barcode, seal=sheets.sealed)
