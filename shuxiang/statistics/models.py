"""Counts derived from the ledger, entries made by hand, and what was published."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class DailyCount(models.Model):
    """One cell of a business day: how much of a measure happened, with its dimensions.

    Derived: recomputed day by day from the numbered ledger, never added to. ``from_seq`` and
    ``to_seq`` are the first and last ledger row in it. ``owner_place`` is 32 hex digits or ''.
    """

    pk = models.CompositePrimaryKey(
        "measure",
        "business_date",
        "place",
        "clc",
        "item_category",
        "reader_category",
        "owner_place",
        "source",
        "channel",
    )
    measure = models.CharField(max_length=40)
    business_date = models.DateField()
    place = IdField()
    clc = models.CharField(max_length=2)
    item_category = models.CharField(max_length=32)
    reader_category = models.CharField(max_length=32)
    owner_place = models.CharField(max_length=32)
    source = models.CharField(max_length=16)
    channel = models.CharField(max_length=12)
    month = models.PositiveIntegerField()
    count = models.BigIntegerField()
    from_seq = models.BigIntegerField()
    to_seq = models.BigIntegerField()


class MonthCount(models.Model):
    """Daily counts added up by month (YYYYMM), for reports. ``place`` is 32 hex digits: where it
    happened, of additions and withdrawals the owner. Derived from `DailyCount`."""

    pk = models.CompositePrimaryKey("measure", "month", "place", "source", "reader_category")
    measure = models.CharField(max_length=40)
    month = models.PositiveIntegerField()
    place = models.CharField(max_length=32)
    source = models.CharField(max_length=16)
    reader_category = models.CharField(max_length=32)
    count = models.BigIntegerField()
    from_seq = models.BigIntegerField()
    to_seq = models.BigIntegerField()


class MonthClass(models.Model):
    """The same by main class. Derived from `DailyCount`."""

    pk = models.CompositePrimaryKey("measure", "month", "place", "clc", "source")
    measure = models.CharField(max_length=40)
    month = models.PositiveIntegerField()
    place = models.CharField(max_length=32)
    clc = models.CharField(max_length=2)
    source = models.CharField(max_length=16)
    count = models.BigIntegerField()
    from_seq = models.BigIntegerField()
    to_seq = models.BigIntegerField()


class StaleMonth(models.Model):
    """A month (YYYYMM) with recomputed days, to be added up again; ``mark`` is new with each."""

    month = models.PositiveIntegerField(primary_key=True)
    mark = IdField()


class BorrowerDay(models.Model):
    """That some reader borrowed at a place on a day, by the year's key and not by name: one row a
    borrowing visit. Distinct year keys of a year are its active readers. Derived, as `DailyCount`."""

    pk = models.CompositePrimaryKey("business_date", "place", "year_key")
    business_date = models.DateField()
    place = IdField()
    year_key = models.CharField(max_length=32)


class StaleDay(models.Model):
    """A business day whose counts are to be recomputed; ``seq`` is the last row that touched it."""

    day = models.DateField(primary_key=True)
    seq = models.BigIntegerField()


class Entry(models.Model):
    """A count entered by hand for a day or a month of a site: gate counts or in-house uses.

    A pointer to its ledger row, for lists; never changed. A correction is a further row that names
    the one it ``corrects``, which stays visible.
    """

    id = PrimaryKey()
    measure = models.CharField(max_length=40)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    counter = models.CharField(max_length=40, blank=True)
    number = models.PositiveIntegerField()
    source = models.CharField(max_length=16)
    note = models.CharField(max_length=200, blank=True)
    evidence = models.CharField(max_length=200, blank=True)
    event = IdField(unique=True)
    corrects = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    why = models.CharField(max_length=200, blank=True)
    account = models.CharField(max_length=64)
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="statistics_entry_days",
            )
        ]
        indexes = [
            models.Index(fields=["place", "first_day"], name="statistics_entry_place"),
        ]


class Explanation(models.Model):
    """The signed explanation of a contradiction, good for exactly the numbers it was given for."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64)
    statement = models.CharField(max_length=400)
    text = models.CharField(max_length=1000)
    account = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["place", "year", "fingerprint"], name="statistics_explained_facts")
        ]


class Narrative(models.Model):
    """The library's own text of one section of a year's report; its numbers are tokens."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    section = models.CharField(max_length=24)
    text = models.TextField()
    account = models.CharField(max_length=64)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "year", "section"], name="statistics_narrative_once"
            )
        ]


class Edition(models.Model):
    """A published annual report: figures and document as they were, never changed.

    ``seal`` is SHA-256 over place, scope, year, number, last_seq, figures and document.
    """

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    account = models.CharField(max_length=64)
    why = models.CharField(max_length=400, blank=True)
    last_seq = models.BigIntegerField()
    figures = models.TextField()
    document = models.TextField()
    seal = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "scope", "year", "number"], name="statistics_edition_once"
            )
        ]
