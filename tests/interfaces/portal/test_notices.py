"""V1: 我的消息 and its settings without script; bad input is one sentence and changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.notices import commands, models, queries
from shuxiang.apps.notices.channels import Outcome
from shuxiang.apps.patrons.models import Pin, ReaderSession
from shuxiang.interfaces.portal import session
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused
from shuxiang.project import notices as worker
from tests.apps.notices.conftest import (  # noqa: F401 - fixtures
    PHONE,
    Gateway,
    Told,
    mail,
    sms,
    told,
)
from tests.interfaces.portal.conftest import text_of
from tests.support.library import Contexts


class Reader:
    """A reader's browser, signed in."""

    def __init__(self, told: Told, name: str) -> None:  # noqa: F811
        self.http = Client(headers={"accept-language": "zh-hans"})
        token = session.new_token()
        patron, now = told.stocked.patrons[name], clock.now()
        Pin.objects.create(patron_id=patron, hash="x", must_change=False, set_at=now)
        ReaderSession.objects.create(
            patron_id=patron,
            token_hash=session.token_hash(token),
            channel="portal",
            begun_at=now,
            seen_at=now,
            until=now + timedelta(hours=9),
        )
        self.http.cookies[session.COOKIE] = token

    def get(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return text_of(answer.content)

    def post(self, path: str, **fields: Any) -> Any:
        return self.http.post(path, fields)


def test_v1_the_inbox_and_its_unread_count(told: Told) -> None:  # noqa: F811
    told.turn("2020-06-30", "09:00")
    mine = Reader(told, "adult")
    assert "我的消息 1 条新消息" in mine.get("/account/")
    shown = mine.get("/account/messages/")
    assert "1 条新消息 图书即将到期（2 册） 新 6月30日 09:00" in shown
    assert "《红楼梦》 7月2日" in shown
    assert "1 条新消息" not in mine.get("/account/")
    assert "1 条新消息" not in mine.get("/account/messages/?page=99")
    # The child's mother has its messages among her own.
    mother = Reader(told, "other")
    assert "图书即将到期（1 册） 新 6月30日 09:00 · 王小宝" in mother.get("/account/messages/")
    assert queries.unread(told.stocked.patrons["child"]) == 0


def test_an_empty_inbox_says_what_comes_there(told: Told) -> None:  # noqa: F811
    told.at("2020-06-20")
    assert "还没有消息" in Reader(told, "adult").get("/account/messages/")


def test_v1_what_a_reader_chooses(told: Told, sms: Gateway) -> None:  # noqa: F811
    told.set("notices.default_channels", "sms")
    told.at("2020-06-20")
    mine = Reader(told, "adult")
    page = mine.get("/account/notices/")
    assert "逾期催还 必发" in page
    assert "短信 139****9000" in page
    assert "21:00 至次日 8:00 不发消息" in page
    answer = mine.post("/account/notices/", kind=["due-soon", "hold-ready"])
    assert answer["Location"] == "/account/notices/"
    assert "已保存" in mine.get("/account/notices/")
    view = next(c for c in queries.channels(told.adult, clock.now().date()) if c.channel == "sms")
    assert view.on is False
    assert queries.opted_out(told.adult) == {
        "hold-moving",
        "hold-expired",
        "hold-cancelled",
        "pickup-moved",
        "pickup-cancelled",
        "closure",
        "suggestion",
    }
    told.turn("2020-07-03")
    assert not any(m.address == PHONE for m in sms.sent)


def test_v1_a_guardian_chooses_for_the_child_and_nobody_else_does(
    told: Told,  # noqa: F811
    sms: Gateway,  # noqa: F811
    unchanged: Any,
) -> None:
    told.set("notices.default_channels", "sms")
    told.at("2020-06-20")
    child = told.stocked.patrons["child"]
    mother = Reader(told, "other")
    assert "王小宝" in mother.get("/account/notices/")
    page = mother.get(f"/account/notices/?of={child}")
    assert "王小宝怎样收到消息" in page
    assert "邮箱地址" not in page
    answer = mother.post("/account/notices/", of=child, kind=["hold-ready"])
    assert answer["Location"] == f"/account/notices/?of={child}"
    assert "due-soon" in queries.opted_out(child)
    assert queries.opted_out(told.stocked.patrons["other"]) == frozenset()
    with unchanged(), pytest.raises(Refused) as refused:
        commands.choose(channels={}, unwanted=(), patron=child, ctx=told.reader("adult"))
    assert refused.value.decision.codes == ("not-permitted",)


def test_v1_at_the_desk_it_is_written_down_for_whoever_is_there(
    told: Told,  # noqa: F811
) -> None:
    child, ctx = told.stocked.patrons["child"], Contexts(told.library)
    told.at("2020-06-20")
    commands.choose(channels={}, unwanted=("due-soon",), patron=child, ctx=ctx("desk"))
    assert queries.opted_out(child) == {"due-soon"}
    with pytest.raises(Refused):
        commands.choose(channels={}, unwanted=(), patron=child, ctx=ctx("cataloguer"))
    assert queries.opted_out(child) == {"due-soon"}


def test_v1_a_mail_address_is_confirmed_by_its_code(
    told: Told,  # noqa: F811
    mail: Gateway,  # noqa: F811
) -> None:
    told.at("2020-06-20")
    mine = Reader(told, "adult")
    answer = mine.post("/account/notices/mail/", act="give", address="no address")
    assert not models.ReaderChannel.objects.exists()
    assert answer.status_code == 422
    assert "这不是邮箱地址" in text_of(answer.content)
    mine.post("/account/notices/mail/", act="give", address="li@example.org")
    assert "验证码已发到 l***@example.org" in mine.get("/account/notices/")
    worker.deliver()
    code = mail.sent[0].text.partition("：")[2][:6]
    answer = mine.post(
        "/account/notices/mail/", act="confirm", code="000000" if code != "000000" else "1"
    )
    assert (answer.status_code, "验证码不对" in text_of(answer.content)) == (422, True)
    mine.post("/account/notices/mail/", act="confirm", code=code)
    page = mine.get("/account/notices/")
    assert "邮箱已确认" in page
    assert "电子邮件 l***@example.org" in page
    mine.post("/account/notices/mail/", act="forget")
    assert not models.ReaderChannel.objects.filter(channel="email").exists()


def test_codes_are_asked_for_five_times_a_day(told: Told) -> None:  # noqa: F811
    told.at("2020-06-20")
    mine = Reader(told, "adult")
    codes = [
        mine.post("/account/notices/mail/", act="give", address="li@example.org").status_code
        for _ in range(6)
    ]
    assert codes == [302] * 5 + [429]


def test_a_failing_number_is_told_to_its_reader(told: Told, sms: Gateway) -> None:  # noqa: F811
    told.set("notices.default_channels", "sms")
    sms.answers = [Outcome("refused", "phone-dead")]
    told.turn("2020-06-30")
    assert "没有送达" in Reader(told, "adult").get("/account/notices/")


def test_nobody_else_gets_in(told: Told) -> None:  # noqa: F811
    told.at("2020-06-30")
    for path in ("/account/messages/", "/account/notices/"):
        assert Client().get(path)["Location"].startswith("/account/sign-in/")
    with pytest.raises(Refused, match="not-permitted"):
        commands.read(ctx=Contexts(told.library)("director"))
