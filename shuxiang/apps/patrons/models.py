"""Readers, their cards, documents, guardians and consents. A reader is never a staff account."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Category(models.Model):
    """读者类型, with the ages it is for and how long its cards run."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=40)
    least_age = models.PositiveSmallIntegerField(null=True)
    most_age = models.PositiveSmallIntegerField(null=True)
    needs_guardian = models.BooleanField(default=False)
    valid_months = models.PositiveSmallIntegerField(default=60)
    for_groups = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)


class Patron(models.Model):
    """读者. Name and birth date stay readable for the desk; numbers and phones are encrypted and
    found by keyed hash. ``deposit_fen`` is the deposit held in 分; ``to_verify`` the codes of what a
    migration left to be verified, blank separated; ``batch`` the import that brought the reader."""

    id = PrimaryKey()
    library = IdField()
    home = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    born_on = models.DateField(null=True)
    sex = models.CharField(max_length=1, blank=True)
    phone = models.CharField(max_length=200, blank=True)
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    note = models.CharField(max_length=200, blank=True)
    suspended_until = models.DateField(null=True)
    suspended_why = models.CharField(max_length=120, blank=True)
    consent_withdrawn = models.BooleanField(default=False)
    deposit_fen = models.PositiveIntegerField(default=0, db_default=0)
    to_verify = models.CharField(max_length=120, blank=True, default="", db_default="")
    batch = models.ForeignKey(
        "catalog.Batch", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    history_shown = models.BooleanField(default=False, db_default=False)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["name", "born_on"], name="patrons_name_born"),
            models.Index(
                fields=["batch"], name="patrons_batch", condition=models.Q(batch__isnull=False)
            ),
        ]


class Card(models.Model):
    """读者证. Identity is (issuing library, number), replaced and closed ones included; a replaced
    card never opens the account again."""

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=40)
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="cards")
    status = models.CharField(max_length=12, default="active")
    first = models.BooleanField(default=True)
    channel = models.CharField(max_length=12)
    issued_at = models.DateTimeField()
    issued_on = models.DateField()
    issued_place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    expires_on = models.DateField()
    lost_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "library"], name="patrons_card_once"),
            models.UniqueConstraint(
                fields=["patron"],
                name="patrons_one_live_card",
                condition=models.Q(status__in=["active", "lost"]),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "lost", "replaced", "closed"]),
                name="patrons_card_status",
            ),
        ]


class Document(models.Model):
    """An identity document: encrypted number, keyed hash; one holder per document in the network."""

    id = PrimaryKey()
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=16)
    number = models.CharField(max_length=300)
    number_hash = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number_hash"],
                name="patrons_document_once",
                condition=models.Q(ended_at__isnull=True),
            )
        ]


class Guardian(models.Model):
    """Who answers for a child, or for a group (relation ``responsible``). The guardian's own number
    never counts as the child's."""

    id = PrimaryKey()
    child = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="guardians")
    name = models.CharField(max_length=80)
    relation = models.CharField(max_length=20)
    phone = models.CharField(max_length=200, blank=True)
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    document_kind = models.CharField(max_length=16)
    document_number = models.CharField(max_length=300)
    document_hash = models.CharField(max_length=64, db_index=True)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class Proxy(models.Model):
    """代理: ``proxy`` may borrow and renew for ``patron``, who agreed to it (or whose guardian did), from
    one day through another. Taken back, or not extended, the row stays as ended."""

    id = PrimaryKey()
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="proxies")
    proxy = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    given_by = models.CharField(max_length=12)
    channel = models.CharField(max_length=12)
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patron", "proxy"],
                name="patrons_proxy_once",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=~models.Q(patron=models.F("proxy")), name="patrons_proxy_other"
            ),
        ]


class Consent(models.Model):
    """What was agreed to, in which version, by whom, and when it was taken back."""

    id = PrimaryKey()
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=24)
    version = models.CharField(max_length=16)
    given_by = models.CharField(max_length=12)
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.PROTECT)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)


class CardSeries(models.Model):
    """The last card number given in a series; the row is the lock."""

    library = IdField(primary_key=True)
    last = models.BigIntegerField(default=0)


class CardIssue(models.Model):
    """A card on its way out of a self-service machine: reserved → dispensed → active, or ended before.

    Each step has its moment. Until it is active there is neither reader nor card: what was given stands
    in ``applicant``, sealed, and goes with the last step. ``number`` is '' while it is to be read from a
    card that comes with one.
    """

    id = PrimaryKey()
    library = IdField()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    device = IdField()
    number = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, default="reserved")
    applicant = models.TextField(blank=True)
    document_hash = models.CharField(max_length=64, blank=True)
    reserved_at = models.DateTimeField()
    dispensed_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=24, blank=True)
    patron = models.ForeignKey(Patron, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["reserved", "dispensed", "active", "ended"]),
                name="patrons_issue_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state="active", patron__isnull=False, dispensed_at__isnull=False)
                | (~models.Q(state="active") & models.Q(patron__isnull=True)),
                name="patrons_issue_holder",
            ),
            models.UniqueConstraint(
                fields=["document_hash"],
                name="patrons_issue_document",
                condition=models.Q(state__in=["reserved", "dispensed"])
                & ~models.Q(document_hash=""),
            ),
            models.UniqueConstraint(
                fields=["library", "number"],
                name="patrons_issue_number",
                condition=models.Q(state__in=["reserved", "dispensed"]) & ~models.Q(number=""),
            ),
        ]


class Contact(models.Model):
    """Where a reader may be written to, and what a machine is told besides: address and e-mail
    encrypted; ``internet`` is the profile that public computers know them under."""

    patron = models.OneToOneField(Patron, primary_key=True, on_delete=models.PROTECT)
    address = models.CharField(max_length=600, blank=True)
    email = models.CharField(max_length=400, blank=True)
    internet = models.CharField(max_length=40, blank=True)


class Unmasking(models.Model):
    """Who looked at an unmasked number, when and why (logged, never editable by the looker)."""

    id = PrimaryKey()
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT)
    account = models.CharField(max_length=64)
    at = models.DateTimeField()
    field = models.CharField(max_length=20)
    why = models.CharField(max_length=120)


class Pin(models.Model):
    """密码: what a reader proves themselves with where nobody looks at their face. Only its hash; a
    reader without a row can't sign in until the desk gives them one."""

    patron = models.OneToOneField(Patron, primary_key=True, on_delete=models.PROTECT)
    hash = models.CharField(max_length=128)
    must_change = models.BooleanField(default=True)
    set_at = models.DateTimeField()


class Credential(models.Model):
    """Something besides the reader card that names its reader at a sign-in: an identity document,
    later an account elsewhere. ``value_hash`` finds it, ``shown`` is its masked form. The live card
    names its reader by its own row and needs none here."""

    id = PrimaryKey()
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="credentials")
    kind = models.CharField(max_length=20)
    value_hash = models.CharField(max_length=64)
    shown = models.CharField(max_length=40)
    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT)
    channel = models.CharField(max_length=12)
    bound_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value_hash"],
                name="patrons_credential_once",
                condition=models.Q(ended_at__isnull=True),
            )
        ]


class ReaderSession(models.Model):
    """A reader signed in somewhere. The browser holds the token, this row its hash. ``acting_for``: the
    child or other reader whose loans they look at now. ``scope``: what a token of an interface is
    good for, blank separated; ``client``: the device that asked for it."""

    id = PrimaryKey()
    patron = models.ForeignKey(Patron, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    channel = models.CharField(max_length=12)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=16, blank=True)
    acting_for = models.ForeignKey(
        Patron, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    scope = models.CharField(max_length=200, blank=True, default="", db_default="")
    client = IdField(null=True)


class Guesses(models.Model):
    """Wrong sign-ins under one card or document number, known or not, by keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField(db_index=True)
