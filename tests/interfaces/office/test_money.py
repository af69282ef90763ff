"""L1, C4, C5 in the office: fee rules, amnesties, drawers."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pytest
from openpyxl import load_workbook

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.fees import queries
from shuxiang.apps.patrons.models import Patron
from shuxiang.apps.places import commands as places
from tests.conftest import Unchanged
from tests.interfaces.office.conftest import Office, text_of
from tests.support import yearly
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
RULE = {
    "reader_category": "*",
    "item_category": "*",
    "valid_from": "2021-03-10",
    "note": "馆发〔2021〕3号",
}


@pytest.fixture
def director(office: Callable[[str], Office], played: Stocked, ctx: Contexts) -> Office:
    places.set_setting(place=played.library.main, key="fees.at_desk", value=True, ctx=ctx())
    return office("director")


def test_by_default_nothing_is_charged(office: Callable[[str], Office]) -> None:
    shown = office("director").get("/office/fees/")
    assert "不收费" in shown
    assert "没有规则：逾期不收费，也不用押金。" in shown


def test_l1_a_row_is_added_ended_and_in_words(director: Office, played: Stocked) -> None:
    given = RULE | {"valid_from": "2021-04-01", "amount_fen": "0.20", "cap_fen": "10"}
    added = director.post("/office/fees/add/overdue/", place="main", grace_days="2", **given)
    assert added.status_code == 302
    shown = director.get("/office/fees/")
    assert "逾期费 总馆 任何读者 任何文献 2021-04-01" in shown
    assert "每个开馆日 0.20 元、每册最多 10.00 元、前 2 天不计" in shown
    (row,) = queries.rules_at(played.library.main)
    assert (row.amount_fen, row.cap_fen, row.grace_days, row.valid_from) == (
        20,
        1000,
        2,
        date(2021, 4, 1),
    )
    assert director.post(f"/office/fees/{row.id}/cancel/").status_code == 302
    assert queries.rules_at(played.library.main) == ()


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("overdue", {"amount_fen": "abc", "grace_days": "0"}, "金额请以元填写"),
        ("overdue", {"amount_fen": "1", "grace_days": "0", "valid_from": "2021-01-01"}, "最早从今天起生效"),
        ("points", {"points": "0", "per_day": "1", "grace_days": "0"}, "有一个数字不合理"),
        ("deposit", {"amount_fen": "100", "valid_to": "2021-01-01"}, "规则不能终止于起始之前"),
    ],
)  # fmt: skip
def test_bad_rows_say_so_and_change_nothing(
    director: Office, unchanged: Unchanged, kind: str, fields: dict[str, str], said: str
) -> None:
    with unchanged():
        answer = director.post(f"/office/fees/add/{kind}/", **(RULE | {"place": "main"} | fields))
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_l1_an_amnesty_is_counted_applied_and_taken_back(
    director: Office, played: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    at = ctx(at=moment("2020-06-01"))
    main, card = played.library.main, played.cards["other"]
    fees.add_rule(kind="overdue", place=main, valid_from=date(2020, 6, 1), amount_fen=10, ctx=at)
    circulation.check_out(item_barcode="B008", card=card, ctx=ctx(at=moment("2020-08-01")))
    circulation.check_in(item_barcode="B008", ctx=ctx(at=moment("2020-09-05")))
    assert queries.owed(played.patrons["other"]) == 40
    given = {
        "place": "main",
        "first_day": "2020-09-01",
        "last_day": "2020-09-30",
        "charges": "on",
        "why": "开学季",
    }
    with unchanged():
        counted = text_of(director.post("/office/amnesties/", **given, act="preview"))
    assert "1 笔费用，共 0.40 元" in counted
    assert "涉及 1 位读者" in counted
    applied = director.post("/office/amnesties/", **given, act="apply")
    assert queries.owed(played.patrons["other"]) == 0
    shown = director.get(applied["Location"])
    assert "1 笔费用，共 0.40 元" in shown
    with unchanged():
        assert director.post(applied["Location"], act="undo", why="").status_code == 422
    director.post(applied["Location"], act="undo", why="搞错")
    assert queries.owed(played.patrons["other"]) == 40


def test_l1_the_days_drawers_and_ones_own(
    director: Office, office: Callable[[str], Office], played: Stocked, ctx: Contexts
) -> None:
    clerk = office("desk")
    assert clerk.post("/office/cash/", way="in", amount="50", note="备用金").status_code == 302
    at = ctx("desk", at=yearly.LATER)
    fees.take_deposit(card=played.cards["other"], amount_fen=10000, ctx=at)
    assert "现金 150.00 元" in clerk.get("/office/cash/")
    assert "流通馆员 · 总馆" in director.get("/office/cash/")
    assert "现金 +150.00 元" in director.get("/office/cash/")
    answer = director.http.get("/office/cash/xlsx/")
    drawers, bookings = load_workbook(io.BytesIO(answer.content)).worksheets
    head, own, total = list(drawers.values)[2:5]
    found = dict(zip(head, own, strict=True))
    assert {k: v for k, v in found.items() if v} == {
        "经手": "流通馆员", "馆点": "总馆", "现金 收入": 150, "现金结余": 150,
    }  # fmt: skip
    assert total[0] == "合计"
    assert total[-1] == 150
    assert [row[6] for row in list(bookings.values)[3:]] == [50, 100]
    short = clerk.post("/office/cash/", way="out", amount="150.01")
    assert short.status_code == 422
    assert "您的钱箱现金只有 150.00 元" in text_of(short)


def test_c4_deposits_brought_along_are_taken_over_by_a_button(
    director: Office, played: Stocked
) -> None:
    Patron.objects.filter(id=played.patrons["other"]).update(deposit_fen=10000)
    assert "1 位读者从旧系统带来押金 100.00 元" in director.get("/office/fees/")
    assert director.post("/office/fees/deposits/", place="main").status_code == 302
    assert queries.deposit_held(played.patrons["other"]) == 10000
    assert "旧系统带来" not in director.get("/office/fees/")
