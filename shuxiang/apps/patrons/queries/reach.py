"""How a reader is reached: for the system's own notices, never for a screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shuxiang.apps.patrons import identity, models, rules
from shuxiang.runtime.secrets import decrypt


@dataclass(frozen=True, slots=True)
class Reach:
    """A reader with the phone notices go to: a minor's guardian's where there is one, under 14 never
    the child's own. ``phone_hash`` names the number without saying it."""

    patron: str
    name: str
    home: str
    library: str
    closed: bool
    minor: bool
    phone: str
    phone_hash: str
    of_guardian: bool


def reach(patron_id: str, on: date) -> Reach | None:
    """None for nobody."""
    row = models.Patron.objects.filter(id=patron_id).first()
    if row is None:
        return None
    age = identity.age_on(row.born_on, on) if row.born_on else None
    minor = age is not None and age < rules.ADULT
    phone, phone_hash, of_guardian = row.phone, row.phone_hash, False
    if minor or not phone:
        answering = models.Guardian.objects.filter(child=row, ended_at=None).exclude(phone="")
        guardian = answering.order_by("-since", "-id").first()
        if guardian is not None:
            phone, phone_hash, of_guardian = guardian.phone, guardian.phone_hash, True
        elif age is not None and age < rules.GUARDIAN_BY_LAW:
            phone, phone_hash = "", ""
    return Reach(
        row.id,
        row.name,
        row.home_id,
        row.library,
        row.closed_at is not None,
        minor,
        decrypt(phone),
        phone_hash,
        of_guardian,
    )


def readers_at(homes: Iterable[str]) -> tuple[str, ...]:
    """Everybody with an open account whose home is one of the places."""
    rows = models.Patron.objects.filter(home__in=list(homes), closed_at=None).order_by("id")
    return tuple(rows.values_list("id", flat=True))
