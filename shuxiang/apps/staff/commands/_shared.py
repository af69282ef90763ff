"""What the commands of staff share: who may touch whose account, and that somebody always can."""

from __future__ import annotations

from typing import Any

from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import models, rules
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.commands import require

EDIT = "staff.edit"


def known_place(place: str) -> str:
    """The id of a place there is; refused with ``place-unknown`` otherwise."""
    try:
        return places.place(place).id
    except places.UnknownPlace:
        raise refuse(stop("place-unknown")) from None


def is_own(ctx: Context, account: str) -> bool:
    """Whether the actor is that account."""
    return ctx.actor == Actor("staff", account)


def editable(ctx: Context, account: str) -> models.Account:
    """The account, locked, if the actor may edit staff at its home and wherever it holds a role: who
    edits staff of a branch must not take over an account of the whole library."""
    row = models.Account.objects.select_for_update().filter(id=account).first()
    if row is None:
        raise refuse(stop("account-unknown"))
    held = models.Grant.objects.filter(account=account).values_list("place_id", flat=True)
    for place in dict.fromkeys((row.home_id, *held)):
        require(ctx, EDIT, place)
    return row


def still_edited(places_: set[str]) -> None:
    """Refuse with ``last-administrator`` unless an active account still holds ``staff.edit`` at each
    of the places, by a grant there or above. Call after the change: a refusal takes it back."""
    held = [
        grant.place.path
        for grant in models.Grant.objects.filter(account__is_active=True).select_related(
            "role", "place"
        )
        if rules.holds(grant.role.actions, EDIT)
    ]
    for place in places.all_places():
        if place.id in places_ and not any(place.path.startswith(path) for path in held):
            raise refuse(stop("last-administrator", place=place.id))


def editing_places(grants: Any) -> set[str]:
    """Ids of the places at which the grants (with their roles) let their accounts edit staff."""
    return {g.place_id for g in grants if rules.holds(g.role.actions, EDIT)}
