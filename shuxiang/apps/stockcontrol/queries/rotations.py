"""Rotating sets: where they are, and when they move on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.stockcontrol import models


@dataclass(frozen=True, slots=True)
class RotationView:
    """A set: its stops in their order, the one it is at, when it moves on, how many books."""

    id: str
    name: str
    weeks: int
    stops: tuple[str, ...]
    at: int
    next_on: date
    active: bool
    books: int

    @property
    def here(self) -> str:
        return self.stops[self.at]

    @property
    def then(self) -> str:
        return self.stops[(self.at + 1) % len(self.stops)]


def rotations() -> tuple[RotationView, ...]:
    """Every set, those that move on soonest first, ended ones last."""
    stops: dict[str, list[str]] = {}
    for stop in models.RotationStop.objects.order_by("rotation", "position"):
        stops.setdefault(stop.rotation_id, []).append(stop.place_id)
    books: dict[str, int] = {}
    for rotation in models.RotationItem.objects.values_list("rotation_id", flat=True):
        books[rotation] = books.get(rotation, 0) + 1
    rows = models.Rotation.objects.order_by("-active", "next_on", "name")
    return tuple(
        RotationView(
            r.id, r.name, r.weeks, tuple(stops[r.id]), r.at, r.next_on, r.active, books.get(r.id, 0)
        )
        for r in rows
    )
