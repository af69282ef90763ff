"""The plan that goes with an operating phase."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Task(models.Model):
    """任务、举措、责任: something to be done for a phase, by whom and until when."""

    id = PrimaryKey()
    library = IdField()
    phase = models.ForeignKey("places.OperatingPhase", on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=200)
    who = models.CharField(max_length=40, blank=True)
    until = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=64, blank=True)
    written_at = models.DateTimeField()
