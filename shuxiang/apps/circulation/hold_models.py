"""Holds and transits (`models` hands them on)."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class HoldQueue(models.Model):
    """The queue of a title: the last number given out in it. Its row is what commands lock first."""

    title = models.OneToOneField(
        "catalog.Title", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    last_seq = models.PositiveIntegerField(default=0)


ACTIVE = ("waiting", "coming", "ready")
"""States of a hold that is not over: no copy yet, its copy on the way, its copy on the hold shelf."""


class Hold(models.Model):
    """预约 (every copy was out) or 预借 (``kind`` shelf: fetched from the shelf) of a title, or of the
    one copy ``wanted``.

    The queue of a title is ordered by (``rank``, ``seq``); no place in it is stored. ``item`` is the
    copy set aside for it (``coming``, ``ready``), the copy lent once it is filled. ``shelved``: that
    copy stands on the hold shelf of ``pickup``, also when the hold is over and nobody has taken it
    away yet. ``batch``: the import that brought it. ``patron`` is emptied when the reader's history is forgotten.
    """

    id = PrimaryKey()
    library = IdField()
    title = models.ForeignKey("catalog.Title", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    wanted = models.ForeignKey(
        "stock.Item", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    pickup = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rank = models.PositiveSmallIntegerField(default=10)
    seq = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="waiting")
    placed_at = models.DateTimeField()
    expires_on = models.DateField(null=True)
    suspended_until = models.DateField(null=True)
    item = models.ForeignKey(
        "stock.Item", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ready_at = models.DateTimeField(null=True)
    ready_until = models.DateField(null=True)
    shelved = models.BooleanField(default=False)
    loan = models.ForeignKey(
        "circulation.Loan", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(
        "catalog.Batch", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["title", "seq"], name="circulation_hold_seq"),
            models.UniqueConstraint(
                fields=["patron", "title"],
                name="circulation_one_hold",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["item"],
                name="circulation_one_aside",
                condition=models.Q(state__in=["coming", "ready"]),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["filled", "cancelled", "expired"], ended_at__isnull=False
                )
                | models.Q(state="waiting", ended_at__isnull=True, item__isnull=True)
                | models.Q(state="coming", ended_at__isnull=True, item__isnull=False)
                | models.Q(
                    state="ready",
                    ended_at__isnull=True,
                    item__isnull=False,
                    ready_until__isnull=False,
                    shelved=True,
                ),
                name="circulation_hold_state",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["title", "shelf"]), name="circulation_hold_kind"
            ),
        ]
        indexes = [
            models.Index(
                fields=["pickup", "state"],
                name="circulation_hold_pickup",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.Index(
                fields=["item"],
                name="circulation_hold_shelved",
                condition=models.Q(shelved=True),
            ),
            models.Index(
                fields=["ended_at"],
                name="circulation_hold_remembered",
                condition=models.Q(ended_at__isnull=False, patron__isnull=False),
            ),
        ]


class Transit(models.Model):
    """在途: an item on its way from ``origin`` to ``destination``, for a hold or home. Open until it
    is scanned there; ``ended_as``: received, cancelled, undone."""

    id = PrimaryKey()
    library = IdField()
    item = models.ForeignKey("stock.Item", on_delete=models.PROTECT, related_name="+")
    title = models.ForeignKey(
        "catalog.Title", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    origin = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    destination = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    hold = models.ForeignKey(Hold, null=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_as = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                name="circulation_one_transit",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=~models.Q(origin=models.F("destination")), name="circulation_transit_goes"
            ),
        ]
        indexes = [
            models.Index(
                fields=["destination", "sent_at"],
                name="circulation_transit_open",
                condition=models.Q(ended_at__isnull=True),
            ),
        ]


class PickupSlot(models.Model):
    """A time at which readers fetch what is ready without waiting at the desk, and for how many.

    ``booked`` counts the bookings that stand; the database itself forbids more than ``capacity``.
    ``closed``: no more bookings are taken, those there are stand.
    """

    id = PrimaryKey()
    library = IdField()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    starts = models.TimeField()
    ends = models.TimeField()
    capacity = models.PositiveSmallIntegerField()
    booked = models.PositiveSmallIntegerField(default=0)
    closed = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "day", "starts"], name="circulation_slot_once"
            ),
            models.CheckConstraint(
                condition=models.Q(booked__lte=models.F("capacity")),
                name="circulation_slot_not_oversold",
            ),
            models.CheckConstraint(
                condition=models.Q(starts__lt=models.F("ends")), name="circulation_slot_times"
            ),
        ]


class Pickup(models.Model):
    """A reader's booking of a slot: booked, staged (the books are packed), arrived, delivered, or
    no_show, cancelled. ``patron`` is emptied when the reader's history is forgotten."""

    id = PrimaryKey()
    library = IdField()
    slot = models.ForeignKey(PickupSlot, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=10, default="booked")
    booked_at = models.DateTimeField()
    staged_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patron", "place"],
                name="circulation_one_pickup",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["booked", "staged", "arrived"], ended_at__isnull=True)
                | models.Q(state__in=["delivered", "no_show", "cancelled"], ended_at__isnull=False),
                name="circulation_pickup_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ended_at"],
                name="circulation_pickup_remembered",
                condition=models.Q(ended_at__isnull=False, patron__isnull=False),
            ),
        ]


class PickupShift(models.Model):
    """A booking moved to another slot by an operating phase, or called off by it (``after`` empty).
    Never changed. ``base`` is its slot before the phase."""

    id = PrimaryKey()
    library = IdField()
    pickup = models.ForeignKey(Pickup, on_delete=models.PROTECT, related_name="+", db_index=False)
    cause = IdField()
    round = models.PositiveSmallIntegerField()
    base = models.ForeignKey(PickupSlot, on_delete=models.PROTECT, related_name="+", db_index=False)
    before = models.ForeignKey(
        PickupSlot, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    after = models.ForeignKey(
        PickupSlot, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    shifted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cause", "pickup", "round"], name="circulation_pickup_shifted_once"
            ),
        ]


class Quarantine(models.Model):
    """A copy that came back and lies aside (还书静置), kept so that something happens when its hours
    are over: whoever waits for it gets it, the catalogue says so. Whether it lies aside is asked of
    its return and the phases (`overlays.quarantined`), never of this row."""

    item = models.OneToOneField(
        "stock.Item", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    library = IdField()
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    since = models.DateTimeField()
