"""E-mail by SMTP: the address of the server is SHUXIANG_SMTP_URL."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from shuxiang.apps.notices.channels.port import Outcome, Outgoing

SECONDS = 10


class Mail:
    """``smtp://user:password@host:587`` with STARTTLS, ``smtps://…`` with TLS from the start,
    ``smtp://host:25?tls=off`` without (a relay of one's own)."""

    code = "email"
    repeatable = False

    def configured(self) -> bool:
        return bool(settings.SMTP_URL and settings.MAIL_FROM)

    def send(self, message: Outgoing) -> Outcome:
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            return Outcome("later", "gateway-down", type(error).__name__)
        try:
            return self._handed_over(server, message)
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(settings.SMTP_URL)
        host, plain = parts.hostname or "", parse_qs(parts.query).get("tls") == ["off"]
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=SECONDS)
            if not plain:
                server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.ehlo_or_helo_if_needed()
        return server

    def _handed_over(self, server: smtplib.SMTP, message: Outgoing) -> Outcome:
        try:
            code, _said = server.mail(settings.MAIL_FROM)
            if code >= 400:
                return Outcome("later", "gateway-down", _words(code))
            code, _said = server.rcpt(message.address)
            if code >= 500:
                return Outcome("refused", "mail-returned", _words(code))
            if code >= 400:
                return Outcome("later", "mail-delayed", _words(code))
        except (OSError, smtplib.SMTPException) as error:
            return Outcome("later", "gateway-down", type(error).__name__)
        try:
            code, _said = server.data(_written(message).as_bytes())
        except (OSError, smtplib.SMTPException) as error:
            # The text was on its way: it may have arrived.
            return Outcome("unknown", "gateway-down", type(error).__name__)
        if code >= 500:
            return Outcome("refused", "mail-returned", _words(code))
        if code >= 400:
            return Outcome("later", "mail-delayed", _words(code))
        return Outcome("sent", detail=_words(code))


def _words(code: int) -> str:
    """The server's code alone: its sentence often repeats the address."""
    return f"SMTP {code}"


def _written(message: Outgoing) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.MAIL_FROM
    mail["To"] = message.address
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message.key}@{settings.MAIL_FROM.rpartition('@')[2].strip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text, cte="base64")
    return mail


MAIL = Mail()
