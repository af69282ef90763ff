"""Tables a library imports under its own licence: classes, author numbers (`models` hands them on)."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import PrimaryKey


class ClassEntry(models.Model):
    """A class of the library's own classification table. ``parent`` is the code of the nearest class
    above it in the table, '' for none."""

    id = PrimaryKey()
    code = models.CharField(max_length=60, unique=True)
    sort = models.CharField(max_length=120, db_index=True)
    parent = models.CharField(max_length=60, blank=True, db_index=True)
    heading = models.CharField(max_length=200)
    note = models.CharField(max_length=1000, blank=True)


class AuthorCode(models.Model):
    """著者号码表: what a beginning of a name (Chinese or pinyin), or with four-corner codes one
    character, stands for."""

    id = PrimaryKey()
    key = models.CharField(max_length=40, unique=True)
    value = models.CharField(max_length=12)
