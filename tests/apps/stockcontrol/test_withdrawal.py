"""剔旧 by proposal, review and approval (row K1; 公共图书馆法 28)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stockcontrol import commands, queries
from shuxiang.kernel.context import Actor
from shuxiang.kernel.decision import Refused
from shuxiang.ledger import triggers
from shuxiang.runtime import sql
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def proposal(stocked: Stocked, ctx: Contexts) -> str:
    """Three books by the cataloguer, not proposed yet."""
    for barcode, price in (("B001", 3000), ("B002", 2550)):
        items.change_item(item=stocked.items[barcode], price_fen=price, ctx=ctx())
    made = commands.open_withdrawal(
        place=stocked.library.main, name="破损旧书", basis="剔旧办法第三条", ctx=ctx("cataloguer")
    )
    done = commands.list_for_withdrawal(
        proposal=made, barcodes=("B001", "B002", "B004"), cause="worn", ctx=ctx("cataloguer")
    )
    assert done == commands.Listed(added=3, there=0, refused=())
    return made


def signed(proposal: str, ctx: Contexts, *, approve: bool = True) -> commands.Approved | None:
    commands.propose_withdrawal(proposal=proposal, ctx=ctx("cataloguer"))
    commands.review_withdrawal(proposal=proposal, opinion="已核对", ctx=ctx(Actor("system", "b")))
    if not approve:
        return None
    return commands.approve_withdrawal(proposal=proposal, decision="同意", ctx=ctx("director"))


def statuses() -> dict[str, str]:
    return dict(sql.all("SELECT barcode, status FROM stock_item"))


def codes(refused: Any) -> tuple[str, ...]:
    return tuple(refused.value.decision.codes)


def test_k1_three_signatures_and_the_books_are_gone(
    proposal: str, stocked: Stocked, ctx: Contexts
) -> None:
    made = signed(proposal, ctx)
    assert made is not None
    assert (made.titles, made.volumes, made.fen, made.dropped) == (2, 3, 5550, 0)
    assert {b for b, s in statuses().items() if s == "withdrawn"} == {"B001", "B002", "B004"}
    view = queries.withdrawal(proposal)
    assert view is not None
    assert (view.state, view.titles, view.volumes, view.fen) == ("approved", 2, 3, 5550)
    events = sql.all(
        "SELECT i.barcode, e.amount, e.quantity, e.data FROM ledger_event e "
        "JOIN stock_item i ON i.id = e.item WHERE e.type = 'item.withdrawn' AND e.subject = ? "
        "ORDER BY i.barcode",
        proposal,
    )
    told = {"before": "available", "list": view.number, "why": "worn"}
    assert [(b, a, q, json.loads(d)) for b, a, q, d in events] == [
        ("B001", 3000, 1, told),
        ("B002", 2550, 1, told),
        ("B004", None, 1, told),
    ]
    approved = sql.one(
        "SELECT quantity, amount FROM ledger_event WHERE type = 'withdrawal.approved' "
        "AND subject = ?",
        proposal,
    )
    assert approved == (3, 5550)


def test_k1_the_approved_list_can_not_be_changed_and_proves_itself(
    proposal: str, ctx: Contexts
) -> None:
    made = signed(proposal, ctx)
    assert made is not None
    lines = queries.withdrawn(proposal)
    assert [x.barcode for x in lines] == ["B001", "B002", "B004"]
    assert queries.digest_of(lines) == made.digest == queries.stored_digest(proposal)
    for statement in (
        "UPDATE stockcontrol_withdrawn SET price_fen = 1",
        "DELETE FROM stockcontrol_withdrawn",
    ):
        with pytest.raises(DatabaseError), sql.savepoint():
            sql.run(statement)
    with triggers.lifted():
        sql.run("UPDATE stockcontrol_withdrawn SET price_fen = 1 WHERE number = 1")
    assert queries.digest_of(queries.withdrawn(proposal)) != made.digest
    view = queries.withdrawal(proposal)
    assert view is not None
    assert queries.altered() == (view.number,)


def test_k1_nobody_signs_twice(proposal: str, ctx: Contexts, unchanged: Any) -> None:
    cataloguer = ctx("cataloguer")
    commands.propose_withdrawal(proposal=proposal, ctx=ctx("cataloguer"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.review_withdrawal(proposal=proposal, opinion="好", ctx=cataloguer)
    assert codes(refused) == ("withdrawal-same-person",)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.approve_withdrawal(proposal=proposal, ctx=ctx("director"))
    assert codes(refused) == ("withdrawal-state",)
    commands.review_withdrawal(proposal=proposal, opinion="已核对", ctx=ctx("director"))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.approve_withdrawal(proposal=proposal, ctx=ctx("director"))
    assert codes(refused) == ("withdrawal-same-person",)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.approve_withdrawal(proposal=proposal, ctx=ctx("desk"))
    assert codes(refused) == ("not-permitted",)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.list_for_withdrawal(
            proposal=proposal, barcodes=("B005",), cause="worn", ctx=ctx("cataloguer")
        )
    assert codes(refused) == ("withdrawal-state",)


def test_k1_sent_back_with_what_is_wrong_and_proposed_again(proposal: str, ctx: Contexts) -> None:
    commands.propose_withdrawal(proposal=proposal, ctx=ctx("cataloguer"))
    commands.review_withdrawal(
        proposal=proposal, opinion="B002 尚好", agree=False, ctx=ctx("director")
    )
    line = next(x for x in queries.proposal_lines(proposal) if x.book.barcode == "B002")
    commands.unlist(line=line.id, ctx=ctx("cataloguer"))
    made = signed(proposal, ctx)
    assert made is not None
    assert made.volumes == 2


def test_k1_refused_with_a_reason_and_nothing_goes(
    proposal: str, ctx: Contexts, unchanged: Any
) -> None:
    signed(proposal, ctx, approve=False)
    with unchanged(), pytest.raises(Refused) as refused:
        commands.refuse_withdrawal(proposal=proposal, why=" ", ctx=ctx("director"))
    assert codes(refused) == ("reason-missing",)
    commands.refuse_withdrawal(proposal=proposal, why="经费未定", ctx=ctx("director"))
    view = queries.withdrawal(proposal)
    assert view is not None
    assert (view.state, view.decision) == ("refused", "经费未定")
    assert "withdrawn" not in statuses().values()
    with unchanged(), pytest.raises(Refused):
        commands.approve_withdrawal(proposal=proposal, ctx=ctx("director"))


def test_k1_what_is_lent_kept_or_sent_meanwhile_stays(
    proposal: str, stocked: Stocked, ctx: Contexts
) -> None:
    signed(proposal, ctx, approve=False)
    card = stocked.cards["adult"]
    circulation.check_out(item_barcode="B001", card=card, ctx=ctx())
    circulation.check_out(item_barcode="B002", card=card, ctx=ctx())
    circulation.check_in(item_barcode="B002", ctx=ctx(place=stocked.library.east))
    made = commands.approve_withdrawal(proposal=proposal, ctx=ctx("director"))
    assert (made.volumes, made.dropped) == (1, 2)
    dropped = {x.book.barcode: x.dropped for x in queries.proposal_lines(proposal) if x.dropped}
    assert dropped == {"B001": "withdrawal-on-loan", "B002": "withdrawal-under-way"}
    assert statuses()["B001"] == "available"


def test_k1_what_is_not_put_on_a_list(proposal: str, stocked: Stocked, ctx: Contexts) -> None:
    circulation.check_out(item_barcode="B005", card=stocked.cards["adult"], ctx=ctx())
    items.withdraw_item(item=stocked.items["B006"], why="破", ctx=ctx())
    circulation.place_hold(
        item_barcode="B007", card=stocked.cards["other"], pickup=stocked.library.main, ctx=ctx()
    )
    done = commands.list_for_withdrawal(
        proposal=proposal,
        barcodes=("B001", "B003", "B005", "B006", "B007", "X999", "B003"),
        cause="outdated",
        ctx=ctx("cataloguer"),
    )
    assert (done.added, done.there) == (1, 1)
    assert sorted((code, reason.code) for code, reason in done.refused) == [
        ("B005", "withdrawal-on-loan"),
        ("B006", "item-withdrawn"),
        ("B007", "withdrawal-held"),
        ("X999", "item-unknown"),
    ]


def test_k1_a_branch_s_list_takes_its_own_books_only(stocked: Stocked, ctx: Contexts) -> None:
    east = stocked.library.east
    made = commands.open_withdrawal(
        place=east, name="东区旧书", basis="清点", ctx=ctx("cataloguer")
    )
    done = commands.list_for_withdrawal(
        proposal=made, barcodes=("B001", "E001"), cause="worn", ctx=ctx("cataloguer")
    )
    assert (done.added, [(c, r.code) for c, r in done.refused]) == (
        1, [("B001", "withdrawal-elsewhere")],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": " "}, ("name-missing",)),
        ({"basis": ""}, ("reason-missing",)),
        ({"place": "0" * 32}, ("place-unknown",)),
    ],
)
def test_k1_what_is_no_proposal(
    stocked: Stocked, ctx: Contexts, unchanged: Any, values: dict[str, str],
    expected: tuple[str, ...],
) -> None:  # fmt: skip
    usual = {"place": stocked.library.main, "name": "旧书", "basis": "办法"}
    with unchanged(), pytest.raises(Refused) as refused:
        commands.open_withdrawal(**(usual | values), ctx=ctx("cataloguer"))
    assert codes(refused) == expected
