"""S5, F1: a copy in quarantine is for nobody yet, and for whoever waits once its hours are over. Cases
PH-17 of phases.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.circulation.models import Quarantine
from shuxiang.apps.search import commands as search
from shuxiang.apps.search import queries as found
from shuxiang.apps.search.answers import Query
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.runtime.worker import Worker
from tests.apps.phases.acts import applied, broken, closed
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def waited(stocked: Stocked, ctx: Contexts, at: Any) -> tuple[Stocked, str]:
    """Every copy of 三体 is out; the other reader waits at the main library, where what comes back
    lies aside for a day."""
    director = ctx("director", at=at("2020-06-01"))
    terms = closed(
        "2020-06-02", "2020-12-31", kind="limited", due_mode="none", reason="", quarantine_hours=24
    )
    applied(stocked.library.main, terms, director)
    for barcode in ("B002", "B005", "B008"):
        circulation.check_out(
            item_barcode=barcode, card=stocked.cards["adult"], ctx=ctx("desk", at=at("2020-06-09"))
        )
    hold = circulation.place_hold(
        title=stocked.titles[1],
        card=stocked.cards["other"],
        pickup=stocked.library.main,
        ctx=ctx("desk", at=at("2020-06-09")),
    ).hold
    return stocked, hold


def turn(ctx: Contexts, at: Any, day: str, hour: str) -> int:
    return circulation.end_quarantines(ctx=ctx(at=at(day, hour)))


def test_ph_17_1_ready_by_itself_when_the_hours_are_over(
    waited: tuple[Stocked, str], ctx: Contexts, at: Any, unchanged: Any
) -> None:
    stocked, hold = waited
    back = circulation.check_in(item_barcode="B002", ctx=ctx("desk", at=at("2020-06-10", "10:00")))
    assert back.hold == ""
    assert [r.code for r in back.tells] == ["goes-to-quarantine", "quarantine-held"]
    assert loans.hold(hold).state == "waiting"
    here = stocked.library.main
    (aside,) = loans.waited_for_aside(here, at("2020-06-11", "09:59"))
    assert (aside.barcode, aside.until) == ("B002", at("2020-06-11", "10:00"))
    # Not a minute early, whoever asks for it; nobody is told.
    with unchanged():
        assert turn(ctx, at, "2020-06-11", "09:59") == 0
    with unchanged(), pytest.raises(Refused) as refused:
        circulation.end_quarantine(
            item=stocked.items["B002"], ctx=ctx("desk", at=at("2020-06-11", "09:59"))
        )
    assert [r.code for r in refused.value.decision.refusing] == ["item-quarantined"]
    assert turn(ctx, at, "2020-06-11", "10:00") == 1
    ready = loans.hold(hold)
    assert (ready.state, ready.barcode, ready.shelved) == ("ready", "B002", True)
    kinds = Event.objects.filter(item=stocked.items["B002"]).order_by("item_seq")
    assert list(kinds.values_list("type", flat=True))[-2:] == [
        "item.quarantine_ended", "hold.ready"
    ]  # fmt: skip
    with unchanged():
        assert turn(ctx, at, "2020-06-11", "10:01") == 0
    assert loans.waited_for_aside(here, at("2020-06-11", "10:01")) == ()
    assert broken() == []


def test_ph_17_1_one_to_be_sent_is_fetched_by_the_list(
    waited: tuple[Stocked, str], ctx: Contexts, at: Any
) -> None:
    stocked, hold = waited
    circulation.change_pickup(
        hold=hold, pickup=stocked.library.east, ctx=ctx("desk", at=at("2020-06-10", "09:00"))
    )
    circulation.check_in(item_barcode="B002", ctx=ctx("desk", at=at("2020-06-10", "10:00")))
    assert loans.pull_list(stocked.library.main, at("2020-06-11", "09:59")) == ()
    turn(ctx, at, "2020-06-11", "10:00")
    assert loans.hold(hold).state == "waiting"
    (line,) = loans.pull_list(stocked.library.main, at("2020-06-11", "10:00"))
    assert (line.barcode, line.hold) == ("B002", hold)


def test_ph_17_a_return_taken_back_is_no_quarantine(
    waited: tuple[Stocked, str], ctx: Contexts, at: Any
) -> None:
    _, hold = waited
    done = circulation.check_in(item_barcode="B002", ctx=ctx("desk", at=at("2020-06-10", "10:00")))
    circulation.undo(
        act="check_in",
        subject=done.loan,
        done_at=at("2020-06-10", "10:00"),
        ctx=ctx("desk", at=at("2020-06-10", "10:00")),
    )
    assert turn(ctx, at, "2020-06-10", "10:01") == 1
    assert not Quarantine.objects.exists()
    assert not Event.objects.filter(type="item.quarantine_ended").exists()
    assert loans.hold(hold).state == "waiting"


def test_ph_17_2_available_now_knows_of_it(
    waited: tuple[Stocked, str],
    ctx: Contexts,
    at: Any,
    settings: LazySettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The index: not available while in quarantine, available by itself afterwards."""
    _, hold = waited
    settings.INDEX_DIR = tmp_path / "index"
    circulation.cancel_hold(hold=hold, ctx=ctx("desk", at=at("2020-06-10", "09:00")))

    def available() -> int:
        Worker({search.CONSUMER: search.handle}).turn()
        return found.search(Query("三体", {"available": ("1",)})).total

    monkeypatch.setattr(clock, "now", lambda: at("2020-06-10", "10:00"))
    assert available() == 0
    circulation.check_in(item_barcode="B002", ctx=ctx("desk", at=at("2020-06-10", "10:00")))
    assert available() == 0
    monkeypatch.setattr(clock, "now", lambda: at("2020-06-11", "10:00"))
    assert available() == 0
    turn(ctx, at, "2020-06-11", "10:00")
    assert available() == 1
