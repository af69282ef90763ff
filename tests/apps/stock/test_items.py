"""Single items: adding, changing, moving, withdrawing, and what refuses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.catalog import commands as titles
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items
from shuxiang.formats.marc import Bibliographic
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.support.library import Contexts, Library


@pytest.fixture
def title(library: Library, ctx: Contexts) -> str:
    described = Bibliographic(format="cnmarc", title="活着", clc=("I247.57",))
    return titles.add_title(bibliographic=described, ctx=ctx())


@pytest.fixture
def item(title: str, library: Library, ctx: Contexts) -> str:
    return items.add_item(
        title=title,
        barcode=" ab０１２３ ",
        owner=library.main,
        category="book",
        call_number="I247.57/12",
        price_fen=2000,
        ctx=ctx(),
    )


def test_an_added_item_is_new_today(item: str, title: str, library: Library) -> None:
    """The barcode is stored as it scans: narrow, upper case, without blanks."""
    view = stock.item(item)
    assert view is not None
    assert (view.barcode, view.title, view.source, view.accessioned_on, view.event_seq) == (
        "AB0123",
        title,
        "purchase",
        date(2020, 6, 10),
        1,
    )
    event = Event.objects.get(type="item.accessioned")
    assert (event.item, event.item_seq, event.amount, event.source, event.business_date) == (
        item,
        1,
        2000,
        "purchase",
        date(2020, 6, 10),
    )
    assert (event.item_category, event.clc, event.owner_place) == ("book", "I", library.main)


def test_legacy_stock_has_no_date(title: str, library: Library, ctx: Contexts) -> None:
    id_ = items.add_item(
        title=title, barcode="1", owner=library.main, category="book", source="legacy", ctx=ctx()
    )
    view = stock.item(id_)
    assert view is not None
    assert view.accessioned_on is None


GOOD: dict[str, Any] = {"barcode": "X1", "category": "book"}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"barcode": "AB0123"}, ("barcode-taken",)),
        ({"barcode": "  "}, ("barcode-missing",)),
        ({"barcode": "9" * 41}, ("barcode-too-long",)),
        ({"title": "0" * 32}, ("title-unknown",)),
        ({"owner": "0" * 32}, ("place-unknown",)),
        ({"category": "scroll"}, ("category-unknown",)),
        ({"source": "found"}, ("source-unknown",)),
        ({"status": "on_loan"}, ("status-unknown",)),
        ({"location": "0" * 32}, ("location-unknown",)),
        ({"accessioned_on": date(2020, 6, 11)}, ("accession-date-future",)),
        ({"barcode": "", "category": "scroll"}, ("barcode-missing", "category-unknown")),
    ],
)
def test_refused_additions(
    item: str,
    title: str,
    library: Library,
    ctx: Contexts,
    unchanged: Callable[[], Any],
    changed: dict[str, Any],
    codes: tuple[str, ...],
) -> None:
    values = {**GOOD, "title": title, "owner": library.main, **changed}
    with unchanged(), pytest.raises(Refused) as refused:
        items.add_item(**values, ctx=ctx())
    assert refused.value.decision.codes == codes


def test_change_records_old_and_new(item: str, ctx: Contexts) -> None:
    changed = items.change_item(
        item=item, call_number="I247.57/13", category="child", volume="", ctx=ctx()
    )
    assert changed == ("call_number", "category")
    view = stock.item(item)
    assert view is not None
    assert (view.call_number, view.category, view.event_seq) == ("I247.57/13", "child", 2)
    event = Event.objects.get(type="item.changed")
    assert (event.item_seq, event.item_category) == (2, "child")
    assert '"call_number": ["I247.57/12", "I247.57/13"]' in event.data
    assert items.change_item(item=item, category="child", ctx=ctx()) == ()
    assert Event.objects.filter(type="item.changed").count() == 1


def test_change_to_a_taken_barcode(
    item: str, title: str, library: Library, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    items.add_item(title=title, barcode="OTHER", owner=library.main, category="book", ctx=ctx())
    with unchanged(), pytest.raises(Refused) as refused:
        items.change_item(item=item, barcode="other", ctx=ctx())
    assert refused.value.decision.codes == ("barcode-taken",)


def test_move_to_a_branch(item: str, library: Library, ctx: Contexts) -> None:
    (kids,) = places.locations([library.east])
    items.move_item(item=item, holder=library.east, location=kids.id, ctx=ctx())
    view = stock.item(item)
    assert view is not None
    assert (view.owner, view.holder, view.location_name, view.event_seq) == (
        library.main,
        library.east,
        "少儿室",
        2,
    )
    items.move_item(item=item, holder=library.west, ctx=ctx())
    view = stock.item(item)
    assert view is not None
    assert (view.holder, view.location, view.event_seq) == (library.west, None, 3)
    assert list(
        Event.objects.filter(item=item).order_by("item_seq").values_list("type", flat=True)
    ) == ["item.accessioned", "item.moved", "item.moved"]


def test_a_location_of_another_place(item: str, library: Library, ctx: Contexts) -> None:
    (kids,) = places.locations([library.east])
    with pytest.raises(Refused) as refused:
        items.move_item(item=item, location=kids.id, ctx=ctx())
    assert refused.value.decision.codes == ("location-unknown",)


def test_status_and_withdrawal(item: str, ctx: Contexts, unchanged: Callable[[], Any]) -> None:
    items.set_item_status(item=item, status="missing", why="清点未见", ctx=ctx())
    items.set_item_status(item=item, status="missing", ctx=ctx())
    assert Event.objects.filter(type="item.status").count() == 1
    with unchanged(), pytest.raises(Refused) as refused:
        items.withdraw_item(item=item, why=" ", ctx=ctx())
    assert refused.value.decision.codes == ("reason-missing",)
    items.withdraw_item(item=item, why="破损", ctx=ctx())
    view = stock.item(item)
    assert view is not None
    assert (view.status, view.event_seq) == ("withdrawn", 3)
    assert stock.holdings() == ()
    with unchanged(), pytest.raises(Refused) as refused:
        items.set_item_status(item=item, status="available", ctx=ctx())
    assert refused.value.decision.codes == ("item-withdrawn",)


def test_holdings_by_place_and_class(
    item: str, title: str, library: Library, ctx: Contexts
) -> None:
    for barcode, owner in (("2", library.main), ("3", library.east)):
        items.add_item(
            title=title, barcode=barcode, owner=owner, category="book", price_fen=100, ctx=ctx()
        )
    assert {(h.owner, h.main_class, h.titles, h.items, h.price_fen) for h in stock.holdings()} == {
        (library.main, "I", 1, 2, 2100),
        (library.east, "I", 1, 1, 100),
    }
    assert [h.owner for h in stock.holdings([library.east])] == [library.east]
    assert (stock.held_titles(), stock.held_titles([library.west])) == (1, 0)
    assert [v.barcode for v in stock.items_of([title])[title]] == ["2", "3", "AB0123"]
