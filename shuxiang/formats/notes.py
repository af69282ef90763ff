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
