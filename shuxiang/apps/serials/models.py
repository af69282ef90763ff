"""Periodicals and newspapers: what is subscribed to, the issues expected, what came of them, and the
volumes they were bound into."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Subscription(models.Model):
    """订阅 of one title for a period, checked in at ``place``. ``pattern`` is how its issues come
    (`rules.Pattern` as JSON). ``lendable``: issues become items of ``category`` when they come. ``price_fen``: what
    one copy costs for the whole period; ``paid_fen`` what was paid for all of them. An issue is late
    ``grace_days`` after the day it was expected."""

    id = PrimaryKey()
    library = IdField()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    title = models.ForeignKey("catalog.Title", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, default="periodical")
    supplier = models.ForeignKey(
        "acquisitions.Supplier", null=True, on_delete=models.PROTECT, related_name="+"
    )
    fund = models.ForeignKey(
        "acquisitions.Fund", null=True, on_delete=models.PROTECT, related_name="+"
    )
    post_code = models.CharField(max_length=20, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    pattern = models.JSONField()
    price_fen = models.PositiveIntegerField(default=0)
    paid_fen = models.PositiveBigIntegerField(null=True)
    lendable = models.BooleanField(default=True)
    category = models.CharField(max_length=32, default="periodical")
    grace_days = models.PositiveSmallIntegerField(default=7)
    counted = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["periodical", "newspaper"]), name="serials_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="serials_period"
            ),
        ]
        indexes = [models.Index(fields=["title"], name="serials_subscription_title")]


class Share(models.Model):
    """Copies of a subscription for a place."""

    id = PrimaryKey()
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="shares")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    copies = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "place"], name="serials_share_once")
        ]


class Issue(models.Model):
    """期: expected on a day. ``kind``: regular, combined, supplement; ``skipped_at``: it does not
    appear; ``number`` as printed, such as 7 or 7-8."""

    id = PrimaryKey()
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="issues")
    position = models.PositiveIntegerField()
    expected_on = models.DateField()
    year = models.PositiveSmallIntegerField()
    volume = models.PositiveIntegerField(default=0)
    number = models.CharField(max_length=20)
    total = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, default="regular")
    skipped_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "year", "number"], name="serials_issue_once"
            )
        ]
        indexes = [
            models.Index(fields=["subscription", "expected_on"], name="serials_issue_expected")
        ]


class Copy(models.Model):
    """A copy of an issue that came for a place; ``item`` where it can be lent; ``volume`` when it was
    bound."""

    id = PrimaryKey()
    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="copies")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    item = models.OneToOneField(
        "stock.Item", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    volume = models.ForeignKey(
        "Volume", null=True, on_delete=models.SET_NULL, related_name="copies"
    )
    arrived_at = models.DateTimeField()
    arrived_by = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["issue", "place"], name="serials_copy_issue")]


class Claim(models.Model):
    """催缺: copies of an issue asked for again. ``answer``: what the supplier said, and when."""

    id = PrimaryKey()
    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="claims")
    number = models.CharField(max_length=40)
    copies = models.PositiveSmallIntegerField()
    days_late = models.PositiveIntegerField()
    how = models.CharField(max_length=10)
    claimed_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=64)
    answer = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["number"], name="serials_claim_number")]


class Volume(models.Model):
    """合订本: issues bound into one item."""

    id = PrimaryKey()
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="volumes")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    item = models.OneToOneField("stock.Item", on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=60)
    bound_at = models.DateTimeField()
    bound_by = models.CharField(max_length=64)
