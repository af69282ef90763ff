"""Floating groups: dated rows, ended but never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import models
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command
from shuxiang.runtime.revision import bump

EDIT = "stock.floating"
ANY = "*"


@command("stock.add_floating", permission=EDIT)
def add_floating(
    *,
    name: str,
    members: Sequence[tuple[str, int, int | None]],
    item_category: str = ANY,
    main_class: str = "",
    valid_from: date,
    valid_to: date | None = None,
    ctx: Context,
) -> str:
    """Add a floating group: (place, floor, ceiling) of each member; returns its id.

    Raises Refused: name-missing, floating-members, floating-bounds, floating-dates, category-unknown,
    class-unknown, place-unknown.
    """
    reasons: list[Reason] = [] if name.strip() else [stop("name-missing")]
    if len({place for place, _, _ in members}) < 2 or len({p for p, _, _ in members}) != len(
        members
    ):
        reasons.append(stop("floating-members"))
    known = {p.id for p in places.all_places()}
    reasons += [stop("place-unknown", code=p) for p, _, _ in members if p not in known]
    if any(floor < 0 or (top is not None and top < floor) for _, floor, top in members):
        reasons.append(stop("floating-bounds"))
    if valid_from < clock.business_date(ctx.occurred_at) or (valid_to and valid_to < valid_from):
        reasons.append(stop("floating-dates"))
    if item_category != ANY and not models.Category.objects.filter(code=item_category).exists():
        reasons.append(stop("category-unknown", category=item_category))
    if main_class and not (len(main_class) == 1 and "A" <= main_class <= "Z"):
        reasons.append(stop("class-unknown", number=main_class))
    if reasons:
        raise refuse(*reasons)
    row = models.FloatingGroup.objects.create(
        id=new_id(),
        name=name.strip()[:80],
        item_category=item_category,
        main_class=main_class,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    models.FloatingMember.objects.bulk_create(
        models.FloatingMember(
            id=new_id(), group=row, place_id=place, floor=floor, ceiling=ceiling, position=n
        )
        for n, (place, floor, ceiling) in enumerate(members)
    )
    names = {p.id: p.name for p in places.all_places()}
    told = "、".join(
        f"{names[p]} {floor}–{'' if top is None else top}" for p, floor, top in members
    )
    after = {
        "valid_from": valid_from, "valid_to": valid_to, "item_category": item_category,
        "members": told,
    }  # fmt: skip
    changed(ctx, "floating-group", row.id, row.name, None, after)
    bump("floating")
    return str(row.id)


@command("stock.end_floating", permission=EDIT)
def end_floating(*, group: str, last_day: date, ctx: Context) -> None:
    """Let a group end on a day, today at the earliest; what stands elsewhere then goes home with its next
    scan. Raises Refused: floating-unknown, floating-dates."""
    row = models.FloatingGroup.objects.filter(id=group).first()
    if row is None:
        raise refuse(stop("floating-unknown"))
    if last_day < max(clock.business_date(ctx.occurred_at), row.valid_from):
        raise refuse(stop("floating-dates"))
    models.FloatingGroup.objects.filter(id=group).update(valid_to=last_day)
    changed(
        ctx, "floating-group", row.id, row.name,
        {"valid_to": row.valid_to}, {"valid_to": last_day}, action="ended",
    )  # fmt: skip
    bump("floating")
