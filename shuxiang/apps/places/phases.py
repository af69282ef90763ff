"""Operating phases as others may ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Any

from shuxiang.apps.places import models, rules
from shuxiang.apps.places.rules import Phase
from shuxiang.runtime.revision import cached


def phase_of(row: models.OperatingPhase) -> Phase:
    """A row as others see it."""
    values = {
        f.attname: getattr(row, f.attname) for f in models.OperatingPhase._meta.concrete_fields
    }
    values["place"] = values.pop("place_id")
    values["counted"] = {
        place: tuple((date.fromisoformat(a), date.fromisoformat(b)) for a, b in spans)
        for place, spans in row.counted.items()
    }
    values["hours"] = hours_of(row.hours)
    values["checks"], values["lanes"] = tuple(row.checks), tuple(row.lanes)
    return Phase(**values)


def hours_of(stored: dict[str, Any]) -> dict[int, tuple[tuple[time, time], ...]]:
    """Hours by weekday from how they are kept: ``{"0": [["09:00", "12:00"]]}``."""
    return {
        int(weekday): tuple(
            (time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in periods
        )
        for weekday, periods in stored.items()
    }


@cached("places")
def live_phases() -> tuple[Phase, ...]:
    """Every phase that is applied, whatever its days."""
    rows = models.OperatingPhase.objects.filter(state__in=rules.LIVE)
    return tuple(phase_of(r) for r in rows.order_by("first_day", "id"))


def phase(phase_id: str) -> Phase | None:
    row = models.OperatingPhase.objects.filter(id=phase_id).first()
    return phase_of(row) if row else None


def phases(places: Iterable[str] | None = None) -> tuple[Phase, ...]:
    """Every phase of some places (None: of any), drafts and those taken back too, the newest first."""
    rows = models.OperatingPhase.objects.order_by("-first_day", "-id")
    if places is not None:
        rows = rows.filter(place__in=list(places))
    return tuple(phase_of(r) for r in rows)


def spans(chain: Sequence[str]) -> tuple[rules.Span, ...]:
    """What applied phases say of the opening of a place, given the ids from itself up to the root."""
    return tuple(
        p.span for p in rules.reaching(live_phases(), chain) if p.kind == "closed" or p.hours
    )
