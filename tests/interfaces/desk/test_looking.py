"""Looking up a book, and today's counts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shuxiang.apps.circulation import commands
from shuxiang.apps.stock.commands import items
from tests.interfaces.desk.conftest import Clock, Desk, text_of
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_a_book_on_loan_says_who_has_it_masked(desk: Desk, stocked: Stocked) -> None:
    desk.serve("adult")
    desk.scan("B001")
    desk.state = ""
    answer = desk.scan("b001", mode="item")
    assert (answer["kind"], answer["word"]) == ("reader", "图书")
    assert answer["say"] == "《红楼梦》在借，应还日期 2020年7月10日"
    panel = text_of(answer["reader_html"])
    assert panel.startswith("红楼梦 已借出 还有 30 天 条码号 B001 所属馆 总馆")
    assert "李* · 0****001" in panel
    assert "李" in panel
    assert re.search("李[^*]", panel) is None
    assert "打开读者记录" in panel
    assert "最近经过 6月10日 15:30 借出 总馆 · 流通馆员" in panel
    assert "counts_html" not in answer


def test_looking_changes_nothing_and_keeps_the_reader(
    desk: Desk, stocked: Stocked, unchanged: Any
) -> None:
    desk.serve("adult")
    before = desk.state
    with unchanged():
        desk.scan("B001", mode="item")
    assert desk.state == before
    assert desk.scan("B002")["kind"] == "ok"


def test_the_history_shows_what_was_undone_and_no_reader(
    desk: Desk, stocked: Stocked, time: Clock
) -> None:
    desk.serve("adult")
    desk.scan("B001")
    done = desk.key
    time.pass_(seconds=20)
    desk.scan(command="undo", undoes=done)
    panel = text_of(desk.scan("B001", mode="item")["reader_html"])
    assert "在架" in panel
    assert "撤销： 借出" in panel
    assert "借出 （已撤销）" in panel
    assert "李" not in panel


@pytest.mark.parametrize(
    ("status", "word"), [("lost", "丢失"), ("damaged", "污损"), ("in_processing", "加工中")]
)
def test_states_have_words(
    desk: Desk, stocked: Stocked, ctx: Contexts, status: str, word: str
) -> None:
    items.set_item_status(
        item=stocked.items["B001"], status=status, why="试", ctx=ctx(at=moment("2020-06-09"))
    )
    assert desk.scan("B001", mode="item")["say"].startswith("《红楼梦》")
    assert text_of(desk.form("B001", mode="item")).count(word) >= 1


def test_a_card_shows_its_reader_and_nonsense_is_said(desk: Desk, stocked: Stocked) -> None:
    assert desk.scan(stocked.cards["adult"], mode="item")["word"] == "读者"
    assert desk.scan("X999", mode="item")["kind"] == "refused"


def test_todays_counts_are_mine_and_the_desks(
    desk: Desk, stocked: Stocked, ctx: Contexts, time: Clock
) -> None:
    shown = text_of(desk.get("/desk/"))
    assert "今日 借书 0 / 0 还书 0 / 0 续借 0 / 0 办证 0 / 0 馆内阅览 0 / 0 本人 / 本处" in shown
    commands.check_out(
        item_barcode="B003", card=stocked.cards["other"], ctx=ctx("director", at=time.now)
    )
    commands.check_out(
        item_barcode="B004",
        card=stocked.cards["other"],
        ctx=ctx("desk", place=stocked.library.east, at=time.now),
    )
    desk.serve()
    first = desk.scan("B001")
    assert "借书 1 / 2 还书 0 / 0" in text_of(first["counts_html"])
    desk.scan("B002")
    done = desk.key
    assert "借书 2 / 3" in text_of(desk.get("/desk/"))
    after = desk.scan(command="undo", undoes=done)
    assert "借书 1 / 2" in text_of(after["counts_html"])
    assert "还书 1 / 1" in text_of(desk.scan("B001", mode="checkin")["counts_html"])
    assert "馆内阅览 1 / 1" in text_of(desk.scan("B005", mode="inhouse")["counts_html"])
    time.pass_(days=1)
    assert "借书 0 / 0" in text_of(desk.get("/desk/"))
