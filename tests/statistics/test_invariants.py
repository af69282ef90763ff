"""Each invariant holds for a sound library and names a planted breach (design §8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from shuxiang.apps.catalog.models import Title
from shuxiang.apps.circulation.models import Loan
from shuxiang.apps.stock.models import Category, Item
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import triggers
from shuxiang.runtime import sql
from shuxiang.statistics import commands, daily, invariants
from tests.statistics.conftest import Names
from tests.statistics.rows import Rows
from tests.support.library import Contexts, Library, moment

DAY = "2020-06-10"


def run(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


@pytest.fixture
def item(library: Library) -> Callable[..., str]:
    def make(event_seq: int = 0) -> str:
        at = moment(DAY)
        Category.objects.get_or_create(code="book", defaults={"name": "普通图书"})
        title = Title.objects.create(
            library=library.main, kind="book", title="红楼梦", created_at=at, updated_at=at
        )
        made = Item.objects.create(
            library=library.main, barcode=new_id(), title=title, owner_id=library.main,
            holder_id=library.main, category_id="book", event_seq=event_seq, created_at=at,
        )  # fmt: skip
        return str(made.id)

    return make


@pytest.fixture
def loan(library: Library, item: Callable[..., str]) -> Callable[..., Loan]:
    def make(returned: bool = False) -> Loan:
        book = Item.objects.get(id=item())
        return Loan.objects.create(
            library=library.main, item=book, title_id=book.title_id, place_id=library.main,
            lent_at=moment(DAY), lent_on=date(2020, 6, 10), due_on=date(2020, 7, 10),
            returned_at=moment("2020-06-20") if returned else None,
        )  # fmt: skip

    return make


def test_a_sound_library_has_nothing_broken(
    library: Library, rows: Rows, reader: Names, loan: Callable[..., Loan], ctx: Contexts
) -> None:
    lent, back = loan(), loan(returned=True)
    for one in (lent, back):
        rows.add("item.accessioned", DAY, library.main, item=one.item_id, owner_place=library.main)
    rows.add("loan.opened", DAY, library.main, loan=lent.id, lending_place=library.main)
    rows.add("loan.opened", DAY, library.main, loan=back.id, lending_place=library.main)
    rows.add("loan.closed", "2020-06-20", library.east, loan=back.id, lending_place=library.main)
    daily.refresh()
    commands.publish_report(year=2020, place=library.main, ctx=ctx(at=moment("2021-02-01")))
    rows.add("loan.renewed", DAY, library.main, loan=lent.id, lending_place=library.main)
    found = {c.id: c for c in invariants.check()}
    assert [c.id for c in found.values() if not c.ok] == ["9"]
    assert set(found) >= {
        "1",
        "2",
        "3",
        "8",
        "9",
        "I2",
        "I4",
        "I8",
        "I9",
        "I13",
        "I14",
        "I16",
        "K1",
        "S11",
    }


def test_the_database_of_tests_is_not_durable_and_check_says_so(library: Library) -> None:
    assert not invariants.durable().ok
    if sql.is_sqlite():
        run("PRAGMA synchronous = FULL")
        assert invariants.durable().ok
        run("PRAGMA synchronous = OFF")


def test_two_open_loans_of_an_item_1(loan: Callable[..., Loan]) -> None:
    one, two = loan(), loan()
    run("DROP INDEX circulation_one_open_loan")
    run("UPDATE circulation_loan SET item_id = %s WHERE id = %s", one.item_id, two.id)
    broken = invariants.one_open_loan()
    run("UPDATE circulation_loan SET returned_at = lent_at")
    run(
        "CREATE UNIQUE INDEX circulation_one_open_loan ON circulation_loan (item_id) "
        "WHERE returned_at IS NULL"
    )
    assert (broken.ok, broken.detail) == (False, f"item {one.item_id} has 2 open loans")


def test_a_loan_without_its_ledger_row_2(library: Library, loan: Callable[..., Loan]) -> None:
    made = loan()
    broken = invariants.loans_balance()
    assert not broken.ok
    assert f"place {library.main}: the ledger has 0 open loans, the tables 1" in broken.detail
    assert f"loan {made.id}: the ledger says None, its row 1" in broken.detail


def test_a_return_without_its_ledger_row_2(
    library: Library, rows: Rows, loan: Callable[..., Loan]
) -> None:
    made = loan(returned=True)
    rows.add("loan.opened", DAY, library.main, loan=made.id, lending_place=library.main)
    assert f"loan {made.id}: the ledger says 1, its row 0" in invariants.loans_balance().detail
    rows.reverse(rows.written[0])
    assert invariants.loans_balance().ok


def test_an_event_that_nobody_will_number_3(library: Library, rows: Rows) -> None:
    row = rows.add("loan.renewed", DAY, library.main)
    assert invariants.one_row_a_change().ok
    run("DELETE FROM ledger_pending")
    assert invariants.one_row_a_change().detail == (
        f"event {row['id']} is neither numbered nor waiting"
    )


def test_gaps_in_an_items_line_3(library: Library, rows: Rows, item: Callable[..., str]) -> None:
    gap, ahead = item(event_seq=3), item(event_seq=1)
    rows.add("item.accessioned", DAY, library.main, item=gap, item_seq=1)
    rows.add("item.status", DAY, library.main, item=gap, item_seq=3)
    broken = invariants.one_row_a_change()
    assert f"item {gap} has 2 ledger rows numbered 1 to 3" in broken.detail
    assert f"item {ahead} says 1 ledger rows, the ledger has 0" in broken.detail


def test_a_changed_ledger_row_i16(library: Library, rows: Rows) -> None:
    for _ in range(3):
        rows.add("loan.renewed", DAY, library.main)
    daily.refresh()
    assert invariants.chain_holds().ok
    with triggers.lifted():
        run("UPDATE ledger_event SET quantity = 2 WHERE id = %s", rows.written[1]["id"])
    assert invariants.chain_holds().detail == "number 2 does not follow"


def test_a_missing_trigger_i2(library: Library) -> None:
    assert invariants.append_only().ok
    triggers.remove()
    broken = invariants.append_only()
    triggers.install()
    assert "ledger_event_no_update is missing" in broken.detail


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("UPDATE statistics_dailycount SET count = count + 1 WHERE measure = 'loan.opened'",
         "loan.opened of 2020-06-10 differs"),
        ("DELETE FROM statistics_borrowerday", "borrowers of 2020-06-10 differs"),
        ("UPDATE statistics_monthcount SET count = 5 WHERE measure = 'loan.opened'",
         "loan.opened of 202006 differs"),
        ("DELETE FROM statistics_monthclass", "loan.opened of 202006 differs"),
    ],
)  # fmt: skip
def test_counts_that_are_not_the_ledgers_i4(
    library: Library, rows: Rows, reader: Names, damage: str, expected: str
) -> None:
    rows.add("loan.opened", DAY, library.main, patron=reader("a"), clc="I",
             owner_place=library.east)  # fmt: skip
    assert invariants.counts_follow().ok
    run(damage)
    assert expected in invariants.counts_follow().detail


def test_an_edition_changed_and_a_ledger_that_no_longer_gives_it_8(
    library: Library, rows: Rows, ctx: Contexts
) -> None:
    for _ in range(2):
        rows.add("loan.opened", DAY, library.main)
    daily.refresh()
    commands.publish_report(year=2020, place=library.main, ctx=ctx(at=moment("2021-02-01")))
    rows.add("loan.opened", DAY, library.main)
    daily.refresh()
    assert invariants.editions_stand().ok
    with triggers.lifted():
        run("UPDATE ledger_event SET quantity = 5 WHERE id = %s", rows.written[0]["id"])
    assert "loan_vol was 2, the ledger gives 6" in invariants.editions_stand().detail
    run("UPDATE statistics_edition SET last_seq = 3")
    assert invariants.editions_stand().detail == (
        "2020 edition 1 (subtree) was changed after publication"
    )


def test_rows_of_another_library_i14(
    library: Library, rows: Rows, item: Callable[..., str]
) -> None:
    book = item()
    rows.add("loan.renewed", DAY, library.main)
    assert invariants.libraries_agree().ok
    run("UPDATE stock_item SET library = %s", library.network)
    stray = rows.add("loan.renewed", DAY, library.main, library=library.east)
    detail = invariants.libraries_agree().detail
    assert f"item {book} has another library's id" in detail
    assert f"event {stray['id']} has another library's id" in detail


def test_an_item_that_went_to_another_library_keeps_its_loans_i14(
    library: Library, loan: Callable[..., Loan]
) -> None:
    before = loan(returned=True)
    # The network keeps a number space of its own.
    run("UPDATE stock_item SET library = %s, owner_id = %s", library.network, library.network)
    assert invariants.libraries_agree().ok
    run("UPDATE circulation_loan SET library = %s", library.east)
    detail = invariants.libraries_agree().detail
    assert detail == f"loan {before.id} has another library's id"


def test_a_link_to_a_reader_who_is_not_there_i13(
    library: Library, rows: Rows, reader: Names
) -> None:
    assert invariants.links_lead_to_readers().ok
    row = rows.add("loan.renewed", DAY, library.main, patron=reader("a"))
    assert invariants.links_lead_to_readers().detail == (
        f"the link of event {row['id']} leads nowhere"
    )
