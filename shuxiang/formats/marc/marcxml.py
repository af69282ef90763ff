"""MARCXML and MarcXchange (UNIMARC in XML, SRU answers too), in and out.

The reader streams with expat and refuses any DTD, so there are no entities to expand and nothing
to fetch. Elements are known by their local names, because every sender has its own namespace.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from shuxiang.formats.marc.charset import ByteSource, sniff_utf16
from shuxiang.formats.marc.iso2709 import (
    FIELD_LIMIT,
    SUBFIELD_LIMIT,
    Decoded,
    Quarantined,
)
from shuxiang.formats.marc.model import ControlField, DataField, Field, Record
from shuxiang.formats.notes import Note, note

MARCXML_NAMESPACE: Final = "http://www.loc.gov/MARC21/slim"
MARCXCHANGE_NAMESPACE: Final = "info:lc/xmlns/marcxchange-v2"

_CHUNK: Final = 1 << 16
_TEXT_LIMIT: Final = 1 << 20
_declared: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)["']""")
_illegal: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# Blanks of the leader travel as these in XML, where a blank would be easy to lose.
_LEADER_BLANKS: Final = str.maketrans("-#|^", "    ")


def read_marcxml(stream: ByteSource) -> Iterator[Decoded | Quarantined]:
    """Every record of an XML file, in order, in flat memory.

    Damaged XML, a DTD or an unknown encoding ends the reading with one ``Quarantined``; what came
    before it stays read.
    """
    reader = _Reader()
    head = stream.read(_CHUNK)
    chunks = _utf8(head, stream)
    try:
        for chunk in chunks:
            reader.feed(chunk)
            yield from reader.take()
        reader.feed("", final=True)
        yield from reader.take()
    except _RefusedError as refused:
        yield from reader.take()
        yield reader.quarantine(refused.reason)
    except expat.ExpatError as error:
        yield from reader.take()
        why = expat.ErrorString(error.code) or "syntax error"
        yield reader.quarantine(note("xml_malformed", line=error.lineno, why=why))


class _RefusedError(Exception):
    """Carries the reason out of the parser's callbacks."""

    def __init__(self, reason: Note) -> None:
        super().__init__(reason.code)
        self.reason = reason


def _utf8(head: bytes, stream: ByteSource) -> Iterator[str]:
    """The document as text: expat itself knows no GB18030."""
    encoding = sniff_utf16(head) or "utf-8"
    if head[:4] in (b"<\0?\0", b"\0<\0?"):
        encoding = "utf-16-le" if head[:1] == b"<" else "utf-16-be"
    if head.startswith(codecs.BOM_UTF8):
        head = head[3:]
    elif encoding == "utf-8" and (found := _declared.match(head)):
        encoding = found[1].decode("ascii").lower()
        if encoding in ("gb2312", "gbk", "cp936"):
            encoding = "gb18030"
    try:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
    except LookupError:
        raise _RefusedError(note("xml_encoding", encoding=encoding)) from None
    chunk = head
    while chunk:
        yield decoder.decode(chunk).lstrip("\ufeff")
        chunk = stream.read(_CHUNK)
    yield decoder.decode(b"", final=True)


class _Reader:
    """Callbacks that gather one record at a time."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._doctype
        self._ready: list[Decoded | Quarantined] = []
        self._number = 0
        self._begin()

    def _begin(self) -> None:
        self._leader = ""
        self._fields: list[Field] = []
        self._text: list[str] = []
        self._size = self._subfield_count = 0
        self._tag = self._indicators = self._code = ""
        self._subfields: list[tuple[str, str]] = []
        self._listening = False
        self._notes: list[Note] = []

    def feed(self, text: str, final: bool = False) -> None:
        self._parser.Parse(text.encode("utf-8", "replace"), final)

    def take(self) -> list[Decoded | Quarantined]:
        ready, self._ready = self._ready, []
        return ready

    def quarantine(self, reason: Note) -> Quarantined:
        return Quarantined(max(self._parser.CurrentByteIndex, 0), self._number + 1, reason, b"")

    def _doctype(self, *_: object) -> None:
        raise _RefusedError(note("xml_doctype"))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "record":
            self._begin()
        elif local in ("controlfield", "datafield"):
            self._tag = attributes.get("tag", "")
            first, second = attributes.get("ind1", " "), attributes.get("ind2", " ")
            self._indicators = f"{first[:1]:1}{second[:1]:1}"
            self._subfields = []
        elif local == "subfield":
            self._code = attributes.get("code", "")[:1]
            self._subfield_count += 1
        if local in ("leader", "controlfield", "subfield"):
            self._text, self._listening = [], True

    def _characters(self, text: str) -> None:
        if self._listening:
            self._size += len(text)
            if self._size <= _TEXT_LIMIT:
                self._text.append(text)

    def _end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        text = "".join(self._text)
        if local == "leader":
            self._leader = text
        elif local == "controlfield":
            self._add(ControlField(self._tag, text))
        elif local == "subfield" and self._code and self._subfield_count <= SUBFIELD_LIMIT:
            self._subfields.append((self._code, text))
        elif local == "datafield" and self._subfields:
            self._add(DataField(self._tag, self._indicators, tuple(self._subfields)))
        elif local == "record":
            self._finish()
        if local in ("leader", "controlfield", "subfield"):
            self._text, self._listening = [], False

    def _add(self, field: Field) -> None:
        if len(self._fields) <= FIELD_LIMIT:
            self._fields.append(field)

    def _finish(self) -> None:
        # An SRU wrapper is called record too, but has neither leader nor fields of its own.
        if not self._leader and not self._fields:
            return
        reason: Note | None = None
        if self._size > _TEXT_LIMIT:
            reason = note("too_long", limit=_TEXT_LIMIT)
        elif len(self._fields) > FIELD_LIMIT:
            reason = note("too_many_fields", count=len(self._fields), limit=FIELD_LIMIT)
        elif self._subfield_count > SUBFIELD_LIMIT:
            count = self._subfield_count
            reason = note("too_many_subfields", count=count, limit=SUBFIELD_LIMIT)
        elif not self._fields:
            reason = note("no_fields")
        else:
            for field in self._fields:
                if not (len(field.tag) == 3 and field.tag.isascii() and field.tag.isalnum()):
                    reason = note("bad_tag", tag=field.tag[:20])
                    break
        if reason:
            self._ready.append(self.quarantine(reason))
        else:
            leader = f"{self._leader[:24].translate(_LEADER_BLANKS):24}"
            record = Record(leader, self._fields)
            self._ready.append(Decoded(record, tuple(self._notes)))
        self._number += 1
        self._begin()


def write_marcxml(record: Record, *, namespace: str = MARCXML_NAMESPACE, kind: str = "") -> str:
    """One ``<record>`` element.

    Args:
        namespace: :data:`MARCXML_NAMESPACE` or :data:`MARCXCHANGE_NAMESPACE`; the latter also
            gets ``type="Bibliographic"`` and ``format``.
        kind: MarcXchange format name, ``CNMARC`` when empty.

    Characters that XML cannot hold are left out.
    """
    attributes = f" xmlns={quoteattr(namespace)}" if namespace else ""
    if namespace == MARCXCHANGE_NAMESPACE:
        attributes += f' format={quoteattr(kind or "CNMARC")} type="Bibliographic"'
    lines = [f"<record{attributes}>", f"  <leader>{_safe(f'{record.leader[:24]:24}')}</leader>"]
    for field in record.fields:
        tag = quoteattr(_illegal.sub("", field.tag))
        if isinstance(field, ControlField):
            lines.append(f"  <controlfield tag={tag}>{_safe(field.data)}</controlfield>")
            continue
        first, second = (quoteattr(_illegal.sub(" ", sign)) for sign in field.indicators)
        lines.append(f"  <datafield tag={tag} ind1={first} ind2={second}>")
        lines += [
            f"    <subfield code={quoteattr(_illegal.sub('', code))}>{_safe(value)}</subfield>"
            for code, value in field.subfields
        ]
        lines.append("  </datafield>")
    lines.append("</record>\n")
    return "\n".join(lines)


def write_collection(
    records: Iterable[Record], *, namespace: str = MARCXML_NAMESPACE, kind: str = ""
) -> Iterator[str]:
    """A whole document, piece by piece, to be written in UTF-8."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<collection xmlns={quoteattr(namespace)}>\n"
    for record in records:
        yield write_marcxml(record, namespace=namespace, kind=kind)
    yield "</collection>\n"


def _safe(text: str) -> str:
    return escape(_illegal.sub("", text))
