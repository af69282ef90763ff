"""A library's first week on Shuxiang, from empty to restored on another machine (rows X4, A4, C3, D1,
E1, X3). Each day begins where the one before ended, so the week is one test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands.sheets import SheetOptions
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.circulation.commands import PaperLine, take_over
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.patrons.commands import import_sheet as reader_lists
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import categories, import_sheet
from shuxiang.apps.stock.commands.books import Copies, add_book
from shuxiang.documents.labels import SHEETS, Label, labels_pdf
from shuxiang.documents.report import BRANCHES_TOO
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.runtime import sql, worker
from shuxiang.runtime.backup import making
from shuxiang.statistics import daily, day_sheets, imports
from shuxiang.statistics.invariants import check
from tests.apps.patrons import people
from tests.conftest import ADMIN, ROOT
from tests.documents import pdf
from tests.scenarios.first_week import lists
from tests.support import servers
from tests.support.library import Contexts, Library, moment

pytestmark = pytest.mark.db
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (
    date(2020, 6, day) for day in range(8, 14)
)


@pytest.fixture
def other_machine() -> Iterator[str]:
    """Where Sunday's restore puts its database: '' on SQLite, an empty one on PostgreSQL."""
    if sql.is_sqlite():
        yield ""
        return
    name = f"shuxiang_week_{os.getpid()}"
    servers.create_database(ADMIN, name)
    yield urlsplit(ADMIN)._replace(path=f"/{name}").geturl()
    servers.drop_database(ADMIN, name)


def sound() -> None:
    assert [c for c in check() if not c.ok and c.id != "9"] == []


def batch_of(number: str) -> catalog.BatchView:
    found = catalog.batch(number)
    assert found is not None
    assert imports.agreement(found).holds
    return found


def test_the_first_week(
    library: Library, ctx: Contexts, tmp_path: Path, settings: Any, other_machine: str
) -> None:
    monday_the_old_lists_come_in(library, ctx, tmp_path)
    tuesday_a_book_of_the_old_system_comes_back_at_another_branch(library, ctx)
    wednesday_ten_new_books_are_labelled(library, ctx)
    cards = thursday_a_parent_registers_two_children(library, ctx)
    friday_the_power_fails_in_the_middle_of_a_queue(library, ctx, cards)
    saturday_the_figures_agree_with_a_count_of_the_acts(library)
    settings.HOME = tmp_path / "home"
    settings.HOME.mkdir()
    sunday_the_library_is_restored_on_another_machine(tmp_path, other_machine)


def monday_the_old_lists_come_in(library: Library, ctx: Contexts, folder: Path) -> None:
    now = moment(MONDAY, "10:00")
    patrons.seed_categories(ctx=ctx(at=now))
    categories.seed_categories(ctx=ctx(at=now))
    for values in ({}, {"reader_category": "child", "loan_limit": 3}):
        circulation.add_rule(
            place=library.main,
            valid_from=MONDAY,
            **({"loan_limit": 5, "loan_days": 30} | values),
            ctx=ctx("director", at=now),
        )
    for key, value in (("items.barcode_prefix", "CY"), ("items.barcode_digits", 6)):
        places.set_setting(place=library.main, key=key, value=value, ctx=ctx(at=now))
    to_main = SheetOptions(place=library.main)

    listed = lists.holdings(folder / "馆藏.xlsx")
    held = batch_of(import_sheet.run(listed, to_main, ctx=ctx("director", at=now)))
    assert (held.items, held.quarantined) == (12, 1)
    assert stock.items_by_barcode("0000005")[0].status == "lost"
    assert imports.unreconciled_count() == 3

    people_ = reader_lists.run(
        lists.readers(folder / "读者.xlsx"), to_main, ctx=ctx("director", at=now)
    )
    assert batch_of(people_).items == 2
    open_ = batch_of(
        take_over.run(lists.loans(folder / "在借.xlsx"), to_main, ctx=ctx("director", at=now))
    )
    assert (open_.items, open_.quarantined) == (2, 1)
    assert [left.barcode for left in imports.unreconciled()] == ["0000004"]

    late = lists.readers(folder / "漏掉的读者.xlsx", late=True)
    reader_lists.run(late, to_main, ctx=ctx("director", at=now))
    again = lists.loans(folder / "漏掉的在借.xlsx", late=True)
    assert batch_of(take_over.run(again, to_main, ctx=ctx("director", at=now))).items == 1
    assert imports.unreconciled_count() == 0
    with pytest.raises(Refused) as told:
        import_sheet.run(listed, to_main, ctx=ctx("director", at=now))
    assert told.value.decision.codes == ("import-known",)
    sound()


def tuesday_a_book_of_the_old_system_comes_back_at_another_branch(
    library: Library, ctx: Contexts
) -> None:
    back = circulation.check_in(
        item_barcode="0000002",
        ctx=ctx("branch", place=library.east, at=moment(TUESDAY, "15:00")),
    )
    item = stock.items_by_barcode("0000002")[0]
    assert (item.owner, item.holder) == (library.main, library.east)
    assert back.owner == library.main
    (card,) = readers.cards_by_number("A001")
    assert loans.open_loans(card.patron) == ()
    sound()


def wednesday_ten_new_books_are_labelled(library: Library, ctx: Contexts) -> None:
    made = []
    for number in range(10):
        added = add_book(
            record=ShortRecord(title=f"新书第{number}种", clc="I247.57", responsibility="某某著"),
            copies=Copies(place=library.main, category="book", source="purchase", price_fen=3980),
            ctx=ctx(
                "cataloguer", at=moment(WEDNESDAY, f"{10 + number // 2}:{number % 2 * 30:02d}")
            ),
        )
        made.append((added.call_number, added.items[0][1]))
    assert [call for call, _ in made] == [f"I247.57/{number}" for number in range(1, 11)]
    assert len({barcode for _, barcode in made}) == 10
    waiting, _ = stock.labels([library.main])
    assert [label.barcode for label in waiting] == [barcode for _, barcode in made]
    sheet = labels_pdf(
        [Label(row.barcode, row.call_number, row.volume) for row in waiting], SHEETS["3x7"], "both"
    )
    zxing = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed")
    (page,) = pdf.pages(sheet, dpi=300)
    read = {str(found.text) for found in zxing.read_barcodes(page.as_image())}
    assert read == {barcode for _, barcode in made}
    sound()


def thursday_a_parent_registers_two_children(library: Library, ctx: Contexts) -> list[str]:
    first = people.child(ctx("desk", at=moment(THURSDAY, "10:00")))
    second = people.child(
        ctx("desk", at=moment(THURSDAY, "10:05")),
        name="王小贝",
        born_on=date(2017, 8, 9),
        guardian=None,
        family=first.patron,
    )
    sibling = readers.masked(second.patron)
    assert [g.relation for g in sibling.guardians] == ["母亲"]
    assert [relative.id for relative in sibling.family] == [first.patron]
    for card, barcode in ((first.number, "0000001"), (second.number, "0000006")):
        circulation.check_out(
            item_barcode=barcode, card=card, ctx=ctx("desk", at=moment(THURSDAY, "10:30"))
        )
    sound()
    return [first.number, second.number]


def friday_the_power_fails_in_the_middle_of_a_queue(
    library: Library, ctx: Contexts, cards: list[str]
) -> None:
    circulation.check_out(
        item_barcode="0000007", card="A002", ctx=ctx("desk", at=moment(FRIDAY, "15:00"))
    )
    lines = [
        PaperLine(act="check_out", at=moment(FRIDAY, "15:10"), barcode="0000008", card="A002"),
        PaperLine(act="check_in", at=moment(FRIDAY, "15:12"), barcode="0000001"),
        PaperLine(act="check_out", at=moment(FRIDAY, "15:15"), barcode="0000001", card=cards[1]),
        PaperLine(act="check_out", at=moment(FRIDAY, "15:16"), barcode="9999999", card="A002"),
    ]
    for _ in range(2):
        entered = [
            circulation.enter_paper(line=line, ctx=ctx("desk", at=moment(FRIDAY, "17:30")))
            for line in lines
        ]
        assert [e.state for e in entered] == ["done", "done", "done", "conflict"]
    assert [e.again for e in entered] == [True] * 4
    due = {view.barcode: view.due_on for view in loans.open_loans(_patron(cards[1]))}
    assert due == {"0000006": date(2020, 7, 11), "0000001": date(2020, 7, 12)}
    sound()


def _patron(card: str) -> str:
    return readers.cards_by_number(card)[0].patron


def saturday_the_figures_agree_with_a_count_of_the_acts(library: Library) -> None:
    worker.number_all()
    daily.refresh()
    acts = Counter(
        (event.type, event.business_date)
        for event in Event.objects.filter(business_date__gte=MONDAY)
        if event.source != "legacy"
    )
    sheets = {
        day: day_sheets.sheet(day, day, place_id=library.main, scope=BRANCHES_TOO)
        for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
    }
    by_hand = {
        TUESDAY: {"return_vol": 1},
        WEDNESDAY: {},
        THURSDAY: {"loan_vol": 2, "cards_new": 2, "loan_person": 2},
        FRIDAY: {"loan_vol": 3, "return_vol": 1, "loan_person": 2},
    }
    for day, expected in by_hand.items():
        told = {s.measure.code: s.value for s in sheets[day].summary if s.value}
        assert told == expected, day
        for code, type_ in (("loan_vol", "loan.opened"), ("return_vol", "loan.closed")):
            assert told.get(code, 0) == acts[type_, day]
    month = day_sheets.sheet(
        *day_sheets.month_of(FRIDAY), place_id=library.main, scope=BRANCHES_TOO
    )
    total = {s.measure.code: s.value for s in month.summary if s.value}
    assert total == {"loan_vol": 5, "return_vol": 2, "cards_new": 2, "loan_person": 4}
    sound()


def sunday_the_library_is_restored_on_another_machine(folder: Path, url: str) -> None:
    made = making.make(making.Wanted(folder=folder / "backups", test=True))
    assert (made.good, made.tested) == (True, True), made.detail
    home = folder / "other"
    env = {k: v for k, v in os.environ.items() if not k.startswith("SHUXIANG_")}
    env["SHUXIANG_SECRET_KEY"] = os.environ["SHUXIANG_SECRET_KEY"]
    env |= {"SHUXIANG_DATABASE_URL": url} if url else {}

    def shuxiang(*words: object) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "shuxiang.interfaces.cli.main", *map(str, words)],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.stderr == ""
        return done.stdout.strip().splitlines()

    shuxiang("restore", made.path, "--to", home)
    env["SHUXIANG_HOME"] = str(home)
    said = shuxiang("check")
    if url:
        # The tests' server does without the durability a library's own has.
        said = [line for line in said if "synchronous=FULL" not in line and "fsync" not in line]
    assert len(said) >= 10
    assert [line for line in said if not line.startswith("ok")] == []
