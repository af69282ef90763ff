"""Texts, hours, channels and retries of notices: pure (`docs/notices.md`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shuxiang.apps.notices.kinds import NAMING, Kind
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Decision, Reason, stop

INBOX, MAIL, SMS, WECHAT = "inbox", "email", "sms", "wechat"
PUSHED = (WECHAT, MAIL, SMS)
"""Channels that reach out, in the order they are tried; the inbox has everything."""

CONFIRM = "confirm-mail"
"""The telling that only carries the code of a new mail address."""

CONFIRM_TEXT = (
    "验证码：{code}。请在 {minutes} 分钟内填到“消息设置”页。不是您本人申请的，不用理会这封邮件。"
)

SUBJECT_MOST, LONG_MOST, SHORT_MOST = 120, 2000, 300
LIST_MOST = 20
"""Lines of a 书单; a reader with more is told how many more."""

TRIES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
"""After which failure how long the next try waits; none left: the channel has failed."""

STUCK = timedelta(minutes=10)
"""After which a message that was claimed and never settled was cut off by a crash."""

MERGE = timedelta(minutes=10)
"""How long an urgent notice waits for others of the same reader."""

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


def against_text(kind: Kind, *, subject: str, long: str, short: str, titles: bool) -> Decision:
    """Whether a template may be said: every placeholder known to its kind, nothing empty or too long,
    no title of a book in a short message unless ``titles``."""
    reasons: list[Reason] = []
    for name, text, most in (
        ("subject", subject, SUBJECT_MOST),
        ("long", long, LONG_MOST),
        ("short", short, SHORT_MOST),
    ):
        if not text.strip():
            reasons.append(stop("template-text-missing", field=name))
        if len(text) > most:
            reasons.append(stop("text-too-long", field=name, most=most))
        unknown = [p for p in _PLACEHOLDER.findall(text) if p not in kind.placeholders]
        if unknown:
            known = "、".join(f"{{{p}}}" for p in kind.placeholders)
            reasons.append(
                stop("placeholder-unknown", field=name, name=f"{{{unknown[0]}}}", known=known)
            )
        if "{" in _PLACEHOLDER.sub("", text) or "}" in _PLACEHOLDER.sub("", text):
            reasons.append(stop("placeholder-broken", field=name))
    if not titles and NAMING & set(_PLACEHOLDER.findall(short)):
        reasons.append(stop("titles-in-short", field="short"))
    return Decision(tuple(reasons))


def names_books(text: str) -> bool:
    """Whether a text holds what somebody reads."""
    return bool(NAMING & set(_PLACEHOLDER.findall(text)))


@dataclass(frozen=True, slots=True)
class Fact:
    """What one notice is about. ``day`` is when something is due or until when it waits; ``slot`` a
    time booked."""

    title: str = ""
    day: date | None = None
    place: str = ""
    heading: str = ""
    body: str = ""
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The three texts of a kind."""

    subject: str
    long: str
    short: str


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders filled; one without a value is empty."""
    return _PLACEHOLDER.sub(lambda m: values.get(m[1], ""), text)


def values(facts: Sequence[Fact], *, reader: str, library: str) -> dict[str, str]:
    """What the placeholders stand for, of the notices of one kind told together."""
    days = sorted(f.day for f in facts if f.day is not None)
    places = list(dict.fromkeys(f.place for f in facts if f.place))
    ordered = sorted(facts, key=lambda f: (f.day or date.max, f.title))
    lines = [
        f"《{f.title}》 {_day(f.day)}" if f.day else f"《{f.title}》"
        for f in ordered[:LIST_MOST]
        if f.title
    ]
    if len(ordered) > LIST_MOST:
        lines.append(f"……等共 {len(ordered)} 册")
    first = facts[0] if facts else Fact()
    return {
        "读者": reader,
        "图书馆": library,
        "馆点": "、".join(places) or library,
        "册数": str(len(facts)),
        "书单": "\n".join(lines),
        "书名": "、".join(f"《{f.title}》" for f in ordered if f.title),
        "最早日期": _day(days[0]) if days else "",
        "截止日期": _day(days[0]) if days else "",
        "标题": first.heading,
        "正文": first.body,
        "取书时段": "、".join(f.slot for f in facts if f.slot),
    }


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"


def quiet(at: datetime, quiet_from: int, quiet_to: int) -> datetime | None:
    """None when nobody is disturbed at that moment, else when the quiet hours end. From 21 to 8: from
    21:00 to 07:59 the next morning; the same hour twice: never quiet."""
    local = clock.local(at)
    hour = local.hour
    if quiet_from == quiet_to:
        return None
    inside = (
        quiet_from <= hour < quiet_to
        if quiet_from < quiet_to
        else hour >= quiet_from or hour < quiet_to
    )
    if not inside:
        return None
    day = local.date()
    if quiet_from > quiet_to and hour >= quiet_from:
        day += timedelta(days=1)
    return clock.at_local(day, time(quiet_to % 24))


@dataclass(frozen=True, slots=True)
class Reachable:
    """A channel of a reader: whether they said yes or no (None: nothing), whether there is an address
    that is theirs, whether it fails."""

    channel: str
    said: bool | None
    has_address: bool
    failing: bool = False


def next_channel(
    channels: Iterable[Reachable],
    *,
    tried: Iterable[str],
    usual: Iterable[str],
    configured: Iterable[str],
    needed: bool,
) -> str | None:
    """The channel to try next: one the reader wants, or says nothing of where the library uses it
    anyway; that has an address, doesn't fail and was not tried. What must be told (``needed``) goes
    to any of them that was not refused."""
    done, library, ready = set(tried), set(usual), set(configured)
    for wanted in PUSHED:
        for one in channels:
            if one.channel != wanted or wanted in done or wanted not in ready:
                continue
            if one.said is False or not one.has_address or one.failing:
                continue
            if one.said or wanted in library or needed:
                return wanted
    return None


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When to try again after so many attempts; None: give up."""
    return at + TRIES[attempts - 1] if attempts <= len(TRIES) else None


def steps(text: str) -> tuple[int, ...]:
    """``1,7,30`` as (1, 7, 30); what is no number of days is left out."""
    found = {
        int(part) for part in re.split(r"[,，、\s]+", text) if part.isascii() and part.isdigit()
    }
    return tuple(sorted(n for n in found if 0 < n <= 365))


def step(days_overdue: int, of: Sequence[int]) -> int:
    """The last step a loan has reached; 0: none."""
    reached = [n for n in of if n <= days_overdue]
    return reached[-1] if reached else 0


def channels_named(text: str) -> tuple[str, ...]:
    """``sms, email`` as channels, unknown ones left out."""
    given = {part.strip() for part in re.split(r"[,，、\s]+", text)}
    return tuple(c for c in PUSHED if c in given)
