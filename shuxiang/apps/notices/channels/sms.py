"""Text messages through a gateway: SHUXIANG_SMS_URL.

``https://…``: each message is posted as JSON ``{"key", "phone", "text", "at"}``, signed with
SHUXIANG_SMS_KEY: the header ``X-Shuxiang-Signature`` is HMAC-SHA256 over time, line feed and body. The
gateway answers ``{"result": "sent" | "later" | "refused", "detail": "…"}`` and sends nothing twice under
one key. ``file:///…``: a line of JSON each, for trying out and for a program that picks them up.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any
from urllib import error, request
from urllib.parse import urlsplit

from django.conf import settings

from shuxiang.apps.notices.channels.port import Outcome, Outgoing
from shuxiang.kernel import clock

SECONDS = 10
ANSWER_MOST = 65_536
RESULTS = ("sent", "later", "refused")


class Sms:
    code = "sms"
    repeatable = True

    def configured(self) -> bool:
        return bool(settings.SMS_URL)

    def send(self, message: Outgoing) -> Outcome:
        signed_by = settings.SMS_SIGNATURE
        text = f"【{signed_by}】{message.text}" if signed_by else message.text
        at = clock.now().isoformat()
        body = {"key": message.key, "phone": message.address, "text": text, "at": at}
        if urlsplit(settings.SMS_URL).scheme == "file":
            return _written(body)
        return _posted(json.dumps(body, ensure_ascii=False).encode(), at)


def signature(at: str, body: bytes) -> str:
    """What a gateway checks: HMAC-SHA256 in hex."""
    secret = settings.SMS_KEY.encode()
    return hmac.new(secret, at.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def _posted(body: bytes, at: str) -> Outcome:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Shuxiang-Time": at,
        "X-Shuxiang-Signature": signature(at, body),
    }
    asked = request.Request(settings.SMS_URL, body, headers, method="POST")
    try:
        with request.urlopen(asked, timeout=SECONDS) as answer:
            said: Any = json.loads(answer.read(ANSWER_MOST))
    except error.HTTPError as fault:
        fault.close()
        return Outcome("later", "gateway-down", f"HTTP {fault.code}")
    except (OSError, ValueError) as fault:
        return Outcome("later", "gateway-down", type(fault).__name__)
    result = said.get("result") if isinstance(said, dict) else None
    if result not in RESULTS:
        return Outcome("later", "gateway-down", "unreadable answer")
    detail = str(said.get("detail", ""))[:80]
    fault_word = {"sent": "", "later": "gateway-down", "refused": "phone-dead"}[result]
    return Outcome(result, fault_word, detail)


def _written(body: dict[str, str]) -> Outcome:
    path = urlsplit(settings.SMS_URL).path
    line = json.dumps(body, ensure_ascii=False) + "\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(line)
    except OSError as fault:
        return Outcome("later", "gateway-down", type(fault).__name__)
    return Outcome("sent")


SMS = Sms()
