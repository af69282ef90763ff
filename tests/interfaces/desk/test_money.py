"""L1, C4, C5 at the desk: the panel, the page of a reader's money, receipts; nothing by default."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.fees import queries
from shuxiang.apps.places import commands as places
from tests.conftest import Unchanged
from tests.interfaces.desk.conftest import Desk, text_of
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def charging(stocked: Stocked, ctx: Contexts) -> Stocked:
    """Money at the desk since January: 20 分 an overdue day, 5.00 owed stops lending, ten points."""
    at = ctx(at=moment("2020-01-02"))
    main = stocked.library.main
    places.set_setting(place=main, key="fees.at_desk", value=True, ctx=ctx())
    for kind, values in (
        ("overdue", {"amount_fen": 20, "cap_fen": 1000}),
        ("limit", {"amount_fen": 500}),
        ("points", {"points": 10, "per_day": 1}),
    ):
        fees.add_rule(
            kind=kind,
            place=main,
            valid_from=date(2020, 1, 2),
            **values,
            ctx=ctx(at=at.occurred_at),
        )
    return stocked


def page(stocked: Stocked, who: str = "adult") -> str:
    return f"/desk/readers/{stocked.patrons[who]}/money/"


def late(stocked: Stocked, ctx: Contexts) -> None:
    circulation.check_out(
        item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(at=moment("2020-05-05"))
    )


def test_by_default_the_desk_shows_no_money(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    late(stocked, ctx)
    done = desk.scan("B001", mode="checkin")
    shown = text_of(done["reader_html"]) + text_of(desk.serve()["reader_html"])
    assert "费用" not in shown
    assert "欠费" not in shown
    assert "信用分" not in shown
    assert "没有欠费" in text_of(desk.get(page(stocked)))
    assert "本处不收费" in text_of(desk.get(page(stocked)))


def test_l1_a_late_return_is_told_and_paid_with_a_receipt(
    desk: Desk, charging: Stocked, ctx: Contexts
) -> None:
    late(charging, ctx)
    done = desk.scan("B001", mode="checkin")
    assert "逾期费 1.00 元，共欠 1.00 元。" in str(done)
    shown = text_of(desk.serve()["reader_html"])
    assert "欠费 1.00 元 信用分 5 / 10" in shown
    assert "费用与信用分" in shown
    shown = text_of(desk.get(page(charging)))
    assert "欠费：1.00 元" in shown
    assert "5 个开馆日，每天 0.20 元" in shown
    answer = desk.post(page(charging) + "pay/", amount="０．５", method="wechat", reference="42")
    assert answer.status_code == 302
    receipt = desk.get(answer["Location"])
    assert "main-20200610-001" in receipt
    slip = text_of(re.search(r'<div class="slip">.*?</div>', receipt, re.S)[0])  # type: ignore[index]
    assert "收款 · 收据 main-20200610-001 李*" in slip
    assert "合计 0.50 元 · 微信" in slip
    assert "还欠 0.50 元" in slip
    assert queries.owed(charging.patrons["adult"]) == 50


def test_l1_the_same_form_sent_twice_takes_the_money_once(
    desk: Desk, charging: Stocked, ctx: Contexts
) -> None:
    late(charging, ctx)
    desk.scan("B001", mode="checkin")
    sent = [
        desk.post(page(charging) + "pay/", amount="0.5", method="cash", request_key="k")["Location"]
        for _ in range(2)
    ]
    assert sent[0] == sent[1]
    assert queries.owed(charging.patrons["adult"]) == 50


@pytest.mark.parametrize(
    ("name", "fields", "status", "said"),
    [
        ("pay", {"amount": "1.001", "method": "cash"}, 422, "金额请以元填写"),
        ("pay", {"amount": "-1", "method": "cash"}, 422, "金额请以元填写"),
        ("pay", {"amount": "9", "method": "cash"}, 422, "只欠 0.00 元，不能多收。"),
        ("pay", {"amount": "1", "method": "gold"}, 422, "gold"),
        ("charge", {"amount": "1", "kind": "other", "note": ""}, 422, "请写明原因"),
        ("refund-deposit", {"amount": "1", "method": "cash"}, 422, "没有押金"),
        ("restore", {"why": "x"}, 403, "没有这项权限"),
        ("nothing", {}, 404, ""),
        ("waive", {"of": "0" * 32, "amount": "1", "why": "x"}, 404, ""),
    ],
)
def test_bad_input_says_so_and_changes_nothing(
    desk: Desk,
    charging: Stocked,
    unchanged: Unchanged,
    name: str,
    fields: dict[str, str],
    status: int,
    said: str,
) -> None:
    with unchanged():
        answer = desk.post(f"{page(charging)}{name}/", **fields)
    assert answer.status_code == status
    assert said in text_of(answer.content.decode())


def test_l1_lending_stops_and_who_may_lifts_it(
    desk: Desk, at_desk: Callable[[str], Desk], charging: Stocked, ctx: Contexts
) -> None:
    card = charging.cards["adult"]
    fees.charge(card=card, amount_fen=600, kind="brought", ctx=ctx())
    desk.serve()
    assert "欠费 6.00 元，超过 5.00 元暂停借书。" in str(desk.scan("B002"))
    director = at_desk("director")
    director.serve()
    director.scan("B002")
    lifted = director.scan("B002", ask="override", codes="fees-owed", why="明天交")
    assert lifted["kind"] in ("ok", "notice"), lifted


def test_c4_a_deposit_and_a_waiver_through_the_page(
    at_desk: Callable[[str], Desk], charging: Stocked, ctx: Contexts
) -> None:
    desk, patron = at_desk("director"), charging.patrons["adult"]
    taken = desk.post(page(charging) + "take-deposit/", amount="100", method="cash", note="")
    assert "收押金" in text_of(desk.get(taken["Location"]))
    assert "押金余额：100.00 元" in text_of(desk.get(page(charging)))
    charge = fees.charge(
        card=charging.cards["adult"], amount_fen=250, kind="damage", ctx=ctx()
    ).charge
    desk.post(page(charging) + "waive/", of=charge, amount="0.5", why="轻微")
    desk.post(page(charging) + "keep-deposit/", amount="10", why="抵扣")
    assert (queries.owed(patron), queries.deposit_held(patron)) == (0, 9000)
    desk.post(page(charging) + "give-credit/", basis="信易借", valid_from="2020-06-10", valid_to="")
    shown = text_of(desk.get(page(charging)))
    assert "免押 信易借" in shown
    assert "已减免 0.50 元" in shown
    back = desk.post(page(charging) + "refund-deposit/", amount="90", method="cash", note="")
    assert back.status_code == 302
    assert queries.deposit_held(patron) == 0


def test_another_readers_charge_is_not_reached_through_this_page(
    at_desk: Callable[[str], Desk], charging: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    charge = fees.charge(
        card=charging.cards["other"], amount_fen=250, kind="damage", ctx=ctx()
    ).charge
    desk: Any = at_desk("director")
    with unchanged():
        assert (
            desk.post(page(charging) + "waive/", of=charge, amount="1", why="x").status_code == 404
        )
