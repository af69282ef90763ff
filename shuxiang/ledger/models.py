"""The ledger's tables (design §5). Importable by ledger, runtime and statistics only."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Event(models.Model):
    """One thing that happened, with copies of its dimensions as they were then.

    No reader is named here: ``Reader`` links one to an event and is deleted on schedule, while
    ``visit_key`` and ``year_key`` keep distinct counts the same after it is gone.
    """

    id = PrimaryKey()
    library = IdField()
    request = IdField()
    number = models.PositiveIntegerField()
    type = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    business_date = models.DateField()
    place = IdField()
    channel = models.CharField(max_length=12)
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=64, blank=True)
    session = models.CharField(max_length=64, blank=True)
    item = IdField(null=True)
    title = IdField(null=True)
    loan = IdField(null=True)
    subject = IdField(null=True)
    item_seq = models.PositiveIntegerField(null=True)
    quantity = models.IntegerField(default=1)
    amount = models.BigIntegerField(null=True)
    reverses = IdField(null=True)
    reader_category = models.CharField(max_length=32, blank=True)
    age_band = models.CharField(max_length=8, blank=True)
    item_category = models.CharField(max_length=32, blank=True)
    clc = models.CharField(max_length=2, blank=True)
    owner_place = IdField(null=True)
    lending_place = IdField(null=True)
    visit_key = models.CharField(max_length=32, blank=True)
    year_key = models.CharField(max_length=32, blank=True)
    source = models.CharField(max_length=16, blank=True)
    data = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="ledger_request_once"),
            models.UniqueConstraint(
                fields=["item", "item_seq"],
                name="ledger_item_one_line",
                condition=models.Q(item_seq__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                name="ledger_reversed_once",
                condition=models.Q(reverses__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["type", "business_date", "place"], name="ledger_type_day_place"),
            models.Index(
                fields=["loan"], name="ledger_loan", condition=models.Q(loan__isnull=False)
            ),
            models.Index(
                fields=["subject"], name="ledger_subject", condition=models.Q(subject__isnull=False)
            ),
        ]


class Pending(models.Model):
    """Outbox: a committed event that has no sequence number yet."""

    event = IdField(primary_key=True)


class Sequence(models.Model):
    """The order of committed events and the hash chain over them. Written by the worker alone."""

    seq = models.BigIntegerField(primary_key=True)
    event = IdField(unique=True)
    seal = models.CharField(max_length=64)


class Reader(models.Model):
    """Who it was. Deleted on schedule; the event stays."""

    event = IdField(primary_key=True)
    patron = IdField(db_index=True)
    card = IdField(null=True)


class YearKey(models.Model):
    """The secret of a year's visit and year keys; emptied when that year is sealed."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    secret = models.CharField(max_length=64, blank=True)
    destroyed_at = models.DateTimeField(null=True)


class Consumer(models.Model):
    """How far a reader of the sequence has come."""

    name = models.CharField(max_length=40, primary_key=True)
    seq = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    updated_at = models.DateTimeField(null=True)
