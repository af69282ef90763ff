"""The register of sites (亲子阅读体验基地, 服务点, 漂流小书屋) and the books that drift between them. No
reader is ever named here."""

from __future__ import annotations

from django.db import models

from shuxiang.ledger.fields import IdField, PrimaryKey


class Site(models.Model):
    """What is registered of a place outside the library's own houses: its sort, its plaque, who keeps
    it, what was agreed. ``keeper`` and ``phone`` are emptied when the site has ended."""

    id = PrimaryKey()
    library = IdField()
    place = models.OneToOneField("places.Place", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    plaque_on = models.DateField(null=True)
    keeper = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    agreement_from = models.DateField(null=True)
    agreement_until = models.DateField(null=True)
    agreement_file = models.CharField(max_length=80, blank=True)
    hours = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["reading_base", "service_point", "bookhouse"]),
                name="drift_site_kind",
            ),
        ]


class KeeperLink(models.Model):
    """An address by which a site's keeper counts its shelf without an account. Only the hash of its
    secret is stored."""

    id = PrimaryKey()
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)


class Book(models.Model):
    """漂流书: no due date, no borrower. ``code`` stands on its sticker. ``at`` is the site it was last
    seen at, empty while it is out; ``item`` the copy of our stock it was, if it was one."""

    id = PrimaryKey()
    library = IdField()
    code = models.CharField(max_length=12, unique=True)
    title = models.CharField(max_length=200)
    author = models.CharField(max_length=120, blank=True)
    home = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    at = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    item = models.OneToOneField("stock.Item", null=True, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField()
    added_on = models.DateField()
    removed_on = models.DateField(null=True)
    why = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["at", "title"],
                name="drift_book_here",
                condition=models.Q(removed_on__isnull=True),
            ),
            models.Index(fields=["home", "removed_on", "id"], name="drift_book_home"),
        ]


class Move(models.Model):
    """A step of a book's trail: took, put, left (``where`` in the finder's words), seen (by a count).
    Nobody's name, no address, no device."""

    id = PrimaryKey()
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8)
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    where = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    day = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["took", "put", "left", "seen"]),
                name="drift_move_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["book", "at"], name="drift_move_trail"),
            models.Index(fields=["day"], name="drift_move_day"),
        ]


class Census(models.Model):
    """A count of a site's shelf. ``how``: full (every book scanned), sample (``drawn`` of the
    ``expected`` looked for, ``found`` of them there), rough ("about ``found``"). ``low`` and ``high``
    bound what the count says of the whole; of a full count both are what was found."""

    id = PrimaryKey()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    how = models.CharField(max_length=8)
    day = models.DateField()
    at = models.DateTimeField()
    expected = models.PositiveIntegerField()
    drawn = models.PositiveIntegerField(null=True)
    found = models.PositiveIntegerField()
    estimate = models.PositiveIntegerField()
    low = models.PositiveIntegerField()
    high = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(how__in=["full", "sample", "rough"]), name="drift_census_how"
            ),
            models.CheckConstraint(
                condition=models.Q(low__lte=models.F("estimate"), high__gte=models.F("estimate")),
                name="drift_census_bounds",
            ),
        ]
        indexes = [models.Index(fields=["site", "at"], name="drift_census_site")]


class Problem(models.Model):
    """Something a keeper reports: a broken shelf, too few books."""

    id = PrimaryKey()
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=200)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=64, blank=True)
    answer = models.CharField(max_length=200, blank=True)
