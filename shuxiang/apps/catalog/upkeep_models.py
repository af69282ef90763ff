"""Duplicates found and records merged (`models` hands them on)."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class DuplicateSearch(models.Model):
    """One search of the whole catalogue for duplicates. ``state``: queued, running, done, stopped;
    ``by_worker``: the worker does it, and begins it anew where it was cut off; ``crowded``: groups so large that only neighbours in them were compared."""

    id = PrimaryKey()
    state = models.CharField(max_length=8, default="running")
    by_worker = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True)
    read = models.PositiveIntegerField(default=0)
    compared = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    crowded = models.PositiveIntegerField(default=0)


class Duplicate(models.Model):
    """Two titles that look like one, the older first. ``why``: the parts of its score. ``state``: open,
    differ (a person said so, and it is not asked again) or merged."""

    id = PrimaryKey()
    library = IdField()
    first = models.ForeignKey("catalog.Title", on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey("catalog.Title", on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()
    why = models.JSONField(default=list)
    state = models.CharField(max_length=8, default="open")
    search = IdField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="catalog_duplicate_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="catalog_duplicate_order"
            ),
        ]
        indexes = [models.Index(fields=["state", "-score", "id"], name="catalog_duplicate_queue")]


class Merge(models.Model):
    """合并: ``lost`` became an alias of ``survivor``. What is needed to take it back exactly: the
    survivor's record and description as they were where it took fields of the other (``taken``), the aliases that were
    pointed on, the book numbers moved; rows of other apps are in `MergeMoved`."""

    id = PrimaryKey()
    library = IdField()
    survivor = models.ForeignKey("catalog.Title", on_delete=models.PROTECT, related_name="+")
    lost = models.ForeignKey("catalog.Title", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, default="merged")
    merged_at = models.DateTimeField()
    merged_by = models.CharField(max_length=64)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=64, blank=True)
    taken = models.JSONField(default=list)
    record = models.BinaryField(null=True)
    record_charset = models.CharField(max_length=16, blank=True)
    record_edited = models.BooleanField(default=False)
    record_original = models.BinaryField(null=True)
    described = models.JSONField(default=dict)
    written = models.CharField(max_length=32, blank=True)
    pointed_on = models.JSONField(default=list)
    numbers = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lost"],
                name="catalog_merged_once",
                condition=models.Q(state="merged"),
            )
        ]


class MergeMoved(models.Model):
    """A row of another app that a merge moved: what it was before is in ``data``."""

    id = PrimaryKey()
    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16)
    subject = IdField()
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["merge", "kind"], name="catalog_merge_moved")]
