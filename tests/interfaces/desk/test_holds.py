"""F1, F2, B2 at the desk: where a returned book goes, the hold slip, the lists, a reader's holds."""

from __future__ import annotations

from datetime import date

import pytest

from shuxiang.apps.circulation import commands, queries
from tests.apps.phases.acts import applied, closed
from tests.conftest import Unchanged
from tests.interfaces.desk.conftest import Desk, text_of
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
NOW = moment("2020-06-10", "15:00")


@pytest.fixture
def waiting(stocked: Stocked, ctx: Contexts) -> Stocked:
    """Every copy of 三体 is out to the child; 王芳 waits for one at the main library."""
    for barcode in ("B002", "B005", "B008"):
        commands.check_out(
            item_barcode=barcode, card=stocked.cards["child"], ctx=ctx("desk", at=NOW)
        )
    commands.place_hold(
        title=stocked.titles[1],
        card=stocked.cards["other"],
        pickup=stocked.library.main,
        ctx=ctx("desk", at=NOW),
    )
    return stocked


def test_a_reserved_book_goes_to_the_hold_shelf_with_a_slip(desk: Desk, waiting: Stocked) -> None:
    answer = desk.scan("B002", "checkin")
    tail = waiting.cards["other"][-4:]
    assert (answer["kind"], answer["word"], answer["sound"]) == ("notice", "预约架", "hold")
    assert answer["say"] == f"《三体》预约到书：放预约架，证号尾号 {tail}，保留到 2020年6月16日。"
    panel = text_of(answer["reader_html"])
    assert f"预约架 …{tail}" in panel
    assert "王*" in panel
    assert "王芳" not in panel
    (hold,) = queries.holds_of(waiting.patrons["other"])
    page = text_of(desk.get(f"/desk/holds/{hold.id}/slip/"))
    assert f"总馆 {tail} 王* 保留到 2020年6月16日 三体 B002" in page
    shelf = text_of(desk.get("/desk/holds/shelf/"))
    assert f"{tail} 王* 三体 B002 2020年6月16日" in shelf


def test_a_book_of_another_branch_is_sent_there(desk: Desk, stocked: Stocked) -> None:
    desk.serve()
    desk.scan("E001")
    answer = desk.scan("E001", "checkin")
    assert (answer["word"], answer["sound"]) == ("已还", "transit")
    assert "送往 东区分馆" in text_of(answer["reader_html"])
    page = text_of(desk.get("/desk/holds/transits/"))
    assert "红楼梦 E001 总馆 东区分馆 归还所属馆 2020-06-10 15:30 0" in page


def test_undo_takes_the_hold_back_as_well(desk: Desk, waiting: Stocked) -> None:
    desk.scan("B002", "checkin")
    desk.scan(command="undo", undoes=desk.key)
    (hold,) = queries.holds_of(waiting.patrons["other"])
    assert (hold.state, hold.position) == ("waiting", 1)


def test_what_is_kept_for_another_is_offered_as_an_exception(desk: Desk, waiting: Stocked) -> None:
    desk.scan("B002", "checkin")
    desk.serve("adult")
    answer = desk.scan("B002")
    assert answer["say"] == "这一册已留给另一位读者。"
    assert answer["ask"] == "override"
    done = desk.scan("B002", ask="override", codes="item-on-hold-shelf", why="读者来电让出")
    assert done["kind"] == "ok"
    (hold,) = queries.holds_of(waiting.patrons["other"])
    assert hold.state == "waiting"


def test_f2_the_pull_list_in_shelf_order_and_a_copy_that_is_not_there(
    desk: Desk, stocked: Stocked, ctx: Contexts
) -> None:
    for title in (0, 1):
        commands.place_hold(
            title=stocked.titles[title],
            card=stocked.cards["other"],
            pickup=stocked.library.east,
            ctx=ctx("desk", at=NOW),
        )
    # 红楼梦 has a copy in the east, which is nearer to the reader.
    page = text_of(desk.get("/desk/holds/"))
    assert "三体 B002 东区分馆" in page
    assert "红楼梦" not in page
    answer = desk.post(f"/desk/holds/not-found/{stocked.items['B002']}/")
    assert answer.status_code == 302
    page = text_of(desk.get("/desk/holds/"))
    assert "三体 B005 东区分馆" in page
    assert "B002" not in page
    desk.post(f"/desk/holds/not-found/{stocked.items['B002']}/")
    assert "这一册不在取书单上。" in text_of(desk.get("/desk/holds/"))


def test_f2_a_hold_that_nothing_can_fill_tells_its_cause(
    desk: Desk, stocked: Stocked, ctx: Contexts
) -> None:
    commands.place_hold(
        title=stocked.titles[1],
        card=stocked.cards["other"],
        pickup=stocked.library.main,
        ctx=ctx("desk", at=NOW),
    )
    for barcode in ("B002", "B005", "B008"):
        desk.post(f"/desk/holds/not-found/{stocked.items[barcode]}/")
    page = text_of(desk.get("/desk/holds/unfilled/"))
    assert "三体 王* …" in page
    assert "所有复本均丢失、未找到、破损或停用。" in page


def test_a_clerk_reserves_changes_and_cancels_for_a_reader(
    desk: Desk, stocked: Stocked, unchanged: Unchanged
) -> None:
    patron = stocked.patrons["adult"]
    page = desk.get(f"/desk/readers/{patron}/holds/?q=B002")
    assert "三体" in text_of(page)
    desk.post(
        f"/desk/readers/{patron}/holds/", title=stocked.titles[1], pickup=stocked.library.main
    )
    (hold,) = queries.holds_of(patron)
    assert "三体 等待中 排第 1 位，总馆取书" in text_of(desk.serve()["reader_html"])
    with unchanged():
        again = desk.post(
            f"/desk/readers/{patron}/holds/", title=stocked.titles[1], pickup=stocked.library.main
        )
    assert again.status_code == 422
    assert "已经预约过这种书。" in text_of(again.content.decode())
    with unchanged():
        desk.post(f"/desk/holds/{hold.id}/suspend/", until="yesterday")
    assert "请选明天起一年以内的日子。" in text_of(desk.get(f"/desk/readers/{patron}/holds/"))
    desk.post(f"/desk/holds/{hold.id}/suspend/", until="2020-07-01")
    assert "三体 已暂停 2020年7月1日恢复" in text_of(desk.get(f"/desk/readers/{patron}/holds/"))
    desk.post(f"/desk/holds/{hold.id}/resume/")
    desk.post(f"/desk/holds/{hold.id}/pickup/", pickup=stocked.library.east)
    (hold,) = queries.holds_of(patron)
    assert (hold.pickup, hold.suspended_until) == (stocked.library.east, None)
    desk.post(f"/desk/holds/{hold.id}/cancel/")
    assert queries.holds_of(patron) == ()
    assert desk.http.post(f"/desk/holds/{hold.id}/nonsense/").status_code == 404


@pytest.mark.parametrize(
    ("pickup", "said"),
    [
        ("main", "已暂停到 2020年7月1日，请将该书放回书架。"),
        ("east", "已暂停到 2020年7月1日，该书送往总馆。"),
    ],
)
def test_a_ready_book_of_a_suspended_hold_is_taken_from_the_hold_shelf(
    desk: Desk, stocked: Stocked, ctx: Contexts, pickup: str, said: str
) -> None:
    """HX-2: no list names it where it goes back to its shelf, so the clerk is told."""
    here = getattr(stocked.library, pickup)
    made = commands.place_hold(
        item_barcode="B002", card=stocked.cards["other"], pickup=here, ctx=ctx("desk", at=NOW)
    )
    commands.check_in(item_barcode="B002", ctx=ctx(place=here, at=NOW))
    desk.post(f"/desk/holds/{made.hold}/suspend/", until="2020-07-01")
    assert said in text_of(desk.get(f"/desk/readers/{stocked.patrons['other']}/holds/"))


def test_an_exception_needs_a_why_and_the_right(
    desk: Desk, stocked: Stocked, ctx: Contexts
) -> None:
    commands.add_rule(
        place=stocked.library.main, reader_category="adult", valid_from=date(2020, 6, 1),
        loan_limit=5, loan_days=30, hold_limit=1, ctx=ctx(),
    )  # fmt: skip
    where = f"/desk/readers/{stocked.patrons['adult']}/holds/"
    desk.post(where, title=stocked.titles[0], pickup=stocked.library.main)
    wanted = {"title": stocked.titles[1], "pickup": stocked.library.main}
    refused = desk.post(where, **wanted)
    assert "已预约 1 种，最多 1 种。" in text_of(refused.content.decode())
    assert 'name="codes" value="hold-limit"' in refused.content.decode()
    desk.post(where, **wanted, codes="hold-limit", why="读者急用")
    assert len(queries.holds_of(stocked.patrons["adult"])) == 2


def test_f3_times_are_opened_packed_and_handed_over(
    desk: Desk, waiting: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    commands.check_in(item_barcode="B002", ctx=ctx("desk", at=NOW))
    bad = {"first": "2020-06-11", "last": "x", "opens": "09:00", "closes": "10:00"}
    with unchanged():
        desk.post("/desk/holds/pickups/open/", **bad, minutes="30", capacity="2")
    assert "请选今天起的日子，最多 62 天。" in text_of(desk.get("/desk/holds/pickups/"))
    desk.post(
        "/desk/holds/pickups/open/", **bad | {"last": "2020-06-11"}, minutes="30", capacity="2"
    )
    (slot, _) = queries.slots_to_book([waiting.library.main], NOW)
    booked = commands.book_pickup(
        slot=slot.id, patron=waiting.patrons["other"], ctx=ctx("desk", at=NOW)
    )
    page = text_of(desk.get("/desk/holds/pickups/?day=2020-06-11"))
    assert "09:00–09:30 王* …" in page
    assert "三体 B002 已约" in page
    act = f"/desk/holds/pickups/{booked.pickup}/"
    desk.post(act + "stage/")
    assert "已备书" in text_of(desk.get("/desk/holds/pickups/?day=2020-06-11"))
    desk.post(act + "deliver/")
    assert "已交付并借出：B002" in text_of(desk.get("/desk/holds/pickups/?day=2020-06-11"))
    assert [v.barcode for v in queries.open_loans(waiting.patrons["other"])] == ["B002"]
    desk.post(act + "stage/")
    assert "该约定已到别的环节，请重新查看。" in text_of(desk.get("/desk/holds/pickups/"))


def test_f3_the_desk_books_moves_and_calls_off_a_time_for_a_reader(
    desk: Desk, waiting: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    """PU-9, PU-10."""
    commands.check_in(item_barcode="B002", ctx=ctx("desk", at=NOW))
    patron = waiting.patrons["other"]
    page, act = f"/desk/readers/{patron}/holds/", f"/desk/readers/{patron}/pickups/"
    assert "书已到，没有开放的取书时段" in text_of(desk.get(page))
    days = {"first": "2020-06-11", "last": "2020-06-11", "opens": "09:00", "closes": "10:00"}
    desk.post("/desk/holds/pickups/open/", **days, minutes="30", capacity="1")
    first, second = queries.slots_to_book([waiting.library.main], NOW)
    assert "到总馆取书" in text_of(desk.get(page))
    with unchanged():
        desk.post(act, slot="x")
        desk.post(act, slot=first.id, pickup="0" * 32)
    desk.post(act, slot=first.id)
    (booked,) = queries.pickups_of(patron)
    assert booked.slot.id == first.id
    assert "09:00–09:30 总馆 已约" in text_of(desk.get(page))
    desk.post(act, slot=second.id, pickup=booked.id)
    (moved,) = queries.pickups_of(patron)
    assert (moved.id, moved.slot.id) == (booked.id, second.id)
    desk.post(act, pickup=booked.id, act="cancel")
    assert queries.pickups_of(patron) == ()
    # A time closed by hand takes no more, also where one is given up; opened again it does (PU-10).
    desk.post(f"/desk/holds/pickups/times/{first.id}/close/")
    assert [s.id for s in queries.slots_to_book([waiting.library.main], NOW)] == [second.id]
    with unchanged():
        desk.post(act, slot=first.id)
    assert "不再接受预约" in text_of(desk.get("/desk/holds/pickups/?day=2020-06-11"))
    desk.post("/desk/holds/pickups/open/", **days, minutes="30", capacity="1")
    assert len(queries.slots_to_book([waiting.library.main], NOW)) == 2


def test_ph_17_1_the_hold_shelf_says_until_when_a_copy_lies_aside(
    desk: Desk, waiting: Stocked, ctx: Contexts
) -> None:
    terms = closed(
        "2020-06-10", "2020-12-31", kind="limited", due_mode="none", reason="", quarantine_hours=24
    )
    applied(waiting.library.main, terms, ctx("director", at=moment("2020-06-10", "09:00")))
    answer = desk.scan("B002", "checkin")
    assert "静置期满后自动留给读者" in answer["say"] + text_of(answer["reader_html"])
    page = text_of(desk.get("/desk/holds/shelf/"))
    assert "静置中，有读者在等" in page
    assert "三体 B002 6月11日 15:30" in page
