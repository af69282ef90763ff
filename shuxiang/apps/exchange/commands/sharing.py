"""套录: targets, records they answered with, records taken over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.catalog import queries as titles
from shuxiang.apps.catalog.commands.asking import answered
from shuxiang.apps.catalog.commands.overlay import overlay_record
from shuxiang.apps.exchange import models, queries
from shuxiang.formats.targets import Profile, SharedRecord
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import ask, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command
from shuxiang.runtime.secrets import encrypt

EDIT, USE = "catalog.targets", "catalog.edit"
KEEP_FOUND = timedelta(days=7)


@command("exchange.add_target", permission=EDIT)
def add_target(
    *,
    name: str,
    profile: Mapping[str, Any],
    user: str = "",
    password: str = "",
    position: int = 0,
    active: bool = True,
    ctx: Context,
) -> str:
    """Add a target, ``profile`` with the fields of `targets.Profile`; returns its id.

    Raises Refused: name-missing, target-exists, target-field (one for each field that can't be).
    """
    columns = _columns(name, profile)
    if models.Target.objects.filter(name=columns["name"]).exists():
        raise refuse(stop("target-exists", name=columns["name"]))
    told = columns | {"user": user.strip()[:80], "position": position, "active": active}
    row = models.Target.objects.create(id=new_id(), password=encrypt(password[:120]), **told)
    changed(ctx, "target", row.id, row.name, None, told, unsaid=["password"] if password else ())
    return str(row.id)


@command("exchange.change_target", permission=EDIT)
def change_target(
    *,
    target: str,
    name: str,
    profile: Mapping[str, Any],
    user: str = "",
    password: str | None = None,
    position: int = 0,
    active: bool = True,
    ctx: Context,
) -> None:
    """Change a target; ``password`` None leaves it as it is, '' takes it away. Where the address
    changes and no password is given it is taken away: it was not meant for another server.

    Raises Refused: target-unknown, and what `add_target` refuses.
    """
    row = models.Target.objects.select_for_update().filter(id=target).first()
    if row is None:
        raise refuse(stop("target-unknown"))
    columns = _columns(name, profile)
    if models.Target.objects.filter(name=columns["name"]).exclude(id=row.id).exists():
        raise refuse(stop("target-exists", name=columns["name"]))
    told = columns | {"user": user.strip()[:80], "position": position, "active": active}
    before = {key: getattr(row, key) for key in told}
    if password is None and (row.address, row.kind) != (told["address"], told["kind"]):
        password = ""
    sealed = row.password if password is None else encrypt(password[:120])
    models.Target.objects.filter(id=row.id).update(password=sealed, **told)
    unsaid = ["password"] if sealed != row.password else ()
    changed(ctx, "target", row.id, told["name"], before, told, unsaid=unsaid)


def _columns(name: str, profile: Mapping[str, Any]) -> dict[str, Any]:
    known = Profile(**profile)
    reasons = [stop("target-field", field=field) for field in known.wrong()]
    if not name.strip():
        reasons.append(stop("name-missing"))
    if reasons:
        raise refuse(*reasons)
    return asdict(known) | {"name": name.strip()[:60], "attributes": dict(known.attributes)}


@dataclass(frozen=True, slots=True)
class Kept:
    """A record to keep: who answered with it, and its bytes as in `targets.SharedRecord`."""

    target: str
    source: bytes
    source_charset: str
    data: bytes
    charset: str


def kept(target: str, record: SharedRecord) -> Kept:
    """What `keep_found` wants of a record."""
    return Kept(target, record.source, record.source_charset, record.data, record.charset)


@command("exchange.keep_found", permission=USE)
def keep_found(*, records: Sequence[Kept], ctx: Context) -> tuple[str, ...]:
    """Keep what targets answered, for `take_found` and `overlay_found`; returns their ids in order."""
    rows = [
        models.FoundRecord(
            id=new_id(),
            target_id=r.target,
            source=r.source,
            source_charset=r.source_charset,
            data=r.data,
            charset=r.charset,
            found_at=ctx.occurred_at,
            found_by=ctx.actor.id,
        )
        for r in records
    ]
    models.FoundRecord.objects.bulk_create(rows)
    return tuple(str(r.id) for r in rows)


@command("exchange.forget_found")
def forget_found(*, ctx: Context) -> int:
    """Forget what targets answered `KEEP_FOUND` ago. By the worker alone."""
    if ctx.actor.kind != "system":
        raise refuse(stop("not-permitted", action="exchange.forget_found"))
    old = models.FoundRecord.objects.filter(found_at__lt=ctx.occurred_at - KEEP_FOUND)
    return int(old.delete()[0])


@command("exchange.take_found", permission=USE)
def take_found(*, found: str, ctx: Context) -> str:
    """Add a title from a found record; returns its id.

    Raises Refused: found-forgotten, and what `add_title` refuses; isbn-held asks.
    """
    record = _found(found)
    described = record.record.described
    held = [h for n in described.isbns if n.isbn13 for h in titles.by_identifier(n.isbn13, "isbn")]
    isbn = described.isbns[0].typed if described.isbns else ""
    reasons = [ask("isbn-held", isbn=isbn, title=held[0].full_title)] if held else []
    why = answered(reasons, ctx)
    title = catalog.add_title(
        bibliographic=described,
        data=record.record.data,
        charset=record.record.charset,
        answers=why or None,
        ctx=ctx,
    )
    _taken(title, record, "added", ctx)
    return title


@command("exchange.overlay_found", permission=USE)
def overlay_found(*, found: str, title: str, seen: str, ctx: Context) -> tuple[str, ...]:
    """Put a found record over a title's, our protected fields kept; returns the short fields changed.

    Args:
        seen: `queries.Overlay.seen` of the preview that was looked at.

    Raises Refused: found-forgotten, and what `overlay_record` refuses.
    """
    record = _found(found)
    names = overlay_record(
        title=title,
        theirs=record.record.record,
        kind=record.record.format,
        protected=queries.protected_fields(ctx.service_point),
        seen=seen,
        ctx=ctx,
    )
    _taken(title, record, "overlaid", ctx)
    return names


def _found(found: str) -> queries.FoundView:
    record = queries.found_record(found)
    if record is None:
        raise refuse(stop("found-forgotten"))
    return record


def _taken(title: str, found: queries.FoundView, how: str, ctx: Context) -> None:
    models.TakenRecord.objects.create(
        id=new_id(),
        title=title,
        target_name=found.target.name,
        how=how,
        source=found.record.source,
        source_charset=found.record.source_charset,
        taken_at=ctx.occurred_at,
        taken_by=ctx.actor.id,
    )
