"""Ways out of the house, one module each. A channel sends what it is given and says how it went; it
knows no reader, no rule and no database."""

from __future__ import annotations

from shuxiang.apps.notices.channels import mail, sms, wechat
from shuxiang.apps.notices.channels.port import Channel, Outcome, Outgoing

CHANNELS: dict[str, Channel] = {c.code: c for c in (mail.MAIL, sms.SMS, wechat.WECHAT)}

__all__ = ["CHANNELS", "Channel", "Outcome", "Outgoing", "configured"]


def configured() -> tuple[str, ...]:
    """The channels this installation can use."""
    return tuple(code for code, channel in CHANNELS.items() if channel.configured())
