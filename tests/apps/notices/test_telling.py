"""V1, X9, F20: what is told, merged, when, by which channel; never twice, never silently lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.notices import commands, models, queries
from shuxiang.apps.notices.channels import Outcome, Outgoing
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.kernel.decision import Refused
from shuxiang.project import notices as worker
from shuxiang.runtime import sql
from tests.apps.notices.conftest import PHONE, Gateway, Told
from tests.support.library import Contexts, moment

Unchanged = Callable[[], AbstractContextManager[None]]


def inbox(told: Told, name: str = "adult") -> list[str]:
    return [m.subject for m in queries.inbox(told.stocked.patrons[name])]


def state(message: str) -> str:
    return str(models.Message.objects.get(id=message).state)


def sms_of(told: Told) -> models.Message:
    return models.Message.objects.get(channel="sms", telling__patron=told.adult)


def test_v1_due_soon_is_told_once_and_merged(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    told.set("notices.due_soon_days", 3)
    # Due on Thursday 2 July: three days before is a Monday, closed, so Tuesday makes up for it.
    assert told.turn("2020-06-28") == 0
    assert told.turn("2020-06-30") == 2
    (mine,) = [m for m in sms.sent if m.address == PHONE]
    assert mine.text == "您借的2册书快到期了，最早7月2日，请按时归还或续借。"
    assert inbox(told) == ["图书即将到期（2 册）"]
    (shown,) = queries.inbox(told.adult)
    assert shown.text == (
        "李*：您有 2 册书快到期了，最早 7月2日。请按时归还，或在“我的借阅”里续借：\n"
        "《三体》 7月2日\n《红楼梦》 7月2日"
    )
    assert told.turn("2020-06-30", "15:00") == 0
    assert told.turn("2020-07-01") == 0
    assert len(inbox(told)) == 1


def test_v1_a_minors_notice_goes_to_the_guardian(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    told.turn("2020-06-30")
    assert sorted(m.address for m in sms.sent) == ["13800138000", PHONE]
    assert inbox(told, "child") == ["图书即将到期（1 册）"]
    (view,) = [
        c
        for c in queries.channels(told.stocked.patrons["child"], date(2020, 6, 30))
        if c.channel == "sms"
    ]
    assert (view.of_guardian, view.address) == (True, "138****8000")


def test_v1_overdue_step_by_step(told: Told, sms: Gateway) -> None:
    told.set("notices.due_soon_days", 0)
    for day in ("2020-07-02", "2020-07-03", "2020-07-04", "2020-07-09", "2020-07-10"):
        told.turn(day)
    assert inbox(told) == ["图书已逾期（2 册）"] * 2
    keys = models.Notice.objects.filter(patron=told.adult).values_list("key", flat=True)
    assert sorted(k.rpartition(":")[2] for k in keys) == ["1", "1", "7", "7"]
    # What must be told goes by any channel that was not refused, though none is usual.
    assert len([m for m in sms.sent if m.address == PHONE]) == 2


def test_what_was_returned_or_renewed_meanwhile_is_not_told(told: Told, sms: Gateway) -> None:
    told.at("2020-06-30")
    worker.scan()
    ctx = Contexts(told.library)
    circulation.check_in(item_barcode="B001", ctx=ctx("desk", at=moment("2020-06-30", "09:01")))
    circulation.renew(loan=told.loans["B002"], ctx=ctx("desk", at=moment("2020-06-30", "09:02")))
    told.at("2020-06-30", "09:05")
    worker.assemble()
    assert inbox(told) == []
    dropped = models.Notice.objects.filter(patron=told.adult).values_list("state", "dropped")
    assert set(dropped) == {("dropped", "overtaken")}


def test_x9_quiet_hours_wait_for_the_morning(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    told.set("notices.send_hour", 6)
    assert told.turn("2020-06-30", "07:59") == 0
    assert inbox(told) == []
    assert told.turn("2020-06-30", "08:00") == 2
    assert inbox(told) == ["图书即将到期（2 册）"]


def test_x9_a_retry_does_not_wake_anybody(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    sms.answers = [Outcome("later", "gateway-down")]
    told.turn("2020-06-30", "20:58")
    assert len(sms.sent) == 2
    told.turn("2020-06-30", "21:10")
    assert len(sms.sent) == 2
    told.turn("2020-07-01", "08:00")
    assert len(sms.sent) == 4


def test_scans_only_open_sites_and_once_a_day(told: Told) -> None:
    closed = told.at("2020-06-29", "10:00")
    assert queries.scans_due(closed) == ()
    early = told.at("2020-06-30", "07:00")
    assert queries.scans_due(early) == ()
    opened = told.at("2020-06-30", "08:00")
    assert set(queries.scans_due(opened)) == {
        told.library.main,
        told.library.east,
        told.library.west,
        told.library.point,
    }
    worker.scan()
    assert queries.scans_due(opened) == ()
    told.set("notices.on", False, told.library.east)
    assert told.library.east not in queries.scans_due(told.at("2020-07-01", "08:00"))


def test_the_worker_writes_nothing_where_nothing_is_due(told: Told) -> None:
    told.at("2020-06-10", "07:00")
    before = sql.one("SELECT COUNT(*) FROM runtime_request")
    worker.scan()
    worker.assemble()
    worker.deliver()
    worker.forget()
    worker.SENDING.turn()
    assert sql.one("SELECT COUNT(*) FROM runtime_request") == before


def test_v1_retries_back_off_then_the_next_channel(told: Told, sms: Gateway, mail: Gateway) -> None:
    confirmed_mail(told)
    told.set("notices.default_channels", "sms")
    mail.answers = [Outcome("later", "gateway-down", "Timeout")]
    mail.sent.clear()
    tries = ["09:00", "09:05", "09:35", "11:35", "17:35"]
    for hour in tries:
        told.turn("2020-06-30", hour)
    assert len(mail.sent) == 5
    assert len({m.key for m in mail.sent}) == 1
    told.turn("2020-06-30", "17:36")
    assert [m.address for m in sms.sent if m.address == PHONE] == [PHONE]
    of_mine = models.Attempt.objects.filter(message=mail.sent[0].key).order_by("number")
    assert [(a.number, a.outcome, a.fault, a.detail) for a in of_mine] == [
        (n, "later", "gateway-down", "Timeout") for n in range(1, 6)
    ]


def confirmed_mail(told: Told, address: str = "li@example.org") -> None:
    """The adult gives a mail address and types in its code."""
    told.at("2020-06-20", "09:00")
    commands.give_mail(address=address, code="314159", ctx=told.reader())
    worker.deliver()
    assert commands.confirm_mail(code=" 314159 ", ctx=told.reader())


def test_v1_a_dead_number_is_marked_for_the_desk(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    sms.answers = [Outcome("refused", "phone-dead")]
    told.turn("2020-06-30")
    today = date(2020, 6, 30)
    listed = queries.failing((told.library.main,), today)
    assert {(f.name, f.channel, f.why) for f in listed} == {
        ("李*", "sms", "phone-dead"),
        ("王**", "sms", "phone-dead"),
    }
    (view,) = [c for c in queries.channels(told.adult, today) if c.channel == "sms"]
    assert view.failing_why == "phone-dead"
    # Not tried again until somebody has looked, or the number is another one.
    told.turn("2020-07-03")
    assert len(sms.sent) == 2
    desk = Contexts(told.library)("desk")
    commands.address_checked(patron=told.adult, channel="sms", ctx=desk)
    assert [f.name for f in queries.failing((told.library.main,), today)] == ["王**"]
    with pytest.raises(Refused, match="address-not-failing"):
        commands.address_checked(
            patron=told.adult, channel="sms", ctx=Contexts(told.library)("desk")
        )


def test_f20_the_same_thing_is_queued_once(told: Told) -> None:
    told.at("2020-06-10")
    one = commands.ToTell(
        key="closure:1:" + told.adult,
        kind="closure",
        patron=told.adult,
        place=told.library.main,
        facts={"heading": "闭馆", "body": "明天闭馆。"},
    )
    ctx = Contexts(told.library)
    assert commands.queue(notices=(one, one), ctx=ctx()) == 1
    assert commands.queue(notices=(one,), ctx=ctx()) == 0


def test_f20_a_crash_never_sends_twice(told: Told, mail: Gateway) -> None:
    confirmed_mail(told)
    mail.sent.clear()
    mail.raises = RuntimeError("power cut")
    with pytest.raises(RuntimeError):
        told.turn("2020-06-30")
    (message,) = models.Message.objects.filter(channel="email", state="sending")
    mail.raises = None
    # Too early to tell a crash from a slow server.
    told.turn("2020-06-30", "09:05")
    assert state(message.id) == "sending"
    told.turn("2020-06-30", "09:11")
    assert state(message.id) == "unknown"
    assert len(mail.sent) == 1
    assert inbox(told) == ["图书即将到期（2 册）"]
    last = models.Attempt.objects.filter(message=message.id).get()
    assert (last.outcome, last.fault) == ("unknown", "cut-off")


def test_f20_a_gateway_that_knows_the_key_is_asked_again(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    sms.raises = RuntimeError("power cut")
    with pytest.raises(RuntimeError):
        told.turn("2020-06-30")
    sms.raises = None
    told.turn("2020-06-30", "09:11")
    assert {m.state for m in models.Message.objects.filter(channel="sms")} == {"sent"}
    assert len({m.key for m in sms.sent}) == 2


def test_f20_two_workers_send_one_message(
    told: Told, sms: Gateway, together: Callable[..., list[Any]]
) -> None:
    told.set("notices.default_channels", "sms")
    told.at("2020-06-30")
    worker.scan()
    worker.assemble()
    together(4, lambda _: worker.deliver())
    assert len(sms.sent) == 2


def test_f20_a_gateway_that_is_down_is_left_alone(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    sms.answers = [Outcome("later", "gateway-down")]
    told.at("2020-06-30")
    worker.scan()
    worker.assemble()
    told.monkeypatch.setattr(worker, "DOWN_MOST", 1)
    assert worker.deliver() == 1


def test_f20_a_channel_that_is_down_keeps_no_other_waiting(
    told: Told, sms: Gateway, mail: Gateway
) -> None:
    confirmed_mail(told)
    mail.sent.clear()
    told.set("notices.default_channels", "sms")
    sms.answers = [Outcome("later", "gateway-down")]
    told.at("2020-06-30")
    worker.scan()
    worker.assemble()
    due = queries.due_messages(moment("2020-06-30"), 1)
    assert sorted(models.Message.objects.get(id=m).channel for m in due) == ["email", "sms"]


def test_v1_an_urgent_one_comes_on_the_same_day(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    told.turn("2020-06-30")
    sms.sent.clear()
    for number, kind in enumerate(("hold-ready", "hold-moving"), start=1):
        commands.queue(
            notices=(
                commands.ToTell(
                    key=f"{kind}:{number}",
                    kind=kind,
                    patron=told.adult,
                    place=told.library.east,
                    facts={"title": "昆虫记", "day": "2020-07-05"},
                ),
            ),
            ctx=Contexts(told.library)(at=moment("2020-06-30", "09:30")),
        )
    assert told.turn("2020-06-30", "09:39") == 0  # waits ten minutes for others
    assert told.turn("2020-06-30", "09:40") == 1
    (message,) = sms.sent
    assert message.text == (
        "您预约的1册书已到东区分馆，请于7月5日前带读者证来取。"
        "您预约的1册书正送往东区分馆，到馆后再通知您。"
    )


def test_what_is_not_urgent_waits_for_tomorrow(told: Told, sms: Gateway) -> None:
    told.turn("2020-06-30")
    commands.queue(
        notices=(
            commands.ToTell(
                key="hold-moving:1",
                kind="hold-moving",
                patron=told.adult,
                place=told.library.main,
                facts={"title": "昆虫记"},
            ),
        ),
        ctx=Contexts(told.library)(at=moment("2020-06-30", "10:00")),
    )
    told.turn("2020-06-30", "18:00")
    assert len(inbox(told)) == 1
    told.turn("2020-07-01")
    assert inbox(told)[0] == "预约的书已发出（1 册）"


def test_a_kind_dropped_by_hand_is_not_told(told: Told, unchanged: Unchanged) -> None:
    told.at("2020-06-30")
    worker.scan()
    ctx = Contexts(told.library)
    (waiting,) = queries.waiting((told.library.main,), date(2020, 6, 30))
    assert (waiting.kind.code, waiting.notices, waiting.readers) == ("due-soon", 3, 2)
    assert waiting.sample.short.startswith("您借的")
    main = told.library.main
    with unchanged(), pytest.raises(Refused, match="why-missing"):
        commands.drop(kind="due-soon", place=main, why=" ", ctx=ctx("director"))
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.drop(kind="due-soon", place=main, why="x", ctx=ctx("desk"))
    assert commands.drop(kind="due-soon", place=main, why="系统迁移", ctx=ctx("director")) == 3
    worker.assemble()
    assert inbox(told) == []


def test_told_is_forgotten_and_the_attempts_stay(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    told.turn("2020-06-30")
    told.at("2020-09-27")
    worker.forget()
    assert models.Notice.objects.count() == 3
    told.at("2020-09-29")
    worker.forget()
    assert models.Notice.objects.count() == models.Telling.objects.count() == 0
    assert models.Message.objects.count() == 0
    (report,) = queries.delivered((told.library.main,), date(2020, 6, 1), date(2020, 6, 30))
    assert (report.channel, report.sent) == ("sms", 2)


def test_nothing_of_an_address_or_text_in_stored_answers(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    told.turn("2020-06-30")
    rows = sql.all("SELECT outcome, body FROM runtime_request WHERE command LIKE 'notices.%'")
    attempts = repr(sql.all("SELECT * FROM notices_attempt"))
    for private in (PHONE, "红楼梦", "李"):
        assert private not in repr(rows)
        assert private not in attempts


def test_who_closed_the_account_is_told_nothing(told: Told) -> None:
    told.at("2020-06-30")
    worker.scan()
    sql.run(
        "UPDATE patrons_patron SET closed_at = ? WHERE id = ?", moment("2020-06-30"), told.adult
    )
    worker.assemble()
    dropped = models.Notice.objects.filter(patron=told.adult).values_list("dropped", flat=True)
    assert set(dropped) == {"account-closed"}


def test_a_library_says_it_in_its_own_words(told: Told, unchanged: Unchanged, sms: Gateway) -> None:
    ctx = Contexts(told.library)
    texts = {"subject": "该还书啦", "long": "{读者}同学：{书单}", "short": "{图书馆}：{册数}册"}
    main = told.library.main
    with unchanged(), pytest.raises(Refused, match="placeholder-unknown"):
        commands.set_template(
            library=main, kind="due-soon", **(texts | {"long": "{电话}"}), ctx=ctx("director")
        )
    with unchanged(), pytest.raises(Refused, match="not-permitted"):
        commands.set_template(library=main, kind="due-soon", **texts, ctx=ctx("desk"))
    commands.set_template(library=main, kind="due-soon", **texts, ctx=ctx("director"))
    told.set("notices.default_channels", "sms")
    told.turn("2020-06-30")
    assert inbox(told) == ["该还书啦"]
    assert "总馆：2册" in [m.text for m in sms.sent]
    commands.set_template(
        library=main, kind="due-soon", subject="", long="", short="", ctx=ctx("director")
    )
    assert not any(t.own for t in queries.templates(main))


def test_titles_leave_text_messages_when_the_setting_does(told: Told, sms: Gateway) -> None:
    told.set("notices.sms_titles", True)
    told.set("notices.default_channels", "sms")
    commands.set_template(
        library=told.library.main,
        kind="due-soon",
        subject="到期",
        long="{书单}",
        short="{书名}快到期了",
        ctx=Contexts(told.library)("director"),
    )
    told.set("notices.sms_titles", False)
    told.turn("2020-06-30")
    assert not any("红楼梦" in m.text for m in sms.sent)
    assert len(sms.sent) == 2


def test_a_branch_has_hours_of_its_own(told: Told) -> None:
    places.set_setting(
        place=told.library.east,
        key="notices.quiet_from",
        value=18,
        ctx=Contexts(told.library)(),
    )
    evening = moment("2020-06-30", "19:00")
    assert queries.quiet_until(told.library.main, evening) is None
    assert queries.quiet_until(told.library.east, evening) == moment("2020-07-01", "08:00")


def test_f20_a_slow_gateway_keeps_the_worker_from_nothing(told: Told, sms: Gateway) -> None:
    told.set("notices.default_channels", "sms")
    told.at("2020-06-30")
    worker.scan()
    worker.assemble()
    asked, answer = threading.Event(), threading.Event()

    def slow(message: Outgoing) -> Outcome:
        asked.set()
        assert answer.wait(20)
        return Outcome("sent")

    told.monkeypatch.setattr(sms, "send", slow)
    sending = worker.Sending()
    sending.turn()
    assert asked.wait(20)
    # Asked while the gateway still thinks: nothing is begun a second time.
    sending.turn()
    assert models.Message.objects.filter(channel="sms", state="sending").count() == 1
    answer.set()
    sending.stop()
    states = models.Message.objects.filter(channel="sms").values_list("state", flat=True)
    assert sorted(states) == ["queued", "sent"]


def test_c7_closing_an_account_takes_its_notices_along(told: Told, sms: Gateway) -> None:
    ctx = Contexts(told.library)
    told.turn("2020-06-30")
    for barcode in ("B001", "B002"):
        circulation.check_in(
            item_barcode=barcode, ctx=ctx("desk", at=moment("2020-06-30", "10:00"))
        )
    patrons.close_account(patron=told.adult, ctx=ctx("desk", at=moment("2020-06-30", "10:05")))
    assert not models.Notice.objects.filter(patron=told.adult).exists()
    assert not models.Telling.objects.filter(patron=told.adult).exists()
    assert models.Telling.objects.filter(patron=told.stocked.patrons["child"]).exists()
