"""What targets answer: MARC records in whatever they are written in, SRU responses."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from shuxiang.formats.marc import (
    Bibliographic,
    EncodeError,
    RawRecord,
    Record,
    decode,
    encode,
    from_record,
    guess_format,
)
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.formats.marc.iso2709 import Decoded, Quarantined
from shuxiang.formats.marc.marcxml import read_marcxml
from shuxiang.formats.notes import Note, note
from shuxiang.formats.slices import Slices

_GB: Final = ("gb18030", "euc-cn")


@dataclass(frozen=True, slots=True)
class SharedRecord:
    """A record of another library.

    Attributes:
        source: the bytes it came in, in ``source_charset`` (``xml`` for an SRU record).
        data: ISO 2709 as our catalogue keeps it, in ``charset``; the same bytes as the source where
            that is ISO 2709 in a character set of ours.
        format: cnmarc or marc21; notes: what had to be mended to read it.
    """

    source: bytes
    source_charset: str
    data: bytes
    charset: Charset
    format: str
    record: Record
    notes: tuple[Note, ...] = ()

    @property
    def described(self) -> Bibliographic:
        """Its description."""
        return from_record(self.record)


def read_marc(data: bytes, charset: str, xml: bytes = b"") -> SharedRecord | Note:
    """Read an ISO 2709 record, or say why it can't be.

    Args:
        charset: of `profiles.CHARSETS`; a UTF-8 record of a target that is said to write GB 18030, or
            the other way round, is told by itself.
        xml: the record as MARCXML in UTF-8, for a record in MARC-8.
    """
    if xml:
        read = next(iter(read_marcxml(io.BytesIO(xml))), None)
        return _rewritten(read, data, charset)
    if charset == "big5":
        text = data.decode("big5hkscs", "replace")
        return _rewritten(decode(RawRecord(0, 1, text.encode()), UTF8), data, charset)
    ours: Charset = GB18030 if charset in _GB else UTF8
    found = decode(RawRecord(0, 1, data), ours)
    if isinstance(found, Quarantined):
        return found.reason
    # A record in the other character set is kept as what it is.
    other: Charset = UTF8 if ours == GB18030 else GB18030
    if any(n.code == "other_charset" for n in found.repairs):
        ours = other
    return SharedRecord(
        data, ours, data, ours, guess_format(found.record), found.record, found.repairs
    )


def _rewritten(
    read: Decoded | Quarantined | None, source: bytes, source_charset: str
) -> SharedRecord | Note:
    """A record that our catalogue keeps in UTF-8, because it came in something else."""
    if read is None:
        return note("no_fields")
    if isinstance(read, Quarantined):
        return read.reason
    format_ = guess_format(read.record)
    try:
        scheme = "a" if format_ == "marc21" else " "
        data = encode(read.record, UTF8, coding_scheme=scheme)
    except EncodeError as error:
        return error.reason
    return SharedRecord(source, source_charset, data, UTF8, format_, read.record, read.repairs)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What an SRU server complains of: its number where it is of the standard's list."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class SruAnswer:
    """An SRU response: ``unreadable`` says why records, or all of it, could not be read.

    ``parts`` are its records as they stand in it; ``terms`` (with their counts) the answer to a scan.
    ``answered``: it is an SRU response at all.
    """

    hits: int = 0
    records: tuple[SharedRecord, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unreadable: tuple[Note, ...] = ()
    parts: tuple[bytes, ...] = ()
    terms: tuple[tuple[str, int], ...] = ()
    answered: bool = False


class _Response(Slices):
    """Gathers what is said of the records, and the records."""

    CUT = "recordData"

    def __init__(self, document: bytes) -> None:
        super().__init__(document)
        self.parts: list[bytes] = []
        self.terms: list[tuple[str, int]] = []
        self.hits = 0
        self.diagnostics: list[dict[str, str]] = []
        self.answered = False

    def begins(self, name: str, attributes: dict[str, str]) -> None:
        if not self.path:
            self.answered = name in ("searchRetrieveResponse", "scanResponse")
        if name == "diagnostic":
            self.diagnostics.append({})

    def says(self, name: str, text: str, attributes: dict[str, str]) -> None:
        if name == "value" and self.path[-1:] == ["term"]:
            self.terms.append((text, 0))
        elif name == "numberOfRecords" and text.isdecimal() and text.isascii():
            if self.path[-1:] != ["term"]:
                self.hits = int(text[:9])
            elif self.terms:
                self.terms[-1] = (self.terms[-1][0], int(text[:9]))
        elif name in ("uri", "details", "message") and self.diagnostics:
            self.diagnostics[-1][name] = text[:300]

    def holds(self, part: bytes) -> None:
        self.parts.append(part)


def read_sru(document: bytes) -> SruAnswer:
    """Read an SRU response of any version, with records as XML or as escaped text."""
    response = _Response(document)
    if wrong := response.read():
        return SruAnswer(unreadable=(wrong,))
    if not response.answered:
        return SruAnswer(unreadable=(note("xml_malformed", line=1, why="searchRetrieveResponse"),))
    records: list[SharedRecord] = []
    unreadable: list[Note] = []
    for part in response.parts:
        read = next(iter(read_marcxml(io.BytesIO(response.whole(part)))), None)
        made = _rewritten(read, part, "xml")
        if isinstance(made, Note):
            unreadable.append(made)
        else:
            records.append(made)
    told = tuple(
        Diagnostic(
            int(tail) if (tail := d.get("uri", "").rpartition("/")[2]).isdecimal() else 0,
            " ".join(t for t in (d.get("message", ""), d.get("details", "")) if t),
        )
        for d in response.diagnostics
    )
    return SruAnswer(
        response.hits,
        tuple(records),
        told,
        tuple(unreadable),
        tuple(response.whole(part) for part in response.parts),
        tuple(response.terms),
        answered=True,
    )
