"""Findings a codec returns about its input: a code, data, and the msgid that words it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Note:
    """One finding. ``code`` is a key of :data:`MESSAGES`; ``data`` fills its placeholders."""

    code: str
    data: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """``data`` as a dict, ready for ``MESSAGES[code] % note.values``."""
        return dict(self.data)

    @property
    def message(self) -> str:
        """The English wording; screens translate ``MESSAGES[code]`` before filling it."""
        return MESSAGES[self.code] % dict(self.data)


def note(code: str, **data: object) -> Note:
    """Build a :class:`Note`; values become text so that a note stays hashable and storable."""
    return Note(code, tuple((key, str(value)) for key, value in data.items()))


def _(msgid: str) -> str:
    """Mark a text for translation; whoever shows it translates it."""
    return msgid


MESSAGES: Final[dict[str, str]] = {
    # Why a whole record could not be read (the record is quarantined with its bytes).
    "too_short": _("The record is only %(length)s bytes long: not a MARC record."),
    "too_long": _("More than %(limit)s bytes without a record terminator: not a MARC record."),
    "truncated": _("The record is cut off: its terminator is missing."),
    "no_directory": _("The record has no directory terminator."),
    "bad_directory": _("The directory is damaged: %(length)s bytes, not a multiple of 12."),
    "bad_tag": _("The directory holds “%(tag)s”, which is not a field tag."),
    "no_fields": _("The record has no fields."),
    "too_many_fields": _("The record has %(count)s fields, more than the limit of %(limit)s."),
    "too_many_subfields": _(
        "The record has %(count)s subfields, more than the limit of %(limit)s."
    ),
    "lengths_lie": _(
        "The directory lists %(listed)s fields but the record holds %(found)s, "
        "and the directory's positions do not fit either."
    ),
    "joined_records": _("Two records run into each other: a record terminator is missing."),
    "xml_malformed": _("The XML is damaged at line %(line)s: %(why)s."),
    "xml_doctype": _("The XML declares a DTD or entities, which is refused."),
    "xml_encoding": _("The XML declares the unknown encoding “%(encoding)s”."),
    "text_no_fields": _("No MARC field was found from line %(line)s on."),
    # What was mended while a record was read (the record is accepted).
    "other_charset": _(
        "The record is not in the file's character set; it was read as %(charset)s."
    ),
    "undecodable": _(
        "Field %(tag)s has bytes that are no %(charset)s text; "
        "they are shown as replacement characters."
    ),
    "private_use": _(
        "Field %(tag)s has characters from a private area (%(characters)s): "
        "replace them with the real ones."
    ),
    "control_characters": _("Control characters were removed from field %(tag)s."),
    "bad_indicators": _("Field %(tag)s has no proper indicators; blanks were put in."),
    "no_subfields": _("Field %(tag)s has no subfields; its text was kept as it is."),
    "stray_separator": _("Field %(tag)s held a stray field separator, which became a blank."),
    "bad_leader": _("The leader had characters that do not belong there; blanks were put in."),
    "no_terminator": _("The last record of the file has no record terminator; it was read anyway."),
    "out_of_order": _(
        "The fields lie in another order than the directory; they were read by position."
    ),
    # What a bibliographic reading found.
    "no_title": _("The record has no title."),
    "bad_isbn": _("ISBN “%(isbn)s” has a wrong length or check digit; it was kept as typed."),
    "bad_issn": _("ISSN “%(issn)s” has a wrong length or check digit; it was kept as typed."),
    "field_100_length": _("Field 100 has %(length)s characters instead of 36; it was padded."),
    "no_year": _("No year could be read from “%(text)s”."),
    "no_class": _("The record has no class number of the Chinese Library Classification."),
    # What reading the holdings found.
    "copies_differ": _("The record says %(stated)s copies but lists %(found)s barcodes."),
    "range_unclear": _("“%(text)s” looks like a range of barcodes but cannot be expanded safely."),
    "range_too_long": _("“%(text)s” would make %(count)s items, more than the limit of %(limit)s."),
    "duplicate_barcode": _("Barcode %(barcode)s stands twice in one record; one item was made."),
    "barcodes_unpaired": _(
        "%(accessions)s accession numbers do not pair with %(barcodes)s barcodes."
    ),
    "bad_barcode": _("“%(text)s” cannot be a barcode."),
    # Why a spreadsheet could not be read as a whole.
    "sheet_empty": _("The file is empty."),
    "sheet_truncated": _(
        "The workbook is cut off or damaged; export it again and compare the sizes."
    ),
    "sheet_damaged": _("The workbook is damaged (%(why)s)."),
    "sheet_bomb": _(
        "The workbook would unpack to %(size)s bytes in %(entries)s parts, which is refused."
    ),
    "sheet_locked": _("The workbook is protected by a password; save it without one."),
    "sheet_doctype": _("The workbook declares a DTD or entities, which is refused."),
    "sheet_unclosed": _(
        "A quotation mark in line %(line)s is never closed: the file is damaged or cut off there."
    ),
    "sheet_binary": _("The file is neither a workbook nor text."),
    "sheet_html": _("The file is a web page, not a workbook; open it and save it as .xlsx."),
    "sheet_xls": _("Workbooks of Excel 97–2003 can't be read here; save the file as .xlsx."),
    "sheet_no_headings": _(
        "No row of headings was found, such as 条码号 and 题名; name the columns and try again."
    ),
    # What reading the rows of a spreadsheet found.
    "row_cut": _("The file ends in the middle of this row."),
    "row_garbled": _("The row has characters that can't be read in the file's character set."),
    "row_repeated": _("This row stood in the file before."),
    "code_missing": _("The number is missing."),
    "code_eaten": _("The spreadsheet has rounded the number (%(text)s); export it again as text."),
    "code_fraction": _("“%(text)s” cannot be a barcode or card number."),
    "code_formula": _("The cell holds a formula without a result."),
    "text_lost": _("A text is a formula without a result or an error; it is left out."),
    "code_error": _("The cell holds an error (%(text)s)."),
    "code_garbled": _("The number has characters that can't be read."),
    "code_long": _("The number has more than %(most)s characters."),
    "code_decimal": _("“.0” was taken off the number."),
    "code_short": _(
        "%(text)s is shorter than the other numbers (%(usual)s digits): leading zeros may be lost."
    ),
    "title_missing": _("The title is missing."),
    "place_unknown": _("There is no place “%(text)s”; map it to one of the library's."),
    "place_forbidden": _("You may not import for “%(text)s”."),
    "location_left": _(
        "“%(text)s” is a location of the owning library; the item is taken over without one where it stands now."
    ),
    "location_unknown": _("There is no location “%(text)s” there; map it to one of the library's."),
    "status_unknown": _("The state “%(text)s” is not known; the book is blocked until it is set."),
    "type_unknown": _("The circulation type “%(text)s” is not known; it was taken from the class."),
    "source_unknown": _("The source “%(text)s” is not known; it was taken for a purchase."),
    "gone_before": _("It had left the stock before (%(text)s)."),
    "on_loan_before": _("The old system has it on loan."),
    "price_unread": _("“%(text)s” cannot be read as a price; the item has none."),
    "price_foreign": _("“%(text)s” is not a price in yuan; the item has none."),
    "price_zero": _("The price is 0."),
    "date_unread": _("“%(text)s” is not a date; the item counts as legacy stock."),
    "date_future": _("%(text)s has not come yet; the item counts as legacy stock."),
    "copies_stated": _("The row says %(text)s copies but has one barcode; one item was made."),
    "reader_name_missing": _("The name is missing."),
    "reader_type_unknown": _(
        "There is no reader category “%(text)s”; map it to one of the library's."
    ),
    "reader_closed_before": _("The account was closed before (%(text)s)."),
    "reader_status_unknown": _("The card state “%(text)s” is not known: to be verified."),
    "reader_unverified": _("The old system had the reader still to be verified."),
    "card_form": _("“%(text)s” cannot be a card number."),
    "card_is_id": _("The card number was an ID number; a new number was given."),
    "document_missing": _("No identity document: to be verified."),
    "document_bad": _("The document number is not right: to be verified."),
    "document_held": _("Another reader holds the same document: to be verified."),
    "guardian_missing": _("A guardian is needed: to be verified."),
    "guardian_bad": _("The guardian's document number is not right: to be verified."),
    "birth_unread": _("“%(text)s” is not a date of birth."),
    "birth_mismatch": _("The date of birth differs from the document: to be verified."),
    "phone_bad": _("The phone number is not right; it was left out."),
    "issue_unread": _("“%(text)s” is not a date; the card counts as legacy, never as new."),
    "expire_unread": _("“%(text)s” is not a date; the card runs as its category says."),
    "amount_unread": _("“%(text)s” is not an amount of money."),
    "loan_item_missing": _("No book has the barcode %(text)s."),
    "loan_item_ambiguous": _("Books of several libraries carry %(text)s: name the library."),
    "loan_item_gone": _("The book %(text)s has been withdrawn."),
    "loan_item_lent": _("The book %(text)s is on loan here already."),
    "loan_reader_missing": _("No reader has the card %(text)s."),
    "loan_reader_ambiguous": _("Several libraries issued the card %(text)s."),
    "loan_reader_closed": _("The account of the card %(text)s is closed."),
    "loan_returned": _("It was given back before."),
    "loan_date_unread": _("“%(text)s” is not the date of a loan."),
    "loan_due_unread": _("“%(text)s” is not a due date, and no loan rule gives one."),
    "loan_due_ruled": _("The due date is missing; it was taken from the loan rules."),
    "loan_dates_reversed": _("It is due before it was lent."),
    "hold_no_pickup": _("Holds can't be picked up at %(text)s."),
    "hold_date_unread": _("“%(text)s” is not the date of a hold."),
    "hold_expired": _("The hold had ended on %(text)s."),
    "hold_twice": _("The reader waits for the title of %(text)s already."),
    "hold_borrowed": _("The reader has the title of %(text)s."),
    "debt_nothing": _("Nothing is owed."),
    "debt_too_large": _("“%(text)s” is more than a charge may be."),
    "loan_in_future": _("The date of the loan has not come yet."),
    # What a cataloguer's edit is told.
    "edit_no_subfields": _("Field %(tag)s has no subfield: type ǂa or $a before the text."),
    "edit_indicators_long": _("Field %(tag)s has more than two indicators."),
    "edit_control_field": _("Field %(tag)s has neither indicators nor subfields."),
    "edit_control_character": _("Field %(tag)s holds a control character."),
    "edit_unreadable_character": _("Field %(tag)s holds a replacement character (�)."),
    "edit_tag_unknown": _("The table knows no field %(tag)s."),
    "edit_empty": _("Field %(tag)s is empty."),
    "edit_indicator": _(
        "Indicator %(place)s of field %(tag)s is %(sign)s; it may be %(allowed)s (# is a blank)."
    ),
    "edit_subfield_code": _("Field %(tag)s has a subfield mark without a proper code (%(sub)s)."),
    "edit_subfield_unknown": _("The table knows no subfield %(sub)s of field %(tag)s."),
    "edit_subfield_empty": _("Subfield %(sub)s of field %(tag)s is empty."),
    "edit_blanks": _("Subfield %(sub)s of field %(tag)s begins or ends with a blank."),
    "edit_not_embedded": _(
        "Field %(tag)s links to another record: its text belongs into embedded fields (ǂ12001#ǂa…)."
    ),
    "edit_embedded_first": _("Field %(tag)s has text before its first embedded field (ǂ1)."),
    "edit_embedded_head": _(
        "“%(text)s” in field %(tag)s is no embedded field: a tag and two indicators, such as 2001#."
    ),
    "edit_isbn": _("The check digit or length of ISBN %(isbn)s is wrong. Is it printed so?"),
    "edit_issn": _("The check digit or length of ISSN %(issn)s is wrong."),
    "edit_class": _("“%(text)s” is no class of the Chinese Library Classification."),
    "edit_length": _("Field %(tag)s has %(length)s characters instead of %(wanted)s."),
    "edit_code": _("Field %(tag)s, position %(at)s (%(name)s): there is no code “%(sign)s”."),
    "edit_repeated": _("Field %(tag)s stands %(count)s times and may stand once only."),
    "edit_missing": _("Field %(tag)s (%(name)s) is missing."),
    # Why a record cannot be written.
    "record_too_long": _(
        "The record would be %(length)s bytes long; ISO 2709 allows %(limit)s at most."
    ),
    "field_too_long": _(
        "Field %(tag)s would be %(length)s bytes long; ISO 2709 allows %(limit)s at most."
    ),
    "separator_in_text": _("Field %(tag)s contains a control character that MARC reserves."),
    "not_encodable": _("Field %(tag)s has characters that %(charset)s cannot express."),
    "bad_field": _("“%(tag)s” is not a field tag of three letters or digits."),
}
"""Code → English msgid with ``%(name)s`` placeholders, for every finding of the codecs."""
