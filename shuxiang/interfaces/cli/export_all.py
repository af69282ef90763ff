"""The whole library as a folder (`export --all`)."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from shuxiang.interfaces.cli import bars, common
from shuxiang.interfaces.cli.main import CommandError

if TYPE_CHECKING:
    from shuxiang.runtime.transfer import File, Reading, Table

OF_READERS = (
    "acquisitions_donation",
    "acquisitions_suggestion",
    "circulation_journal",
    "circulation_paperentry",
    "drift_keeper",
    "exchange_message",
    "exchange_target",
    "ledger_yearkey",
    "patrons_",
    "places_device",
    "staff_",
    "notices_",
    "ledger_reader",
    "runtime_change",
    "runtime_frame",
    "runtime_job",
    "runtime_request",
)
"""Tables that name readers, or hold secrets of staff and machines; what refers to them goes with them."""
NOT_KEPT = ("index", "cache", "backups", "ballast", "secret.key")
PART = ".part"
PAGE = 5000


def run(folder: Path, *, readers: bool) -> int:
    """Write the library into a new folder, which appears under its name only when it is complete."""
    common.setup()
    common.require_library()
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"{folder} is there already and not an empty folder; name a new one")
    part = folder.with_name(folder.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True, mode=0o700)
        manifest = _write(part, readers)
        folder.rmdir() if folder.exists() else None
        os.rename(part, folder)
    except OSError as error:
        raise CommandError(f"{folder} can't be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    rows = sum(t.rows for t in manifest.tables)
    print(
        f"exported {len(manifest.tables)} tables, {rows} rows, ledger number "
        f"{manifest.ledger_seq} to {folder}"
    )
    if readers:
        print(
            "names and loans of readers are in it: keep it like the library itself. Its encrypted "
            "numbers open with secret.key alone, which travels apart"
        )
    else:
        print("without readers: to make a library of it, export with --with-readers")
    return 0


def _write(part: Path, readers: bool) -> Any:
    from shuxiang.kernel import clock
    from shuxiang.runtime import facts, transfer, worker

    # What happened is numbered first, so that the chain goes along whole.
    worker.number_all()
    out = frozenset() if readers else transfer.touching(OF_READERS)
    tables: list[Table] = []
    files: list[File] = []
    (part / "tables").mkdir()
    with transfer.snapshot() as reading, bars.of_bytes("export") as advance:
        for name in transfer.tables():
            if name in out:
                continue
            file = f"tables/{name}.jsonl"
            lines = _Counted(_lines(reading, name, readers))
            files.append(_file(part, file, lines, advance))
            listed = [c.name for c in transfer.columns(name)]
            tables.append(transfer.Table(name, file, lines.count, listed))
        head = reading.one("SELECT seq, seal FROM ledger_sequence ORDER BY seq DESC LIMIT 1")
        migrations = reading.all("SELECT app, name FROM django_migrations ORDER BY app, name")
        library = reading.one(
            "SELECT name FROM places_place WHERE kind = 'main_library' ORDER BY id LIMIT 1"
        )
        for name, pieces in _for_others():
            files.append(_file(part, name, pieces, advance))
    files += _home_files(part) if readers else []
    manifest = transfer.Manifest(
        version=version("shuxiang"),
        library=library[0] if library else "",
        made_at=clock.local(clock.now()).isoformat(timespec="seconds"),
        migrations=[(app, name) for app, name in migrations],
        readers=readers,
        ledger_seq=head[0] if head else 0,
        ledger_seal=head[1] if head else "",
        key=facts.fingerprint(),
        tables=tables,
        files=files,
    )
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    _file(part, transfer.MANIFEST, [text], lambda more: None)
    return manifest


class _Counted:
    """Lines, counted as they go by."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines, self.count = lines, 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.count += 1
            yield line


def _lines(reading: Reading, table: str, readers: bool) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for line in reading.lines(table, readers=readers):
        yield encoder.encode(line) + b"\n"


def _file(part: Path, name: str, pieces: Iterable[bytes], advance: Any) -> File:
    """Write a file and flush it; what the manifest says of it."""
    from shuxiang.runtime.transfer import File

    path = part / name
    path.parent.mkdir(parents=True, exist_ok=True)
    sha, size = hashlib.sha256(), 0
    with path.open("xb") as out:
        for piece in pieces:
            out.write(piece)
            sha.update(piece)
            size += len(piece)
            advance(len(piece))
        out.flush()
        os.fsync(out.fileno())
    return File(name, size, sha.hexdigest())


def _home_files(part: Path) -> list[File]:
    """Covers and whatever else the library keeps as files."""
    from django.conf import settings

    from shuxiang.runtime import sql
    from shuxiang.runtime.backup import archive

    home = common.home()
    leaving = [home / name for name in NOT_KEPT] + [part, Path(settings.BACKUP_DIR)]
    if sql.is_sqlite():
        database = Path(str(settings.DATABASES["default"]["NAME"]))
        leaving += [database.with_name(database.name + end) for end in ("", "-wal", "-shm")]
    found = []
    for path in archive.files_of(home, leaving):
        name = f"files/{path.relative_to(home).as_posix()}"
        with path.open("rb") as file:
            pieces = iter(lambda file=file: file.read(1 << 20), b"")  # type: ignore[misc]
            found.append(_file(part, name, pieces, lambda more: None))
    return found


# --- for other systems: not read on the way back in ------------------------------------------


def _for_others() -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "for-others/catalogue.mrc", _marc()
    yield "for-others/catalogue.xml", _marcxchange()
    yield "for-others/items.csv", _items()


def _marc() -> Iterator[bytes]:
    """Every record as it came, each ended."""
    from shuxiang.apps.catalog import queries as catalog

    for view in catalog.sources():
        data = view.data.rstrip(b"\0")
        yield data if data.endswith(b"\x1d") else data + b"\x1d"


def _marcxchange() -> Iterator[bytes]:
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.formats.marc.marcxml import MARCXCHANGE_NAMESPACE, write_collection

    records = (r for view in catalog.sources() if (r := catalog.marc(view)) is not None)
    for piece in write_collection(records, namespace=MARCXCHANGE_NAMESPACE):
        yield piece.encode()


HEADINGS = (
    "条码号",
    "财产号",
    "题名",
    "责任者",
    "ISBN",
    "索书号",
    "分卷",
    "所属馆",
    "所在馆",
    "馆藏地点",
    "流通类型",
    "状态",
    "价格",
    "入藏日期",
)


def _items() -> Iterator[bytes]:
    """The copies as a table for people, in UTF-8 with a mark so that spreadsheets know."""
    from shuxiang.apps.catalog import queries as catalog
    from shuxiang.apps.places import queries as places
    from shuxiang.apps.stock import queries as stock

    names = {p.id: p.name for p in (*places.all_places(), *places.partners())}
    yield b"\xef\xbb\xbf" + _row(HEADINGS)
    last = "0" * 32
    while found := stock.items_after(last, PAGE):
        titles = catalog.titles({i.title for i in found})
        for item in found:
            of = titles[item.title]
            yield _row(
                (
                    item.barcode,
                    item.accession_number,
                    of.full_title,
                    of.author,
                    of.isbn,
                    item.call_number,
                    item.volume,
                    names.get(item.owner, ""),
                    names.get(item.holder, ""),
                    item.location_name,
                    item.category_name,
                    item.status,
                    "" if item.price_fen is None else f"{item.price_fen / 100:.2f}",
                    item.accessioned_on or "",
                )
            )
        last = found[-1].id


def _row(values: Iterable[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(map(_plain, values))
    return out.getvalue().encode()


def _plain(value: Any) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
