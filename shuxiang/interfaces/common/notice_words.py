"""Channels of notices, and why one fails, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CHANNELS: dict[str, str | Promise] = {
    "email": _("E-mail"),
    "sms": _("Text message"),
    "wechat": _("WeChat"),
}
FAULTS: dict[str, str | Promise] = {
    "mail-returned": _("Mail is returned"),
    "mail-delayed": _("The mailbox takes nothing at the moment"),
    "phone-dead": _("The phone can't be reached"),
    "gateway-down": _("The gateway did not answer"),
    "cut-off": _("Cut off half way"),
    "no-address": _("There is no address any more"),
}
