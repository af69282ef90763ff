"""The folder: its manifest, and the proof that its files are those of the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec

from shuxiang.runtime.transfer.layout import LEFT_OUT

FORMAT = 1
MANIFEST = "manifest.json"


class Damaged(Exception):
    """The folder is not a whole export; the message says in one line what is wrong."""


class File(msgspec.Struct, frozen=True):
    """A file of the folder."""

    name: str
    size: int
    sha256: str


class Table(msgspec.Struct, frozen=True):
    """A table: its file, rows and columns."""

    name: str
    file: str
    rows: int
    columns: list[str]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the folder holds. ``migrations`` is the schema; ``readers``: with everything about readers,
    so that a library can be made of it; ``key``: fingerprint of the secret key that opens the
    encrypted numbers."""

    format: int = FORMAT
    version: str
    library: str
    made_at: str
    migrations: list[tuple[str, str]]
    readers: bool
    ledger_seq: int
    ledger_seal: str
    key: str
    tables: list[Table]
    files: list[File]


def digest(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            sha.update(part)
            if progress:
                progress(len(part))
    return sha.hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder. Raises Damaged."""
    path = folder / MANIFEST
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError:
        raise Damaged(f"{folder} holds no {MANIFEST}: it is no whole export") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"{path} is damaged or of another kind ({error})") from None
    if found.format > FORMAT:
        raise Damaged(f"{path} was written by version {found.version}; use that version or newer")
    listed = {f.name for f in found.files}
    for table in found.tables:
        if table.file not in listed or table.name in LEFT_OUT:
            raise Damaged(f"{path} is damaged: it names {table.name} in a way no export does")
    for name in listed:
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts or "\0" in name or "\\" in name:
            raise Damaged(f"{path} names {name!r}, which no export does")
    return found


def verify(folder: Path, manifest: Manifest, progress: Callable[[int], None] | None = None) -> None:
    """Hold every file against the manifest. Raises Damaged at the first that differs."""
    for file in manifest.files:
        path = folder / file.name
        if path.is_symlink() or not path.is_file():
            raise Damaged(f"{file.name} is missing")
        if path.stat().st_size != file.size or digest(path, progress) != file.sha256:
            raise Damaged(f"{file.name} is not what the manifest says: it was changed or damaged")
