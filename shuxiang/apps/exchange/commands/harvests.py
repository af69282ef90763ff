"""Other libraries' catalogues gathered by OAI-PMH: sources, runs, the titles they gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shuxiang.apps.exchange import models, rules
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command

EDIT = "exchange.edit"
AT_ONCE = 100
"""Titles written, or taken out, in one transaction."""


@command("exchange.add_harvest", permission=EDIT)
def add_harvest(
    *,
    name: str,
    address: str,
    prefix: str = "oai_dc",
    set_spec: str = "",
    partner: str | None = None,
    every_hours: int = 24,
    ctx: Context,
) -> str:
    """Add a catalogue to be gathered; returns its id. The first run begins at once.

    Raises Refused: name-missing, harvest-exists, harvest-address, harvest-every, partner-unknown.
    """
    told = _told(name, address, prefix, set_spec, partner, every_hours)
    if models.HarvestSource.objects.filter(name=told["name"]).exists():
        raise refuse(stop("harvest-exists", name=str(told["name"])))
    row = models.HarvestSource.objects.create(id=new_id(), next_at=ctx.occurred_at, **told)
    changed(ctx, "harvest", row.id, row.name, None, told)
    return str(row.id)


@command("exchange.change_harvest", permission=EDIT)
def change_harvest(
    *,
    harvest: str,
    name: str,
    address: str,
    prefix: str = "oai_dc",
    set_spec: str = "",
    partner: str | None = None,
    every_hours: int = 24,
    active: bool = True,
    again: bool = False,
    ctx: Context,
) -> None:
    """Change how a catalogue is gathered, or whether. Where its address, form or set change, or with
    ``again``, the next run gathers all of it, and it begins at once.

    Raises Refused: harvest-unknown, and what `add_harvest` refuses.
    """
    row = models.HarvestSource.objects.select_for_update().filter(id=harvest).first()
    if row is None:
        raise refuse(stop("harvest-unknown"))
    told = _told(name, address, prefix, set_spec, partner, every_hours) | {"active": active}
    if models.HarvestSource.objects.filter(name=told["name"]).exclude(id=row.id).exists():
        raise refuse(stop("harvest-exists", name=str(told["name"])))
    before = {key: getattr(row, key) for key in told}
    anew = again or any(before[k] != told[k] for k in ("address", "prefix", "set_spec"))
    if anew:
        models.HarvestSource.objects.filter(id=row.id).update(
            changed_since=None, run=0, token="", next_at=ctx.occurred_at, failures=0, error=""
        )
    models.HarvestSource.objects.filter(id=row.id).update(**told)
    changed(ctx, "harvest", row.id, row.name, before, told, action="gathered-anew" if again else "")


def _told(
    name: str, address: str, prefix: str, set_spec: str, partner: str | None, every_hours: int
) -> dict[str, str | int | None]:
    decision = rules.may_harvest(
        name=name, address=address, prefix=prefix, set_spec=set_spec, every_hours=every_hours
    )
    if not decision.allowed:
        raise Refused(decision)
    if partner and not models.Partner.objects.filter(place=partner).exists():
        raise refuse(stop("partner-unknown"))
    return {
        "name": name.strip()[:60],
        "address": address.strip(),
        "prefix": prefix.strip(),
        "set_spec": set_spec.strip(),
        "partner_id": partner or None,
        "every_hours": every_hours,
    }


# --- by the worker and the command line alone ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gathered:
    """A title of theirs; ``data`` '' where it was deleted."""

    identifier: str
    title: str = ""
    author: str = ""
    publisher: str = ""
    year: int | None = None
    isbn: str = ""
    data: bytes = b""


@command("exchange.harvest_begun")
def harvest_begun(*, harvest: str, by_day: bool, keeps_deleted: bool, ctx: Context) -> int:
    """A run begins; returns its number."""
    _system(ctx)
    row = models.HarvestSource.objects.select_for_update().get(id=harvest)
    models.HarvestSource.objects.filter(id=harvest).update(
        run=row.runs + 1,
        runs=row.runs + 1,
        run_began=None,
        token="",
        gathered=0,
        complete=0,
        by_day=by_day,
        keeps_deleted=keeps_deleted,
        changed_since=row.changed_since if keeps_deleted else None,
    )
    return row.runs + 1


@command("exchange.keep_gathered")
def keep_gathered(*, harvest: str, run: int, titles: Sequence[Gathered], ctx: Context) -> None:
    """Keep titles of a page: new ones and changed ones, without those deleted there. The same page
    twice is the same."""
    _system(ctx)
    gone = [t.identifier for t in titles if not t.data]
    if gone:
        models.ForeignTitle.objects.filter(source=harvest, identifier__in=gone).delete()
    sql.many(
        "INSERT INTO exchange_foreigntitle (id, source_id, identifier, run, title, author, "
        "publisher, year, isbn, title_key, author_key, data) "
        f"VALUES ({sql.marks(12)}) ON CONFLICT (source_id, identifier) DO UPDATE SET "
        "run = excluded.run, title = excluded.title, author = excluded.author, "
        "publisher = excluded.publisher, year = excluded.year, isbn = excluded.isbn, "
        "title_key = excluded.title_key, author_key = excluded.author_key, data = excluded.data",
        [
            (
                new_id(), harvest, t.identifier, run, t.title[:300], t.author[:200],
                t.publisher[:120], t.year, t.isbn[:13], rules.foreign_key(t.title)[:120],
                rules.foreign_key(t.author)[:80], t.data,
            )
            for t in titles
            if t.data
        ],
    )  # fmt: skip


@command("exchange.page_gathered")
def page_gathered(
    *, harvest: str, run: int, token: str, answered_at: datetime, count: int, complete: int,
    ctx: Context,
) -> None:  # fmt: skip
    """A page is kept: where the next one begins, or that the run is over."""
    _system(ctx)
    row = models.HarvestSource.objects.select_for_update().filter(id=harvest, run=run).first()
    if row is None:
        return
    told: dict[str, object] = {
        "gathered": row.gathered + count,
        "complete": complete or row.complete,
        "run_began": row.run_began or answered_at,
        "token": token,
        "failures": 0,
        "error": "",
    }
    if not token:
        told |= {
            "run": 0,
            "changed_since": told["run_began"],
            "finished_at": ctx.occurred_at,
            "next_at": ctx.occurred_at + timedelta(hours=row.every_hours),
        }
    models.HarvestSource.objects.filter(id=harvest).update(**told)


@command("exchange.forget_unseen")
def forget_unseen(*, harvest: str, ctx: Context) -> int:
    """Of a catalogue that doesn't tell deletions, or was gathered anew: take out titles that the last
    whole run did not meet, some at a time; returns how many."""
    _system(ctx)
    row = models.HarvestSource.objects.filter(id=harvest, run=0).first()
    if row is None:
        return 0
    ids = [
        r[0]
        for r in sql.all(
            "SELECT id FROM exchange_foreigntitle WHERE source_id = ? AND run < ? LIMIT ?",
            harvest,
            row.runs,
            AT_ONCE,
        )
    ]
    models.ForeignTitle.objects.filter(id__in=ids).delete()
    return len(ids)


@command("exchange.harvest_failed")
def harvest_failed(
    *, harvest: str, error: str, wait_seconds: int = 0, restart: bool = False, ctx: Context
) -> None:
    """A request came to nothing: it is put again later. ``restart``: the token is no good any more, the
    listing begins anew."""
    _system(ctx)
    row = models.HarvestSource.objects.select_for_update().get(id=harvest)
    next_at = rules.next_try(row.failures + 1, ctx.occurred_at)
    asked = ctx.occurred_at + timedelta(seconds=min(wait_seconds, 86_400))
    models.HarvestSource.objects.filter(id=harvest).update(
        failures=row.failures + 1,
        error=error[:200],
        next_at=max(next_at, asked),
        token="" if restart else row.token,
    )


def _system(ctx: Context) -> None:
    if ctx.actor.kind != "system":
        raise refuse(stop("not-permitted", action="exchange.harvest"))
