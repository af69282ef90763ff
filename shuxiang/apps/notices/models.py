"""What readers are told, by which channel, and what became of it."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Notice(models.Model):
    """One thing a reader is to be told. ``key`` names it: the same thing is never told twice.
    ``facts`` are what its text is made of; ``dropped`` says why it was not told after all."""

    id = PrimaryKey()
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20)
    patron = IdField()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    subject = IdField(null=True)
    facts = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    not_before = models.DateTimeField()
    state = models.CharField(max_length=8, default="waiting")
    dropped = models.CharField(max_length=20, blank=True)
    telling = models.ForeignKey(
        "Telling", null=True, on_delete=models.CASCADE, related_name="notices"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "told", "dropped"]),
                name="notices_notice_state",
            )
        ]
        indexes = [
            models.Index(
                fields=["patron"],
                name="notices_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["made_at"], name="notices_made"),
        ]


class Telling(models.Model):
    """Everything a reader is told at once, merged: a message by each channel used for it."""

    id = PrimaryKey()
    patron = IdField(db_index=True)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    at = models.DateTimeField()
    kinds = models.CharField(max_length=200)
    needed = models.BooleanField(default=False)


class Message(models.Model):
    """A telling in one channel. Its id is the key by which no channel sends it twice. ``sending`` is
    written before a channel is asked, so that a crash leaves it known and not repeated."""

    id = PrimaryKey()
    telling = models.ForeignKey(Telling, on_delete=models.CASCADE, related_name="messages")
    channel = models.CharField(max_length=8)
    subject = models.CharField(max_length=120, blank=True)
    text = models.TextField()
    state = models.CharField(max_length=8, default="queued")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["telling", "channel"], name="notices_channel_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sending", "sent", "failed", "unknown"]),
                name="notices_message_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try"],
                name="notices_queued",
                condition=models.Q(state="queued"),
            )
        ]


class Attempt(models.Model):
    """A try to deliver, for good: what, by which channel, how it went. No reader and no address."""

    id = PrimaryKey()
    message = IdField(db_index=True)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8)
    kinds = models.CharField(max_length=200)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    day = models.DateField()
    outcome = models.CharField(max_length=10)
    fault = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["day", "channel"], name="notices_attempt_day")]


class ReaderChannel(models.Model):
    """What a reader says of a channel, and whether it fails. ``address`` is encrypted (the mail
    address; phones stay with the reader); ``code_hash`` waits to be typed in. ``failing_hash`` is of
    the address that failed: another address is another chance."""

    id = PrimaryKey()
    patron = IdField()
    channel = models.CharField(max_length=8)
    on = models.BooleanField(null=True)
    said_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=600, blank=True)
    address_hash = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    failing_why = models.CharField(max_length=20, blank=True)
    failing_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patron", "channel"], name="notices_reader_channel")
        ]


class OptOut(models.Model):
    """A kind of notice a reader doesn't want."""

    id = PrimaryKey()
    patron = IdField()
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patron", "kind"], name="notices_opt_out_once")
        ]


class WechatConsent(models.Model):
    """How many messages of a template a reader still lets WeChat send: one a tap of theirs."""

    id = PrimaryKey()
    patron = IdField()
    template = models.CharField(max_length=64)
    remaining = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patron", "template"], name="notices_wechat_once")
        ]


class Template(models.Model):
    """A library's own words for a kind of notice, in place of the shipped ones."""

    id = PrimaryKey()
    library = models.ForeignKey("places.Place", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=120)
    long = models.TextField()
    short = models.CharField(max_length=300)
    account = models.CharField(max_length=64)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["library", "kind"], name="notices_template_once")
        ]


class Scan(models.Model):
    """That a site's loans were looked through for due-soon or overdue ones on a day."""

    id = PrimaryKey()
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    found = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "day"], name="notices_scan_once")]
