"""The desk without script: the same acts by plain forms, and the page that comes back."""

from __future__ import annotations

import html
import re

import pytest

from shuxiang.apps.circulation import queries as circulation
from shuxiang.interfaces.common.scanbox import COMMAND_BARCODES
from shuxiang.interfaces.desk.views.home import COMMAND_WORDS
from tests.conftest import Unchanged
from tests.interfaces.desk.conftest import Desk, text_of
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def result(page: str) -> tuple[str, str]:
    word = re.search(r"data-result-word>(.*?)</p>", page, re.S)
    line = re.search(r"data-result-say>(.*?)</p>", page, re.S)
    assert word is not None
    assert line is not None
    return html.unescape(word[1]), html.unescape(line[1])


def hidden(page: str, start: str) -> dict[str, str]:
    """The hidden fields of the form that begins at ``start``."""
    part = page[page.index(start) :]
    part = part[: part.index("</form>")]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', part)
    return {k: html.unescape(v) for k, v in found if k != "csrfmiddlewaretoken"}


def test_a_whole_visit_without_script(desk: Desk, stocked: Stocked) -> None:
    page = desk.get("/desk/")
    assert result(page) == ("请扫描", "请扫描读者证或图书条码。")
    assert "当前没有读者" in text_of(page)
    assert result(desk.form("00000001")) == ("读者", "李* · 成人 · 在借 0 册")
    page = desk.form("B001")
    assert result(page) == ("已借出", "《红楼梦》应还 2020年7月10日 · 还可借 4 册")
    assert "B001 红楼梦 应还 2020年7月10日 · 还可借 4 册 已借出" in text_of(page)
    # The reader's loan has a renewal form of its own.
    again = hidden(page, '<ol class="loans">')
    assert again.pop("request_key")
    assert {k: again[k] for k in ("mode", "scan")} == {"mode": "renew", "scan": "B001"}
    assert result(desk.form(**again))[0] == "已续借"
    assert result(desk.form("B001", mode="checkin"))[0] == "已还"
    assert result(desk.form("*NEXT*")) == ("下一位", "请扫下一位读者的证。")
    assert desk.state == ""


def test_command_barcodes_work_as_typed_text(desk: Desk, stocked: Stocked) -> None:
    page = desk.form("*RETURN*")
    assert 'value="checkin" checked' in page
    desk.form("00000001")
    desk.form("B001")
    assert result(desk.form("*UNDO*")) == ("已撤销", "《红楼梦》借出已撤销。")
    assert circulation.open_loans(stocked.patrons["adult"]) == ()
    assert "李* · 0****001" in text_of(desk.form("*slip*"))


def test_an_exception_is_asked_and_given_by_a_plain_form(desk: Desk, stocked: Stocked) -> None:
    desk.form("00000001")
    for n in range(1, 6):
        desk.form(f"B{n:03d}")
    page = desk.form("B006")
    assert result(page)[0] == "请选择"
    fields = hidden(page, 'data-prompt tabindex="-1"')
    assert fields.keys() >= {"mode", "scan", "state", "ask", "codes"}
    page = desk.form(**fields, why="读书会用书")
    assert result(page)[1] == "《昆虫记》应还 2020年7月10日 · 还可借 0 册 已特批，原因已记录。"


def test_the_scripts_prompt_carries_no_second_copy_of_the_scan(desk: Desk) -> None:
    """The island sends the scan itself: a copy with another request key would break undo."""
    desk.serve()
    for n in range(1, 6):
        desk.scan(f"B{n:03d}")
    prompt = desk.scan("B006")["prompt_html"]
    assert hidden(prompt, "<form").keys() == {"codes"}


def test_the_same_plain_form_sent_twice_lends_once(
    desk: Desk, stocked: Stocked, unchanged: Unchanged
) -> None:
    desk.form("00000001")
    fields = {"code": "B001", "request_key": "twice"}
    first = result(desk.form(**fields))
    with unchanged():
        assert result(desk.form(**fields)) == first


def test_lend_now_starts_with_the_reader(desk: Desk) -> None:
    assert "李四 读者证 00000001" in text_of(desk.get("/desk/?card=00000001"))
    assert "当前没有读者" in text_of(desk.get("/desk/?card=99999999"))


def test_the_sheet_of_command_barcodes_has_all_of_them(desk: Desk) -> None:
    assert COMMAND_WORDS.keys() == COMMAND_BARCODES.keys()
    sheet = desk.get("/desk/commands/")
    shown = text_of(sheet)
    for word in COMMAND_WORDS.values():
        assert str(word) in shown
    assert sheet.count("<rect") > 20 * len(COMMAND_BARCODES)
