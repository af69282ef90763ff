"""The cataloguer's workbench: records written as lines, every version kept, any brought back."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import msgspec

from shuxiang.apps.catalog import models, queries, short
from shuxiang.apps.catalog.commands.asking import answered
from shuxiang.apps.catalog.commands.titles import added, replace_record
from shuxiang.apps.catalog.templates import LONGEST, SHIPPED
from shuxiang.apps.places import queries as places
from shuxiang.formats.identifiers import parse_isbn
from shuxiang.formats.marc import (
    Bibliographic,
    ControlField,
    EncodeError,
    Field,
    Record,
    encode,
    from_cnmarc,
    from_marc21,
    guess_format,
)
from shuxiang.formats.marc.bibliographic import Format
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.formats.marc.editing import Fault, faults, from_lines
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, ask, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.commands import command

MOST_LINES = 200_000
"""Characters of a record's lines; ISO 2709 holds 99,999 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A record saved: its title, whether anything changed, and whether it still waits (待编)."""

    title: str
    changed: bool
    pending: bool = False


@command("catalog.add_record", permission="catalog.edit")
def add_record(*, lines: str, kind: Format, ctx: Context) -> Saved:
    """Add a title by the lines of its MARC record (`formats.marc.editing`); row A1.

    Raises Refused: record-invalid (each fault by itself), record-unwritable; isbn-wrong (printed
    so?) and isbn-held (another book under a number the catalogue has) ask.
    """
    record, found = _read(lines, kind, None)
    reasons = _reasons(found)
    described = _described(record, kind)
    held = [n.isbn13 for n in described.isbns if n.isbn13 and queries.by_identifier(n.isbn13)]
    for isbn in dict.fromkeys(held):
        other = queries.by_identifier(isbn)[0]
        reasons.append(ask("isbn-held", isbn=isbn, title=other.full_title))
    answered(reasons + _isbn_questions(described, None), ctx)
    data, charset = _bytes(record, UTF8)
    title = added(described, data=data, charset=charset, ctx=ctx)
    return Saved(title=title, changed=True)


@command("catalog.save_record", permission="catalog.edit")
def save_record(*, title: str, lines: str, seen: str, ctx: Context) -> Saved:
    """Put the record the lines say in place of a title's; the one before is kept. Fields whose lines
    were left alone stay as they are, and a record nothing was changed in is not written.

    Args:
        seen: `fingerprint` of the record the lines were made of.

    Raises Refused: title-unknown, title-changed-meanwhile, record-unreadable, record-invalid (each
    fault by itself), record-unwritable; isbn-wrong asks.
    """
    row, source, before = _stored(title, seen)
    format_: Format = "marc21" if source.format == "marc21" else "cnmarc"
    record, found = _read(lines, format_, before)
    described = _described(record, format_)
    answered([*_reasons(found), *_isbn_questions(described, _described(before, format_))], ctx)
    if record == before:
        return Saved(title=title, changed=False, pending=bool(queries.pending(title)))
    charset: Charset = GB18030 if source.charset == GB18030 else UTF8
    data, charset = _bytes(_revised(record, before, ctx), charset)
    _keep(row, source, before, record, ctx)
    replace_record(title=title, data=data, charset=charset, ctx=ctx)
    whole = not any(fault.note.code == "edit_missing" for fault in found)
    if whole:
        models.Pending.objects.filter(title_id=title).delete()
    return Saved(title=title, changed=True, pending=bool(queries.pending(title)))


@command("catalog.restore_record", permission="catalog.edit")
def restore_record(*, title: str, version: str, seen: str, ctx: Context) -> Saved:
    """Bring a kept version of a record back, byte for byte; the one it replaces is kept too.

    Args:
        version: id of the `queries.RecordVersion`.
        seen: as in `save_record`.

    Raises Refused: title-unknown, version-unknown, title-changed-meanwhile, record-unreadable.
    """
    row, source, before = _stored(title, seen)
    kept = next((v for v in queries.versions(title) if v.id == version), None)
    if kept is None:
        raise refuse(stop("version-unknown"))
    if kept.source.data == source.data:
        return Saved(title=title, changed=False)
    record = queries.marc(kept.source)
    if record is None:
        raise refuse(stop("record-unreadable", code="structure"))
    _keep(row, source, before, record, ctx)
    replace_record(title=title, data=kept.source.data, charset=kept.source.charset, ctx=ctx)
    return Saved(title=title, changed=True)


def flag_pending(title: str, why: str, ctx: Context) -> None:
    """Inside a command: a title waits for a cataloguer (待编)."""
    models.Pending.objects.update_or_create(
        title_id=title,
        defaults={
            "why": why,
            "place_id": ctx.service_point,
            "since": ctx.occurred_at,
            "by": ctx.actor.id,
        },
    )


@command("catalog.catalogued", permission="catalog.edit")
def catalogued(*, title: str, ctx: Context) -> None:
    """Take a title off the list of those that wait for a cataloguer. Raises Refused: title-unknown."""
    if queries.title(title) is None:
        raise refuse(stop("title-unknown"))
    models.Pending.objects.filter(title_id=title).delete()


# --- templates ------------------------------------------------------------------------------


@command("catalog.set_template", permission="catalog.edit")
def set_template(*, code: str, name: str, kind: Format, lines: str, ctx: Context) -> str:
    """Write a template of the library: in place of the one of that code, a new one where ``code`` is
    ''. Without lines it is not offered any more. Returns its code.

    Raises Refused: name-missing, template-too-long, template-unknown.
    """
    library = places.place(ctx.service_point).library
    reasons = []
    if not name.strip():
        reasons.append(stop("name-missing"))
    if len(lines) > LONGEST:
        reasons.append(stop("template-too-long", most=LONGEST))
    known = {each.code for each in SHIPPED} | {t.code for t in queries.templates(library)}
    if code and code not in known:
        reasons.append(stop("template-unknown"))
    if reasons:
        raise refuse(*reasons)
    code = code or new_id()
    models.RecordTemplate.objects.update_or_create(
        library=library,
        code=code,
        defaults={
            "name": name.strip()[:40],
            "format": kind,
            "lines": lines.replace("\r\n", "\n"),
            "changed_at": ctx.occurred_at,
        },
        create_defaults={
            "id": new_id(),
            "name": name.strip()[:40],
            "format": kind,
            "lines": lines.replace("\r\n", "\n"),
            "changed_at": ctx.occurred_at,
        },
    )
    return code


@command("catalog.reset_template", permission="catalog.edit")
def reset_template(*, code: str, ctx: Context) -> None:
    """Take the library's own form of a template away: the shipped one is offered again."""
    library = places.place(ctx.service_point).library
    models.RecordTemplate.objects.filter(library=library, code=code).delete()


# --- what they share ------------------------------------------------------------------------


def _stored(title: str, seen: str) -> tuple[models.Title, queries.SourceView, Record]:
    row = models.Title.objects.select_for_update().filter(id=title).first()
    source = queries.source(title) if row else None
    if row is None or source is None:
        raise refuse(stop("title-unknown"))
    if queries.fingerprint(source.data) != seen:
        raise refuse(stop("title-changed-meanwhile"))
    record = queries.marc(source)
    if record is None:
        raise refuse(stop("record-unreadable", code="structure"))
    return row, source, record


def _read(lines: str, format_: Format, before: Record | None) -> tuple[Record, tuple[Fault, ...]]:
    if len(lines) > MOST_LINES:
        raise refuse(stop("record-unwritable", code="record_too_long"))
    record, read = from_lines(lines, before)
    return record, faults(record, read, format_, before)


def _reasons(found: tuple[Fault, ...]) -> list[Reason]:
    return [
        stop("record-invalid", tag=fault.tag, line=fault.line, why=_stored_words(fault))
        for fault in found
        if fault.refuses
    ]


def _stored_words(fault: Fault) -> str:
    return msgspec.json.encode([fault.note.code, fault.note.values]).decode()


def _described(record: Record, format_: Format) -> Bibliographic:
    return from_marc21(record) if format_ == "marc21" else from_cnmarc(record)


def _isbn_questions(new: Bibliographic, old: Bibliographic | None) -> list[Reason]:
    """A wrong number may be printed so: asked once, when it is written."""
    there = {number.typed for number in old.isbns} if old else set()
    return [
        ask("isbn-wrong", isbn=number.typed)
        for number in new.isbns
        if not number.cancelled
        and number.typed not in there
        and not parse_isbn(number.typed).valid
        and number.typed.strip()
    ]


def _revised(record: Record, before: Record, ctx: Context) -> Record:
    """The leader says that it was revised, 005 when, where the cataloguer left them alone."""
    leader, fields = record.leader, list[Field](record.fields)
    if leader == before.leader:
        leader = f"{leader[:5]}c{leader[6:]}"
    stood = before.control("005")
    for n, field in enumerate(fields):
        if field.tag == "005" and isinstance(field, ControlField) and field.data == stood:
            fields[n] = ControlField("005", f"{clock.local(ctx.occurred_at):%Y%m%d%H%M%S}.0")
    return Record(leader, fields)


def _keep(
    row: models.Title, source: queries.SourceView, before: Record, after: Record, ctx: Context
) -> None:
    format_ = guess_format(before)
    old = asdict(short.short_of(_described(before, format_)))
    new = asdict(short.short_of(_described(after, format_)))
    changed = [name for name in old if old[name] != new[name]]
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


def _bytes(record: Record, charset: Charset) -> tuple[bytes, Charset]:
    try:
        return encode(record, charset, coding_scheme=record.leader[9:10] or " "), charset
    except EncodeError as error:
        raise refuse(stop("record-unwritable", code=error.reason.code)) from None
