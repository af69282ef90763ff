"""ISO 2709 in: cut a byte stream into records, read each one, keep what cannot be read.

Lengths and positions in a record are never trusted: the file is cut at record terminators, the
data area at field terminators, and the tags of the directory are paired with the pieces in order.
Positions are used only where the counts differ or the directory is in another order than the
data. Cutting comes before decoding, which is safe because 0x1D–0x1F cannot be a trail byte in
GBK, GB18030 or UTF-8.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from shuxiang.formats.marc.charset import GB18030, UTF8, ByteSource, Charset
from shuxiang.formats.marc.model import Record
from shuxiang.formats.notes import Note, note

RUN_LIMIT: Final = 1 << 20
"""Longest run of bytes without a record terminator that is still offered as one record."""
FIELD_LIMIT: Final = 5_000
SUBFIELD_LIMIT: Final = 20_000
PADDING: Final = b"\r\n\0\x1a"

_CHUNK: Final = 1 << 18
_BOM: Final = b"\xef\xbb\xbf"
_LISTED: Final = 20
_Unpack = Callable[[bytes], tuple[bytes, ...]]
_entries = struct.Struct("3s4s5s").iter_unpack
# Anything a catalogue should not swallow silently: controls, private use, replacement marks.
_suspicious: Final = re.compile("[\x00-\x1c\x7f-\x9f\ue000-\uf8ff\ufffd]").search
_controls: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1c\x7f-\x9f]")
_breaks: Final = re.compile("[\t\r\n]+")
_private: Final = re.compile("[\ue000-\uf8ff]")
_leader_inside: Final = re.compile(
    rb"[0-9]{5}[a-z #|-][a-z #|-][a-z #|-][0-9 #|-].{3}[0-9]{5}.{3}45[0-9 ][0-9 ]", re.DOTALL
).search


class RawRecord(NamedTuple):
    """One record as it stands in the file.

    Attributes:
        offset: position of its first byte in the stream.
        number: 1 for the first record of the stream.
        data: its bytes with the terminator (absent only at a cut end), without padding.
        overlong: part of a run longer than :data:`RUN_LIMIT`, never a record.
    """

    offset: int
    number: int
    data: bytes
    overlong: bool = False


class Decoded(NamedTuple):
    """A record that could be read, with what was mended on the way."""

    record: Record
    repairs: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not be read: where it is, why, and all of its bytes."""

    offset: int
    number: int
    reason: Note
    data: bytes


def split_records(stream: ByteSource) -> Iterator[RawRecord]:
    """Cut ``stream`` into records; memory stays below a few times :data:`RUN_LIMIT`.

    Padding between records (line ends, NUL, Ctrl-Z, a byte order mark at the start) is dropped.
    A run without terminator beyond the limit comes out in pieces marked ``overlong``.
    """
    offset = number = 0
    tail = b""
    overlong = False
    while chunk := stream.read(_CHUNK):
        if not offset and not tail and chunk.startswith(_BOM):
            chunk, offset = chunk[3:], 3
        pieces = (tail + chunk).split(b"\x1d")
        tail = pieces.pop()
        for piece in pieces:
            end = offset + len(piece) + 1
            data = piece.lstrip(PADDING) if piece[:1] < b" " else piece
            if data or overlong:
                number += 1
                yield RawRecord(end - len(data) - 1, number, data + b"\x1d", overlong)
            offset, overlong = end, False
        while len(tail) > RUN_LIMIT:
            number += 1
            overlong = True
            yield RawRecord(offset, number, tail[:RUN_LIMIT], overlong)
            offset, tail = offset + RUN_LIMIT, tail[RUN_LIMIT:]
    if data := tail.lstrip(PADDING):
        yield RawRecord(offset + len(tail) - len(data), number + 1, data, overlong)


def decode(raw: RawRecord, charset: Charset) -> Decoded | Quarantined:
    """Read one record in the character set of its file (see ``charset.detect_charset``).

    Every outcome is a value: a damaged record is quarantined with its bytes and a reason.
    """
    data = raw.data
    if raw.overlong or len(data) > RUN_LIMIT:
        return _refuse(raw, "too_long", limit=RUN_LIMIT)
    if len(data) < 26:
        return _refuse(raw, "too_short", length=len(data))
    end = data.find(b"\x1e", 24)
    if end < 0:
        return _refuse(raw, "no_directory" if data[-1] == 0x1D else "truncated")
    if (end - 24) % 12:
        return _refuse(raw, "bad_directory", length=end - 24)
    if end == 24:
        return _refuse(raw, "no_fields")
    if (count := (end - 24) // 12) > FIELD_LIMIT:
        return _refuse(raw, "too_many_fields", count=count, limit=FIELD_LIMIT)
    if len(data) > SUBFIELD_LIMIT and (marks := data.count(b"\x1f")) > SUBFIELD_LIMIT:
        return _refuse(raw, "too_many_subfields", count=marks, limit=SUBFIELD_LIMIT)

    directory = data[24:end]
    unpack_tags, unpack_starts = _unpackers(count)
    tags = _tags_of(unpack_tags(directory))
    if isinstance(tags, bytes):
        return _refuse(raw, "bad_tag", tag=ascii(tags)[2:-1])
    leader = data[:24].decode("latin-1")
    if leader[:5] == f"{len(data):05d}" and leader.isascii() and data[-2:] == b"\x1e\x1d":
        try:
            whole = data[end + 1 : -2].decode(charset)
        except UnicodeDecodeError:
            return _decode_slowly(raw, charset, leader, tags, directory)
        texts = whole.split("\x1e")
        if len(texts) == count and not _suspicious(whole):
            starts = unpack_starts(directory)
            # Ascending digit strings: the order of nearly every record.
            if list(starts) == sorted(starts) and _well_formed(tags, texts):
                return Decoded(Record.from_texts(leader, tags, texts))
    return _decode_slowly(raw, charset, leader, tags, directory)


def read_records(stream: ByteSource, charset: Charset) -> Iterator[Decoded | Quarantined]:
    """Every record of a stream, read or quarantined, in order."""
    for raw in split_records(stream):
        yield decode(raw, charset)


def _refuse(raw: RawRecord, code: str, **data: object) -> Quarantined:
    return Quarantined(raw.offset, raw.number, note(code, **data), raw.data)


def _decode_slowly(
    raw: RawRecord, charset: Charset, leader: str, tags: list[str], directory: bytes
) -> Decoded | Quarantined:
    """The way of the records with something unusual about them."""
    body = _Body(raw, charset, 24 + len(directory) + 1)
    cut = body.cut(tags, directory)
    if isinstance(cut, Quarantined):
        return cut
    if not (leader.isascii() and leader.isprintable()):
        leader = "".join([c if " " <= c <= "~" else " " for c in leader])
        body.repairs.append(note("bad_leader"))
    texts = [body.mend(tag, text) for tag, text in zip(tags, body.texts(tags, cut), strict=True)]
    return Decoded(Record.from_texts(leader, tags, texts), tuple(body.repairs))


def _well_formed(tags: list[str], texts: list[str]) -> bool:
    """Whether every field but the 00X starts with two indicators and a subfield mark."""
    for place in [k for k, text in enumerate(texts) if text[2:3] != "\x1f"]:
        if tags[place] >= "010":
            return False
    return True


_CACHED_TAGS: Final = 4_096
_TAGS: Final[dict[bytes, str]] = {}


def _tags_of(tags: tuple[bytes, ...]) -> list[str] | bytes:
    """The tags as shared strings, or the first one that is no tag."""
    try:
        return [_TAGS[tag] for tag in tags]
    except KeyError:
        pass
    if len(_TAGS) > _CACHED_TAGS:
        _TAGS.clear()
    for tag in tags:
        if not tag.isalnum():
            return tag
        _TAGS[tag] = tag.decode("ascii")
    return [_TAGS[tag] for tag in tags]


@lru_cache(maxsize=64)
def _unpackers(count: int) -> tuple[_Unpack, _Unpack]:
    """Unpackers of the tags and of the starting positions of a directory of ``count`` entries."""
    return struct.Struct("3s9x" * count).unpack, struct.Struct("7x5s" * count).unpack


class _Body:
    """The data area of one record on its way from bytes to field texts."""

    __slots__ = ("charset", "data", "raw", "repairs", "start")

    def __init__(self, raw: RawRecord, charset: Charset, start: int) -> None:
        self.raw = raw
        self.charset = charset
        self.start = start
        self.data = raw.data
        self.repairs: list[Note] = []

    def cut(self, tags: list[str], directory: bytes) -> list[bytes] | Quarantined:
        """The bytes of each field, in the order of the directory."""
        data = self.data
        if data.endswith(b"\x1e\x1d"):
            body = data[self.start : -2]
        elif data.endswith(b"\x1d"):
            body = data[self.start : -1]
        elif data.rstrip(PADDING).endswith(b"\x1e"):
            body = data[self.start :].rstrip(PADDING)[:-1]
            self.repairs.append(note("no_terminator"))
        else:
            return _refuse(self.raw, "truncated")
        length = data[:5]
        if (not length.isdigit() or int(length) != len(data)) and _leader_inside(body):
            return _refuse(self.raw, "joined_records")
        pieces = body.split(b"\x1e")
        if len(pieces) == len(tags):
            starts = [start for _, _, start in _entries(directory)]
            in_order = starts == sorted(starts)
            return pieces if in_order else self._by_position(pieces, starts) or pieces
        return self._by_offsets(body, directory) or _refuse(
            self.raw, "lengths_lie", listed=len(tags), found=len(pieces)
        )

    def _by_position(self, pieces: list[bytes], starts: list[bytes]) -> list[bytes] | None:
        """The pieces in directory order, if the starts are exactly where the pieces begin."""
        at, position = {}, 0
        for piece in pieces:
            at[b"%05d" % position] = piece
            position += len(piece) + 1
        if set(starts) != set(at):
            return None
        self.repairs.append(note("out_of_order"))
        return [at[start] for start in starts]

    def _by_offsets(self, body: bytes, directory: bytes) -> list[bytes] | None:
        """The pieces by the directory's positions, if those cover the data area without a gap."""
        area = body + b"\x1e"
        pieces, position = [], 0
        entries: Sequence[tuple[bytes, bytes, bytes]] = list(_entries(directory))
        for _, length, start in entries:
            if not (length.isdigit() and start.isdigit()) or int(start) != position:
                return None
            piece = area[position : position + int(length)]
            position += int(length)
            pieces.append(piece[:-1] if piece.endswith(b"\x1e") else piece)
        return pieces if position == len(area) else None

    def texts(self, tags: list[str], pieces: list[bytes]) -> list[str]:
        """Field texts; a record that is not strictly in the file's charset is rescued."""
        try:
            return [piece.decode(self.charset) for piece in pieces]
        except UnicodeDecodeError:
            pass
        other = GB18030 if self.charset == UTF8 else UTF8
        try:
            texts = [piece.decode(other) for piece in pieces]
        except UnicodeDecodeError:
            pass
        else:
            self.repairs.append(note("other_charset", charset=other))
            return texts
        texts = []
        for tag, piece in zip(tags, pieces, strict=True):
            text = piece.decode(self.charset, "replace")
            if "\ufffd" in text:
                self._report("undecodable", tag=tag, charset=self.charset)
            texts.append(text)
        return texts

    def mend(self, tag: str, text: str) -> str:
        """``text`` without what no catalogue should hold; every change is reported."""
        if "\x1e" in text:
            self._report("stray_separator", tag=tag)
            text = text.replace("\x1e", " ")
        if _suspicious(text):
            if private := sorted(set(_private.findall(text))):
                names = " ".join([f"U+{ord(c):04X}" for c in private[:_LISTED]])
                self._report("private_use", tag=tag, characters=names)
            clean = _controls.sub("", _breaks.sub(" ", text))
            if clean != text:
                self._report("control_characters", tag=tag)
                text = clean
        if tag >= "010" and text[2:3] != "\x1f":
            mark = text.find("\x1f")
            if mark < 0:
                self._report("no_subfields", tag=tag)
            else:
                self._report("bad_indicators", tag=tag)
                indicators, kept = text[:mark], ""
                if mark > 2:
                    indicators, kept = "  ", "\x1fa" + text[:mark].strip()
                text = f"{indicators:2}" + (kept if len(kept) > 2 else "") + text[mark:]
        return text

    def _report(self, code: str, **data: object) -> None:
        if len(self.repairs) < _LISTED:
            self.repairs.append(note(code, **data))
