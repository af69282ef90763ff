"""Reading XML answers of other servers: texts by element, records cut out byte for byte.

Streams through expat and refuses any DTD, so there are no entities to expand and nothing to fetch.
Elements are known by their local names, because every sender has its own prefixes.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from shuxiang.formats.notes import Note, note

DEEPEST: Final = 200


class _RefusedError(Exception):
    pass


class Slices:
    """A document whose elements named ``CUT`` hold records of any kind. Subclasses listen with `begins`,
    `says` and `holds`; what is inside a record is not told."""

    CUT: str

    def __init__(self, document: bytes) -> None:
        self._document = _as_utf8(document)
        self.path: list[str] = []
        self._attributes: list[dict[str, str]] = []
        self._text: list[str] = []
        self._begins = -1
        self._declared: dict[str, str] = {}
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartNamespaceDeclHandler = self._declare
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse

    def begins(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; `path` has those around it."""

    def says(self, name: str, text: str, attributes: dict[str, str]) -> None:
        """An element ends that held a text."""

    def holds(self, part: bytes) -> None:
        """A record, as it stands."""

    def read(self) -> Note | None:
        """Read all of it; why it can't be, where it can't."""
        try:
            self._parser.Parse(self._document, True)
        except _RefusedError:
            return note("xml_doctype")
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code) or "syntax error"
            return note("xml_malformed", line=error.lineno, why=why)
        return None

    def whole(self, part: bytes) -> bytes:
        """A record as a document of its own, prefixes declared around it included."""
        if part.startswith(b"<?xml"):
            return part
        declared = "".join(f" xmlns:{p}={quoteattr(uri)}" for p, uri in self._declared.items())
        head = f'<?xml version="1.0" encoding="UTF-8"?><in{declared}>'
        return head.encode() + part + b"</in>"

    def _refuse(self, *_: object) -> None:
        raise _RefusedError

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        if self.CUT not in self.path and prefix and uri:
            self._declared[prefix] = uri

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if len(self.path) >= DEEPEST:
            raise _RefusedError
        if self.path and self.path[-1] == self.CUT and self._begins < 0:
            self._begins = self._parser.CurrentByteIndex
        if self.CUT not in self.path:
            self._text.clear()
            self.begins(local, attributes)
        self.path.append(local)
        self._attributes.append(attributes)

    def _end(self, _name: str) -> None:
        local, attributes = self.path.pop(), self._attributes.pop()
        if self.CUT in self.path:
            return
        text = "".join(self._text).strip()
        if local == self.CUT:
            end = self._parser.CurrentByteIndex
            part = self._document[self._begins : end] if self._begins >= 0 else text.encode()
            if part.strip():
                self.holds(part.strip())
            self._begins = -1
        else:
            self.says(local, text, attributes)
        self._text.clear()


def _as_utf8(document: bytes) -> bytes:
    """The document in UTF-8, which is what positions are counted in."""
    head = document[:200].lower()
    for name in (b"gb18030", b"gbk", b"gb2312"):
        if b'encoding="' + name in head or b"encoding='" + name in head:
            text = document.decode("gb18030", "replace")
            return text.partition("?>")[2].encode()
    if document[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return document.decode("utf-16", "replace").encode().removeprefix(b"\xef\xbb\xbf")
    return document.removeprefix(b"\xef\xbb\xbf")
