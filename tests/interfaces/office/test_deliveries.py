"""配送单 and 浮动馆藏 in the office (row B3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shuxiang.apps.exchange import queries
from tests.documents import pdf
from tests.interfaces.office.conftest import Office, text_of
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_a_delivery_packed_shipped_and_received(
    office: Callable[[str], Office], played: Stocked
) -> None:
    director = office("director")
    made = director.post("/office/deliveries/", destination=played.library.east, note="换架")
    path = made["Location"]
    page = text_of(director.post(path, barcodes="B004\nB005\nX9"))
    assert "已办 2 册" in page
    assert "未办 1 册" in page
    assert "发出" in page
    director.post(f"{path}ship/")
    assert "由东区分馆签收" in director.get(path)
    text = pdf.text(director.http.get(f"{path}list/").content)
    for expected in ("图书配送单", "东区分馆", "B004", "共2册", "签收人"):
        assert expected in text
    branch = office("branch")
    page = text_of(branch.post(path, barcodes="B004\nB006"))
    assert "不在单上；已收下并记为差异" in page
    branch.post(f"{path}close/", why="")
    assert "缺 1 册，多 1 册：请先写明原因再结单" in branch.get(path)
    branch.post(f"{path}close/", why="漏装一册")
    page = branch.get(path)
    assert "已签收结单" in page
    assert "漏装一册" in page
    (row,) = queries.deliveries([played.library.east])
    assert row.counts == {"received": 1, "missing": 1, "extra": 1}
    assert "缺 1 册" in branch.get("/office/deliveries/")
    assert "图书配送签收单" in pdf.text(branch.http.get(f"{path}list/").content)


def test_floating_stock_with_its_distribution_and_what_to_move(
    office: Callable[[str], Office], played: Stocked
) -> None:
    director = office("director")
    given = {"name": "文学组", "item_category": "book", "valid_from": "2021-03-02"}
    wrong = director.post("/office/floating/", **given, members="main x\neast 1 2")
    assert wrong.status_code == 422
    assert "这一行看不懂：main x" in text_of(wrong)
    assert (
        director.post("/office/floating/", **given, members="main 1 200\neast 3").status_code == 302
    )
    page = director.get("/office/floating/")
    assert "低于下限" in page
    assert "从总馆调" in page
    key = director.http.get("/office/floating/").content.decode()
    group = key.split('name="group" value="')[1].split('"')[0]
    director.post("/office/floating/end/", group=group)
    assert director.post("/office/floating/end/", group="x").status_code == 302
