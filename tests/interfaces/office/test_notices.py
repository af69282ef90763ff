"""V1: the queue with its preview, the library's own words, the delivery report, a letter; the desk."""

from __future__ import annotations

import pytest

from shuxiang.apps.notices import models, queries
from shuxiang.apps.notices.channels import Outcome
from shuxiang.project import notices as worker
from tests.apps.notices.conftest import (  # noqa: F401 - fixtures
    Gateway,
    Told,
    sms,
    told,
)
from tests.interfaces.office.conftest import Office, text_of


@pytest.fixture
def director(told: Told) -> Office:  # noqa: F811
    told.at("2020-06-30")
    return Office(told.library.staff["director"])


def test_v1_the_queue_says_what_will_go_out(told: Told, director: Office) -> None:  # noqa: F811
    assert "没有待发的通知" in director.get("/office/notices/")
    worker.scan()
    shown = director.get("/office/notices/")
    assert "即将到期 · 总馆 3 条通知 · 2 位读者" in shown
    assert "李*：您有 2 册书快到期了" in shown or "王**：您有 1 册书快到期了" in shown
    assert "短信：未配置" in shown
    answer = director.post("/office/notices/drop/", place="main", kind="due-soon", why=" ")
    assert answer.status_code == 302
    assert "即将到期 · 总馆" in director.get("/office/notices/")
    director.post("/office/notices/drop/", place="main", kind="due-soon", why="系统迁移")
    assert "没有待发的通知" in director.get("/office/notices/")


def test_v1_a_librarys_own_words(told: Told, director: Office) -> None:  # noqa: F811
    assert "系统默认" in director.get("/office/notices/texts/")
    path = "/office/notices/texts/due-soon/?place=main"
    texts = {"subject": "该还书啦", "long": "{读者}：{书单}", "short": "{册数}册到期"}
    refused = director.post(path, **texts | {"long": "{电话}"})
    assert refused.status_code == 422
    assert "这里没有占位符 {电话}，可用的有：{读者}" in text_of(refused)
    shown = text_of(director.post(path, **texts, preview="1"))
    assert "张**：《红楼梦》 3月5日" in shown
    assert not models.Template.objects.exists()
    assert director.post(path, **texts).status_code == 302
    assert "该还书啦" in director.get("/office/notices/texts/")
    director.get("/office/notices/texts/gossip/", status=404)


def test_v1_the_delivery_report_and_who_can_not_be_reached(
    told: Told,  # noqa: F811
    director: Office,
    sms: Gateway,  # noqa: F811
) -> None:
    told.set("notices.default_channels", "sms")
    sms.answers = [Outcome("refused", "phone-dead"), Outcome("sent")]
    told.turn("2020-06-30")
    shown = director.get("/office/notices/report/")
    assert "短信 1 0 1 0" in shown
    assert "即将到期 3 0" in shown
    assert "电话打不通 2020-06-30" in shown
    assert "本月没有向外发送" in director.get("/office/notices/report/?month=2020-05")


def test_v1_the_desk_sees_it_and_has_it_tried_again(
    told: Told,  # noqa: F811
    director: Office,
    sms: Gateway,  # noqa: F811
) -> None:
    told.set("notices.default_channels", "sms")
    sms.answers = [Outcome("refused", "phone-dead")]
    told.turn("2020-06-30")
    desk = Office(told.library.staff["desk"])
    shown = desk.get(f"/desk/readers/{told.adult}/")
    assert "通知送不到这位读者 电话打不通 (短信)" in shown
    panel = desk.post(
        "/desk/scan/",
        mode="checkout",
        scan=told.stocked.cards["adult"],
        state="",
        request_key="k1",
    )
    assert "电话打不通 (短信) · 请向读者核对并更正" in text_of(panel)
    answer = desk.post(f"/desk/readers/{told.adult}/do/reachable/", request_key="k2")
    assert answer.status_code == 302
    assert "通知送不到这位读者" not in desk.get(f"/desk/readers/{told.adult}/")


def test_v1_a_letter_is_seen_before_it_is_sent(told: Told, director: Office) -> None:  # noqa: F811
    letter = {
        "place": "main",
        "audience": "loans",
        "kind": "closure",
        "heading": "设备检修",
        "body": "7月1日闭馆一天。",
    }
    shown = text_of(director.post("/office/notices/write/", **letter))
    assert "2 位读者 设备检修 张**：7月1日闭馆一天。" in shown
    assert not models.Notice.objects.exists()
    for _ in range(2):
        director.post("/office/notices/write/", **letter, send="1", key="letter-1")
    assert models.Notice.objects.count() == 2
    told.turn("2020-06-30", "09:30")
    assert (
        queries.inbox(told.adult)[0].subject.startswith("图书即将到期")
        or queries.inbox(told.adult)[0].subject == "设备检修"
    )
    refused = director.post("/office/notices/write/", **letter | {"heading": " "}, send="1")
    assert refused.status_code == 422
    everybody = text_of(director.post("/office/notices/write/", **letter | {"audience": "all"}))
    assert "3 位读者" in everybody
