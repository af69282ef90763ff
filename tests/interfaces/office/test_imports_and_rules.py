"""Imports with their control sheet, what they set aside and taking one back; the rule matrix (D1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.apps.stock.commands import items
from shuxiang.formats.marc import encode
from shuxiang.kernel.ids import new_id
from tests.apps.stock.marc_files import holding, record
from tests.interfaces.office.conftest import Office, text_of
from tests.support.library import Contexts
from tests.support.stocked import Stocked
from tests.support.yearly import LATER

At = Callable[[str], Office]


@pytest.fixture
def number(played: Stocked, ctx: Contexts, tmp_path: Path) -> str:
    """An import of twelve good records, one with a barcode taken, and 60 bytes that are none."""
    path = tmp_path / "books.iso"
    items.add_item(
        title=played.titles[0], barcode="31000012", owner=played.library.main, category="book",
        ctx=ctx(at=LATER, key=new_id()),
    )  # fmt: skip
    codes = [f"310000{n:02d}" for n in range(1, 13)]
    good = [encode(record(n, holding(code))) for n, code in enumerate(codes, 1)]
    path.write_bytes(b"".join(good) + b"\xff<b>junk</b>" * 4 + b"\x1d")
    return importing.run(
        path,
        importing.Options(place=played.library.main),
        ctx=ctx("cataloguer", at=LATER, key=new_id()),
    )


def test_control_sheet(office: At, number: str) -> None:
    cataloguer = office("cataloguer")
    assert "books.iso" in cataloguer.get("/office/imports/")
    page = cataloguer.get(f"/office/imports/{number}/")
    for said in (
        "13 读入记录",
        "12 入库书目",
        "11 入藏册数",
        "1 隔离记录",
        "1 未入藏册数",
        "31000012",
    ):
        assert said in page


def test_what_was_set_aside_is_shown_with_its_bytes(office: At, number: str) -> None:
    answer = office("cataloguer").http.get(f"/office/imports/{number}/set-aside/")
    page = text_of(answer)
    assert "000000 ff 3c 62 3e 6a 75 6e 6b" in page
    assert "<b>junk</b>" in page
    assert b"<b>junk</b>" not in answer.content
    assert "本馆已有条码号 31000012" in page
    office("cataloguer").get("/office/imports/19990101-1/set-aside/", 404)
    office("cataloguer").get("/office/imports/19990101-1/", 404)


def test_an_import_is_taken_back(office: At, number: str) -> None:
    cataloguer = office("cataloguer")
    answer = cataloguer.post(f"/office/imports/{number}/")
    assert answer.status_code == 302
    page = cataloguer.get(answer["Location"])
    assert f"导入 {number} 已撤回：书目 12 种，馆藏 11 册。" in page
    found = catalog.batch(number)
    assert found is not None
    assert found.status == "undone"


def test_an_import_with_a_loan_is_not_taken_back(
    office: At, played: Stocked, ctx: Contexts, number: str
) -> None:
    circulation.check_out(
        item_barcode="31000001", card=played.cards["other"], ctx=ctx("desk", at=LATER, key=new_id())
    )
    answer = office("cataloguer").post(f"/office/imports/{number}/")
    assert answer.status_code == 409
    assert "这批导入不能撤回" in text_of(answer)
    found = catalog.batch(number)
    assert found is not None
    assert found.status == "done"


def test_a_large_import_is_left_to_the_command_line(
    office: At, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shuxiang.interfaces.office.views.imports.UNDO_HERE", 1)
    cataloguer = office("cataloguer")
    page = cataloguer.get(f"/office/imports/{number}/")
    assert f"shuxiang import-marc --undo {number}" in page
    assert cataloguer.post(f"/office/imports/{number}/").status_code == 409


def test_d1_the_row_that_decides_and_the_rows_that_lose(office: At, played: Stocked) -> None:
    desk = office("desk")
    page = desk.get("/office/rules/")
    assert "总馆 任何读者 任何文献 2020-01-01" in page
    asked = {"place": "east", "reader": "child", "item": "book", "day": "2021-03-02"}
    page = desk.get("/office/rules/", **asked)
    assert "可外借 可借 3 册，借期 30 天" in page
    assert "总馆 · 少儿 · 任何文献" in page
    assert "同时适用但不够具体的规则" in page
    page = desk.get("/office/rules/", **asked | {"day": "2019-12-31"})
    assert "没有适用的规则" in page


def test_d1_a_bad_case_is_said(office: At) -> None:
    asked = {"place": "moon", "reader": "child", "item": "book", "day": "yesterday"}
    page = office("desk").get("/office/rules/", 422, **asked)
    assert "馆点 ：" in page
    assert "日期 ：" in page
