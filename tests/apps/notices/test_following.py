"""V1, F1, S1: holds and operating phases in the ledger become notices, each once."""

from __future__ import annotations

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.notices import following, models, queries
from shuxiang.apps.phases import commands as phases
from shuxiang.project import notices as worker
from shuxiang.runtime.worker import events_after, number_all
from tests.apps.notices.conftest import Gateway, Told
from tests.apps.notices.test_telling import inbox
from tests.apps.phases.acts import applied, closed
from tests.support.library import Contexts, moment


def follow(told: Told, day: str, hour: str = "10:00") -> None:
    """What the worker's consumer does with everything there is, twice."""
    told.at(day, hour)
    number_all()
    batch = events_after(0, 10_000)
    assert batch is not None
    for _ in range(2):
        following.handle(batch)


def held(told: Told, day: str = "2020-06-10") -> str:
    """The adult holds 昆虫记 while the other reader has B006 and B003 is the child's."""
    ctx = Contexts(told.library)
    for barcode in ("B006",):
        circulation.check_out(
            item_barcode=barcode,
            card=told.stocked.cards["other"],
            ctx=ctx("desk", at=moment(day, "09:00")),
        )
    return circulation.place_hold(
        title=told.stocked.titles[2],
        card=told.stocked.cards["adult"],
        ctx=ctx("desk", at=moment(day, "09:01")),
    ).hold


def test_f1_a_hold_that_is_ready_is_told_once(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    hold = held(told)
    circulation.check_in(
        item_barcode="B006",
        ctx=Contexts(told.library)("desk", at=moment("2020-06-10", "09:30")),
    )
    follow(told, "2020-06-10")
    told.turn("2020-06-10", "10:20")
    view = queries.inbox(told.adult)[0]
    assert view.subject == "预约的书到了（1 册）"
    assert "《昆虫记》" in view.text
    assert "总馆" in view.text
    assert len(sms.sent) == 1
    follow(told, "2020-06-10", "11:00")
    told.turn("2020-06-10", "11:20")
    assert len(inbox(told)) == 1
    assert models.Notice.objects.filter(subject=hold).count() == 1


def test_a_hold_taken_before_it_was_told_is_not_told(told: Told) -> None:
    held(told)
    ctx = Contexts(told.library)
    circulation.check_in(item_barcode="B006", ctx=ctx("desk", at=moment("2020-06-10", "09:30")))
    follow(told, "2020-06-10", "09:31")
    circulation.check_out(
        item_barcode="B006",
        card=told.stocked.cards["adult"],
        ctx=ctx("desk", at=moment("2020-06-10", "09:35")),
    )
    told.turn("2020-06-10", "09:50")
    assert inbox(told) == []


def test_a_hold_the_library_cancels_is_told_and_one_the_reader_cancels_is_not(told: Told) -> None:
    ctx = Contexts(told.library)
    first = held(told)
    circulation.cancel_hold(hold=first, why="缺页", ctx=ctx("desk"))
    told.at("2020-06-10")
    second = circulation.place_hold(
        title=told.stocked.titles[2],
        card=told.stocked.cards["adult"],
        ctx=ctx("desk", at=moment("2020-06-10", "09:10")),
    ).hold
    circulation.cancel_own_hold(hold=second, ctx=told.reader())
    follow(told, "2020-06-10")
    told.turn("2020-06-10", "10:20")
    assert inbox(told) == ["预约已取消（1 册）"]


def test_s1_a_closure_is_told_to_who_has_books_or_holds(told: Told) -> None:
    ctx = Contexts(told.library)
    phase = applied(told.library.main, closed("2020-06-15", "2020-06-20"), ctx("director"))
    follow(told, "2020-06-10")
    told.turn("2020-06-10", "10:20")
    (view,) = queries.inbox(told.adult)
    assert "6月15日至6月20日" in view.text
    assert inbox(told, "child") != []
    assert inbox(told, "other") == []
    phases.revert(phase=phase, ctx=ctx("director", at=moment("2020-06-11")))
    follow(told, "2020-06-11")
    told.turn("2020-06-11", "10:20")
    assert "已取消" in queries.inbox(told.adult)[0].subject


def test_what_happened_long_ago_is_told_nobody(told: Told) -> None:
    held(told)
    circulation.check_in(
        item_barcode="B006",
        ctx=Contexts(told.library)("desk", at=moment("2020-06-10", "09:30")),
    )
    follow(told, "2020-06-14")
    assert not models.Notice.objects.exists()
    assert worker.deliver() == 0
