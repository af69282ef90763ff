"""An export held against a library, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from shuxiang.runtime.transfer.files import Manifest, Table
from shuxiang.runtime.transfer.layout import PROGRESS, columns, tables
from shuxiang.runtime.transfer.reading import Reading

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not alike. ``text`` says in what."""

    table: str
    key: str
    text: str


def differences(folder: Path, manifest: Manifest, reading: Reading) -> Iterator[Difference]:
    """Every row that the library and the export don't both have alike, in flat memory."""
    exported = {t.name: t for t in manifest.tables}
    for table in tables():
        if table in PROGRESS:
            continue
        if table in exported:
            yield from _of_table(folder, exported[table], reading, manifest.readers)
        elif manifest.readers:
            yield Difference(table, "", "the export does not have this table")
    for name in sorted(exported.keys() - set(tables())):
        yield Difference(name, "", "the library does not have this table")


def _of_table(folder: Path, table: Table, reading: Reading, readers: bool) -> Iterator[Difference]:
    names = [c.name for c in columns(table.name) if c.key]

    def key(line: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(line.get(name) for name in names)

    with (folder / table.file).open("rb") as file:
        decoder = msgspec.json.Decoder(dict[str, Any])
        theirs = (decoder.decode(line) for line in file)
        ours = reading.lines(table.name, readers=readers)
        there, here = next(theirs, None), next(ours, None)
        while there is not None or here is not None:
            if here is None or (there is not None and key(there) < key(here)):
                yield Difference(table.name, _shown(key(there or {})), "is in the export alone")
                there = next(theirs, None)
            elif there is None or key(here) < key(there):
                yield Difference(table.name, _shown(key(here)), "is in the library alone")
                here = next(ours, None)
            else:
                if here != there:
                    yield Difference(table.name, _shown(key(here)), _unlike(here, there))
                there, here = next(theirs, None), next(ours, None)


def _shown(key: tuple[Any, ...]) -> str:
    return " ".join(str(part) for part in key)


def _unlike(here: dict[str, Any], there: dict[str, Any]) -> str:
    parts = [
        f"{name}: {_short(here.get(name))} here, {_short(there.get(name))} in the export"
        for name in {**here, **there}
        if here.get(name) != there.get(name)
    ]
    return "; ".join(parts)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
