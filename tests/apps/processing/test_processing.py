"""A6, A7: books entered by the batch, handed over and counted; the totals are the ledger's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Sum

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.exchange.commands import add_target, keep_found, kept
from shuxiang.apps.processing import commands, queries
from shuxiang.apps.processing.commands import Entry
from shuxiang.apps.processing.models import Day, Line
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.books import Shelving
from shuxiang.apps.stock.commands.categories import seed_categories
from shuxiang.apps.stock.models import Item, Label
from shuxiang.formats import targets
from shuxiang.formats.marc import encode
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.runtime import sql
from shuxiang.statistics import invariants
from tests.support.library import Contexts, Library, moment
from tests.support.shelves import statements
from tests.support.targets import cnmarc

BOOK = ShortRecord(title="活着", responsibility="余华著", clc="I247.57", isbn="9787506365437")


@pytest.fixture
def place(library: Library, ctx: Contexts) -> str:
    seed_categories(ctx=ctx())
    return library.main


@pytest.fixture
def batch(place: str, ctx: Contexts) -> str:
    return commands.open_batch(
        place=place, category="book", source="purchase", ctx=ctx("cataloguer")
    )


def refused(act: Callable[[], Any]) -> tuple[str, ...]:
    with pytest.raises(Refused) as found:
        act()
    return found.value.decision.codes


def enter(batch: str, n: int, ctx: Contexts, **more: Any) -> commands.Entered:
    book = replace(BOOK, title=f"第{n}种", isbn="")
    entry = Entry(stub=book, barcode=f"T{n:04}", price_fen=2900)
    return commands.enter_book(batch=batch, entry=replace(entry, **more), ctx=ctx("cataloguer"))


def test_a6_an_own_title_a_shared_record_and_a_stub(batch: str, ctx: Contexts) -> None:
    stub = enter(batch, 1, ctx)
    assert (stub.position, stub.how, stub.call_number) == (1, "stub", "I247.57/1")
    waits = catalog.pending(stub.title)
    assert waits is not None
    assert waits.why == "stub"
    again = enter(
        batch,
        2,
        ctx,
        stub=None,
        title=stub.title,
        shelving=Shelving(how="reuse", reuse_of=stub.title),
    )
    assert (again.title, again.how, again.call_number) == (stub.title, "own", "I247.57/1")
    target = add_target(
        name="省馆",
        profile={"kind": "z3950", "address": "127.0.0.1", "database": "x"},
        ctx=ctx("cataloguer"),
    )
    record = targets.read_marc(encode(cnmarc("7", "9787020002207", "红楼梦", "曹雪芹")), "utf-8")
    assert isinstance(record, targets.SharedRecord)
    (found,) = keep_found(records=[kept(target, record)], ctx=ctx("cataloguer"))
    shared = enter(batch, 3, ctx, stub=None, found=found, price_fen=3900)
    view = catalog.title(shared.title)
    assert view is not None
    assert (view.title, shared.how, shared.call_number) == ("红楼梦", "shared", "I247.57/2")
    copied = catalog.pending(shared.title)
    assert copied is not None
    assert copied.why == "unchecked"
    unclassed = enter(batch, 4, ctx, stub=ShortRecord(title="待分类"))
    assert unclassed.call_number == ""
    lines = queries.lines(batch)
    assert [(line.position, line.barcode, line.how, line.stage) for line in lines] == [
        (1, "T0001", "stub", "entered"),
        (2, "T0002", "own", "entered"),
        (3, "T0003", "shared", "entered"),
        (4, "T0004", "stub", "entered"),
    ]
    assert {i.status for i in Item.objects.all()} == {"in_processing"}
    assert Label.objects.filter(printed_at=None).count() == 4
    assert Event.objects.filter(type="item.accessioned").count() == 4
    (day,) = Day.objects.all()
    assert (day.stage, day.count, day.day) == ("entered", 4, date(2020, 6, 10))


def test_a6_every_reason_and_nothing_changed(batch: str, ctx: Contexts, unchanged: Any) -> None:
    with unchanged():
        assert refused(lambda: enter(batch, 1, ctx, barcode="")) == ("barcode-missing",)
        assert refused(lambda: enter(batch, 1, ctx, barcode="9787506365437")) == (
            "barcode-is-isbn",
        )
        assert refused(lambda: enter(batch, 1, ctx, price_fen=None)) == ("price-missing",)
        assert refused(lambda: enter(batch, 1, ctx, stub=ShortRecord(title=" "))) == (
            "title-missing",
        )
        assert refused(lambda: enter("nothing", 1, ctx)) == ("batch-unknown",)
        assert refused(
            lambda: commands.open_batch(
                place=queries.batch(batch).place,  # type: ignore[union-attr]
                category="book",
                source="found",
                barcodes="x",
                project="y",
                ctx=ctx("cataloguer"),
            )
        ) == ("source-unknown", "range-unknown", "project-unknown")


def test_a6_barcodes_come_from_the_range_of_the_place(
    place: str, ctx: Contexts, unchanged: Any
) -> None:
    who = ctx("cataloguer")
    span = commands.reserve_range(place=place, first="yc0098", last="YC0102", note="", ctx=who)
    batch = commands.open_batch(
        place=place, category="book", source="gift", barcodes=span, ctx=ctx("cataloguer")
    )
    # One of the range was stuck on a book before.
    enter(batch, 1, ctx, barcode="YC0099")
    assert queries.next_barcode(span) == "YC0098"
    given = [enter(batch, n, ctx, barcode="").barcode for n in (2, 3)]
    assert given == ["YC0098", "YC0100"]
    enter(batch, 4, ctx, barcode="YC0102")
    (view,) = queries.ranges([place])
    assert (view.used, view.left, view.gap_count, view.highest) == (4, 1, 1, 102)
    assert queries.gaps(view, place) == ("YC0101",)
    assert enter(batch, 5, ctx, barcode="").barcode == "YC0101"
    with unchanged():
        assert refused(lambda: enter(batch, 6, ctx, barcode="")) == ("barcode-range-used-up",)
        assert refused(
            lambda: commands.reserve_range(
                place=place, first="YC0102", last="YC0110", ctx=ctx("cataloguer")
            )
        ) == ("barcode-range-taken",)


def test_a6_two_at_once_get_two_barcodes(
    place: str, ctx: Contexts, together: Callable[..., list[Any]]
) -> None:
    span = commands.reserve_range(place=place, first="YC001", last="YC999", ctx=ctx("cataloguer"))
    batches = [
        commands.open_batch(
            place=place, category="book", source="gift", barcodes=span, ctx=ctx("cataloguer")
        )
        for _ in range(2)
    ]
    made = together(4, lambda n: enter(batches[n % 2], n, ctx, barcode="").barcode)
    assert sorted(made) == ["YC001", "YC002", "YC003", "YC004"]


def total(type_: str, step: str) -> int:
    """What the ledger says of a step."""
    rows = Event.objects.filter(type=type_).values_list("quantity", "data")
    return sum(n for n, data in rows if json.loads(data)["step"] == step)


def test_a7_entered_labelled_shelved_and_the_totals_are_the_ledgers(
    batch: str, ctx: Contexts, unchanged: Any
) -> None:
    for n in range(1, 6):
        enter(batch, n, ctx)
    who = "cataloguer"
    with unchanged():
        assert refused(lambda: commands.hand_over(batch=batch, step="shelve", ctx=ctx(who))) == (
            "handover-empty",
        )
        assert refused(
            lambda: commands.receive(batch=batch, step="label", counted=5, ctx=ctx(who))
        ) == ("handover-none",)
    assert commands.hand_over(batch=batch, step="label", ctx=ctx(who)) == 5
    with unchanged():
        assert refused(lambda: commands.hand_over(batch=batch, step="label", ctx=ctx(who))) == (
            "handover-under-way",
        )
        assert refused(
            lambda: commands.receive(batch=batch, step="label", counted=4, ctx=ctx(who))
        ) == ("handover-differs",)
        assert refused(
            lambda: commands.receive(
                batch=batch, step="label", counted=4, missing=("X1",), ctx=ctx(who)
            )
        ) == ("handover-foreign",)
    # A book entered meanwhile was not on the truck.
    later = ctx(who, at=moment("2020-06-10", "11:00"))
    commands.enter_book(
        batch=batch,
        entry=Entry(stub=replace(BOOK, title="后来的", isbn=""), barcode="T0009", price_fen=1),
        ctx=later,
    )
    assert (
        commands.receive(batch=batch, step="label", counted=4, missing=("t0003",), ctx=ctx(who))
        == 4
    )
    assert commands.hand_over(batch=batch, step="shelve", ctx=ctx(who)) == 4
    assert commands.receive(batch=batch, step="shelve", counted=4, ctx=ctx(who)) == 4
    view = queries.batch(batch)
    assert view is not None
    assert view.stages == {"entered": 2, "shelved": 4}
    assert [view.at_least(s) for s in queries.STAGES] == [6, 4, 4]
    assert sorted(Item.objects.filter(status="available").values_list("barcode", flat=True)) == [
        "T0001",
        "T0002",
        "T0004",
        "T0005",
    ]
    # Row A7: the totals of the pages, of the rows and of the ledger are one.
    assert (total("processing.handed_over", "label"), total("processing.received", "label")) == (
        5,
        4,
    )
    assert total("processing.received", "shelve") == 4
    counted = dict(Day.objects.values_list("stage").annotate(n=Sum("count")))
    assert counted == {"entered": 6, "labelled": 4, "shelved": 4}
    assert Event.objects.filter(type="item.accessioned").count() == 6
    assert Event.objects.filter(type="item.status").count() == 4
    assert invariants.processing_balance().ok
    missing = [h.missing for h in queries.handovers(batch)]
    assert missing == [("T0003",), ()]


def test_a7_totals_that_differ_are_found(batch: str, ctx: Contexts) -> None:
    enter(batch, 1, ctx)
    commands.hand_over(batch=batch, step="label", ctx=ctx("cataloguer"))
    commands.receive(batch=batch, step="label", counted=1, ctx=ctx("cataloguer"))
    assert invariants.processing_balance().ok
    sql.run("UPDATE processing_line SET stage = 'entered'")
    found = invariants.processing_balance()
    assert not found.ok
    assert "the ledger" in found.detail


def test_a7_a_project_of_230_000_volumes_is_read_in_few_statements(
    place: str, ctx: Contexts, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = date(2020, 6, 10)
    project = commands.add_project(
        name="回溯建库", target=230_000, begun_on=date(2020, 1, 2), ctx=ctx("cataloguer")
    )
    people = [library.staff[role] for role in ("cataloguer", "desk", "branch")]

    def work(n: int) -> None:
        """So many days of work by three people."""
        Day.objects.all().delete()
        Day.objects.bulk_create(
            Day(
                library=library.main,
                project=project,
                day=today - timedelta(days=1 + d),
                person=person,
                stage=stage,
                count=200,
            )
            for d in range(n)
            for person in people
            for stage in queries.STAGES
        )

    counts = []
    for n in (20, 150):
        work(n)
        with statements(monkeypatch) as seen:
            found = queries.progress(project, today)
        counts.append(len(seen))
    assert counts[0] == counts[1] < 6
    assert found is not None
    assert found.project.done == dict.fromkeys(queries.STAGES, 90_000)
    slowest = found.slowest
    assert slowest is not None
    # 600 a day; 140,000 left: 234 days from today on.
    assert slowest.done_on == today + timedelta(days=233)
    assert len(found.days) == 27
    assert [(days, sum(c.values())) for _, c, days in found.people] == [(27, 16_200)] * 3
    commands.end_project(project=project, ctx=ctx("cataloguer"))
    assert refused(
        lambda: commands.open_batch(
            place=place, category="book", source="gift", project=project, ctx=ctx("cataloguer")
        )
    ) == ("project-unknown",)


def test_books_of_a_project_count_for_it(place: str, ctx: Contexts) -> None:
    project = commands.add_project(
        name="回溯", target=10, begun_on=date(2020, 6, 1), ctx=ctx("cataloguer")
    )
    batch = commands.open_batch(
        place=place, category="book", source="gift", project=project, ctx=ctx("cataloguer")
    )
    enter(batch, 1, ctx)
    (view,) = queries.projects(place)
    assert view.done == {"entered": 1}
    assert Line.objects.count() == 1
    assert stock.scanned_items("T0001")[0].status == "in_processing"


def test_a6_numbers_for_a_whole_batch(place: str, ctx: Contexts, unchanged: Any) -> None:
    """批量取种次号: each its own, the title's other copy the same, another edition as was chosen."""
    batch = commands.open_batch(
        place=place, category="book", source="purchase", numbered=False, ctx=ctx("cataloguer")
    )
    first = enter(batch, 1, ctx)
    enter(batch, 2, ctx, stub=None, title=first.title)
    enter(batch, 3, ctx)
    enter(batch, 4, ctx, stub=ShortRecord(title="待分类"))
    second = replace(BOOK, title="第3种", isbn="", edition="2版")
    enter(batch, 5, ctx, stub=second)
    assert {line.call_number for line in queries.lines(batch)} == {""}
    assert queries.unnumbered(batch) == 5
    sql.run("UPDATE stock_label SET printed_at = queued_at")

    def number(**more: Any) -> commands.Numbered:
        items = [line.item for line in queries.lines(batch)]
        return commands.number_books(batch=batch, items=items, **more)

    assert number(ctx=ctx("cataloguer")) == commands.Numbered(3, 1, 1)
    numbers = [line.call_number for line in queries.lines(batch)]
    assert numbers == ["I247.57/1", "I247.57/1", "I247.57/2", "", ""]
    assert Label.objects.filter(printed_at=None).count() == 3
    with unchanged():
        assert number(ctx=ctx("cataloguer")) == commands.Numbered(0, 1, 1)
        assert refused(lambda: number(same_work="new", ctx=ctx("cataloguer"))) == (
            "number-of-work",
        )
        assert refused(lambda: number(ctx=ctx("desk"))) == ("not-permitted",)
    assert number(same_work="reuse", ctx=ctx("cataloguer")) == commands.Numbered(1, 1, 0)
    assert queries.lines(batch)[4].call_number == "I247.57/2"
    assert queries.unnumbered(batch) == 1
