"""Withdrawals, rebalancing and rotating sets in the office (rows K1, B3)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pypdfium2 as pdfium
import pytest
from openpyxl import load_workbook

from shuxiang.apps.exchange import queries as deliveries
from shuxiang.apps.places import commands as places
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.stockcontrol import queries
from shuxiang.runtime import sql
from tests.interfaces.office.conftest import Office, text_of
from tests.support.library import PASSWORD, Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def second(played: Stocked, ctx: Contexts) -> Office:
    """Another cataloguer."""
    account = staff.add_account(
        username="second", name="复核员", home=played.library.main,
        password_hash=staff.hashed(PASSWORD, username="second"), must_change=False, ctx=ctx(),
    )  # fmt: skip
    staff.grant(account=account, role="cataloguer", place=played.library.main, ctx=ctx())
    return Office(account)


def test_k1_three_persons_and_a_list_to_keep(
    played: Stocked, office: Callable[[str], Office], second: Office
) -> None:
    first, director = office("cataloguer"), office("director")
    answer = first.post(
        "/office/withdrawals/", place=played.library.main, name="破损旧书", basis="剔旧办法"
    )
    path = str(answer["Location"])
    answer = first.post(path, cause="worn", barcodes="B005\nX999\nB006")
    assert "馆内没有这个条码" in text_of(answer) or "X999" in text_of(answer)
    first.post(f"{path}propose/")
    first.post(f"{path}review/", said="好")
    assert "提出、审核、批准须由三个不同的人办理。" in first.get(path)
    assert "待审核" in second.get(path)
    second.post(f"{path}review/", said="已核对实物")
    assert "已核对实物" in director.get(path)
    director.post(f"{path}approve/", said="同意")
    said = director.get(path)
    assert "已批准注销" in said
    assert "2 种 2 册" in said
    assert sql.one("SELECT COUNT(*) FROM stock_item WHERE status = 'withdrawn'") == (2,)
    books = director.get("/office/property/", place="main", year="2021")
    assert f"破损 {re.search(r'TJ-[a-z]+-[0-9]+-[0-9]+', said)[0]}" in books  # type: ignore[index]
    digest = queries.stored_digest(path.split("/")[3])
    assert digest in said
    pdf = pdfium.PdfDocument(director.http.get(f"{path}list/").content)
    printed = pdf[0].get_textpage().get_text_bounded()
    pdf.close()
    assert "图书剔旧注销清单" in printed
    assert "复核员" in printed
    sheet = director.http.get(f"{path}sheet/")
    book = load_workbook(io.BytesIO(b"".join(sheet) if sheet.streaming else sheet.content))
    assert "B005" in [row[0] for row in book["清单"].iter_rows(values_only=True)]


def test_k1_a_desk_looks_but_does_not_sign(
    played: Stocked, office: Callable[[str], Office], unchanged: Any
) -> None:
    answer = office("cataloguer").post(
        "/office/withdrawals/", place=played.library.main, name="旧书", basis="办法"
    )
    path = str(answer["Location"])
    desk = office("desk")
    assert "旧书" in desk.get(path)
    with unchanged():
        desk.post(f"{path}propose/")
        assert desk.post(path, cause="worn", barcodes="B005").status_code == 403
        assert desk.post("/office/withdrawals/", name="x").status_code == 403


def test_b3_a_plan_says_what_it_expects(played: Stocked, office: Callable[[str], Office]) -> None:
    director = office("director")
    said = director.get("/office/rebalancing/", days="400", least="0")
    assert "照现状预计落空的需求（次）" in said
    assert director.get("/office/rebalancing/", status=422, days="1", least="x")


def test_b3_a_set_is_entered_and_moved_on(
    played: Stocked, office: Callable[[str], Office], unchanged: Any
) -> None:
    director = office("director")
    given = {
        "name": "绘本一箱", "stops": "main\neast", "weeks": "4", "next_on": "2021-03-02",
        "barcodes": "B005\nB006",
    }  # fmt: skip
    with unchanged():
        wrong = director.post("/office/rotations/", **(given | {"stops": "main\nnowhere"}))
        assert wrong.status_code == 422
        assert director.post("/office/rotations/", **(given | {"barcodes": "X"})).status_code == 422
    assert director.post("/office/rotations/", **given).status_code == 302
    said = director.get("/office/rotations/")
    assert "绘本一箱" in said
    assert "该轮换了" in said
    assert "该轮换的流转书 ：绘本一箱" in director.get("/office/")
    assert "该轮换的流转书" not in office("auditor").get("/office/")
    (row,) = queries.rotations()
    answer = director.post(f"/office/rotations/{row.id}/move/")
    view = deliveries.delivery(str(answer["Location"]).split("/")[3])
    assert view is not None
    assert view.counts == {"packed": 2}
    director.post(f"/office/rotations/{row.id}/end/")
    assert "已结束" in director.get("/office/rotations/")
    assert "该轮换的流转书" not in director.get("/office/")


def test_k1_one_book_needs_a_list_too_unless_the_library_says_otherwise(
    played: Stocked, office: Callable[[str], Office], ctx: Contexts
) -> None:
    cataloguer = office("cataloguer")
    path = f"/office/items/{played.items['B005']}/"
    asked = {"act": "withdraw", "why": "破旧"}
    assert "剔除" not in cataloguer.get(path)
    refused = cataloguer.post(path, **asked)
    assert refused.status_code == 422
    assert "请到「剔旧注销」中列入清单" in text_of(refused)
    assert sql.one("SELECT COUNT(*) FROM stock_item WHERE status = 'withdrawn'") == (0,)
    places.set_setting(
        place=played.library.network, key="stock.withdraw_one", value=True, ctx=ctx()
    )
    assert cataloguer.post(path, **asked).status_code == 302
    assert sql.one("SELECT COUNT(*) FROM stock_item WHERE status = 'withdrawn'") == (1,)
