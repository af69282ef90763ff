"""The register: a site's sort, plaque, keeper and agreement; the addresses of its keeper."""

from __future__ import annotations

from datetime import date
from typing import Any

from shuxiang.apps.drift import models, queries, rules
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, record, require

EDIT = "drift.edit"
KIND = "reading-site"
PLAQUED, TAKEN_DOWN = "site.plaqued", "site.unplaqued"
LONGEST = {"keeper": 40, "phone": 40, "agreement_file": 80, "hours": 120, "note": 200}


@command("drift.register")
def register(
    *,
    place: str,
    kind: str,
    plaque_on: date | None = None,
    keeper: str = "",
    phone: str = "",
    agreement_from: date | None = None,
    agreement_until: date | None = None,
    agreement_file: str = "",
    hours: str = "",
    note: str = "",
    ended_on: date | None = None,
    ctx: Context,
) -> str:
    """Enter a place in the register, or change its line; returns the site's id. The plaque is counted
    in the year of its day, also when it is entered or corrected later.

    Raises Refused: not-permitted, place-unknown, and DR-1 with every reason.
    """
    require(ctx, EDIT, place)
    try:
        at = places.place(place)
    except places.UnknownPlace:
        raise refuse(stop("place-unknown")) from None
    values: dict[str, Any] = {
        "kind": kind,
        "plaque_on": plaque_on,
        "keeper": keeper.strip(),
        "phone": phone.strip(),
        "agreement_from": agreement_from,
        "agreement_until": agreement_until,
        "agreement_file": agreement_file.strip(),
        "hours": hours.strip(),
        "note": note.strip(),
        "ended_on": ended_on,
    }
    decision = rules.may_register(
        kind=kind,
        plaque_on=plaque_on,
        ended_on=ended_on,
        agreement_from=agreement_from,
        agreement_until=agreement_until,
        today=clock.business_date(ctx.occurred_at),
    )
    long = [
        stop("text-too-long", field=name, most=most)
        for name, most in LONGEST.items()
        if len(values[name]) > most
    ]
    if long or not decision.allowed:
        raise Refused(type(decision)((*decision.reasons, *long)))
    if ended_on is not None:
        values |= {"keeper": "", "phone": ""}
    row = models.Site.objects.select_for_update().filter(place=place).first()
    before = {name: getattr(row, name) for name in values} if row else None
    if row is None:
        row = models.Site(id=new_id(), library=at.library, place_id=place, **values)
        row.save(force_insert=True)
    else:
        models.Site.objects.filter(id=row.id).update(**values)
    if ended_on is not None:
        models.KeeperLink.objects.filter(site=row.id, ended_at=None).update(
            ended_at=ctx.occurred_at
        )
    _count(row.id, at, before, values, ctx)
    changed(
        ctx,
        KIND,
        row.id,
        at.name,
        before,
        values,
        place=place,
        private=("keeper", "phone"),
    )
    return row.id


def _count(
    site: str,
    at: places.Place,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    ctx: Context,
) -> None:
    """Plaques put up and taken down, in the ledger on their days; what was counted otherwise is taken
    back there."""

    def counted(values: dict[str, Any] | None) -> list[tuple[str, str, date]]:
        if values is None or values["plaque_on"] is None:
            return []
        found = [(PLAQUED, values["kind"], values["plaque_on"])]
        if values["ended_on"] is not None:
            found.append((TAKEN_DOWN, values["kind"], values["ended_on"]))
        return found

    was, now = counted(before), counted(after)
    for quantity, rows in (
        (-1, [r for r in was if r not in now]),
        (1, [r for r in now if r not in was]),
    ):
        for type_, kind, day in rows:
            record(
                type_,
                ctx=ctx,
                library=at.library,
                place=at.id,
                subject=site,
                quantity=quantity,
                source=kind,
                on=day,
            )


@command("drift.make_link")
def make_link(*, site: str, token_hash: str, ctx: Context) -> str:
    """An address for the site's keeper, known by the hash of its secret; returns its id. Raises
    Refused: site-unknown, not-permitted."""
    found = open_site(site)
    require(ctx, EDIT, found.place)
    id_ = new_id()
    models.KeeperLink.objects.create(
        id=id_,
        site_id=site,
        token_hash=token_hash,
        made_at=ctx.occurred_at,
        made_by=ctx.actor.id,
    )
    changed(ctx, KIND, site, found.name, None, {"link": id_}, action="link", place=found.place)
    return id_


@command("drift.end_link")
def end_link(*, link: str, ctx: Context) -> None:
    """An address works no longer."""
    row = models.KeeperLink.objects.select_related("site").filter(id=link, ended_at=None).first()
    if row is None:
        raise refuse(stop("link-unknown"))
    require(ctx, EDIT, row.site.place_id)
    models.KeeperLink.objects.filter(id=link).update(ended_at=ctx.occurred_at)
    name = places.place(row.site.place_id).name
    changed(
        ctx,
        KIND,
        row.site_id,
        name,
        {"link": link},
        None,
        action="link-ended",
        place=row.site.place_id,
    )


def open_site(site: str) -> queries.SiteView:
    """A site that has not ended. Raises Refused: site-unknown."""
    found = queries.site(site)
    if found is None or found.ended_on is not None:
        raise refuse(stop("site-unknown"))
    return found


def let(site: queries.SiteView, link: str, ctx: Context) -> None:
    """Who may look after a site's shelf: its keeper by the secret of their address, else staff with
    ``drift.count`` there."""
    if link:
        by = queries.site_of_link(link)
        if by is None or by.id != site.id:
            raise refuse(stop("link-unknown"))
        return
    require(ctx, "drift.count", site.place)
