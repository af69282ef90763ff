"""E4: lost and damaged: reported, settled with who and why, reversible; a refused act changes
nothing. Cases LD- of docs/circulation/lost.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.circulation.models import Loan, LostCase
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event, Reader
from shuxiang.project.wiring import wire
from shuxiang.statistics import invariants
from tests.support.library import Contexts
from tests.support.stocked import Stocked


@pytest.fixture
def lent(stocked: Stocked, ctx: Contexts) -> str:
    """B001 lent to the adult; its loan."""
    return commands.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx()).loan


@pytest.fixture
def lost(stocked: Stocked, lent: str, ctx: Contexts) -> str:
    """The case of B001, reported lost."""
    return commands.report_lost(
        item=stocked.items["B001"], kind="lost", why="搬家丢失", ctx=ctx("desk")
    )


def refused(act: Callable[[], Any]) -> tuple[str, ...]:
    with pytest.raises(Refused) as found:
        act()
    return found.value.decision.codes


def story(item: str) -> list[tuple[str, int, int | None]]:
    rows = Event.objects.filter(item=item).order_by("item_seq")
    return [(e.type, e.quantity, e.amount) for e in rows]


def acts(item: str, after: int) -> list[str]:
    """What happened to an item after its row of that number; reversing rows with a minus."""
    rows = Event.objects.filter(item=item, item_seq__gt=after).order_by("item_seq")
    return [("-" if e.quantity < 0 else "") + e.type for e in rows]


def seq(item: str) -> int:
    found = stock.scanned_item(item)
    assert found is not None
    return found.event_seq


def status(item: str) -> str:
    found = stock.item(item)
    assert found is not None
    return found.status


def state(case: str) -> str:
    found = queries.lost_case(case)
    assert found is not None
    return found.state


def settle(case: str, how: str, ctx: Contexts) -> str:
    """Settle a case in one of the three ways, by somebody who may do each."""
    given: dict[str, Any] = {"paid": {"amount_fen": 5980}, "replaced": {"barcode": "N100"}}
    return commands.settle_lost(
        case=case, how=how, why="结清", **given.get(how, {}), ctx=ctx("director")
    )


def sound() -> None:
    for proof in (invariants.one_open_loan, invariants.loans_balance, invariants.one_row_a_change):
        found = proof()
        assert found.ok, found.detail


def test_e4_a_lost_book_stays_on_its_reader_until_settled(
    stocked: Stocked, lost: str, lent: str, ctx: Contexts
) -> None:
    """LD-1."""
    case = queries.lost_case(lost)
    assert case is not None
    assert (case.state, case.loan, case.loan_open, case.patron, case.why, case.reported_by) == (
        "open",
        lent,
        True,
        stocked.patrons["adult"],
        "搬家丢失",
        ctx.library.staff["desk"],
    )
    item = stock.item(stocked.items["B001"])
    assert item is not None
    assert item.status == "lost"
    assert [loan.id for loan in queries.open_loans(stocked.patrons["adult"])] == [lent]
    assert [c.id for c in queries.lost_cases_of(stocked.patrons["adult"])] == [lost]
    assert acts(stocked.items["B001"], 2) == ["item.status", "lost.reported"]
    sound()


def test_e4_paid_writes_the_loan_off(stocked: Stocked, lost: str, lent: str, ctx: Contexts) -> None:
    """LD-5."""
    commands.settle_lost(case=lost, how="paid", amount_fen=5980, why="收据 0012", ctx=ctx("desk"))
    case = queries.lost_case(lost)
    assert case is not None
    assert (case.state, case.settled_as, case.amount_fen, case.settled_why, case.patron) == (
        "settled",
        "paid",
        5980,
        "收据 0012",
        "",
    )
    loan = Loan.objects.get(id=lent)
    assert (loan.ended_as, loan.returned_place_id) == ("written_off", stocked.library.main)
    assert story(stocked.items["B001"])[1:] == [
        ("loan.opened", 1, None),
        ("item.status", 1, None),
        ("lost.reported", 1, None),
        ("loan.written_off", 1, None),
        ("lost.settled", 1, 5980),
    ]
    settled = Event.objects.get(type="lost.settled")
    assert (settled.source, settled.subject, settled.actor) == (
        "paid",
        lost,
        ctx.library.staff["desk"],
    )
    assert Reader.objects.get(event=settled.id).patron == stocked.patrons["adult"]
    sound()


def test_e4_a_copy_given_in_its_place_is_accessioned_and_linked(
    stocked: Stocked, lost: str, lent: str, ctx: Contexts
) -> None:
    """LD-4."""
    before = seq(stocked.items["B001"])
    copy = commands.settle_lost(
        case=lost, how="replaced", barcode="n100", why="赔同版书", ctx=ctx("desk")
    )
    new, old = stock.item(copy), stock.item(stocked.items["B001"])
    assert new is not None
    assert old is not None
    assert (new.barcode, new.title, new.owner, new.source, new.status) == (
        "N100",
        old.title,
        old.owner,
        "replacement",
        "available",
    )
    assert old.status == "lost"
    case = queries.lost_case(lost)
    assert case is not None
    assert (case.replacement, case.replacement_barcode) == (copy, "N100")
    assert acts(copy, 0) == ["item.accessioned"]
    assert acts(stocked.items["B001"], before) == ["loan.written_off", "lost.settled"]
    assert Loan.objects.get(id=lent).ended_as == "written_off"
    sound()


def test_e4_the_next_free_barcode_serves_where_none_is_scanned(
    stocked: Stocked, lost: str, ctx: Contexts
) -> None:
    for key, value in (("items.barcode_prefix", "P"), ("items.barcode_digits", 4)):
        places.set_setting(place=stocked.library.main, key=key, value=value, ctx=ctx())
    commands.settle_lost(case=lost, how="replaced", why="赔书", ctx=ctx("desk"))
    case = queries.lost_case(lost)
    assert case is not None
    assert case.replacement_barcode == "P0001"


def test_e4_only_who_may_waives(
    stocked: Stocked, lost: str, lent: str, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """LD-6."""
    before = seq(stocked.items["B001"])
    with unchanged():
        assert refused(
            lambda: commands.settle_lost(case=lost, how="waived", why="家中失火", ctx=ctx("desk"))
        ) == ("not-permitted",)
    commands.settle_lost(case=lost, how="waived", why="家中失火", ctx=ctx("director"))
    case = queries.lost_case(lost)
    assert case is not None
    assert (case.settled_as, case.amount_fen) == ("waived", None)
    assert Loan.objects.get(id=lent).ended_as == "written_off"
    assert acts(stocked.items["B001"], before) == ["loan.written_off", "lost.settled"]
    sound()


def test_e4_found_again_after_payment_closes_the_loan_as_returned(
    stocked: Stocked, lost: str, lent: str, ctx: Contexts, at: Callable[..., Any]
) -> None:
    """LD-10."""
    commands.settle_lost(case=lost, how="paid", amount_fen=5980, why="收据", ctx=ctx("desk"))
    later = at("2020-06-20", "11:00")
    commands.found_again(case=lost, why="读者找回", refunded=True, ctx=ctx("desk", at=later))
    case = queries.lost_case(lost)
    assert case is not None
    assert (case.state, case.ended_as, case.ended_why) == ("ended", "found", "读者找回")
    loan = Loan.objects.get(id=lent)
    assert (loan.ended_as, str(loan.returned_on)) == ("returned", "2020-06-20")
    assert story(stocked.items["B001"])[-6:] == [
        ("lost.settled", 1, 5980),
        ("loan.written_off", -1, None),
        ("loan.closed", 1, None),
        ("lost.settled", -1, 5980),
        ("item.status", 1, None),
        ("lost.found", 1, None),
    ]
    item = stock.item(stocked.items["B001"])
    assert item is not None
    assert item.status == "available"
    sound()
    commands.check_out(item_barcode="B001", card=stocked.cards["other"], ctx=ctx("desk", at=later))


def test_e4_found_before_it_was_settled_is_a_return(
    stocked: Stocked, lost: str, lent: str, ctx: Contexts
) -> None:
    """LD-8."""
    before = seq(stocked.items["B001"])
    commands.found_again(case=lost, why="还来了", ctx=ctx("desk", place=stocked.library.east))
    assert state(lost) == "ended"
    # It came back in the east and is sent home, as any return is.
    assert acts(stocked.items["B001"], before) == [
        "item.status",
        "loan.closed",
        "transit.sent",
        "lost.found",
    ]
    assert Loan.objects.get(id=lent).ended_as == "returned"
    item = stock.item(stocked.items["B001"])
    assert item is not None
    assert (item.status, item.holder) == ("available", stocked.library.east)
    sound()


def test_e4_returned_by_a_scan_the_case_waits_to_be_closed(
    stocked: Stocked, lost: str, ctx: Contexts
) -> None:
    commands.check_in(item_barcode="B001", ctx=ctx("desk"))
    case = queries.lost_case(lost)
    assert case is not None
    assert case.state == "back"
    settle: dict[str, Any] = {"case": lost, "how": "paid", "amount_fen": 1, "why": "x"}
    assert refused(lambda: commands.settle_lost(**settle, ctx=ctx("desk"))) == ("lost-item-back",)
    commands.found_again(case=lost, why="已还", ctx=ctx("desk"))
    sound()


def test_e4_a_settlement_by_mistake_is_taken_back(
    stocked: Stocked, lost: str, lent: str, ctx: Contexts
) -> None:
    """LD-12."""
    commands.settle_lost(case=lost, how="paid", amount_fen=5980, why="收据", ctx=ctx("desk"))
    before = seq(stocked.items["B001"])
    commands.cancel_settlement(case=lost, why="收错人", ctx=ctx("desk"))
    case = queries.lost_case(lost)
    assert case is not None
    assert (case.state, case.settled_as, case.loan_open, case.patron) == (
        "open",
        "",
        True,
        stocked.patrons["adult"],
    )
    assert Loan.objects.get(id=lent).returned_at is None
    assert acts(stocked.items["B001"], before) == ["-lost.settled", "-loan.written_off"]
    sound()
    assert refused(lambda: commands.cancel_settlement(case=lost, why="again", ctx=ctx("desk"))) == (
        "lost-not-settled",
    )


def test_e4_a_damaged_book_is_taken_back_and_then_mended(
    stocked: Stocked, lent: str, ctx: Contexts
) -> None:
    """LD-3, LD-7."""
    case_id = commands.report_lost(
        item=stocked.items["B001"], kind="damaged", why="浸水", ctx=ctx("desk")
    )
    assert acts(stocked.items["B001"], 2) == ["loan.closed", "item.status", "lost.reported"]
    case = queries.lost_case(case_id)
    assert case is not None
    assert (case.loan_open, case.item_status, case.patron) == (
        False,
        "damaged",
        stocked.patrons["adult"],
    )
    commands.settle_lost(case=case_id, how="paid", amount_fen=500, why="修补", ctx=ctx("desk"))
    assert Loan.objects.get(id=lent).ended_as == "returned"
    commands.found_again(case=case_id, why="修好", ctx=ctx("desk"))
    item = stock.item(stocked.items["B001"])
    assert item is not None
    assert item.status == "available"
    sound()


def test_an_account_is_not_closed_over_an_unsettled_case(
    stocked: Stocked, lent: str, ctx: Contexts
) -> None:
    wire()
    case = commands.report_lost(
        item=stocked.items["B001"], kind="damaged", why="浸水", ctx=ctx("desk")
    )
    reader = stocked.patrons["adult"]
    assert refused(lambda: patrons.close_account(patron=reader, ctx=ctx("desk"))) == (
        "lost-unsettled",
    )
    commands.settle_lost(case=case, how="waived", why="轻微", ctx=ctx("director"))
    patrons.close_account(patron=reader, ctx=ctx("desk"))


def test_e4_lost_from_the_shelf_is_nobodys(stocked: Stocked, ctx: Contexts) -> None:
    """LD-2."""
    case_id = commands.report_lost(
        item=stocked.items["B002"], kind="lost", why="清点未见", ctx=ctx("desk")
    )
    case = queries.lost_case(case_id)
    assert case is not None
    assert (case.state, case.loan, case.patron) == ("open", "", "")
    assert status(stocked.items["B002"]) == "lost"
    assert acts(stocked.items["B002"], 1) == ["item.status", "lost.reported"]
    commands.settle_lost(case=case_id, how="waived", why="无责任人", ctx=ctx("director"))
    sound()


WAYS = ("replaced", "paid", "waived")


@pytest.mark.parametrize("how", WAYS)
def test_ld_7_a_damaged_book_is_settled_without_a_write_off(
    stocked: Stocked, lent: str, ctx: Contexts, how: str
) -> None:
    item = stocked.items["B001"]
    case = commands.report_lost(item=item, kind="damaged", why="浸水", ctx=ctx("desk"))
    before = seq(item)
    settle(case, how, ctx)
    assert acts(item, before) == ["lost.settled"]
    assert (state(case), status(item)) == ("settled", "damaged")
    assert Loan.objects.get(id=lent).ended_as == "returned"
    sound()


@pytest.mark.parametrize("how", WAYS)
def test_ld_9_found_again_after_it_was_settled(
    stocked: Stocked, lost: str, lent: str, ctx: Contexts, at: Callable[..., Any], how: str
) -> None:
    item = stocked.items["B001"]
    settle(lost, how, ctx)
    before = seq(item)
    later = ctx("desk", at=at("2020-06-20", "11:00"))
    commands.found_again(case=lost, why="读者找回", ctx=later)
    assert acts(item, before) == [
        "-loan.written_off",
        "loan.closed",
        "item.status",
        "lost.found",
    ]
    assert (state(lost), status(item)) == ("ended", "available")
    loan = Loan.objects.get(id=lent)
    assert (loan.ended_as, str(loan.returned_on)) == ("returned", "2020-06-20")
    sound()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("", ["item.status", "loan.closed"]),
        ("replaced", ["item.status"]),
        ("paid", ["item.status"]),
        ("waived", ["item.status"]),
    ],
    ids=["not settled", *WAYS],
)
def test_ld_11_scanned_at_a_desk_the_case_waits(
    stocked: Stocked, lost: str, lent: str, ctx: Contexts, how: str, told: list[str]
) -> None:
    item = stocked.items["B001"]
    if how:
        settle(lost, how, ctx)
    before = seq(item)
    done = commands.check_in(item_barcode="B001", ctx=ctx("desk"))
    assert ("was-missing", {"status": "lost"}) in [(t.code, t.data) for t in done.tells]
    assert acts(item, before) == told
    assert (state(lost), status(item)) == ("back", "available")
    assert Loan.objects.get(id=lent).ended_as == ("written_off" if how else "returned")
    sound()
    before = seq(item)
    commands.found_again(case=lost, why="已还", ctx=ctx("desk"))
    written_off = ["-loan.written_off", "loan.closed"] if how else []
    assert acts(item, before) == [*written_off, "lost.found"]
    assert Loan.objects.get(id=lent).ended_as == "returned"
    sound()


def test_ld_11_a_book_missed_from_the_shelf_is_scanned(stocked: Stocked, ctx: Contexts) -> None:
    item = stocked.items["B002"]
    case = commands.report_lost(item=item, kind="lost", why="清点未见", ctx=ctx("desk"))
    before = seq(item)
    commands.check_in(item_barcode="B002", ctx=ctx("desk"))
    assert acts(item, before)[0] == "item.status"
    assert "loan.closed" not in acts(item, before)
    assert (state(case), status(item)) == ("back", "available")


@pytest.mark.parametrize(
    ("how", "since", "codes"),
    [
        ("waived", "", ()),
        ("replaced", "", ("lost-replaced",)),
        ("paid", "back", ("lost-item-back",)),
        ("paid", "forgotten", ("lost-reader-forgotten",)),
    ],
)
def test_ld_12_which_settlement_is_taken_back(
    stocked: Stocked,
    lost: str,
    lent: str,
    ctx: Contexts,
    at: Callable[..., Any],
    unchanged: Callable[[], Any],
    how: str,
    since: str,
    codes: tuple[str, ...],
) -> None:
    settle(lost, how, ctx)
    if since == "back":
        commands.check_in(item_barcode="B001", ctx=ctx("desk"))
    if since == "forgotten":
        places.set_setting(
            place=stocked.library.main, key="privacy.history_days", value=30, ctx=ctx()
        )
        assert commands.forget_history(ctx=ctx(at=at("2020-08-01"))) == 1

    def cancel() -> None:
        commands.cancel_settlement(case=lost, why="收错人", ctx=ctx("desk"))

    if codes:
        with unchanged():
            assert refused(cancel) == codes
        return
    cancel()
    assert state(lost) == "open"
    assert Loan.objects.get(id=lent).returned_at is None
    sound()


def test_i18_a_branch_does_not_report_what_stands_elsewhere(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    east = stocked.library.east
    with unchanged():
        assert refused(
            lambda: commands.report_lost(
                item=stocked.items["B002"], kind="lost", why="x", ctx=ctx("branch", place=east)
            )
        ) == ("not-permitted",)
    commands.report_lost(
        item=stocked.items["E001"], kind="lost", why="未见", ctx=ctx("branch", place=east)
    )


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"kind": "eaten"}, ("lost-kind-unknown", "lost-known")),
        ({"why": " "}, ("reason-missing", "lost-known")),
        ({"item": "0" * 32}, ("item-unknown",)),
        ({}, ("lost-known",)),
    ],
)
def test_what_is_not_reported(
    fields: dict[str, Any],
    codes: tuple[str, ...],
    stocked: Stocked,
    lost: str,
    ctx: Contexts,
    unchanged: Callable[[], Any],
) -> None:
    good: dict[str, Any] = {"item": stocked.items["B001"], "kind": "lost", "why": "再报"}
    with unchanged():
        assert refused(lambda: commands.report_lost(**good | fields, ctx=ctx("desk"))) == codes


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"how": "prayed"}, ("lost-way-unknown",)),
        ({"why": ""}, ("reason-missing",)),
        ({"amount_fen": None}, ("amount-missing",)),
        ({"amount_fen": 0, "why": ""}, ("reason-missing", "amount-missing")),
        ({"case": "0" * 32}, ("lost-case-unknown",)),
        ({"how": "replaced", "barcode": "B002"}, ("barcode-taken",)),
        ({"how": "replaced", "barcode": ""}, ("barcode-series-off",)),
    ],
)
def test_what_is_not_settled(
    fields: dict[str, Any],
    codes: tuple[str, ...],
    lost: str,
    ctx: Contexts,
    unchanged: Callable[[], Any],
) -> None:
    good: dict[str, Any] = {"case": lost, "how": "paid", "why": "赔款", "amount_fen": 100}
    with unchanged():
        assert refused(lambda: commands.settle_lost(**good | fields, ctx=ctx("desk"))) == codes


def test_two_desks_settle_one_case_once(lost: str, ctx: Contexts, together: Any) -> None:
    def settle(n: int) -> Any:
        return commands.settle_lost(
            case=lost, how="paid", amount_fen=100, why="赔款", ctx=ctx("desk", key=f"d{n}")
        )

    outcomes = together(6, settle)
    assert sum(o == "" for o in outcomes) == 1
    assert {o.decision.codes for o in outcomes if isinstance(o, Refused)} == {("lost-settled",)}
    assert LostCase.objects.count() == 1
    sound()
