"""Adding, replacing and removing one bibliographic record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shuxiang.apps.catalog import models, rules
from shuxiang.apps.places import queries as places
from shuxiang.formats.marc import (
    Bibliographic,
    EncodeError,
    RawRecord,
    Record,
    decode,
    encode,
    from_record,
    guess_format,
    to_cnmarc,
)
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.formats.marc.iso2709 import Quarantined
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import guards
from shuxiang.runtime.commands import Dimensions, command, record, recorded_at

STILL = timedelta(seconds=10)
"""How long after its own date a change of a title is still told with it: answers to harvesters are dated
back by as much."""


@command("catalog.add_title", permission="catalog.edit")
def add_title(
    *,
    bibliographic: Bibliographic,
    data: bytes = b"",
    charset: str = UTF8,
    answers: dict[str, str] | None = None,
    ctx: Context,
) -> str:
    """Add a title; returns its id. ``data`` is its ISO 2709 record in ``charset``; without it a new
    CNMARC record is made from ``bibliographic``. ``answers``: what was asked and why it was done all
    the same, for the ledger.

    Raises Refused: title-missing, record-unreadable, record-unwritable.
    """
    return added(bibliographic, data=data, charset=charset, answers=answers, ctx=ctx)


def added(
    bibliographic: Bibliographic,
    *,
    data: bytes = b"",
    charset: str = UTF8,
    answers: dict[str, str] | None = None,
    ctx: Context,
) -> str:
    """What `add_title` does, inside a command that has checked who may."""
    if not bibliographic.title.strip():
        raise refuse(stop("title-missing"))
    if data:
        format_ = guess_format(_readable(data, charset))
    else:
        entered = clock.business_date(ctx.occurred_at)
        data, format_ = _written(to_cnmarc(bibliographic, entered=entered)), "cnmarc"
        charset = UTF8
    title = models.Title(
        id=new_id(),
        library=places.place(ctx.service_point).library,
        created_at=ctx.occurred_at,
        updated_at=recorded_at(),
        **_columns(bibliographic),
    )
    title.save(force_insert=True)
    models.Source.objects.create(title=title, format=format_, charset=charset, data=data)
    _number(title.id, bibliographic)
    _record("title.added", title, ctx, data={"answers": answers} if answers else None)
    return str(title.id)


@command("catalog.replace_record", permission="catalog.edit")
def replace_record(*, title: str, data: bytes, charset: str = UTF8, ctx: Context) -> None:
    """Put another ISO 2709 record in place of a title's; the one it came in is kept beside it.

    Raises Refused: title-unknown, title-merged, record-unreadable, title-missing.
    """
    row = _locked(title)
    read = _readable(data, charset)
    bibliographic = from_record(read)
    if not bibliographic.title.strip():
        raise refuse(stop("title-missing"))
    source = models.Source.objects.get(title=title)
    if source.original is None:
        source.original = source.data
    source.format, source.charset = guess_format(read), charset
    source.data, source.edited = data, True
    source.save()
    columns = _columns(bibliographic)
    changed = sorted(name for name, value in columns.items() if getattr(row, name) != value)
    models.Title.objects.filter(id=title).update(updated_at=recorded_at(), **columns)
    models.Identifier.objects.filter(title=title).delete()
    _number(title, bibliographic)
    row.main_class = columns["main_class"]
    _record("title.changed", row, ctx, data={"fields": changed})


@command("catalog.redate", permission="catalog.edit")
def redate(*, titles: tuple[tuple[str, datetime], ...], ctx: Context) -> int:
    """Where copies of titles stand changed, each at a moment: harvesters of a branch's set are to be told,
    so the titles count as changed, unless they were dated since, or ``STILL`` before. Nothing else of
    them changes. Returns how many."""
    dated = dict(
        models.Title.objects.filter(id__in=[t for t, _at in titles]).values_list("id", "updated_at")
    )
    late = [t for t, at in titles if t in dated and dated[t] < at - STILL]
    return int(models.Title.objects.filter(id__in=late).update(updated_at=recorded_at()))


@command("catalog.mark_age", permission="catalog.edit")
def mark_age(*, title: str, least_age: int, ctx: Context) -> None:
    """Mark a title as not for readers younger than ``least_age``; 0 takes the mark off.

    Raises Refused: title-unknown, title-merged, age-mark-range.
    """
    row = _locked(title)
    reasons = rules.age_mark_reasons(least_age)
    if reasons:
        raise refuse(*reasons)
    if row.least_age == (least_age or None):
        return
    models.Title.objects.filter(id=title).update(
        least_age=least_age or None, updated_at=recorded_at()
    )
    source = models.Source.objects.get(title=title)
    models.TitleChange.objects.create(
        id=new_id(),
        title=row,
        changed_at=ctx.occurred_at,
        actor=ctx.actor.id,
        before={"least_age": row.least_age},
        after={"least_age": least_age or None},
        charset=source.charset,
        data=source.data,
    )
    told = {"fields": ["least_age"], "least_age": [row.least_age, least_age or None]}
    _record("title.changed", row, ctx, data=told)


@command("catalog.remove_title", permission="catalog.edit")
def remove_title(*, title: str, ctx: Context) -> None:
    """Remove a title nothing hangs on. Raises Refused: title-unknown, title-merged, title-in-merge, and whatever the guards of
    ``catalog.remove_title`` say (items, holds …)."""
    row = _locked(title)
    reasons = list(guards.ask("catalog.remove_title", ctx, title=title))
    if _in_merge(title):
        reasons.append(stop("title-in-merge"))
    if reasons:
        raise refuse(*reasons)
    _record("title.removed", row, ctx, quantity=-1)
    models.Source.objects.filter(title=title).delete()
    models.Identifier.objects.filter(title=title).delete()
    models.RemovedTitle.objects.create(
        id=title, library=row.library, main_class=row.main_class, removed_at=recorded_at()
    )
    models.Title.objects.filter(id=title).delete()


def _locked(title: str) -> models.Title:
    row = models.Title.objects.select_for_update().filter(id=title).first()
    if row is None:
        raise refuse(stop("title-unknown"))
    if row.alias_of_id is not None:
        raise refuse(stop("title-merged"))
    return row


def _in_merge(title: str) -> bool:
    """Whether a title was merged once, or another into it: what undoing would need stays."""
    of = models.Merge.objects.filter(survivor=title) | models.Merge.objects.filter(lost=title)
    return of.exists()


def _columns(bibliographic: Bibliographic) -> dict[str, Any]:
    return dict(zip(rules.TEXT_COLUMNS, rules.title_values(bibliographic), strict=True))


def _number(title: str, bibliographic: Bibliographic) -> None:
    models.Identifier.objects.bulk_create(
        models.Identifier(title_id=title, kind=kind, value=value)
        for kind, value in rules.identifiers(bibliographic)
    )


def _record(
    type_: str,
    row: models.Title,
    ctx: Context,
    *,
    quantity: int = 1,
    data: dict[str, Any] | None = None,
) -> None:
    record(
        type_,
        ctx=ctx,
        library=row.library,
        title=row.id,
        quantity=quantity,
        dimensions=Dimensions(clc=row.main_class),
        data=data,
    )


def _readable(data: bytes, charset: str) -> Record:
    known: Charset = GB18030 if charset == GB18030 else UTF8
    found = decode(RawRecord(0, 1, data), known)
    if isinstance(found, Quarantined):
        raise refuse(stop("record-unreadable", code=found.reason.code))
    return found.record


def _written(marc: Record) -> bytes:
    try:
        return encode(marc)
    except EncodeError as error:
        raise refuse(stop("record-unwritable", code=error.reason.code)) from None
