"""H1: offline desks in the office: how they stand, a journal carried here, lines settled."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path

import pytest

from shuxiang.apps.circulation import models, queries
from shuxiang.formats import journal
from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import main
from tests.interfaces.office.conftest import Office, text_of
from tests.support import yearly
from tests.support.journals import Desk, add
from tests.support.library import Contexts
from tests.support.stocked import Stocked

At = Callable[[str], Office]
BEFORE = yearly.LATER - timedelta(hours=2)


@pytest.fixture
def desk(played: Stocked, ctx: Contexts) -> Desk:
    made = add(played.library.east, "east-1", ctx)
    made.synced = BEFORE - timedelta(hours=1)
    return made


def carried(desk: Desk) -> io.BytesIO:
    file = io.BytesIO(journal.write(desk.document(yearly.LATER)))
    file.name = "journal.jsonl"
    return file


def states(desk: Desk) -> list[str]:
    return [v.state for v in queries.journal_outcomes(desk.id, 1, 100)]


def test_h1_a_journal_is_carried_here_as_a_file(office: At, played: Stocked, desk: Desk) -> None:
    branch = office("branch")
    assert "从未同步" in branch.get("/office/offline/")
    desk.write("check_out", BEFORE, "B001", played.cards["adult"])
    desk.write("check_out", BEFORE, "X999", played.cards["adult"])
    answer = branch.http.post("/office/offline/import/", {"file": carried(desk)}, follow=True)
    said = text_of(answer)
    assert "收入 2 行，另有 0 行原已收过。" in said
    assert "没有条码号为 X999 的图书。" in said
    assert "1 行待处理" in said
    assert queries.open_loan_of(played.items["B001"]) is not None
    answer = branch.http.post("/office/offline/import/", {"file": carried(desk)}, follow=True)
    assert "收入 0 行，另有 2 行原已收过。" in text_of(answer)


def test_a_line_is_corrected_or_laid_aside(office: At, played: Stocked, desk: Desk) -> None:
    desk.write("check_out", BEFORE, "X999", played.cards["adult"])
    desk.write("renew", BEFORE, "B002")
    desk.send(yearly.LATER)
    first, second = queries.journal_conflicts((desk.place,))
    branch = office("branch")
    address = f"/office/offline/line/{first.id}/"
    answer = branch.http.post(address, {"key": "1", "do": "aside", "why": " "}, follow=True)
    assert "请写明原因。" in text_of(answer)
    assert states(desk) == ["conflict", "conflict"]
    branch.post(address, do="retry", barcode="X998", card=played.cards["adult"])
    assert states(desk) == ["conflict", "conflict"]
    branch.post(address, do="retry", barcode="B001", card=played.cards["adult"])
    branch.post(f"/office/offline/line/{second.id}/", do="aside", why="读者已知")
    assert states(desk) == ["done", "settled"]
    assert models.PaperEntry.objects.get(id=second.id).note == "读者已知"
    assert branch.post(f"/office/offline/line/{'0' * 32}/", do="aside").status_code == 404


def test_what_was_recorded_all_the_same_is_shown(office: At, played: Stocked, desk: Desk) -> None:
    for n in range(1, 7):
        desk.write("check_out", BEFORE + timedelta(minutes=n), f"B00{n}", played.cards["child"])
    desk.send(yearly.LATER)
    assert "已借 3 册" in office("branch").get("/office/offline/")


def test_loose_lines_are_let_in_with_a_why(office: At, played: Stocked, desk: Desk) -> None:
    for n in range(1, 4):
        desk.write("check_in", BEFORE + timedelta(minutes=n), f"B00{n}")
    desk.send(yearly.LATER, desk.lines[1:])
    branch = office("branch")
    assert "2 行在等前面的" in branch.get("/office/offline/")
    branch.post(f"/office/offline/{desk.id}/let-in/", why="")
    assert states(desk) == ["pending", "pending"]
    branch.post(f"/office/offline/{desk.id}/let-in/", why="硬盘坏了")
    assert states(desk) == ["done", "done"]
    assert branch.post(f"/office/offline/{'0' * 32}/let-in/", why="x").status_code == 404
    log = office("auditor").get("/office/changes/")
    assert "收入日志散行" in log
    assert "硬盘坏了" in log


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"{}", "书".encode("gb18030")])
def test_a_file_that_is_no_journal_changes_nothing(
    office: At, played: Stocked, desk: Desk, data: bytes
) -> None:
    branch = office("branch")
    file = io.BytesIO(data)
    file.name = "x.jsonl"
    answer = branch.http.post("/office/offline/import/", {"file": file}, follow=True)
    assert "读不懂" in text_of(answer)
    assert models.JournalLine.objects.count() == 0


def test_the_command_line_takes_a_journal(
    played: Stocked, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "require_library", lambda: None)
    desk.write("check_out", BEFORE, "B001", played.cards["adult"])
    path = tmp_path / "journal.jsonl"
    path.write_bytes(carried(desk).getvalue())
    for said in ("1 lines taken, 0 were here already, 1 merged", "0 lines taken, 1 were here"):
        out = io.StringIO()
        with redirect_stdout(out):
            assert main(["offline-import", str(path)]) == 0
        assert said in out.getvalue()
    path.write_text("nonsense")
    err = io.StringIO()
    with redirect_stderr(err):
        assert main(["offline-import", str(path)]) == 2
    assert err.getvalue().count("\n") == 1
