"""Bibliographic records, where they came from, and what an import left aside; duplicates and merges
are in `upkeep_models`."""

from __future__ import annotations

from django.db import models

from shuxiang.apps.catalog.authority_models import Authority as Authority
from shuxiang.apps.catalog.authority_models import AuthorityLink as AuthorityLink
from shuxiang.apps.catalog.authority_models import AuthorityName as AuthorityName
from shuxiang.apps.catalog.class_models import AuthorCode as AuthorCode
from shuxiang.apps.catalog.class_models import ClassEntry as ClassEntry
from shuxiang.apps.catalog.edit_models import EditBatch as EditBatch
from shuxiang.apps.catalog.edit_models import EditRow as EditRow
from shuxiang.apps.catalog.upkeep_models import Duplicate as Duplicate
from shuxiang.apps.catalog.upkeep_models import DuplicateSearch as DuplicateSearch
from shuxiang.apps.catalog.upkeep_models import Merge as Merge
from shuxiang.apps.catalog.upkeep_models import MergeMoved as MergeMoved
from shuxiang.ledger.fields import IdField, PrimaryKey


class Batch(models.Model):
    """One import: found again by its short number, resumed from ``offset``, undone as a whole.

    ``kind``: marc (``offset`` is a byte), or holdings, readers, loans from a spreadsheet (``offset``
    is a row). ``profile`` is how it is read, ``options`` what was asked for, ``control`` the running
    counts of the control sheet. ``status``: draft (uploaded, looked at), queued, running, done,
    failed, undoing, undone. ``file_path`` is where an uploaded file lies below the home, until it
    is done; ``started_by`` the account that uploaded it.
    """

    id = PrimaryKey()
    library = IdField()
    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=16, default="marc")
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    file_size = models.BigIntegerField()
    charset = models.CharField(max_length=16, blank=True)
    format = models.CharField(max_length=8, blank=True)
    profile = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    control = models.JSONField(default=dict)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT)
    status = models.CharField(max_length=12, default="running")
    offset = models.BigIntegerField(default=0)
    records = models.PositiveIntegerField(default=0)
    titles = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    file_path = models.CharField(max_length=120, blank=True, default="", db_default="")
    started_by = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["library", "file_sha256", "place", "kind"],
                name="catalog_batch_file_once",
                condition=~models.Q(status="undone"),
            )
        ]


class Title(models.Model):
    """书目（种）: what every screen needs of a record; the record itself is in `Source`.

    ``updated_at`` is when the last change was recorded, which orders what others harvest.
    ``extra`` is `rules.Extra` as JSON: what only search and the title page want. ``least_age``: the
    age mark, not lent to younger readers.
    """

    id = PrimaryKey()
    library = IdField()
    batch = models.ForeignKey(
        Batch, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=12)
    title = models.CharField(max_length=500)
    subtitle = models.CharField(max_length=500, blank=True)
    volume = models.CharField(max_length=120, blank=True)
    responsibility = models.CharField(max_length=500, blank=True)
    edition = models.CharField(max_length=120, blank=True)
    publication_place = models.CharField(max_length=120, blank=True)
    publisher = models.CharField(max_length=200, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    extent = models.CharField(max_length=200, blank=True)
    isbn = models.CharField(max_length=24, blank=True)
    price_fen = models.PositiveIntegerField(null=True)
    language = models.CharField(max_length=3, blank=True)
    audience = models.CharField(max_length=3, blank=True)
    genre = models.CharField(max_length=1, blank=True)
    clc = models.CharField(max_length=60, blank=True)
    clc_sort = models.CharField(max_length=120, blank=True)
    main_class = models.CharField(max_length=1, blank=True, db_index=True)
    abstract = models.TextField(blank=True)
    extra = models.TextField(blank=True)
    least_age = models.PositiveSmallIntegerField(null=True)
    alias_of = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["batch", "position"], name="catalog_title_batch"),
            models.Index(fields=["clc_sort"], name="catalog_title_clc"),
            models.Index(fields=["updated_at"], name="catalog_title_changed"),
            models.Index(fields=["title"], name="catalog_title_proper"),
            models.Index(
                fields=["alias_of"],
                name="catalog_title_alias",
                condition=models.Q(alias_of__isnull=False),
            ),
        ]


class RemovedTitle(models.Model):
    """What is kept of a title that is gone, so that who harvested it learns that it is."""

    id = PrimaryKey()
    library = IdField()
    main_class = models.CharField(max_length=1, blank=True)
    removed_at = models.DateTimeField(db_index=True)


class Identifier(models.Model):
    """ISBN (13 digits where it can be), ISSN, 统一书号 or source number: no uniqueness, Chinese
    publishers reuse ISBNs."""

    id = PrimaryKey()
    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["value", "kind"], name="catalog_identifier_value")]


class Source(models.Model):
    """The record as it came, byte for byte. ``edited`` is set once our own form replaces it; the
    bytes it came in are then in ``original``."""

    title = models.OneToOneField(Title, primary_key=True, on_delete=models.CASCADE)
    format = models.CharField(max_length=8)
    charset = models.CharField(max_length=16)
    data = models.BinaryField()
    edited = models.BooleanField(default=False)
    original = models.BinaryField(null=True)


class Quarantined(models.Model):
    """A record that could not be read, or an item that could not be added, with its bytes, until a
    person has looked at it. ``kind``: record, item (``data`` is its holdings field), row of a
    spreadsheet (its cells as JSON, encrypted where they tell of readers), or claim: a row that was
    taken and that says something to be reconciled."""

    id = PrimaryKey()
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, default="record")
    position = models.PositiveIntegerField()
    offset = models.BigIntegerField()
    reason = models.CharField(max_length=60)
    detail = models.CharField(max_length=300, blank=True)
    barcode = models.CharField(max_length=40, blank=True)
    data = models.BinaryField()


class NumberSeries(models.Model):
    """种次号: the last number given in one class of one series. ``scope`` is the place that numbers
    (the library, or a branch that numbers for itself), ``collection`` what stands apart within it."""

    id = PrimaryKey()
    library = IdField()
    scope = IdField()
    collection = models.CharField(max_length=40, blank=True)
    class_number = models.CharField(max_length=60)
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "collection", "class_number"], name="catalog_series_once"
            )
        ]


class TitleNumber(models.Model):
    """The class and book number a title has in one series: what its next copy gets. Editions and
    volumes of one work may share a number, so it is not unique."""

    id = PrimaryKey()
    library = IdField()
    scope = IdField()
    collection = models.CharField(max_length=40, blank=True)
    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="+")
    class_number = models.CharField(max_length=60)
    book_number = models.CharField(max_length=20)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["title", "scope", "collection"], name="catalog_title_number_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["scope", "collection", "class_number"], name="catalog_number_class"
            )
        ]


class TitleChange(models.Model):
    """A correction of a title: its short fields before and after, and the record as it was."""

    id = PrimaryKey()
    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="+")
    changed_at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    before = models.JSONField()
    after = models.JSONField()
    charset = models.CharField(max_length=16)
    data = models.BinaryField()


class Pending(models.Model):
    """待编: a title entered with what was at hand, waiting for a cataloguer. ``why``: stub (nothing
    but a number and a title was known) or unchecked (copied, not looked at yet)."""

    title = models.OneToOneField(Title, primary_key=True, on_delete=models.CASCADE)
    why = models.CharField(max_length=12)
    place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    since = models.DateTimeField(db_index=True)
    by = models.CharField(max_length=64)


class RecordTemplate(models.Model):
    """A new record's lines, by the library: its own, or in place of a shipped one of the same
    ``code``. Without lines the shipped one is not offered."""

    id = PrimaryKey()
    library = IdField()
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    format = models.CharField(max_length=8)
    lines = models.TextField(blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["library", "code"], name="catalog_template_once")
        ]
