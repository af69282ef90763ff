"""Putting another library's record over a title's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from shuxiang.apps.catalog import models, queries, short
from shuxiang.apps.catalog.commands.titles import replace_record
from shuxiang.apps.catalog.queries import fingerprint
from shuxiang.formats.marc import EncodeError, encode, from_record
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.formats.marc.model import Record
from shuxiang.formats.marc.overlay import overlaid
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id


def overlay_record(
    *, title: str, theirs: Record, kind: str, protected: Sequence[str], seen: str, ctx: Context
) -> tuple[str, ...]:
    """Inside another command: put ``theirs`` over the title's record, our number and protected fields
    kept, and keep the record as it was. Returns the names of the short fields that changed.

    Args:
        kind: format of ``theirs``, cnmarc or marc21; seen: `fingerprint` of our record as it was looked at.

    Raises Refused: title-unknown, title-changed-meanwhile, record-unreadable, overlay-format,
    overlay-same, record-unwritable, and what `replace_record` refuses.
    """
    row = models.Title.objects.select_for_update().filter(id=title).first()
    source = queries.source(title) if row else None
    if row is None or source is None:
        raise refuse(stop("title-unknown"))
    if fingerprint(source.data) != seen:
        raise refuse(stop("title-changed-meanwhile"))
    ours = queries.marc(source)
    if ours is None:
        raise refuse(stop("record-unreadable", code="structure"))
    if source.format != kind:
        raise refuse(stop("overlay-format"))
    made = overlaid(ours, theirs, protected)
    if made.fields == tuple(f for f in ours.fields if f.tag != "005"):
        raise refuse(stop("overlay-same"))
    data, charset = _written(made, source.charset, source.format)
    before, after = (
        asdict(short.short_of(from_record(ours))),
        asdict(short.short_of(from_record(made))),
    )
    changed = tuple(name for name in before if before[name] != after[name])
    models.TitleChange.objects.create(
        id=new_id(),
        title=row,
        changed_at=ctx.occurred_at,
        actor=ctx.actor.id,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        charset=source.charset,
        data=source.data,
    )
    replace_record(title=title, data=data, charset=charset, ctx=ctx)
    return changed


def _written(record: Record, charset: str, kind: str) -> tuple[bytes, Charset]:
    """In the character set our record was in; GB 18030 has every character UTF-8 has."""
    known: Charset = GB18030 if charset == GB18030 else UTF8
    scheme = "a" if kind == "marc21" and known == UTF8 else " "
    try:
        return encode(record, known, coding_scheme=scheme), known
    except EncodeError as error:
        raise refuse(stop("record-unwritable", code=error.reason.code)) from None
