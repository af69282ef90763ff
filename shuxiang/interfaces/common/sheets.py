"""The kinds of lists that are imported from spreadsheets, and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.queries import BatchView
from shuxiang.apps.circulation.commands import take_over
from shuxiang.apps.fees.commands import import_sheet as debt_lists
from shuxiang.apps.patrons.commands import import_sheet as reader_lists
from shuxiang.apps.stock.commands import import_sheet as holdings_lists
from shuxiang.formats.notes import MESSAGES, Note
from shuxiang.interfaces.common.wording import WORDING


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: how it is read and undone, the action it takes, its name."""

    make: sheets.MakeReader
    undo: Callable[..., None]
    action: str
    name: str | Promise


KINDS: dict[str, Kind] = {
    "holdings": Kind(
        holdings_lists.make,
        holdings_lists.undo_import,
        sheets.PERMISSIONS["holdings"],
        _("Holdings"),
    ),
    "readers": Kind(
        reader_lists.make, reader_lists.undo_readers, sheets.PERMISSIONS["readers"], _("Readers")
    ),
    "loans": Kind(
        take_over.make, take_over.undo_loans, sheets.PERMISSIONS["loans"], _("Open loans")
    ),
    "holds": Kind(
        take_over.make_holds, take_over.undo_holds, sheets.PERMISSIONS["holds"], _("Holds")
    ),
    "debts": Kind(debt_lists.make, debt_lists.undo_debts, sheets.PERMISSIONS["debts"], _("Debts")),
}

LABELS: dict[str, str | Promise] = {
    "barcode": _("Barcode"),
    "accession": _("Accession number"),
    "call_number": _("Call number"),
    "class_no": _("Class number"),
    "book_no": _("Book number"),
    "library": _("Owning library"),
    "location": _("Location"),
    "holder": _("Present library"),
    "cur_location": _("Present location"),
    "item_type": _("Circulation type"),
    "status": _("State"),
    "price": _("Price"),
    "set_price": _("Price of the set"),
    "copies": _("Number of copies"),
    "volume": _("Volume number"),
    "in_date": _("Date of accession"),
    "source": _("Source"),
    "title": _("Title"),
    "subtitle": _("Subtitle"),
    "author": _("Author"),
    "publisher": _("Publisher"),
    "pub_place": _("Place of publication"),
    "pub_date": _("Date of publication"),
    "isbn": _("ISBN"),
    "issn": _("ISSN"),
    "pages": _("Pages"),
    "size": _("Size of the book"),
    "series": _("Series"),
    "edition": _("Edition"),
    "subject": _("Subject"),
    "summary": _("Summary"),
    "language": _("Language"),
    "card_no": _("Reader card"),
    "name": _("Name"),
    "given_name": _("Given name, where it stands apart"),
    "id_no": _("Document number"),
    "id_type": _("Kind of document"),
    "reader_type": _("Reader category"),
    "gender": _("Sex"),
    "birth": _("Date of birth"),
    "phone": _("Phone"),
    "address": _("Address (not taken)"),
    "unit": _("Work unit or school"),
    "home_library": _("Home library"),
    "issue_date": _("Date of issue"),
    "expire_date": _("Valid until"),
    "deposit": _("Deposit"),
    "debt": _("Debt"),
    "reader_status": _("Card state"),
    "guardian": _("Guardian"),
    "guardian_id": _("Guardian's document number"),
    "guardian_phone": _("Guardian's phone"),
    "relation": _("Relation"),
    "note": _("Note"),
    "pin": _("Password (never taken)"),
    "loan_date": _("Lent on"),
    "due_date": _("Due on"),
    "return_date": _("Returned on"),
    "renew_count": _("Renewals"),
    "lending_place": _("Lent at"),
    "operator": _("Clerk (not taken)"),
    "hold_date": _("Reserved on"),
    "until_date": _("Waits until"),
    "pickup": _("Pick-up place"),
    "amount": _("Amount owed"),
    "debt_date": _("Owed since"),
    "debt_kind": _("What for"),
}
"""Our fields as a person calls them."""

STATES: dict[str, str | Promise] = {
    "available": _("Available"),
    "lent": _("On loan in the old system"),
    "in_processing": _("Being processed"),
    "lost": _("Lost"),
    "missing": _("Missing"),
    "damaged": _("Damaged"),
    "blocked": _("Blocked"),
    "gone": _("Had left the stock: set aside"),
}
READER_STATES: dict[str, str | Promise] = {
    "active": _("Valid"),
    "verify": _("To be verified"),
    "lost": _("Reported lost"),
    "suspended": _("Suspended"),
    "closed": _("Closed: set aside"),
}
SOURCES: dict[str, str | Promise] = {
    "purchase": _("Purchase"),
    "gift": _("Gift"),
    "deposit": _("On deposit"),
    "legacy": _("Legacy stock"),
}


def finding(found: Note) -> str:
    """A finding in the language of the request."""
    return gettext(MESSAGES[found.code]) % _Blank(found.values)


ASIDE: dict[str, str] = {
    "barcode-duplicate-in-file": gettext_noop("An earlier row of the file has the same barcode."),
}
"""Why something is set aside that is no refusal of a command and no finding of a reader."""


def reason(code: str, stored: str = "", **facts: str) -> str:
    """Why a row was set aside: from what is stored with it, else from the code alone."""
    found = sheets.unsaid(stored) if stored else None
    if found is not None and found.code in MESSAGES:
        return finding(found)
    text = ASIDE.get(code) or MESSAGES.get(code) or WORDING.get(code)
    return gettext(text) % _Blank(facts) if text else code


def to_verify(codes: Iterable[str]) -> list[str]:
    """What a migration left to be verified of a reader, in words."""
    return [reason(code) for code in codes]


def undo(batch: BatchView, **arguments: Any) -> None:
    """Take a list back. Raises Refused."""
    KINDS[batch.kind].undo(batch.number, **arguments)


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
