"""Floating groups: which an item floats in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.stock import models
from shuxiang.runtime.revision import cached

ANY = "*"


@dataclass(frozen=True, slots=True)
class FloatingMember:
    """A place of a group, with how many of its items it keeps at least and at most."""

    place: str
    floor: int
    ceiling: int | None


@dataclass(frozen=True, slots=True)
class FloatingGroup:
    """Items of the members' that stay where they come back. ``item_category`` ``*`` is any, ``main_class``
    '' every class."""

    id: str
    name: str
    item_category: str
    main_class: str
    valid_from: date
    valid_to: date | None
    members: tuple[FloatingMember, ...]

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(m.place for m in self.members)


@cached("floating")
def floating_groups() -> tuple[FloatingGroup, ...]:
    """Every group, the newest first."""
    rows = models.FloatingGroup.objects.prefetch_related("members").order_by("-valid_from", "name")
    return tuple(
        FloatingGroup(
            row.id,
            row.name,
            row.item_category,
            row.main_class,
            row.valid_from,
            row.valid_to,
            tuple(
                FloatingMember(m.place_id, m.floor, m.ceiling)
                for m in sorted(row.members.all(), key=lambda m: m.position)
            ),
        )
        for row in rows
    )


def floats_in(owner: str, category: str, main_class: str, on: date) -> FloatingGroup | None:
    """The group an item floats in that day: one its owner is a member of; a class beats a category, the
    later row beats the earlier one."""
    found = [
        g
        for g in floating_groups()
        if g.in_force(on)
        and owner in g.places
        and g.item_category in (ANY, category)
        and g.main_class in ("", main_class)
    ]
    return max(
        found,
        key=lambda g: (g.main_class != "", g.item_category != ANY, g.valid_from),
        default=None,
    )
