"""Reading another repository's answers (OAI-PMH 2.0): its records, what it is, what it complains of."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from shuxiang.formats.identifiers import parse_isbn, parse_year
from shuxiang.formats.marc import from_record
from shuxiang.formats.marc.iso2709 import Decoded
from shuxiang.formats.marc.marcxml import read_marcxml
from shuxiang.formats.notes import Note, note
from shuxiang.formats.slices import Slices

_day: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_second: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """A record of a page: ``part`` is its metadata as a document of its own, '' of a deleted one."""

    identifier: str
    deleted: bool
    part: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to ListRecords. ``errors``: OAI's own codes; ``token``: '' on the last page."""

    records: tuple[ForeignRecord, ...]
    token: str
    errors: tuple[str, ...]
    answered_at: str
    complete: int


@dataclass(frozen=True, slots=True)
class Identity:
    """An answer to Identify: ``by_day`` where datestamps are days; ``keeps_deleted``: deletions are told,
    so that what changed is enough."""

    name: str
    by_day: bool
    keeps_deleted: bool


class _Answer(Slices):
    CUT = "metadata"

    def __init__(self, document: bytes) -> None:
        super().__init__(document)
        self.known = False
        self.values: dict[str, str] = {}
        self.errors: list[str] = []
        self.records: list[ForeignRecord] = []
        self.complete = 0
        self._identifier, self._deleted, self._part = "", False, b""

    def begins(self, name: str, attributes: dict[str, str]) -> None:
        if not self.path:
            self.known = name == "OAI-PMH"
        if name == "record":
            self._identifier, self._deleted, self._part = "", False, b""
        elif name == "header":
            self._deleted = attributes.get("status") == "deleted"

    def says(self, name: str, text: str, attributes: dict[str, str]) -> None:
        if name == "error":
            self.errors.append(attributes.get("code", "error")[:40])
        elif name == "identifier" and self.path[-1:] == ["header"]:
            self._identifier = text
        elif name == "record" and self._identifier:
            found = ForeignRecord(self._identifier, self._deleted, self._part)
            self.records.append(found)
        elif name == "resumptionToken":
            self.values[name] = text
            size = attributes.get("completeListSize", "")
            self.complete = int(size) if size.isascii() and size.isdecimal() else 0
        elif name in ("responseDate", "granularity", "deletedRecord", "repositoryName"):
            self.values[name] = text

    def holds(self, part: bytes) -> None:
        self._part = self.whole(part)


def _read(document: bytes) -> _Answer | Note:
    answer = _Answer(document)
    if wrong := answer.read():
        return wrong
    return answer if answer.known else note("xml_malformed", line=1, why="OAI-PMH")


def read_page(document: bytes) -> Page | Note:
    """Read a page of ListRecords, or say why it can't be."""
    answer = _read(document)
    if isinstance(answer, Note):
        return answer
    return Page(
        tuple(answer.records),
        answer.values.get("resumptionToken", ""),
        tuple(answer.errors),
        answer.values.get("responseDate", ""),
        answer.complete,
    )


def read_identity(document: bytes) -> Identity | Note:
    """Read an answer to Identify, or say why it can't be."""
    answer = _read(document)
    if isinstance(answer, Note):
        return answer
    if "granularity" not in answer.values:
        return note("xml_malformed", line=1, why="Identify")
    return Identity(
        answer.values.get("repositoryName", "")[:200],
        "hh" not in answer.values["granularity"],
        answer.values.get("deletedRecord", "no") != "no",
    )


def request_url(base: str, given: Mapping[str, str]) -> str:
    """The address of a request; what the base has in its query stays."""
    parts = urlsplit(base)
    asked = urlencode([*parse_qsl(parts.query), *given.items()])
    return urlunsplit(parts._replace(query=asked))


def datestamp(at: datetime, *, by_day: bool) -> str:
    """A moment as the repository counts it."""
    return (
        f"{at.astimezone(UTC):%Y-%m-%d}" if by_day else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    )


def moment(text: str) -> datetime | None:
    """The moment a datestamp means."""
    if _second.match(text):
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if _day.match(text):
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    return None


@dataclass(frozen=True, slots=True)
class Described:
    """What is kept of another library's record beside its bytes."""

    title: str
    author: str
    publisher: str
    year: int | None
    isbns: tuple[str, ...]


class _DublinCore(Slices):
    CUT = "\0"

    def __init__(self, document: bytes) -> None:
        super().__init__(document)
        self.values: dict[str, list[str]] = {}

    def says(self, name: str, text: str, attributes: dict[str, str]) -> None:
        if text:
            self.values.setdefault(name, []).append(text)


def described(part: bytes) -> Described | None:
    """Read a record's metadata: MARC in any XML form, or Dublin Core; None where it is neither."""
    read = next(iter(read_marcxml(io.BytesIO(part))), None)
    if isinstance(read, Decoded):
        book = from_record(read.record)
        isbns = tuple(n.isbn13 for n in book.isbns if n.isbn13)
        names = " ; ".join(book.responsibility) or book.author
        title = " ".join(p for p in (book.title, book.part_number, book.part_name) if p)
        return Described(title, names, book.publisher, book.year, isbns) if title else None
    document = _DublinCore(part)
    if document.read() is not None or not document.values.get("title"):
        return None
    values = document.values
    numbers = [
        parse_isbn(t.rpartition(":")[2].removeprefix("ISBN")) for t in values.get("identifier", ())
    ]
    return Described(
        values["title"][0],
        " ; ".join(values.get("creator", ())),
        values.get("publisher", [""])[0],
        parse_year(values.get("date", [""])[0]),
        tuple(n.isbn13 for n in numbers if n.isbn13),
    )
