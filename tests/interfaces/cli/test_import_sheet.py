"""The command import-sheet, as a person runs it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.categories import seed_categories
from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import main
from tests.apps.stock.sheet_files import HOLDINGS, holding, xlsx
from tests.support.library import Contexts, Library

COMMAND = [sys.executable, "-m", "shuxiang.interfaces.cli.main"]


@pytest.fixture(autouse=True)
def _categories(library: Library, ctx: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_categories(ctx=ctx())
    # Tests run without the durability that a library's own database is checked for.
    monkeypatch.setattr(common, "require_library", lambda: None)


def shuxiang(*words: str | Path) -> tuple[int, str, str]:
    """Run the command line in this process, on the database of this test."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["import-sheet", *(str(word) for word in words)])
    return code, out.getvalue(), err.getvalue()


def last(*words: str | Path) -> str:
    code, out, err = shuxiang(*words)
    assert code == 0, err
    return out.strip().splitlines()[-1]


def test_previewed_mapped_imported_again_and_undone(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [holding("1"), holding("2", 馆藏地点=""), holding("1.2E+9")])
    how = tmp_path / "map.json"
    code, out, _ = shuxiang(path, "--preview", "--map", how)
    assert code == 0
    assert "unknown location: 一楼 (2)" in out
    assert stock.items_by_barcode("2") == ()
    found = json.loads(how.read_text())
    found["values"] = {"location": {"一楼": "-"}}
    how.write_text(json.dumps(found))
    code, out, _ = shuxiang(path, "--map", how)
    assert code == 0
    lines = out.strip().splitlines()
    assert "the ledger agrees" in lines
    assert "总馆: 2, 46.00 yuan" in lines
    assert lines[-1] == "imported 1 titles, 2 items, 1 set aside"
    assert last(path, "--map", how) == "imported 0 titles, 0 items, 0 set aside"
    number = catalog.batches(1)[0].number
    assert last("--undo", number) == f"undone import {number}: 2 holdings removed"
    assert stock.items_by_barcode("1") == ()


def test_bad_input_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    half = tmp_path / "half.csv"
    half.write_text('条码号,题名\n1,"三体\n', encoding="utf-8")
    wrong = tmp_path / "map.json"
    wrong.write_text('{"kind": "books"}')
    whole = xlsx(tmp_path / "a.xlsx", [holding("1")])
    for words, said in (
        ([], "give a file"),
        ([tmp_path / "none.xlsx"], "none.xlsx"),
        ([half], "2"),
        ([whole, "--map", wrong], "not a column map"),
        ([whole, "--place", "moon"], "there is no place moon"),
        (["--undo", "19990101-1"], "19990101-1"),
    ):
        code, out, err = shuxiang(*words)  # type: ignore[arg-type]
        assert (code, out) == (2, ""), (words, out)
        assert said in err
        assert len(err.strip().splitlines()) == 1
    assert catalog.batches() == ()


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
@pytest.mark.faults
def test_killed_in_the_middle_it_goes_on(tmp_path: Path) -> None:
    """F11: kill -9, the same command line again: nothing lost, nothing double."""
    home = tmp_path / "home"
    env = os.environ | {"SHUXIANG_HOME": str(home)}
    env.pop("SHUXIANG_DATABASE_URL", None)
    subprocess.run([*COMMAND, "init"], env=env, check=True, capture_output=True)
    lines = [",".join(HOLDINGS)]
    lines += [f"{n:06d},书{n},,,I247.5/{n},20.00,,,在馆,," for n in range(1200)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    run = subprocess.Popen(
        [*COMMAND, "import-sheet", str(path)], env=env, stdout=subprocess.DEVNULL
    )
    database = home / "library.sqlite3"
    until = time.monotonic() + 60
    while time.monotonic() < until and run.poll() is None and _items(database) < 150:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    before = _items(database)
    again = subprocess.run(
        [*COMMAND, "import-sheet", str(path)], env=env, check=True, capture_output=True, text=True
    )
    assert again.stdout.strip().splitlines()[-1] == "imported 1200 titles, 1200 items, 0 set aside"
    assert 0 < before < 1200
    assert _items(database) == 1200


def _items(database: Path) -> int:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM stock_item").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
