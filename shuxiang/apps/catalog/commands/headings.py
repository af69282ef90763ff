"""The heading and names of an authority, written inside other commands."""

from __future__ import annotations

from collections.abc import Sequence

from shuxiang.apps.catalog import models
from shuxiang.apps.catalog.queries.listing import FIRST_ID
from shuxiang.formats.marc.authority import heading_key
from shuxiang.kernel.context import Context
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import recorded_at

KIND = "authority"
"""What the change log calls one."""


def put_heading(authority: str, was: str, heading: str, *, see: str, ctx: Context) -> bool:
    """Inside a command: the authority's heading is another one now; ``see`` is added as a form that
    leads to it, and the heading itself is none any more. False, and nothing done, where it is not
    ``was`` any more."""
    row = models.Authority.objects.select_for_update().filter(id=authority).first()
    if row is None or row.heading != was:
        return False
    names = forms_not_used(row)
    before = told(row, names)
    row.heading, row.key, row.linked = heading, heading_key(heading), False
    row.changed_at = recorded_at()
    row.save()
    names = tuple(n for n in (*names, see) if n and heading_key(n) != row.key)
    write_names(row, tuple(dict.fromkeys(names)))
    changed(ctx, KIND, row.id, heading, before, told(row, names))
    return True


def forms_not_used(row: models.Authority) -> tuple[str, ...]:
    """Names that lead to its heading."""
    names = models.AuthorityName.objects.filter(authority=row, relation="see").order_by("id")
    return tuple(names.values_list("text", flat=True))


def write_names(row: models.Authority, see: Sequence[str]) -> None:
    """The names of an authority: its heading and what leads to it; see-also stays."""
    models.AuthorityName.objects.filter(authority=row, relation__in=("heading", "see")).delete()
    models.AuthorityName.objects.bulk_create(
        models.AuthorityName(
            id=new_id(), authority=row, relation=relation, text=text, key=heading_key(text)[:200]
        )
        for relation, text in (("heading", row.heading), *[("see", s) for s in see])
    )


def see_also(row: models.Authority) -> dict[str, models.AuthorityName]:
    """Its references to other authorities, by their text."""
    names = models.AuthorityName.objects.filter(authority=row, relation="also").order_by("id")
    return {name.text: name for name in names}


def other_headed(text: str, but: str) -> str | None:
    """The one authority besides ``but`` that a reference means: by its heading, where several have it
    with the years behind it; None where none or more than one does."""
    rows = models.Authority.objects.exclude(id=but or FIRST_ID)
    found = list(rows.filter(key=heading_key(text)).values_list("id", flat=True)[:2])
    name, _, dates = text.rpartition(" ")
    if len(found) != 1 and name and dates[:1].isdigit():
        named = rows.filter(key=heading_key(name), dates=dates)
        found = list(named.values_list("id", flat=True)[:2])
    return str(found[0]) if len(found) == 1 else None


def write_see_also(row: models.Authority, references: Sequence[tuple[str, str]]) -> None:
    """The references of an authority, each with the id of the other one; those that stood stay."""
    stood = see_also(row)
    gone = [name.id for text, name in stood.items() if text not in dict(references)]
    models.AuthorityName.objects.filter(id__in=gone).delete()
    models.AuthorityName.objects.bulk_create(
        models.AuthorityName(
            id=new_id(),
            authority=row,
            relation="also",
            text=text,
            key=heading_key(text)[:200],
            other_id=other,
        )
        for text, other in references
        if text not in stood
    )


def told(row: models.Authority, see: Sequence[str]) -> dict[str, object]:
    """What the change log says of one."""
    also = {"also": list(references)} if (references := see_also(row)) else {}
    return {"heading": row.heading, "dates": row.dates, "see": list(see), "note": row.note} | also
