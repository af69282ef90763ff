"""个别登记账: single items by the day they were entered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class Registered:
    """An item as the register of the property has it; without a number of its own its barcode is one."""

    number: str
    barcode: str
    title_text: str
    responsibility: str
    publisher: str
    price_fen: int | None
    source: str
    day: date
    withdrawn: bool


def registered(owners: Sequence[str], first: date, last: date) -> Iterator[Registered]:
    """Items of owners entered in a period, in the order they were. Issues of periodicals and what is
    borrowed from elsewhere are no property."""
    for number, barcode, *rest, status in sql.all(
        "SELECT i.accession_number, i.barcode, t.title, t.responsibility, t.publisher, i.price_fen, "
        "i.source, i.accessioned_on, i.status FROM stock_item i JOIN catalog_title t "
        f"ON t.id = i.title_id WHERE i.owner_id IN ({sql.marks(len(owners))}) "
        "AND i.accessioned_on BETWEEN ? AND ? AND i.source NOT IN ('issue', 'interloan') "
        "ORDER BY i.accessioned_on, i.id",
        *owners,
        first,
        last,
    ):
        yield Registered(*(number or barcode, barcode, *rest, status == "withdrawn"))
