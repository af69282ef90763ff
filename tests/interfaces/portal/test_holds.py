"""F1 for readers, without script: reserving from a title's page, looking after reservations."""

from __future__ import annotations

from datetime import date
from datetime import time as day_time

import pytest
from django.test import Client

from shuxiang.apps.circulation import commands, queries
from shuxiang.kernel.ids import new_id
from tests.conftest import Unchanged
from tests.interfaces.portal.conftest import text_of
from tests.interfaces.portal.test_account import PIN as PIN
from tests.interfaces.portal.test_account import lend, see
from tests.interfaces.portal.test_account import reader as reader
from tests.interfaces.portal.test_account import slip as slip
from tests.interfaces.portal.test_account import stocked as stocked
from tests.interfaces.portal.test_account import time as time
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def test_a_reader_reserves_from_the_title_s_page(reader: Client, stocked: Stocked) -> None:
    title = stocked.titles[1]
    page = reader.get(f"/title/{title}/").content.decode()
    assert f'href="/title/{title}/reserve/"' in page
    form = see(reader, f"/title/{title}/reserve/")
    assert "在架 3 册，馆员会取出一册留给您。" in form
    assert "总馆 东区分馆 漂流书屋 西区分馆" in form
    wanted = {"pickup": stocked.library.east, "request_key": new_id()}
    for _twice in range(2):
        done = reader.post(f"/title/{title}/reserve/", wanted, follow=True)
        assert "《三体》已预约，馆员会从架上取出留给您。" in text_of(done.content)
    assert "三体 等待中 排第 1 位，东区分馆取书" in see(reader, "/account/holds/")
    (hold,) = queries.holds_of(stocked.patrons["adult"])
    assert (hold.kind, hold.pickup) == ("shelf", stocked.library.east)
    again = reader.post(f"/title/{title}/reserve/", wanted | {"request_key": new_id()})
    assert again.status_code == 422
    assert "已经预约过这种书。" in text_of(again.content)


def test_bad_input_says_why_and_changes_nothing(
    reader: Client, stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    lend(stocked, ctx, "B001")
    title = stocked.titles[0]
    with unchanged():
        for pickup in ("", "nowhere", stocked.library.network):
            refused = reader.post(f"/title/{title}/reserve/", {"pickup": pickup})
            assert refused.status_code == 422
            said = text_of(refused.content)
            assert "那里不能取预约的书。" in said
            assert "读者正借着这种书。" in said
        assert reader.get(f"/title/{'0' * 32}/reserve/").status_code == 404
        assert reader.post(f"/account/holds/{'0' * 32}/nonsense/").status_code == 404
        lost = reader.post(f"/account/holds/{'0' * 32}/cancel/", follow=True)
        assert "没有这条预约。" in text_of(lost.content)


def test_somebody_elses_hold_is_as_if_it_were_not_there(
    reader: Client, stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    theirs = commands.place_hold(
        title=stocked.titles[1],
        card=stocked.cards["other"],
        pickup=stocked.library.main,
        ctx=ctx("desk"),
    )
    with unchanged():
        answer = reader.post(f"/account/holds/{theirs.hold}/cancel/", follow=True)
    assert "没有这条预约。" in text_of(answer.content)
    assert "三体" not in see(reader, "/account/holds/")
    assert "1 位读者在等" in text_of(reader.get(f"/title/{stocked.titles[1]}/").content)


def test_suspend_pickup_place_ready_and_cancel(
    reader: Client, stocked: Stocked, ctx: Contexts
) -> None:
    reader.post(f"/title/{stocked.titles[1]}/reserve/", {"pickup": stocked.library.main})
    (hold,) = queries.holds_of(stocked.patrons["adult"])
    act = f"/account/holds/{hold.id}/"
    wrong = reader.post(act + "suspend/", {"until": "2020-06-10"}, follow=True)
    assert "请选明天起一年以内的日子。" in text_of(wrong.content)
    reader.post(act + "suspend/", {"until": "2020-07-01"})
    assert "三体 已暂停 2020年7月1日恢复" in see(reader, "/account/holds/")
    reader.post(act + "resume/")
    reader.post(act + "pickup/", {"pickup": stocked.library.east})
    commands.check_in(
        item_barcode="B002", ctx=ctx(place=stocked.library.east, at=moment("2020-06-10", "15:30"))
    )
    assert "三体 可来取书 在东区分馆，保留到 2020年6月16日" in see(reader, "/account/holds/")
    assert "我的预约 1 册可取" in see(reader, "/account/")
    assert "已留给读者" in text_of(reader.get(f"/title/{stocked.titles[1]}/").content)
    done = reader.post(act + "cancel/", follow=True)
    assert "预约已取消。" in text_of(done.content)
    assert "还没有预约" in see(reader, "/account/holds/")


def test_the_rules_page_says_how_many_and_for_how_long(reader: Client) -> None:
    rules = see_public(reader, "/rules/")
    assert "最多可预约 5 种，到书后保留 5 天。 有读者在等的书不能续借。" in rules


def see_public(http: Client, path: str) -> str:
    answer = http.get(path)
    assert answer.status_code == 200
    return text_of(answer.content)


def test_f3_a_time_is_booked_for_what_is_ready(
    reader: Client, stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    main = stocked.library.main
    reader.post(f"/title/{stocked.titles[1]}/reserve/", {"pickup": main})
    commands.open_slots(
        place=main, first=date(2020, 6, 10), last=date(2020, 6, 10), opens=day_time(16),
        closes=day_time(17), minutes=30, capacity=1, ctx=ctx("desk"),
    )  # fmt: skip
    assert "免排队取书" not in see(reader, "/account/holds/")
    commands.check_in(item_barcode="B002", ctx=ctx("desk", at=moment("2020-06-10", "15:30")))
    assert "到总馆免排队取书" in see(reader, "/account/holds/")
    with unchanged():
        wrong = reader.post("/account/pickups/", {"slot": "nonsense"}, follow=True)
    assert "没有这个时段。" in text_of(wrong.content)
    slot = queries.slots_to_book([main], moment("2020-06-10", "15:30"))[0]
    done = reader.post("/account/pickups/", {"slot": slot.id}, follow=True)
    assert "已约：2020年6月10日 16:00。" in text_of(done.content)
    (booked,) = queries.pickups_of(stocked.patrons["adult"])
    here = reader.post(f"/account/pickups/{booked.id}/here/", follow=True)
    assert "已通知馆员您到了。" in text_of(here.content)
    late = reader.post(f"/account/pickups/{booked.id}/cancel/", follow=True)
    assert "该约定已到别的环节，请重新查看。" in text_of(late.content)
