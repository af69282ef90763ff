"""Who gets which copy, and what ends a hold (HQ-, HS-, HX-, UN- of docs/circulation/holds.md)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.circulation.rules import holds as rules
from shuxiang.apps.circulation.rules.holds import Shelf, Waiting
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places.commands import add_place
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.context import Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.project.wiring import wire
from tests.apps.circulation.acts import codes, line, place
from tests.apps.patrons import people
from tests.support.library import Contexts
from tests.support.stocked import Stocked

NEAR = {"main": 0, "point": 1, "branch": 2, "far": 3}
"""How far each place is from the pickup place of every hold in the table."""


def waiting(text: str) -> list[Waiting]:
    """``ann bob:7 eve@B2``: in the order of their numbers; a rank; the one copy that will do."""
    holds = []
    for seq, word in enumerate(text.split(), 1):
        name, _, wanted = word.partition("@")
        name, _, rank = name.partition(":")
        holds.append(
            Waiting(
                id=name,
                patron=name,
                pickup="main",
                rank=int(rank or 10),
                seq=seq,
                wanted=wanted or None,
            )
        )
    return holds


@pytest.mark.parametrize(
    ("holds", "copies", "in_hand", "answer"),
    [
        ("ann bob", "B1=main", "", "ann=B1"),
        ("ann bob:7", "B1=main", "", "bob=B1"),
        ("ann", "B1=far B2=branch B3=point B4=main", "", "ann=B4"),
        ("ann", "B1=far B2=branch B3=point", "", "ann=B3"),
        ("ann", "B1=far B2=branch", "", "ann=B2"),
        ("ann bob", "B1=far B2=main", "", "ann=B2 bob=B1"),
        ("ann", "B1=branch B2=branch", "B2", "ann=B2"),
        ("ann bob", "B1=main B2=branch", "B2", "ann=B1 bob=B2"),
        ("ann", "B1=main B2=branch", "B2", "ann=B1"),
        ("ann@B2 bob", "B1=main B2=far", "", "ann=B2 bob=B1"),
        ("ann@B9 bob", "B1=main", "", "bob=B1"),
        ("sick bob", "B1=main", "", "bob=B1"),
        ("", "B1=main", "B1", ""),
    ],
    ids=[
        "in the order of the queue",
        "who was put first goes first",
        "the one at the pickup place",
        "then of the branch and its points",
        "then of the library",
        "each the nearest that is left",
        "of equally near ones the one in hand",
        "in hand it goes to the first not served by a nearer one",
        "a nearer one on a shelf leaves the one in hand free",
        "one certain copy, wherever it is",
        "for one certain copy no other will do",
        "who may not have it keeps the place and others pass",
        "nobody waits",
    ],
)
def test_hq_3_who_gets_which_copy(holds: str, copies: str, in_hand: str, answer: str) -> None:
    shelves = [Shelf(item=c.split("=")[0], place=c.split("=")[1]) for c in copies.split()]
    found = rules.assign(
        waiting(holds),
        shelves,
        distance=lambda copy, _pickup: NEAR[copy],
        fits=lambda hold, _copy: hold.patron != "sick",
        in_hand=in_hand,
    )
    assert " ".join(f"{hold}={item}" for hold, item in found.items()) == answer


@pytest.mark.db
def test_hq_3_how_far_places_are_from_each_other(stocked: Stocked, ctx: Contexts) -> None:
    p = stocked.library
    hall, room = (
        add_place(kind="service_point", code=code, name=code, parent=p.main, ctx=ctx())
        for code in ("hall", "room")
    )
    joined = add_place(
        kind="branch", code="joined", name="并入馆", parent=p.main, own_barcodes=True, ctx=ctx()
    )
    far = {
        (hall, p.main): 1,
        (hall, room): 1,
        (hall, p.point): 2,
        (joined, p.main): 3,
        (p.east, p.east): 0,
        (p.point, p.east): 1,
        (p.main, p.east): 2,
        (p.west, p.east): 2,
        (p.west, p.point): 2,
    }
    assert {pair: queries.distance(*pair) for pair in far} == far


def listed(place_: str, moment: Any) -> list[str]:
    return [p.barcode for p in queries.pull_list(place_, moment)]


@pytest.mark.db
def test_hq_5_only_what_stands_free_on_a_shelf(stocked: Stocked, ctx: Contexts, at: Any) -> None:
    """On loan, on its way, set aside, out of use: of 三体 nothing is free until a copy is added."""
    now, main = at("2020-06-10"), stocked.library.main
    commands.check_out(item_barcode="B002", card=stocked.cards["other"], ctx=ctx("desk"))
    assert commands.check_in(item_barcode="B005", ctx=ctx(place=stocked.library.west)).transit_to
    commands.place_hold(
        item_barcode="B008", card=stocked.cards["child"], pickup=main, ctx=ctx("desk")
    )
    assert commands.check_in(item_barcode="B008", ctx=ctx("desk")).hold
    for barcode in ("X1", "X2"):
        items.add_item(
            title=stocked.titles[1], barcode=barcode, owner=main, category="book", ctx=ctx()
        )
    (x1, x2) = (stock.scanned_items(b)[0].id for b in ("X1", "X2"))
    items.set_item_status(item=x1, status="damaged", ctx=ctx())
    items.set_item_status(item=x2, status="in_processing", ctx=ctx())
    assert place(stocked, ctx, "adult").kind == "title"
    assert listed(main, now) == []
    items.set_item_status(item=x2, status="available", ctx=ctx())
    assert listed(main, now) == ["X2"]


@pytest.mark.db
def test_hq_6_the_pull_list_of_a_place_and_its_points_in_shelf_order(
    stocked: Stocked, ctx: Contexts, at: Any
) -> None:
    now, library = at("2020-06-10"), stocked.library
    for barcode, owner, call_number in (
        ("P1", library.point, "I242.4/3"),
        ("E2", library.east, "I247.55/2"),
        ("E3", library.east, "I247.5/11"),
    ):
        items.add_item(
            title=stocked.titles[3], barcode=barcode, owner=owner, category="book",
            call_number=call_number, ctx=ctx(),
        )  # fmt: skip
        commands.place_hold(
            item_barcode=barcode,
            card=stocked.cards[{"P1": "adult", "E2": "other", "E3": "child"}[barcode]],
            pickup=library.west,
            ctx=ctx("desk"),
        )
    place(stocked, ctx, "adult", title=1)
    assert listed(library.east, now) == ["P1", "E3", "E2"]
    assert listed(library.point, now) == ["P1"]
    # The main library has its own; a branch has staff who fetch theirs.
    assert listed(library.main, now) == ["B002"]
    assert {p.pickup for p in queries.pull_list(library.east, now)} == {library.west}


@pytest.mark.db
def test_hq_6_not_there_it_counts_as_missing_and_the_next_one_is_asked_for(
    stocked: Stocked, ctx: Contexts, at: Any, unchanged: Any
) -> None:
    held = place(stocked, ctx, "adult")
    main, now = stocked.library.main, at("2020-06-10")
    assert listed(main, now) == ["B002"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.not_on_shelf(item=stocked.items["B005"], ctx=ctx("desk"))
    assert codes(refused) == {"not-on-pull-list"}
    assert commands.not_on_shelf(item=stocked.items["B002"], ctx=ctx("desk")) == held.hold
    gone = stock.scanned_item(stocked.items["B002"])
    assert gone is not None
    assert gone.status == "missing"
    assert listed(main, now) == ["B005"]
    # Scanned anywhere it is there again, and being in hand it is the reader's.
    back = commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    assert (back.hold, {t.code for t in back.tells}) == (held.hold, {"hold-ready", "was-missing"})
    assert listed(main, now) == []
    assert line("B002", stocked) == ["item.status", "item.status", "hold.ready"]


@pytest.mark.db
def test_hs_4_any_copy_fills_the_hold_and_the_one_set_aside_goes_on(
    out: Stocked, ctx: Contexts
) -> None:
    held, second = place(out, ctx, "adult"), place(out, ctx, "other")
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    commands.suspend_hold(hold=second.hold, until=date(2020, 7, 1), ctx=ctx("desk"))
    assert commands.check_in(item_barcode="B005", ctx=ctx("desk")).hold == ""
    commands.suspend_hold(hold=second.hold, until=None, ctx=ctx("desk"))
    lent = commands.check_out(item_barcode="B005", card=out.cards["adult"], ctx=ctx("desk"))
    assert lent.hold == held.hold
    assert line("B005", out)[-2:] == ["loan.opened", "hold.filled"]
    assert queries.holds_of(out.patrons["adult"]) == ()
    next_one = queries.hold(second.hold)
    assert next_one is not None
    assert (next_one.state, next_one.item) == ("ready", out.items["B002"])


@pytest.mark.db
def test_hs_4_a_hold_of_one_copy_is_filled_by_that_copy_alone(out: Stocked, ctx: Contexts) -> None:
    held = commands.place_hold(
        item_barcode="B002", card=out.cards["adult"], pickup=out.library.main, ctx=ctx("desk")
    )
    for barcode in ("B005", "B002"):
        commands.check_in(item_barcode=barcode, ctx=ctx("desk"))
    another = commands.check_out(item_barcode="B005", card=out.cards["adult"], ctx=ctx("desk"))
    assert another.hold == ""
    assert [h.state for h in queries.holds_of(out.patrons["adult"])] == ["ready"]
    that = commands.check_out(item_barcode="B002", card=out.cards["adult"], ctx=ctx("desk"))
    assert that.hold == held.hold


@pytest.mark.db
@pytest.mark.parametrize(
    ("allows", "free", "renewed"), [(False, 0, False), (True, 0, True), (False, 1, True)]
)
def test_hs_5_a_renewal_while_others_wait(
    out: Stocked, ctx: Contexts, at: Any, unchanged: Any, allows: bool, free: int, renewed: bool
) -> None:
    commands.add_rule(
        place=out.library.main, reader_category="child", valid_from=date(2020, 6, 1),
        loan_limit=3, loan_days=30, renew_when_held=allows, ctx=ctx(),
    )  # fmt: skip
    for _ in range(free):
        commands.check_in(item_barcode="B008", ctx=ctx("desk"))
    loan = queries.open_loan_of(out.items["B002"])
    assert loan is not None
    place(out, ctx, "adult")
    if renewed:
        assert commands.renew(loan=loan.id, ctx=ctx("desk")).renewals == 1
        return
    with unchanged(), pytest.raises(Refused) as refused:
        commands.renew(loan=loan.id, ctx=ctx("desk"))
    (reason,) = refused.value.decision.refusing
    assert (reason.code, reason.data) == ("renewal-held", {"count": 1})


@pytest.mark.db
def test_hx_1_a_hold_that_waits_leaves_the_queue(out: Stocked, ctx: Contexts, at: Any) -> None:
    third = people.adult(ctx(), number=people.id_number(date(1970, 2, 3), 5), name="赵六")
    first, second = place(out, ctx, "adult"), place(out, ctx, "other", expires_on=date(2020, 6, 20))
    last = commands.place_hold(
        title=out.titles[1], card=third.number, pickup=out.library.main, ctx=ctx("desk")
    )
    assert (first.position, second.position, last.position) == (1, 2, 3)
    ended = commands.cancel_hold(hold=first.hold, ctx=ctx("desk"))
    assert (ended.item, ended.next_hold) == ("", "")
    assert [h.id for h in queries.queue(out.titles[1])] == [second.hold, last.hold]
    # Its last day is a day it waits still.
    assert commands.expire_holds(ctx=ctx(at=at("2020-06-20"))) == 0
    assert commands.expire_holds(ctx=ctx(at=at("2020-06-21"))) == 1
    assert [h.id for h in queries.queue(out.titles[1])] == [last.hold]
    ends = Event.objects.filter(type__in=("hold.cancelled", "hold.expired")).order_by("id")
    assert [(e.type, e.subject, e.item) for e in ends] == [
        ("hold.cancelled", first.hold, None),
        ("hold.expired", second.hold, None),
    ]


@pytest.mark.db
@pytest.mark.parametrize("how", ["cancelled", "suspended", "expired"])
@pytest.mark.parametrize(
    ("pickup", "next_at", "to"),
    [
        ("main", "main", ""),
        ("main", "east", "east"),
        ("main", "", ""),
        ("east", "", "main"),
    ],
    ids=["ready for the next", "on its way to the next", "to its shelf", "home"],
)
def test_hx_2_where_a_ready_copy_goes(
    out: Stocked, ctx: Contexts, at: Any, how: str, pickup: str, next_at: str, to: str
) -> None:
    here = getattr(out.library, pickup)
    held = place(out, ctx, "adult", pickup=here)
    commands.check_in(item_barcode="B002", ctx=ctx(place=here))
    second = place(out, ctx, "other", pickup=getattr(out.library, next_at)) if next_at else None
    if how == "cancelled":
        commands.cancel_hold(hold=held.hold, ctx=ctx("desk"))
    elif how == "suspended":
        commands.suspend_hold(hold=held.hold, until=date(2020, 7, 1), ctx=ctx("desk"))
    else:
        assert commands.expire_holds(ctx=ctx(at=at("2020-06-17"))) == 1
    way = queries.transit_of(out.items["B002"])
    assert (way.destination if way else "") == (getattr(out.library, to) if to else "")
    if second is not None:
        following = queries.hold(second.hold)
        assert following is not None
        assert following.item == out.items["B002"]
        assert following.state == ("coming" if to else "ready")
    # What is to be taken away; a suspended hold is not over, and may be given another copy.
    away = [h.id for h in queries.hold_shelf(here) if h.state in ("cancelled", "expired")]
    assert away == ([] if how == "suspended" or (second and not to) else [held.hold])
    commands.check_in(item_barcode="B002", ctx=ctx(place=here, at=at("2020-06-18")))
    assert [h.state for h in queries.hold_shelf(here)] == (["ready"] if second and not to else [])


@pytest.mark.db
@pytest.mark.parametrize("how", ["cancelled", "suspended"])
@pytest.mark.parametrize("next_reader", [True, False])
def test_hx_3_a_copy_on_its_way_is_routed_where_it_arrives(
    out: Stocked, ctx: Contexts, how: str, next_reader: bool
) -> None:
    east, west = out.library.east, out.library.west
    held = place(out, ctx, "adult", pickup=west)
    commands.check_in(item_barcode="B002", ctx=ctx())
    second = place(out, ctx, "other", pickup=east) if next_reader else None
    ended = (
        commands.cancel_hold(hold=held.hold, ctx=ctx("desk"))
        if how == "cancelled"
        else commands.suspend_hold(hold=held.hold, until=date(2020, 7, 1), ctx=ctx("desk"))
    )
    assert (ended.next_hold, ended.transit_to) == ("", "")
    view = queries.transit_of(out.items["B002"])
    assert view is not None
    assert (view.destination, view.hold) == (west, "")
    arrived = commands.check_in(item_barcode="B002", ctx=ctx(place=west))
    assert (arrived.kind, arrived.hold, arrived.transit_to) == (
        "received",
        second.hold if second else "",
        east if second else out.library.main,
    )


@pytest.mark.db
def test_hx_6_a_closed_account_waits_for_nothing(out: Stocked, ctx: Contexts) -> None:
    wire()
    adult = out.patrons["adult"]
    held, other = place(out, ctx, "adult"), place(out, ctx, "other")
    place(out, ctx, "adult", title=0)
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    patrons.close_account(patron=adult, ctx=ctx("desk"))
    assert queries.holds_of(adult) == ()
    rows = Event.objects.filter(type="hold.cancelled")
    assert rows.count() == 2
    assert held.hold in {r.subject for r in rows}
    # What was ready for them is ready for the next.
    following = queries.hold(other.hold)
    assert following is not None
    assert (following.state, following.item) == ("ready", out.items["B002"])


@pytest.mark.db
@pytest.mark.parametrize("cancelled", [False, True])
def test_un_6_and_7_a_hold_that_was_overruled(
    out: Stocked, ctx: Contexts, at: Any, unchanged: Any, cancelled: bool
) -> None:
    """UN-6: ready as before; UN-7: unless it has been cancelled since."""
    held = place(out, ctx, "adult")
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    before = queries.hold(held.hold)
    done_at = at("2020-06-11", "11:00")
    why = Override("item-on-hold-shelf", "预约读者让出")
    lent = commands.check_out(
        item_barcode="B002",
        card=out.cards["other"],
        ctx=ctx("desk", at=done_at, overrides=(why,)),
    )
    later = done_at + timedelta(seconds=30)

    def undo() -> None:
        commands.undo(act="check_out", subject=lent.loan, done_at=done_at, ctx=ctx(at=later))

    if cancelled:
        commands.cancel_hold(hold=held.hold, ctx=ctx("desk", at=later))
        with unchanged(), pytest.raises(Refused) as refused:
            undo()
        assert codes(refused) == {"nothing-to-undo"}
        assert queries.open_loan_of(out.items["B002"]) is not None
        return
    undo()
    assert queries.hold(held.hold) == before
    assert queries.open_loan_of(out.items["B002"]) is None
