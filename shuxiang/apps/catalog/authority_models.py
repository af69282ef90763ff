"""Authorities: persons, bodies and subjects with their names, and the titles that name them (`models`
hands them on)."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Authority(models.Model):
    """规范档: one person, body or subject under one heading. ``number`` is that of its record, which
    $3 of other records may name; ``linked``: the titles that name it have been looked for since it
    changed."""

    id = PrimaryKey()
    library = IdField()
    kind = models.CharField(max_length=8)
    heading = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    dates = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=500, blank=True)
    number = models.CharField(max_length=40, blank=True)
    charset = models.CharField(max_length=16, blank=True)
    data = models.BinaryField(null=True)
    linked = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["library", "number"],
                name="catalog_authority_number",
                condition=~models.Q(number=""),
            )
        ]
        indexes = [
            models.Index(fields=["kind", "key", "id"], name="catalog_authority_list"),
            models.Index(
                fields=["linked"],
                name="catalog_authority_waits",
                condition=models.Q(linked=False),
            ),
        ]


class AuthorityName(models.Model):
    """A name of an authority. ``relation``: heading, see (笔名、别名: a form not used) or also (参见:
    another authority, ``other`` where it is here)."""

    id = PrimaryKey()
    authority = models.ForeignKey(Authority, on_delete=models.CASCADE, related_name="+")
    relation = models.CharField(max_length=8)
    text = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    number = models.CharField(max_length=40, blank=True)
    other = models.ForeignKey(
        Authority, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        indexes = [models.Index(fields=["key"], name="catalog_authority_name")]


class AuthorityLink(models.Model):
    """A title names an authority; derived from its record, like what search knows."""

    id = PrimaryKey()
    title = models.ForeignKey("catalog.Title", on_delete=models.CASCADE, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["title", "authority"], name="catalog_link_once")
        ]
