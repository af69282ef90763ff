"""编目加工: books entered by the batch, labelled and shelved by others, and how far a project is."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class BarcodeRange(models.Model):
    """条码号段: numbers printed for a place. ``next`` is where the next free one is looked for; what
    is used is told by the items themselves."""

    id = PrimaryKey()
    library = IdField()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=20, blank=True)
    digits = models.PositiveSmallIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    next = models.BigIntegerField()
    note = models.CharField(max_length=120, blank=True)
    reserved_at = models.DateTimeField()
    reserved_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first__lte=models.F("last")), name="processing_range_order"
            )
        ]
        indexes = [models.Index(fields=["library", "prefix"], name="processing_range_prefix")]


class Project(models.Model):
    """回溯建库: so many volumes to be recorded, labelled and shelved since a day."""

    id = PrimaryKey()
    library = IdField()
    name = models.CharField(max_length=80)
    target = models.PositiveIntegerField()
    begun_on = models.DateField()
    due_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)


class Batch(models.Model):
    """A truck of books: where they will stand, what they have in common, what they are part of."""

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=24, unique=True)
    project = models.ForeignKey(
        Project, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(
        "places.Location", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    category = models.CharField(max_length=32)
    source = models.CharField(max_length=16)
    barcodes = models.ForeignKey(
        BarcodeRange, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    numbered = models.BooleanField(default=True)
    note = models.CharField(max_length=120, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["library", "opened_at"], name="processing_batch_newest"),
            models.Index(
                fields=["project"],
                name="processing_batch_project",
                condition=models.Q(project__isnull=False),
            ),
        ]


class Line(models.Model):
    """A book of a batch. ``stage``: entered, labelled (with the labellers since they took it over),
    shelved. ``how`` its record came: own, shared, stub."""

    id = PrimaryKey()
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveIntegerField()
    item = models.OneToOneField("stock.Item", on_delete=models.CASCADE, related_name="+")
    how = models.CharField(max_length=8)
    stage = models.CharField(max_length=12, default="entered")
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="processing_line_once"),
            models.CheckConstraint(
                condition=models.Q(stage__in=["entered", "labelled", "shelved"]),
                name="processing_line_stage",
            ),
        ]


class Handover(models.Model):
    """交接: books of a batch given on to be labelled or shelved (``step``), and taken over there.
    ``handed`` is how many were given on, ``received`` how many were counted; those missing stay
    where they were."""

    id = PrimaryKey()
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.CharField(max_length=8)
    handed = models.PositiveIntegerField()
    handed_at = models.DateTimeField()
    handed_by = models.CharField(max_length=64)
    received = models.PositiveIntegerField(null=True)
    received_at = models.DateTimeField(null=True)
    received_by = models.CharField(max_length=64, blank=True)
    missing = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "step"],
                name="processing_one_under_way",
                condition=models.Q(received_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=models.Q(step__in=["label", "shelve"]), name="processing_step"
            ),
        ]
        indexes = [models.Index(fields=["batch"], name="processing_handover_batch")]


class Day(models.Model):
    """How many books came through a stage on a day, by whom: counted as they do, so that a page about
    230,000 books reads some hundred rows. ``project`` '' is outside every project."""

    id = PrimaryKey()
    library = IdField()
    project = models.CharField(max_length=32, blank=True)
    day = models.DateField()
    person = models.CharField(max_length=64)
    stage = models.CharField(max_length=12)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["library", "project", "day", "person", "stage"],
                name="processing_day_once",
            )
        ]
