"""``shuxiang report``."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import main
from shuxiang.statistics import commands, daily
from tests.statistics.conftest import Names
from tests.statistics.rows import Rows
from tests.support.library import Contexts, Library, moment

FILES = ["annual-report-2020.html", "annual-report-2020.pdf", "annual-report-2020.docx",
         "figures.json"]  # fmt: skip


@pytest.fixture(autouse=True)
def _whole_library(monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests' database is not durable on purpose; that refusal has a test of its own.
    monkeypatch.setattr(common, "require_library", lambda: None)


@pytest.fixture
def year(library: Library, rows: Rows, reader: Names) -> Rows:
    for place in (library.main, library.main, library.east):
        rows.add("loan.opened", "2020-06-10", place, patron=reader("a"), clc="I")
    rows.add("visits.entered", "2020-06-10", library.main, quantity=9, source="device")
    return rows


def report(*words: str) -> int:
    return main(["report", *words])


def test_word_without_the_appendix_of_charts(year: Rows, tmp_path: Path) -> None:
    for words, pictures in (((), True), (("--no-charts",), False)):
        assert report("--year", "2020", "--out", str(tmp_path), *words) == 0
        with zipfile.ZipFile(tmp_path / "annual-report-2020.docx") as archive:
            assert any(n.startswith("word/media/") for n in archive.namelist()) is pictures
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(FILES)


def test_a_report_is_written_in_all_its_forms(
    year: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder"
    assert report("--year", "2020", "--out", str(out)) == 0
    assert capsys.readouterr().out.splitlines() == [str(out / name) for name in FILES]
    assert sorted(p.name for p in out.iterdir()) == sorted(FILES)
    assert (out / "annual-report-2020.pdf").read_bytes().startswith(b"%PDF-")
    assert (out / "annual-report-2020.docx").read_bytes().startswith(b"PK")
    assert "总馆 2020 年年报" in (out / "annual-report-2020.html").read_text("utf-8")
    text = (out / "figures.json").read_text("utf-8")
    figures = json.loads(text)
    assert {"value": 3, "scope": "含分馆", "from_seq": 1, "to_seq": 3}.items() <= figures[
        "loan_vol"
    ].items()
    assert set(figures["loan_vol"]) == {"value", "scope", "method", "from_seq", "to_seq"}
    assert figures["loan_person"]["value"] == 2
    assert figures["read_vol"]["value"] is None
    assert not re.search(r"[0-9a-f]{32}|\d\d:\d\d", text), "no ids and no times of day"


def test_the_same_ledger_gives_the_same_figures(year: Rows, tmp_path: Path) -> None:
    for name in "ab":
        assert report("--year", "2020", "--out", str(tmp_path / name), "--scope", "main") == 0
    first, second = (tmp_path / name for name in "ab")
    for file in FILES:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file
    figures = json.loads((first / "figures.json").read_text("utf-8"))
    assert (figures["loan_vol"]["value"], figures["loan_vol"]["scope"]) == (2, "本馆")


def test_a_branch_has_a_report_of_its_own(year: Rows, tmp_path: Path) -> None:
    assert report("--year", "2020", "--out", str(tmp_path), "--place", "east") == 0
    figures = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert figures["loan_vol"]["value"] == 1


def test_a_published_edition_is_written_as_it_was(
    library: Library, ctx: Contexts, year: Rows, tmp_path: Path
) -> None:
    daily.refresh()
    commands.publish_report(year=2020, place=library.main, ctx=ctx(at=moment("2021-02-01")))
    year.add("loan.opened", "2020-06-11", library.main)
    words = ("--year", "2020", "--out", str(tmp_path))
    assert report(*words, "--edition", "1") == 0
    assert json.loads((tmp_path / "figures.json").read_text("utf-8"))["loan_vol"]["value"] == 3
    assert "2021年2月1日签发" in (tmp_path / FILES[0]).read_text("utf-8")
    assert report(*words) == 0
    assert json.loads((tmp_path / "figures.json").read_text("utf-8"))["loan_vol"]["value"] == 4
    assert "第 2 版" in (tmp_path / FILES[0]).read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--year", "2018"], "总馆 has no data of 2018 (含分馆); years with data: 2020"),
        (["--year", "20"], "--year 20 is no year; write four digits, e.g. --year 2020"),
        (["--year", "2020", "--place", "x"],
         "there is no place 'x'; known codes: net, main, east, point, west"),
        (["--year", "2020", "--edition", "3"], "总馆 has no edition 3 of 2020 (含分馆)"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_writes_nothing(
    year: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    assert report(*words, "--out", str(tmp_path)) == 2
    assert capsys.readouterr().err == f"shuxiang report: {expected}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to(
    year: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert report("--year", "2020", "--out", str(out)) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"shuxiang report: {out} can't be written to (")
        assert error.count("\n") == 1
