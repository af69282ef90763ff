"""Batch edits: what was asked for, row by row, so that any can be taken back (`models` hands them on)."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class EditBatch(models.Model):
    """One change made to many records or items. ``what``: records or items; ``spec`` the change,
    ``chosen`` how they were chosen, in words. ``state``: draft (looked at), queued, running, done,
    undoing, undone. ``position``: rows up to it are done."""

    id = PrimaryKey()
    library = IdField()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=24, unique=True)
    what = models.CharField(max_length=8)
    spec = models.JSONField()
    chosen = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, default="draft")
    position = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["state"],
                name="catalog_edit_under_way",
                condition=models.Q(state__in=["queued", "running", "undoing"]),
            )
        ]


class EditRow(models.Model):
    """One record or item of a batch. ``state``: waiting, changed, same (nothing to change), refused
    (with ``why``), undone, kept (changed by somebody since, so not taken back). ``before`` is what is
    needed to take it back, ``data`` the record's bytes; ``written`` tells whether it was touched
    since."""

    id = PrimaryKey()
    batch = models.ForeignKey(EditBatch, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    subject = IdField()
    state = models.CharField(max_length=8, default="waiting")
    why = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    data = models.BinaryField(null=True)
    written = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="catalog_edit_row_once")
        ]
        indexes = [models.Index(fields=["batch", "state"], name="catalog_edit_row_state")]
