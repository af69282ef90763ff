"""Readers from a spreadsheet: cards, documents, guardians, deposits; what is to be verified (X4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.apps.catalog.commands.sheets import SheetOptions
from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.patrons.commands import import_sheet as importing
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.values import mask_number
from shuxiang.ledger.models import Event
from shuxiang.runtime import sql
from shuxiang.statistics import imports
from shuxiang.statistics.invariants import check
from tests.apps.patrons import people
from tests.apps.stock.sheet_files import xlsx
from tests.support.library import Contexts, Library

HEADINGS = (
    "读者证号", "姓名", "身份证号", "读者类型", "性别", "手机", "开户馆", "办证日期", "失效日期",
    "押金", "欠款", "证状态", "监护人", "监护人身份证号", "监护人电话", "密码",
)  # fmt: skip
Listed = Callable[..., catalog.BatchView]


def reader(number: Any, **given: Any) -> list[Any]:
    usual = dict.fromkeys(HEADINGS, "") | {"姓名": "李四", "读者类型": "成人", "证状态": "有效"}
    values = usual | given
    return [number, *[values[heading] for heading in HEADINGS[1:]]]


@pytest.fixture
def listed(library: Library, ctx: Contexts, tmp_path: Path) -> Listed:
    commands.seed_categories(ctx=ctx())

    def do(rows: list[list[Any]], *, name: str = "a.xlsx") -> catalog.BatchView:
        path = xlsx(tmp_path / name, rows, headings=HEADINGS, above=[["读者名单"]])
        number = importing.run(path, SheetOptions(place=library.main), ctx=ctx("director"))
        found = catalog.batch(number)
        assert found is not None
        return found

    return do


def brought(card: str) -> queries.Brought:
    return queries.brought(queries.cards_by_number(card)[0].patron)


def sound() -> None:
    assert [c for c in check() if not c.ok and c.id != "9"] == []


def test_a_reader_comes_with_everything(listed: Listed, library: Library) -> None:
    batch = listed(
        [
            reader(
                "A0001", 身份证号=people.LI, 手机="138 0013-8000", 开户馆="东区分馆",
                办证日期="2019.3.4", 失效日期="20260304", 押金="100元", 欠款="12.5", 密码="123456",
            )
        ]
    )  # fmt: skip
    assert (batch.kind, batch.items, batch.quarantined) == ("readers", 1, 0)
    (card,) = queries.cards_by_number("A0001")
    assert (card.status, card.issued_on, card.expires_on, card.issued_place) == (
        "active", date(2019, 3, 4), date(2026, 3, 4), library.east,
    )  # fmt: skip
    facts = queries.patron_facts(card.patron)
    assert (facts.name, facts.category, facts.sex, facts.born_on, facts.home) == (
        "李四", "adult", "M", date(1990, 1, 1), library.east,
    )  # fmt: skip
    assert queries.by_document("idcard", people.LI) == card.patron
    assert queries.find_patrons("13800138000")[0].id == card.patron
    assert brought("A0001") == queries.Brought(10000, ())
    note = sql.one("SELECT note FROM patrons_patron WHERE id = ?", card.patron)
    assert note == ("原系统欠款 12.50 元",)
    assert (batch.control["deposit_fen"], batch.control["debt_fen"]) == (10000, 1250)
    assert imports.agreement(batch).holds
    sound()


def test_only_a_date_of_issue_makes_a_card_new(listed: Listed) -> None:
    listed([reader("A1", 办证日期="2019-03-04"), reader("A2"), reader("A3", 办证日期="不详")])
    rows = Event.objects.filter(type="card.issued").values_list("business_date", "source")
    assert sorted(rows) == [
        (date(2019, 3, 4), "first"), (date(2020, 6, 10), "legacy"), (date(2020, 6, 10), "legacy"),
    ]  # fmt: skip


def test_passwords_of_the_old_system_are_taken_by_nobody(listed: Listed) -> None:
    """They are not stored anywhere, not even with a row set aside."""
    batch = listed([reader("A1", 密码="8848"), reader("", 密码="8848")])
    assert sql.one("SELECT COUNT(*) FROM patrons_pin") == (0,)
    (row,) = catalog.quarantined(batch.number)
    assert "8848" not in sheets.cells_of(batch, row)


def test_a_doubtful_person_is_taken_and_to_be_verified(listed: Listed) -> None:
    batch = listed(
        [
            reader("A1", 身份证号=people.LI),
            reader("A2", 身份证号=people.LI),
            reader("A3", 身份证号="441602199001010017"),
            reader("A4"),
            reader("A5", 读者类型="少儿", 身份证号=people.BOY),
            reader("A6", 证状态="验证", 身份证号=people.WANG),
            reader(
                "A7",
                读者类型="少儿",
                监护人="王芳",
                监护人身份证号=people.WANG,
                监护人电话="13800138000",
            ),
            reader("A8", 身份证号=people.id_number(date(1991, 1, 1)), 证状态="奇怪", 手机="123"),
        ]
    )
    assert batch.items == 8
    verify = {c: brought(c).to_verify for c in ("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8")}
    assert verify == {
        "A1": (), "A2": ("document_held",), "A3": ("document_bad",), "A4": ("document_missing",),
        "A5": ("guardian_missing",), "A6": ("reader_unverified",), "A7": (),
        "A8": ("reader_status_unknown",),
    }  # fmt: skip
    child = queries.cards_by_number("A7")[0].patron
    assert [r.id for r in queries.find_patrons(people.WANG)] == [
        queries.cards_by_number("A6")[0].patron
    ]
    guardian = sql.one("SELECT name, relation FROM patrons_guardian WHERE child_id = ?", child)
    assert guardian == ("王芳", "监护人")
    assert batch.control["to_verify"] == 6


def test_numbers_that_would_open_a_wrong_account_are_set_aside(listed: Listed) -> None:
    listed([reader("A1", 身份证号=people.LI)], name="first.xlsx")
    batch = listed(
        [
            reader("A1"), reader("A2"), reader("A2", 姓名="王五"), reader(""), reader("1.2E+12"),
            reader("A3", 读者类型="贵宾"), reader("A4", 证状态="注销"), reader("A5", 姓名=""),
            reader("A6", 开户馆="老馆"), reader("卡号不清"),
        ]
    )  # fmt: skip
    assert [(r.position, r.reason) for r in catalog.quarantined(batch.number)] == [
        (6, "code_missing"), (7, "code_eaten"), (8, "reader_type_unknown"),
        (9, "reader_closed_before"), (10, "reader_name_missing"), (11, "place_unknown"),
        (12, "card_form"), (3, "card-number-taken"), (5, "row_repeated"),
    ]  # fmt: skip
    assert batch.items == 1


def test_lost_and_suspended_cards(listed: Listed) -> None:
    listed([reader("A1", 证状态="挂失"), reader("A2", 证状态="暂停")])
    (lost,), (suspended,) = queries.card_for_loan("A1"), queries.card_for_loan("A2")
    assert lost.opens(date(2020, 6, 10)).codes == ("card-lost",)
    assert suspended.opens(date(2020, 6, 10)).codes == ("patron-suspended",)


def test_an_id_number_for_a_card_number_is_replaced(listed: Listed) -> None:
    """The document is kept, the card gets a number of the series; no screen shows the ID number."""
    batch = listed([reader(people.LI)])
    patron = queries.by_document("idcard", people.LI)
    assert patron is not None
    card = queries.live_card(patron)
    assert card is not None
    assert card.number != people.LI
    assert batch.control["warnings"] == {"card_is_id": 1}


def test_rows_are_kept_encrypted_and_shown_masked(
    listed: Listed, library: Library, ctx: Contexts, tmp_path: Path
) -> None:
    batch = listed([reader("A1", 姓名="", 身份证号=people.LI)])
    (row,) = catalog.quarantined(batch.number)
    assert people.LI.encode() not in row.data
    assert people.LI not in row.detail
    assert sheets.cells_of(batch, row)[2] == people.LI
    path = xlsx(tmp_path / "b.xlsx", [reader("A1", 身份证号=people.LI)], headings=HEADINGS)
    seen = importing.preview(path, SheetOptions(place=library.main), ctx=ctx("director"))
    assert seen.rows[0].values["id_no"] == mask_number(people.LI)


def test_a_reader_list_is_taken_back(listed: Listed, ctx: Contexts) -> None:
    batch = listed([reader("A1", 身份证号=people.LI, 办证日期="2020-01-02"), reader("A2")])
    importing.undo_readers(batch.number, ctx=ctx("director"))
    undone = catalog.batch(batch.number)
    assert undone is not None
    assert undone.status == "undone"
    assert queries.cards_by_number("A1") == ()
    assert queries.by_document("idcard", people.LI) is None
    total = sql.one("SELECT SUM(quantity) FROM ledger_event WHERE type = 'card.issued'")
    assert total == (0,)
    assert sql.one("SELECT COUNT(*) FROM ledger_reader") == (0,)
    assert imports.agreement(undone).holds
    sound()
    assert listed([reader("A1", 身份证号=people.LI)]).items == 1


def test_undo_is_refused_for_readers_with_later_acts(
    listed: Listed, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    batch = listed([reader("A0001"), reader("A0002")])
    patron = queries.cards_by_number("A0002")[0].patron
    commands.change_patron(patron=patron, note="换了学校", ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        importing.undo_readers(batch.number, ctx=ctx("director"))
    (reason,) = refused.value.decision.reasons
    assert (reason.code, reason.data) == ("reader-used-since", {"card": mask_number("A0002")})


def test_a_deposit_must_be_given_back_before_the_account_closes(
    listed: Listed, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """退证 asks how; the answer and the amount stay in the ledger."""
    listed([reader("A1", 押金=100)])
    patron = queries.cards_by_number("A1")[0].patron
    with unchanged(), pytest.raises(Refused) as refused:
        commands.close_account(patron=patron, ctx=ctx("desk"))
    (reason,) = refused.value.decision.reasons
    assert (reason.code, reason.data) == ("deposit-held", {"amount": "100.00"})
    answer = (Override("deposit-held", "现金退还"),)
    commands.close_account(patron=patron, ctx=ctx("desk", overrides=answer))
    assert brought("A1").deposit_fen == 0
    row = Event.objects.get(type="card.closed")
    assert '"deposit_fen": 10000' in row.data
    assert "现金退还" in row.data


def test_what_was_verified_is_no_longer_shown(listed: Listed, ctx: Contexts) -> None:
    listed([reader("A1")])
    patron = queries.cards_by_number("A1")[0].patron
    commands.confirm_verified(patron=patron, ctx=ctx("desk"))
    assert queries.brought(patron).to_verify == ()
    with pytest.raises(Refused) as refused:
        commands.confirm_verified(patron=patron, ctx=ctx("desk"))
    assert refused.value.decision.codes == ("nothing-to-verify",)


def test_who_may_import_readers(
    library: Library, ctx: Contexts, tmp_path: Path, unchanged: Callable[[], Any]
) -> None:
    commands.seed_categories(ctx=ctx())
    path = xlsx(tmp_path / "a.xlsx", [reader("A1")], headings=HEADINGS)
    for role in ("desk", "branch", "cataloguer", "auditor"):
        with unchanged(), pytest.raises(Refused) as refused:
            importing.run(path, SheetOptions(place=library.main), ctx=ctx(role))
        assert refused.value.decision.codes == ("not-permitted",)
