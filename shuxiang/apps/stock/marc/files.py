"""Looking at a MARC file before anything is written: what it is, what it would make."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shuxiang.formats.marc import (
    Charset,
    CharsetGuess,
    Decoded,
    RawRecord,
    Record,
    decode,
    detect_charset,
    guess_format,
    open_source,
    split_records,
)
from shuxiang.formats.marc.charset import ByteSource
from shuxiang.formats.marc.holdings import HoldingsProfile, find_profile
from shuxiang.kernel.decision import refuse, stop

SAMPLE = 300
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class MarcFile:
    """A MARC file as inspected.

    Attributes:
        sha256: of all its bytes; size: in bytes.
        guess: its character set; charset: the one to read in (``guess`` unless told otherwise).
        format: cnmarc or marc21, as most of the sample.
        profile: where its items are.
        sample: its first readable records, at most `SAMPLE`.
    """

    path: Path
    size: int
    sha256: str
    guess: CharsetGuess
    charset: Charset
    format: str
    profile: HoldingsProfile
    sample: tuple[Record, ...]


class _Hashing:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self.digest.update(data)
        return data


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if path.is_dir():
            raise refuse(stop("import-file-folder", file=str(path)))
        stream = path.open("rb")
    except FileNotFoundError:
        raise refuse(stop("import-file-missing", file=str(path))) from None
    except OSError as error:
        raise refuse(
            stop("import-file-unreadable", file=str(path), why=error.strerror or str(error))
        ) from None
    with stream:
        yield stream


def inspect(
    path: Path, *, charset: Charset | None = None, profile: HoldingsProfile | None = None
) -> MarcFile:
    """Read a file once for its hash and character set, and its beginning for its dialect.

    Raises Refused: import-file-missing, import-file-folder, import-file-unreadable,
    import-file-empty, import-no-records.
    """
    with _opened(path) as stream:
        hashing = _Hashing(stream)
        guess = detect_charset(hashing)
        while hashing.read(_CHUNK):
            pass
        size = stream.tell()
        if not size:
            raise refuse(stop("import-file-empty", file=str(path)))
        chosen = charset or guess.charset
        sample, looked_at, reason = _sample(stream, guess, chosen)
    if not sample:
        raise refuse(
            stop("import-no-records", file=str(path), pieces=looked_at, why=reason or "too_short")
        )
    formats = [guess_format(record) for record in sample]
    return MarcFile(
        path=path,
        size=size,
        sha256=hashing.digest.hexdigest(),
        guess=guess,
        charset=chosen,
        format="marc21" if formats.count("marc21") * 2 > len(formats) else "cnmarc",
        profile=profile or _profile(sample),
        sample=tuple(sample),
    )


_number_like = re.compile(r"[A-Za-z]{0,6}[0-9][0-9A-Za-z]{3,19}")


def _profile(sample: Sequence[Record]) -> HoldingsProfile:
    """The dialect of the sample. Where many numbers stand twice none looks like a barcode any more;
    then 905 $b is taken for what it is by rule, so that the doubles are reported, not passed over."""
    found = find_profile(sample)
    if found.tag:
        return found
    usual = HoldingsProfile()
    numbers = [number for record in sample for number in record.all(usual.tag, usual.number)]
    fitting = sum(_number_like.fullmatch(number.strip()) is not None for number in numbers)
    return usual if fitting * 2 > len(numbers) else found


def _sample(
    stream: BinaryIO, guess: CharsetGuess, charset: Charset
) -> tuple[list[Record], int, str]:
    """The first readable records, how many pieces were looked at, why the first was not readable."""
    stream.seek(0)
    sample: list[Record] = []
    looked_at, reason = 0, ""
    for raw in split_records(open_source(stream, guess)):
        looked_at += 1
        found = decode(raw, charset)
        if isinstance(found, Decoded):
            sample.append(found.record)
            if len(sample) == SAMPLE:
                break
        else:
            reason = reason or found.reason.code
    return sample, looked_at, reason


def raw_records(
    path: Path, *, transcode_from: str, offset: int = 0, number: int = 0
) -> Iterator[RawRecord]:
    """The records of a file from a byte on, counted from ``number`` + 1.

    In a UTF-16 file (``transcode_from``) offsets are those of its UTF-8 form.
    """
    with _opened(path) as stream:
        source: ByteSource = stream
        if transcode_from:
            source = open_source(stream, CharsetGuess("utf-8", transcode_from=transcode_from))
            _skip(source, offset)
        else:
            stream.seek(offset)
        for raw in split_records(source):
            yield RawRecord(raw.offset + offset, raw.number + number, raw.data, raw.overlong)


def _skip(source: ByteSource, offset: int) -> None:
    # A transcoding source hands out what a read gives, up to half as much again as asked for.
    while offset > 0:
        got = source.read(min(_CHUNK, max(offset // 3, 1)))
        if not got:
            return
        offset -= len(got)
