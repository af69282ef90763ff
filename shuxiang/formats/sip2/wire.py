"""SIP2 on the wire (3M Standard Interchange Protocol 2.00): frames, checksums, characters.

A frame is cut from the bytes at CR, LF or CR LF and its checksum is taken over the bytes; it is
decoded before it is cut at ``|``, because the second byte of 118 characters of GBK is 0x7C.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Terminator = Literal["\r", "\n", "\r\n"]

FRAME_LIMIT: Final = 4096
"""Most bytes of one frame without its terminator."""
_ends: Final = re.compile(rb"\r\n|\r|\n")
_tail: Final = re.compile(rb"AY(\d)(?:AZ([0-9A-Fa-f]{1,4}))?$")
_bare_checksum: Final = re.compile(rb"AZ([0-9A-Fa-f]{4})$")
_cut: Final = re.compile(rb"AY(?:\dA|\dAZ.{0,4})?$", re.DOTALL)
"""A number and checksum of which a part is missing or no digits: the frame was damaged."""


def checksum(data: bytes) -> str:
    """Four hexadecimal digits: two's complement of the sum of ``data`` (up to and with ``AZ``)."""
    return f"{-sum(data) & 0xFFFF:04X}"


@dataclass(frozen=True, slots=True)
class Frame:
    """One request as it came.

    Attributes:
        data: its bytes without the line end.
        terminator: the line end, so that it can be answered as it was asked.
        oversize: longer than `FRAME_LIMIT`; ``data`` is its beginning only.
    """

    data: bytes
    terminator: Terminator
    oversize: bool = False


class Framer:
    """Cuts a byte stream into frames; keeps at most `FRAME_LIMIT` bytes between calls."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False
        self._after_cr = False
        self.terminator: Terminator = "\r"

    @property
    def pending(self) -> int:
        """Bytes that wait for their line end."""
        return len(self._rest)

    @property
    def skipping(self) -> bool:
        """Whether the rest of an oversize frame is still awaited."""
        return self._skipping

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that ``data`` completes; empty lines between frames are passed over.

        A frame longer than `FRAME_LIMIT` comes out once, marked oversize, as soon as it is known to
        be; what follows up to its line end is dropped.
        """
        if self._after_cr and data[:1] == b"\n":
            # The CR came alone in the packet before: this client ends its lines with CR LF.
            data, self.terminator = data[1:], "\r\n"
        if data:
            self._after_cr = False
        rest, start = self._rest + data, 0
        for end in _ends.finditer(rest):
            piece, start = rest[start : end.start()], end.end()
            self.terminator = _TERMINATORS[end[0]]
            self._after_cr = end[0] == b"\r" and end.end() == len(rest)
            if self._skipping:
                self._skipping = False
            elif len(piece) > FRAME_LIMIT:
                yield Frame(piece[:FRAME_LIMIT], self.terminator, oversize=True)
            elif piece.strip(b" \0"):
                yield Frame(piece, self.terminator)
        self._rest = rest[start:]
        if len(self._rest) > FRAME_LIMIT:
            if not self._skipping:
                yield Frame(self._rest[:FRAME_LIMIT], self.terminator, oversize=True)
            self._rest, self._skipping = b"", True


_TERMINATORS: Final[dict[bytes, Terminator]] = {b"\r": "\r", b"\n": "\n", b"\r\n": "\r\n"}


@dataclass(frozen=True, slots=True)
class Checked:
    """A frame whose checksum was looked at.

    Attributes:
        body: the bytes before AY and AZ.
        sequence: the digit of AY, '' where there is none.
        detected: it carried a checksum; ``intact``: and that was right (or there was none).
    """

    body: bytes
    sequence: str
    detected: bool
    intact: bool


def check(data: bytes) -> Checked:
    """Take sequence number and checksum off the end of a frame."""
    if found := _tail.search(data):
        sequence, given = found[1].decode(), found[2]
    elif found := _bare_checksum.search(data):
        sequence, given = "", found[1]
    else:
        found = _cut.search(data)
        body = data[: found.start()] if found else data
        return Checked(body, "", detected=found is not None, intact=found is None)
    body = data[: found.start()]
    if given is None:
        return Checked(body, sequence, detected=False, intact=True)
    # Some clients leave out the zeros in front.
    right = int(checksum(data[: len(data) - len(given)]), 16) == int(given, 16)
    return Checked(body, sequence, detected=True, intact=right)


def frame(
    text: str, *, charset: str, terminator: Terminator, sequence: str = "", detect: bool = False
) -> bytes:
    """A message as bytes: with AY and AZ where ``detect``, with its line end.

    Characters the charset lacks become ``?``: a machine's screen is no place to fail.
    """
    data = text.encode(charset, "replace")
    if detect:
        data += (f"AY{sequence}AZ" if sequence else "AZ").encode()
        data += checksum(data).encode()
    return data + terminator.encode()
