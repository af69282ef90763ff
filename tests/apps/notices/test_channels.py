"""V1: the channels against real sockets: SMTP and an SMS gateway of our own, and a file."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from shuxiang.apps.notices.channels import Outcome, Outgoing
from shuxiang.apps.notices.channels.mail import MAIL
from shuxiang.apps.notices.channels.sms import SMS
from tests.support.mailserver import MailServer, mail_server

MESSAGE = Outgoing(
    "0" * 31 + "7", "li@example.org", "源城区图书馆：\n图书即将到期", "李*：《红楼梦》\n7月2日"
)
TEXT = Outgoing("0" * 31 + "7", "13900139000", "", "您借的2册书快到期了。")


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.SMTP_URL = f"smtp://127.0.0.1:{running.port}?tls=off"
        settings.MAIL_FROM = "library@example.org"
        yield running


def test_a_mail_arrives_as_it_was_written(server: MailServer) -> None:
    assert MAIL.send(MESSAGE) == Outcome("sent", detail="SMTP 250")
    (raw,) = server.received
    mail = email.message_from_string(raw, policy=email.policy.default)
    assert mail["Subject"] == "源城区图书馆： 图书即将到期"
    assert (mail["From"], mail["To"]) == ("library@example.org", "li@example.org")
    assert mail["Message-ID"] == f"<{MESSAGE.key}@example.org>"
    assert mail.get_content().replace("\r\n", "\n").strip() == MESSAGE.text


@pytest.mark.parametrize(
    ("verb", "reply", "outcome"),
    [
        ("RCPT", "550 no such user", Outcome("refused", "mail-returned", "SMTP 550")),
        ("RCPT", "452 mailbox full", Outcome("later", "mail-delayed", "SMTP 452")),
        ("MAIL", "451 busy", Outcome("later", "gateway-down", "SMTP 451")),
        (".", "554 looks like spam", Outcome("refused", "mail-returned", "SMTP 554")),
        (".", "451 try later", Outcome("later", "mail-delayed", "SMTP 451")),
        ("RCPT", "", Outcome("later", "gateway-down", "SMTPServerDisconnected")),
        (".", "", Outcome("unknown", "gateway-down", "SMTPServerDisconnected")),
    ],
)
def test_what_a_mail_server_says(
    server: MailServer, verb: str, reply: str, outcome: Outcome
) -> None:
    server.answers[verb] = reply
    assert MAIL.send(MESSAGE) == outcome


def test_no_mail_server_at_all(settings: Any) -> None:
    with mail_server() as gone:
        pass
    settings.SMTP_URL, settings.MAIL_FROM = f"smtp://127.0.0.1:{gone.port}?tls=off", "a@b.cn"
    assert MAIL.send(MESSAGE) == Outcome("later", "gateway-down", "ConnectionRefusedError")


def test_what_is_not_set_is_not_configured(settings: Any) -> None:
    settings.SMTP_URL = settings.MAIL_FROM = settings.SMS_URL = ""
    assert (MAIL.configured(), SMS.configured()) == (False, False)


class Handler(BaseHTTPRequestHandler):
    asked: list[tuple[dict[str, str], bytes]]
    answer: tuple[int, bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((dict(self.headers), body))
        status, said = self.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def gateway(settings: Any) -> Iterator[type[Handler]]:
    kind: type[Handler] = type(
        "Own", (Handler,), {"asked": [], "answer": (200, b'{"result": "sent"}')}
    )
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        settings.SMS_URL = f"http://127.0.0.1:{server.server_address[1]}/send"
        settings.SMS_KEY, settings.SMS_SIGNATURE = "secret", "书香图书馆"
        yield kind
        server.shutdown()
        thread.join(5)


def test_a_text_message_is_posted_signed(gateway: type[Handler]) -> None:
    assert SMS.send(TEXT) == Outcome("sent")
    ((headers, body),) = gateway.asked
    said = json.loads(body)
    assert said["key"] == TEXT.key
    assert said["phone"] == "13900139000"
    assert said["text"] == "【书香图书馆】您借的2册书快到期了。"
    expected = hmac.new(b"secret", said["at"].encode() + b"\n" + body, hashlib.sha256).hexdigest()
    assert headers["X-Shuxiang-Signature"] == expected
    assert headers["X-Shuxiang-Time"] == said["at"]


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (
            200,
            b'{"result": "refused", "detail": "empty number"}',
            Outcome("refused", "phone-dead", "empty number"),
        ),
        (200, b'{"result": "later"}', Outcome("later", "gateway-down")),
        (200, b'{"result": "perhaps"}', Outcome("later", "gateway-down", "unreadable answer")),
        (200, b"[]", Outcome("later", "gateway-down", "unreadable answer")),
        (200, b"<html>", Outcome("later", "gateway-down", "JSONDecodeError")),
        (503, b"", Outcome("later", "gateway-down", "HTTP 503")),
    ],
)
def test_what_a_gateway_says(
    gateway: type[Handler], status: int, said: bytes, outcome: Outcome
) -> None:
    gateway.answer = (status, said)
    assert SMS.send(TEXT) == outcome


def test_text_messages_into_a_file(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "sms.jsonl"
    settings.SMS_URL, settings.SMS_SIGNATURE = f"file://{path}", ""
    assert SMS.send(TEXT) == SMS.send(TEXT) == Outcome("sent")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(x["key"], x["text"]) for x in lines] == [(TEXT.key, TEXT.text)] * 2
    assert path.stat().st_mode & 0o777 == 0o600
    settings.SMS_URL = f"file://{tmp_path}/no/such/folder"
    assert SMS.send(TEXT) == Outcome("later", "gateway-down", "FileNotFoundError")
