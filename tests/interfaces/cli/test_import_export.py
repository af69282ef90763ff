"""The commands import-marc and export, as a person runs them."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.categories import seed_categories
from shuxiang.formats.marc import read_records
from shuxiang.formats.marc.iso2709 import Decoded
from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import main
from shuxiang.runtime import sql
from tests.apps.stock.marc_files import holding, iso2709, record, stocked
from tests.formats.reference import reference
from tests.support.library import Contexts, Library

MAIN = "from shuxiang.interfaces.cli.main import main; raise SystemExit(main())"
COMMAND = [sys.executable, "-c", MAIN]


@pytest.fixture(autouse=True)
def _categories(library: Library, ctx: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_categories(ctx=ctx())
    # Tests run without the durability that a library's own database is checked for.
    monkeypatch.setattr(common, "require_library", lambda: None)


@dataclass(frozen=True)
class Ran:
    returncode: int
    stdout: str
    stderr: str


def shuxiang(*words: str | Path) -> Ran:
    """Run the command line in this process, on the database of this test."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return Ran(code, out.getvalue(), err.getvalue())


def done(*words: str | Path) -> str:
    """The last line of a run that must succeed."""
    ran = shuxiang(*words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1]


def refused(*words: str | Path) -> str:
    """The one line of a run that must exit 2."""
    ran = shuxiang(*words)
    assert ran.returncode == 2, ran.stdout
    (line,) = ran.stderr.splitlines()
    return line


def written(folder: Path, data: bytes, name: str = "books.iso") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_import_prints_a_control_sheet_and_the_counts(tmp_path: Path) -> None:
    """A6: the last line is the contract; duplicates stand above it with their barcodes."""
    data = iso2709([stocked(1, copies=2), stocked(2), record(3, holding("0000020"))])
    ran = shuxiang("import-marc", written(tmp_path, data + b"no record at all, really\x1d"))
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stderr
    assert lines[-1] == "imported 3 records, 3 items, 1 quarantined"
    assert "items at 总馆: 3" in lines
    assert "total price 147.00 yuan, 0 items without a price" in lines
    assert "barcodes twice in the file, items not added: 0000020 (record 3)" in lines
    # F9: what could not be read is said in words, with the byte where it begins.
    assert lines[-3].startswith(f"  record 4 at byte {len(data)}: 这条记录只有")
    assert ran.stderr == ""


def test_the_same_file_again_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, iso2709([stocked(1)]))
    assert done("import-marc", path) == "imported 1 records, 1 items, 0 quarantined"
    ran = shuxiang("import-marc", path)
    assert ran.returncode == 0
    assert ran.stdout.splitlines() == [
        f"该文件已经导入过（批次 {catalog.batches()[0].number}），没有做任何改动。",
        "imported 0 records, 0 items, 0 quarantined",
    ]
    assert catalog.count() == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "是空文件，没有导入任何内容。"),
        (b"\0" * 100, "中没有可读的 MARC 记录"),
        (b"PK\x03\x04" + bytes(range(256)) * 4000, "中没有可读的 MARC 记录"),
    ],
    ids=["empty", "zeros", "random"],
)
def test_bad_files_exit_2_with_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    assert said in refused("import-marc", written(tmp_path, data))
    assert catalog.batches() == ()


def test_bad_words_exit_2_with_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, iso2709([stocked(1)]))
    assert "找不到文件" in refused("import-marc", tmp_path / "absent.iso")
    assert "是文件夹" in refused("import-marc", tmp_path)
    assert "there is no place nowhere" in refused("import-marc", path, "--place", "nowhere")
    assert "not a date" in refused("import-marc", path, "--accessioned-on", "yesterday")
    assert "write it like" in refused("import-marc", path, "--map", "KIDS")
    assert "没有这个馆或服务点" in refused("import-marc", path, "--map", "KIDS=attic")
    assert "give a file" in refused("import-marc")
    assert "没有导入批次 7" in refused("import-marc", "--undo", "7")
    assert catalog.batches() == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_nobody_may_read(tmp_path: Path) -> None:
    path = written(tmp_path, iso2709([stocked(1)]))
    path.chmod(0)
    assert "无法读取" in refused("import-marc", path)


def test_preview_then_a_profile_of_ones_own(tmp_path: Path, library: Library) -> None:
    data = iso2709([stocked(n) for n in range(1, 31)])
    path = written(tmp_path, data)
    ran = shuxiang("import-marc", path, "--preview")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == f"{path}  {len(data)} bytes  cnmarc  utf-8"
    assert lines[-1] == "nothing was written"
    assert "      0000010  I242.4/1  book  49.00" in lines
    assert catalog.batches() == ()
    profile = json.loads(lines[1].removeprefix("profile "))
    own = written(tmp_path, json.dumps({**profile, "tag": ""}).encode(), "none.json")
    line = done("import-marc", path, "--profile", own, "--place", "east")
    assert line == "imported 30 records, 0 items, 0 quarantined"
    assert catalog.batches()[0].place == library.east


def test_undo(tmp_path: Path) -> None:
    path = written(tmp_path, iso2709([stocked(1), stocked(2)]))
    done("import-marc", path)
    number = catalog.batches()[0].number
    assert done("import-marc", "--undo", number) == (
        f"undone import {number}: 2 records, 2 items removed"
    )
    assert catalog.count() == 0
    assert stock.held_titles() == 0
    assert "已经撤销" in refused("import-marc", "--undo", number)


@pytest.mark.faults
def test_killed_in_the_middle_goes_on(tmp_path: Path) -> None:
    """A6, F1: after `kill -9` the same command line continues at the right byte, nothing double."""
    data = iso2709([stocked(n) for n in range(1, 3001)], "gb18030", between=b"\r\n")
    path = written(tmp_path, data)
    process = subprocess.Popen(
        [*COMMAND, "import-marc", str(path)], env=os.environ, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            batches = catalog.batches()
            if batches and batches[0].records >= 500:
                break
            time.sleep(0.05)
        else:
            pytest.fail("the import did not begin within 30 s")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (batch,) = catalog.batches()
    assert (batch.status, batch.records % 500) == ("running", 0)
    assert 500 <= batch.records < 3000
    assert done("import-marc", path) == "imported 3000 records, 3000 items, 0 quarantined"
    assert sql.one("SELECT COUNT(*), COUNT(DISTINCT barcode) FROM stock_item") == (3000, 3000)
    assert sql.one(
        "SELECT COUNT(*), COUNT(DISTINCT item), SUM(quantity) FROM ledger_event "
        "WHERE type = 'item.accessioned'"
    ) == (3000, 3000, 3000)
    out = tmp_path / "out.iso"
    assert done("export", "--out", out) == f"exported 3000 records to {out}"
    assert out.read_bytes() == data.replace(b"\r\n", b"")


@pytest.mark.parametrize("name", ["cnmarc-gbk.iso", "cnmarc-gb18030.iso", "cnmarc-utf-8.iso"])
def test_real_records_come_back_byte_for_byte(tmp_path: Path, name: str) -> None:
    """A1, A2: what nobody edited is exported exactly as it came."""
    whole = reference(f"real/{name}")
    source = written(tmp_path, whole, name)
    assert done("import-marc", source).startswith("imported 10 records, ")
    out = tmp_path / "out.iso"
    done("export", "--format", "iso2709", "--out", out)
    assert out.read_bytes() == b"".join(
        piece.lstrip(b"\r\n") + b"\x1d" for piece in whole.split(b"\x1d")[:-1]
    )


def test_imports_come_back_in_their_order_and_edits_in_place(tmp_path: Path, ctx: Contexts) -> None:
    first = [iso2709([stocked(n)], "gb18030") for n in (3, 1, 2)]
    second = [iso2709([stocked(n)]) for n in (9, 8)]
    # The last record of the first file lacks its terminator.
    done("import-marc", written(tmp_path, b"\r\n".join(first)[:-1], "first.iso"))
    done("import-marc", written(tmp_path, b"".join(second), "second.iso"))
    changed = iso2709([record(50)])
    (item,) = stock.items_by_barcode("0000010")
    titles.replace_record(title=item.title, data=changed, ctx=ctx())
    out = tmp_path / "out.iso"
    done("export", "--out", out)
    assert out.read_bytes() == first[0] + changed + first[2] + b"".join(second)
    assert not out.with_name("out.iso.part").exists()


def test_a_utf16_file_comes_back_as_it_was(tmp_path: Path) -> None:
    text = iso2709([stocked(1), stocked(2)]).decode()
    path = written(tmp_path, text.encode("utf-16"))
    assert done("import-marc", path) == "imported 2 records, 2 items, 0 quarantined"
    out = tmp_path / "out.iso"
    done("export", "--out", out)
    assert out.read_bytes() == text.encode("utf-16-le")
    done("export", "--out", out, "--normalise")
    assert out.read_bytes() == text.encode()


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_normalise_writes_through_our_own_writer(tmp_path: Path, charset: Any) -> None:
    made = [stocked(n) for n in range(1, 4)]
    lying = [b"99999" + iso2709([each], "gb18030")[5:] for each in made]
    done("import-marc", written(tmp_path, b"\n".join(lying)))
    out = tmp_path / "out.iso"
    done("export", "--out", out, "--normalise", "--charset", charset)
    assert out.read_bytes() == iso2709(made, charset)


def _digits(text: bytes) -> int:
    return int(text) if text.isdigit() else 0


def structural_faults(data: bytes) -> list[str]:
    """What is wrong with the structure of ISO 2709 records, byte by byte."""
    found: list[str] = []
    for number, piece in enumerate(data.split(b"\x1d")[:-1], start=1):
        whole = piece + b"\x1d"
        base = _digits(whole[12:17])
        directory = whole[24 : max(base - 1, 24)]
        wrong = {
            "length": _digits(whole[:5]) != len(whole),
            "counts": whole[10:12] != b"22",
            "entry map": whole[20:23] != b"450",
            "base": whole[base - 1 : base] != b"\x1e",
            "directory": len(directory) % 12 != 0,
        }
        end = 0
        for at in range(0, len(directory) - 11, 12):
            tag, length, start = (directory[at + a : at + b] for a, b in ((0, 3), (3, 7), (7, 12)))
            field = whole[base + _digits(start) : base + _digits(start) + _digits(length)]
            wrong[f"{tag!r} start"] = _digits(start) != end
            wrong[f"{tag!r} end"] = not field.endswith(b"\x1e") or field.count(b"\x1e") != 1
            if tag >= b"010":
                wrong[f"{tag!r} subfields"] = field[2:3] != b"\x1f" or b"\x1f\x1f" in field
            end += _digits(length)
        wrong["left over"] = base + end + 1 != len(whole)
        found += [f"record {number}: {what}" for what, is_so in wrong.items() if is_so]
    return found


def test_x4_a_structural_checker_finds_nothing_in_what_was_damaged(tmp_path: Path) -> None:
    made = [iso2709([stocked(n)]) for n in range(1, 5)]
    # A lying length, a lying base address, a directory with other lengths, no terminator at the end.
    made[0] = b"00099" + made[0][5:]
    made[1] = made[1][:12] + b"00000" + made[1][17:]
    made[2] = made[2][:27] + b"0001" + made[2][31:]
    made[3] = made[3][:-1]
    damaged = b"".join(made)
    assert structural_faults(damaged + b"\x1d")
    done("import-marc", written(tmp_path, damaged))
    out = tmp_path / "out.iso"
    done("export", "--out", out, "--normalise")
    clean = out.read_bytes()
    assert structural_faults(clean) == []
    from pymarc import MARCReader

    read = list(MARCReader(clean, to_unicode=True, force_utf8=True))
    assert [r["200"]["a"] for r in read if r] == [
        stocked(n).fields[[f.tag for f in stocked(n).fields].index("200")].subfields[0][1]
        for n in range(1, 5)
    ]


def test_marcxml_and_text(tmp_path: Path) -> None:
    done("import-marc", written(tmp_path, iso2709([stocked(1), stocked(2)])))
    from shuxiang.formats.marc.marcxml import read_marcxml

    out = tmp_path / "out.xml"
    assert done("export", "--format", "marcxml", "--out", out) == f"exported 2 records to {out}"
    with out.open("rb") as file:
        found = [each.record for each in read_marcxml(file) if isinstance(each, Decoded)]
    assert [each.fields for each in found] == [stocked(1).fields, stocked(2).fields]
    text = tmp_path / "out.txt"
    done("export", "--format", "text", "--out", text)
    assert "200 1#▼a西游记1" in text.read_text()


def test_export_exit_2(tmp_path: Path) -> None:
    assert "is a folder" in refused("export", "--out", tmp_path)
    assert "can't be written" in refused("export", "--out", tmp_path / "no" / "out.iso")
    assert "always UTF-8" in refused(
        "export", "--format", "text", "--charset", "gb18030", "--out", tmp_path / "x"
    )


def test_an_export_is_a_file_of_records(tmp_path: Path) -> None:
    """A2: records in both charsets come back in one, without loss."""
    for number, charset in enumerate(("utf-8", "gb18030")):
        start = 1 + number * 1000
        data = iso2709([stocked(n) for n in range(start, start + 1000)], charset)  # type: ignore[arg-type]
        done("import-marc", written(tmp_path, data, f"{charset}.iso"))
    out = tmp_path / "out.iso"
    done("export", "--out", out, "--charset", "gb18030")
    with out.open("rb") as file:
        found = [each.record for each in read_records(file, "gb18030") if isinstance(each, Decoded)]
    assert len(found) == 2000
    assert [each.fields for each in found] == [stocked(n).fields for n in range(1, 2001)]
