"""Titles by their short record: adding one by hand, correcting one."""

from __future__ import annotations

from dataclasses import asdict

from shuxiang.apps.catalog import models, queries, short
from shuxiang.apps.catalog.commands.asking import answered
from shuxiang.apps.catalog.commands.titles import add_title, added, replace_record
from shuxiang.apps.catalog.queries import fingerprint
from shuxiang.apps.catalog.short import ShortRecord
from shuxiang.apps.places import queries as places
from shuxiang.formats.marc import EncodeError, Record, encode, from_record
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, ask, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command


@command("catalog.add_short_title", permission="catalog.edit")
def add_short_title(*, record: ShortRecord, ctx: Context) -> str:
    """Add a title from what was typed; returns its id. A CNMARC record is made of it.

    Raises Refused: title-missing, text-too-long, year-unreadable, class-unknown, record-unwritable;
    isbn-wrong (printed so?) and isbn-held (another book under a number the catalogue has) ask.
    """
    tidy = short.tidied(record)
    why = answered(new_title_reasons(tidy), ctx)
    entered = clock.business_date(ctx.occurred_at)
    agency = places.place(places.place(ctx.service_point).library).name
    made = short.new_record(tidy, entered=entered, agency=agency)
    data, charset = encoded(made, UTF8)
    return add_title(
        bibliographic=from_record(made), data=data, charset=charset, answers=why, ctx=ctx
    )


def borrowed_title(record: ShortRecord, ctx: Context) -> str:
    """Inside another command: the title of a book of another library, as it was asked for."""
    entered = clock.business_date(ctx.occurred_at)
    agency = places.place(places.place(ctx.service_point).library).name
    made = short.new_record(short.tidied(record), entered=entered, agency=agency)
    data, charset = encoded(made, UTF8)
    return added(from_record(made), data=data, charset=charset, ctx=ctx)


def new_title_reasons(record: ShortRecord) -> list[Reason]:
    """What `add_short_title` would say, answers left out of account."""
    tidy = short.tidied(record)
    found = short.reasons(tidy)
    kind = "unified" if short.unified(tidy.isbn) else "isbn"
    held = queries.by_identifier(tidy.isbn, kind) if tidy.isbn else ()
    if held:
        found.append(ask("isbn-held", isbn=tidy.isbn, title=held[0].full_title))
    return found


@command("catalog.change_title", permission="catalog.edit")
def change_title(*, title: str, record: ShortRecord, seen: str, ctx: Context) -> tuple[str, ...]:
    """Correct a title: the short fields that differ are written into its record, the rest of which
    stays; the record as it was is kept. Returns the names of the fields that changed.

    Args:
        seen: `fingerprint` of the record the correction was made from.

    Raises Refused: title-unknown, title-changed-meanwhile, record-unreadable, record-not-cnmarc, and
    what `add_short_title` says of the fields.
    """
    row = models.Title.objects.select_for_update().filter(id=title).first()
    source = queries.source(title) if row else None
    if row is None or source is None:
        raise refuse(stop("title-unknown"))
    if fingerprint(source.data) != seen:
        raise refuse(stop("title-changed-meanwhile"))
    if source.format != "cnmarc":
        raise refuse(stop("record-not-cnmarc"))
    marc = queries.marc(source)
    if marc is None:
        raise refuse(stop("record-unreadable", code="structure"))
    before = short.short_of(from_record(marc))
    after = short.tidied(record)
    changed = short.tidied(before).changes(after)
    if not changed:
        return ()
    touched = [r for r in short.reasons(after) if r.code != "isbn-wrong" or "isbn" in changed]
    answered(touched, ctx)
    charset: Charset = GB18030 if source.charset == GB18030 else UTF8
    data, charset = encoded(short.apply(marc, short.tidied(before), after), charset)
    old, new = asdict(before), asdict(after)
    models.TitleChange.objects.create(
        id=new_id(),
        title=row,
        changed_at=ctx.occurred_at,
        actor=ctx.actor.id,
        before={name: old[name] for name in changed},
        after={name: new[name] for name in changed},
        charset=source.charset,
        data=source.data,
    )
    replace_record(title=title, data=data, charset=charset, ctx=ctx)
    return changed


def encoded(record: Record, charset: Charset) -> tuple[bytes, Charset]:
    """A record as ISO 2709. Raises Refused: record-unwritable."""
    try:
        return encode(record, charset), charset
    except EncodeError as error:
        raise refuse(stop("record-unwritable", code=error.reason.code)) from None
