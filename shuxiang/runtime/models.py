"""Tables of the runtime: answered requests, jobs, heartbeats."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Request(models.Model):
    """An answered request: asked again with the same key it gets the same answer."""

    id = IdField(primary_key=True)
    command = models.CharField(max_length=60)
    body = models.CharField(max_length=32)
    refused = models.BooleanField(default=False)
    outcome = models.TextField()
    created_at = models.DateTimeField(db_index=True)


class Frame(models.Model):
    """What a terminal was answered, so that the same frame again gets the same answer
    (`shuxiang.runtime.frames`). ``marks``: the events that were then the last of their items."""

    id = IdField(primary_key=True)
    marks = models.TextField()
    answer = models.TextField()
    at = models.DateTimeField(db_index=True)


class Job(models.Model):
    """Background work: a row is the queue."""

    id = PrimaryKey()
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    run_after = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)


class Heartbeat(models.Model):
    """When a part of the process group last said that it lives, and what it said."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)


class Revision(models.Model):
    """Names the present state of a group of rarely changed rows (`shuxiang.runtime.revision`)."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField(default=0)


class Fact(models.Model):
    """Something the installation must remember of itself, such as which key its numbers open with."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.CharField(max_length=200)


class Backup(models.Model):
    """A backup that was made, or failed: what it holds, whether it was restored as a test."""

    id = PrimaryKey()
    kind = models.CharField(max_length=10)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField()
    path = models.TextField(blank=True)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    ledger_seq = models.BigIntegerField(default=0)
    good = models.BooleanField()
    tested = models.BooleanField(default=False)
    encrypted = models.BooleanField(default=False)
    detail = models.TextField(blank=True)
    removed_at = models.DateTimeField(null=True)


class Throttle(models.Model):
    """How often something was tried under a key in a window of time (`shuxiang.runtime.throttle`).
    ``key`` is a keyed hash; ``ends`` is the window's end in seconds since 1970."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    ends = models.BigIntegerField(db_index=True)


class Change(models.Model):
    """Who changed which record, rule or setting, before and after (`shuxiang.runtime.changes`).
    Append-only by triggers. ``before`` and ``after`` are JSON objects of the fields that differ."""

    id = PrimaryKey()
    request = IdField()
    at = models.DateTimeField(db_index=True)
    recorded_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=64, blank=True)
    session = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=12)
    service_point = IdField(null=True)
    place = IdField(null=True)
    command = models.CharField(max_length=60)
    action = models.CharField(max_length=16)
    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    before = models.TextField()
    after = models.TextField()
    why = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "subject"], name="runtime_change_subject"),
            models.Index(fields=["actor"], name="runtime_change_actor"),
        ]


class ChangePending(models.Model):
    """A committed change that has no seal yet."""

    change = IdField(primary_key=True)


class ChangeSeal(models.Model):
    """The order of committed changes and the hash chain over them. Written by the worker alone."""

    seq = models.BigIntegerField(primary_key=True)
    change = IdField(unique=True)
    seal = models.CharField(max_length=64)
