"""MARC: ISO 2709, MARCXML and text forms in and out; one bibliographic reading; holdings."""

from __future__ import annotations

from shuxiang.formats.marc.bibliographic import (
    Bibliographic,
    from_cnmarc,
    from_marc21,
    from_record,
    guess_format,
    isbd,
    to_cnmarc,
    to_marc21,
)
from shuxiang.formats.marc.charset import Charset, CharsetGuess, detect_charset, open_source
from shuxiang.formats.marc.iso2709 import (
    Decoded,
    Quarantined,
    RawRecord,
    decode,
    read_records,
    split_records,
)
from shuxiang.formats.marc.model import ControlField, DataField, Field, Record
from shuxiang.formats.marc.writer import EncodeError, encode

__all__ = [
    "Bibliographic",
    "Charset",
    "CharsetGuess",
    "ControlField",
    "DataField",
    "Decoded",
    "EncodeError",
    "Field",
    "Quarantined",
    "RawRecord",
    "Record",
    "decode",
    "detect_charset",
    "encode",
    "from_cnmarc",
    "from_marc21",
    "from_record",
    "guess_format",
    "isbd",
    "open_source",
    "read_records",
    "split_records",
    "to_cnmarc",
    "to_marc21",
]
