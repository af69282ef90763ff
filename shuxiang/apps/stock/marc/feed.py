"""The chunks of a file, read beside the writing of those before.

Decoding a record costs more than writing it. A large file is therefore read by a second process,
which hands over whole chunks through a pipe and ends when nobody reads it any more.
"""

from __future__ import annotations

import gc
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from shuxiang.apps.stock.marc.files import raw_records
from shuxiang.apps.stock.marc.prepare import Chunk, Reading, chunks

WORTH_A_PROCESS = 4 << 20
"""Bytes left to read from which a second process is started: it takes some 0.3 s to begin."""
_length = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()
_chunk_decoder = msgspec.msgpack.Decoder(Chunk)


class Job(msgspec.Struct, frozen=True):
    """What to read: a file from byte ``offset`` on, whose next record has ``number`` + 1."""

    path: str
    reading: Reading
    batch: str
    offset: int
    number: int

    def chunks(self) -> Iterator[Chunk]:
        raws = raw_records(
            Path(self.path),
            transcode_from=self.reading.transcode_from,
            offset=self.offset,
            number=self.number,
        )
        return chunks(raws, self.reading, batch=self.batch, offset=self.offset)


def feed(job: Job, *, size: int) -> Iterator[Chunk]:
    """The chunks of a job, by a second process where ``size`` (bytes of the file) makes it worth it.

    Raises OSError when that process ends before the file does.
    """
    if size - job.offset < WORTH_A_PROCESS or (os.cpu_count() or 1) < 2:
        return job.chunks()
    return _fed(job)


def _fed(job: Job) -> Iterator[Chunk]:
    process = subprocess.Popen(
        [sys.executable, "-m", "shuxiang.apps.stock.marc.feed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        # Ctrl-C is for the one who writes; the reader notices that nobody listens.
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin as stdin:
            stdin.write(_encoder.encode(job))
        while data := _take(process.stdout):
            yield _chunk_decoder.decode(data)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def _take(stream: IO[bytes]) -> bytes:
    """The next message, b'' after the last one."""
    head = stream.read(_length.size)
    if len(head) == _length.size:
        (count,) = _length.unpack(head)
        data = stream.read(count)
        if len(data) == count:
            return data
    raise OSError("the process that reads the file ended too early")


def main() -> None:
    """Read the job from standard input, write its chunks to standard output."""
    # Rows and records never refer to each other in a circle: looking for circles costs a sixth.
    gc.disable()
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    out = sys.stdout.buffer
    try:
        for chunk in job.chunks():
            data = _encoder.encode(chunk)
            out.write(_length.pack(len(data)))
            out.write(data)
            out.flush()
        out.write(_length.pack(0))
        out.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
