"""Counts entered by hand: gate counts (row R1) and in-house uses (row E3), by day or by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command, record, require
from shuxiang.statistics import models
from shuxiang.statistics.commands.gates import counted_already

PERMISSION = "statistics.enter_visits"
SOURCES = {
    "visits.entered": ("device", "manual", "estimate"),
    "item.used": ("manual", "sample", "estimate"),
}
MOST = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """An entry made: its id, the days it covers and the number now standing for them."""

    entry: str
    first_day: date
    last_day: date
    number: int


@command("statistics.enter_visits")
def enter_visits(
    *,
    place: str,
    day: date,
    number: int,
    source: str,
    whole_month: bool = False,
    counter: str = "",
    note: str = "",
    evidence: str = "",
    ctx: Context,
) -> Entered:
    """Enter how many people came in at a site on ``day``, or in all of its month.

    ``source`` is device, manual or estimate; ``counter`` names the door where a site has several;
    ``evidence`` says where the sheet or file is kept. Refuses a second number for the same counter
    and days: correct the first.
    """
    return _enter(
        "visits.entered", place, day, number, source, whole_month, counter, note, evidence, ctx
    )


@command("statistics.enter_in_house_uses")
def enter_in_house_uses(
    *,
    place: str,
    day: date,
    number: int,
    source: str,
    whole_month: bool = False,
    counter: str = "",
    note: str = "",
    evidence: str = "",
    ctx: Context,
) -> Entered:
    """Enter volumes read in house that no scan counted: a tally (manual), a sample or an estimate.
    As `enter_visits` otherwise; ``counter`` names the room."""
    return _enter(
        "item.used", place, day, number, source, whole_month, counter, note, evidence, ctx
    )


def _enter(
    measure: str,
    place: str,
    day: date,
    number: int,
    source: str,
    whole_month: bool,
    counter: str,
    note: str,
    evidence: str,
    ctx: Context,
) -> Entered:
    site = _site(place)
    require(ctx, PERMISSION, place)
    first, last = _month(day) if whole_month else (day, day)
    counter, note, evidence = counter.strip(), note.strip(), evidence.strip()
    today = clock.business_date(ctx.occurred_at)
    reasons = _number(number)
    if source not in SOURCES[measure]:
        reasons.append(stop("count-source-unknown", source=source))
    if first > today:
        reasons.append(stop("day-in-future", day=first.isoformat()))
    if source == "estimate" and not note:
        reasons.append(stop("estimate-without-note"))
    reasons += _too_long(counter=(counter, 40), note=(note, 200), evidence=(evidence, 200))
    reasons += _overlap(measure, place, first, last, counter)
    if measure == "visits.entered":
        reasons += counted_already(place, first, last, counter)
    if reasons:
        raise refuse(*reasons)
    event = record(
        measure,
        ctx=ctx,
        library=site.library,
        place=place,
        quantity=number,
        source=source,
        on=first,
        data=_data(first, last, counter, note, evidence),
    )
    return _store(
        measure=measure,
        place=place,
        first=first,
        last=last,
        counter=counter,
        number=number,
        source=source,
        note=note,
        evidence=evidence,
        event=event,
        ctx=ctx,
    )


@command("statistics.correct_visits")
def correct_visits(*, entry: str, number: int, why: str, ctx: Context) -> Entered:
    """Put another number in an entry's place: its ledger row is reversed and a new one signed. The
    old entry stays to be seen. 0 takes an entry back."""
    old = models.Entry.objects.filter(id=entry).first()
    if old is None:
        raise refuse(stop("entry-unknown"))
    require(ctx, PERMISSION, old.place_id)
    reasons = _number(number)
    if not why.strip():
        reasons.append(stop("why-missing"))
    reasons += _too_long(why=(why.strip(), 200))
    if models.Entry.objects.filter(corrects=old).exists():
        reasons.append(stop("entry-already-corrected"))
    elif number == old.number:
        reasons.append(stop("number-unchanged", number=number))
    if reasons:
        raise refuse(*reasons)
    library = _site(old.place_id).library
    data = _data(old.first_day, old.last_day, old.counter, why.strip(), "")
    common = {
        "ctx": ctx,
        "library": library,
        "place": old.place_id,
        "source": old.source,
        "on": old.first_day,
        "data": data,
    }
    record(old.measure, quantity=-old.number, reverses=old.event, **common)
    event = record(old.measure, quantity=number, **common)
    return _store(
        measure=old.measure,
        place=old.place_id,
        first=old.first_day,
        last=old.last_day,
        counter=old.counter,
        number=number,
        source=old.source,
        note=old.note,
        evidence=old.evidence,
        event=event,
        ctx=ctx,
        corrects=old.id,
        why=why.strip(),
    )


def _site(place: str) -> places.Place:
    try:
        return places.place(place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown", code=place)) from None


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, clock.add_months(first, 1) - timedelta(days=1)


def _number(number: int) -> list[Reason]:
    return [] if 0 <= number <= MOST else [stop("number-out-of-range", number=number, most=MOST)]


def _too_long(**texts: tuple[str, int]) -> list[Reason]:
    return [
        stop("text-too-long", field=name, most=most)
        for name, (text, most) in texts.items()
        if len(text) > most
    ]


def _overlap(measure: str, place: str, first: date, last: date, counter: str) -> list[Reason]:
    """A day and its month, or a day twice, of the same counter would be counted twice."""
    standing = models.Entry.objects.filter(
        measure=measure,
        place=place,
        counter=counter,
        first_day__lte=last,
        last_day__gte=first,
        corrected_by=None,
    ).exclude(corrects__isnull=False, number=0)
    found = standing.order_by("first_day").first()
    if found is None:
        return []
    return [
        stop(
            "count-already-entered",
            first=found.first_day.isoformat(),
            last=found.last_day.isoformat(),
            number=found.number,
        )
    ]


def _data(first: date, last: date, counter: str, note: str, evidence: str) -> dict[str, str]:
    named = {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "counter": counter,
        "note": note,
        "evidence": evidence,
    }
    return {name: text for name, text in named.items() if text}


def _store(
    *,
    measure: str,
    place: str,
    first: date,
    last: date,
    counter: str,
    number: int,
    source: str,
    note: str,
    evidence: str,
    event: str,
    ctx: Context,
    corrects: str | None = None,
    why: str = "",
) -> Entered:
    row = models.Entry.objects.create(
        id=new_id(),
        measure=measure,
        place_id=place,
        first_day=first,
        last_day=last,
        counter=counter,
        number=number,
        source=source,
        note=note,
        evidence=evidence,
        event=event,
        corrects_id=corrects,
        why=why,
        account=ctx.actor.id,
        entered_at=ctx.occurred_at,
    )
    return Entered(entry=row.id, first_day=first, last_day=last, number=number)
