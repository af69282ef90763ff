"""The hold commands on a real database; case numbers of docs/circulation/holds.md and transits.md."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.circulation.models import Hold, Transit
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons.models import Card
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.context import Actor, Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event, Reader
from shuxiang.project.wiring import wire
from tests.apps.circulation.acts import codes, line, place
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_f1_a_hold_with_its_ledger_row_and_its_place_in_the_queue(
    out: Stocked, ctx: Contexts
) -> None:
    """HD-10, HQ-1."""
    first = place(out, ctx, "adult")
    second = place(out, ctx, "other", pickup=out.library.east)
    assert (first.kind, first.position, second.position) == ("title", 1, 2)
    assert first.expires_on == date(2020, 6, 10) + timedelta(days=180)
    assert [h.id for h in queries.queue(out.titles[1])] == [first.hold, second.hold]
    rows = list(Event.objects.filter(type="hold.placed").order_by("id"))
    assert [(r.subject, r.title, r.lending_place) for r in rows] == [
        (first.hold, out.titles[1], out.library.main),
        (second.hold, out.titles[1], out.library.east),
    ]
    assert Reader.objects.get(event=rows[0].id).patron == out.patrons["adult"]


def test_hd_every_reason_at_once_and_nothing_changes(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    """HD-2, HD-3, HD-5, HD-8."""
    commands.check_out(item_barcode="B002", card=stocked.cards["adult"], ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        place(stocked, ctx, "adult", pickup=stocked.library.network)
    assert codes(refused) == {"pickup-not-here", "hold-borrowed", "hold-no-copy"}
    place(stocked, ctx, "other")
    with unchanged(), pytest.raises(Refused) as refused:
        place(stocked, ctx, "other")
    assert codes(refused) == {"hold-already"}
    with unchanged(), pytest.raises(Refused) as refused:
        place(stocked, ctx, "other", title=3)
    assert codes(refused) == {"hold-no-copy"}  # 辞海 is for use in the library
    with unchanged(), pytest.raises(Refused) as refused:
        commands.place_hold(
            title="no title", card=stocked.cards["other"], pickup="nowhere", ctx=ctx("desk")
        )
    assert codes(refused) == {"title-unknown"}


@pytest.mark.parametrize(
    ("on_shelf", "pickup", "expected"),
    [
        ("always", "main", set()),
        ("elsewhere", "main", {"hold-on-shelf"}),
        ("elsewhere", "east", set()),
        ("never", "east", {"hold-on-shelf"}),
    ],
)
def test_hd_7_whether_what_is_on_the_shelf_may_be_reserved(
    stocked: Stocked, ctx: Contexts, on_shelf: str, pickup: str, expected: set[str]
) -> None:
    commands.add_rule(
        place=stocked.library.main, reader_category="adult", valid_from=date(2020, 6, 1),
        loan_limit=5, loan_days=30, hold_on_shelf=on_shelf, ctx=ctx(),
    )  # fmt: skip
    where = getattr(stocked.library, pickup)
    if not expected:
        assert place(stocked, ctx, "adult", pickup=where).kind == "shelf"
        return
    with pytest.raises(Refused) as refused:
        place(stocked, ctx, "adult", pickup=where)
    assert codes(refused) == expected


def test_hd_4_the_limit_can_be_lifted_by_who_may(stocked: Stocked, ctx: Contexts) -> None:
    commands.add_rule(
        place=stocked.library.main, reader_category="adult", valid_from=date(2020, 6, 1),
        loan_limit=5, loan_days=30, hold_limit=1, ctx=ctx(),
    )  # fmt: skip
    place(stocked, ctx, "adult", title=0)
    with pytest.raises(Refused) as refused:
        place(stocked, ctx, "adult", title=1)
    assert codes(refused) == {"hold-limit"}
    why = Override("hold-limit", "读者急用")
    done = place(stocked, ctx, "adult", title=1, by=ctx("desk", overrides=(why,)))
    assert (done.position, done.open_holds) == (1, 2)


@pytest.mark.parametrize(
    ("blocks", "expected"), [(True, {"overdue-loans"}), (False, set())], ids=["blocked", "allowed"]
)
def test_hd_9_overdue_books_where_every_rule_blocks(
    stocked: Stocked, ctx: Contexts, at: Any, blocks: bool, expected: set[str]
) -> None:
    commands.add_rule(
        place=stocked.library.main, reader_category="adult", valid_from=date(2020, 1, 1),
        loan_limit=5, loan_days=30, overdue_blocks=blocks, ctx=ctx(),
    )  # fmt: skip
    commands.check_out(
        item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk", at=at("2020-04-01"))
    )
    if not expected:
        assert place(stocked, ctx, "adult").position == 1
        return
    with pytest.raises(Refused) as refused:
        place(stocked, ctx, "adult")
    assert codes(refused) == expected


def test_hd_6_where_no_books_are_reserved(stocked: Stocked, ctx: Contexts, unchanged: Any) -> None:
    commands.add_rule(
        place=stocked.library.main, reader_category="adult", valid_from=date(2020, 6, 1),
        loan_limit=5, loan_days=30, hold_limit=0, ctx=ctx(),
    )  # fmt: skip
    with unchanged(), pytest.raises(Refused) as refused:
        place(stocked, ctx, "adult")
    assert codes(refused) == {"hold-not-allowed"}
    assert place(stocked, ctx, "child").position == 1


def test_hd_1_a_card_that_was_lost_reserves_nothing(
    stocked: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    card = Card.objects.get(number=stocked.cards["adult"])
    patrons.report_lost(card=card.id, ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        place(stocked, ctx, "adult")
    assert codes(refused) == {"card-lost"}


def test_hq_a_return_makes_it_ready_for_the_first_who_may(out: Stocked, ctx: Contexts) -> None:
    """HQ-4, HS-1, CI-3.1."""
    first = place(out, ctx, "adult")
    second = place(out, ctx, "other")
    patrons.suspend(
        patron=out.patrons["adult"], until=date(2020, 7, 1), why="污损", ctx=ctx("desk")
    )
    back = commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    assert (back.hold, back.hold_patron, back.transit_to) == (second.hold, out.patrons["other"], "")
    # Five days on is Monday the 15th, closed.
    assert back.ready_until == date(2020, 6, 16)
    assert {t.code: t.data for t in back.tells} == {
        "hold-ready": {"tail": out.cards["other"][-4:], "until": "2020-06-16"}
    }
    assert queries.hold(first.hold).position == 1  # type: ignore[union-attr]
    assert line("B002", out) == ["loan.opened", "loan.closed", "hold.ready"]


def test_b2_f1_a_return_elsewhere_travels_to_the_reader(out: Stocked, ctx: Contexts) -> None:
    """HS-2, CI-3.1, TR-2."""
    held = place(out, ctx, "adult", pickup=out.library.west)
    east, west = out.library.east, out.library.west
    back = commands.check_in(item_barcode="B002", ctx=ctx("branch", place=east))
    assert (back.hold, back.transit_to) == (held.hold, west)
    assert [t.code for t in back.tells] == ["hold-coming"]
    view = queries.transit_of(out.items["B002"])
    assert view is not None
    assert (view.origin, view.destination, view.hold) == (east, west, held.hold)
    arrived = commands.check_in(item_barcode="B002", ctx=ctx(place=west))
    assert (arrived.kind, arrived.hold, arrived.transit_to) == ("received", held.hold, "")
    assert queries.transit_of(out.items["B002"]) is None
    assert [h.barcode for h in queries.hold_shelf(west)] == ["B002"]
    with pytest.raises(Refused) as refused:
        commands.check_out(
            item_barcode="B002", card=out.cards["other"], ctx=ctx("desk", place=west)
        )
    assert codes(refused) == {"item-on-hold-shelf"}
    lent = commands.check_out(
        item_barcode="B002", card=out.cards["adult"], ctx=ctx("desk", place=west)
    )
    assert lent.hold == held.hold
    assert queries.holds_of(out.patrons["adult"]) == ()
    assert line("B002", out) == [
        "loan.opened",
        "loan.closed",
        "hold.set_aside",
        "transit.sent",
        "transit.received",
        "hold.ready",
        "loan.opened",
        "hold.filled",
    ]


def test_b2_what_nobody_waits_for_goes_home(out: Stocked, ctx: Contexts, unchanged: Any) -> None:
    """TR-1, TR-3, TR-4."""
    east = out.library.east
    back = commands.check_in(item_barcode="B002", ctx=ctx(place=east))
    assert (back.kind, back.transit_to) == ("returned", out.library.main)
    assert [t.code for t in back.tells] == ["belongs-elsewhere"]
    with unchanged():
        again = commands.check_in(item_barcode="B002", ctx=ctx(place=east))
    assert (again.kind, again.transit, again.transit_to) == (
        "again",
        back.transit,
        out.library.main,
    )
    home = commands.check_in(item_barcode="B002", ctx=ctx())
    assert (home.kind, home.transit_to) == ("received", "")
    assert {t.code: t.data for t in home.tells} == {"transit-arrived": {"origin": east, "days": 0}}
    assert line("B002", out)[-2:] == ["transit.sent", "transit.received"]
    item = stock.scanned_item(out.items["B002"])
    assert item is not None
    assert item.holder == out.library.main


def test_hs_somebody_elses_copy_is_refused_unless_lifted(
    out: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    """HS-3, CO-11."""
    held = place(out, ctx, "adult")
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.check_out(item_barcode="B002", card=out.cards["other"], ctx=ctx("desk"))
    assert codes(refused) == {"item-on-hold-shelf"}
    why = Override("item-on-hold-shelf", "预约读者来电让出")
    commands.check_out(
        item_barcode="B002", card=out.cards["other"], ctx=ctx("desk", overrides=(why,))
    )
    view = queries.hold(held.hold)
    assert view is not None
    assert (view.state, view.item, view.position) == ("waiting", "", 1)
    assert line("B002", out)[-2:] == ["hold.requeued", "loan.opened"]


def test_hx_a_ready_copy_passes_to_the_next_or_home(out: Stocked, ctx: Contexts, at: Any) -> None:
    first = place(out, ctx, "adult")
    second = place(out, ctx, "other", pickup=out.library.east)
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    ended = commands.cancel_hold(hold=first.hold, why="读者来电", ctx=ctx("desk"))
    assert (ended.next_hold, ended.transit_to) == (second.hold, out.library.east)
    assert queries.hold(second.hold).state == "coming"  # type: ignore[union-attr]
    commands.check_in(item_barcode="B002", ctx=ctx(place=out.library.east))
    until = queries.hold(second.hold).ready_until  # type: ignore[union-attr]
    assert until is not None
    assert commands.expire_holds(ctx=ctx(at=at(until))) == 0
    assert commands.expire_holds(ctx=ctx(at=at(until + timedelta(days=1)))) == 1
    view = queries.transit_of(out.items["B002"])
    assert view is not None
    assert (view.origin, view.destination, view.hold) == (out.library.east, out.library.main, "")
    # It stands on the shelf there until somebody takes it away.
    assert [h.state for h in queries.hold_shelf(out.library.east)] == ["expired"]
    commands.check_in(item_barcode="B002", ctx=ctx(place=out.library.east))
    assert queries.hold_shelf(out.library.east) == ()
    assert line("B002", out) == [
        "loan.opened", "loan.closed", "hold.ready", "hold.cancelled", "hold.set_aside",
        "transit.sent", "transit.received", "hold.ready", "hold.expired", "transit.sent",
    ]  # fmt: skip


def test_hx_2_1_a_closure_takes_no_book_away(out: Stocked, ctx: Contexts, at: Any) -> None:
    place(out, ctx, "adult")
    until = commands.check_in(item_barcode="B002", ctx=ctx("desk")).ready_until
    assert until == date(2020, 6, 16)
    for day in range(16, 21):
        places.set_day(
            place=out.library.main, day=date(2020, 6, day), open=False, reason="停电",
            ctx=ctx(at=at("2020-06-12")),
        )  # fmt: skip
    assert commands.expire_holds(ctx=ctx(at=at("2020-06-19"))) == 0
    # Open again on Sunday the 21st, the last day now.
    assert commands.expire_holds(ctx=ctx(at=at("2020-06-21"))) == 0
    assert commands.expire_holds(ctx=ctx(at=at("2020-06-22"))) == 1


def test_rn_7_no_renewal_while_others_wait(out: Stocked, ctx: Contexts) -> None:
    (loan, *_) = queries.open_loans(out.patrons["child"])
    held = place(out, ctx, "adult")
    with pytest.raises(Refused) as refused:
        commands.renew(loan=loan.id, ctx=ctx("desk"))
    assert codes(refused) == {"renewal-held"}
    commands.suspend_hold(hold=held.hold, until=date(2020, 8, 1), ctx=ctx("desk"))
    assert commands.renew(loan=loan.id, ctx=ctx("desk")).renewals == 1


def test_un_5_undoing_a_return_takes_its_hold_and_transit_back(
    out: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    """UN-5, UN-7."""
    held = place(out, ctx, "adult", pickup=out.library.west)
    done_at = at("2020-06-11", "11:00")
    east = out.library.east
    back = commands.check_in(item_barcode="B002", ctx=ctx(place=east, at=done_at))
    commands.undo(act="check_in", subject=back.loan, done_at=done_at, ctx=ctx(at=done_at))
    assert queries.open_loan_of(out.items["B002"]) is not None
    assert queries.transit_of(out.items["B002"]) is None
    assert queries.hold(held.hold).state == "waiting"  # type: ignore[union-attr]
    assert line("B002", out)[-3:] == ["-transit.sent", "-hold.set_aside", "-loan.closed"]
    # Cancelled since: something else has happened.
    commands.check_in(item_barcode="B002", ctx=ctx(place=east, at=done_at))
    commands.cancel_hold(hold=held.hold, ctx=ctx("desk", at=done_at))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo(act="check_in", subject=back.loan, done_at=done_at, ctx=ctx(at=done_at))
    assert codes(refused) == {"nothing-to-undo"}


def test_un_6_undoing_a_loan_puts_the_copy_back_on_the_hold_shelf(
    out: Stocked, ctx: Contexts, at: Any
) -> None:
    held = place(out, ctx, "adult")
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    before = queries.hold(held.hold)
    done_at = at("2020-06-11", "11:00")
    lent = commands.check_out(
        item_barcode="B002", card=out.cards["adult"], ctx=ctx("desk", at=done_at)
    )
    commands.undo(act="check_out", subject=lent.loan, done_at=done_at, ctx=ctx("desk", at=done_at))
    assert queries.hold(held.hold) == before


def test_a_reader_acts_on_their_own_holds_alone(
    out: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    mine = ctx(Actor("patron", out.patrons["adult"]), channel="portal")
    theirs = ctx(Actor("patron", out.patrons["other"]), channel="portal")
    made = commands.place_own_hold(title=out.titles[1], pickup=out.library.east, ctx=mine)
    other = ctx(Actor("patron", out.patrons["adult"]), channel="portal")
    with unchanged():
        for act in (
            lambda: commands.cancel_own_hold(hold=made.hold, ctx=theirs),
            lambda: commands.suspend_own_hold(
                hold=made.hold, until=date(2020, 8, 1), ctx=ctx(theirs.actor)
            ),
            lambda: commands.change_own_pickup(
                hold=made.hold, pickup=out.library.main, ctx=ctx(theirs.actor)
            ),
            lambda: commands.cancel_own_hold(hold="x" * 32, ctx=ctx(mine.actor)),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert codes(refused) == {"hold-unknown"}
    commands.change_own_pickup(hold=made.hold, pickup=out.library.main, ctx=other)
    commands.cancel_own_hold(hold=made.hold, ctx=ctx(mine.actor))
    with pytest.raises(Refused) as refused:
        commands.cancel_own_hold(hold=made.hold, ctx=ctx(mine.actor))
    assert codes(refused) == {"hold-over"}
    row = Event.objects.get(type="hold.cancelled")
    assert (row.actor_kind, row.actor) == ("patron", "")


def test_i7_the_queue_changes_its_order_by_an_event_alone(
    out: Stocked, ctx: Contexts, unchanged: Any
) -> None:
    """HQ-2."""
    first, second = place(out, ctx, "adult"), place(out, ctx, "other")
    with unchanged(), pytest.raises(Refused) as refused:
        commands.move_hold(hold=second.hold, position=1, why=" ", ctx=ctx("desk"))
    assert codes(refused) == {"reason-missing"}
    commands.move_hold(hold=second.hold, position=1, why="残疾读者优先", ctx=ctx("desk"))
    assert [h.id for h in queries.queue(out.titles[1])] == [second.hold, first.hold]
    row = Event.objects.get(type="hold.moved")
    assert (row.subject, row.actor) == (second.hold, out.library.staff["desk"])
    assert "残疾读者优先" in row.data
    with unchanged(), pytest.raises(Refused) as refused:
        commands.move_hold(hold=first.hold, position=1, why="x", ctx=ctx("branch"))
    assert codes(refused) == {"not-permitted"}


def test_f1_suspended_until_a_day(out: Stocked, ctx: Contexts, at: Any, unchanged: Any) -> None:
    """HX-4."""
    held = place(out, ctx, "adult")
    for day in (date(2020, 6, 10), date(2021, 7, 1)):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.suspend_hold(hold=held.hold, until=day, ctx=ctx("desk"))
        assert codes(refused) == {"suspend-day"}
    commands.suspend_hold(hold=held.hold, until=date(2020, 7, 1), ctx=ctx("desk"))
    assert commands.check_in(item_barcode="B002", ctx=ctx(at=at("2020-06-30"))).hold == ""
    assert queries.pull_list(out.library.main, at("2020-06-30")) == ()
    assert [p.barcode for p in queries.pull_list(out.library.main, at("2020-07-01"))] == ["B002"]
    commands.suspend_hold(hold=held.hold, until=None, ctx=ctx("desk"))
    assert [p.barcode for p in queries.pull_list(out.library.main, at("2020-06-30"))] == ["B002"]


def test_f1_another_pickup_place_sends_a_ready_copy_on(out: Stocked, ctx: Contexts) -> None:
    """HX-5."""
    held = place(out, ctx, "adult")
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    moved = commands.change_pickup(hold=held.hold, pickup=out.library.east, ctx=ctx("desk"))
    assert moved.transit_to == out.library.east
    arrived = commands.check_in(item_barcode="B002", ctx=ctx(place=out.library.east))
    assert (arrived.kind, arrived.hold) == ("received", held.hold)


def test_an_item_that_goes_out_of_use_lets_its_hold_wait_again(out: Stocked, ctx: Contexts) -> None:
    """HX-6, HX-7, TR-7, TR-8."""
    held = place(out, ctx, "adult", pickup=out.library.east)
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    assert queries.hold(held.hold).state == "coming"  # type: ignore[union-attr]
    wire()
    with pytest.raises(Refused) as refused:
        items.move_item(item=out.items["B002"], holder=out.library.west, ctx=ctx())
    assert codes(refused) == {"item-in-transit"}
    items.withdraw_item(item=out.items["B002"], why="破损", ctx=ctx())
    assert queries.hold(held.hold).state == "waiting"  # type: ignore[union-attr]
    assert queries.transit_of(out.items["B002"]) is None
    patrons.close_account(patron=out.patrons["adult"], ctx=ctx())
    assert queries.holds_of(out.patrons["adult"]) == ()
    assert Event.objects.filter(type="hold.cancelled").count() == 1


def test_i13_holds_are_forgotten_as_loans_are(out: Stocked, ctx: Contexts, at: Any) -> None:
    """HX-8."""
    places.set_setting(place=out.library.main, key="privacy.history_days", value=365, ctx=ctx())
    held = place(out, ctx, "adult")
    commands.cancel_hold(hold=held.hold, ctx=ctx("desk"))
    assert commands.forget_due(ctx=ctx(at=at("2021-06-09"))) == 0
    assert commands.forget_due(ctx=ctx(at=at("2021-06-11"))) == 1
    about = Event.objects.filter(subject=held.hold)
    assert about.count() == 2
    assert not Reader.objects.filter(event__in=[e.id for e in about]).exists()
    assert Hold.objects.get(id=held.hold).patron_id is None


def test_i5_i7_sixteen_readers_and_desks_keep_queue_and_copies_apart(
    out: Stocked, ctx: Contexts, together: Any
) -> None:
    east, main = out.library.east, out.library.main

    def act(number: int) -> Any:
        who = ("adult", "other")[number % 2]
        try:
            if number < 6:
                return place(out, ctx, who, pickup=(east, main)[number % 2])
            if number < 10:
                barcode = ("B002", "B005")[number % 2]
                return commands.check_in(
                    item_barcode=barcode, ctx=ctx(place=(east, main)[number // 8])
                )
            return place(out, ctx, who, title=0)
        except Refused as refused:
            return refused

    for outcome in together(14, act):
        assert not isinstance(outcome, Exception) or isinstance(outcome, Refused), outcome
    for title in (out.titles[0], out.titles[1]):
        seqs = list(Hold.objects.filter(title=title).values_list("seq", flat=True))
        assert len(seqs) == len(set(seqs)) == 2
    aside = Hold.objects.filter(state__in=("coming", "ready"))
    assert len({h.item_id for h in aside}) == aside.count()
    open_ = Transit.objects.filter(ended_at=None)
    assert len({t.item_id for t in open_}) == open_.count()
