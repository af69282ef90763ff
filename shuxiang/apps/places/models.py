"""The tree of places, their settings and calendars."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Place(models.Model):
    """A node of the one tree: network → main library → branch → service point. A ``partner`` is another
    library whose cards and books are met here; it is in no list and no figure of ours.

    ``path`` is the codes from the root down, ``/heyuan/main/east/``: a subtree is a prefix.
    ``library`` is the nearest place at or above that owns barcodes and card numbers.
    """

    id = PrimaryKey()
    kind = models.CharField(max_length=16)
    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, unique=True)
    library = IdField(db_index=True)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["network", "main_library", "branch", "service_point", "partner"]
                ),
                name="places_kind",
            ),
        ]


class Setting(models.Model):
    """One setting said at one place; places below inherit it and know where it comes from."""

    id = PrimaryKey()
    place = models.ForeignKey(Place, on_delete=models.CASCADE)
    key = models.CharField(max_length=60)
    value = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "key"], name="places_setting_once")]


class Location(models.Model):
    """馆藏地点: a collection or room of a place where items stand."""

    id = PrimaryKey()
    place = models.ForeignKey(Place, on_delete=models.PROTECT)
    code = models.CharField(max_length=24)
    name = models.CharField(max_length=80)
    open_stack = models.BooleanField(default=True)
    for_children = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "code"], name="places_location_once")
        ]


class WeeklyHours(models.Model):
    """Opening hours of one weekday (0 Monday … 6 Sunday) in a period. No row: closed that weekday,
    if the place has any row then; a place without rows keeps no hours and counts as always open."""

    id = PrimaryKey()
    place = models.ForeignKey(Place, on_delete=models.CASCADE)
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    include_branches = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "weekday", "opens", "valid_from"], name="places_hours_once"
            ),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="places_weekday"),
        ]


class CalendarDay(models.Model):
    """A day on which a place departs from its week: closed, or open at other hours. Past days are
    never deleted: opening days of a year are counted from them."""

    id = PrimaryKey()
    place = models.ForeignKey(Place, on_delete=models.CASCADE)
    day = models.DateField()
    open = models.BooleanField()
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)
    reason = models.CharField(max_length=120)
    include_branches = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "day"], name="places_day_once")]


class Holiday(models.Model):
    """A statutory holiday, or a weekend day worked in exchange (调休). Editable: the State Council
    announces each year's days in November of the year before."""

    day = models.DateField(primary_key=True)
    name = models.CharField(max_length=40)
    working = models.BooleanField(default=False)


class Announcement(models.Model):
    """公告: plain text for readers, shown from its first day to its last at its places."""

    id = PrimaryKey()
    title = models.CharField(max_length=80)
    text = models.TextField()
    first_day = models.DateField()
    last_day = models.DateField(null=True)
    account = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-first_day"], name="places_news_by_day")]


class AnnouncementPlace(models.Model):
    """A place that an announcement is about, with everything below it."""

    id = PrimaryKey()
    announcement = models.ForeignKey(
        Announcement, on_delete=models.CASCADE, related_name="about_places"
    )
    place = models.ForeignKey(Place, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["announcement", "place"], name="places_news_place_once")
        ]


class PageText(models.Model):
    """A text of the public pages in a place's own words, such as 本馆概况."""

    id = PrimaryKey()
    place = models.ForeignKey(Place, on_delete=models.CASCADE)
    key = models.CharField(max_length=20)
    text = models.TextField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "key"], name="places_text_once")]


class Device(models.Model):
    """A machine that acts at a place: SIP2 terminal, self-service machine, gate, offline desk, screen, or
    another system that asks in a reader's name (client).

    ``secret_hash`` is what proves it; ``settings`` is what its door reads of it.
    """

    id = PrimaryKey()
    library = IdField()
    place = models.ForeignKey(Place, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8)
    login = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    secret_hash = models.CharField(max_length=160)
    active = models.BooleanField(default=True)
    settings = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "login"], name="places_device_login_once"),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["sip2", "kiosk", "gate", "offline", "screen", "client"]
                ),
                name="places_device_kind",
            ),
        ]


class OperatingPhase(models.Model):
    """开放阶段: one dated record of how a place runs from a day to a day: closed, limited or normal.

    In force once it is applied (``state`` applying or applied); a draft and one taken back have no
    effect. ``round`` counts its applications: each later end is another, and its days from
    ``fresh_from`` on are new in it. ``counted``: the closed days that it alone has added to due dates,
    by place, so that of overlapping closures each day counts once. ``last_day`` null: until another
    phase follows.
    """

    id = PrimaryKey()
    library = IdField(db_index=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT)
    include_branches = models.BooleanField(default=False)
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=40)
    reason = models.CharField(max_length=120, blank=True)
    first_day = models.DateField()
    last_day = models.DateField(null=True)
    until_notice = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default="draft")
    round = models.PositiveSmallIntegerField(default=0)
    fresh_from = models.DateField(null=True)
    counted = models.JSONField(default=dict)
    hours = models.JSONField(default=dict)
    slot_minutes = models.PositiveSmallIntegerField(null=True)
    slot_quota = models.PositiveIntegerField(null=True)
    moment_quota = models.PositiveIntegerField(null=True)
    day_quota = models.PositiveIntegerField(null=True)
    checks = models.JSONField(default=list)
    lanes = models.JSONField(default=list)
    seats_off = models.PositiveSmallIntegerField(default=0)
    max_stay_minutes = models.PositiveSmallIntegerField(null=True)
    loan_days = models.PositiveSmallIntegerField(null=True)
    extra_loans = models.PositiveSmallIntegerField(default=0)
    due_mode = models.CharField(max_length=12, default="none")
    due_days = models.PositiveSmallIntegerField(default=0)
    spread_most = models.PositiveIntegerField(null=True)
    move_holds = models.BooleanField(default=True)
    quarantine_hours = models.PositiveSmallIntegerField(default=0)
    notice = models.TextField(blank=True)
    desk_notice = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=64)
    applied_at = models.DateTimeField(null=True)
    applied_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["closed", "limited", "normal"]),
                name="places_phase_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["draft", "applying", "applied", "reverting", "reverted"]
                ),
                name="places_phase_state",
            ),
            models.CheckConstraint(
                condition=models.Q(due_mode__in=["none", "closed_days", "reopening", "extra"]),
                name="places_phase_due_mode",
            ),
            models.CheckConstraint(
                condition=models.Q(last_day__isnull=True)
                | models.Q(last_day__gte=models.F("first_day")),
                name="places_phase_days",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="closed") | models.Q(last_day__isnull=False),
                name="places_phase_closed_ends",
            ),
        ]
        indexes = [models.Index(fields=["place", "first_day"], name="places_phase_by_day")]


class DeviceCall(models.Model):
    """A machine that asks for somebody: why, since when, and who came. One open call a machine and
    reason; ``code`` is a reason of its door."""

    id = PrimaryKey()
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="calls")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=32)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "code"],
                name="places_call_once",
                condition=models.Q(answered_at__isnull=True),
            )
        ]
        indexes = [
            models.Index(
                fields=["place", "at"],
                name="places_call_open",
                condition=models.Q(answered_at__isnull=True),
            )
        ]
