"""Time as the library counts it. Doors ask the clock; rules and commands are told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC. For doors and the runtime only."""
    return datetime.now(UTC)


def business_date(moment: datetime) -> date:
    """The library's local date of an aware moment."""
    return moment.astimezone(ZONE).date()


def local(moment: datetime) -> datetime:
    """The moment in the library's zone."""
    return moment.astimezone(ZONE)


def at_local(day: date, at: time) -> datetime:
    """The aware UTC moment of a local wall-clock time."""
    return datetime.combine(day, at, ZONE).astimezone(UTC)


def end_of(day: date) -> datetime:
    """23:59:59 of a local day, in UTC: when something due that day falls due."""
    return at_local(day, time(23, 59, 59))


def add_months(day: date, months: int) -> date:
    """The same day N months later, or that month's last day (31 January + 1 month = 28/29 February)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - timedelta(days=1)).day))
