"""A reader: how they are reached, what they said, what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shuxiang.apps.notices import models, rules
from shuxiang.apps.notices.channels import configured, wechat
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.runtime.secrets import decrypt, lookup_hash


def quiet_until(place: str, at: datetime) -> datetime | None:
    """When a place's quiet hours end, None outside of them."""
    begins = int(places.setting(place, "notices.quiet_from").value) % 24
    ends = int(places.setting(place, "notices.quiet_to").value) % 24
    return rules.quiet(at, begins, ends)


def mail_hash(address: str) -> str:
    """Names a mail address without saying it."""
    return lookup_hash("mail", address.strip().lower()) if address.strip() else ""


def address_hash(patron: str, channel: str, on: date) -> str:
    """Names the address a channel has for a reader; '' for none."""
    if channel == rules.SMS:
        reach = patrons.reach(patron, on)
        return reach.phone_hash if reach else ""
    row = models.ReaderChannel.objects.filter(patron=patron, channel=channel).first()
    return row.address_hash if row else ""


def reachable(patron: str, on: date) -> tuple[rules.Reachable, ...]:
    """A reader's channels, as the rule needs them."""
    said = {r.channel: r for r in models.ReaderChannel.objects.filter(patron=patron)}
    reach = patrons.reach(patron, on)
    phone = reach.phone_hash if reach else ""
    mail, sms, chat = (said.get(c) for c in (rules.MAIL, rules.SMS, rules.WECHAT))
    remaining = models.WechatConsent.objects.filter(patron=patron, remaining__gt=0).exists()
    return (
        rules.Reachable(
            rules.WECHAT,
            chat.on if chat else None,
            remaining and bool(wechat.openid(patron)),
            bool(chat and chat.failing_since),
        ),
        rules.Reachable(
            rules.MAIL,
            mail.on if mail else None,
            bool(mail and mail.address and mail.confirmed_at),
            bool(mail and mail.failing_since and mail.failing_hash == mail.address_hash),
        ),
        rules.Reachable(
            rules.SMS,
            sms.on if sms else None,
            bool(phone),
            bool(sms and sms.failing_since and sms.failing_hash == phone),
        ),
    )


@dataclass(frozen=True, slots=True)
class InboxView:
    """A message in a reader's inbox."""

    id: str
    patron: str
    at: datetime
    subject: str
    text: str
    unread: bool


def inbox_of(patron: str, on: date) -> tuple[str, ...]:
    """Whose messages a reader sees: their own and those of the children in their care."""
    children = [a.patron for a in patrons.acts_for(patron, on) if a.how == patrons.GUARDIAN]
    return (patron, *children)


def _inbox(readers: Sequence[str]) -> Any:
    return models.Message.objects.filter(telling__patron__in=list(readers), channel=rules.INBOX)


def inbox(*readers: str, offset: int = 0, limit: int = 20) -> tuple[InboxView, ...]:
    """What readers were told, the newest first."""
    rows = _inbox(readers).select_related("telling").order_by("-telling__at", "-id")
    return tuple(
        InboxView(r.id, r.telling.patron, r.telling.at, r.subject, r.text, r.read_at is None)
        for r in rows[offset : offset + limit]
    )


def count_inbox(*readers: str) -> int:
    """How many messages there are."""
    return int(_inbox(readers).count())


def unread(*readers: str) -> int:
    """How many messages nobody has looked at."""
    return int(_inbox(readers).filter(read_at=None).count())


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A reader's channel for their own page and the desk: ``address`` masked. ``waiting``: a mail
    address whose code is not typed in yet."""

    channel: str
    on: bool | None
    address: str
    waiting: bool
    of_guardian: bool
    failing_since: datetime | None
    failing_why: str
    configured: bool


def channels(patron: str, on: date) -> tuple[ChannelView, ...]:
    """Mail and phone of a reader, as far as notices use them; WeChat where it is plugged in."""
    said = {r.channel: r for r in models.ReaderChannel.objects.filter(patron=patron)}
    ready = configured()
    reach = patrons.reach(patron, on)
    failing = {r.channel for r in reachable(patron, on) if r.failing}
    found = []
    for code in (rules.MAIL, rules.SMS, rules.WECHAT):
        row = said.get(code)
        address = ""
        if code == rules.MAIL and row:
            address = _masked_mail(decrypt(row.address))
        elif code == rules.SMS and reach:
            address = _masked_phone(reach.phone)
        if code == rules.WECHAT and code not in ready:
            continue
        found.append(
            ChannelView(
                code,
                row.on if row else None,
                address,
                bool(row and row.address and row.confirmed_at is None),
                bool(reach and reach.of_guardian) and code == rules.SMS,
                row.failing_since if row and code in failing else None,
                row.failing_why if row and code in failing else "",
                code in ready,
            )
        )
    return tuple(found)


def _masked_mail(address: str) -> str:
    name, at, host = address.partition("@")
    return f"{name[:1]}***{at}{host}" if at else ""


def _masked_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else "*" * len(phone)


def opted_out(patron: str) -> frozenset[str]:
    """Kinds a reader doesn't want."""
    return frozenset(models.OptOut.objects.filter(patron=patron).values_list("kind", flat=True))


def failing_channels(patron: str, on: date) -> tuple[tuple[str, str], ...]:
    """(channel, why) of the ways that fail for a reader now, for the desk."""
    known = models.ReaderChannel.objects.filter(patron=patron).exclude(failing_since=None)
    why = dict(known.values_list("channel", "failing_why"))
    if not why:
        return ()
    return tuple((r.channel, why[r.channel]) for r in reachable(patron, on) if r.failing)
