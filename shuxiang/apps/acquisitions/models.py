"""What is bought and given: money set aside for it, who sells it, what was asked for, ordered,
received, paid and thanked for. Money in 分, rates in hundredths of a percent (6800: 68.00 %)."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Fund(models.Model):
    """经费: money of one year and source. What is left of it is the sum of its entries."""

    id = PrimaryKey()
    library = IdField()
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    source = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["library", "year", "code"], name="acquisitions_fund_once"
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=["budget", "special", "donated", "other"]),
                name="acquisitions_fund_source",
            ),
        ]


class FundEntry(models.Model):
    """A movement of a fund, never changed. ``kind``: budget, encumbered (by an order), spent (by an
    invoice); ``amount_fen`` is negative where it is taken back. ``subject``: the order line or
    invoice."""

    id = PrimaryKey()
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10)
    amount_fen = models.BigIntegerField()
    subject = IdField(null=True)
    note = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["budget", "encumbered", "spent"]),
                name="acquisitions_entry_kind",
            )
        ]


class Supplier(models.Model):
    """书商, with the rate of the list price that is usually paid to it."""

    id = PrimaryKey()
    library = IdField()
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    rate = models.PositiveIntegerField(default=10_000)
    contact = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    mail = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["library", "code"], name="acquisitions_supplier_once"),
            models.CheckConstraint(
                condition=models.Q(rate__lte=20_000), name="acquisitions_supplier_rate"
            ),
        ]


class Order(models.Model):
    """征订单: what is ordered of one supplier from one fund, received at ``place``. ``state``: draft,
    placed, closed, cancelled."""

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=40, unique=True)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="+")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="draft")
    note = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    placed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "placed", "closed", "cancelled"]),
                name="acquisitions_order_state",
            )
        ]
        indexes = [models.Index(fields=["place", "opened_at"], name="acquisitions_order_place")]


class OrderLine(models.Model):
    """One title of an order. ``price_fen`` is the list price of a copy (码洋), ``rate`` what of it is
    paid; ``cancelled`` copies are not waited for any more; ``damaged`` ones came and went back;
    ``invoiced`` are on invoices that stand. ``title``: the record its copies hang on."""

    id = PrimaryKey()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    isbn = models.CharField(max_length=24, blank=True)
    title_text = models.CharField(max_length=300)
    author = models.CharField(max_length=200, blank=True)
    publisher = models.CharField(max_length=120, blank=True)
    year = models.CharField(max_length=20, blank=True)
    price_fen = models.PositiveIntegerField()
    rate = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField(default=0)
    damaged = models.PositiveIntegerField(default=0)
    invoiced = models.PositiveIntegerField(default=0)
    title = models.ForeignKey(
        "catalog.Title", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="acquisitions_line_position")
        ]
        indexes = [models.Index(fields=["isbn"], name="acquisitions_line_isbn")]


class LineShare(models.Model):
    """How many copies of a line a place is to get, and how many were received for it."""

    id = PrimaryKey()
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="shares")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    copies = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "place"], name="acquisitions_share_once")
        ]


class LineItem(models.Model):
    """A copy that came with an order line, the item it became, and whose share it was."""

    id = PrimaryKey()
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="items")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    item = models.OneToOneField("stock.Item", on_delete=models.CASCADE, related_name="+")
    received_at = models.DateTimeField()


class Invoice(models.Model):
    """发票: what a supplier asks for. ``total_fen`` is paid, freight included; the nets of its lines
    and the freight sum to it. ``voided_at``: entered by mistake, counts no more."""

    id = PrimaryKey()
    library = IdField()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField(max_length=40)
    dated = models.DateField()
    freight_fen = models.PositiveIntegerField(default=0)
    total_fen = models.BigIntegerField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=64)
    voided_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "number"],
                name="acquisitions_invoice_once",
                condition=models.Q(voided_at__isnull=True),
            )
        ]


class InvoiceLine(models.Model):
    """Copies of an order line on an invoice: 码洋 and 实洋."""

    id = PrimaryKey()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="+")
    copies = models.PositiveIntegerField()
    list_fen = models.BigIntegerField()
    net_fen = models.BigIntegerField()


class Suggestion(models.Model):
    """荐购: a book readers ask the library to buy. The same book is one suggestion however many ask.
    ``key`` is what it is recognised by; ``state``: asked, accepted, declined, ordered, arrived."""

    id = PrimaryKey()
    library = IdField()
    key = models.CharField(max_length=120)
    isbn = models.CharField(max_length=24, blank=True)
    title_text = models.CharField(max_length=200)
    author = models.CharField(max_length=120, blank=True)
    publisher = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, default="asked")
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, blank=True)
    why = models.CharField(max_length=200, blank=True)
    line = models.ForeignKey(
        OrderLine, null=True, on_delete=models.SET_NULL, related_name="suggestions"
    )
    title = models.ForeignKey(
        "catalog.Title", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["library", "key"],
                name="acquisitions_suggested_once",
                condition=models.Q(state__in=["asked", "accepted", "ordered"]),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["asked", "accepted", "declined", "ordered", "arrived"]
                ),
                name="acquisitions_suggestion_state",
            ),
        ]
        indexes = [models.Index(fields=["state", "asked_at"], name="acquisitions_suggestion_by")]


class Asking(models.Model):
    """A reader who asked for a suggestion; deleted some time after it was answered. ``hold``: the book
    is to be reserved for them at ``pickup`` when it comes."""

    id = PrimaryKey()
    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="askings")
    patron = models.ForeignKey("patrons.Patron", on_delete=models.CASCADE, related_name="+")
    hold = models.BooleanField(default=False)
    pickup = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "patron"], name="acquisitions_asked_once")
        ]


class Donation(models.Model):
    """赠书: what one giver gave at one time. ``anonymous``: no name leaves the office; ``public``: the
    giver agreed to be thanked by name in public. ``certificate`` is its number in ``year``, 0 for
    none yet. ``undone_at``: entered by mistake."""

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=40, unique=True)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    giver = models.CharField(max_length=120)
    kind = models.CharField(max_length=12)
    contact = models.CharField(max_length=120, blank=True)
    anonymous = models.BooleanField(default=False)
    public = models.BooleanField(default=False)
    given_on = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    year = models.PositiveSmallIntegerField()
    certificate = models.PositiveIntegerField(default=0)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=64)
    undone_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["person", "organisation"]),
                name="acquisitions_giver_kind",
            ),
            models.UniqueConstraint(
                fields=["library", "year", "certificate"],
                name="acquisitions_certificate_once",
                condition=models.Q(certificate__gt=0),
            ),
        ]
        indexes = [models.Index(fields=["place", "given_on"], name="acquisitions_donation_place")]


class DonatedItem(models.Model):
    """A copy that came as a gift."""

    id = PrimaryKey()
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="items")
    item = models.OneToOneField("stock.Item", on_delete=models.CASCADE, related_name="+")
    added_at = models.DateTimeField()
