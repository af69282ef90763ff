"""公告 and the texts of the public pages."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from shuxiang.apps.places import models
from shuxiang.apps.places.commands._shared import day_before
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

KIND = "announcement"
TEXT_MOST = 5000
TITLE_MOST = 80
PAGE_TEXTS = ("about",)
"""Keys of the public pages' texts: 本馆概况."""


@command("places.announce")
def announce(
    *,
    title: str,
    text: str,
    places: tuple[str, ...],
    first_day: date,
    last_day: date | None = None,
    announcement: str = "",
    ctx: Context,
) -> str:
    """Write an announcement about some places, or change the one named; returns its id. Plain text:
    what looks like markup is shown as typed. Needs ``places.announce`` at every place concerned."""
    before = _announcement(announcement, ctx) if announcement else None
    for place in places:
        _announced(place, ctx)
    title, text = " ".join(_plain(title).split()), _plain(text)
    reasons = []
    if not title:
        reasons.append(stop("announcement-title-missing"))
    if not text:
        reasons.append(stop("announcement-text-missing"))
    if len(title) > TITLE_MOST:
        reasons.append(stop("text-too-long", field="title", most=TITLE_MOST))
    if len(text) > TEXT_MOST:
        reasons.append(stop("text-too-long", field="text", most=TEXT_MOST))
    if not places:
        reasons.append(stop("announcement-places-missing"))
    if last_day is not None and last_day < first_day:
        reasons.append(stop("announcement-days-reversed"))
    if reasons:
        raise refuse(*reasons)
    values = {"title": title, "text": text, "first_day": first_day, "last_day": last_day}
    about = tuple(dict.fromkeys(places))
    fields_before = _fields(before) if before else None
    if before is None:
        row = models.Announcement.objects.create(
            **values, account=ctx.actor.id, written_at=ctx.occurred_at
        )
    else:
        row = before
        models.Announcement.objects.filter(id=row.id).update(**values, changed_at=ctx.occurred_at)
        models.AnnouncementPlace.objects.filter(announcement=row).delete()
    models.AnnouncementPlace.objects.bulk_create(
        models.AnnouncementPlace(announcement=row, place_id=place) for place in about
    )
    after = _said(title, text, first_day, last_day, about)
    changed(ctx, KIND, row.id, title, fields_before, after, place=about[0])
    return str(row.id)


@command("places.withdraw_announcement")
def withdraw_announcement(*, announcement: str, ctx: Context) -> None:
    """Readers no longer see it from now on. One that was never in force is deleted; one that was
    stays on record as ended the day before."""
    row = _announcement(announcement, ctx)
    today = clock.business_date(ctx.occurred_at)
    if row.last_day is not None and row.last_day < today:
        raise refuse(stop("announcement-over"))
    before = _fields(row)
    about = before["places"][0]
    if row.first_day >= today:
        changed(ctx, KIND, row.id, row.title, before, None, place=about)
        models.Announcement.objects.filter(id=row.id).delete()
    else:
        after = {**before, "last_day": day_before(today).isoformat()}
        changed(ctx, KIND, row.id, row.title, before, after, action="withdrawn", place=about)
        models.Announcement.objects.filter(id=row.id).update(
            last_day=day_before(today), changed_at=ctx.occurred_at
        )


@command("places.set_page_text")
def set_page_text(*, place: str, key: str, text: str, ctx: Context) -> None:
    """Say a public page's text in a place's own words; '' takes it back."""
    _announced(place, ctx)
    text = _plain(text)
    if key not in PAGE_TEXTS:
        raise refuse(stop("page-text-unknown", key=key))
    if len(text) > TEXT_MOST:
        raise refuse(stop("text-too-long", field="text", most=TEXT_MOST))
    row = models.PageText.objects.filter(place=place, key=key).first()
    before = {"text": row.text} if row else None
    if text or row:
        name = models.Place.objects.get(id=place).name
        changed(ctx, "page-text", key, name, before, {"text": text} if text else None, place=place)
    if not text:
        models.PageText.objects.filter(place=place, key=key).delete()
        return
    models.PageText.objects.update_or_create(
        place_id=place, key=key, defaults={"text": text, "changed_at": ctx.occurred_at}
    )


def _announcement(announcement: str, ctx: Context) -> models.Announcement:
    row = models.Announcement.objects.select_for_update().filter(id=announcement).first()
    if row is None:
        raise refuse(stop("announcement-unknown"))
    for place in models.AnnouncementPlace.objects.filter(announcement=row):
        require(ctx, "places.announce", place.place_id)
    return row


def _fields(row: models.Announcement) -> dict[str, Any]:
    about = models.AnnouncementPlace.objects.filter(announcement=row).order_by("id")
    places = tuple(about.values_list("place", flat=True))
    return _said(row.title, row.text, row.first_day, row.last_day, places)


def _said(
    title: str, text: str, first_day: date, last_day: date | None, places: tuple[str, ...]
) -> dict[str, Any]:
    """An announcement as the change log keeps it."""
    return {
        "title": title,
        "text": text,
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat() if last_day else None,
        "places": list(places),
    }


def _announced(place: str, ctx: Context) -> None:
    if not models.Place.objects.filter(id=place).exists():
        raise refuse(stop("place-unknown"))
    require(ctx, "places.announce", place)


def _plain(text: str) -> str:
    """Lines without what no reader can see: control characters, line ends of other systems."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    clean = ("".join(c for c in line if c.isprintable() or c == "\t").rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(clean)).strip()
