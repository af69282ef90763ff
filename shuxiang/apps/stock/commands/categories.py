"""流通类型."""

from __future__ import annotations

from shuxiang.apps.stock import models
from shuxiang.kernel.context import Context
from shuxiang.runtime.commands import command

SHIPPED = (
    ("book", "普通图书", True),
    ("child", "少儿图书", True),
    ("av", "视听资料", True),
    ("periodical", "期刊", False),
    ("reference", "参考工具书", False),
    ("local", "地方文献", False),
)


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
    return len(rows)
