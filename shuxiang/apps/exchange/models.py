"""What goes out and comes back between libraries and branches: batches for groups, the partners we
share cards and books with."""

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


class Partner(models.Model):
    """Another library we work with, such as the city library: a place of the kind partner, whose cards
    and items carry its id. ``adapter``: how it is asked and told: off, manual or file."""

    place = models.OneToOneField(
        "places.Place", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    adapter = models.CharField(max_length=8, default="manual")
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(adapter__in=["off", "manual", "file"]),
                name="exchange_partner_adapter",
            )
        ]


class Agreement(models.Model):
    """What was agreed with a partner, from a day on: a dated row, never changed once in force.

    ``cards``: their cards are good here, under the rules of ``reader_category`` and at most
    ``loan_limit`` books; a card looks like ``card_prefix`` and ``card_digits`` digits. A check of the
    card holds for ``check_days``; without one, when the link is down, ``offline_limit`` books are lent
    (0: none). ``returns``: their books are taken back here, told by ``item_prefix`` and
    ``item_digits``. ``lending``: we borrow from them for our readers. ``our_cards``: ours are good there.
    """

    id = PrimaryKey()
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="agreements")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    cards = models.BooleanField(default=False)
    reader_category = models.ForeignKey(
        "patrons.Category", null=True, on_delete=models.PROTECT, related_name="+"
    )
    card_prefix = models.CharField(max_length=12, blank=True)
    card_digits = models.PositiveSmallIntegerField(default=0)
    loan_limit = models.PositiveSmallIntegerField(default=0)
    check_days = models.PositiveSmallIntegerField(default=1)
    offline_limit = models.PositiveSmallIntegerField(default=0)
    returns = models.BooleanField(default=False)
    item_prefix = models.CharField(max_length=12, blank=True)
    item_digits = models.PositiveSmallIntegerField(default=0)
    lending = models.BooleanField(default=False)
    our_cards = models.BooleanField(default=False)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "valid_from"], name="exchange_agreed_once")
        ]


class Visitor(models.Model):
    """A reader of a partner who came with their card: what the last check of it said, and when.
    ``state``: valid, invalid or unchecked."""

    patron = models.OneToOneField(
        "patrons.Patron", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="unchecked")
    checked_at = models.DateTimeField(null=True)
    checked_how = models.CharField(max_length=8, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["valid", "invalid", "unchecked"]),
                name="exchange_visitor_state",
            )
        ]


class Message(models.Model):
    """What a partner must be told, kept until it is: the link may be down for days. ``state``: waiting,
    done, or given_up by a clerk. ``key`` makes the same message one."""

    id = PrimaryKey()
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=80, unique=True)
    body = models.JSONField()
    state = models.CharField(max_length=10, default="waiting")
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"],
                name="exchange_message_waits",
                condition=models.Q(state="waiting"),
            )
        ]


class ForeignReturn(models.Model):
    """代还: a book of a partner given back here, waiting to be sent on."""

    id = PrimaryKey()
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    barcode = models.CharField(max_length=40)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    taken_by = models.CharField(max_length=64)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "barcode"],
                name="exchange_return_waits_once",
                condition=models.Q(sent_at__isnull=True),
            )
        ]


class InterLoan(models.Model):
    """馆际互借: a book borrowed from a partner for a reader of ours. ``state``: asked, received,
    returned, cancelled. ``patron`` is emptied with the loan history."""

    id = PrimaryKey()
    number = models.CharField(max_length=40, unique=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    patron = models.ForeignKey(
        "patrons.Patron", null=True, on_delete=models.PROTECT, related_name="+"
    )
    title_text = models.CharField(max_length=200)
    author = models.CharField(max_length=120, blank=True)
    isbn = models.CharField(max_length=24, blank=True)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, default="asked")
    item = models.ForeignKey("stock.Item", null=True, on_delete=models.PROTECT, related_name="+")
    back_by = models.DateField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=64)
    received_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["asked", "received", "returned", "cancelled"]),
                name="exchange_interloan_state",
            )
        ]
        indexes = [models.Index(fields=["place", "asked_at"], name="exchange_interloan_place")]


class Delivery(models.Model):
    """配送单: items on their way to a branch or service point. ``state``: packed, shipped, closed;
    ``why`` explains a difference at the receipt."""

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=40, unique=True)
    origin = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, default="packed")
    note = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    shipped_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["packed", "shipped", "closed"]),
                name="exchange_delivery_state",
            )
        ]


class DeliveryLine(models.Model):
    """An item of a delivery. ``state``: packed, shipped, received, missing, extra."""

    id = PrimaryKey()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="lines")
    item = models.ForeignKey("stock.Item", on_delete=models.PROTECT, related_name="+")
    transit = models.ForeignKey(
        "circulation.Transit", null=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                name="exchange_on_one_delivery",
                condition=models.Q(state__in=["packed", "shipped"]),
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["packed", "shipped", "received", "missing", "extra"]),
                name="exchange_line_state",
            ),
        ]


class Target(models.Model):
    """A catalogue of other libraries that records are copied from (套录): `targets.Profile` as a row.
    ``password`` is encrypted; ``position`` is the order results are shown in."""

    id = PrimaryKey()
    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8)
    address = models.CharField(max_length=300)
    port = models.PositiveIntegerField(default=210)
    database = models.CharField(max_length=120, blank=True)
    user = models.CharField(max_length=80, blank=True)
    password = models.CharField(max_length=400, blank=True)
    query_charset = models.CharField(max_length=12, default="utf-8")
    record_charset = models.CharField(max_length=12, default="utf-8")
    syntax = models.CharField(max_length=12, default="unimarc")
    attributes = models.JSONField(default=dict)
    negotiate = models.BooleanField(default=False)
    version = models.CharField(max_length=4, default="1.2")
    most = models.PositiveSmallIntegerField(default=10)
    seconds = models.PositiveSmallIntegerField(default=10)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)


class FoundRecord(models.Model):
    """A record a target answered with, for some days: what is previewed and taken over is what was
    shown, and nothing is fetched (and paid for) twice."""

    id = PrimaryKey()
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="+")
    source = models.BinaryField()
    source_charset = models.CharField(max_length=12)
    data = models.BinaryField()
    charset = models.CharField(max_length=12)
    found_at = models.DateTimeField(db_index=True)
    found_by = models.CharField(max_length=64)


class TakenRecord(models.Model):
    """A record taken over into the catalogue, in the bytes it came in, for good. ``title`` outlives
    the title. ``how``: added or overlaid."""

    id = PrimaryKey()
    title = IdField(db_index=True)
    target_name = models.CharField(max_length=60)
    how = models.CharField(max_length=8)
    source = models.BinaryField()
    source_charset = models.CharField(max_length=12)
    taken_at = models.DateTimeField()
    taken_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(how__in=["added", "overlaid"]), name="exchange_taken_how"
            )
        ]


class HarvestSource(models.Model):
    """Another library's catalogue, gathered by OAI-PMH. ``partner``: the library it is, where we work
    with it. ``keeps_deleted``: it tells deletions; of one that doesn't everything is gathered anew.

    ``changed_since``: what the next run asks from. Of the run under way: ``run`` (0: none), when it
    began by the repository's clock, its resumption token. ``gathered`` counts its records.
    """

    id = PrimaryKey()
    name = models.CharField(max_length=60, unique=True)
    partner = models.ForeignKey(Partner, null=True, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=300)
    prefix = models.CharField(max_length=40, default="oai_dc")
    set_spec = models.CharField(max_length=120, blank=True)
    every_hours = models.PositiveSmallIntegerField(default=24)
    active = models.BooleanField(default=True)
    by_day = models.BooleanField(default=False)
    keeps_deleted = models.BooleanField(default=False)
    changed_since = models.DateTimeField(null=True)
    runs = models.PositiveIntegerField(default=0)
    run = models.PositiveIntegerField(default=0)
    run_began = models.DateTimeField(null=True)
    token = models.TextField(blank=True)
    gathered = models.PositiveIntegerField(default=0)
    complete = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)


class ForeignTitle(models.Model):
    """A title of another library, apart from ours: never lent, counted or exported as ours. ``run``:
    the run it was last seen in; ``data`` its metadata as it came."""

    id = PrimaryKey()
    source = models.ForeignKey(HarvestSource, on_delete=models.CASCADE, related_name="+")
    identifier = models.CharField(max_length=200)
    run = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    author = models.CharField(max_length=200, blank=True)
    publisher = models.CharField(max_length=120, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    isbn = models.CharField(max_length=13, blank=True)
    title_key = models.CharField(max_length=120)
    author_key = models.CharField(max_length=80, blank=True)
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "identifier"], name="exchange_foreign_title_once"
            )
        ]
        indexes = [
            models.Index(fields=["isbn"], name="exchange_foreign_isbn"),
            models.Index(fields=["title_key"], name="exchange_foreign_key"),
            models.Index(fields=["author_key"], name="exchange_foreign_author"),
        ]
