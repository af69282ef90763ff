"""A5: merging moves copies, holds and history, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shuxiang.apps.catalog import commands, queries
from shuxiang.apps.catalog.commands import merging
from shuxiang.apps.catalog.models import Source, Title
from shuxiang.apps.circulation import commands as lending
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.commands import retitling
from shuxiang.apps.circulation.models import Hold, Loan
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.project.wiring import wire
from tests.support import states
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
NOON = moment("2020-06-10", "12:00")


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Any) -> Stocked:
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    wire()
    return made


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {r.code for r in refused.value.decision.refusing}


def reserve(stocked: Stocked, ctx: Contexts, who: str, title: int, minutes: int) -> str:
    return lending.place_hold(
        title=stocked.titles[title],
        card=stocked.cards[who],
        pickup=stocked.library.main,
        ctx=ctx("desk", at=NOON + timedelta(minutes=minutes)),
    ).hold


def out(stocked: Stocked, ctx: Contexts) -> None:
    """Every copy of 红楼梦 and 三体 is out."""
    for card, barcodes in (
        ("adult", ("B001", "B004", "B007")),
        ("other", ("B002", "B005", "B008")),
    ):
        for barcode in barcodes:
            lending.check_out(item_barcode=barcode, card=stocked.cards[card], ctx=ctx("desk"))
    items.set_item_status(item=stocked.items["E001"], status="missing", ctx=ctx())


def test_a5_copies_loans_and_numbers_move_and_the_old_id_leads_on(
    stocked: Stocked, ctx: Contexts
) -> None:
    kept, lost = stocked.titles[:2]
    lending.check_out(item_barcode="B002", card=stocked.cards["adult"], ctx=ctx("desk"))
    merge = commands.merge_titles(survivor=kept, lost=lost, ctx=ctx("cataloguer"))
    barcodes = {i.barcode for i in stock.items_of([kept])[kept]}
    assert barcodes == {"B001", "B002", "B004", "B005", "B007", "B008", "E001"}
    assert stock.items_of([lost]) == {}
    (loan,) = circulation.open_loans(stocked.patrons["adult"])
    assert loan.title == kept
    view = queries.title(lost)
    assert view is not None
    assert view.alias_of == kept
    assert queries.live_title(lost) == kept
    assert queries.documents([kept, lost]).keys() == {kept}
    # OAI: the lost record is a deleted one.
    gone = queries.harvested(lost)
    assert gone is not None
    assert gone.source is None
    told = Event.objects.filter(subject=merge).order_by("id").values_list("type", "title")
    assert list(told) == [("title.merged", lost), ("title.absorbed", kept)]
    moved = Event.objects.filter(type="item.changed", item=stocked.items["B005"]).get()
    assert (moved.title, moved.item_seq) == (kept, 2)
    # A copy for the old id is one of the record that stays.
    items.add_item(title=lost, barcode="N1", owner=stocked.library.main, category="book", ctx=ctx())
    assert stock.items_by_barcode("N1")[0].title == kept


def test_a5_holds_stand_in_the_order_they_were_placed_and_a_reader_keeps_the_earlier(
    stocked: Stocked, ctx: Contexts
) -> None:
    """Issue 4: "title merged with holds"."""
    out(stocked, ctx)
    first = reserve(stocked, ctx, "child", 1, 1)
    second = reserve(stocked, ctx, "other", 0, 2)
    later = reserve(stocked, ctx, "child", 0, 3)
    fourth = reserve(stocked, ctx, "adult", 1, 4)
    commands.merge_titles(survivor=stocked.titles[0], lost=stocked.titles[1], ctx=ctx("cataloguer"))
    queue = circulation.queue(stocked.titles[0])
    assert [h.id for h in queue] == [first, second, fourth]
    assert [h.position for h in queue] == [1, 2, 3]
    assert circulation.queue(stocked.titles[1]) == ()
    assert Hold.objects.get(id=later).state == "cancelled"
    event = Event.objects.get(type="hold.cancelled")
    assert (event.subject, event.quantity) == (later, 1)
    # A copy of what was the other title fills the first hold.
    lending.check_in(item_barcode="B001", ctx=ctx("desk", at=NOON + timedelta(hours=1)))
    assert Hold.objects.get(id=first).state == "ready"


def test_a5_undo_puts_everything_back_exactly(stocked: Stocked, ctx: Contexts) -> None:
    out(stocked, ctx)
    reserve(stocked, ctx, "child", 1, 1)
    reserve(stocked, ctx, "other", 0, 2)
    reserve(stocked, ctx, "child", 0, 3)
    lasting = frozenset(
        {
            "runtime_request", "runtime_change", "runtime_changepending", "ledger_event",
            "ledger_reader", "ledger_pending", "catalog_merge", "stock_item", "catalog_title",
            "circulation_holdqueue",
        }
    )  # fmt: skip
    before = states.fingerprints(lasting)
    told = _told()
    merge = commands.merge_titles(
        survivor=stocked.titles[0],
        lost=stocked.titles[1],
        take=("690",),
        ctx=ctx("cataloguer"),
    )
    assert states.fingerprints(lasting) != before
    commands.undo_merge(merge=merge, ctx=ctx("cataloguer"))
    after = states.fingerprints(lasting)
    assert sorted(t for t in before if before[t] != after[t]) == []
    assert _told() == told
    assert queries.harvested(stocked.titles[1]).source is not None  # type: ignore[union-attr]
    assert sum(e.quantity for e in Event.objects.filter(type="hold.cancelled")) == 0
    with pytest.raises(Refused) as refused:
        commands.undo_merge(merge=merge, ctx=ctx("cataloguer"))
    assert codes(refused) == {"merge-undone"}


def _told() -> list[Any]:
    """Titles and items without what counts their changes."""
    titles = Title.objects.order_by("id").values()
    kept = [{k: v for k, v in row.items() if k != "updated_at"} for row in titles]
    copies = stock.items_of([row["id"] for row in kept], withdrawn=True)
    return [kept, [[(i.id, i.title) for i in rows] for _, rows in sorted(copies.items())]]


def test_a5_a_loan_since_goes_back_with_its_copy(stocked: Stocked, ctx: Contexts) -> None:
    kept, lost = stocked.titles[:2]
    merge = commands.merge_titles(survivor=kept, lost=lost, ctx=ctx("cataloguer"))
    lending.check_out(item_barcode="B002", card=stocked.cards["adult"], ctx=ctx("desk"))
    commands.undo_merge(merge=merge, ctx=ctx("cataloguer"))
    assert Loan.objects.get().title_id == lost


def test_a5_rows_that_only_name_a_title_follow_it_whatever_app_they_are_of(
    stocked: Stocked, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order line, a subscription: here a loan stands for them."""
    monkeypatch.setattr(merging, "BY_THEMSELVES", merging.BY_THEMSELVES - {"circulation.loan"})
    monkeypatch.setattr(retitling, "_NAMED", ())
    kept, lost = stocked.titles[:2]
    lending.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx("desk"))
    lending.check_out(item_barcode="B002", card=stocked.cards["adult"], ctx=ctx("desk"))
    merge = commands.merge_titles(survivor=kept, lost=lost, ctx=ctx("cataloguer"))
    assert {row.title_id for row in Loan.objects.all()} == {kept}
    commands.undo_merge(merge=merge, ctx=ctx("cataloguer"))
    assert sorted(row.title_id for row in Loan.objects.all()) == sorted([kept, lost])


def test_a5_fields_are_taken_and_put_back(stocked: Stocked, ctx: Contexts) -> None:
    kept, lost = stocked.titles[:2]
    before = bytes(Source.objects.get(title=kept).data)
    merge = commands.merge_titles(
        survivor=kept, lost=lost, take=("200", "690"), ctx=ctx("cataloguer")
    )
    view = queries.title(kept)
    assert view is not None
    assert view.title == "三体"
    assert view.extra.clc_classes == ("I242.4", "I247.55")
    commands.undo_merge(merge=merge, ctx=ctx("cataloguer"))
    again = Source.objects.get(title=kept)
    assert (bytes(again.data), again.edited, again.original) == (before, False, None)
    assert queries.title(kept).title == "红楼梦"  # type: ignore[union-attr]


def test_a5_undo_is_refused_when_the_record_was_edited_since(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    kept, lost = stocked.titles[:2]
    merge = commands.merge_titles(survivor=kept, lost=lost, take=("690",), ctx=ctx("cataloguer"))
    described = queries.bibliographic(kept)
    source = queries.source(kept)
    assert described is not None
    assert source is not None
    from dataclasses import replace

    commands.change_title(
        title=kept,
        record=replace(queries.short_of(described), subtitle="足本"),
        seen=commands.fingerprint(source.data),
        ctx=ctx("cataloguer"),
    )
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo_merge(merge=merge, ctx=ctx("cataloguer"))
    assert codes(refused) == {"merge-record-changed"}


def test_a5_merges_are_taken_back_newest_first(stocked: Stocked, ctx: Contexts) -> None:
    a, b, c, _ = stocked.titles
    first = commands.merge_titles(survivor=b, lost=a, ctx=ctx("cataloguer"))
    second = commands.merge_titles(survivor=c, lost=b, ctx=ctx("cataloguer"))
    assert queries.live_title(a) == c
    with pytest.raises(Refused) as refused:
        commands.undo_merge(merge=first, ctx=ctx("cataloguer"))
    assert codes(refused) == {"merge-newer"}
    commands.undo_merge(merge=second, ctx=ctx("cataloguer"))
    assert queries.live_title(a) == b
    commands.undo_merge(merge=first, ctx=ctx("cataloguer"))
    assert queries.live_title(a) == a
    assert {i.barcode for i in stock.items_of([a])[a]} == {"B001", "B004", "B007", "E001"}


def test_a5_undo_is_refused_once_a_copy_was_set_aside_across(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    out(stocked, ctx)
    reserve(stocked, ctx, "child", 1, 1)
    merge = commands.merge_titles(
        survivor=stocked.titles[0], lost=stocked.titles[1], ctx=ctx("cataloguer")
    )
    lending.check_in(item_barcode="B001", ctx=ctx("desk", at=NOON + timedelta(hours=1)))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.undo_merge(merge=merge, ctx=ctx("cataloguer"))
    assert codes(refused) == {"merge-copies-crossed"}


@pytest.mark.parametrize("case", ["itself", "removed", "unknown", "alias", "library"])
def test_a5_what_can_t_be_merged(
    case: str, stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    kept, lost, third, _ = stocked.titles
    said = "title-unknown"
    if case == "itself":
        lost, said = kept, "merge-itself"
    elif case == "removed":
        from tests.apps.catalog.test_titles import described
        from tests.apps.stock.marc_files import iso2709, record

        data = iso2709([record(1)])
        lost = commands.add_title(bibliographic=described(data), data=data, ctx=ctx())
        commands.remove_title(title=lost, ctx=ctx())
    elif case == "unknown":
        lost = "0" * 32
    elif case == "alias":
        commands.merge_titles(survivor=third, lost=lost, ctx=ctx("cataloguer"))
        said = "merge-gone"
    else:
        Title.objects.filter(id=lost).update(library=stocked.library.east)
        said = "merge-libraries"
    with unchanged(), pytest.raises(Refused) as refused:
        commands.merge_titles(survivor=kept, lost=lost, ctx=ctx("cataloguer"))
    assert codes(refused) == {said}


def test_a5_who_may(stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        commands.merge_titles(survivor=stocked.titles[0], lost=stocked.titles[1], ctx=ctx("desk"))
    assert codes(refused) == {"not-permitted"}


def test_a5_a_merged_record_is_neither_edited_nor_removed(
    stocked: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    kept, lost = stocked.titles[:2]
    commands.merge_titles(survivor=kept, lost=lost, ctx=ctx("cataloguer"))
    for act in (
        lambda: commands.mark_age(title=lost, least_age=18, ctx=ctx("cataloguer")),
        lambda: commands.remove_title(title=lost, ctx=ctx("cataloguer")),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            act()
        assert codes(refused) == {"title-merged"}


def test_a5_two_who_merge_at_once(
    stocked: Stocked, ctx: Contexts, together: Callable[..., list[Any]]
) -> None:
    """Each would keep what the other loses: one of them is told."""
    a, b = stocked.titles[:2]
    outcomes = together(
        2,
        lambda n: commands.merge_titles(survivor=(a, b)[n], lost=(b, a)[n], ctx=ctx("cataloguer")),
    )
    refused = [o for o in outcomes if isinstance(o, Refused)]
    assert len(refused) == 1, outcomes
    assert refused[0].decision.codes == ("merge-gone",)
    assert {i.title for i in stock.items_of([a, b]).get(a, ()) or stock.items_of([b])[b]} <= {a, b}
    assert Title.objects.exclude(alias_of=None).count() == 1


def test_a5_a_hold_placed_while_its_title_is_merged_waits_for_the_one_that_stays(
    stocked: Stocked, ctx: Contexts, together: Callable[..., list[Any]]
) -> None:
    kept, lost = stocked.titles[:2]
    out(stocked, ctx)

    def act(n: int) -> Any:
        if n == 0:
            return commands.merge_titles(survivor=kept, lost=lost, ctx=ctx("cataloguer"))
        return reserve(stocked, ctx, "child", 1, n)

    outcomes = together(2, act)
    assert all(isinstance(o, str) for o in outcomes), outcomes
    assert [h.patron for h in circulation.queue(kept)] == [stocked.patrons["child"]]
    assert circulation.queue(lost) == ()
