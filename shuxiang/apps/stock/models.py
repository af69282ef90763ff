"""Items: the volumes on the shelves."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Category(models.Model):
    """流通类型: what kind of item it is for the loan rules."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=40)
    lendable = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)


class Item(models.Model):
    """册. Identity is (owning library, barcode), withdrawn ones included.

    ``status`` is what is so of the item itself; on loan, on hold shelf and in transit are derived
    from loans, holds and transits, so that no second status can disagree. ``event_seq`` is the
    number of its last ledger row. ``least_age`` is an age mark of this item besides its title's;
    ``back_by`` the day an item borrowed from another library must be back there; ``base`` where
    a delivery put it until another brings it back, its owner's where null.
    """

    id = PrimaryKey()
    library = IdField()
    barcode = models.CharField(max_length=40)
    accession_number = models.CharField(max_length=40, blank=True)
    title = models.ForeignKey("catalog.Title", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    holder = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    location = models.ForeignKey(
        "places.Location", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    status = models.CharField(max_length=16, default="available")
    call_number = models.CharField(max_length=80, blank=True)
    call_sort = models.CharField(max_length=160, blank=True)
    volume = models.CharField(max_length=60, blank=True)
    price_fen = models.PositiveIntegerField(null=True)
    source = models.CharField(max_length=16, default="purchase")
    accessioned_on = models.DateField(null=True)
    batch = models.ForeignKey(
        "catalog.Batch", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    used_at = models.DateTimeField(null=True)
    least_age = models.PositiveSmallIntegerField(null=True)
    back_by = models.DateField(null=True)
    base = models.ForeignKey(
        "places.Place", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    event_seq = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["barcode", "library"], name="stock_barcode_once"),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "available",
                        "in_processing",
                        "lost",
                        "missing",
                        "damaged",
                        "blocked",
                        "withdrawn",
                    ]
                ),
                name="stock_item_status",
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "call_sort"], name="stock_item_shelf"),
            models.Index(
                fields=["batch"], name="stock_item_batch", condition=models.Q(batch__isnull=False)
            ),
            models.Index(
                fields=["accession_number"],
                name="stock_item_accession",
                condition=~models.Q(accession_number=""),
            ),
        ]


class BarcodeSeries(models.Model):
    """The last barcode given out by the library itself under one prefix."""

    id = PrimaryKey()
    library = IdField()
    prefix = models.CharField(max_length=20, blank=True)
    digits = models.PositiveSmallIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["library", "prefix", "digits"], name="stock_barcode_series_once"
            )
        ]


class Label(models.Model):
    """A label an item needs, or had: queued when the item is added or its call number or barcode
    changes, closed when it was printed."""

    id = PrimaryKey()
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", db_index=False)
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    queued_at = models.DateTimeField()
    queued_by = models.CharField(max_length=64)
    printed_at = models.DateTimeField(null=True)
    printed_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                name="stock_label_waits_once",
                condition=models.Q(printed_at__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["queued_at"], name="stock_label_queued"),
            models.Index(fields=["item"], name="stock_label_item"),
        ]


class Properties(models.Model):
    """What a machine keeps with an item in its own words (SIP2 field CH)."""

    item = IdField(primary_key=True)
    text = models.CharField(max_length=200)
    changed_at = models.DateTimeField()


class FloatingGroup(models.Model):
    """浮动馆藏: items of the members' that stay where they come back; a dated row. ``item_category`` ``*``
    is any, ``main_class`` '' every class."""

    id = PrimaryKey()
    name = models.CharField(max_length=80)
    item_category = models.CharField(max_length=32, default="*")
    main_class = models.CharField(max_length=1, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)


class FloatingMember(models.Model):
    """How many items of a group a place keeps at least, and at most."""

    id = PrimaryKey()
    group = models.ForeignKey(FloatingGroup, on_delete=models.CASCADE, related_name="members")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    floor = models.PositiveIntegerField(default=0)
    ceiling = models.PositiveIntegerField(null=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "place"], name="stock_floating_member_once"),
            models.CheckConstraint(
                condition=models.Q(ceiling__isnull=True) | models.Q(ceiling__gte=models.F("floor")),
                name="stock_floating_bounds",
            ),
        ]
