"""Which characters a MARC file is written in: UTF-8 or GB18030, decided once per file.

One field or record alone decides nothing, because GBK bytes can be valid UTF-8 (一 is D2 BB). So
the whole file is read once, in chunks of complete records: all records strict UTF-8, else all
strict GB18030, else the better half, and the rest is repaired record by record.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal, Protocol

Charset = Literal["utf-8", "gb18030"]

UTF8: Final[Charset] = "utf-8"
GB18030: Final[Charset] = "gb18030"

_CHUNK: Final = 1 << 18
_RUN_LIMIT: Final = 1 << 20
# So many characters of three or more bytes do not come out of GBK text by accident.
_TELLING: Final = 8
_NOT_A_LEAD: Final = bytes(set(range(256)) - set(range(0xE0, 0xF5)))


class ByteSource(Protocol):
    """What the readers need of a file: ``read(n)`` giving bytes, empty at the end."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes; empty at the end."""


@dataclass(frozen=True, slots=True)
class CharsetGuess:
    """The character set of a file.

    Attributes:
        charset: what to pass to ``decode``.
        certain: every complete record of the file is strictly valid in ``charset``.
        bom: the file starts with a byte order mark.
        transcode_from: ``"utf-16-le"`` or ``"utf-16-be"`` when the file must be read through
            :class:`Utf16Source`, else an empty string.
    """

    charset: Charset
    certain: bool = True
    bom: bool = False
    transcode_from: str = ""


class Utf16Source:
    """A UTF-16 file read as UTF-8 bytes; undecodable units become U+FFFD."""

    def __init__(self, stream: ByteSource, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int, /) -> bytes:
        """Up to about 1.5 × ``size`` UTF-8 bytes; empty at the end."""
        while True:
            chunk = self._stream.read(size)
            text = self._decoder.decode(chunk, final=not chunk)
            if text or not chunk:
                return text.encode("utf-8")


def open_source(stream: ByteSource, guess: CharsetGuess) -> ByteSource:
    """``stream`` itself, or its UTF-8 form when ``guess`` says that it is UTF-16."""
    return Utf16Source(stream, guess.transcode_from) if guess.transcode_from else stream


def sniff_utf16(head: bytes) -> str:
    """``"utf-16-le"``, ``"utf-16-be"`` or ``""`` from the first bytes of a file."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    start = head[:10]
    if len(start) == 10:
        if start[1::2] == bytes(5) and start[0::2].isdigit():
            return "utf-16-le"
        if start[0::2] == bytes(5) and start[1::2].isdigit():
            return "utf-16-be"
    return ""


def detect_charset(stream: BinaryIO | ByteSource) -> CharsetGuess:
    """Read a MARC file once, in flat memory, and decide its character set.

    Records cut off or damaged in their structure have no vote, so a file cut in the middle of a
    character stays what it was. The caller rewinds the file afterwards.
    """
    first = stream.read(_CHUNK)
    bom = first.startswith(codecs.BOM_UTF8)
    if transcode_from := sniff_utf16(first):
        return CharsetGuess(UTF8, bom=True, transcode_from=transcode_from)
    vote = _Vote()
    for chunk in _whole_records(first, stream):
        vote.take(chunk)
    return vote.result(bom)


class _Vote:
    """Counts of records valid in each character set; damaged records do not count."""

    def __init__(self) -> None:
        self.utf8_failed = 0
        self.gb_failed = 0
        self.telling_utf8 = 0
        self.gb_only = 0

    def take(self, chunk: bytes) -> None:
        if chunk.isascii():
            return
        telling = _telling(chunk)
        if telling >= 0:
            self.telling_utf8 += min(chunk.count(b"\x1d"), telling // _TELLING)
            # So much UTF-8 is no GB18030; only where it is little is the question open.
            self.gb_failed += telling >= _TELLING or not _is(chunk, GB18030)
            return
        if self.utf8_failed and not self.telling_utf8 and _is(chunk, GB18030):
            self.utf8_failed += 1
            self.gb_only += chunk.count(b"\x1d")
            return
        for record in chunk.split(b"\x1d"):
            if not record.isascii() and _sound(record):
                self._take_record(record)

    def _take_record(self, record: bytes) -> None:
        telling = _telling(record)
        gb = _is(record, GB18030)
        self.gb_failed += not gb
        if telling < 0:
            self.utf8_failed += 1
            self.gb_only += gb
        elif telling >= _TELLING:
            self.telling_utf8 += 1

    def result(self, bom: bool) -> CharsetGuess:
        if not self.utf8_failed:
            return CharsetGuess(UTF8, bom=bom)
        if self.telling_utf8 > self.gb_only:
            return CharsetGuess(UTF8, certain=False, bom=bom)
        return CharsetGuess(GB18030, certain=not self.gb_failed, bom=bom)


def _telling(data: bytes) -> int:
    """Number of characters of three or more UTF-8 bytes, or -1 when ``data`` is not UTF-8."""
    if not _is(data, UTF8):
        return -1
    return len(data.translate(None, _NOT_A_LEAD))


def _is(data: bytes, charset: Charset) -> bool:
    try:
        data.decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def _sound(record: bytes) -> bool:
    """Whether the directory lists as many fields as the record holds."""
    record = record.lstrip(b"\r\n\0\xef\xbb\xbf")
    end = record.find(b"\x1e", 24)
    if end < 36 or (end - 24) % 12:
        return False
    return record.count(b"\x1e", end + 1) == (end - 24) // 12


def _whole_records(first: bytes, stream: ByteSource) -> Iterator[bytes]:
    """Chunks that end at a record terminator; over-long runs and the cut tail are left out."""
    chunk, tail, skipping = first, b"", False
    while chunk:
        cut = chunk.rfind(b"\x1d") + 1
        if skipping and cut:
            chunk = chunk[chunk.find(b"\x1d") + 1 :]
            cut = chunk.rfind(b"\x1d") + 1
            skipping = False
        if not skipping:
            if cut:
                yield tail + chunk[:cut]
                tail = chunk[cut:]
            else:
                tail += chunk
            if len(tail) > _RUN_LIMIT:
                tail, skipping = b"", True
        chunk = stream.read(_CHUNK)
