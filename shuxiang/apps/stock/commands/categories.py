"""流通类型."""

from __future__ import annotations

import re
from typing import Any

from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import models
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command, require

KIND = "item-category"
"""What the change log calls an item category."""

SHIPPED = (
    ("book", "普通图书", True),
    ("child", "少儿图书", True),
    ("av", "视听资料", True),
    ("periodical", "期刊", False),
    ("reference", "参考工具书", False),
    ("local", "地方文献", False),
)
_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")


@command("stock.seed_categories", permission="stock.edit")
def seed_categories(*, ctx: Context) -> int:
    """Create the shipped item categories that are missing; returns how many."""
    known = set(models.Category.objects.values_list("code", flat=True))
    rows = [
        models.Category(code=code, name=name, lendable=lendable, position=n)
        for n, (code, name, lendable) in enumerate(SHIPPED)
        if code not in known
    ]
    models.Category.objects.bulk_create(rows)
    for row in rows:
        changed(ctx, KIND, row.code, row.name, None, _fields(row), action="seeded")
    return len(rows)


@command("stock.set_category")
def set_category(*, code: str, name: str, lendable: bool, ctx: Context) -> None:
    """Add an item category or change one. ``lendable`` False keeps all its items in the house,
    whatever the loan rules say; those already out may come back. By who may edit categories of the
    whole tree."""
    require(ctx, "stock.edit_categories", places.top().id)
    reasons = []
    if not _CODE.fullmatch(code):
        reasons.append(stop("category-code-invalid", code=code))
    if not name.strip():
        reasons.append(stop("name-missing"))
    elif len(name.strip()) > 40:
        reasons.append(stop("text-too-long", field="name", most=40))
    if reasons:
        raise refuse(*reasons)
    row = models.Category.objects.filter(code=code).first()
    before = _fields(row) if row else None
    values: dict[str, Any] = {"name": name.strip(), "lendable": lendable}
    models.Category.objects.update_or_create(
        code=code,
        defaults=values,
        create_defaults={**values, "position": models.Category.objects.count()},
    )
    changed(ctx, KIND, code, name.strip(), before, values)


def _fields(row: models.Category) -> dict[str, Any]:
    return {"name": row.name, "lendable": row.lendable}
