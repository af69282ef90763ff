"""What others may ask about sites and drifting books. Frozen values only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from shuxiang.apps.catalog.queries.listing import is_id
from shuxiang.apps.drift import models, rules
from shuxiang.apps.drift.rules import COUNTS as COUNTS
from shuxiang.apps.drift.rules import KINDS as KINDS
from shuxiang.apps.drift.rules import STEPS as STEPS
from shuxiang.apps.drift.rules import Back as Back
from shuxiang.apps.places import queries as places
from shuxiang.runtime import sql
from shuxiang.runtime.secrets import lookup_hash

TRAIL = 30
"""Steps of a trail that a page shows."""


@dataclass(frozen=True, slots=True)
class SiteView:
    """A line of the register, with the names of its place."""

    id: str
    place: str
    name: str
    code: str
    address: str
    library: str
    kind: str
    plaque_on: date | None
    keeper: str
    phone: str
    agreement_from: date | None
    agreement_until: date | None
    agreement_file: str
    hours: str
    note: str
    ended_on: date | None


def _site(row: models.Site) -> SiteView:
    at = places.place(row.place_id)
    return SiteView(
        row.id,
        row.place_id,
        at.name,
        at.code,
        at.address,
        row.library,
        row.kind,
        row.plaque_on,
        row.keeper,
        row.phone,
        row.agreement_from,
        row.agreement_until,
        row.agreement_file,
        row.hours,
        row.note,
        row.ended_on,
    )


def sites(
    place_ids: Iterable[str] | None = None, *, kind: str = "", ended: bool = False
) -> tuple[SiteView, ...]:
    """The register, in the library's order of places: of every place unless some are named; those
    that have ended only when asked for."""
    rows: Any = models.Site.objects.all()
    if place_ids is not None:
        rows = rows.filter(place__in=list(place_ids))
    if kind:
        rows = rows.filter(kind=kind)
    if not ended:
        rows = rows.filter(ended_on=None)
    order = {p.id: n for n, p in enumerate(places.all_places())}
    return tuple(sorted(map(_site, rows), key=lambda s: order.get(s.place, len(order))))


def site(site_id: str) -> SiteView | None:
    row = models.Site.objects.filter(id=site_id).first() if is_id(site_id) else None
    return _site(row) if row else None


def token_hash(token: str) -> str:
    return lookup_hash("keeper-link", token)


def site_of_link(token: str) -> SiteView | None:
    """The site whose keeper's address this is; None once the address or the site has ended."""
    rows = models.KeeperLink.objects.filter(
        token_hash=token_hash(token), ended_at=None, site__ended_on=None
    )
    row = rows.select_related("site").first() if token else None
    return _site(row.site) if row else None


def links(site_id: str) -> tuple[tuple[str, datetime], ...]:
    """(id, made at) of a site's addresses that still work."""
    rows = models.KeeperLink.objects.filter(site=site_id, ended_at=None).order_by("made_at")
    return tuple(rows.values_list("id", "made_at"))


@dataclass(frozen=True, slots=True)
class BookView:
    """A drifting book. ``at`` is the site it was last seen at, '' while it is out."""

    id: str
    code: str
    title: str
    author: str
    home: str
    at: str
    moved_at: datetime
    added_on: date
    removed_on: date | None


def _book(row: models.Book) -> BookView:
    return BookView(
        row.id,
        row.code,
        row.title,
        row.author,
        row.home_id,
        row.at_id or "",
        row.moved_at,
        row.added_on,
        row.removed_on,
    )


def book_by_code(code: str) -> BookView | None:
    row = models.Book.objects.filter(code=code.upper()[:12]).first()
    return _book(row) if row else None


def books_of(site_id: str, *, offset: int = 0, limit: int = 50) -> tuple[BookView, ...]:
    """The books whose home a site is, in the order they were added."""
    rows = models.Book.objects.filter(home=site_id, removed_on=None).order_by("id")
    return tuple(map(_book, rows[offset : offset + limit]))


def books_here(site_id: str, limit: int = 500) -> tuple[BookView, ...]:
    """What should stand on a site's shelf now, by title."""
    rows = models.Book.objects.filter(at=site_id, removed_on=None).order_by("title", "code")
    return tuple(map(_book, rows[:limit]))


@dataclass(frozen=True, slots=True)
class Shelf:
    """A site's books in numbers: whose home it is, of these out; and what stands there now, guests
    included."""

    books: int = 0
    out: int = 0
    here: int = 0


def shelves(site_ids: Sequence[str]) -> dict[str, Shelf]:
    """In two statements however many sites."""
    home = {
        row["home"]: (row["books"], row["out"])
        for row in models.Book.objects.filter(home__in=site_ids, removed_on=None)
        .values("home")
        .annotate(books=Count("id"), out=Count("id", filter=Q(at=None)))
    }
    here = dict(
        models.Book.objects.filter(at__in=site_ids, removed_on=None)
        .values("at")
        .annotate(n=Count("id"))
        .values_list("at", "n")
    )
    return {s: Shelf(*home.get(s, (0, 0)), here.get(s, 0)) for s in site_ids}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a trail. ``place`` is the site's name; ``where`` the finder's own words."""

    kind: str
    at: datetime
    place: str
    where: str


def trail(book: str) -> tuple[Step, ...]:
    """Where a book has been, the newest first."""
    rows = models.Move.objects.filter(book=book).select_related("site").order_by("-at", "-id")
    names = {p.id: p.name for p in places.all_places()}
    return tuple(
        Step(r.kind, r.at, names.get(r.site.place_id, "") if r.site else "", r.where)
        for r in rows[:TRAIL]
    )


@dataclass(frozen=True, slots=True)
class CensusView:
    """A count of a shelf: what was found, and what it says of the whole between two bounds."""

    how: str
    day: date
    expected: int
    drawn: int | None
    found: int
    estimate: int
    low: int
    high: int


def censuses(site_id: str, limit: int = 12) -> tuple[CensusView, ...]:
    """The newest first."""
    rows = models.Census.objects.filter(site=site_id).order_by("-at", "-id")
    return tuple(
        CensusView(r.how, r.day, r.expected, r.drawn, r.found, r.estimate, r.low, r.high)
        for r in rows[:limit]
    )


@dataclass(frozen=True, slots=True)
class ProblemView:
    id: str
    site: str
    text: str
    at: datetime
    settled_at: datetime | None
    answer: str


def problems(site_ids: Sequence[str], *, open_only: bool = True) -> tuple[ProblemView, ...]:
    """What keepers report, the newest first."""
    rows = models.Problem.objects.filter(site__in=list(site_ids))
    rows = rows.filter(settled_at=None) if open_only else rows
    return tuple(
        ProblemView(r.id, r.site_id, r.text, r.at, r.settled_at, r.answer)
        for r in rows.order_by("-at")[:50]
    )


_STEPS = (
    "SELECT m.book_id, m.day, m.kind FROM drift_move m JOIN drift_book b ON b.id = m.book_id "
    "WHERE b.home_id IN ({}) AND m.day <= ? ORDER BY m.at, m.id"
)


def came_back(site_ids: Sequence[str], first: date, last: date) -> Back:
    """回漂率 of the books whose homes the sites are (`rules.came_back`)."""
    if not site_ids:
        return Back(0, 0)
    return rules.came_back(
        sql.all(_STEPS.format(sql.marks(len(site_ids))), *site_ids, last), first, last
    )
