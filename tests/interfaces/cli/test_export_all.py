"""X4, I11: the whole library out as a folder and back in equal; what differs is said exactly; what is
damaged is refused before anything is written."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.fees import commands as fees
from shuxiang.interfaces.cli import common, export_all
from shuxiang.interfaces.cli.main import main
from shuxiang.kernel.context import Actor
from shuxiang.ledger import sequence
from shuxiang.runtime import sql, transfer
from shuxiang.runtime.transfer import layout as plan
from shuxiang.statistics import daily
from tests.conftest import ADMIN, ROOT
from tests.support import servers
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
KEY = "a key for tests only, which protects nothing at all"


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path / "home"
    (settings.HOME / "files").mkdir(parents=True)
    (settings.HOME / "files" / "封面.jpg").write_bytes(b"cover")
    # Tests run without the durability that a library's own database is checked for.
    monkeypatch.setattr(common, "require_library", lambda: None)


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library, ctx: Contexts) -> Stocked:
    """Loans, one given back, a hold, a charge: something in every corner."""
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    for n, barcode in enumerate(("B001", "B002", "B003")):
        at = ctx(at=moment("2020-06-10", f"1{n}:00"))
        circulation.check_out(item_barcode=barcode, card=made.cards["adult"], ctx=at)
    circulation.check_in(item_barcode="B002", ctx=ctx(at=moment("2020-06-12")))
    circulation.place_hold(
        title=made.titles[2],
        card=made.cards["other"],
        pickup=library.main,
        ctx=ctx(at=moment("2020-06-13")),
    )
    fees.charge(
        card=made.cards["child"],
        amount_fen=500,
        kind="brought",
        ctx=ctx(at=moment("2020-06-13")),
    )
    daily.refresh()
    return made


def shuxiang(*words: str | Path) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


def exported(tmp_path: Path, *words: str) -> Path:
    folder = tmp_path / "out"
    code, _out, err = shuxiang("export", "--all", folder, *words)
    assert (code, err) == (0, "")
    return folder


def elsewhere(
    home: Path, *words: str | Path, url: str = "", key: str = KEY
) -> subprocess.CompletedProcess[str]:
    """The command line of another installation."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("SHUXIANG_")}
    env |= {"SHUXIANG_HOME": str(home)}
    env |= {"SHUXIANG_SECRET_KEY": key} if key else {}
    env |= {"SHUXIANG_DATABASE_URL": url} if url else {}
    return subprocess.run(
        [sys.executable, "-m", "shuxiang.interfaces.cli.main", *map(str, words)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture
def empty_database() -> Any:
    """Address of an empty database beside the tests' own; '' on SQLite, where the home holds it."""
    if connection.vendor != "postgresql":
        yield ""
        return
    name = f"shuxiang_transfer_{os.getpid()}"
    servers.create_database(ADMIN, name)
    yield urlsplit(ADMIN)._replace(path=f"/{name}").geturl()
    servers.drop_database(ADMIN, name)


def test_x4_out_and_back_in_equal(stocked: Stocked, tmp_path: Path, empty_database: str) -> None:
    folder = exported(tmp_path, "--with-readers")
    manifest = json.loads((folder / "manifest.json").read_text())
    head = sequence.head(sql)
    assert (manifest["ledger_seq"], manifest["ledger_seal"]) == head
    assert head[0] > 0
    rows = {t["name"]: t["rows"] for t in manifest["tables"]}
    assert (rows["circulation_loan"], rows["circulation_hold"]) == (3, 1)
    assert rows["patrons_patron"] == 3
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    fresh = tmp_path / "fresh"
    done = elsewhere(fresh, "import-all", folder, url=empty_database)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "seal and every invariant hold" in done.stdout
    assert (fresh / "files" / "封面.jpg").read_bytes() == b"cover"
    assert (fresh / "secret.key").read_text() == KEY
    alike = elsewhere(fresh, "check", "--compare", folder, url=empty_database, key="")
    assert (alike.returncode, alike.stderr) == (0, "")
    assert alike.stdout.startswith("ok     X4   equal: ")
    again = elsewhere(fresh, "import-all", folder, url=empty_database)
    assert again.returncode == 2
    assert "is not empty" in again.stderr
    if empty_database:
        # From the one database to the other.
        small = tmp_path / "small"
        assert elsewhere(small, "import-all", folder).returncode == 0
        assert elsewhere(small, "check", "--compare", folder, key="").returncode == 0


def test_what_was_changed_is_said_exactly(stocked: Stocked, tmp_path: Path, ctx: Contexts) -> None:
    folder = exported(tmp_path, "--with-readers")
    assert shuxiang("check", "--compare", folder)[0] == 0
    sql.run("UPDATE stock_item SET call_number = ? WHERE barcode = ?", "I242.4/9", "B004")
    sql.run("DELETE FROM circulation_holdqueue")
    sql.run("UPDATE places_place SET phone = ? WHERE id = ?", "0762", stocked.library.west)
    code, out, _err = shuxiang("check", "--compare", folder)
    item, title = stocked.items["B004"], stocked.titles[2]
    assert code == 1
    assert out.splitlines() == [
        f"BROKEN X4   circulation_holdqueue {title}: is in the export alone",
        f'BROKEN X4   places_place {stocked.library.west}: phone: "0762" here, "" in the export',
        f'BROKEN X4   stock_item {item}: call_number: "I242.4/9" here, "" in the export',
        out.splitlines()[-1],
    ]
    assert out.splitlines()[-1].startswith("not equal: 3 rows differ")


def test_a_damaged_folder_is_refused_before_anything_is_written(
    stocked: Stocked, tmp_path: Path
) -> None:
    folder = exported(tmp_path, "--with-readers")
    fresh = tmp_path / "fresh"

    def refused(change: Callable[[Path], object], said: str) -> None:
        copy = tmp_path / "damaged"
        shutil.copytree(folder, copy)
        change(copy)
        done = elsewhere(fresh, "import-all", copy)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert not fresh.exists()
        assert shuxiang("check", "--compare", copy)[0] == 2
        shutil.rmtree(copy)

    refused(lambda f: (f / "manifest.json").unlink(), "holds no manifest.json")
    refused(lambda f: (f / "tables" / "stock_item.jsonl").unlink(), "stock_item.jsonl is missing")
    refused(
        lambda f: os.truncate(f / "tables" / "stock_item.jsonl", 100),
        "stock_item.jsonl is not what the manifest says",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "damaged or of another kind"),
        ("[]", "damaged or of another kind"),
        ('"tables/../../x"', "damaged or of another kind"),
    ],
)
def test_a_manifest_of_nonsense(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(transfer.Damaged, match=said):
        transfer.read_manifest(tmp_path)


def test_a_manifest_leads_nowhere_else(stocked: Stocked, tmp_path: Path) -> None:
    folder = exported(tmp_path)
    path = folder / "manifest.json"
    whole = json.loads(path.read_text())
    for name in ("../secret.key", "/etc/passwd", "files/../../x", "files\\x"):
        changed = whole | {"files": [*whole["files"], {"name": name, "size": 1, "sha256": "0"}]}
        path.write_text(json.dumps(changed))
        with pytest.raises(transfer.Damaged, match="which no export does"):
            transfer.read_manifest(folder)


def test_the_wrong_key_and_no_key_are_refused(stocked: Stocked, tmp_path: Path) -> None:
    folder = exported(tmp_path, "--with-readers")
    for key, said in (("another key that is long enough", "not the one"), ("", "is needed")):
        done = elsewhere(tmp_path / "fresh", "import-all", folder, key=key)
        assert done.returncode == 2
        assert said in done.stderr
        assert not (tmp_path / "fresh").exists()


def test_without_readers_nobody_is_named_and_no_library_is_made(
    stocked: Stocked, tmp_path: Path, ctx: Contexts
) -> None:
    # An act of the reader's own names them in the ledger.
    me = ctx(Actor("patron", stocked.patrons["adult"]), at=moment("2020-06-14"))
    (loan, *_others) = loans.open_loans(stocked.patrons["adult"])
    circulation.renew_own(loan=loan.id, ctx=me)
    folder = exported(tmp_path)
    assert shuxiang("check", "--compare", folder)[0] == 0
    names = {p.stem for p in (folder / "tables").iterdir()}
    assert {"catalog_title", "stock_item", "ledger_event", "places_place"} <= names
    assert not names & {"patrons_patron", "circulation_loan", "circulation_hold", "ledger_reader"}
    every = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    for named in (*stocked.patrons.values(), "李四", *stocked.cards.values()):
        assert named.encode() not in every
    done = elsewhere(tmp_path / "fresh", "import-all", folder)
    assert done.returncode == 2
    assert "--with-readers" in done.stderr


def test_other_systems_get_marc_and_a_table(stocked: Stocked, tmp_path: Path) -> None:
    from pymarc import MARCReader

    folder = exported(tmp_path)
    records = list(MARCReader((folder / "for-others" / "catalogue.mrc").read_bytes()))
    assert [bool(r) for r in records] == [True] * 4
    assert (folder / "for-others" / "catalogue.xml").read_text("utf-8").count("<record") == 4
    text = (folder / "for-others" / "items.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {r["条码号"]: r["所属馆"] for r in rows}["E001"] == "东区分馆"
    assert len(rows) == 10


def test_a_folder_in_use_is_left_alone(stocked: Stocked, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "mine.txt").write_text("x")
    code, _out, err = shuxiang("export", "--all", there)
    assert code == 2
    assert "is there already" in err
    assert [p.name for p in there.iterdir()] == ["mine.txt"]
    assert shuxiang("export")[0] == 2
    assert shuxiang("export", "--with-readers", "--out", tmp_path / "x")[0] == 2


def test_no_table_given_out_without_readers_has_room_for_one_or_for_a_secret() -> None:
    words = ("patron", "password", "secret", "token", "username", "email", "card")
    # Where a harvest of another library goes on.
    harmless = {"exchange_harvestsource.token"}
    left_out = transfer.touching(export_all.OF_READERS)
    found = [
        f"{table}.{column.name}"
        for table in plan.tables()
        if table not in left_out
        for column in plan.columns(table)
        if any(word in column.name for word in words)
    ]
    assert set(found) - harmless == set()


def test_every_table_is_a_part_of_the_library_or_named_as_none(db: None) -> None:
    known = set(connection.introspection.table_names()) - {"django_migrations"}
    assert known == set(plan.tables()) | plan.LEFT_OUT
    for table in plan.tables():
        assert [c for c in plan.columns(table) if c.key], table
