"""The office: what waits, what became of it, who can't be reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count

from shuxiang.apps.notices import models, rules
from shuxiang.apps.notices.kinds import KINDS, Kind
from shuxiang.apps.notices.queries.readers import reachable
from shuxiang.apps.notices.queries.texts import fact, words
from shuxiang.apps.notices.rules import Words
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.values import mask_name


@dataclass(frozen=True, slots=True)
class Waiting:
    """Notices of a kind that wait at a place, how many readers they are for, and what the first of
    them would read, masked."""

    kind: Kind
    place: str
    notices: int
    readers: int
    since: datetime
    sample: Words


def waiting(place_ids: Sequence[str], on: date) -> tuple[Waiting, ...]:
    """What waits to be told at several places."""
    rows = models.Notice.objects.filter(state="waiting", place__in=list(place_ids))
    found = []
    for row in (
        rows.values("kind", "place")
        .annotate(notices=Count("id"), readers=Count("patron", distinct=True))
        .order_by("place", "kind")
    ):
        own = rows.filter(kind=row["kind"], place=row["place"]).order_by("made_at", "id")
        first = own.first()
        if first is None:
            continue
        library = places.place(row["place"]).library
        reach = patrons.reach(first.patron, on)
        same = [fact(n.facts, n.place_id) for n in own.filter(patron=first.patron)]
        values = rules.values(
            same,
            reader=mask_name(reach.name) if reach else "",
            library=places.place(library).name,
        )
        said = words(library, row["place"], row["kind"])
        found.append(
            Waiting(
                KINDS[row["kind"]],
                row["place"],
                row["notices"],
                row["readers"],
                first.made_at,
                Words(
                    rules.filled(said.subject, values),
                    rules.filled(said.long, values),
                    rules.filled(said.short, values),
                ),
            )
        )
    return tuple(found)


def queued(place_ids: Sequence[str]) -> dict[str, int]:
    """Messages on their way by channel."""
    rows = models.Message.objects.filter(
        state__in=("queued", "sending"), telling__place__in=list(place_ids)
    )
    counted = rows.values("channel").annotate(n=Count("id")).order_by("channel")
    return {row["channel"]: row["n"] for row in counted}


@dataclass(frozen=True, slots=True)
class Delivered:
    """Attempts of a channel in some days by how they went; ``inbox`` is what was put there."""

    channel: str
    sent: int = 0
    later: int = 0
    refused: int = 0
    unknown: int = 0
    returned: int = 0


def delivered(place_ids: Sequence[str], first: date, last: date) -> tuple[Delivered, ...]:
    """The delivery report: every attempt of every channel."""
    rows = models.Attempt.objects.filter(place__in=list(place_ids), day__range=(first, last))
    counts: dict[str, dict[str, int]] = {code: {} for code in rules.PUSHED}
    for row in rows.values("channel", "outcome").annotate(n=Count("id")):
        counts[row["channel"]][row["outcome"]] = row["n"]
    return tuple(Delivered(code, **of) for code, of in counts.items() if of)


def told_by_kind(
    place_ids: Sequence[str], first: date, last: date
) -> tuple[tuple[Kind, int, int], ...]:
    """(kind, notices told, dropped) made in some days, as long as they are kept."""
    rows = models.Notice.objects.filter(
        place__in=list(place_ids),
        made_at__gte=clock.end_of(first - timedelta(days=1)),
        made_at__lte=clock.end_of(last),
    )
    counts: dict[str, dict[str, int]] = {}
    for row in rows.values("kind", "state").annotate(n=Count("id")):
        counts.setdefault(row["kind"], {})[row["state"]] = row["n"]
    return tuple(
        (KINDS[code], counts[code].get("told", 0), counts[code].get("dropped", 0))
        for code in KINDS
        if code in counts
    )


@dataclass(frozen=True, slots=True)
class Failing:
    """A reader whose address fails; ``name`` masked."""

    patron: str
    name: str
    home: str
    channel: str
    why: str
    since: datetime


def failing(place_ids: Iterable[str], on: date, limit: int = 200) -> tuple[Failing, ...]:
    """Readers of several places who can't be reached by a channel, the newest first."""
    wanted = set(place_ids)
    found = []
    rows = models.ReaderChannel.objects.exclude(failing_since=None).order_by("-failing_since")
    for row in rows[:limit]:
        reach = patrons.reach(row.patron, on)
        bad = {r.channel for r in reachable(row.patron, on) if r.failing}
        if reach is None or reach.home not in wanted or row.channel not in bad:
            continue
        found.append(
            Failing(
                row.patron,
                mask_name(reach.name),
                reach.home,
                row.channel,
                row.failing_why,
                row.failing_since,
            )
        )
    return tuple(found)
