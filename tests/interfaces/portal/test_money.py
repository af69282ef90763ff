"""L1, C4, C5 on the portal: what a reader owes and why; nothing where nothing is charged."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.fees import commands as fees
from tests.interfaces.portal.test_account import (  # noqa: F401 - fixtures
    reader,
    see,
    slip,
    stocked,
    time,
)
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_where_nothing_is_charged_nothing_is_shown(reader: Client) -> None:  # noqa: F811
    assert "费用与信用分" not in see(reader, "/account/")
    assert "没有欠费。" in see(reader, "/account/money/")


def test_l1_c5_a_reader_sees_what_is_owed_and_why(
    reader: Client,  # noqa: F811
    stocked: Stocked,  # noqa: F811
    ctx: Contexts,
) -> None:
    main = stocked.library.main
    for kind, values in (
        ("overdue", {"amount_fen": 20}),
        ("points", {"points": 10, "per_day": 2, "restore_days": 30}),
    ):
        at = ctx(at=moment("2020-01-02"))
        fees.add_rule(kind=kind, place=main, valid_from=date(2020, 1, 2), **values, ctx=at)
    card = stocked.cards["adult"]
    circulation.check_out(item_barcode="B001", card=card, ctx=ctx(at=moment("2020-05-03")))
    circulation.check_in(item_barcode="B001", ctx=ctx(at=moment("2020-06-09")))
    fees.take_deposit(card=card, amount_fen=10000, ctx=ctx())
    assert "费用与信用分： 欠 1.20 元 · 信用分 0 / 10" in see(reader, "/account/")
    shown = see(reader, "/account/money/")
    assert "逾期费 红楼梦" in shown
    assert "6 个开馆日，每天 0.20 元" in shown
    assert "前暂停借书" in shown
    assert "图书馆存有您的押金 100.00 元" in shown
