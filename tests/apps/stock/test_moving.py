"""I18: who may change, move, withdraw an item is asked where the item belongs, not only where the
clerk sits; and moving by a list of scans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.places import commands as places
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stock.commands.moving import Moved, move_items
from shuxiang.kernel.context import Actor
from shuxiang.kernel.decision import Refused, stop
from shuxiang.ledger.models import Event
from shuxiang.project.wiring import wire
from tests.support.library import PASSWORD, Contexts, Library
from tests.support.stocked import Stocked, build


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library) -> Stocked:
    wire()
    made: Stocked = scene("stock.stocked", lambda: build(library))
    return made


@pytest.fixture
def keeper(stocked: Stocked, ctx: Contexts) -> Actor:
    """A cataloguer of the east branch alone."""
    account = staff.add_account(
        username="easterner",
        name="东区编目",
        home=stocked.library.east,
        password_hash=staff.hashed(PASSWORD, username="easterner"),
        must_change=False,
        ctx=ctx(),
    )
    staff.grant(account=account, role="cataloguer", place=stocked.library.east, ctx=ctx())
    return Actor("staff", account)


ACTS: dict[str, Callable[[str, Any], Any]] = {
    "change": lambda item, ctx: items.change_item(item=item, call_number="I1/1", ctx=ctx),
    "status": lambda item, ctx: items.set_item_status(item=item, status="blocked", ctx=ctx),
    "withdraw": lambda item, ctx: items.withdraw_item(item=item, why="破旧", ctx=ctx),
    "move": lambda item, ctx: items.move_item(item=item, holder=ctx.service_point, ctx=ctx),
}


@pytest.mark.parametrize("act", ACTS)
def test_i18_another_branchs_item_is_out_of_reach(
    act: str, stocked: Stocked, keeper: Actor, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        ACTS[act](stocked.items["B001"], ctx(keeper, place=stocked.library.east))
    assert refused.value.decision.codes == ("not-permitted",)


@pytest.mark.parametrize("act", ["change", "status", "withdraw"])
def test_i18_ones_own_item_is_not(act: str, stocked: Stocked, keeper: Actor, ctx: Contexts) -> None:
    ACTS[act](stocked.items["E001"], ctx(keeper, place=stocked.library.east))


def test_i18_nor_is_an_item_sent_where_one_may_not(
    stocked: Stocked, keeper: Actor, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        items.move_item(
            item=stocked.items["E001"],
            holder=stocked.library.west,
            ctx=ctx(keeper, place=stocked.library.east),
        )
    assert refused.value.decision.codes == ("not-permitted",)


def test_an_item_on_loan_is_not_moved_silently(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        items.move_item(item=stocked.items["B001"], holder=stocked.library.east, ctx=ctx())
    assert refused.value.decision.codes == ("item-on-loan",)


def test_a_list_of_scans_moves_what_it_can_and_says_the_rest(
    stocked: Stocked, ctx: Contexts
) -> None:
    circulation.check_out(item_barcode="B003", card=stocked.cards["adult"], ctx=ctx())
    shelf = places.add_location(place=stocked.library.east, code="kids", name="少儿区", ctx=ctx())
    done = move_items(
        barcodes=["B001", "b００2", "B001", "B003", "NONE", " "],
        holder=stocked.library.east,
        location=shelf,
        ctx=ctx("cataloguer"),
    )
    assert done == Moved(
        moved=("B001", "B002"),
        there=(),
        refused=(
            ("B003", (stop("item-on-loan", due="2020-07-10"),)),
            ("NONE", (stop("item-unknown", barcode="NONE"),)),
        ),
    )
    moved = stock.item(stocked.items["B001"])
    assert moved is not None
    assert (moved.holder, moved.location, moved.owner) == (
        stocked.library.east,
        shelf,
        stocked.library.main,
    )
    again = move_items(barcodes=["B001"], holder=stocked.library.east, ctx=ctx("cataloguer"))
    assert again.there == ("B001",)
    assert Event.objects.filter(type="item.moved").count() == 2


def test_owner_and_barcode_space_move_along_when_asked(stocked: Stocked, ctx: Contexts) -> None:
    done = move_items(
        barcodes=["B001"], holder=stocked.library.east, with_owner=True, ctx=ctx("cataloguer")
    )
    assert done.moved == ("B001",)
    item = stock.item(stocked.items["B001"])
    assert item is not None
    assert item.owner == stocked.library.east


@pytest.mark.parametrize(
    ("barcodes", "code"), [([], "scan-empty"), ([f"{n}" for n in range(501)], "scans-too-many")]
)
def test_bad_lists(barcodes: list[str], code: str, stocked: Stocked, ctx: Contexts) -> None:
    with pytest.raises(Refused) as refused:
        move_items(barcodes=barcodes, holder=stocked.library.east, ctx=ctx())
    assert refused.value.decision.codes == (code,)


def test_b4_a_barcode_of_two_libraries_is_named_with_its_library(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """B4, SC-8."""
    joined = places.add_place(
        kind="branch", code="joined", name="并入馆", parent=stocked.library.main,
        own_barcodes=True, ctx=ctx(),
    )  # fmt: skip
    theirs = items.add_item(
        title=stocked.titles[1], barcode="B001", owner=joined, category="book", ctx=ctx()
    )
    with unchanged():
        done = move_items(barcodes=["B001", "B001@nowhere"], holder=stocked.library.west, ctx=ctx())
    assert done.moved == ()
    (asked, unknown) = done.refused
    assert asked == (
        "B001",
        (stop("barcode-of-several", barcode="B001", choices="B001@joined、B001@main"),),
    )
    assert unknown[1] == (stop("item-unknown", barcode="B001@NOWHERE"),)
    done = move_items(barcodes=["b001@joined"], holder=stocked.library.west, ctx=ctx())
    assert done.moved == ("B001@JOINED",)
    found = stock.item(theirs)
    assert found is not None
    assert found.holder == stocked.library.west
