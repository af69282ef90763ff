"""ISO 2709 out, in UTF-8 or GB18030."""

from __future__ import annotations

from typing import Final

from shuxiang.formats.marc.charset import UTF8, Charset
from shuxiang.formats.marc.model import Record
from shuxiang.formats.notes import Note, note

RECORD_BYTES: Final = 99_999
FIELD_BYTES: Final = 9_999


class EncodeError(ValueError):
    """The record cannot be written as ISO 2709; ``reason`` says why."""

    def __init__(self, reason: Note) -> None:
        super().__init__(reason.message)
        self.reason = reason


def encode(record: Record, charset: Charset = UTF8, *, coding_scheme: str = " ") -> bytes:
    """The bytes of ``record``, its terminator included; lengths count bytes.

    Args:
        record: leader positions 5–8 and 17–19 are kept, the rest is computed.
        charset: GB18030 rather than GBK, because GBK lacks characters such as 䶮.
        coding_scheme: leader position 9: blank in CNMARC, ``"a"`` for MARC 21 in UTF-8.

    Raises:
        EncodeError: a field is longer than 9,999 bytes or the record than 99,999, a tag is no
            tag, or a text holds a MARC terminator or a character outside ``charset``.
    """
    directory: list[bytes] = []
    contents: list[bytes] = []
    position = 0
    for tag, text in record.texts():
        if len(tag) != 3 or not (tag.isascii() and tag.isalnum()):
            raise EncodeError(note("bad_field", tag=tag))
        if "\x1e" in text or "\x1d" in text:
            raise EncodeError(note("separator_in_text", tag=tag))
        try:
            content = text.encode(charset) + b"\x1e"
        except UnicodeEncodeError:
            raise EncodeError(note("not_encodable", tag=tag, charset=charset)) from None
        if len(content) > FIELD_BYTES:
            raise EncodeError(
                note("field_too_long", tag=tag, length=len(content), limit=FIELD_BYTES)
            )
        directory.append(b"%s%04d%05d" % (tag.encode("ascii"), len(content), position))
        contents.append(content)
        position += len(content)
    base = 24 + 12 * len(directory) + 1
    length = base + position + 1
    if length > RECORD_BYTES:
        raise EncodeError(note("record_too_long", length=length, limit=RECORD_BYTES))
    leader = _leader(record.leader, length, base, coding_scheme)
    return b"".join([leader, *directory, b"\x1e", *contents, b"\x1d"])


def _leader(leader: str, length: int, base: int, coding_scheme: str) -> bytes:
    """The leader with lengths counted; entry map ``45``, its last two as the record had them."""
    kept = "".join([c if " " <= c <= "~" else " " for c in f"{leader[:24]:24}"])
    end = kept[20:24] if kept[20:22] == "45" else "450 "
    text = f"{length:05d}{kept[5:9]}{coding_scheme:1}22{base:05d}{kept[17:20]}{end}"
    return text.encode("ascii")
