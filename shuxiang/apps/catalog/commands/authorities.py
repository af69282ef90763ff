"""规范档: made, imported, renamed through all records that name them; and the links that say which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from shuxiang.apps.catalog import models, queries
from shuxiang.apps.catalog.commands.editing import prepared
from shuxiang.apps.catalog.commands.headings import (
    KIND,
    forms_not_used,
    other_headed,
    put_heading,
    see_also,
    told,
    write_names,
    write_see_also,
)
from shuxiang.apps.catalog.editing import RecordEdit
from shuxiang.apps.places import queries as places
from shuxiang.formats.marc.authority import KINDS, AuthorityRecord, heading_key
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import Dimensions, command, record, recorded_at

MOST_NAMES = 60
LINK_AT_ONCE = 200
EACH_BY_ITSELF = 10
"""So many changed authorities are looked for one by one in the catalogue; for more it is read once."""


class NewAuthority(msgspec.Struct, frozen=True, array_like=True):
    """An authority of a file: what its record says and its bytes."""

    read: AuthorityRecord
    data: bytes
    charset: str


class Imported(msgspec.Struct, frozen=True):
    """What became of a part of a file."""

    added: int
    replaced: int


@command("catalog.add_authority", permission="catalog.authorities")
def add_authority(
    *,
    kind: str,
    heading: str,
    dates: str = "",
    see: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    note: str = "",
    ctx: Context,
) -> str:
    """Add an authority; returns its id. ``see``: pen names and other forms that lead to it; ``also``:
    headings of others it refers to.

    Raises Refused: authority-kind-unknown, heading-missing, text-too-long, names-too-many,
    authority-known, see-also-unknown.
    """
    heading, see = heading.strip(), _tidy(see)
    references, unknown = _references(also, None)
    reasons = [*_reasons(heading, see, note), *unknown]
    if kind not in KINDS:
        reasons.append(stop("authority-kind-unknown", kind=kind))
    same = models.Authority.objects.filter(kind=kind, key=heading_key(heading), dates=dates.strip())
    if same.exists():
        reasons.append(stop("authority-known", heading=heading))
    if reasons:
        raise refuse(*reasons)
    row = models.Authority(
        id=new_id(),
        library=places.place(ctx.service_point).library,
        kind=kind,
        heading=heading,
        key=heading_key(heading),
        dates=dates.strip(),
        note=note.strip(),
        changed_at=recorded_at(),
    )
    row.save(force_insert=True)
    write_names(row, see)
    write_see_also(row, references)
    changed(ctx, KIND, row.id, heading, None, told(row, see))
    return str(row.id)


@command("catalog.change_authority", permission="catalog.authorities")
def change_authority(
    *,
    authority: str,
    dates: str,
    see: tuple[str, ...],
    also: tuple[str, ...] | None = None,
    note: str,
    ctx: Context,
) -> None:
    """Change everything of an authority but its heading; ``also`` None leaves its references. Raises
    Refused: authority-unknown, text-too-long, names-too-many, see-also-unknown."""
    row = _locked(authority)
    see = _tidy(see)
    references, unknown = _references(tuple(see_also(row)) if also is None else also, row)
    reasons = [*_reasons(row.heading, see, note), *unknown]
    if reasons:
        raise refuse(*reasons)
    before = told(row, forms_not_used(row))
    row.dates, row.note, row.linked = dates.strip()[:40], note.strip(), False
    row.changed_at = recorded_at()
    row.save()
    write_names(row, see)
    write_see_also(row, references)
    changed(ctx, KIND, row.id, row.heading, before, told(row, see))


@command("catalog.rename_authority", permission="catalog.authorities")
def rename_authority(*, authority: str, heading: str, keep_old: bool = True, ctx: Context) -> str:
    """Give an authority another heading and prepare the same change of all records that name it;
    returns the number of that batch, a draft to look at, '' where no record names it. Running it is
    `run_edit`; taking it back puts the heading back too. With ``keep_old`` the old heading stays as a
    form that leads to the new one.

    Raises Refused: authority-unknown, heading-missing, text-too-long, authority-known, heading-same,
    edit-too-many.
    """
    row = _locked(authority)
    heading = heading.strip()
    reasons = _reasons(heading, (), "")
    same = models.Authority.objects.filter(kind=row.kind, key=heading_key(heading), dates=row.dates)
    if same.exclude(id=row.id).exists():
        reasons.append(stop("authority-known", heading=heading))
    if heading == row.heading:
        reasons.append(stop("heading-same"))
    if reasons:
        raise refuse(*reasons)
    titles = tuple(
        models.AuthorityLink.objects.filter(authority=row)
        .order_by("title")
        .values_list("title", flat=True)
    )
    edit = RecordEdit("heading", row.kind, row.number, row.heading, heading)
    spec = {name: getattr(edit, name) for name in edit.__struct_fields__}
    spec |= {"authority": row.id, "keep_old": keep_old}
    if not titles:
        put_heading(row.id, row.heading, heading, see=row.heading if keep_old else "", ctx=ctx)
        return ""
    return prepared(
        what="records",
        spec=spec,
        subjects=titles,
        chosen=f"{row.heading} → {heading}",
        ctx=ctx,
    )


@command("catalog.remove_authority", permission="catalog.authorities")
def remove_authority(*, authority: str, ctx: Context) -> None:
    """Remove an authority that no record names. Raises Refused: authority-unknown, authority-in-use."""
    row = _locked(authority)
    count = models.AuthorityLink.objects.filter(authority=row).count()
    if count:
        raise refuse(stop("authority-in-use", count=count))
    was = told(row, forms_not_used(row))
    models.Authority.objects.filter(id=row.id).delete()
    changed(ctx, KIND, row.id, row.heading, was, None)


@command("catalog.import_authorities", permission="catalog.authorities")
def import_authorities(*, records: tuple[NewAuthority, ...], ctx: Context) -> Imported:
    """Write authorities of a file; one whose number is known is replaced by the newer record."""
    library = places.place(ctx.service_point).library
    numbers = [r.read.number for r in records if r.read.number]
    known = {
        row.number: row
        for row in models.Authority.objects.select_for_update().filter(
            library=library, number__in=numbers
        )
    }
    added = replaced = 0
    for new in records:
        row = known.get(new.read.number) if new.read.number else None
        if row is None:
            row = models.Authority(id=new_id(), library=library, number=new.read.number[:40])
            added += 1
        else:
            replaced += 1
        row.kind = new.read.kind
        row.heading = new.read.heading[:200]
        row.key = heading_key(new.read.heading)[:200]
        row.dates, row.note = new.read.dates[:40], new.read.note[:500]
        row.charset, row.data = new.charset, new.data
        row.linked, row.changed_at = False, recorded_at()
        row.save()
        if row.number:
            known[row.number] = row
        models.AuthorityName.objects.filter(authority=row).delete()
        models.AuthorityName.objects.bulk_create(
            models.AuthorityName(
                id=new_id(),
                authority=row,
                relation=name.relation,
                text=name.text[:200],
                key=name.key[:200],
                number=name.number[:40],
            )
            for name in new.read.names[:MOST_NAMES]
        )
    return Imported(added, replaced)


def _locked(authority: str) -> models.Authority:
    row = models.Authority.objects.select_for_update().filter(id=authority).first()
    if row is None:
        raise refuse(stop("authority-unknown"))
    return row


def _tidy(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(n.split()) for n in names if n.strip()))


def _reasons(heading: str, see: Sequence[str], note: str) -> list[Reason]:
    reasons = []
    if not heading_key(heading):
        reasons.append(stop("heading-missing"))
    if max(map(len, (heading, *see))) > 200:
        reasons.append(stop("text-too-long", field="heading", most=200))
    if len(note) > 500:
        reasons.append(stop("text-too-long", field="note", most=500))
    if len(see) > MOST_NAMES:
        reasons.append(stop("names-too-many", most=MOST_NAMES))
    return reasons


def _references(
    also: Sequence[str], row: models.Authority | None
) -> tuple[list[tuple[str, str]], list[Reason]]:
    """See-also as (text, the other authority's id), and what is wrong with it. What stands there may
    stay, though nothing here has that heading: it came so with its record."""
    stood = see_also(row) if row else {}
    found: list[tuple[str, str]] = []
    reasons: list[Reason] = []
    for text in _tidy(also):
        other = "" if text in stood else other_headed(text, str(row.id) if row else "")
        if other is None:
            reasons.append(stop("see-also-unknown", heading=text[:200]))
        else:
            found.append((text, other))
    if len(found) > MOST_NAMES:
        reasons.append(stop("names-too-many", most=MOST_NAMES))
    return found, reasons


# --- links ---------------------------------------------------------------------------------


def relink(titles: Sequence[str], ctx: Context) -> int:
    """Look at what titles name and write the links that differ; returns how many titles did."""
    differ = queries.links_that_differ(titles)
    if differ:
        set_links(links=tuple(differ), ctx=ctx.with_key(f"links-{new_id()}"))
    return len(differ)


@command("catalog.set_links", permission="catalog.authorities")
def set_links(*, links: tuple[tuple[str, tuple[str, ...]], ...], ctx: Context) -> None:
    """Write which authorities titles name, with a ledger row each, so that search follows."""
    named = [title for title, _ in links]
    models.AuthorityLink.objects.filter(title__in=named).delete()
    rows = {
        row.id: row
        for row in models.Title.objects.select_for_update().filter(id__in=named).order_by("id")
    }
    there = set(
        models.Authority.objects.filter(
            id__in={a for _, authorities in links for a in authorities}
        ).values_list("id", flat=True)
    )
    models.AuthorityLink.objects.bulk_create(
        models.AuthorityLink(id=new_id(), title=rows[title], authority_id=authority)
        for title, authorities in links
        if title in rows
        for authority in authorities
        if authority in there
    )
    for title, _ in links:
        if title in rows:
            row = rows[title]
            record(
                "title.linked",
                ctx=ctx,
                library=row.library,
                title=title,
                dimensions=Dimensions(clc=row.main_class),
            )


@command("catalog.authorities_linked", permission="catalog.authorities")
def authorities_linked(*, authorities: tuple[str, ...], ctx: Context) -> None:
    """The titles that name these authorities have been looked for; see-also by number is joined."""
    models.Authority.objects.filter(id__in=authorities).update(linked=True)
    loose = models.AuthorityName.objects.filter(
        authority__in=authorities, relation="also", other=None
    ).exclude(number="")
    numbers = dict(
        models.Authority.objects.filter(
            number__in=set(loose.values_list("number", flat=True))
        ).values_list("number", "id")
    )
    for name in loose:
        if name.number in numbers:
            models.AuthorityName.objects.filter(id=name.id).update(other=numbers[name.number])


def link_changed(ctx: Context) -> Iterator[int]:
    """Find the titles of authorities that were added or changed, step by step; yields the titles looked
    at so far. Few are looked for one by one; for many the catalogue is read once."""
    waiting = queries.unlinked_authorities(5_000)
    if not waiting:
        return
    done = 0
    # What names one by its number need not spell its name.
    few = len(waiting) <= EACH_BY_ITSELF and not queries.numbered_authorities(waiting)
    parts = queries.titles_that_may_name(waiting) if few else _all_titles()
    for titles in parts:
        relink(titles, ctx)
        done += len(titles)
        yield done
    for start in range(0, len(waiting), 500):
        authorities_linked(
            authorities=tuple(waiting[start : start + 500]), ctx=ctx.with_key(f"linked-{new_id()}")
        )
        yield done


def _all_titles() -> Iterator[tuple[str, ...]]:
    last = ""
    while ids := queries.title_ids_after(last, LINK_AT_ONCE):
        yield ids
        last = ids[-1]
