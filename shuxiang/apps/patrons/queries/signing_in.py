"""Who a sign-in names, what it is checked against, and whose session a browser holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from shuxiang.apps.patrons import identity, models, pins
from shuxiang.apps.patrons.identity import IdentityDocument
from shuxiang.apps.patrons.queries.readers import document_hash
from shuxiang.apps.places import queries as places
from shuxiang.kernel.values import mask_number, scanned
from shuxiang.runtime import sql
from shuxiang.runtime.secrets import decrypt, lookup_hash


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reader that a card or document number names, with the hash of their PIN ('' for none)."""

    patron: str
    through: str
    status: str
    pin_hash: str


def normalised_name(text: str) -> str:
    """A card or document number as sign-ins are counted under: one form of all its spellings."""
    code = scanned(text)[:64]
    checked = identity.check_document(IdentityDocument("idcard", code), today=date.max)
    return code if checked.fault else checked.number


def candidates(text: str) -> tuple[Candidate, ...]:
    """Readers with an open account that the number names, by live card or bound document."""
    name = normalised_name(text)
    if not name:
        return ()
    cards = models.Card.objects.filter(
        number=name, status__in=("active", "lost"), patron__closed_at=None
    )
    found = [(c.patron_id, "card", c.status) for c in cards.order_by("library")]
    if not found:
        bound = models.Credential.objects.filter(
            value_hash__in=_document_hashes(name), ended_at=None, patron__closed_at=None
        )
        found = [(c.patron_id, c.kind, "active") for c in bound]
    hashes = dict(
        models.Pin.objects.filter(patron__in=[p for p, _, _ in found]).values_list("patron", "hash")
    )
    return tuple(Candidate(p, through, s, hashes.get(p, "")) for p, through, s in found)


def _document_hashes(number: str) -> set[str]:
    papers = (
        identity.check_document(IdentityDocument(kind, number), today=date.max)
        for kind in identity.KINDS
    )
    return {document_hash(paper) for paper in papers if not paper.fault}


def guesses_key(kind: str, value: str) -> str:
    """Under which wrong sign-ins are counted: ``kind`` name or patron."""
    return lookup_hash(f"sign-in|{kind}", value)


def guessed(key: str) -> pins.Guessed | None:
    row = models.Guesses.objects.filter(key=key).first()
    if row is None:
        return None
    return pins.Guessed(row.wrong, row.since, row.level, row.locked_until, row.last_at)


def locked_minutes(name: str, at: datetime) -> int:
    """Minutes for which sign-ins under a number, known or not, are not even checked; 0: none."""
    return pins.locked_minutes(guessed(guesses_key("name", normalised_name(name))), at)


@dataclass(frozen=True, slots=True)
class ReaderSession:
    """A signed-in reader. ``must_change``: the PIN is one that the desk gave out. ``acting_for``: whom
    they chose to act for, '' for themselves; whether they still may is `how_acts`'s to say.

    Where a page is shown as another reader's, ``patron``, ``name`` and ``home`` are theirs, and
    ``own`` is who is signed in.
    """

    id: str
    patron: str
    name: str
    home: str
    must_change: bool
    seen_at: datetime
    until: datetime
    acting_for: str = ""
    own: str = ""


def reader_session(token_hash: str, at: datetime) -> ReaderSession | None:
    """The session of a token, unless it was ended, was idle too long or is too old (settings
    ``portal.idle_minutes`` and ``portal.session_hours`` of the reader's home place)."""
    row = (
        models.ReaderSession.objects.select_related("patron", "patron__pin")
        .filter(token_hash=token_hash, ended_at=None, until__gt=at, patron__closed_at=None)
        .first()
    )
    if row is None or not hasattr(row.patron, "pin"):
        return None
    idle = int(places.setting(row.patron.home_id, "portal.idle_minutes").value)
    if at - row.seen_at > timedelta(minutes=idle):
        return None
    return ReaderSession(
        row.id,
        row.patron_id,
        row.patron.name,
        row.patron.home_id,
        row.patron.pin.must_change,
        row.seen_at,
        row.until,
        row.acting_for_id or "",
    )


def machine_session(token_hash: str, at: datetime, idle: timedelta) -> ReaderSession | None:
    """The session of a token at a self-service machine, unless it was ended, was idle longer than
    ``idle`` or is too old. A reader who came in by the card alone needs no PIN."""
    row = (
        models.ReaderSession.objects.select_related("patron", "patron__pin")
        .filter(
            token_hash=token_hash,
            channel="kiosk",
            ended_at=None,
            until__gt=at,
            seen_at__gt=at - idle,
            patron__closed_at=None,
        )
        .first()
    )
    if row is None:
        return None
    pin = getattr(row.patron, "pin", None)
    return ReaderSession(
        row.id,
        row.patron_id,
        row.patron.name,
        row.patron.home_id,
        bool(pin and pin.must_change),
        row.seen_at,
        row.until,
        row.acting_for_id or "",
    )


@dataclass(frozen=True, slots=True)
class Token:
    """A reader whom a discovery system acts for. ``scope``: what for, as it was granted; with the PIN
    of the slip (``must_change``) a door gives less. ``client``: the device that asked, '' for none."""

    session: str
    patron: str
    name: str
    home: str
    scope: frozenset[str]
    must_change: bool
    client: str


def token(token_hash: str, at: datetime) -> Token | None:
    """The reader of a token of PAIA, unless it was ended or is too old."""
    return _token(models.ReaderSession.objects.filter(token_hash=token_hash, channel="paia"), at)


def client_token(client: str, patron: str, at: datetime) -> Token | None:
    """The reader whose PIN a client of ILS-DI has shown within the last hour."""
    rows = models.ReaderSession.objects.filter(client=client, patron=patron, channel="ilsdi")
    return _token(rows.order_by("-until"), at)


def _token(rows: Any, at: datetime) -> Token | None:
    open_ = rows.filter(ended_at=None, until__gt=at, patron__closed_at=None)
    row = open_.select_related("patron", "patron__pin").first()
    if row is None:
        return None
    pin = getattr(row.patron, "pin", None)
    return Token(
        row.id,
        row.patron_id,
        row.patron.name,
        row.patron.home_id,
        frozenset(row.scope.split()),
        bool(pin and pin.must_change),
        row.client or "",
    )


def sessions_open(patron_id: str, at: datetime) -> int:
    """In how many places the reader is signed in."""
    return int(
        models.ReaderSession.objects.filter(patron=patron_id, ended_at=None, until__gt=at).count()
    )


@dataclass(frozen=True, slots=True)
class CredentialFacts:
    """What names a reader at a sign-in (row C6): ``kind`` is card or a kind of document; ``shown`` is
    masked. ``bound`` is the binding's id; '' for a card, which is bound by being the live one, and
    for a document not bound. ``document`` is the document's id."""

    kind: str
    shown: str
    bound: str
    since: datetime | None
    document: str = ""


def credentials(patron_id: str) -> tuple[CredentialFacts, ...]:
    """The live card, then every document on record, bound or not."""
    card = models.Card.objects.filter(patron=patron_id, status__in=("active", "lost")).first()
    rows = [CredentialFacts("card", mask_number(card.number), "", card.issued_at)] if card else []
    bound = {
        c.document_id: c for c in models.Credential.objects.filter(patron=patron_id, ended_at=None)
    }
    for paper in models.Document.objects.filter(patron=patron_id, ended_at=None).order_by("id"):
        binding = bound.get(paper.id)
        rows.append(
            CredentialFacts(
                paper.kind,
                mask_number(decrypt(paper.number)),
                binding.id if binding else "",
                binding.bound_at if binding else None,
                paper.id,
            )
        )
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class PinState:
    """Whether a reader has a PIN, since when, and whether it is still the one of the slip."""

    given: bool
    must_change: bool = False
    set_at: datetime | None = None


def pin_state(patron_id: str) -> PinState:
    row = models.Pin.objects.filter(patron=patron_id).first()
    return PinState(True, row.must_change, row.set_at) if row else PinState(False)


def pin_hash(patron_id: str) -> str:
    """The hash of a reader's PIN; '' for none."""
    row = sql.one("SELECT hash FROM patrons_pin WHERE patron_id = ?", patron_id)
    return str(row[0]) if row else ""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What only a terminal is told that was granted everything of a reader; '' for what is not known."""

    phone: str = ""
    address: str = ""
    email: str = ""
    internet: str = ""


def particulars(patron_id: str) -> Particulars:
    """A reader's particulars in clear."""
    row = sql.one(
        "SELECT p.phone, c.address, c.email, c.internet FROM patrons_patron p "
        "LEFT JOIN patrons_contact c ON c.patron_id = p.id WHERE p.id = ?",
        patron_id,
    )
    if row is None:
        return Particulars()
    phone, address, email, internet = (value or "" for value in row)
    return Particulars(decrypt(phone), decrypt(address), decrypt(email), internet)


def history_shown(patron_id: str) -> bool:
    """Whether the reader asked to see what they gave back."""
    return bool(models.Patron.objects.filter(id=patron_id, history_shown=True).exists())
