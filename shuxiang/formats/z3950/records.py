"""Records as Z39.50 gives them out: MARC 21, CNMARC (as UNIMARC), XML, plain text."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Final

from shuxiang.formats.marc import (
    EncodeError,
    Record,
    encode,
    from_record,
    guess_format,
    isbd,
    to_cnmarc,
)
from shuxiang.formats.marc.charset import UTF8, Charset
from shuxiang.formats.marc.iso2709 import Decoded
from shuxiang.formats.marc.marcxml import read_marcxml

SYNTAXES: Final = {
    "1.2.840.10003.5.1": "unimarc",
    "1.2.840.10003.5.10": "usmarc",
    "1.2.840.10003.5.101": "sutrs",
    "1.2.840.10003.5.109.10": "xml",
}
"""Object identifier of a record syntax → what it is here."""
_SCHEMAS: Final = {"unimarc": "marcxchange", "usmarc": "marcxml", "sutrs": "marcxchange"}
_XML: Final = ("marcxml", "marcxchange", "dc")


class UnreadableError(Exception):
    """The record can't be given in this syntax."""


def schema_of(syntax: str, element_set: str) -> str:
    """The SRU schema a record is fetched in; XML in the schema named, else MARCXML."""
    if syntax == "xml":
        return element_set.lower() if element_set.lower() in _XML else "marcxml"
    return _SCHEMAS[syntax]


def converted(xml: bytes, syntax: str, charset: Charset, *, today: datetime) -> bytes:
    """A record of an SRU response in a syntax. Raises UnreadableError."""
    if syntax == "xml":
        return xml
    read = next(iter(read_marcxml(io.BytesIO(xml))), None)
    if not isinstance(read, Decoded):
        raise UnreadableError
    if syntax == "sutrs":
        return (isbd(from_record(read.record)) + "\n").encode(charset, "replace")
    record = read.record
    if syntax == "unimarc" and guess_format(record) == "marc21":
        record = to_cnmarc(from_record(record), entered=today.date())
    scheme = "a" if syntax == "usmarc" and charset == UTF8 else " "
    return _encoded(record, charset, scheme)


def _encoded(record: Record, charset: Charset, scheme: str) -> bytes:
    try:
        return encode(record, charset, coding_scheme=scheme)
    except EncodeError as error:
        raise UnreadableError from error
