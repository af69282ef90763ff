"""What readers asked for, and what was given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.apps.acquisitions import models
from shuxiang.runtime import sql


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """A suggestion and how many ask for it; ``order`` is where it is ordered."""

    id: str
    isbn: str
    title_text: str
    author: str
    publisher: str
    note: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    why: str
    title: str | None
    order: str | None
    order_number: str
    askers: int
    holds: int


_SUGGESTION = (
    "SELECT s.id, s.isbn, s.title_text, s.author, s.publisher, s.note, s.state, s.asked_at, "
    "s.decided_at, s.why, s.title_id, o.id, COALESCE(o.number, ''), "
    "(SELECT COUNT(*) FROM acquisitions_asking a WHERE a.suggestion_id = s.id), "
    "(SELECT COUNT(*) FROM acquisitions_asking a WHERE a.suggestion_id = s.id AND a.hold) "
    "FROM acquisitions_suggestion s LEFT JOIN acquisitions_orderline l ON l.id = s.line_id "
    "LEFT JOIN acquisitions_order o ON o.id = l.order_id WHERE "
)


def suggestions(
    library: str, states: Collection[str] = (), limit: int = 200
) -> tuple[SuggestionView, ...]:
    """The suggestions of a library, what most ask for first, then the oldest."""
    chosen = list(states)
    where = f"s.library = ? {f'AND s.state IN ({sql.marks(len(chosen))}) ' if chosen else ''}"
    rows = sql.all(_SUGGESTION + where + "ORDER BY 14 DESC, s.asked_at LIMIT ?",
                   library, *chosen, limit)  # fmt: skip
    return tuple(SuggestionView(*r) for r in rows)


def suggestion(suggestion_id: str) -> SuggestionView | None:
    row = sql.one(_SUGGESTION + "s.id = ?", suggestion_id)
    return SuggestionView(*row) if row else None


def suggestions_of(patron: str) -> tuple[SuggestionView, ...]:
    """What a reader asked for, the newest first."""
    rows = sql.all(
        _SUGGESTION + "s.id IN (SELECT suggestion_id FROM acquisitions_asking WHERE patron_id = ?) "
        "ORDER BY s.asked_at DESC LIMIT 50",
        patron,
    )
    return tuple(SuggestionView(*r) for r in rows)


@dataclass(frozen=True, slots=True)
class AskerView:
    """Who asked, and whether it is to be reserved for them, where."""

    patron: str
    hold: bool
    pickup: str


def askers(suggestion_id: str) -> tuple[AskerView, ...]:
    """Who asked for a suggestion, in the order they did."""
    rows = models.Asking.objects.filter(suggestion=suggestion_id).order_by("asked_at", "id")
    return tuple(AskerView(r.patron_id, r.hold, r.pickup_id) for r in rows)


@dataclass(frozen=True, slots=True)
class DonationView:
    """A gift with what it is worth: 种, 册, 码洋."""

    id: str
    library: str
    number: str
    place: str
    giver: str
    kind: str
    contact: str
    anonymous: bool
    public: bool
    given_on: date
    note: str
    certificate: int
    undone: bool
    why: str
    titles: int
    copies: int
    price_fen: int


_DONATION = (
    "SELECT d.id, d.library, d.number, d.place_id, d.giver, d.kind, d.contact, d.anonymous, "
    "d.public, d.given_on, d.note, d.certificate, d.undone_at, d.why, COUNT(DISTINCT i.title_id), "
    "COUNT(i.id), COALESCE(SUM(i.price_fen), 0) FROM acquisitions_donation d "
    "LEFT JOIN acquisitions_donateditem x ON x.donation_id = d.id "
    "LEFT JOIN stock_item i ON i.id = x.item_id WHERE {} GROUP BY d.id, d.library, d.number, "
    "d.place_id, d.giver, d.kind, d.contact, d.anonymous, d.public, d.given_on, d.note, "
    "d.certificate, d.undone_at, d.why ORDER BY d.given_on DESC, d.id DESC"
)


def _donations(where: str, *values: object) -> tuple[DonationView, ...]:
    return tuple(
        DonationView(
            *(
                *r[:7], bool(r[7]), bool(r[8]), *r[9:12], r[12] is not None, r[13],
                *(int(n) for n in r[14:]),
            )
        )
        for r in sql.all(_DONATION.format(where), *values)
    )  # fmt: skip


def donations(places: Collection[str], year: int | None = None) -> tuple[DonationView, ...]:
    """The gifts entered at places, the newest first."""
    there = list(places)
    if not there:
        return ()
    where = f"d.place_id IN ({sql.marks(len(there))})"
    if year is None:
        return _donations(where, *there)
    return _donations(where + " AND d.year = ?", *there, year)


def donation(donation_id: str) -> DonationView | None:
    return next(iter(_donations("d.id = ?", donation_id)), None)


def thanked(library: str) -> tuple[DonationView, ...]:
    """Gifts whose givers agreed to be thanked by name in public and did not ask to stay unnamed, those
    with books."""
    found = _donations(
        "d.library = ? AND d.undone_at IS NULL AND d.public AND NOT d.anonymous", library
    )
    return tuple(d for d in found if d.copies)


def items_given(donation_id: str) -> tuple[str, ...]:
    """The items of a gift in the order they were added."""
    return tuple(
        models.DonatedItem.objects.filter(donation=donation_id)
        .order_by("added_at", "id")
        .values_list("item_id", flat=True)
    )
