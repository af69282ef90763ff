"""Money in 分 and credit points. Every amount is an integer; a transaction's postings sum to 0."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from shuxiang.ledger.fields import IdField, PrimaryKey


class FeeRule(models.Model):
    """One dated row of what a place charges, of one ``kind``; without a row nothing is charged.

    ``overdue``: ``amount_fen`` a day, at most ``cap_fen``, the first ``grace_days`` free. ``points``:
    ``points`` to begin with, ``per_day`` lost a day, back after ``restore_days``. ``deposit``:
    ``amount_fen`` needed to borrow, with ``price_cap`` no item dearer than that. ``limit``: owing more
    than ``amount_fen`` stops lending. ``card``: what a card in place of another costs. ``*`` is any category; ``valid_to`` is the last day.
    """

    id = PrimaryKey()
    kind = models.CharField(max_length=8)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    reader_category = models.CharField(max_length=32, default="*")
    item_category = models.CharField(max_length=32, default="*")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    amount_fen = models.PositiveIntegerField(default=0)
    cap_fen = models.PositiveIntegerField(null=True)
    grace_days = models.PositiveSmallIntegerField(default=0)
    points = models.PositiveSmallIntegerField(default=0)
    per_day = models.PositiveSmallIntegerField(default=0)
    restore_days = models.PositiveSmallIntegerField(null=True)
    price_cap = models.BooleanField(default=False)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "place", "reader_category", "item_category", "valid_from"],
                name="fees_rule_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["overdue", "points", "deposit", "limit", "card"]),
                name="fees_rule_kind",
            ),
        ]


class ExemptDay(models.Model):
    """A past day that was closed when it passed: no correction of the calendar makes it chargeable."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "day"], name="fees_exempt_once")]


class Account(models.Model):
    """An account of a library's books. ``kind``: receivable (what readers owe), deposits, till,
    income, waived, forfeited, brought (deposits of an earlier system), outside (the library's own
    funds). ``what``: of income the kind of charge, of a till the method of payment. A till belongs to
    a place and an operator, and ``held_fen`` is what is in it; nobody pays out cash that is not there.
    """

    id = PrimaryKey()
    library = IdField()
    kind = models.CharField(max_length=12)
    what = models.CharField(max_length=12, blank=True)
    place = models.ForeignKey(
        "places.Place", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    operator_kind = models.CharField(max_length=8, blank=True)
    operator = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=160)
    held_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["library", "key"], name="fees_account_once"),
            models.CheckConstraint(
                condition=~Q(kind="till", what="cash") | Q(held_fen__gte=0), name="fees_cash_there"
            ),
        ]


class Amnesty(models.Model):
    """免罚: overdue charges and lost points of books given back in a span of days are waived.
    ``state``: applying, applied, undoing, undone."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    charges = models.BooleanField(default=True)
    points = models.BooleanField(default=True)
    why = models.CharField(max_length=200)
    state = models.CharField(max_length=10)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=64)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=64, blank=True)
    undone_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="fees_amnesty_days"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["applying", "applied", "undoing", "undone"]),
                name="fees_amnesty_state",
            ),
        ]


class Entry(models.Model):
    """A transaction: what happened to money, by whom, with which receipt. ``patron`` is emptied when
    what it was about is settled and the library forgets; of a deposit it stays. ``amount_fen`` is
    positive; ``reverses``: the transaction it takes back."""

    id = PrimaryKey()
    library = IdField()
    kind = models.CharField(max_length=16)
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    day = models.DateField()
    operator_kind = models.CharField(max_length=8)
    operator = models.CharField(max_length=64)
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+"
    )
    amount_fen = models.PositiveBigIntegerField()
    method = models.CharField(max_length=12, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=200, blank=True)
    receipt = models.PositiveIntegerField(null=True)
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    amnesty = models.ForeignKey(Amnesty, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "day", "receipt"],
                name="fees_receipt_once",
                condition=Q(receipt__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["place", "day"], name="fees_entry_day")]


class Posting(models.Model):
    """One line of a transaction. What comes to an account is positive, what leaves it negative.
    Append-only by triggers: a mistake is a transaction of its own."""

    id = PrimaryKey()
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_fen=0), name="fees_posting_not_nothing")
        ]


class Charge(models.Model):
    """What a reader has to pay, and what became of it. ``kind``: overdue, replacement, damage, card,
    brought, other. What an overdue charge came to is frozen at the return: ``days`` that count,
    ``working`` (``10x20+2x30``: ten days at 20 分, two at 30), ``cap_fen``. ``subject`` is the case it
    settles; ``entry`` the transaction that charged it; ``batch`` the import that brought it; ``patron`` is emptied when it is settled and
    the library forgets."""

    id = PrimaryKey()
    library = IdField()
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=12)
    entry = models.OneToOneField(Entry, null=True, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    day = models.DateField()
    amount_fen = models.PositiveIntegerField()
    paid_fen = models.PositiveIntegerField(default=0)
    waived_fen = models.PositiveIntegerField(default=0)
    voided_fen = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    item = models.ForeignKey(
        "stock.Item", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    loan = IdField(null=True, db_index=True)
    lent_place = models.ForeignKey(
        "places.Place", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    subject = IdField(null=True, db_index=True)
    due_on = models.DateField(null=True)
    days = models.PositiveSmallIntegerField(null=True)
    working = models.CharField(max_length=120, blank=True)
    cap_fen = models.PositiveIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(
        "catalog.Batch", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="fees_charge_something"),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=F("paid_fen") + F("waived_fen") + F("voided_fen")),
                name="fees_charge_not_over",
            ),
            models.CheckConstraint(
                condition=Q(cap_fen__isnull=True) | Q(amount_fen__lte=F("cap_fen")),
                name="fees_charge_capped",
            ),
        ]
        indexes = [
            models.Index(
                fields=["patron"], name="fees_charge_open", condition=Q(settled_at__isnull=True)
            ),
            models.Index(
                fields=["settled_at"],
                name="fees_charge_remembered",
                condition=Q(settled_at__isnull=False, patron__isnull=False),
            ),
        ]


class Allocation(models.Model):
    """What of a transaction went to which charge: ``what`` is paid, waived or voided; negative where
    it was taken back."""

    id = PrimaryKey()
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="allocations")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="allocations")
    what = models.CharField(max_length=8)
    amount_fen = models.IntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(what__in=["paid", "waived", "voided"]), name="fees_allocation_what"
            )
        ]


class Deposit(models.Model):
    """押金 held of a reader: taken - returned - forfeited; the database keeps it from going below 0."""

    patron = models.OneToOneField("patrons.Patron", primary_key=True, on_delete=models.PROTECT)
    held_fen = models.PositiveBigIntegerField(default=0)


class Credit(models.Model):
    """免押: why a reader borrows without a deposit, and how long. ``basis`` is the library's word for
    it, such as 信易借."""

    id = PrimaryKey()
    patron = models.ForeignKey("patrons.Patron", on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=64)


class PointsRow(models.Model):
    """Credit points lost (negative ``points``) or given back (positive, ``reverses`` the row it gives
    back). A loss counts no more from the day ``until`` on. ``patron`` is emptied when the library
    forgets."""

    id = PrimaryKey()
    library = IdField()
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+"
    )
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    day = models.DateField()
    points = models.SmallIntegerField()
    days = models.PositiveSmallIntegerField(default=0)
    until = models.DateField(null=True)
    item = models.ForeignKey(
        "stock.Item", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    loan = IdField(null=True, db_index=True)
    lent_place = models.ForeignKey(
        "places.Place", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    why = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=64, blank=True)
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    amnesty = models.ForeignKey(Amnesty, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(points__lt=0, reverses__isnull=True)
                | Q(points__gt=0, reverses__isnull=False),
                name="fees_points_signed",
            )
        ]


class ReceiptSeries(models.Model):
    """The last receipt number given at a place on a day; the row is the lock."""

    id = PrimaryKey()
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "day"], name="fees_series_once")]
