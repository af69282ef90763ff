"""Who passes a door, and how many are inside. No reader is ever named here."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey

BY_HAND = "hand"
"""The door of what staff count on the pad: not a device."""


class Door(models.Model):
    """How far a gate (`places` device of kind ``gate``) has come. ``series`` counts how often its own
    sequence began anew; ``offset_seconds`` is the server's clock less the gate's at its last call."""

    device = IdField(primary_key=True)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    series = models.PositiveIntegerField(default=0)
    series_since = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    offset_seconds = models.IntegerField(default=0)
    clock_wrong = models.BooleanField(default=False)


class Pass(models.Model):
    """Somebody passed, as a gate or the pad said it. ``at`` is the gate's time, ``counted_at`` the one
    it is counted by. ``visit_key`` is the ledger's keyed hash of reader, place and day, '' for who
    showed no card. Kept for ``visits.keep_days``, the counts for good."""

    id = PrimaryKey()
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    door = models.CharField(max_length=32)
    series = models.PositiveIntegerField(default=0)
    seq = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    counted_at = models.DateTimeField()
    day = models.DateField()
    direction = models.CharField(max_length=3)
    count = models.PositiveSmallIntegerField(default=1)
    visit_key = models.CharField(max_length=32, blank=True)
    offline = models.BooleanField(default=False)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["door", "series", "seq"],
                name="visits_pass_once",
                condition=models.Q(seq__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(direction__in=["in", "out", "any"]), name="visits_direction"
            ),
        ]
        indexes = [models.Index(fields=["place", "day", "counted_at"], name="visits_pass_day")]


class Conflict(models.Model):
    """What a gate said and what could not be counted as said, for a person to look at."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    direction = models.CharField(max_length=3)
    count = models.PositiveSmallIntegerField()
    kept_at = models.DateTimeField(null=True)
    kept_direction = models.CharField(max_length=3, blank=True)
    kept_count = models.PositiveSmallIntegerField(null=True)
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    account = models.CharField(max_length=64, blank=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["door", "kind", "seq", "at", "direction", "count"],
                name="visits_conflict_once",
            )
        ]


class HourCount(models.Model):
    """Passes of a door in an hour of a day. ``eithers`` are those of a counter that can't tell the
    direction: half of them count as people who came in."""

    id = PrimaryKey()
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    door = models.CharField(max_length=32)
    day = models.DateField()
    hour = models.PositiveSmallIntegerField()
    ins = models.PositiveIntegerField(default=0)
    outs = models.PositiveIntegerField(default=0)
    eithers = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "day", "door", "hour"], name="visits_hour_once"
            )
        ]


class DayCount(models.Model):
    """A door's day: its passes, what corrections added or took away, and how many of it the ledger has
    (``posted``)."""

    id = PrimaryKey()
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    door = models.CharField(max_length=32)
    day = models.DateField()
    ins = models.PositiveIntegerField(default=0)
    outs = models.PositiveIntegerField(default=0)
    eithers = models.PositiveIntegerField(default=0)
    corrected = models.IntegerField(default=0)
    posted = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "day", "door"], name="visits_day_once")
        ]


class Correction(models.Model):
    """Another number in the place of a door's day, signed; the passes stay as they were."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=32)
    day = models.DateField()
    before = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    estimate = models.BooleanField(default=False)
    why = models.CharField(max_length=200)
    account = models.CharField(max_length=64)
    at = models.DateTimeField()


class Presence(models.Model):
    """How many are inside a site today: in less out, never below 0. ``surplus`` are the outs that
    found nobody inside."""

    place = models.OneToOneField(
        "places.Place", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    day = models.DateField()
    inside = models.PositiveIntegerField(default=0)
    ins = models.PositiveIntegerField(default=0)
    outs = models.PositiveIntegerField(default=0)
    surplus = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(inside__gte=0), name="visits_inside")
        ]


class Admission(models.Model):
    """A place kept for somebody whom a turnstile was told to let in, until they have passed."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=32)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["place", "until"], name="visits_admitted")]


class Zeroing(models.Model):
    """A site's day closed: who was still inside by the count, and the outs that were too many."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    inside = models.PositiveIntegerField()
    ins = models.PositiveIntegerField()
    outs = models.PositiveIntegerField()
    surplus = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "day"], name="visits_zeroed_once")]


class Silence(models.Model):
    """An open day on which a gate said nothing."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=32)
    day = models.DateField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["door", "day"], name="visits_silence_once")]
