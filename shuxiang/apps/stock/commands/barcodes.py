"""Barcodes the library gives out itself: the next free one of its series."""

from __future__ import annotations

from shuxiang.apps.places import queries as places
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql


def next_barcodes(place: str, count: int) -> tuple[str, ...]:
    """The next free barcodes of the series of a place's library: settings ``items.barcode_prefix``
    and ``items.barcode_digits``. The series' row is locked until the transaction ends, and a refused
    command gives its numbers back. Numbers already on a book, withdrawn ones too, are skipped.

    Raises Refused: barcode-series-off, barcode-series-full.
    """
    library = places.place(place).library
    prefix = str(places.setting(place, "items.barcode_prefix").value).upper()
    digits = int(places.setting(place, "items.barcode_digits").value)
    if not digits:
        raise refuse(stop("barcode-series-off"))
    key = (library, prefix, digits)
    sql.run(
        "INSERT INTO stock_barcodeseries (id, library, prefix, digits, last) VALUES (?, ?, ?, ?, 0) "
        "ON CONFLICT (library, prefix, digits) DO NOTHING",
        new_id(),
        *key,
    )
    row = sql.one(
        "SELECT last FROM stock_barcodeseries WHERE library = ? AND prefix = ? AND digits = ?"
        + sql.for_update(),
        *key,
    )
    assert row is not None, "it was just added, or another transaction had"
    last, free = int(row[0]), list[int]()
    # Mostly the next ones are free; a run of pre-printed labels in the series is skipped at a time.
    ahead = count
    while len(free) < count:
        numbers = {n: f"{prefix}{n:0{digits}d}" for n in range(last + 1, last + 1 + ahead)}
        taken = {
            found[0]
            for found in sql.all(
                f"SELECT barcode FROM stock_item WHERE barcode IN ({sql.marks(ahead)}) "
                "AND library = ?",
                *numbers.values(),
                library,
            )
        }
        free += [n for n, number in numbers.items() if number not in taken]
        last, ahead = last + ahead, 500
    chosen = free[:count]
    if len(str(chosen[-1])) > digits:
        raise refuse(stop("barcode-series-full", prefix=prefix, digits=digits))
    sql.run(
        "UPDATE stock_barcodeseries SET last = ? WHERE library = ? AND prefix = ? AND digits = ?",
        chosen[-1],
        *key,
    )
    return tuple(f"{prefix}{n:0{digits}d}" for n in chosen)
