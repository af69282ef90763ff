"""The words in force, filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.apps.notices import models, rules
from shuxiang.apps.notices.kinds import KINDS, Kind
from shuxiang.apps.notices.rules import Words
from shuxiang.apps.places import queries as places
from shuxiang.kernel.values import mask_name


def fact(stored: Mapping[str, str], place: str) -> rules.Fact:
    """A notice's facts as its text needs them."""
    day = stored.get("day")
    return rules.Fact(
        title=stored.get("title", ""),
        day=date.fromisoformat(day) if day else None,
        place=places.place(stored.get("place") or place).name,
        heading=stored.get("heading", ""),
        body=stored.get("body", ""),
        slot=stored.get("slot", ""),
    )


def words(library: str, home: str, kind: str) -> Words:
    """The texts in force for a library: its own, else the shipped ones. A short text that names books
    where that is no longer allowed is the shipped one again."""
    shipped = KINDS[kind]
    row = models.Template.objects.filter(library=library, kind=kind).first()
    if row is None:
        return Words(shipped.subject, shipped.long, shipped.short)
    titles = bool(places.setting(home, "notices.sms_titles").value)
    short = row.short if titles or not rules.names_books(row.short) else shipped.short
    return Words(row.subject, row.long, short)


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A kind's texts at a library. ``own``: not the shipped ones; ``changed_at`` since when."""

    kind: Kind
    words: Words
    own: bool
    changed_at: datetime | None


def templates(library: str) -> tuple[TemplateView, ...]:
    """Every kind with its texts in force."""
    rows = {r.kind: r for r in models.Template.objects.filter(library=library)}
    return tuple(
        TemplateView(
            kind,
            words(library, library, code),
            code in rows,
            rows[code].changed_at if code in rows else None,
        )
        for code, kind in KINDS.items()
    )


SAMPLE = (
    rules.Fact("红楼梦", date(2026, 3, 5), "总馆", "闭馆通知", "因设备检修，3月8日闭馆一天。"),
    rules.Fact("三体", date(2026, 3, 9), "总馆"),
)


def sample(kind: str, said: Words, library: str) -> Words:
    """What a text looks like for somebody with two books."""
    values = rules.values(SAMPLE, reader=mask_name("张三丰"), library=places.place(library).name)
    return Words(
        rules.filled(said.subject, values),
        rules.filled(said.long, values),
        rules.filled(said.short, values),
    )


def letter(kind: str, heading: str, body: str, place: str) -> Words:
    """How a letter reads for the invented reader."""
    at = places.place(place)
    said = words(at.library, place, kind)
    fact_ = rules.Fact(place=at.name, heading=heading, body=body)
    values = rules.values(
        (fact_,), reader=mask_name("张三丰"), library=places.place(at.library).name
    )
    return Words(
        rules.filled(said.subject, values),
        rules.filled(said.long, values),
        rules.filled(said.short, values),
    )
