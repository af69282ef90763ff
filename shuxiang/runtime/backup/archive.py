"""The backup file: a tar in zstd whose last member is the manifest with size and SHA-256 of the rest.

The manifest comes last because it can only be written once everything has been read, and it makes a
cut-off file show: without it there is no backup.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

import msgspec
import zstandard

FORMAT = 1
HEADER, MANIFEST = "shuxiang-backup.json", "manifest.json"
DATABASE, HOME, KEY = "database/", "home/", "key/secret.key"
LEVEL = 6
CHUNK = 1 << 20
PACKED = 1 << 14
"""Bytes unpacked at once; at zstd's utmost that is some hundred MB, so not more."""

Progress = Callable[[int], None]


class Damaged(Exception):
    """The file is not a whole backup; the message says in one line what is wrong."""


class Entry(msgspec.Struct, frozen=True):
    """A member of the archive: its name, bytes, SHA-256."""

    name: str
    size: int
    sha256: str


class Header(msgspec.Struct, frozen=True):
    """What is known before reading on: the archive's format, and bytes when unpacked."""

    format: int
    version: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the backup holds. ``migrations`` is the schema, ``rows`` the rows of each table, ``key`` a
    fingerprint of the secret key its numbers open with."""

    format: int = FORMAT
    version: str
    library: str
    made_at: str
    database: str
    migrations: list[tuple[str, str]]
    ledger_seq: int
    ledger_seal: str
    rows: dict[str, int]
    key: str
    files: list[Entry] = []


class _Hashed:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes], progress: Progress | None) -> None:
        self.file, self.sha, self.progress = file, hashlib.sha256(), progress

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sha.update(data)
        if self.progress:
            self.progress(len(data))
        return data


def pack(
    target: Path,
    members: Iterable[tuple[str, Path]],
    manifest: Manifest,
    size: int,
    progress: Progress | None = None,
) -> Manifest:
    """Write the archive and flush it to the disk; returns the manifest with its files."""
    entries: list[Entry] = []
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    with target.open("wb") as raw:
        with (
            compressor.stream_writer(raw, closefd=False) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            header = Header(FORMAT, manifest.version, size)
            _add_bytes(tar, HEADER, msgspec.json.encode(header))
            for name, path in members:
                entry = _add(tar, name, path, progress)
                if entry is not None:
                    entries.append(entry)
            whole = msgspec.structs.replace(manifest, files=entries)
            _add_bytes(tar, MANIFEST, msgspec.json.format(msgspec.json.encode(whole), indent=1))
        raw.flush()
        os.fsync(raw.fileno())
    return whole


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))


def _add(tar: tarfile.TarFile, name: str, path: Path, progress: Progress | None) -> Entry | None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        # Deleted since the folder was listed: it is no part of the library any more.
        return None
    with file:
        hashed: Any = _Hashed(file, progress)
        info = tarfile.TarInfo(name)
        info.size, info.mode = os.fstat(file.fileno()).st_size, 0o600
        tar.addfile(info, hashed)
        return Entry(name, info.size, hashed.sha.hexdigest())


def unpack(source: Path, target: Path, progress: Progress | None = None) -> Manifest:
    """Unpack into the empty folder ``target`` and prove every byte against the manifest.

    Raises Damaged; what was unpacked until then is left to the caller to remove.
    """
    found: dict[str, Entry] = {}
    manifest: Manifest | None = None
    try:
        with source.open("rb") as raw:
            plain = io.BufferedReader(_Unpacked(raw), CHUNK)
            with tarfile.open(fileobj=plain, mode="r|") as tar:
                for info in tar:
                    if manifest is not None:
                        raise Damaged(f"{source.name} is damaged: it goes on after its manifest")
                    if info.name == HEADER:
                        _head(tar, info, target)
                    elif info.name == MANIFEST:
                        manifest = msgspec.json.decode(_read(tar, info), type=Manifest)
                    else:
                        found[info.name] = _extract(tar, info, target, progress)
            while plain.read(CHUNK):
                pass
    except (tarfile.TarError, zstandard.ZstdError, msgspec.DecodeError, EOFError) as error:
        raise Damaged(f"{source.name} is damaged or no backup ({_said(error)})") from None
    if manifest is None:
        raise Damaged(f"{source.name} is damaged: it ends before its manifest")
    listed = {entry.name: entry for entry in manifest.files}
    for name in sorted(listed.keys() | found.keys()):
        if listed.get(name) != found.get(name):
            raise Damaged(f"{source.name} is damaged: {name} is not what its manifest says")
    return manifest


def _said(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


class _Unpacked(io.RawIOBase):
    """The one zstd frame of a file, unpacked. Raises Damaged where the file ends before the frame
    does, or goes on after it: zstandard's own reader takes both for the end."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self._left = raw, memoryview(b"")
        self._frame = zstandard.ZstdDecompressor().decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            packed = self._raw.read(PACKED)
            if not packed:
                if not self._frame.eof:
                    raise Damaged("the file is damaged or no backup: it was cut off")
                return 0
            if self._frame.eof:
                raise Damaged("the file is damaged: it goes on after its end")
            self._left = memoryview(self._frame.decompress(packed))
            if self._frame.unused_data:
                raise Damaged("the file is damaged: it goes on after its end")
        part, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _read(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(info)
    if file is None or info.size > 64 << 20:
        raise Damaged(f"the archive's {info.name} is not a file of a backup")
    return file.read()


def _head(tar: tarfile.TarFile, info: tarfile.TarInfo, target: Path) -> None:
    header = msgspec.json.decode(_read(tar, info), type=Header)
    if header.format > FORMAT:
        raise Damaged(
            f"this backup was made by version {header.version}; restore it with that version or newer"
        )
    status = os.statvfs(target)
    free = status.f_bavail * status.f_frsize
    if header.size > free:
        raise OSError(
            f"{target.parent} has {free >> 20} MB free; the backup needs {header.size >> 20} MB"
        )


def safe(name: str) -> PurePosixPath:
    """A member's path inside the target. Raises Damaged for one that would lead out of it."""
    path = PurePosixPath(name)
    inside = name.startswith((DATABASE, HOME)) or name == KEY
    if not inside or path.is_absolute() or ".." in path.parts or "\0" in name or "\\" in name:
        raise Damaged(f"the archive holds {name!r}, which no backup does")
    return path


def _extract(
    tar: tarfile.TarFile, info: tarfile.TarInfo, target: Path, progress: Progress | None
) -> Entry:
    path = target / safe(info.name)
    file = tar.extractfile(info) if info.isreg() else None
    if file is None:
        raise Damaged(f"the archive holds {info.name!r}, which is not a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    sha = hashlib.sha256()
    size = 0
    with path.open("xb") as out:
        os.chmod(path, 0o600)
        while chunk := file.read(CHUNK):
            sha.update(chunk)
            out.write(chunk)
            size += len(chunk)
            if progress:
                progress(len(chunk))
        out.flush()
        os.fsync(out.fileno())
    return Entry(info.name, size, sha.hexdigest())


def digest(path: Path) -> str:
    """SHA-256 of a file, as read back."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(home: Path, leaving_out: Iterable[Path]) -> Iterator[Path]:
    """The files of the home that a backup holds, in order; links are not followed."""
    out = {path.resolve() for path in leaving_out}
    for folder, names, files in os.walk(home):
        here = Path(folder)
        names[:] = sorted(n for n in names if (here / n).resolve() not in out)
        if here == home:
            names[:] = [n for n in names if not n.startswith(".")]
        for name in sorted(files):
            path = here / name
            hidden = here == home and name.startswith(".")
            if (
                not hidden
                and path.resolve() not in out
                and path.is_file()
                and not path.is_symlink()
            ):
                yield path
