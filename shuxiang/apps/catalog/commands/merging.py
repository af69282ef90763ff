"""合并: two records of one publication become one, and can be taken apart again (row A5).

The lost record stays as an alias of the survivor: old addresses lead on, harvesters are told that it
is gone, and undoing is taking the alias off. What hangs on it in other apps is moved by participants,
which note every row with `moved`, so that exactly those go back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model

from shuxiang.apps.catalog import merging, models, queries, rules
from shuxiang.apps.catalog.commands.short_titles import encoded
from shuxiang.apps.catalog.commands.titles import replace_record
from shuxiang.formats.marc.charset import GB18030, UTF8, Charset
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import guards
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import Dimensions, command, record, recorded_at

GUARD, MERGED = "catalog.merge", "catalog.merged"
UNDO_GUARD, UNDONE = "catalog.undo_merge", "catalog.merge_undone"
NAMED = "named"
BY_THEMSELVES = frozenset(
    {
        "stock.item",
        "circulation.hold",
        "circulation.holdqueue",
        "circulation.loan",
        "circulation.transit",
        "circulation.lostcase",
    }
)
KIND = "merge"
"""What the change log calls a merge."""


def moved(merge: str, kind: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
    """Inside `merge_titles`: note rows of another app that were moved, with what they were before;
    returns how many."""
    made = [
        models.MergeMoved(id=new_id(), merge_id=merge, kind=kind, subject=row, data=dict(before))
        for row, before in rows
    ]
    models.MergeMoved.objects.bulk_create(made, batch_size=500)
    return len(made)


@command("catalog.merge_titles", permission="catalog.merge")
def merge_titles(*, survivor: str, lost: str, take: tuple[str, ...] = (), ctx: Context) -> str:
    """Merge ``lost`` into ``survivor``: copies, holds in the order they were placed, loans and
    their history move; the survivor's record takes the fields of the tags in ``take``. Returns the
    merge's id.

    Raises Refused: title-unknown, merge-itself, merge-gone (one of them is merged already),
    merge-libraries, record-unreadable and record-formats-differ (only where fields are taken), and
    what the guards of ``catalog.merge`` say.
    """
    if survivor == lost:
        raise refuse(stop("merge-itself"))
    rows = _locked(survivor, lost)
    kept, gone = rows.get(survivor), rows.get(lost)
    if kept is None or gone is None:
        raise refuse(stop("title-unknown"))
    reasons = _reasons(kept, gone)
    if not reasons:
        reasons = [*guards.ask(GUARD, ctx, survivor=survivor, lost=lost)]
    if reasons:
        raise refuse(*reasons)
    row = models.Merge(
        id=new_id(),
        library=kept.library,
        survivor=kept,
        lost=gone,
        merged_at=ctx.occurred_at,
        merged_by=ctx.actor.id,
        taken=list(take),
    )
    if take:
        _take(row, take, ctx)
    aliases = models.Title.objects.filter(alias_of=lost)
    row.pointed_on = list(aliases.values_list("id", flat=True))
    row.save(force_insert=True)
    aliases.update(alias_of=survivor)
    models.Title.objects.filter(id=lost).update(alias_of=survivor, updated_at=recorded_at())
    models.Title.objects.filter(id=survivor).update(updated_at=recorded_at())
    models.RemovedTitle.objects.create(
        id=lost, library=gone.library, main_class=gone.main_class, removed_at=recorded_at()
    )
    _move_numbers(row)
    _close_pairs(row, ctx)
    guards.tell(MERGED, ctx, merge=row.id, survivor=survivor, lost=lost)
    _rename_others(row)
    _told(row, kept, gone, 1, ctx)
    changed(
        ctx, KIND, row.id, kept.title,
        {"lost": gone.title, "alias_of": None}, {"lost": gone.title, "alias_of": kept.title},
        action="merged",
    )  # fmt: skip
    return str(row.id)


@command("catalog.undo_merge", permission="catalog.merge")
def undo_merge(*, merge: str, ctx: Context) -> None:
    """Take a merge back: both records, their copies, holds and loans are as before. What came since
    and belongs to a copy (its loans) goes with the copy.

    Raises Refused: merge-unknown, merge-undone, merge-newer (another merge with the survivor came
    later and stands), merge-record-changed (the survivor took fields and was edited since), and what
    the guards of ``catalog.undo_merge`` say.
    """
    row = models.Merge.objects.select_for_update().filter(id=merge).first()
    if row is None:
        raise refuse(stop("merge-unknown"))
    if row.state != "merged":
        raise refuse(stop("merge-undone"))
    rows = _locked(row.survivor_id, row.lost_id)
    kept, gone = rows[row.survivor_id], rows[row.lost_id]
    reasons: list[Reason] = []
    newer = (
        models.Merge.objects.filter(state="merged", id__gt=row.id, survivor=kept)
        | models.Merge.objects.filter(state="merged", id__gt=row.id, lost=kept)
    ).first()
    if newer is not None:
        other = queries.title(newer.lost_id if newer.survivor_id == kept.id else newer.survivor_id)
        reasons.append(stop("merge-newer", title=other.full_title if other else ""))
    source = models.Source.objects.get(title=kept)
    if row.written and queries.fingerprint(bytes(source.data)) != row.written:
        reasons.append(stop("merge-record-changed"))
    facts = {"merge": row.id, "survivor": kept.id, "lost": gone.id}
    if not reasons:
        reasons += guards.ask(UNDO_GUARD, ctx, **facts)
    if reasons:
        raise refuse(*reasons)
    models.Title.objects.filter(id=gone.id).update(alias_of=None, updated_at=recorded_at())
    models.Title.objects.filter(id__in=row.pointed_on, alias_of=kept.id).update(alias_of=gone.id)
    models.Title.objects.filter(id=kept.id).update(updated_at=recorded_at())
    models.RemovedTitle.objects.filter(id=gone.id).delete()
    models.TitleNumber.objects.filter(id__in=row.numbers, title=kept.id).update(title=gone.id)
    if row.written:
        _put_back(row, source)
    guards.tell(UNDONE, ctx, **facts)
    _name_others_back(row)
    models.MergeMoved.objects.filter(merge=row).delete()
    models.Duplicate.objects.filter(
        first_id__in=(kept.id, gone.id), second_id__in=(kept.id, gone.id), state="merged"
    ).update(state="open", decided_at=None, decided_by="")
    models.Merge.objects.filter(id=row.id).update(
        state="undone", undone_at=ctx.occurred_at, undone_by=ctx.actor.id
    )
    _told(row, kept, gone, -1, ctx)
    changed(
        ctx, KIND, row.id, kept.title,
        {"lost": gone.title, "alias_of": kept.title}, {"lost": gone.title, "alias_of": None},
        action="unmerged",
    )  # fmt: skip


def _locked(*titles: str) -> dict[str, models.Title]:
    """The titles, locked in the order of their ids whichever is to be kept."""
    found = models.Title.objects.select_for_update().filter(id__in=titles).order_by("id")
    return {row.id: row for row in found}


def _reasons(kept: models.Title, gone: models.Title) -> list[Reason]:
    reasons = [stop("merge-gone", title=t.title) for t in (kept, gone) if t.alias_of_id]
    if kept.library != gone.library:
        reasons.append(stop("merge-libraries"))
    return reasons


def _take(row: models.Merge, take: tuple[str, ...], ctx: Context) -> None:
    mine, theirs = queries.source(row.survivor_id), queries.source(row.lost_id)
    if mine is None or theirs is None:
        raise refuse(stop("title-unknown"))
    one, other = queries.marc(mine), queries.marc(theirs)
    if one is None or other is None:
        raise refuse(stop("record-unreadable", code="structure"))
    if mine.format != theirs.format:
        raise refuse(stop("record-formats-differ"))
    charset: Charset = GB18030 if mine.charset == GB18030 else UTF8
    data, charset = encoded(merging.taken(one, other, take), charset)
    row.record, row.record_charset = mine.data, mine.charset
    row.record_edited, row.record_original = mine.edited, mine.original
    row.written = queries.fingerprint(data)
    numbers = models.Identifier.objects.filter(title=row.survivor_id).order_by("id")
    row.described = {
        "columns": models.Title.objects.filter(id=row.survivor_id).values(*rules.TEXT_COLUMNS)[0],
        "numbers": list(numbers.values_list("id", "kind", "value")),
    }
    replace_record(title=row.survivor_id, data=data, charset=charset, ctx=ctx)


def _put_back(row: models.Merge, source: models.Source) -> None:
    """The survivor's record as it was before it took fields of the other."""
    data = bytes(row.record or b"")
    source.data, source.charset = data, row.record_charset
    source.edited, source.original = row.record_edited, row.record_original
    source.save()
    models.Title.objects.filter(id=row.survivor_id).update(**row.described["columns"])
    models.Identifier.objects.filter(title=row.survivor_id).delete()
    models.Identifier.objects.bulk_create(
        models.Identifier(id=id_, title_id=row.survivor_id, kind=kind, value=value)
        for id_, kind, value in row.described["numbers"]
    )


def _move_numbers(row: models.Merge) -> None:
    """The call number of the lost title in a series is the survivor's where it has none there."""
    mine = set(
        models.TitleNumber.objects.filter(title=row.survivor_id).values_list("scope", "collection")
    )
    row.numbers = [
        number.id
        for number in models.TitleNumber.objects.filter(title=row.lost_id)
        if (number.scope, number.collection) not in mine
    ]
    models.TitleNumber.objects.filter(id__in=row.numbers).update(title=row.survivor_id)
    models.Merge.objects.filter(id=row.id).update(numbers=row.numbers)


def _naming() -> Iterator[tuple[type[Model], str]]:
    """Models of other apps, with their field, that only name a title: order lines, subscriptions …
    Those whose rows mean more (`BY_THEMSELVES`) have participants of their own."""
    for model in apps.get_models():
        if model._meta.app_label == "catalog" or model._meta.label_lower in BY_THEMSELVES:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey) and field.related_model is models.Title:
                yield model, field.name


def _rename_others(row: models.Merge) -> None:
    for model, field in _naming():
        found = model._default_manager.filter(**{field: row.lost_id})
        where = {"model": model._meta.label_lower, "field": field}
        moved(row.id, NAMED, [(pk, where) for pk in found.values_list("pk", flat=True)])
        model._default_manager.filter(**{field: row.lost_id}).update(**{field: row.survivor_id})


def _name_others_back(row: models.Merge) -> None:
    for pk, where in queries.merge_moved(row.id, NAMED):
        model = apps.get_model(where["model"])
        named = {where["field"]: row.survivor_id}
        model._default_manager.filter(pk=pk, **named).update(**{where["field"]: row.lost_id})


def _close_pairs(row: models.Merge, ctx: Context) -> None:
    """This pair is settled; the other open pairs of the lost title are found anew by a search."""
    both = (row.survivor_id, row.lost_id)
    done = {"state": "merged", "decided_at": ctx.occurred_at, "decided_by": ctx.actor.id}
    models.Duplicate.objects.filter(first_id__in=both, second_id__in=both).update(**done)
    open_ = models.Duplicate.objects.filter(state="open")
    (open_.filter(first=row.lost_id) | open_.filter(second=row.lost_id)).delete()


def _told(
    row: models.Merge, kept: models.Title, gone: models.Title, quantity: int, ctx: Context
) -> None:
    """A ledger row of each title, so that all who follow the ledger look at both anew."""
    for type_, title, other in (
        ("title.merged", gone, kept),
        ("title.absorbed", kept, gone),
    ):
        record(
            type_,
            ctx=ctx,
            library=title.library,
            title=title.id,
            subject=row.id,
            quantity=quantity,
            dimensions=Dimensions(clc=title.main_class),
            data={"other": other.id},
        )
