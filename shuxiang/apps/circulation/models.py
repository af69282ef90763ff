"""Loans and the rules they follow."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class LoanRule(models.Model):
    """One dated row of the rule matrix: place subtree × reader category × item category.

    ``*`` is any category. The most specific row in force decides: depth of place, then reader
    category, then item category; the unique constraint forbids ties. ``valid_to`` is the last day.
    """

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    reader_category = models.CharField(max_length=32, default="*")
    item_category = models.CharField(max_length=32, default="*")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    lendable = models.BooleanField(default=True)
    loan_limit = models.PositiveSmallIntegerField()
    loan_days = models.PositiveSmallIntegerField()
    renewal_limit = models.PositiveSmallIntegerField(default=1)
    renewal_days = models.PositiveSmallIntegerField(default=30)
    renew_from = models.CharField(max_length=8, default="due")
    renew_overdue = models.BooleanField(default=False)
    renew_within_days = models.PositiveSmallIntegerField(null=True)
    most_extra_days = models.PositiveSmallIntegerField(null=True)
    overdue_blocks = models.BooleanField(default=True)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "reader_category", "item_category", "valid_from"],
                name="circulation_rule_once",
            ),
            models.CheckConstraint(
                condition=models.Q(renew_from__in=["due", "today"]), name="circulation_renew_from"
            ),
        ]


class Loan(models.Model):
    """外借. The database itself forbids a second open loan of an item. ``patron`` is emptied when
    the reader's history is forgotten."""

    id = PrimaryKey()
    library = IdField()
    item = models.ForeignKey("stock.Item", on_delete=models.PROTECT, related_name="+")
    title = models.ForeignKey("catalog.Title", on_delete=models.PROTECT, related_name="+")
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+"
    )
    card = models.ForeignKey("patrons.Card", null=True, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    rule = models.ForeignKey(LoanRule, null=True, on_delete=models.PROTECT, related_name="+")
    lent_at = models.DateTimeField()
    lent_on = models.DateField()
    due_on = models.DateField()
    due_before = models.DateField(null=True)
    renewals = models.PositiveSmallIntegerField(default=0)
    returned_at = models.DateTimeField(null=True)
    returned_on = models.DateField(null=True)
    returned_place = models.ForeignKey(
        "places.Place", null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_as = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                name="circulation_one_open_loan",
                condition=models.Q(returned_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=models.Q(due_on__gte=models.F("lent_on")), name="circulation_due_after"
            ),
        ]
        indexes = [
            models.Index(
                fields=["patron"],
                name="circulation_open_of_patron",
                condition=models.Q(returned_at__isnull=True),
            ),
            models.Index(
                fields=["due_on"],
                name="circulation_open_due",
                condition=models.Q(returned_at__isnull=True),
            ),
            models.Index(fields=["title"], name="circulation_loan_title"),
            models.Index(fields=["returned_at"], name="circulation_returned"),
        ]
