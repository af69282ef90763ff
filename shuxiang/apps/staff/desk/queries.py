"""Who may work a desk."""

from __future__ import annotations

from dataclasses import dataclass

from shuxiang.apps.staff import models, rules
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class Clerk:
    """An account that may work at a place."""

    id: str
    username: str
    name: str
    has_pin: bool


def clerks_at(place_id: str, action: str) -> tuple[Clerk, ...]:
    """Active accounts that hold the action at the place, by a grant there or above, by name."""
    rows = sql.all(
        "SELECT DISTINCT a.id, a.username, a.name, p.id IS NOT NULL, r.id FROM staff_account a "
        "JOIN staff_grant g ON g.account_id = a.id JOIN staff_role r ON r.id = g.role_id "
        "JOIN places_place gp ON gp.id = g.place_id "
        "JOIN places_place tp ON tp.id = ? AND tp.path LIKE gp.path || '%' "
        "LEFT JOIN staff_deskpin p ON p.account_id = a.id WHERE a.is_active",
        place_id,
    )
    wanted = {r.id for r in models.Role.objects.all() if rules.holds(r.actions, action)}
    clerks = {r[0]: Clerk(r[0], r[1], r[2], bool(r[3])) for r in rows if r[4] in wanted}
    return tuple(sorted(clerks.values(), key=lambda c: (c.name, c.username)))


def has_pin(account: str) -> bool:
    return models.DeskPin.objects.filter(account=account).exists()
