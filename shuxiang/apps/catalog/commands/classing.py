"""Importing the library's own class table and author numbers."""

from __future__ import annotations

from shuxiang.apps.catalog import classing, models
from shuxiang.apps.catalog.classing import ClassRow
from shuxiang.apps.catalog.queries.classing import CLASS_TABLE
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command
from shuxiang.runtime.revision import bump

KIND = "class-table"
AUTHORS = "author-table"
"""What the change log calls the tables."""


@command("catalog.import_class_table", permission="catalog.classification")
def import_class_table(*, rows: tuple[ClassRow, ...], replace: bool, ctx: Context) -> int:
    """Write classes of a table; with ``replace`` those it does not have go. Returns how many there
    are now. Raises Refused: class-table-empty, class-table-large."""
    _sized(len(rows))
    before = models.ClassEntry.objects.count()
    if replace:
        models.ClassEntry.objects.all().delete()
    sql.many(
        "INSERT INTO catalog_classentry (id, code, sort, parent, heading, note) "
        "VALUES (?, ?, ?, '', ?, ?) ON CONFLICT (code) DO UPDATE SET heading = excluded.heading, "
        "note = excluded.note",
        [(new_id(), r.code, classing.sort_of(r.code), r.heading, r.note) for r in rows],
        converted=True,
    )
    _set_parents()
    bump(CLASS_TABLE)
    after = models.ClassEntry.objects.count()
    changed(ctx, KIND, KIND, KIND, {"rows": before}, {"rows": after}, action="imported")
    return after


def _set_parents() -> None:
    codes = models.ClassEntry.objects.values_list("code", flat=True)
    sql.many(
        "UPDATE catalog_classentry SET parent = ? WHERE code = ?",
        [(parent, code) for code, parent in classing.parents(codes).items()],
        converted=True,
    )


@command("catalog.import_author_table", permission="catalog.classification")
def import_author_table(*, rows: tuple[tuple[str, str], ...], replace: bool, ctx: Context) -> int:
    """Write author numbers of a table (beginning of a name or character, number); with ``replace``
    those it does not have go. Returns how many there are now. Raises Refused: class-table-empty,
    class-table-large."""
    _sized(len(rows))
    before = models.AuthorCode.objects.count()
    if replace:
        models.AuthorCode.objects.all().delete()
    sql.many(
        "INSERT INTO catalog_authorcode (id, key, value) VALUES (?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(new_id(), key, value) for key, value in rows],
        converted=True,
    )
    after = models.AuthorCode.objects.count()
    changed(ctx, AUTHORS, AUTHORS, AUTHORS, {"rows": before}, {"rows": after}, action="imported")
    return after


def _sized(count: int) -> None:
    if not count:
        raise refuse(stop("class-table-empty"))
    if count > classing.MOST_ROWS:
        raise refuse(stop("class-table-large", most=classing.MOST_ROWS))
