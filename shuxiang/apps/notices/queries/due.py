"""What is to be done now: readers to tell, sites to look through, messages to send."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Min, Q

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.notices import models, rules
from shuxiang.apps.notices.channels import CHANNELS, Outgoing, configured, wechat
from shuxiang.apps.notices.kinds import KINDS
from shuxiang.apps.notices.queries.readers import quiet_until
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.runtime.secrets import decrypt

AT_ONCE = 100


def repeatable(channel: str) -> bool:
    """Whether a channel knows its messages by their keys."""
    return channel in CHANNELS and CHANNELS[channel].repeatable


def waiting_readers(at: datetime, limit: int = AT_ONCE) -> tuple[str, ...]:
    """Readers for whom something waits that may be told now. Who has been told something today is
    among them only for what is urgent or has lost its point; quiet sites are left out."""
    today = clock.business_date(at)
    told = models.Telling.objects.filter(day=today).exclude(kinds=rules.CONFIRM).values("patron")
    urgent = [code for code, kind in KINDS.items() if kind.urgent]
    loud = [p.id for p in places.all_places() if quiet_until(p.id, at) is None]
    rows = models.Notice.objects.filter(
        Q(kind__in=urgent) | ~Q(patron__in=told),
        state="waiting",
        not_before__lte=at,
        place__in=loud,
    )
    found = rows.values("patron").annotate(since=Min("made_at")).order_by("since")[:limit]
    return tuple(row["patron"] for row in found)


def scans_due(at: datetime) -> tuple[str, ...]:
    """Sites open today whose loans were not looked through yet, once their hour has come."""
    local = clock.local(at)
    day = local.date()
    done = set(models.Scan.objects.filter(day=day).values_list("place", flat=True))
    found = []
    for site in places.all_places():
        if site.kind == "network" or site.id in done:
            continue
        if not places.setting(site.id, "notices.on").value:
            continue
        if local.hour < int(places.setting(site.id, "notices.send_hour").value):
            continue
        if places.calendar(site.id, day, day).is_open(day):
            found.append(site.id)
    return tuple(found)


def due_messages(at: datetime, limit: int = 20) -> tuple[str, ...]:
    """Messages to be sent now, at most ``limit`` of each channel that is configured: one whose gateway
    is down keeps no other waiting."""
    found: list[str] = []
    for channel in configured():
        rows = models.Message.objects.filter(state="queued", next_try__lte=at, channel=channel)
        found += rows.order_by("next_try", "id").values_list("id", flat=True)[:limit]
    return tuple(found)


def cut_off(at: datetime, limit: int = 20) -> tuple[str, ...]:
    """Messages that were claimed long ago and never settled."""
    rows = models.Message.objects.filter(state="sending", claimed_at__lte=at - rules.STUCK)
    return tuple(rows.values_list("id", flat=True)[:limit])


def outgoing(message_id: str, on: date) -> tuple[str, Outgoing] | None:
    """(channel, message) of a claimed message, its address opened; None when the reader can't be
    reached that way any more."""
    row = models.Message.objects.select_related("telling").filter(id=message_id).first()
    if row is None:
        return None
    patron = row.telling.patron
    address = ""
    if row.channel == rules.SMS:
        reach = patrons.reach(patron, on)
        address = reach.phone if reach else ""
    elif row.channel == rules.MAIL:
        said = models.ReaderChannel.objects.filter(patron=patron, channel=rules.MAIL).first()
        usable = said and (said.confirmed_at or row.telling.kinds == rules.CONFIRM)
        address = decrypt(said.address) if said and usable else ""
    elif row.channel == rules.WECHAT:
        address = wechat.openid(patron)
    if not address:
        return None
    return row.channel, Outgoing(row.id, address, row.subject, row.text)


def forgettable(at: datetime, limit: int) -> list[str]:
    """Notices older than ``notices.keep_days`` of their site."""
    found: list[str] = []
    for site in places.all_places():
        days = int(places.setting(site.id, "notices.keep_days").value)
        before: Any = at - timedelta(days=days)
        rows = models.Notice.objects.filter(place=site.id, made_at__lt=before)
        found += list(rows.values_list("id", flat=True)[: limit - len(found)])
        if len(found) >= limit:
            break
    return found


AUDIENCES = ("loans", "all")


def audience(place: str, which: str) -> tuple[str, ...]:
    """Readers of a place and of those below it: who has books or holds there (``loans``), or everybody
    whose home it is (``all``)."""
    sites = [p.id for p in places.subtree(place)]
    if which == "all":
        return patrons.readers_at(sites)
    if which != "loans":
        return ()
    return tuple(dict.fromkeys((*circulation.borrowers(sites), *circulation.holders(sites))))
