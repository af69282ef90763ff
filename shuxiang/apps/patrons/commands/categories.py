"""Reader categories."""

from __future__ import annotations

import re
from typing import Any

from shuxiang.apps.patrons import models
from shuxiang.apps.places import queries as places
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.revision import bump

KIND = "reader-category"
"""What the change log calls a reader category."""

_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
SHIPPED: tuple[tuple[str, str, dict[str, int | bool]], ...] = (
    ("adult", "成人", {"least_age": 16}),
    ("child", "少儿", {"most_age": 15, "needs_guardian": True}),
    ("senior", "老年", {"least_age": 60}),
    ("disabled", "残障", {"needs_guardian": True}),
    ("group", "集体", {"for_groups": True}),
    ("staff", "馆员", {"least_age": 18}),
    ("temporary", "临时", {"valid_months": 2}),
    ("family", "家庭", {"least_age": 18}),
)


@command("patrons.seed_categories", permission="patrons.edit_categories")
def seed_categories(*, ctx: Context) -> int:
    """Create the shipped categories that are missing; returns how many. Rows already there stay."""
    known = set(models.Category.objects.values_list("code", flat=True))
    rows = [
        models.Category(code=code, name=name, position=position, **values)
        for position, (code, name, values) in enumerate(SHIPPED)
        if code not in known
    ]
    models.Category.objects.bulk_create(rows)
    for row in rows:
        changed(ctx, KIND, row.code, row.name, None, _fields(row), action="seeded")
    bump("patrons")
    return len(rows)


@command("patrons.set_category")
def set_category(
    *,
    code: str,
    name: str,
    least_age: int | None = None,
    most_age: int | None = None,
    needs_guardian: bool = False,
    valid_months: int = 60,
    for_groups: bool = False,
    ctx: Context,
) -> None:
    """Add a category or change one. Ages are completed years, both limits included; readers already
    in the category stay. By who may edit categories of the whole tree."""
    require(ctx, "patrons.edit_categories", places.top().id)
    reasons = []
    if not _CODE.fullmatch(code):
        reasons.append(stop("category-code-invalid", code=code))
    if not name.strip():
        reasons.append(stop("name-missing"))
    elif len(name.strip()) > 40:
        reasons.append(stop("text-too-long", field="name", most=40))
    if least_age is not None and most_age is not None and least_age > most_age:
        reasons.append(stop("ages-reversed", least=least_age, most=most_age))
    if valid_months < 1:
        reasons.append(stop("valid-months-missing"))
    if reasons:
        raise refuse(*reasons)
    row = models.Category.objects.filter(code=code).first()
    before = _fields(row) if row else None
    values = {
        "name": name.strip(),
        "least_age": least_age,
        "most_age": most_age,
        "needs_guardian": needs_guardian,
        "valid_months": valid_months,
        "for_groups": for_groups,
    }
    models.Category.objects.update_or_create(
        code=code,
        defaults=values,
        create_defaults={**values, "position": models.Category.objects.count()},
    )
    changed(ctx, KIND, code, name.strip(), before, values)
    bump("patrons")


def _fields(row: models.Category) -> dict[str, Any]:
    return {
        "name": row.name,
        "least_age": row.least_age,
        "most_age": row.most_age,
        "needs_guardian": row.needs_guardian,
        "valid_months": row.valid_months,
        "for_groups": row.for_groups,
    }
