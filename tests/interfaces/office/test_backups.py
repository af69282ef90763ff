"""The page of the backups: asking for one, what failed, the warning on the first page (issue 3, 10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shuxiang.interfaces.office.views.backups import why
from shuxiang.kernel import clock
from shuxiang.runtime import storage
from shuxiang.runtime.backup import making, nightly
from shuxiang.runtime.models import Backup, Job
from shuxiang.runtime.storage import Storage
from tests.interfaces.office.conftest import Office

At = Callable[[str], Office]


def made(hours_ago: float, path: Path | None = None, **facts: Any) -> None:
    at = clock.now() - timedelta(hours=hours_ago)
    values = {"kind": "nightly", "good": True, "tested": True, "ledger_seq": 41, "size": 5_000_000}
    values |= {"path": str(path) if path else "", "finished_at": at, "started_at": at}
    Backup.objects.create(**(values | facts))


def test_a_backup_is_asked_for_once(office: At) -> None:
    admin = office("admin")
    assert "立即备份" in admin.get("/office/backups/")
    assert admin.post("/office/backups/").status_code == 302
    assert "半分钟内开始备份" in admin.get("/office/backups/")
    assert admin.post("/office/backups/").status_code == 302
    assert "已有备份请求在进行" in admin.get("/office/backups/")
    assert Job.objects.filter(kind=nightly.JOB, done_at=None).count() == 1


def test_only_who_looks_after_the_system_may(office: At) -> None:
    for role in ("desk", "branch", "cataloguer", "auditor"):
        office(role).get("/office/backups/", status=403)
        assert office(role).post("/office/backups/").status_code == 403
    assert not Job.objects.exists()
    assert "备份" in office("director").get("/office/backups/")


def test_every_row_says_how_it_went(office: At, tmp_path: Path) -> None:
    there = tmp_path / "shuxiang-20210301-023000.tar.zst"
    there.write_bytes(b"x")
    made(2, there)
    made(26, tmp_path / "gone.tar.zst")
    made(50, there, tested=False, encrypted=True, kind="manual")
    made(74, kind="upgrade", removed_at=clock.now())
    made(98, good=False, detail="/b has 3 MB free and a backup may need 9 MB; free some")
    page = office("admin").get("/office/backups/")
    for said in ("2 小时", "已试恢复", "文件不在", "未试恢复", "已加密", "升级之前", "已清理", "失败",
                 "/b 只剩 3 MB，备份约需 9 MB。", there.name):  # fmt: skip
        assert said in page, said


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("another backup is being made in /b; wait for it", "另一份备份正在进行。"),
        ("BROKEN I4 counts", "试恢复的结果不完整。"),
        ("KeyError: 'x'", "原因见服务器日志。"),
    ],
)
def test_why_it_failed_is_said_in_words(detail: str, words: str) -> None:
    assert why(detail) == words


def test_the_first_page_warns_after_26_hours_and_not_before(office: At) -> None:
    made(25.9)
    assert "超过一天" not in office("admin").get("/office/")
    Backup.objects.all().delete()
    made(26.1)
    assert "最近一次完好的备份是" in office("admin").get("/office/")
    assert "完好的备份" not in office("desk").get("/office/")


def test_a_failure_and_a_full_disk_are_said_on_the_first_page(
    office: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(3)
    made(1, good=False, tested=False, detail="x")
    assert "最近一次备份失败" in office("admin").get("/office/")
    monkeypatch.setattr(storage, "measure", lambda folder=None: Storage(96.2, 10**9, "stop"))
    assert "磁盘已用 96%。为保证借还，导入已停止" in office("admin").get("/office/")


def test_the_list_pages_and_asks_no_more_for_more_rows(office: At) -> None:
    admin = office("admin")
    made(1)
    admin.get("/office/backups/")
    counted = []
    for more in (0, 100):
        for n in range(more):
            made(2 + n)
        with CaptureQueriesContext(connection) as queries:
            page = admin.get("/office/backups/")
        counted.append(len(queries))
    assert "第 1 / 4 页，共 101 条" in page
    assert counted[0] == counted[1]


def test_a_note_survives_what_can_not_be_written(
    office: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def full(**_: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(Backup.objects, "create", full)
    making.note("manual", clock.now(), good=False, detail="x")
    assert not Backup.objects.exists()
