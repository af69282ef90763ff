"""F13: whatever two offline desks wrote down, and however it arrives, the end is the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuxiang.apps.circulation import commands, models
from shuxiang.apps.fees import commands as fees
from shuxiang.apps.fees.models import Account, Charge
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import items
from shuxiang.apps.stock.models import Item
from shuxiang.kernel.decision import Reason
from shuxiang.ledger.models import Event, Reader
from tests.apps.circulation.test_offline import _desks
from tests.support import states
from tests.support.journals import Desk
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

NOW = moment("2020-06-10", "17:00")
BOOKS = ("B001", "B002", "B003", "B004")
READERS = ("adult", "other")

acts = st.tuples(
    st.sampled_from(
        ("check_out", "check_out", "check_in", "check_in", "renew", "in_house", "undo", "undo")
    ),
    st.sampled_from(BOOKS),
    st.sampled_from(READERS),
    st.integers(0, 40),
)
journals = st.lists(acts, min_size=1, max_size=6)


@pytest.fixture
def scenery(
    scene: Callable[..., Any], library: Library
) -> tuple[Callable[[], None], Stocked, Desk, Desk]:
    """Books of which one is overdue and waited for, one was given back at the desk and one is missing,
    before anything arrives; overdue days cost money."""

    def build() -> tuple[Stocked, Desk, Desk]:
        stocked, east, west = _desks(library)
        ctx = Contexts(library)

        def lend(barcode: str, day: str) -> None:
            commands.check_out(
                item_barcode=barcode, card=stocked.cards["other"], ctx=ctx(at=moment(day))
            )

        commands.add_rule(
            place=library.main, item_category="book", loan_limit=2, loan_days=15,
            renewal_limit=2, valid_from=moment("2020-06-01").date(), ctx=ctx(at=moment("2020-05-30")),
        )  # fmt: skip
        places.set_setting(
            place=library.main, key="fees.at_desk", value=True, ctx=ctx(at=moment("2020-05-01"))
        )
        fees.add_rule(
            kind="overdue", place=library.main, valid_from=moment("2020-05-01").date(),
            amount_fen=20, cap_fen=1000, ctx=ctx(at=moment("2020-05-01")),
        )  # fmt: skip
        items.set_item_status(
            item=stocked.items["B004"], status="missing", ctx=ctx(at=moment("2020-05-30"))
        )
        lend("B001", "2020-05-20")
        lend("B002", "2020-06-09")
        commands.check_in(item_barcode="B002", ctx=ctx(at=moment("2020-06-10", "10:20")))
        commands.place_hold(
            card=stocked.cards["child"],
            title=stocked.titles[0],
            pickup=library.west,
            ctx=ctx(at=moment("2020-05-21")),
        )
        return stocked, east, west

    stocked, east, west = scene("circulation.offline.order", build)
    return lambda: states.restore("circulation.offline.order"), stocked, east, west


def written(desk: Desk, stocked: Stocked, said: list[Any], seconds: int) -> Desk:
    """A desk that wrote these acts down, in the order of their times."""
    fresh = replace(desk, lines=[])
    for act, book, reader, minute in sorted(said, key=lambda a: a[3]):
        at = moment("2020-06-10", "10:00") + timedelta(minutes=minute, seconds=seconds)
        last = fresh.lines[-1] if fresh.lines else None
        if act == "undo" and last is not None and last.act != "undo":
            # Only what was written last, and in the same minute.
            fresh.write("undo", last.at + timedelta(seconds=9), last.barcode, undoes=last.mac)
            continue
        act = "check_in" if act == "undo" else act
        fresh.write(act, at, book, stocked.cards[reader] if act == "check_out" else "")
    return fresh


def ended() -> dict[str, Any]:
    """Everything that is so in the end, ids and the order of recording aside."""
    loans = models.Loan.objects.exclude(ended_as="undone")
    items = {i.id: i for i in Item.objects.filter(barcode__in=BOOKS)}
    readers = dict(Reader.objects.values_list("event", "patron"))
    net: dict[Any, int] = {}
    for event in Event.objects.filter(item__in=items):
        what = (
            event.type,
            items[event.item].barcode,
            event.place,
            event.business_date,
            readers.get(event.id, ""),
            event.visit_key,
            "" if event.type == "item.status" else event.data,
        )
        net[what] = net.get(what, 0) + event.quantity
    return {
        "charges": sorted(
            (str(c.patron_id), c.kind, c.amount_fen, c.paid_fen, str(c.due_on), c.working)
            for c in Charge.objects.filter(voided_fen=0)
        ),
        "accounts": sorted((a.key, a.held_fen) for a in Account.objects.exclude(held_fen=0)),
        "loans": sorted(
            (items[x.item_id].barcode, x.patron_id, x.lent_at, x.returned_at, x.due_on,
             x.due_before, x.renewals, x.ended_as, x.place_id, x.returned_place_id)
            for x in loans
        ),
        "holds": sorted(
            (h.state, str(h.item_id), str(h.ready_at), str(h.ready_until), h.shelved)
            for h in models.Hold.objects.all()
        ),
        "transits": sorted(
            (items[x.item_id].barcode, x.origin_id, x.destination_id, x.sent_at, str(x.ended_at))
            for x in models.Transit.objects.exclude(ended_as="undone")
        ),
        "items": sorted(
            (i.barcode, i.holder_id, i.status, str(i.used_at)) for i in items.values()
        ),
        "lines": sorted(
            (
                str(j.device_id), j.counter, j.entry.state, str(j.entry.due_on),
                [
                    r.code
                    for r in msgspec.json.decode(j.entry.reasons or "[]", type=tuple[Reason, ...])
                ],
            )
            for j in models.JournalLine.objects.select_related("entry")
        ),
        "ledger": sorted((k, n) for k, n in net.items() if n),
    }  # fmt: skip


@st.composite
def arrivals(draw: st.DrawFn, first: int, second: int) -> list[tuple[int, list[int]]]:
    """Parcels (whose, which lines) in which every line comes at least once, in any order."""
    parcels = []
    for who, count in ((0, first), (1, second)):
        order = draw(st.permutations(range(count)))
        cut = draw(st.integers(0, count))
        parcels += [(who, list(order[:cut])), (who, list(order[cut:]))]
        parcels.append((who, draw(st.lists(st.sampled_from(range(count)), max_size=3))))
    return draw(st.permutations(parcels))


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(east_said=journals, west_said=journals, data=st.data())
def test_f13_any_order_of_arrival_ends_the_same(
    scenery: tuple[Callable[[], None], Stocked, Desk, Desk],
    east_said: list[Any],
    west_said: list[Any],
    data: st.DataObject,
) -> None:
    restore, stocked, east, west = scenery
    desks = (written(east, stocked, east_said, 0), written(west, stocked, west_said, 1))
    restore()
    for desk in desks:
        desk.send(NOW, merge=False)
    desks[0].send(NOW)
    together = ended()
    parcels = data.draw(arrivals(len(desks[0].lines), len(desks[1].lines)))
    restore()
    for who, which in parcels:
        desks[who].send(NOW, [desks[who].lines[n] for n in which])
    assert ended() == together
    assert len(together["lines"]) == len(desks[0].lines) + len(desks[1].lines)
    before = Event.objects.count()
    for desk in desks:
        desk.send(NOW)
    assert (ended(), Event.objects.count()) == (together, before)
