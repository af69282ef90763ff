"""V1: mail that comes back after it was handed over."""

from __future__ import annotations

import mailbox
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.notices import commands, models, queries
from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import main
from tests.apps.notices.conftest import Gateway, Told
from tests.apps.notices.test_telling import confirmed_mail, state
from tests.formats.test_bounces import KEY, POSTFIX

pytestmark = pytest.mark.db
DAY = date(2020, 6, 30)


def sent_mail(told: Told) -> str:
    """The id of the mail that told the adult of the loans that are due."""
    confirmed_mail(told)
    told.turn("2020-06-30")
    (message,) = models.Message.objects.filter(channel="email", telling__day=DAY)
    assert state(message.id) == "sent"
    return str(message.id)


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "setup", lambda: None)
    monkeypatch.setattr(common, "require_library", lambda: None)


def test_v1_a_bounce_marks_the_address_and_the_next_channel_tells(
    told: Told, mail: Gateway, sms: Gateway, tmp_path: Path, command_line: None, capsys: Any
) -> None:
    told.set("notices.default_channels", "sms")
    message = sent_mail(told)
    sms.sent.clear()
    box = mailbox.Maildir(tmp_path / "box")
    box.add(POSTFIX.replace(KEY, message).encode())
    box.add("Subject: hello\n\nsomething else")
    told.at("2020-06-30", "11:00")
    assert main(["mail-bounces", str(tmp_path / "box")]) == 0
    assert capsys.readouterr().out == "1 bounces read, 1 messages marked as returned\n"
    assert state(message) == "failed"
    last = models.Attempt.objects.filter(message=message).latest("at")
    assert (last.outcome, last.fault, last.detail) == ("returned", "mail-returned", "DSN 5.1.1")
    assert [(f.channel, f.why) for f in queries.failing((told.library.main,), DAY)] == [
        ("email", "mail-returned")
    ]
    told.turn("2020-06-30", "11:01")
    assert len(sms.sent) == 1
    # The same mail again, from a file this time: nothing is marked or told twice.
    attempts = models.Attempt.objects.count()
    file = mailbox.mbox(tmp_path / "mbox")
    file.add(POSTFIX.replace(KEY, message).encode())
    file.close()
    assert main(["mail-bounces", str(tmp_path / "mbox")]) == 0
    assert capsys.readouterr().out == "1 bounces read, 0 messages marked as returned\n"
    told.turn("2020-06-30", "11:02")
    assert (len(sms.sent), models.Attempt.objects.count()) == (1, attempts)


def test_v1_another_address_by_now_is_not_blamed(told: Told, mail: Gateway) -> None:
    message = sent_mail(told)
    returned = commands.came_back(
        message=message,
        address="old@example.org",
        status="5.1.1",
        ctx=common.context(told.library.main),
    )
    assert returned == "failed"
    assert queries.failing((told.library.main,), DAY) == ()


@pytest.mark.parametrize("message", ["0" * 32, "queued"])
def test_v1_what_was_never_sent_can_not_come_back(
    told: Told, mail: Gateway, message: str, unchanged: Any
) -> None:
    made = sent_mail(told)
    models.Message.objects.filter(id=made).update(state="queued")
    with unchanged():
        wanted = made if message == "queued" else message
        assert not commands.came_back(
            message=wanted,
            address="li@example.org",
            status="5.1.1",
            ctx=common.context(told.library.main),
        )


def test_v1_no_mailbox_is_one_clear_line(tmp_path: Path, command_line: None, capsys: Any) -> None:
    assert main(["mail-bounces", str(tmp_path / "nothing")]) == 2
    assert "can't be read" in capsys.readouterr().err
    assert main(["mail-bounces", str(tmp_path)]) == 2
    assert "is no Maildir" in capsys.readouterr().err
