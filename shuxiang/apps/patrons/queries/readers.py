"""Readers and cards as rules and lending need them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from shuxiang.apps.patrons import identity, models, rules
from shuxiang.apps.patrons.identity import IdentityDocument
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Decision
from shuxiang.kernel.values import mask_name, scanned
from shuxiang.runtime import sql
from shuxiang.runtime.revision import cached
from shuxiang.runtime.secrets import lookup_hash


class UnknownPatron(LookupError):
    """No reader has that id."""


class AmbiguousCard(LookupError):
    """Several libraries issued that card number: ask `cards_by_number` and let a person choose."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card, ended ones included. ``status``: active, lost, replaced or closed; ``expires_on`` is
    the last day it opens."""

    id: str
    library: str
    number: str
    patron: str
    status: str
    first: bool
    expires_on: date
    issued_on: date
    issued_place: str
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class PatronFacts:
    """A reader as rules need them. ``suspended_until`` is the last day of a suspension."""

    id: str
    library: str
    home: str
    category: str
    category_name: str
    name: str
    born_on: date | None
    sex: str
    suspended_until: date | None
    suspended_why: str
    consent_withdrawn: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class LoanReader:
    """A scanned card with its reader: all that lending needs of both, read in one statement."""

    patron: str
    card: str
    number: str
    library: str
    status: str
    expires_on: date
    category: str
    category_name: str
    name: str
    born_on: date | None
    suspended_until: date | None
    suspended_why: str
    consent_withdrawn: bool
    closed: bool
    home: str

    def opens(self, on: date) -> Decision:
        """Whether the card opens its account that day, with every reason against it."""
        return rules.card_open(
            status=self.status,
            expires_on=self.expires_on,
            on=on,
            suspended_until=self.suspended_until,
            suspended_why=self.suspended_why,
            consent_withdrawn=self.consent_withdrawn,
            patron_closed=self.closed,
        )


def is_group(reader: LoanReader) -> bool:
    """Whether the reader is a group (集体), not a person."""
    kind = category(reader.category)
    return bool(kind and kind.for_groups)


def age_at_most(reader: LoanReader, on: date) -> int | None:
    """Completed years that day; without a birth date the most that the reader's category admits, None
    where it names none."""
    if reader.born_on is not None:
        return identity.age_on(reader.born_on, on)
    kind = category(reader.category)
    return kind.most_age if kind else None


_LOAN = (
    "SELECT p.id, c.id, c.number, c.library, c.status, c.expires_on, p.category_id, k.name, "
    "p.name, p.born_on, p.suspended_until, p.suspended_why, p.consent_withdrawn, "
    "p.closed_at IS NOT NULL, p.home_id FROM patrons_card c "
    "JOIN patrons_patron p ON p.id = c.patron_id "
    "JOIN patrons_category k ON k.code = p.category_id WHERE "
)


def _loan_reader(row: tuple[Any, ...]) -> LoanReader:
    return LoanReader(*(*row[:12], bool(row[12]), bool(row[13]), row[14]))


def card_for_loan(number: str) -> tuple[LoanReader, ...]:
    """Every card of that number (as `scanned`), one a library, ended ones included; () when unknown.

    One statement; for check-out. A replaced card is found, so that its refusal can say so.
    """
    rows = sql.all(_LOAN + "c.number = ? ORDER BY p.id", number)
    return tuple(_loan_reader(r) for r in rows)


def loan_reader(patron_id: str) -> LoanReader | None:
    """The reader with their newest card; None when unknown."""
    row = sql.one(_LOAN + "p.id = ? ORDER BY c.issued_at DESC, c.id DESC LIMIT 1", patron_id)
    return None if row is None else _loan_reader(row)


@dataclass(frozen=True, slots=True)
class BriefCard:
    """What an offline desk knows of a card, besides its number: no name but a masked one. ``blocked``:
    the account is closed or the consent was withdrawn. ``age`` is told of minors only."""

    id: str
    library: str
    number: str
    patron: str
    status: str
    category: str
    masked_name: str
    expires_on: date
    suspended_until: date | None
    blocked: bool
    age: int | None


def cards_briefly(
    on: date, adult_age: int, after: str = "", limit: int = 5000
) -> tuple[BriefCard, ...]:
    """Cards in the order of their ids, from the one after ``after``; ages as of a day."""
    rows = sql.all(
        "SELECT c.id, c.library, c.number, p.id, c.status, p.category_id, p.name, c.expires_on, "
        "p.suspended_until, p.closed_at IS NOT NULL, p.consent_withdrawn, p.born_on "
        "FROM patrons_card c JOIN patrons_patron p ON p.id = c.patron_id "
        f"{'WHERE c.id > ? ' if after else ''}ORDER BY c.id LIMIT ?",
        *((after,) if after else ()),
        limit,
    )
    most = {c.code: c.most_age for c in categories()}
    found = []
    for row in rows:
        born_on = row[11]
        age = identity.age_on(born_on, on) if born_on else most.get(row[5])
        found.append(
            BriefCard(
                id=row[0],
                library=row[1],
                number=row[2],
                patron=row[3],
                status=row[4],
                category=row[5],
                masked_name=mask_name(row[6]),
                expires_on=row[7],
                suspended_until=row[8],
                blocked=bool(row[9] or row[10]),
                age=age if age is not None and age < adult_age else None,
            )
        )
    return tuple(found)


def card_lost_at(card_id: str) -> datetime | None:
    """When the card was reported lost, as long as it is."""
    row = sql.one("SELECT lost_at FROM patrons_card WHERE id = ? AND status = 'lost'", card_id)
    return row[0] if row else None


def lock_card(card_id: str) -> LoanReader | None:
    """One card with its reader by the card's id, the reader's and the card's rows locked to the transaction's end."""
    # OF: the category's row is everybody's and must not be locked with them.
    lock = sql.for_update()
    row = sql.one(_LOAN + "c.id = ?" + (f"{lock} OF p, c" if lock else ""), card_id)
    return None if row is None else _loan_reader(row)


_PATRON = (
    "SELECT p.id, p.library, p.home_id, p.category_id, k.name, p.name, p.born_on, p.sex, "
    "p.suspended_until, p.suspended_why, p.consent_withdrawn, p.closed_at IS NOT NULL "
    "FROM patrons_patron p JOIN patrons_category k ON k.code = p.category_id WHERE p.id = ?"
)


def _patron(row: tuple[Any, ...] | None, patron_id: str) -> PatronFacts:
    if row is None:
        raise UnknownPatron(patron_id)
    return PatronFacts(*(*row[:10], bool(row[10]), bool(row[11])))


def patron_facts(patron_id: str) -> PatronFacts:
    """Raises UnknownPatron."""
    return _patron(sql.one(_PATRON, patron_id), patron_id)


def lock_patron(patron_id: str) -> PatronFacts:
    """The same with the reader's row locked to the transaction's end. Raises UnknownPatron."""
    lock = sql.for_update()
    return _patron(sql.one(_PATRON + (f"{lock} OF p" if lock else ""), patron_id), patron_id)


def lock_patrons(patron_ids: Iterable[str]) -> dict[str, PatronFacts]:
    """Several readers, locked in the order of their ids (the one order everywhere)."""
    return {p: lock_patron(p) for p in sorted(set(patron_ids))}


def card_facts(row: models.Card) -> CardFacts:
    """For this app alone: no model instance leaves it."""
    return CardFacts(
        row.id,
        row.library,
        row.number,
        row.patron_id,
        row.status,
        row.first,
        row.expires_on,
        row.issued_on,
        row.issued_place_id,
        row.replaces_id,
    )


def cards_by_number(number: str) -> tuple[CardFacts, ...]:
    """Every card of that number across libraries, ended ones included."""
    rows = models.Card.objects.filter(number=scanned(number)).order_by("library")
    return tuple(card_facts(r) for r in rows)


def find_card(number: str, library: str | None = None) -> CardFacts | None:
    """The card of that number, of one library or the only one anywhere; None when unknown.

    Raises:
        AmbiguousCard: no library was named and several issued the number.
    """
    found = [c for c in cards_by_number(number) if library in (None, c.library)]
    if len(found) > 1:
        raise AmbiguousCard(f"{len(found)} libraries issued this card number")
    return found[0] if found else None


def card(card_id: str) -> CardFacts | None:
    row = models.Card.objects.filter(id=card_id).first()
    return card_facts(row) if row else None


def live_card(patron_id: str) -> CardFacts | None:
    """The reader's active or lost card."""
    row = models.Card.objects.filter(patron=patron_id, status__in=("active", "lost")).first()
    return card_facts(row) if row else None


def categories() -> tuple[rules.Category, ...]:
    """Every reader category in the library's order."""
    return tuple(_category(c) for c in models.Category.objects.order_by("position", "code"))


@cached("patrons")
def category(code: str) -> rules.Category | None:
    row = models.Category.objects.filter(code=code).first()
    return _category(row) if row else None


def _category(row: models.Category) -> rules.Category:
    return rules.Category(
        code=row.code,
        name=row.name,
        least_age=row.least_age,
        most_age=row.most_age,
        needs_guardian=row.needs_guardian,
        valid_months=row.valid_months,
        for_groups=row.for_groups,
    )


def document_hash(document: identity.CheckedDocument) -> str:
    """The keyed hash by which a document is found; '' for one without a number."""
    space, number = document.key
    return lookup_hash(f"document|{space}", number) if number else ""


def phone_hash(phone: str) -> str:
    """The keyed hash by which a normalised phone number is found; '' for none."""
    return lookup_hash("phone", phone) if phone else ""


def by_document(kind: str, number: str, *, today: date | None = None) -> str | None:
    """The id of the reader who holds the document now, or None."""
    checked = identity.check_document(IdentityDocument(kind, number), today=today or date.max)
    if checked.fault:
        return None
    row = models.Document.objects.filter(
        number_hash=document_hash(checked), ended_at__isnull=True
    ).first()
    return row.patron_id if row else None


def cards_valid(on: date, place_ids: Collection[str]) -> int:
    """有效借书证数 at the end of a day: cards issued at the places by then, not ended by then and not
    expired. A card reported lost still counts until it is replaced or closed."""
    found = (
        models.Card.objects.filter(
            issued_place__in=list(place_ids), issued_on__lte=on, expires_on__gte=on
        )
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=clock.end_of(on)))
        .count()
    )
    return int(found)


def cards_good(library: str, on: date) -> Iterator[tuple[str, str, date]]:
    """(number, ``valid``, last day) of every card of a library that opens its account that day."""
    rows = models.Card.objects.filter(
        library=library, status="active", expires_on__gte=on, patron__closed_at=None
    )
    for number, until in rows.order_by("number").values_list("number", "expires_on").iterator():
        yield number, "valid", until
