"""Readers found and shown at the desk: numbers and phones masked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import F, Q

from shuxiang.apps.patrons import identity, models
from shuxiang.apps.patrons.identity import IdentityDocument
from shuxiang.apps.patrons.queries.readers import (
    CardFacts,
    PatronFacts,
    card_facts,
    document_hash,
    patron_facts,
    phone_hash,
)
from shuxiang.apps.patrons.queries.signing_in import (
    CredentialFacts,
    PinState,
    credentials,
    pin_state,
)
from shuxiang.formats.identifiers import narrow
from shuxiang.kernel import clock
from shuxiang.kernel.values import mask_name, mask_number, scanned
from shuxiang.runtime.secrets import decrypt


@dataclass(frozen=True, slots=True)
class PatronRow:
    """A reader in a list of found ones. ``name`` is for the desk; `masked_name` for anything shared.
    ``through`` says what was matched: card, document, phone, guardian or name."""

    id: str
    name: str
    masked_name: str
    born_on: date | None
    category: str
    category_name: str
    card: str
    card_status: str
    phone: str
    documents: tuple[tuple[str, str], ...]
    closed: bool
    through: str


_NAMESAKE = re.compile(r"(\D+?)\s*((?:19|20)\d\d)\s*年?(?:[-./]?(\d\d)[-./]?(\d\d))?")
"""A name with the year of birth or the whole birth date: ``王芳 2010``, ``王芳2010年``, ``王芳 20100512``."""


def find_patrons(text: str, *, limit: int = 20) -> tuple[PatronRow, ...]:
    """Readers by card number, document number (15 or 18 digits; own or guardian's), phone (own or
    guardian's) or the beginning of a name, a year of birth or the birth date after it where namesakes
    are many (``王芳 2010``).

    The first of these ways that finds anybody answers. Open accounts come first.
    """
    text = text.strip()
    if not text:
        return ()
    for through, where in _ways(text):
        rows = (
            models.Patron.objects.filter(where)
            .select_related("category")
            .prefetch_related("documents", "cards")
            .order_by(F("closed_at").asc(nulls_first=True), "name", "id")
            .distinct()[:limit]
        )
        found = sorted(rows, key=lambda r: r.closed_at is not None)
        if found:
            return tuple(_row(r, through) for r in found)
    return ()


def _ways(text: str) -> Iterable[tuple[str, Q]]:
    yield "card", Q(cards__number=scanned(text))
    hashes = {
        document_hash(checked)
        for kind in identity.KINDS
        if not (
            checked := identity.check_document(IdentityDocument(kind, text), today=date.max)
        ).fault
    }
    if hashes:
        yield "document", Q(documents__number_hash__in=hashes, documents__ended_at__isnull=True)
        yield "guardian", Q(guardians__document_hash__in=hashes, guardians__ended_at__isnull=True)
    phone = identity.normalise_phone(text)
    if identity.phone_valid(phone):
        yield "phone", Q(phone_hash=phone_hash(phone))
        yield (
            "guardian",
            Q(guardians__phone_hash=phone_hash(phone), guardians__ended_at__isnull=True),
        )
    if namesake := _NAMESAKE.fullmatch(narrow(text)):
        name, year, month, day = namesake.groups()
        born = Q(born_on__year=int(year))
        if month:
            born &= Q(born_on__month=int(month), born_on__day=int(day))
        yield "name", Q(name__startswith=name.strip()) & born
    yield "name", Q(name__startswith=text)


def _row(row: models.Patron, through: str) -> PatronRow:
    cards = sorted(row.cards.all(), key=lambda c: (c.ended_at is not None, c.issued_at))
    shown = cards[0] if cards else None
    return PatronRow(
        row.id,
        row.name,
        mask_name(row.name),
        row.born_on,
        row.category_id,
        row.category.name,
        shown.number if shown else "",
        shown.status if shown else "",
        identity.mask_phone(decrypt(row.phone)),
        tuple((d.kind, mask_number(decrypt(d.number))) for d in _live(row.documents.all())),
        row.closed_at is not None,
        through,
    )


def _live(rows: Iterable[Any]) -> list[Any]:
    return [r for r in rows if r.ended_at is None]


@dataclass(frozen=True, slots=True)
class MaskedDocument:
    id: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class MaskedGuardian:
    """``name`` stays readable for the desk; phone and number are masked."""

    id: str
    name: str
    relation: str
    phone: str
    document_kind: str
    document_number: str
    since: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    purpose: str
    version: str
    given_by: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Relative:
    """Another reader of the same family: ``how`` is child (of this reader as guardian) or sibling (of
    the same guardian)."""

    id: str
    name: str
    born_on: date | None
    how: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A reader's page at the desk: numbers and phones masked (see the command `unmask`)."""

    facts: PatronFacts
    note: str
    phone: str
    created_at: datetime
    closed_at: datetime | None
    card: CardFacts | None
    cards: tuple[CardFacts, ...]
    documents: tuple[MaskedDocument, ...]
    guardians: tuple[MaskedGuardian, ...]
    consents: tuple[ConsentFacts, ...]
    pin: PinState
    credentials: tuple[CredentialFacts, ...]
    family: tuple[Relative, ...]


def masked(patron_id: str) -> Profile:
    """The reader's page. Raises UnknownPatron."""
    facts = patron_facts(patron_id)
    row = models.Patron.objects.get(id=patron_id)
    cards = tuple(card_facts(c) for c in row.cards.order_by("-issued_at"))
    guardians = row.guardians.order_by("-since")
    return Profile(
        facts=facts,
        note=row.note,
        phone=identity.mask_phone(decrypt(row.phone)),
        created_at=row.created_at,
        closed_at=row.closed_at,
        card=next((c for c in cards if c.status in ("active", "lost")), None),
        cards=cards,
        documents=tuple(
            MaskedDocument(d.id, d.kind, mask_number(decrypt(d.number)))
            for d in _live(row.documents.order_by("id"))
        ),
        guardians=tuple(
            MaskedGuardian(
                g.id,
                g.name,
                g.relation,
                identity.mask_phone(decrypt(g.phone)),
                g.document_kind,
                mask_number(decrypt(g.document_number)),
                g.since,
                g.ended_at,
            )
            for g in guardians
        ),
        consents=tuple(
            ConsentFacts(c.purpose, c.version, c.given_by, c.given_at, c.withdrawn_at)
            for c in row.consents.order_by("given_at", "id")
        ),
        pin=pin_state(row.id),
        credentials=credentials(row.id),
        family=_family(row),
    )


def _family(row: models.Patron) -> tuple[Relative, ...]:
    """Who is known by the same documents: one guardian may answer for many children."""
    papers = models.Document.objects.filter(patron=row, ended_at=None)
    answering = models.Guardian.objects.filter(child=row, ended_at=None).exclude(document_hash="")
    found: dict[str, Relative] = {}
    for how, hashes in (
        ("child", list(papers.values_list("number_hash", flat=True))),
        ("sibling", list(answering.values_list("document_hash", flat=True))),
    ):
        children = models.Patron.objects.filter(
            guardians__document_hash__in=hashes, guardians__ended_at=None, closed_at=None
        ).exclude(id=row.id)
        for child in children.order_by("born_on", "id"):
            found.setdefault(child.id, Relative(child.id, child.name, child.born_on, how))
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class UnmaskingFacts:
    patron: str
    account: str
    at: datetime
    field: str
    why: str


def unmaskings(first: date, last: date) -> tuple[UnmaskingFacts, ...]:
    """Who looked at an unmasked number on local days ``first`` to ``last``, newest first: for the
    auditor."""
    rows = models.Unmasking.objects.filter(
        at__gte=clock.at_local(first, time.min), at__lte=clock.end_of(last)
    ).order_by("-at", "-id")
    return tuple(UnmaskingFacts(r.patron_id, r.account, r.at, r.field, r.why) for r in rows)
