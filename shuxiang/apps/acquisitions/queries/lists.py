"""征订目录 and 发货清单 of suppliers: bytes of a spreadsheet → rows that can be ordered or received."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shuxiang.formats.identifiers import narrow, parse_isbn
from shuxiang.formats.sheets import SheetError, records, survey
from shuxiang.formats.sheets.values import read_count, read_price
from shuxiang.kernel.decision import refuse, stop

MOST_ROWS = 2000
MOST_BYTES = 8 << 20
_COPIES = (
    "册数", "数量", "复本数", "复本量", "订数", "订购数", "订购数量", "订购册数", "征订数", "征订数量", "发货数", "发货数量",
    "发货册数", "实发数", "实发数量", "实发册数", "到货数量", "套数",
)  # fmt: skip
_RATES = ("折扣", "折扣率", "发货折扣", "实洋率", "供货折扣", "进货折扣")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedBook:
    """A row of a supplier's list. ``rate`` None where it says none; ``library`` as written; ``copies``
    1 where the list has no such column."""

    row: int
    isbn: str
    title_text: str
    author: str = ""
    publisher: str = ""
    year: str = ""
    price_fen: int | None = None
    copies: int = 1
    rate: int | None = None
    library: str = ""
    problem: str = ""
    """What is wrong with the row: isbn, title, price, copies or ''."""


def read_rate(text: str) -> int | None:
    """68, 68%, 0.68, 6.8折 as 6800; None where it is no rate."""
    plain = narrow(text)
    tenths = plain.endswith("折")
    number = plain.rstrip("%折 ")
    try:
        value = float(number)
    except ValueError:
        return None
    if not 0 < value <= 200:
        return None
    if tenths or (value < 10 and value > 2):
        value *= 10
    elif value <= 2:
        value *= 100
    return round(value * 100)


def read_list(data: bytes, name: str) -> tuple[ListedBook, ...]:
    """The books of a list, totals and blank rows left out.

    Raises Refused: supplier-list-large, supplier-list-unreadable, supplier-list-empty.
    """
    if len(data) > MOST_BYTES:
        raise refuse(stop("supplier-list-large", most=MOST_BYTES >> 20))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{Path(name).suffix.lower()[:6]}"
        path.write_bytes(data)
        try:
            found = _read(path)
        except SheetError as error:
            raise refuse(stop("supplier-list-unreadable", why=error.note.message)) from error
    if not found:
        raise refuse(stop("supplier-list-empty"))
    return found


def _read(path: Path) -> tuple[ListedBook, ...]:
    how = survey(path, kind="holdings").map
    plain = [narrow(h).replace(" ", "") for h in how.headings]

    def at(names: tuple[str, ...]) -> int:
        bare = [h.partition("(")[0] for h in plain]
        return next((bare.index(n) for n in names if n in bare), -1)

    copies, rates = at(_COPIES), at(_RATES)
    rows = []
    for record in islice(records(path, how), MOST_ROWS + 1):
        if record.skip:
            continue
        isbn, title = record.get("isbn"), record.get("title")
        if not isbn and (not title or narrow(title).replace(" ", "") in ("合计", "总计", "小计")):
            continue
        cells = record.cells
        said = cells[copies] if 0 <= copies < len(cells) else record.get("copies") or "1"
        count = read_count(said)
        price, _note = read_price(record.get("price"), record.kind("price"))
        problem = ""
        if not title.strip():
            problem = "title"
        elif price is None:
            problem = "price"
        elif not count or count > 200:
            problem = "copies"
        elif isbn and not parse_isbn(isbn).valid:
            problem = "isbn"
        rows.append(
            ListedBook(
                row=record.row,
                isbn=isbn.strip()[:40],
                title_text=title.strip()[:300],
                author=record.get("author").strip()[:200],
                publisher=record.get("publisher").strip()[:120],
                year=record.get("pub_date").strip()[:20],
                price_fen=price,
                copies=count or 0,
                rate=read_rate(cells[rates]) if 0 <= rates < len(cells) else None,
                library=record.get("library").strip(),
                problem=problem,
            )
        )
    return tuple(rows)
