"""V1: what a reader says of channels and kinds; a mail address counts once its code is typed in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.notices import commands, models, queries
from shuxiang.apps.notices.channels import CHANNELS, Outcome, wechat
from shuxiang.kernel.decision import Refused
from shuxiang.project import notices as worker
from shuxiang.runtime import sql
from tests.apps.notices.conftest import Gateway, Told
from tests.apps.notices.test_telling import confirmed_mail, inbox
from tests.support.library import Contexts, moment

Unchanged = Callable[[], AbstractContextManager[None]]
TODAY = date(2020, 6, 30)


def channel(told: Told, code: str) -> queries.ChannelView:
    return next(c for c in queries.channels(told.adult, TODAY) if c.channel == code)


def test_v1_a_mail_address_is_used_once_confirmed(told: Told, mail: Gateway) -> None:
    told.at("2020-06-20", "22:00")
    commands.give_mail(address=" Li@Example.org ", code="271828", ctx=told.reader())
    view = channel(told, "email")
    assert (view.on, view.address, view.waiting) == (None, "L***@Example.org", True)
    # The code goes out at once, quiet hours or not; nothing else does before it came back.
    assert worker.deliver() == 1
    assert "271828" in mail.sent[0].text
    assert mail.sent[0].address == "Li@Example.org"
    assert not commands.confirm_mail(code="000000", ctx=told.reader())
    assert commands.confirm_mail(code="271828", ctx=told.reader())
    view = channel(told, "email")
    assert (view.on, view.waiting) == (True, False)
    told.turn("2020-06-30")
    assert mail.sent[1].subject == "总馆：图书即将到期（2 册）"
    assert "《红楼梦》 7月2日" in mail.sent[1].text
    stored = repr(sql.all("SELECT * FROM notices_readerchannel"))
    assert "example" not in stored.lower()


def test_a_code_is_good_for_five_tries_and_half_an_hour(told: Told, mail: Gateway) -> None:
    told.at("2020-06-20", "09:00")
    commands.give_mail(address="li@example.org", code="271828", ctx=told.reader())
    for _ in range(5):
        assert not commands.confirm_mail(code="111111", ctx=told.reader())
    with pytest.raises(Refused, match="mail-code-over"):
        commands.confirm_mail(code="271828", ctx=told.reader())
    commands.give_mail(address="li@example.org", code="161803", ctx=told.reader())
    with pytest.raises(Refused, match="mail-code-over"):
        commands.confirm_mail(code="161803", ctx=told.reader(at=moment("2020-06-20", "09:31")))


@pytest.mark.parametrize(
    "address", ["", "li", "li@", "@x.cn", "a b@x.cn", "li@x", "l" * 120 + "@x.cn"]
)
def test_what_is_no_mail_address(told: Told, unchanged: Unchanged, address: str) -> None:
    told.at("2020-06-20")
    with unchanged(), pytest.raises(Refused, match="mail-invalid"):
        commands.give_mail(address=address, code="1", ctx=told.reader())


def test_a_mail_address_taken_back_is_gone(told: Told, mail: Gateway) -> None:
    confirmed_mail(told)
    commands.forget_mail(ctx=told.reader())
    assert not models.ReaderChannel.objects.filter(channel="email").exists()


def test_v1_a_channel_refused_is_not_used(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    told.at("2020-06-20")
    commands.choose(channels={"sms": False}, unwanted=(), ctx=told.reader())
    told.turn("2020-06-30")
    assert [m.address for m in sms.sent] == ["13800138000"]  # the child's guardian alone
    assert inbox(told) == ["图书即将到期（2 册）"]


def test_v1_a_channel_wanted_is_used_where_it_is_not_usual(told: Told, sms: Gateway) -> None:
    told.at("2020-06-20")
    commands.choose(channels={"sms": True}, unwanted=(), ctx=told.reader())
    told.turn("2020-06-30")
    assert len(sms.sent) == 1


def test_v1_a_kind_not_wanted_is_not_told_but_what_must_be(told: Told, sms: Gateway) -> None:
    told.at("2020-06-20")
    commands.choose(channels={}, unwanted=("due-soon", "closure"), ctx=told.reader())
    assert queries.opted_out(told.adult) == {"due-soon", "closure"}
    told.turn("2020-06-30")
    assert inbox(told) == []
    told.turn("2020-07-03")
    assert inbox(told) == ["图书已逾期（2 册）"]
    told.at("2020-07-03")
    commands.choose(channels={}, unwanted=("closure",), ctx=told.reader())
    assert queries.opted_out(told.adult) == {"closure"}


@pytest.mark.parametrize(
    ("channels", "unwanted", "code"),
    [
        ({}, ("overdue",), "notice-needed"),
        ({}, ("by-law",), "notice-needed"),
        ({}, ("gossip",), "notice-kind-unknown"),
        ({"pigeon": True}, (), "channel-unknown"),
        ({"email": True}, (), "mail-not-confirmed"),
    ],
)
def test_what_can_not_be_chosen_changes_nothing(
    told: Told,
    unchanged: Unchanged,
    channels: dict[str, bool],
    unwanted: tuple[str, ...],
    code: str,
) -> None:
    told.at("2020-06-20")
    with unchanged(), pytest.raises(Refused, match=code):
        commands.choose(channels=channels, unwanted=unwanted, ctx=told.reader())


def test_nobody_chooses_for_another(told: Told, unchanged: Unchanged) -> None:
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.choose(channels={}, unwanted=(), ctx=Contexts(told.library)("director"))


def test_the_inbox_is_read(told: Told) -> None:
    told.turn("2020-06-30")
    assert (queries.unread(told.adult), queries.count_inbox(told.adult)) == (1, 1)
    assert commands.read(ctx=told.reader()) == 1
    assert queries.unread(told.adult) == 0
    assert queries.unread(told.stocked.patrons["child"]) == 1


def test_a_closed_account_leaves_nothing(told: Told, mail: Gateway) -> None:
    confirmed_mail(told)
    told.turn("2020-06-30")
    commands.forget_reader(patron=told.adult, ctx=Contexts(told.library)())
    for table in (models.ReaderChannel, models.Notice, models.Telling):
        assert not table.objects.filter(patron=told.adult).exists()


class Account:
    """A WeChat account's adapter."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def openid(self, patron: str) -> str:
        return f"openid-{patron[-4:]}"

    def send(self, message: Any) -> Outcome:
        self.sent.append(message.address)
        return Outcome("sent")


def test_x9_wechat_sends_as_often_as_the_reader_allowed(told: Told, sms: Gateway) -> None:
    account = Account()
    told.monkeypatch.setitem(CHANNELS, "wechat", wechat.WECHAT)
    told.monkeypatch.setattr(wechat, "_adapter", [])
    wechat.plug(account)
    told.set("notices.default_channels", "wechat,sms")
    left = commands.grant_wechat(patron=told.adult, template="notice", ctx=Contexts(told.library)())
    assert left == 1
    told.turn("2020-06-30")
    assert account.sent == [f"openid-{told.adult[-4:]}"]
    assert models.WechatConsent.objects.get(patron=told.adult).remaining == 0
    # None left: the next one falls to the text message.
    told.turn("2020-07-03")
    assert len(account.sent) == 1
    assert len([m for m in sms.sent if m.address != "13800138000"]) == 1
