"""What a library decides about searching."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from shuxiang.ledger.fields import PrimaryKey


class Variant(models.Model):
    """Spellings of one word, 异形词, beside those shipped: "身份 身分", each once, in code order.

    With ``active`` False a shipped row, or this one, is not used.
    """

    id = PrimaryKey()
    spellings = models.CharField(max_length=120)
    active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["spellings"], name="search_variant_spellings"),
        ]
