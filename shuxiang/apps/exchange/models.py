"""Books that go out by the batch: 集体外借 to groups."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class GroupBatch(models.Model):
    """集体外借: one lot of books for a group and the list that goes with it. Each book is a loan of its
    own; the batch is closed when nothing is to be added any more."""

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=40, unique=True)
    patron = models.ForeignKey("patrons.Patron", on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["place", "opened_at"], name="exchange_group_place")]


class GroupLine(models.Model):
    """A loan made under a batch."""

    id = PrimaryKey()
    batch = models.ForeignKey(GroupBatch, on_delete=models.PROTECT, related_name="lines")
    loan = models.OneToOneField("circulation.Loan", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
