"""V1: delivery status notifications (RFC 3464) as mail servers send them, and mail that is none."""

from __future__ import annotations

import pytest

from shuxiang.formats.bounces import Bounce, read

KEY = "0198f0c2d3e47a5b8c9d0e1f2a3b4c5d"

POSTFIX = f"""\
Return-Path: <>
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
To: library@example.org
Subject: Undelivered Mail Returned to Sender
Message-ID: <20200630010000.ABC@mail.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; Li@example.org
Original-Recipient: rfc822;li@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <li@example.org>: no such user

--B
Content-Type: message/rfc822

Message-ID: <{KEY}@example.org>
From: library@example.org
To: li@example.org
Subject: =?utf-8?b?5Zu+5Lmm?=

text
--B--
"""


def of(text: str) -> tuple[Bounce, ...]:
    return read(text.encode())


def test_v1_a_returned_mail_names_message_and_address() -> None:
    assert of(POSTFIX) == (Bounce(KEY, "li@example.org", "5.1.1", True),)


def test_v1_headers_alone_and_crlf_are_enough() -> None:
    headers = POSTFIX.replace("message/rfc822", "text/rfc822-headers").replace("\n", "\r\n")
    assert of(headers) == (Bounce(KEY, "li@example.org", "5.1.1", True),)


def test_v1_a_delayed_one_is_not_final_and_what_was_delivered_is_none() -> None:
    delayed = POSTFIX.replace("Action: failed", "Action: delayed").replace("5.1.1\n", "4.4.1\n")
    assert of(delayed) == (Bounce(KEY, "li@example.org", "4.4.1", False),)
    assert of(POSTFIX.replace("Action: failed", "Action: delivered")) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Subject: hello\n\nno report",
        "From: a@b\nSubject: 不在办公室\nAuto-Submitted: auto-replied\n\nI am away",
        POSTFIX.replace(KEY, "someone-elses"),
        POSTFIX.replace("message/delivery-status", "text/plain"),
        POSTFIX[:700],
        POSTFIX.replace('boundary="B"', "boundary="),
    ],
)
def test_v1_any_other_mail_is_no_bounce(text: str) -> None:
    assert of(text) == ()


def test_v1_a_mail_cut_anywhere_raises_nothing() -> None:
    data = POSTFIX.encode()
    for cut in range(0, len(data), 7):
        assert len(read(data[:cut])) <= 1
    assert read(bytes(range(256)) * 20) == ()
