"""What an offline desk works from: rules, cards and items of the network, in signed parts.

Items, cards and open loans are spread over parts by a hash of their code; a part is named by the hash
of its content, so that a device fetches only those that changed, and goes on where it was cut off.
The parts are the same for every device and are made at most once in a while; the manifest that names
them is a device's own and sealed with its key. A card is found by a keyed hash of its number: the
parts hold no number and no name but a masked one, and of loans no reader.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.commands import journal_key
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as accounts
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.without_network import acts_of
from shuxiang.interfaces.offline import terms
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.secrets import derived_key

FRESH = timedelta(minutes=15)
"""How long parts serve before they are made anew."""

KEPT = timedelta(days=2)
"""How long a part that is named no more can still be fetched."""

HORIZON = 92
"""For how many days from the first the terms are worked out."""

ROWS_A_PART = 1000
TITLE = 30
_making = threading.Lock()


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts in force: names by kind, the part of a code being its hash modulo their number."""

    built_at: datetime
    names: dict[str, tuple[str, ...]]


def keys(device: str) -> dict[str, str]:
    """What an enrolled device is given: to seal its journal, to check the manifest, to find cards."""
    return {
        "journal": _text(journal_key(device)),
        "snapshot": _text(_snapshot_key(device)),
        "cards": _text(_cards_key()),
    }


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _snapshot_key(device: str) -> bytes:
    return derived_key(f"offline.snapshot.{device}")


def _cards_key() -> bytes:
    return derived_key("offline.cards")


def card_name(number: str) -> str:
    """What a card is found by."""
    return hmac.new(_cards_key(), number.encode(), hashlib.sha256).hexdigest()[:24]


def bucket(code: str, parts: int) -> int:
    """Which part holds a code: FNV-1a over its UTF-8 bytes, as in rules.js."""
    value = 0x811C9DC5
    for byte in code.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value % parts


def folder() -> Path:
    """Where the parts lie."""
    return Path(settings.HOME) / "offline"


def part(name: str) -> bytes | None:
    """A part by its name, gzipped; None when there is none."""
    path = folder() / f"{name}.gz"
    return path.read_bytes() if path.is_file() else None


def parts(at: datetime) -> Parts:
    """The parts in force, made anew when they are old."""
    known = _known()
    if known is not None and timedelta(0) <= at - known.built_at < FRESH:
        return known
    with _making:
        known = _known()
        if known is not None and timedelta(0) <= at - known.built_at < FRESH:
            return known
        return _make(at)


def _known() -> Parts | None:
    try:
        said = json.loads((folder() / "parts.json").read_text("utf-8"))
        names = {kind: tuple(given) for kind, given in said["names"].items()}
        return Parts(datetime.fromisoformat(said["built_at"]), names)
    except (OSError, ValueError, KeyError):
        return None


def _make(at: datetime) -> Parts:
    folder().mkdir(parents=True, exist_ok=True)
    made = Parts(
        at,
        {
            "items": _written(_items()),
            "loans": _written(_loans()),
            "cards": _written(_cards(clock.business_date(at))),
        },
    )
    said = {"built_at": at.isoformat(), "names": made.names}
    _put(folder() / "parts.json", json.dumps(said).encode())
    _tidy(made, at)
    return made


def _written(rows: list[tuple[str, str]]) -> tuple[str, ...]:
    """Rows (code, JSON) spread over parts and written; returns the parts' names."""
    count = 1
    while count * ROWS_A_PART < len(rows):
        count *= 2
    spread: list[list[str]] = [[] for _ in range(count)]
    for code, row in rows:
        spread[bucket(code, count)].append(row)
    names = []
    for held in spread:
        data = f"[{','.join(sorted(held))}]".encode()
        name = hashlib.sha256(data).hexdigest()
        path = folder() / f"{name}.gz"
        if path.exists():
            os.utime(path)
        else:
            _put(path, gzip.compress(data, 6, mtime=0))
        names.append(name)
    return tuple(names)


def _put(path: Path, data: bytes) -> None:
    waiting = path.with_name(f"{path.name}.{new_id()}")
    waiting.write_bytes(data)
    waiting.replace(path)


def _tidy(made: Parts, at: datetime) -> None:
    named = {f"{name}.gz" for given in made.names.values() for name in given}
    for path in folder().glob("*.gz*"):
        age = at.timestamp() - path.stat().st_mtime
        if path.name not in named and age > KEPT.total_seconds():
            path.unlink(missing_ok=True)


def _row(*values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _pages(read: Callable[[str], tuple[Any, ...]]) -> Iterator[Any]:
    after = ""
    while page := read(after):
        yield from page
        after = page[-1].id


def _items() -> list[tuple[str, str]]:
    return [
        (
            i.barcode,
            _row(
                i.barcode, i.library, i.title_text[:TITLE], i.category, i.status, i.owner,
                i.least_age or 0,
            ),
        )
        for i in _pages(stock.briefly)
    ]  # fmt: skip


def _loans() -> list[tuple[str, str]]:
    return [
        (x.barcode, _row(x.barcode, x.library, x.due_on.isoformat()))
        for x in circulation.out_loans()
    ]


def _cards(on: date) -> list[tuple[str, str]]:
    held, owed = circulation.held_by_reader(), fees.owed_by_reader()
    adult = int(places.setting(places.top().id, "lending.adult_age").value)
    rows = []
    for c in _pages(lambda after: patrons.cards_briefly(on, adult, after)):
        name = card_name(c.number)
        loans = [[category, due.isoformat()] for category, due in held.get(c.patron, ())]
        rows.append(
            (
                name,
                _row(
                    name,
                    c.library,
                    c.masked_name,
                    c.category,
                    "blocked" if c.blocked and c.status == "active" else c.status,
                    c.expires_on.isoformat(),
                    c.suspended_until.isoformat() if c.suspended_until else "",
                    -1 if c.age is None else c.age,
                    loans,
                    owed.get(c.patron, 0),
                ),
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class Manifest:
    """The sealed manifest of a device; ``tag`` changes with it."""

    body: str
    mac: str
    tag: str


def manifest(device: places.Device, at: datetime) -> Manifest:
    """What names the parts, with the rules, due dates and words of the device's place."""
    made = parts(at)
    place = places.place(device.place)
    readers = {c.code: c.name for c in patrons.categories()}
    kinds = {code: [name, lendable] for code, name, lendable in stock.categories()}
    first = clock.business_date(made.built_at)
    worked_out = terms.worked_out(place.id, first, HORIZON, readers, kinds)
    spans = {
        f"{reader}|{item}": [
            [t.since, t.loan_days, t.loan_limit, t.lendable, t.overdue_blocks, t.of_category]
            for t in given
        ]
        for (reader, item), given in worked_out.items()
    }
    loan_days = {
        t.loan_days for given in worked_out.values() for t in given if t.loan_days is not None
    }
    said = {
        "device": device.id,
        "name": device.name,
        "place": place.id,
        "place_name": place.name,
        "library": place.library,
        "built_at": made.built_at.isoformat(),
        "first": first.isoformat(),
        "days": HORIZON,
        "terms": spans,
        "due": {
            str(n): _days(terms.due_dates(place.id, first, HORIZON, n)) for n in sorted(loan_days)
        },
        "readers": readers,
        "kinds": kinds,
        "places": {p.id: p.name for p in places.all_places()},
        "barcode_length": places.setting(place.id, "items.barcode_length").value,
        "adult_age": places.setting(place.id, "lending.adult_age").value,
        "acts": acts_of(device),
        "owed": _owing(place.id, first, readers),
        "clerks": [[c.id, c.name or c.username] for c in _clerks(device)],
        "parts": made.names,
    }
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    mac = hmac.new(_snapshot_key(device.id), body.encode(), hashlib.sha256).hexdigest()
    return Manifest(body, mac, hashlib.sha256(body.encode()).hexdigest()[:32])


def _owing(place: str, on: date, readers: Iterable[str]) -> dict[str, int]:
    """Above how much owed nothing is lent at the place, by reader category; none where no rule says."""
    found = {reader: fees.in_force("limit", place, reader, on) for reader in readers}
    return {reader: rule.amount_fen for reader, rule in found.items() if rule is not None}


def _clerks(device: places.Device) -> tuple[accounts.Clerk, ...]:
    """Who may work at an offline desk; a machine has nobody."""
    if device.kind != "offline":
        return ()
    return accounts.clerks_at(device.place, "circulation.check_out")


def _days(given: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in given]
