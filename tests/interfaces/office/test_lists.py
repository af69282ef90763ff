"""Overdue, due soon and most borrowed in the office; phones opened only with a reason, logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.commands import phones
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.secrets import encrypt
from tests.interfaces.office.conftest import Office, text_of
from tests.interfaces.office.test_daysheet import opened, table
from tests.support.library import moment
from tests.support.statements import counted
from tests.support.stocked import Stocked
from tests.support.yearly import LATER

At = Callable[[str], Office]
OVERDUE, SOON, RANKING = (f"/office/lists/{n}/" for n in ("overdue", "due-soon", "ranking"))


@pytest.fixture
def three_days_before(monkeypatch: pytest.MonkeyPatch, played: Stocked) -> str:
    """The day three days before B002 is due; the due date."""
    row = sql.one("SELECT due_on FROM circulation_loan WHERE returned_at IS NULL")
    assert row is not None
    at = moment(row[0]) - 3 * (moment("2020-01-02") - moment("2020-01-01"))
    monkeypatch.setattr(clock, "now", lambda: at)
    return str(row[0])


NUMBER = "13800138000"


@pytest.fixture
def played(played: Stocked) -> Stocked:
    """The small year, with a phone number of the adult."""
    sql.run(
        "UPDATE patrons_patron SET phone = ? WHERE id = ?", encrypt(NUMBER), played.patrons["adult"]
    )
    return played


def unmaskings() -> list[tuple[str, str, str]]:
    day = LATER.date()
    found = patrons.unmaskings(day, day)
    return [(one.patron, one.field, one.why) for one in found]


def test_overdue_is_masked(office: At, played: Stocked) -> None:
    page = office("desk").get(OVERDUE, place="main", scope="subtree")
    assert "1 位读者，1 册" in page
    assert "李*" in page
    assert "三体" in page
    assert "李四" not in page
    assert NUMBER not in page
    assert "显示姓名和电话" in page
    assert unmaskings() == []


def test_phones_are_opened_with_a_reason_and_logged(office: At, played: Stocked) -> None:
    desk = office("desk")
    asked = {"place": "main", "scope": "subtree"}
    refused = desk.post(OVERDUE, **asked, why=" ")
    assert refused.status_code == 422
    assert "请填写原因。" in text_of(refused)
    assert unmaskings() == []
    answer = desk.post(OVERDUE, **asked, why="电话催还")
    page = text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "李四" in page
    assert NUMBER in page
    assert unmaskings() == [(played.patrons["adult"], "phone", "电话催还")]
    assert NUMBER not in str(sql.all("SELECT * FROM runtime_request"))


def test_the_same_opening_is_logged_once(office: At, played: Stocked) -> None:
    """A page loaded again sends the same key."""
    key = new_id()
    for _ in range(2):
        office("desk").post(OVERDUE, place="main", scope="subtree", why="电话催还", key=key)
    assert len(unmaskings()) == 1


def test_spreadsheets_without_and_with_phones(office: At, played: Stocked) -> None:
    desk = office("desk")
    asked = {"place": "main", "scope": "subtree"}
    masked = table(opened(desk.http.get(f"{OVERDUE}xlsx/", asked)), "逾期清单")
    assert masked[0][:4] == ["读者", "读者证号", "读者类型", "题名"]
    assert masked[1][0] == "李*"
    assert unmaskings() == []
    whole = table(opened(desk.post(OVERDUE, **asked, why="电话催还", file="1")), "逾期清单")
    assert whole[0][:5] == ["读者", "读者证号", "读者类型", "电话", "题名"]
    assert whole[1][0] == "李四"
    assert whole[1][1] == played.cards["adult"]
    assert whole[1][3] == NUMBER
    assert len(whole) == 2
    assert len(unmaskings()) == 1


def test_a_childs_guardian_is_called(office: At, played: Stocked, ctx: Any) -> None:
    """The child has no phone of its own."""
    circulation.check_out(
        item_barcode="B004",
        card=played.cards["child"],
        ctx=ctx("desk", at=moment("2020-06-10"), key=new_id()),
    )
    sql.run("UPDATE patrons_patron SET phone = '' WHERE id = ?", played.patrons["child"])
    page = text_of(office("desk").post(OVERDUE, place="main", scope="subtree", why="电话催还"))
    assert "监护人" in page
    assert (played.patrons["child"], "guardian-phone", "电话催还") in unmaskings()
    sql.run("UPDATE patrons_guardian SET phone = ''")
    page = text_of(office("desk").post(OVERDUE, place="main", scope="subtree", why="再催"))
    assert "无电话" in page
    assert [w for p, _, w in unmaskings() if p == played.patrons["child"]] == ["电话催还"]


def test_too_many_at_once_are_refused(
    office: At, played: Stocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "MOST", 0)
    refused = office("desk").post(OVERDUE, place="main", scope="subtree", why="催还")
    assert refused.status_code == 422
    assert "一次最多打开 0 位读者的电话" in text_of(refused)
    assert unmaskings() == []


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, True),
        ({"least": "235"}, True),
        ({"least": "300"}, False),
        ({"most": "10"}, False),
        ({"least": "x", "most": "-1"}, True),
        ({"category": "child"}, False),
        ({"category": "adult", "order": "reader", "whole": "1"}, True),
        ({"category": "nonsense"}, True),
        ({"page": "99"}, True),
    ],
)
def test_filters(office: At, played: Stocked, asked: dict[str, str], shown: bool) -> None:
    """B002 was due on 10 July 2020; on 2 March 2021 it is 235 days late."""
    page = office("desk").get(OVERDUE, place="main", scope="subtree", **asked)
    assert ("三体" in page) is shown
    assert ("没有逾期" in page) is not shown


def test_due_soon(office: At, three_days_before: str) -> None:
    desk = office("desk")
    page = desk.get(SOON, place="main", scope="subtree")
    assert "三体" in page
    assert three_days_before in page
    assert "没有即将到期的" in desk.get(SOON, place="main", within="2")
    assert "没有即将到期的" in desk.get(SOON, place="main", within="0")
    assert "没有逾期" in desk.get(OVERDUE, place="main", scope="subtree")
    book = opened(desk.http.get(f"{SOON}xlsx/", {"place": "main"}))
    assert table(book, "即将到期")[1][-2] == 3


def test_who_may_see_lists(office: At, played: Stocked) -> None:
    """X1: the branch keeper sees the own branch; nobody else's role opens the list."""
    assert "没有逾期" in office("branch").get(OVERDUE)
    office("branch").get(OVERDUE, 403, place="main")
    assert office("branch").post(OVERDUE, place="west", why="x").status_code == 403
    for role in ("cataloguer", "admin", "auditor"):
        office(role).get(OVERDUE, 403)


def test_queries_do_not_grow_with_rows(office: At, played: Stocked, ctx: Any) -> None:
    def cost() -> int:
        desk.http.get(OVERDUE, {"place": "main", "scope": "subtree"})
        with counted() as ran:
            desk.http.get(OVERDUE, {"place": "main", "scope": "subtree"})
        return ran.number

    desk = office("desk")
    one = cost()
    for barcode in ("B004", "B005", "B006"):
        circulation.check_out(
            item_barcode=barcode,
            card=played.cards["other"],
            ctx=ctx("desk", at=moment("2020-06-11"), key=new_id()),
        )
    assert cost() <= one + 1


def test_ranking_on_the_page_and_as_a_spreadsheet(office: At, played: Stocked) -> None:
    asked = {"first": "2020-06-01", "last": "2020-06-30", "place": "main", "scope": "subtree"}
    page = office("director").get(RANKING, **asked)
    assert "共 2 种、2 册次外借" in page
    assert "1 三体" in page
    assert "1 红楼梦" in page
    assert "没有外借" in office("director").get(RANKING, **asked, clc="K")
    assert "没有外借" in office("director").get(RANKING, **asked, category="child")
    book = opened(office("director").http.get(f"{RANKING}xlsx/", asked))
    rows = table(book, "借阅排行")
    assert rows[0] == [
        "名次", "题名", "责任者", "出版社", "出版年", "ISBN", "分类号", "外借册次",
    ]  # fmt: skip
    assert sorted(row[1] for row in rows[1:]) == ["三体", "红楼梦"]
    assert {row[0] for row in rows[1:]} == {1}


def test_a_ranking_of_too_long_a_time_is_shortened(office: At, played: Stocked) -> None:
    page = office("director").get(RANKING, first="2001-01-01", last="2020-06-30")
    assert "排行最多统计一年" in page
    assert "2019年7月1日" in page
    odd = office("director").get(RANKING, first="x", last="y", most="7", clc="?", category="?")
    assert "2021年1月1日" in odd
    office("branch").get(RANKING, 403, place="main")
