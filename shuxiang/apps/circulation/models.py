"""Loans and the rules they follow; holds and transits are in `hold_models`."""

from __future__ import annotations

from django.db import models

from shuxiang.apps.circulation.hold_models import ACTIVE as ACTIVE
from shuxiang.apps.circulation.hold_models import Hold as Hold
from shuxiang.apps.circulation.hold_models import HoldQueue as HoldQueue
from shuxiang.apps.circulation.hold_models import Pickup as Pickup
from shuxiang.apps.circulation.hold_models import PickupShift as PickupShift
from shuxiang.apps.circulation.hold_models import PickupSlot as PickupSlot
from shuxiang.apps.circulation.hold_models import Quarantine as Quarantine
from shuxiang.apps.circulation.hold_models import Transit as Transit
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
    hold_limit = models.PositiveSmallIntegerField(default=5)
    hold_on_shelf = models.CharField(max_length=10, default="always")
    hold_days = models.PositiveSmallIntegerField(null=True, default=180)
    pickup_days = models.PositiveSmallIntegerField(default=5)
    renew_when_held = models.BooleanField(default=False)
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
            models.CheckConstraint(
                condition=models.Q(hold_on_shelf__in=["always", "elsewhere", "never"]),
                name="circulation_hold_on_shelf",
            ),
        ]


class Loan(models.Model):
    """外借. The database itself forbids a second open loan of an item. ``patron`` is emptied when
    the reader's history is forgotten, and so is ``by``, the guardian or proxy who borrowed for them. ``batch``: the list of open loans it was taken over by."""

    id = PrimaryKey()
    library = IdField()
    item = models.ForeignKey("stock.Item", on_delete=models.PROTECT, related_name="+")
    title = models.ForeignKey("catalog.Title", on_delete=models.PROTECT, related_name="+")
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+"
    )
    card = models.ForeignKey("patrons.Card", null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
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
    batch = models.ForeignKey(
        "catalog.Batch", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

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
            models.Index(
                fields=["batch"],
                name="circulation_loan_batch",
                condition=models.Q(batch__isnull=False),
            ),
            # What is still to be forgotten, however much was forgotten before.
            models.Index(
                fields=["returned_at"],
                name="circulation_remembered",
                condition=models.Q(returned_at__isnull=False, patron__isnull=False),
            ),
        ]


class DueShift(models.Model):
    """顺延: a due date moved by something other than a renewal. Never changed: a later change is
    another row.

    ``cause`` is what moved it (an operating phase), ``round`` the how-manieth time that did;
    ``base`` the due date before the cause first moved it, below which it never goes. A cause taken
    back ends on its base.
    """

    id = PrimaryKey()
    library = IdField()
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+", db_index=False)
    cause = IdField()
    round = models.PositiveSmallIntegerField()
    base = models.DateField()
    before = models.DateField()
    after = models.DateField()
    shifted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["loan", "cause", "round"], name="circulation_shifted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(after__gte=models.F("base")), name="circulation_shift_later"
            ),
        ]
        indexes = [models.Index(fields=["cause", "round"], name="circulation_shift_cause")]


class HoldShift(models.Model):
    """A date of a hold moved by an operating phase: the last day its copy is kept, or the last day it
    waits (``field``). Like `DueShift` never changed."""

    id = PrimaryKey()
    library = IdField()
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="+", db_index=False)
    field = models.CharField(max_length=12)
    cause = IdField()
    round = models.PositiveSmallIntegerField()
    base = models.DateField()
    before = models.DateField()
    after = models.DateField()
    shifted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hold", "field", "cause", "round"], name="circulation_hold_shifted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(field__in=["ready_until", "expires_on"]),
                name="circulation_hold_shift_field",
            ),
            models.CheckConstraint(
                condition=models.Q(after__gte=models.F("base")),
                name="circulation_hold_shift_later",
            ),
        ]


class LostCase(models.Model):
    """丢失、损坏: an item reported lost or damaged, and how that was settled.

    ``patron`` is who answers for it and is emptied when the case ends; the loan keeps its own link as
    long as the library keeps loans. ``settled_as``: '' (not yet), replaced, paid, waived. A case whose
    book came back has ``ended_as`` found; one taken back by mistake of the desk, cancelled.
    """

    id = PrimaryKey()
    library = IdField()
    item = models.ForeignKey("stock.Item", on_delete=models.PROTECT, related_name="+")
    title = models.ForeignKey(
        "catalog.Title", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    loan = models.ForeignKey(Loan, null=True, on_delete=models.PROTECT, related_name="+")
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=8)
    status_before = models.CharField(max_length=16)
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reported_at = models.DateTimeField()
    reported_by = models.CharField(max_length=64)
    why = models.CharField(max_length=200)
    settled_as = models.CharField(max_length=12, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=64, blank=True)
    settled_why = models.CharField(max_length=200, blank=True)
    amount_fen = models.PositiveIntegerField(null=True)
    replacement = models.ForeignKey(
        "stock.Item", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    wrote_off = models.BooleanField(default=False)
    ended_as = models.CharField(max_length=12, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                name="circulation_one_lost_case",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["lost", "damaged"]), name="circulation_lost_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(settled_as__in=["", "replaced", "paid", "waived"]),
                name="circulation_lost_settled",
            ),
        ]
        indexes = [models.Index(fields=["reported_at"], name="circulation_lost_reported")]


class PaperEntry(models.Model):
    """补录: a line written while the system was away, on paper or by an offline desk, and what became
    of it.

    ``key`` (a keyed hash of what the line says) makes the same line entered twice one line, and so
    does ``corrected``, the key of the line as somebody corrected it. ``state``: pending (of an offline
    desk, not merged yet), done (acted), known (was on record already), conflict (kept until somebody
    settles it), settled (settled by hand, with a note), undone (taken back by its own offline desk).
    ``card`` and ``reasons`` are emptied when the library forgets its answers; an open conflict keeps
    them.
    """

    id = PrimaryKey()
    key = models.CharField(max_length=32, unique=True)
    corrected = models.CharField(max_length=32, null=True, unique=True)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=12)
    occurred_at = models.DateTimeField()
    card = models.CharField(max_length=40, blank=True)
    barcode = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    title_text = models.CharField(max_length=500, blank=True)
    due_on = models.DateField(null=True)
    reasons = models.TextField(blank=True)
    loan = IdField(null=True)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=64)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(act__in=["check_out", "check_in", "renew", "in_house", "undo"]),
                name="circulation_paper_act",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["pending", "done", "known", "conflict", "settled", "undone"]
                ),
                name="circulation_paper_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["place", "occurred_at"],
                name="circulation_paper_open",
                condition=models.Q(state="conflict"),
            ),
            models.Index(
                fields=["occurred_at"],
                name="circulation_paper_pending",
                condition=models.Q(state="pending"),
            ),
        ]


class Journal(models.Model):
    """How far the journal of an offline desk has come: its last line in unbroken order, that line's
    seal and time. ``offset_ms`` is how far the library's clock was ahead of the device's at the last
    contact."""

    device = models.OneToOneField("places.Device", primary_key=True, on_delete=models.PROTECT)
    counter = models.BigIntegerField(default=0)
    mac = models.CharField(max_length=64)
    at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    offset_ms = models.BigIntegerField(default=0)


class JournalLine(models.Model):
    """A line of an offline desk's journal, for ever: the same line sent again is this one, another
    line of the same number stands beside it and never in its place.

    ``chained``: it follows unbroken on the device's line before it; ``let_in``: it doesn't, but
    somebody let it in. Either may be merged. ``before`` is what merging it changed, to take it back for a line that comes later but
    happened earlier; ``attempts`` counts the merges. ``told``: the due date the reader was told;
    ``undoes``: the seal of the line an undo takes back; ``clerk``: the account that worked, as the
    device was told.
    """

    id = PrimaryKey()
    entry = models.OneToOneField(PaperEntry, on_delete=models.PROTECT, related_name="journal")
    device = models.ForeignKey(
        "places.Device", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    counter = models.BigIntegerField()
    mac = models.CharField(max_length=64)
    prev = models.CharField(max_length=64)
    device_at = models.DateTimeField()
    told = models.DateField(null=True)
    undoes = models.CharField(max_length=64, blank=True, default="")
    clerk = models.CharField(max_length=64, blank=True, default="")
    clock_unsure = models.BooleanField(default=False)
    chained = models.BooleanField(default=False)
    let_in = models.BooleanField(default=False)
    patron = IdField(null=True)
    before = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "counter", "mac"], name="circulation_journal_line_once"
            ),
            models.UniqueConstraint(
                fields=["device", "counter"],
                name="circulation_journal_chain_once",
                condition=models.Q(chained=True),
            ),
        ]
