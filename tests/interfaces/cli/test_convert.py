"""X4: a library of dp2 and one of Koha come in through the ordinary imports."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.categories import seed_categories
from shuxiang.formats.marc import ControlField, DataField, Record, encode
from shuxiang.interfaces.cli import common
from tests.formats.legacy.test_dp2 import BDF, PATRONS
from tests.interfaces.cli.test_import_export import done, refused, shuxiang
from tests.support.library import Contexts, Library

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def _categories(library: Library, ctx: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_categories(ctx=ctx())
    patrons.seed_categories(ctx=ctx())
    places.add_location(place=library.main, code="lib", name="图书馆", ctx=ctx())
    # Tests run without the durability that a library's own database is checked for.
    monkeypatch.setattr(common, "require_library", lambda: None)


def test_dp2_with_its_reconciliation(tmp_path: Path) -> None:
    (tmp_path / "中文图书.bdf").write_text(BDF)
    # One loan of a book that is in no file.
    other = PATRONS.replace(
        "</borrows>",
        '<borrow barcode="GONE1" borrowDate="20200601" borrowPeriod="31day"/></borrows>',
    )
    (tmp_path / "读者.xml").write_text(other)
    out = tmp_path / "out"
    ran = shuxiang("convert", tmp_path / "中文图书.bdf", tmp_path / "读者.xml", "--out", out)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "items: 2",
        "titles: 1",
        "readers: 1",
        "loans: 2",
        "holds: 1",
        "! loans of items that are not in the files: 1 (GONE1)",
        f"written to {out}",
    ]
    assert (
        done("import-marc", out / "catalogue.mrc") == "imported 1 records, 2 items, 0 quarantined"
    )
    assert done("import-sheet", out / "readers.csv") == "imported 1 readers, 0 set aside"
    assert done("import-sheet", out / "loans.csv") == "imported 1 loans, 1 set aside"
    # The reader has a copy of that title already.
    assert done("import-sheet", out / "holds.csv") == "imported 0 holds, 1 set aside"
    (item,) = stock.items_by_barcode("DPB000051")
    assert item.call_number == "I242.4/C1"
    (reader,) = readers.card_for_loan("R0000001")
    assert (reader.name, reader.expires_on) == ("张三", date(2028, 12, 31))
    (loan,) = loans.open_loans(reader.patron)
    assert (loan.barcode, loan.due_on, loan.renewals) == ("DPB000051", date(2020, 7, 2), 1)
    assert "secret" not in "".join(p.read_text("utf-8", "replace") for p in out.iterdir())


def test_what_is_no_export_of_dp2_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name, text, said in (
        ("a.bdf", BDF[:1500], "a.bdf, line 29: the XML is damaged"),
        ("b.xml", "<html/>", "none of the files holds a record of dp2"),
    ):
        (tmp_path / name).write_text(text)
        assert said in refused("convert", tmp_path / name, "--out", out)
        assert not out.exists()
        assert not (tmp_path / "out.part").exists()
    assert "there is no file" in refused("convert", tmp_path / "absent", "--out", out)
    assert "not an empty folder" in refused("convert", tmp_path / "a.bdf", "--out", tmp_path)


def koha(number: int, *barcodes: str) -> bytes:
    """A MARC 21 record with items in 952 as Koha exports them."""
    held = [
        DataField(
            "952",
            "  ",
            (
                ("0", "0"),
                ("1", "0"),
                ("a", "main"),
                ("b", "main"),
                ("d", "2019-05-01"),
                ("g", "39.80"),
                ("o", "I247.57 Y100"),
                ("p", barcode),
                ("y", "BK"),
            ),
        )
        for barcode in barcodes
    ]
    record = Record(
        "00000nam a2200000 a 4500",
        [
            ControlField("001", str(number)),
            ControlField("008", "190501s2018    cc            000 1 chi d"),
            DataField("245", "10", (("a", f"活着{number}"), ("c", "余华"))),
            *held,
        ],
    )
    return encode(record, coding_scheme="a")


def sheet(path: Path, headings: str, *rows: tuple[str, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(headings.split())
        writer.writerows(rows)
    return path


def test_koha_by_its_own_columns(tmp_path: Path) -> None:
    path = tmp_path / "koha.mrc"
    path.write_bytes(b"".join(koha(n, f"3000{n:04d}", f"3001{n:04d}") for n in range(1, 7)))
    assert done("import-marc", path) == "imported 6 records, 12 items, 0 quarantined"
    borrowers = sheet(
        tmp_path / "borrowers.csv",
        "borrowernumber cardnumber surname firstname dateofbirth branchcode categorycode "
        "dateenrolled dateexpiry sex mobile password",
        ("1", "K0001", "王", "小明", "1980-01-02", "main", "adult", "2018-01-01", "2030-01-01", "M",
         "13800138001", "$2a$08$hash"),
        ("2", "K0002", "Smith", "Ann", "1985-03-04", "main", "adult", "2018-01-01", "2030-01-01",
         "F", "", "$2a$08$hash"),
    )  # fmt: skip
    assert done("import-sheet", borrowers) == "imported 2 readers, 0 set aside"
    issues = sheet(
        tmp_path / "issues.csv",
        "cardnumber barcode issuedate date_due renewals branchcode",
        ("K0001", "30000001", "2020-06-01 10:00:00", "2020-07-01 23:59:00", "1", "main"),
        ("K0002", "99999999", "2020-06-01 10:00:00", "2020-07-01 23:59:00", "0", "main"),
    )
    assert done("import-sheet", issues) == "imported 1 loans, 1 set aside"
    named = {number: readers.card_for_loan(number)[0] for number in ("K0001", "K0002")}
    assert [r.name for r in named.values()] == ["王小明", "Ann Smith"]
    (loan,) = loans.open_loans(named["K0001"].patron)
    assert (loan.barcode, loan.due_on, loan.renewals) == ("30000001", date(2020, 7, 1), 1)
