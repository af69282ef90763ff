"""The heading and names of an authority, written inside other commands."""

from __future__ import annotations

from collections.abc import Sequence

from shuxiang.apps.catalog import models
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


def told(row: models.Authority, see: Sequence[str]) -> dict[str, object]:
    """What the change log says of one."""
    return {"heading": row.heading, "dates": row.dates, "see": list(see), "note": row.note}
