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
