"""Inventories with what was scanned, proposals to withdraw and the lists approved, rotating sets."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Inventory(models.Model):
    """清点: what should stand at a place, in a location of it and a range of call numbers where they
    are named, compared with what was scanned. ``state``: open, closed (what was not found counts as
    missing), undone (closed by mistake and taken back)."""

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=40, unique=True)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(
        "places.Location", null=True, on_delete=models.PROTECT, related_name="+"
    )
    call_from = models.CharField(max_length=80, blank=True)
    call_to = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, default="open")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=64, blank=True)
    result = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "closed", "undone"]),
                name="stockcontrol_inventory_state",
            )
        ]


class Run(models.Model):
    """One lot of scans of an inventory: a file, the labels on a shelf, a phone's list. ``in_order``:
    scanned along the shelf, so that what stands in the wrong order shows. ``digest`` of its codes: the
    same lot sent twice is one."""

    id = PrimaryKey()
    inventory = models.ForeignKey(Inventory, on_delete=models.PROTECT, related_name="runs")
    source = models.CharField(max_length=8)
    name = models.CharField(max_length=120, blank=True)
    in_order = models.BooleanField(default=False)
    digest = models.CharField(max_length=32)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inventory", "digest"], name="stockcontrol_run_once")
        ]


class Scan(models.Model):
    """A code that was scanned, once an inventory. ``item`` is null where it means no item (``what``
    unknown) or several (several)."""

    id = PrimaryKey()
    inventory = models.ForeignKey(
        Inventory, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    code = models.CharField(max_length=60)
    item = models.ForeignKey(
        "stock.Item", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    what = models.CharField(max_length=8, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inventory", "code"], name="stockcontrol_scan_once")
        ]
        indexes = [
            models.Index(fields=["inventory", "item"], name="stockcontrol_scan_item"),
            models.Index(fields=["run", "number"], name="stockcontrol_scan_order"),
        ]


class Marked(models.Model):
    """What closing an inventory changed of an item: from which status to which, as its ledger row
    ``seq``; ``undone`` when that was taken back."""

    id = PrimaryKey()
    inventory = models.ForeignKey(Inventory, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(
        "stock.Item", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    seq = models.PositiveIntegerField()
    undone = models.BooleanField(default=False)


class Proposal(models.Model):
    """剔旧: items somebody proposes to withdraw, for others to review and to approve (公共图书馆法
    第二十八条). ``state``: draft, proposed, reviewed, approved, refused."""

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=40, unique=True)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    basis = models.CharField(max_length=400)
    state = models.CharField(max_length=8, default="draft")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField(null=True)
    proposed_by = models.CharField(max_length=64, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=64, blank=True)
    opinion = models.CharField(max_length=400, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decision = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["draft", "proposed", "reviewed", "approved", "refused"]
                ),
                name="stockcontrol_proposal_state",
            )
        ]


class ProposalLine(models.Model):
    """An item on a proposal and why. ``dropped``: why it was left out when the list was approved."""

    id = PrimaryKey()
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="lines")
    item = models.ForeignKey("stock.Item", on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=16)
    dropped = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "item"], name="stockcontrol_proposal_line_once"
            )
        ]


class Withdrawn(models.Model):
    """A line of an approved list, as it was that moment: the database lets nobody change or delete
    it."""

    id = PrimaryKey()
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    item = IdField()
    title = IdField()
    barcode = models.CharField(max_length=40)
    title_text = models.CharField(max_length=500)
    call_number = models.CharField(max_length=80, blank=True)
    owner = IdField()
    price_fen = models.PositiveIntegerField(null=True)
    cause = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "number"], name="stockcontrol_withdrawn_once"
            )
        ]


class Rotation(models.Model):
    """流转书: a set of books that moves along a row of sites every so many weeks. ``at`` is the stop
    it stands at or is on its way to, ``next_on`` the day it moves on."""

    id = PrimaryKey()
    library = IdField()
    name = models.CharField(max_length=120)
    weeks = models.PositiveSmallIntegerField()
    at = models.PositiveSmallIntegerField(default=0)
    next_on = models.DateField()
    active = models.BooleanField(default=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)


class RotationStop(models.Model):
    """A site of a rotation."""

    id = PrimaryKey()
    rotation = models.ForeignKey(Rotation, on_delete=models.PROTECT, related_name="stops")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rotation", "position"], name="stockcontrol_stop_position"
            )
        ]


class RotationItem(models.Model):
    """A book of the set; one set a book."""

    id = PrimaryKey()
    rotation = models.ForeignKey(Rotation, on_delete=models.PROTECT, related_name="items")
    item = models.OneToOneField("stock.Item", on_delete=models.PROTECT, related_name="+")
