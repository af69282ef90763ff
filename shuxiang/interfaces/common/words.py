"""Values as a reader meets them: money, names, ID numbers, dates, distances to a due date."""

from __future__ import annotations

import datetime as dt
import zlib

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

COVER_TONES = 6
_MASK = "*"


def yuan(fen: int) -> str:
    """Money for the screen from whole fen: ``1230`` → ``12.30 元`` (a minus sign stays in front).

    Raises TypeError for anything but an int: a float here means money was computed wrongly.
    """
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise TypeError(f"money is whole fen (int), got {type(fen).__name__}")
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return _("%(amount)s yuan") % {"amount": f"{sign}{whole:,}.{rest:02d}"}


def mask_name(name: str) -> str:
    """The first character and one star, whatever the length: ``张三丰`` → ``张*``.

    One star always, so that the mask does not tell how long the name is.
    """
    name = name.strip()
    return name[0] + _MASK if name else ""


def mask_id(number: str) -> str:
    """An ID number with only its first and last three characters: ``4**************12X``."""
    number = number.strip()
    if len(number) <= 4:
        return _MASK * len(number)
    return number[0] + _MASK * (len(number) - 4) + number[-3:]


def local_date(value: dt.date | dt.datetime) -> str:
    """``2026年11月23日``; an aware datetime is first moved to the current time zone."""
    return f"{_as_date(value):%Y年%-m月%-d日}"


def local_time(value: dt.datetime) -> str:
    """``11月23日 09:05``; an aware datetime is first moved to the current time zone."""
    if timezone.is_aware(value):
        value = timezone.localtime(value)
    return f"{value:%-m月%-d日 %H:%M}"


def due_words(due: dt.date | dt.datetime, today: dt.date | dt.datetime) -> str:
    """How far a due date is, in words: ``还有 3 天``, ``今天到期``, ``逾期 2 天``."""
    days = (_as_date(due) - _as_date(today)).days
    if days == 0:
        return _("due today")
    if days > 0:
        return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}
    return ngettext("%(n)d day overdue", "%(n)d days overdue", -days) % {"n": -days}


def due_kind(due: dt.date | dt.datetime, today: dt.date | dt.datetime, *, soon: int = 3) -> str:
    """Badge kind of a due date: ``ok``, ``notice`` within `soon` days, ``refused`` when past."""
    days = (_as_date(due) - _as_date(today)).days
    if days < 0:
        return "refused"
    return "notice" if days <= soon else "ok"


def cover_tone(title: str) -> int:
    """A tone number 0…5 for a title's text cover: the same title always has the same tone."""
    return zlib.crc32(title.encode()) % COVER_TONES


def _as_date(value: dt.date | dt.datetime) -> dt.date:
    if isinstance(value, dt.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value
