"""H1, F13, F14: journals of offline desks, merged (cases OF- of docs/circulation/offline.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from shuxiang.apps.circulation import commands, models, queries
from shuxiang.apps.circulation.commands import PaperLine
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.fees import queries as money
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.places import commands as places
from shuxiang.apps.places.models import Place
from shuxiang.apps.stock.models import Item
from shuxiang.formats import journal
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Reason, Refused
from shuxiang.ledger.models import Event
from shuxiang.runtime.revision import bump
from shuxiang.statistics import invariants
from tests.support.journals import Desk, add
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db

DAY = "2020-06-10"
NOW = moment(DAY, "15:00")


def at(text: str) -> datetime:
    return moment(*text.split()) if " " in text else moment(DAY, text)


def _desks(library: Library) -> tuple[Stocked, Desk, Desk]:
    stocked = build(library)
    ctx = Contexts(library)
    return stocked, add(library.east, "east-1", ctx), add(library.west, "west-1", ctx)


@pytest.fixture
def desks(scene: Callable[..., Any], library: Library) -> tuple[Stocked, Desk, Desk]:
    stocked, east, west = scene("circulation.offline", lambda: _desks(library))
    return stocked, Desk(east.id, east.secret, east.place), Desk(west.id, west.secret, west.place)


@pytest.fixture
def stocked(desks: tuple[Stocked, Desk, Desk]) -> Stocked:
    return desks[0]


@pytest.fixture
def east(desks: tuple[Stocked, Desk, Desk]) -> Desk:
    return desks[1]


@pytest.fixture
def west(desks: tuple[Stocked, Desk, Desk]) -> Desk:
    return desks[2]


ROUTINE = {"belongs-elsewhere", "moved-here", "not-on-loan", "was-overdue"}


def states(desk: Desk) -> list[tuple[int, str, list[str]]]:
    """(number, state, codes) of the desk's lines, what every return tells left out."""
    rows = models.JournalLine.objects.filter(device=desk.id).order_by("counter", "id")
    return [
        (r.counter, r.entry.state, [x.code for x in reasons(r) if x.code not in ROUTINE])
        for r in rows.select_related("entry")
    ]


def reasons(row: models.JournalLine) -> tuple[Reason, ...]:
    text = row.entry.reasons
    return msgspec.json.decode(text, type=tuple[Reason, ...]) if text else ()


def open_loan(stocked: Stocked, barcode: str) -> tuple[str, date] | None:
    loan = queries.open_loan_of(stocked.items[barcode])
    return (loan.patron, loan.due_on) if loan else None


def ledger() -> list[tuple[str, str, str, int]]:
    rows = Event.objects.filter(item__isnull=False).order_by("id")
    return [
        (e.type, e.channel, e.occurred_at.astimezone(NOW.tzinfo).isoformat(), e.quantity)
        for e in rows
        if e.channel == "offline"
    ]


def test_of_1_the_acts_are_done_at_their_own_time_with_the_rows_of_the_other_doors(
    stocked: Stocked, east: Desk
) -> None:
    card = stocked.cards["adult"]
    east.write("check_out", at("10:05"), "B001", card)
    east.write("check_in", at("10:40"), "B001")
    east.write("check_out", at("10:41"), "B002", card, due=date(2020, 7, 10))
    east.write("renew", at("10:50"), "B002")
    east.write("in_house", at("11:00"), "B003")
    got = east.send(NOW)
    assert (got.new, got.again, got.waiting, got.aside, got.counter) == (5, 0, 0, 0, 5)
    assert [s for _, s, _ in states(east)] == ["done"] * 5
    assert ledger() == [
        ("loan.opened", "offline", at("10:05").isoformat(), 1),
        ("loan.closed", "offline", at("10:40").isoformat(), 1),
        ("transit.sent", "offline", at("10:40").isoformat(), 1),
        ("loan.opened", "offline", at("10:41").isoformat(), 1),
        ("loan.renewed", "offline", at("10:50").isoformat(), 1),
        ("item.used", "offline", at("11:00").isoformat(), 1),
    ]
    event = Event.objects.filter(type="loan.opened").earliest("id")
    assert (event.actor_kind, event.actor, event.place) == ("terminal", east.id, east.place)
    assert open_loan(stocked, "B002") == (stocked.patrons["adult"], date(2020, 8, 9))


def test_of_1_the_ledger_rows_are_those_of_the_desk(
    stocked: Stocked, east: Desk, ctx: Contexts
) -> None:
    """The same act at the desk and offline: one row, ids, keys, recorded time, channel, actor aside."""
    aside = {"id", "request", "number", "recorded_at", "channel", "actor_kind", "actor", "session",
             "item", "loan", "title", "item_seq"}  # fmt: skip
    east.write("check_out", at("10:05"), "B001", stocked.cards["adult"])
    east.write("check_in", at("10:40"), "B001")
    east.send(NOW)
    commands.check_out(
        item_barcode="B004",
        card=stocked.cards["adult"],
        ctx=ctx(place=east.place, at=at("10:05")),
    )
    commands.check_in(item_barcode="B004", ctx=ctx(place=east.place, at=at("10:40")))
    rows = [
        {f.attname: getattr(e, f.attname) for f in Event._meta.fields if f.attname not in aside}
        for e in Event.objects.filter(type__startswith="loan.").order_by("id")
    ]
    assert rows[:2] == rows[2:]


def test_of_20_the_same_journal_twice_does_nothing(
    stocked: Stocked, east: Desk, unchanged: Any
) -> None:
    east.write("check_out", at("10:05"), "B001", stocked.cards["adult"])
    east.write("check_out", at("10:06"), "X999", stocked.cards["adult"])
    east.send(NOW)
    events, entries = Event.objects.count(), models.PaperEntry.objects.count()
    got = east.send(NOW + timedelta(days=40), live=False)
    assert (got.new, got.again) == (0, 2)
    assert (Event.objects.count(), models.PaperEntry.objects.count()) == (events, entries)
    with unchanged():
        assert commands.merge_pending(ctx=east.context(NOW)) == 0


@pytest.mark.parametrize("cut", [1, 2, 3])
@pytest.mark.parametrize("reverse", [False, True])
def test_of_21_in_two_halves_and_reversed(
    stocked: Stocked, east: Desk, cut: int, reverse: bool
) -> None:
    card = stocked.cards["adult"]
    for n, (act, barcode) in enumerate(
        [("check_out", "B001"), ("check_in", "B001"), ("check_out", "B001"), ("check_out", "B002")]
    ):
        east.write(act, at(f"10:0{n}"), barcode, card if act == "check_out" else "")
    halves = [east.lines[:cut], east.lines[cut:]]
    if reverse:
        first = east.send(NOW, halves[1])
        assert (first.waiting, first.counter) == (4 - cut, 0)
        assert not Event.objects.filter(channel="offline").exists()
        halves = halves[:1]
    for half in halves:
        east.send(NOW, list(reversed(half)))
    assert [s for _, s, _ in states(east)] == ["done", "done", "done", "done"]
    assert open_loan(stocked, "B001") is not None
    assert models.Loan.objects.exclude(ended_as="undone").count() == 3


def test_of_2_what_is_on_record_already_is_known(
    stocked: Stocked, east: Desk, ctx: Contexts
) -> None:
    card = stocked.cards["adult"]
    # The same reader's loan of the same day; returns: in time on another day, late on the same day,
    # of what was in nobody's hands then and has been lent since; a use just counted.
    commands.check_out(item_barcode="B001", card=card, ctx=ctx(at=at("09:00")))
    for barcode, day in (("B002", "2020-06-01"), ("B003", "2020-05-01")):
        commands.check_out(
            item_barcode=barcode, card=stocked.cards["other"], ctx=ctx(at=at(f"{day} 11:00"))
        )
    commands.check_in(item_barcode="B002", ctx=ctx(at=at("2020-06-12 11:00")))
    commands.check_in(item_barcode="B003", ctx=ctx(at=at("14:00")))
    commands.check_out(item_barcode="B004", card=card, ctx=ctx(at=at("13:00")))
    commands.use_in_house(item_barcode="B005", ctx=ctx(at=at("10:38"), place=east.place))
    east.write("check_out", at("10:00"), "B001", card)
    for minute, barcode in (("10:10", "B002"), ("10:20", "B003"), ("10:30", "B004")):
        east.write("check_in", at(minute), barcode)
    east.write("in_house", at("10:40"), "B005")
    before = Event.objects.count()
    east.send(at("2020-06-12 15:00"))
    assert [s for _, s, _ in states(east)] == ["known"] * 5
    assert Event.objects.count() == before
    assert open_loan(stocked, "B001") == (stocked.patrons["adult"], date(2020, 7, 10))
    assert open_loan(stocked, "B004") == (stocked.patrons["adult"], date(2020, 7, 10))


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("minutes", [-7, 0, 7])
def test_of_10_the_device_s_time_and_the_offset_of_its_last_sync(
    stocked: Stocked, east: Desk, minutes: int, live: bool
) -> None:
    east.wrong = timedelta(minutes=minutes)
    east.offset = -east.wrong
    east.write("check_out", at("10:05"), "B001", stocked.cards["adult"])
    east.send(NOW, live=live)
    assert states(east) == [(1, "done", [])]
    assert models.Loan.objects.get().lent_at == at("10:05")


@pytest.mark.parametrize(
    ("days", "still_open", "lent_at", "codes"),
    [
        # Set three days ahead or back after the act: counted back from the arrival it is exact.
        (3, True, "10:05", []),
        (-3, True, "10:05", []),
        # The page was opened anew since: the first that can be, OF-13, and that is said.
        (3, False, "10:05", ["journal-clock"]),
    ],
)
def test_of_11_counted_back_by_the_time_that_runs_since_the_page_was_opened(
    stocked: Stocked, east: Desk, days: int, still_open: bool, lent_at: str, codes: list[str]
) -> None:
    east.opened = at("09:00")
    east.write("check_out", at("10:05"), "B001", stocked.cards["adult"])
    east.wrong = timedelta(days=days)
    if not still_open:
        east.opened = None
    east.send(NOW)
    assert states(east) == [(1, "done", codes)]
    assert models.Loan.objects.get().lent_at == at(lent_at)


def test_of_12_a_clock_three_days_wrong_is_corrected(stocked: Stocked, east: Desk) -> None:
    east.wrong = timedelta(days=3)
    east.offset = -east.wrong
    east.write("check_out", at("10:05"), "B001", stocked.cards["adult"])
    east.send(NOW)
    assert states(east) == [(1, "done", [])]
    loan = models.Loan.objects.get()
    assert (loan.lent_at, loan.due_on) == (at("10:05"), date(2020, 7, 10))


def test_of_13_a_clock_set_wrong_since_the_last_sync_is_bounded_and_said(
    stocked: Stocked, east: Desk
) -> None:
    """Three days ahead after the sync, and the library can't know by how much: carried as a file."""
    east.write("check_out", at("09:00"), "B001", stocked.cards["adult"])
    east.wrong = timedelta(days=3)
    east.write("check_out", at("10:00"), "B002", stocked.cards["adult"], due=date(2020, 7, 13))
    east.write("check_in", at("10:30"), "B001")
    east.send(NOW, live=False)
    assert states(east) == [
        (1, "done", []),
        (2, "done", ["journal-clock"]),
        (3, "done", ["journal-clock"]),
    ]
    second = models.Loan.objects.get(item=stocked.items["B002"])
    # Not before the line before it, and the told date of a wrong clock counts for nothing.
    assert (second.lent_at, second.due_on) == (at("09:00"), date(2020, 7, 10))


def test_of_13_the_device_itself_tells_how_far_it_was_set(stocked: Stocked, east: Desk) -> None:
    east.wrong = timedelta(days=3)
    east.write("check_out", at("10:00"), "B002", stocked.cards["adult"])
    east.send(NOW)
    assert states(east) == [(1, "done", ["journal-clock"])]
    assert models.Loan.objects.get().lent_at == at("10:00")


def test_of_14_lateness_makes_nobody_overdue(stocked: Stocked, east: Desk) -> None:
    """Weeks of a journal: a loan of 1 May is due the day after the upload at the earliest."""
    east.synced = at("2020-04-30 09:00")
    east.write("check_out", at("2020-05-01 10:00"), "B001", stocked.cards["adult"])
    east.write(
        "check_out", at("2020-05-01 10:01"), "B002", stocked.cards["adult"], due=date(2020, 6, 20)
    )
    east.send(NOW)
    assert open_loan(stocked, "B001") == (stocked.patrons["adult"], date(2020, 6, 11))
    # What the reader was told counts where it is later.
    assert open_loan(stocked, "B002") == (stocked.patrons["adult"], date(2020, 6, 20))


def test_of_4_unknown_barcodes_and_cards_are_kept(stocked: Stocked, east: Desk) -> None:
    east.write("check_out", at("10:00"), "X999", stocked.cards["adult"])
    east.write("check_out", at("10:01"), "B001", "99999")
    east.write("check_in", at("10:02"), "X998")
    east.send(NOW)
    assert states(east) == [
        (1, "conflict", ["item-unknown"]),
        (2, "conflict", ["card-unknown"]),
        (3, "conflict", ["item-unknown"]),
    ]
    assert len(queries.paper_conflicts(east.place)) == 3


def test_of_5_a_closed_branch(stocked: Stocked, east: Desk, ctx: Contexts) -> None:
    east.synced = at("2020-06-01 09:00")
    east.write("check_out", at("2020-06-05 10:00"), "B001", stocked.cards["adult"])
    east.write("check_out", at("2020-06-09 10:00"), "B002", stocked.cards["adult"])
    Place.objects.filter(id=east.place).update(closed_on=date(2020, 6, 7))
    bump("places")
    east.send(NOW)
    assert states(east) == [(1, "done", []), (2, "conflict", ["journal-place-closed"])]


def test_of_5_a_day_on_which_the_branch_is_shut_is_no_due_date(
    stocked: Stocked, east: Desk
) -> None:
    # Thirty days after Saturday 13 June is Monday, when everything is shut.
    east.write("check_out", at("2020-06-13 10:00"), "B001", stocked.cards["adult"])
    east.send(at("2020-06-13 18:00"))
    assert open_loan(stocked, "B001") == (stocked.patrons["adult"], date(2020, 7, 14))


@pytest.mark.parametrize(
    ("reported", "state", "codes"),
    [("09:00", "conflict", ["card-lost"]), ("11:00", "done", ["card-lost"])],
)
def test_of_6_a_card_reported_lost_in_between(
    stocked: Stocked, east: Desk, ctx: Contexts, reported: str, state: str, codes: list[str]
) -> None:
    card = readers.card_for_loan(stocked.cards["adult"])[0]
    patrons.report_lost(card=card.card, shown="card-number", ctx=ctx(at=at(reported)))
    east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    east.send(NOW)
    assert states(east) == [(1, state, codes)]


def test_of_7_lent_by_another_desk_in_between(stocked: Stocked, east: Desk, ctx: Contexts) -> None:
    commands.check_out(item_barcode="B001", card=stocked.cards["other"], ctx=ctx(at=at("11:00")))
    east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    east.write("check_in", at("10:30"), "B001")
    east.send(NOW)
    assert states(east) == [(1, "conflict", ["item-on-loan"]), (2, "known", [])]
    # Nobody's loan is ended by a scan made before it began.
    assert open_loan(stocked, "B001") == (stocked.patrons["other"], date(2020, 7, 10))


def test_of_8_returned_meanwhile(stocked: Stocked, east: Desk, ctx: Contexts) -> None:
    for barcode in ("B001", "B002"):
        commands.check_out(
            item_barcode=barcode,
            card=stocked.cards["other"],
            ctx=ctx(at=at("2020-05-01 11:00")),
        )
    commands.check_in(item_barcode="B001", ctx=ctx(at=at("11:00")))
    commands.check_in(item_barcode="B002", ctx=ctx(at=at("2020-06-12 11:00")))
    east.write("check_in", at("10:00"), "B001")
    east.write("check_in", at("10:01"), "B002")
    east.send(at("2020-06-12 15:00"))
    # The second was written down as overdue two days longer than it was: somebody must look.
    assert states(east) == [(1, "known", []), (2, "conflict", ["journal-returned-before"])]


def test_of_3_a_book_that_has_left_is_lent_whatever_the_limit(
    stocked: Stocked, east: Desk, ctx: Contexts
) -> None:
    for n in range(2, 7):
        commands.check_out(
            item_barcode=f"B00{n}", card=stocked.cards["adult"], ctx=ctx(at=at("09:00"))
        )
    east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    east.send(NOW)
    assert states(east) == [(1, "done", ["loan-limit"])]
    event = Event.objects.filter(channel="offline").get()
    assert event.data == '{"overrides": [{"code": "loan-limit", "why": "offline #1"}]}'


def test_of_22_a_restored_laptop_overwrites_nothing(
    stocked: Stocked, east: Desk, ctx: Contexts
) -> None:
    card = stocked.cards["adult"]
    for n in range(1, 5):
        east.write("check_out", at(f"10:0{n}"), f"B00{n}", card)
    east.send(NOW)
    restored = replace(east, lines=east.lines[:2])
    restored.write("check_out", at("13:00"), "B005", stocked.cards["other"])
    restored.write("check_in", at("13:01"), "B001")
    restored.write("check_out", at("13:02"), "B006", stocked.cards["other"])
    before = models.JournalLine.objects.filter(chained=True).values_list("id", "mac")
    kept = list(before)
    got = restored.send(NOW + timedelta(hours=1))
    assert (got.new, got.again, got.aside, got.counter) == (3, 2, 3, 4)
    assert got.mac == east.lines[-1].mac
    assert list(before) == kept
    aside = [s for s in states(east) if s[1] == "conflict"]
    assert aside == [
        (3, "conflict", ["journal-counter-reused"]),
        (4, "conflict", ["journal-counter-reused"]),
        (5, "conflict", ["journal-counter-reused"]),
    ]
    assert open_loan(stocked, "B001") is not None
    # They are acts all the same: a person lets them in.
    with pytest.raises(Refused) as refused:
        commands.let_in_journal(device=east.id, why=" ", ctx=ctx("desk", at=NOW))
    assert refused.value.decision.codes == ("reason-missing",)
    later = ctx("desk", at=NOW + timedelta(hours=2))
    assert commands.let_in_journal(device=east.id, why="旧笔记本", ctx=later) == 3
    commands.merge_pending(ctx=later)
    assert open_loan(stocked, "B001") is None
    assert open_loan(stocked, "B005") is not None
    assert {s for _, s, _ in states(east)} == {"done"}


def test_of_23_a_line_altered_or_left_out_shows(stocked: Stocked, east: Desk) -> None:
    card = stocked.cards["adult"]
    for n in range(1, 4):
        east.write("check_out", at(f"10:0{n}"), f"B00{n}", card)
    first, second, third = east.lines
    forged = replace(second, body=second.body.replace("B002", "B007"))
    forged = journal.line(forged.body, second.mac)
    got = east.send(NOW, [first, forged])
    assert (got.counter, got.aside) == (1, 1)
    assert states(east)[1] == (2, "conflict", ["journal-altered"])
    assert open_loan(stocked, "B007") is None
    # Left out: what follows waits, and says so.
    got = east.send(NOW, [third])
    assert (got.waiting, got.counter) == (1, 1)
    # The genuine line is not taken for the forged one whose seal it bears.
    got = east.send(NOW, [second])
    assert (got.new, got.waiting, got.counter) == (1, 0, 3)
    assert open_loan(stocked, "B002") is not None


def test_of_24_lines_that_wait_for_ever_are_let_in(
    stocked: Stocked, east: Desk, ctx: Contexts
) -> None:
    card = stocked.cards["adult"]
    for n in range(1, 5):
        east.write("check_out", at(f"10:0{n}"), f"B00{n}", card)
    east.send(NOW, east.lines[2:])
    assert {s for _, s, _ in states(east)} == {"pending"}
    assert commands.let_in_journal(device=east.id, why="硬盘坏了", ctx=ctx("desk", at=NOW)) == 2
    commands.merge_pending(ctx=ctx("desk", at=NOW))
    assert [s for _, s, _ in states(east)] == ["done", "done"]
    # The device goes on where it was.
    east.write("check_out", at("10:10"), "B005", card)
    got = east.send(NOW, east.lines[4:])
    assert got.counter == 5
    # Found after all: the lines before are told to stand against those that were let in.
    got = east.send(NOW, east.lines[:2])
    assert got.aside == 2


def test_of_9_somebody_settles_a_conflict(
    stocked: Stocked, east: Desk, ctx: Contexts, unchanged: Any
) -> None:
    east.write("check_out", at("10:00"), "B0O1", stocked.cards["adult"])
    east.write("renew", at("10:01"), "B002")
    east.send(NOW)
    assert [s for _, s, _ in states(east)] == ["conflict", "conflict"]
    first, second = queries.paper_conflicts(east.place)
    theirs = ctx("branch", place=stocked.library.east, at=NOW)
    right = PaperLine(act="check_out", at=at("10:00"), barcode="B001", card=stocked.cards["adult"])
    done = commands.retry_paper(entry=first.id, line=right, ctx=theirs)
    assert (done.state, done.title_text) == ("done", "红楼梦")
    assert Event.objects.get(type="loan.opened").channel == "offline"
    commands.settle_paper(
        entry=second.id, note="未借出", ctx=ctx("branch", place=stocked.library.east, at=NOW)
    )
    assert queries.paper_conflicts(east.place) == ()
    got = east.send(NOW)
    assert got.again == 2
    with unchanged():
        assert commands.merge_pending(ctx=east.context(NOW)) == 0


def test_of_9_a_later_act_is_lifted_with_a_why(stocked: Stocked, east: Desk, ctx: Contexts) -> None:
    lent = commands.check_out(
        item_barcode="B001", card=stocked.cards["adult"], ctx=ctx(at=at("09:00"))
    )
    commands.renew(loan=lent.loan, ctx=ctx(at=at("11:00")))
    east.write("check_in", at("10:00"), "B001")
    east.send(NOW)
    assert states(east) == [(1, "conflict", ["paper-later-act"])]
    (kept,) = queries.paper_conflicts(east.place)
    line = PaperLine(act="check_in", at=at("10:00"), barcode="B001")
    why = (Override("paper-later-act", "书在架上"),)
    done = commands.retry_paper(
        entry=kept.id, line=line, ctx=ctx("desk", place=east.place, at=NOW, overrides=why)
    )
    assert done.state == "done"
    assert open_loan(stocked, "B001") is None


def test_of_30_what_happened_earlier_and_comes_later_is_put_before(
    stocked: Stocked, east: Desk, west: Desk
) -> None:
    """Lent in the east, given back and lent again in the west; the west syncs first."""
    east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    west.write("check_in", at("10:30"), "B001")
    west.write("check_out", at("11:00"), "B001", stocked.cards["other"])
    west.send(NOW)
    assert open_loan(stocked, "B001") == (stocked.patrons["other"], date(2020, 7, 10))
    east.send(NOW + timedelta(hours=1))
    assert [s for _, s, _ in states(east)] == ["done"]
    assert [s for _, s, _ in states(west)] == ["done", "done"]
    loans = models.Loan.objects.exclude(ended_as="undone").order_by("lent_at")
    assert [(x.patron_id, x.lent_at, x.returned_at) for x in loans] == [
        (stocked.patrons["adult"], at("10:00"), at("10:30")),
        (stocked.patrons["other"], at("11:00"), None),
    ]
    assert Item.objects.get(id=stocked.items["B001"]).holder_id == west.place


def test_of_31_what_another_act_stands_on_is_not_taken_back(
    stocked: Stocked, east: Desk, west: Desk, ctx: Contexts
) -> None:
    west.write("check_out", at("11:00"), "B001", stocked.cards["other"])
    west.send(NOW)
    commands.check_in(item_barcode="B001", ctx=ctx(at=NOW + timedelta(minutes=5)))
    east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    east.send(NOW + timedelta(hours=1))
    assert states(west) == [(1, "done", [])]
    assert states(east) == [(1, "conflict", ["paper-later-act"])]


def test_of_31_a_charge_that_was_paid_stays_with_its_return(
    stocked: Stocked, east: Desk, west: Desk, ctx: Contexts
) -> None:
    """Overdue and paid; then a renewal comes in that happened before the return."""
    main = stocked.library.main
    places.set_setting(place=main, key="fees.at_desk", value=True, ctx=ctx())
    fees.add_rule(
        kind="overdue", place=main, valid_from=date(2020, 5, 1), amount_fen=20, cap_fen=1000,
        ctx=ctx(at=at("2020-05-01 09:00")),
    )  # fmt: skip
    commands.check_out(
        item_barcode="B001", card=stocked.cards["other"], ctx=ctx(at=at("2020-05-07 11:00"))
    )
    west.write("check_in", at("10:30"), "B001")
    west.send(NOW)
    (charge,) = money.charges(stocked.patrons["other"])
    assert (charge.amount_fen, charge.days) == (60, 3)
    fees.pay(card=stocked.cards["other"], amount_fen=60, ctx=ctx(at=NOW + timedelta(minutes=3)))
    events = Event.objects.filter(type__startswith="fee.").count()
    east.write("renew", at("10:00"), "B001")
    east.send(NOW + timedelta(hours=1))
    assert states(west) == [(1, "done", ["fee-charged"])]
    assert states(east) == [(1, "conflict", ["loan-not-open"])]
    assert money.owed(stocked.patrons["other"]) == 0
    assert Event.objects.filter(type__startswith="fee.").count() == events


def test_another_device_or_a_stranger_brings_no_journal(
    stocked: Stocked, east: Desk, west: Desk, ctx: Contexts, unchanged: Any
) -> None:
    east.write("check_in", at("10:00"), "B001")
    document = east.document(NOW)
    for who in (west.context(NOW), ctx("cataloguer", at=NOW)):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.receive_journal(journal=document, live=False, ctx=who)
        assert refused.value.decision.codes == ("not-permitted",)
    places.change_device(device=east.id, active=False, ctx=ctx(at=NOW))
    with unchanged(), pytest.raises(Refused):
        commands.receive_journal(journal=document, live=True, ctx=east.context(NOW))
    # Carried to the office it is taken all the same: nothing is lost.
    got = commands.receive_journal(journal=document, live=False, ctx=ctx("desk", at=NOW))
    assert got.new == 1


def test_i13_lines_forget_reader_and_card_and_are_never_taken_back_then(
    stocked: Stocked, east: Desk, west: Desk, ctx: Contexts
) -> None:
    places.set_setting(place=stocked.library.main, key="privacy.history_days", value=5, ctx=ctx())
    east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    east.write("check_out", at("10:01"), "B002", stocked.cards["adult"])
    west.write("check_out", at("09:00"), "B003", stocked.cards["adult"])
    west.write("check_out", at("09:30"), "B001", stocked.cards["other"])
    east.send(NOW)
    # The second line waits for the first.
    west.send(NOW, west.lines[1:])
    later = NOW + timedelta(days=6)
    commands.forget_due(ctx=ctx(at=later))
    named = models.JournalLine.objects.exclude(patron=None, entry__card="")
    assert [(n.device_id, n.counter) for n in named] == [(west.id, 2)]
    west.send(later, west.lines[:1])
    assert states(east) == [(1, "done", []), (2, "done", [])]
    assert states(west) == [(1, "done", []), (2, "conflict", ["item-on-loan"])]


def net() -> dict[str, int]:
    """Type → how often it happened, reversals taken off."""
    found: dict[str, int] = {}
    for event in Event.objects.filter(channel="offline", item__isnull=False):
        found[event.type] = found.get(event.type, 0) + event.quantity
    return {k: n for k, n in found.items() if n}


@pytest.mark.parametrize("cut", [0, 1, 3, 4])
def test_of_15_what_the_device_takes_back_never_happened_however_it_arrives(
    stocked: Stocked, east: Desk, cut: int
) -> None:
    """Lent, renewed, and the renewal and a wrong return taken back; sent at once or in two parts."""
    card = stocked.cards["adult"]
    east.write("check_out", at("10:00"), "B001", card)
    renewed = east.write("renew", at("10:01"), "B001")
    east.write("undo", at("10:01") + timedelta(seconds=20), "B001", undoes=renewed.mac)
    wrong = east.write("check_in", at("10:02"), "B001")
    east.write("undo", at("10:02") + timedelta(seconds=60), "B001", undoes=wrong.mac)
    east.send(NOW, east.lines[:cut])
    east.send(NOW)
    assert states(east) == [
        (1, "done", []),
        (2, "undone", []),
        (3, "done", []),
        (4, "undone", []),
        (5, "done", []),
    ]
    assert open_loan(stocked, "B001") == (stocked.patrons["adult"], date(2020, 7, 10))
    assert models.Loan.objects.exclude(ended_as="undone").get().renewals == 0
    assert net() == {"loan.opened": 1}
    assert Item.objects.get(id=stocked.items["B001"]).holder_id == east.place
    before = Event.objects.count()
    east.send(NOW)
    assert Event.objects.count() == before
    assert invariants.journals_whole().ok


def test_of_15_what_came_after_is_done_again_without_it(
    stocked: Stocked, east: Desk, west: Desk
) -> None:
    """The reader's return in the west was on record as that of the wrong loan's reader."""
    wrong = east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    east.write("undo", at("10:00") + timedelta(seconds=30), "B001", undoes=wrong.mac)
    west.write("check_out", at("10:10"), "B001", stocked.cards["other"])
    east.send(NOW, east.lines[:1])
    west.send(NOW)
    assert states(west) == [(1, "conflict", ["item-on-loan"])]
    east.send(NOW)
    assert states(west) == [(1, "done", [])]
    assert open_loan(stocked, "B001") == (stocked.patrons["other"], date(2020, 7, 10))
    assert net() == {"loan.opened": 1}


def test_of_16_too_late_or_of_another_device_nothing_is_taken_back(
    stocked: Stocked, east: Desk, west: Desk
) -> None:
    lent = east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    east.write("undo", at("10:02"), "B001", undoes=lent.mac)
    west.write("undo", at("10:00") + timedelta(seconds=9), "B001", undoes=lent.mac)
    east.send(NOW)
    west.send(NOW)
    assert states(east) == [(1, "done", []), (2, "conflict", ["undo-too-late"])]
    assert states(west) == [(1, "conflict", ["nothing-to-undo"])]
    assert open_loan(stocked, "B001") is not None


def test_of_16_what_the_desk_did_since_stands(stocked: Stocked, east: Desk, ctx: Contexts) -> None:
    lent = east.write("check_out", at("10:00"), "B001", stocked.cards["adult"])
    east.write("undo", at("10:00") + timedelta(seconds=9), "B001", undoes=lent.mac)
    east.send(NOW, east.lines[:1])
    commands.check_in(item_barcode="B001", ctx=ctx(at=NOW + timedelta(minutes=5)))
    east.send(NOW + timedelta(hours=1))
    assert states(east) == [(1, "done", []), (2, "conflict", ["nothing-to-undo"])]
    assert [c.act for c in queries.paper_conflicts(east.place)] == ["undo"]


def test_who_worked_is_kept_as_the_device_was_told(stocked: Stocked, east: Desk) -> None:
    clerk = stocked.library.staff["branch"]
    east.write("check_out", at("10:00"), "X999", stocked.cards["adult"], clerk=clerk)
    east.send(NOW)
    (kept,) = queries.paper_conflicts(east.place)
    assert kept.clerk == clerk
    event_actors = set(Event.objects.filter(channel="offline").values_list("actor", flat=True))
    assert event_actors <= {east.id}


@pytest.mark.parametrize("breach", ["gap", "head", "turn", "loan"])
def test_h1_a_line_that_is_lost_is_found_by_the_check(
    stocked: Stocked, east: Desk, breach: str
) -> None:
    for n in range(1, 4):
        east.write("check_out", at(f"10:0{n}"), f"B00{n}", stocked.cards["adult"])
    east.send(NOW)
    assert invariants.journals_whole().ok
    lines = models.JournalLine.objects
    second = lines.get(counter=2)
    if breach == "gap":
        second.delete()
    elif breach == "head":
        lines.get(counter=3).delete()
    elif breach == "turn":
        lines.filter(counter=3).update(chained=False)
    else:
        models.Loan.objects.filter(id=second.entry.loan).update(ended_as="undone")
    found = invariants.journals_whole()
    assert not found.ok
    assert (
        found.detail
        == {
            "gap": "device east-1 stands at line 3 with 2 lines",
            "head": "device east-1 stands at line 3, its lines end at 2",
            "turn": "device east-1 stands at line 3, its lines end at 2; "
            "line 3 of device east-1 was done out of its turn",
            "loan": "line 2 of device east-1 counts as done, but its loan does not stand",
        }[breach]
    )
