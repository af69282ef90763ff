"""What others may ask about notices. Frozen values only; addresses leave by `outgoing` alone."""

from __future__ import annotations

from shuxiang.apps.notices.channels import configured
from shuxiang.apps.notices.kinds import KINDS, Kind
from shuxiang.apps.notices.queries.due import (
    cut_off,
    due_messages,
    forgettable,
    outgoing,
    repeatable,
    scans_due,
    waiting_readers,
)
from shuxiang.apps.notices.queries.office import (
    Delivered,
    Failing,
    Waiting,
    delivered,
    failing,
    queued,
    told_by_kind,
    waiting,
)
from shuxiang.apps.notices.queries.readers import (
    ChannelView,
    InboxView,
    address_hash,
    channels,
    count_inbox,
    inbox,
    mail_hash,
    opted_out,
    quiet_until,
    reachable,
    unread,
)
from shuxiang.apps.notices.queries.texts import (
    SAMPLE,
    TemplateView,
    fact,
    sample,
    templates,
    words,
)
from shuxiang.apps.notices.rules import INBOX, MAIL, PUSHED, SMS, WECHAT, Words

__all__ = [
    "INBOX",
    "KINDS",
    "MAIL",
    "PUSHED",
    "SAMPLE",
    "SMS",
    "WECHAT",
    "ChannelView",
    "Delivered",
    "Failing",
    "InboxView",
    "Kind",
    "TemplateView",
    "Waiting",
    "Words",
    "address_hash",
    "channels",
    "configured",
    "count_inbox",
    "cut_off",
    "delivered",
    "due_messages",
    "fact",
    "failing",
    "forgettable",
    "inbox",
    "mail_hash",
    "opted_out",
    "outgoing",
    "queued",
    "quiet_until",
    "reachable",
    "repeatable",
    "sample",
    "scans_due",
    "templates",
    "told_by_kind",
    "unread",
    "waiting",
    "waiting_readers",
    "words",
]
