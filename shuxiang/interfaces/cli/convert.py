"""Turn exports of dp2 into files that import-marc and import-sheet take.

From .bdf files (titles with items) and XML of readers: catalogue.mrc with the items in 905, readers.csv,
loans.csv, holds.csv, and a reconciliation of what was read and what does not fit together. Koha needs no
turning: its MARC export with items in 952 goes to import-marc, its tables as CSV to import-sheet.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shuxiang.interfaces.cli.main import CommandError

if TYPE_CHECKING:
    from shuxiang.formats.dp2 import Item, Patron, Title

EXAMPLE = "shuxiang convert 中文图书.bdf 读者.xml --out 转换后 && shuxiang import-marc 转换后/catalogue.mrc"
LISTED = 20

READERS = [
    "读者证号",
    "姓名",
    "读者类型",
    "证状态",
    "身份证号",
    "性别",
    "出生日期",
    "联系电话",
    "单位",
    "办证日期",
    "失效日期",
    "押金",
    "欠款",
    "备注",
]
LOANS = ["条码号", "读者证号", "借出日期", "应还日期", "续借次数"]
HOLDS = ["条码号", "读者证号", "预约日期"]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, help="exports of dp2: .bdf, .xml")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")


def run(args: argparse.Namespace) -> int:
    for path in args.files:
        if not path.is_file():
            raise CommandError(f"there is no file {path}")
    out: Path = args.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(f"{out} is there already and not an empty folder; name a new one")
    part = out.with_name(out.name + ".part")
    if part.exists():
        raise CommandError(f"{part} is left of an earlier run; delete it")
    from shuxiang.formats.dp2 import Dp2Error

    made = _Turned(part)
    try:
        part.mkdir(parents=True, mode=0o700)
        for path in args.files:
            made.take(path)
        made.close()
        if not made.counts:
            raise CommandError("none of the files holds a record of dp2; nothing was written")
        if out.exists():
            out.rmdir()
        part.rename(out)
    except Dp2Error as error:
        raise CommandError(f"{path.name}, {error}; nothing was written") from None
    finally:
        made.close()
        if part.exists():
            for left in part.iterdir():
                left.unlink()
            part.rmdir()
    for line in made.reconciled():
        print(line)
    print(f"written to {out}")
    return 0


class _Turned:
    """The files being written, and what was counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Any] = {}
        self._writers: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self._items: dict[str, int] = {}
        self._cards: set[str] = set()
        self._lent: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._held: list[str] = []
        self._left: list[str] = []

    def take(self, path: Path) -> None:
        """Read one file. Raises Dp2Error."""
        from shuxiang.formats import dp2

        with path.open("rb") as file:
            for found in dp2.read(file):
                if isinstance(found, dp2.Patron):
                    self._patron(found)
                else:
                    self._title(found)

    def close(self) -> None:
        for file in self._open.values():
            file.close()

    def _title(self, found: Title) -> None:
        from shuxiang.formats.marc import DataField, EncodeError, Record, encode

        for item in found.items:
            self.counts["items"] += 1
            self._items[item.barcode] = self._items.get(item.barcode, 0) + 1
            if item.borrower:
                self._said[item.barcode] = item.borrower
        if found.record is None:
            self.counts["items without a title"] += len(found.items)
            return
        self.counts["titles"] += 1
        own = [f for f in found.record.fields if f.tag not in ("905", "906")]
        held = [DataField("905", "  ", tuple(_holding(i))) for i in found.items if i.barcode]
        try:
            data = encode(Record(found.record.leader, [*own, *held]))
        except EncodeError as error:
            self.counts["titles left out"] += 1
            self._left.append(f"title {self.counts['titles']}: {error.reason.message}")
            return
        self._file("catalogue.mrc", "wb").write(data)

    def _patron(self, found: Patron) -> None:
        self.counts["readers"] += 1
        self._cards.add(found.card)
        row = (
            found.card,
            found.name,
            found.kind,
            found.state,
            found.id_number,
            found.sex,
            found.born or "",
            found.phone,
            found.unit,
            found.issued or "",
            found.expires or "",
            found.deposit,
            found.debt,
            found.note,
        )
        self._table("readers.csv", READERS, row)
        for loan in found.loans:
            self.counts["loans"] += 1
            self._lent[loan.barcode] = loan.card
            told = (loan.barcode, loan.card, loan.lent or "", loan.due or "", loan.renewals)
            self._table("loans.csv", LOANS, told)
        for hold in found.holds:
            self.counts["holds"] += 1
            self._held.append(hold.barcode)
            self._table("holds.csv", HOLDS, (hold.barcode, hold.card, hold.placed or ""))

    def _file(self, name: str, mode: str) -> Any:
        if name not in self._open:
            if mode == "wb":
                self._open[name] = (self._folder / name).open("wb")
            else:
                self._open[name] = (self._folder / name).open("w", newline="", encoding="utf-8-sig")
        return self._open[name]

    def _table(self, name: str, headings: list[str], row: tuple[Any, ...]) -> None:
        if name not in self._writers:
            self._writers[name] = csv.writer(self._file(name, "w"))
            self._writers[name].writerow(headings)
        self._writers[name].writerow(row)

    def reconciled(self) -> list[str]:
        """What was read, and what does not fit together."""
        lines = [f"{name}: {count}" for name, count in self.counts.items()]
        twice = [barcode for barcode, count in self._items.items() if count > 1 and barcode]
        nobody = sorted(b for b, card in self._said.items() if self._lent.get(b) != card)
        nothing = sorted(b for b in self._lent if b not in self._items)
        waiting = sorted(b for b in self._held if b not in self._items)
        for text, found in (
            ("barcodes of more than one item", sorted(twice)),
            ("items without a barcode", [""] * self._items.get("", 0)),
            ("items that say they are lent, without that loan at the reader", nobody),
            ("loans of items that are not in the files", nothing),
            ("holds on items that are not in the files", waiting),
            ("left out", self._left),
        ):
            if found:
                listed = ", ".join(filter(None, found[:LISTED]))
                lines.append(f"! {text}: {len(found)}" + (f" ({listed})" if listed else ""))
        return lines


def _holding(item: Item) -> list[tuple[str, str]]:
    """905 as import-marc knows it: library or place, barcode, class, book number, volume, price."""
    number, _, book = item.call_number.partition("/")
    parts = [("a", item.location.partition("/")[0] or "dp2")]
    if item.location:
        parts.append(("c", item.location))
    parts.append(("b", item.barcode))
    if number:
        parts.append(("d", number))
    if book:
        parts.append(("e", book))
    if item.volume:
        parts.append(("v", item.volume))
    return parts
