"""When a command can't be run at all: said so, nothing done, the queue of scans goes on."""

from __future__ import annotations

from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.patrons import commands as patrons
from shuxiang.runtime.errors import Busy, KeyReused, OutcomeUnknown, StorageFull
from tests.conftest import Unchanged
from tests.interfaces.desk.conftest import Desk, text_of
from tests.interfaces.desk.test_register import ADULT
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def failing(fault: Exception) -> Any:
    def fail(**values: object) -> None:
        raise fault

    return fail


@pytest.mark.parametrize(
    ("fault", "words", "status"),
    [
        (Busy("locked"), "数据库繁忙，未办理：请重新扫描。", 200),
        (StorageFull("full"), "存储空间已满，未保存任何内容。", 507),
        # The island sends a scan answered 503 again under its key: it is never done twice.
        (OutcomeUnknown("lost"), "与数据库的连接中断。请重新扫描，并核对在借清单。", 503),
    ],
)
def test_a_scan_that_could_not_be_taken(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    unchanged: Unchanged,
    fault: Exception,
    words: str,
    status: int,
) -> None:
    desk.serve()
    with monkeypatch.context() as broken, unchanged():
        broken.setattr(circulation, "check_out", failing(fault))
        answer = desk.scan("B001")
    assert (answer["kind"], answer["word"], answer["say"]) == ("error", "出错", words)
    assert desk.status == status
    assert answer["state"]
    assert desk.scan("B001", request_key=desk.key)["kind"] == "ok"


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (StorageFull("full"), 507, "存储空间已满，未保存任何内容。"),
        (OutcomeUnknown("lost"), 503, "请原样重新提交，不会重复办理。"),
        (KeyReused("other"), 422, "此表单已用别的内容提交过。请核对后再提交一次。"),
    ],
)
def test_f3_f5_a_form_on_a_full_disk_and_with_a_lost_database(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    unchanged: Unchanged,
    fault: Exception,
    status: int,
    words: str,
) -> None:
    monkeypatch.setattr(patrons, "register", failing(fault))
    with unchanged():
        answer = desk.post("/desk/register/", **ADULT)
    assert answer.status_code == status
    assert words in text_of(answer.content.decode())


def test_a_form_that_could_not_be_taken_keeps_what_was_typed(
    desk: Desk, stocked: Stocked, monkeypatch: pytest.MonkeyPatch, unchanged: Unchanged
) -> None:
    monkeypatch.setattr(patrons, "register", failing(Busy("locked")))
    monkeypatch.setattr(patrons, "report_lost", failing(Busy("locked")))
    with unchanged():
        answer = desk.post("/desk/register/", **ADULT)
        lost = desk.post(f"/desk/readers/{stocked.patrons['adult']}/do/lost/")
    for page in (answer, lost):
        assert page.status_code == 503
        assert "数据库繁忙，未办理：请重新提交。" in text_of(page.content.decode())
    assert 'value="赵敏"' in answer.content.decode()
