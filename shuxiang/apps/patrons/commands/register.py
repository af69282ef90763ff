"""办证: a reader gets a first card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.patrons import identity, models, queries, rules
from shuxiang.apps.patrons.commands import _shared
from shuxiang.apps.patrons.identity import ConsentGiven, GuardianGiven, IdentityDocument
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import mask_number, scanned
from shuxiang.runtime.commands import command
from shuxiang.runtime.secrets import encrypt


@dataclass(frozen=True, slots=True)
class Registered:
    """The new reader and their card. ``lifted`` names the reasons that were overridden."""

    patron: str
    card: str
    number: str
    library: str
    expires_on: date
    category: str
    lifted: tuple[str, ...] = ()


@command("patrons.register", permission="patrons.register")
def register(
    *,
    name: str,
    category: str,
    document: IdentityDocument | None = None,
    born_on: date | None = None,
    sex: str = "",
    phone: str = "",
    guardian: GuardianGiven | None = None,
    family: str = "",
    relation: str = "",
    consents: tuple[ConsentGiven, ...] = (),
    card_number: str = "",
    home: str = "",
    note: str = "",
    ctx: Context,
) -> Registered:
    """Register a reader and issue the first card.

    ``born_on`` and ``sex`` (M, F) are read from an 18-character ID number and needed without one;
    ``card_number`` is a pre-printed card's, '' takes the next of the library's series; ``home`` is the
    place the reader belongs to, the service point by default. For a group, ``guardian`` is the
    responsible person. Consents of readers under 14 are the guardian's.

    ``family`` is a reader already registered, in place of ``guardian``: an adult answers for the
    child, ``relation`` says as what; for a child's sibling their guardian does.

    A person who closed an account and comes back is a new reader with a first card.
    """
    given = Given(
        name=name,
        category=category,
        document=document,
        born_on=born_on,
        sex=sex,
        phone=phone,
        guardian=guardian,
        family=family,
        relation=relation,
        consents=consents,
        home=home,
        note=note,
    )
    return issue_first(given, card_number, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody who asks for a first card gave: the arguments of `register` but the number."""

    name: str
    category: str
    document: IdentityDocument | None = None
    born_on: date | None = None
    sex: str = ""
    phone: str = ""
    guardian: GuardianGiven | None = None
    family: str = ""
    relation: str = ""
    consents: tuple[ConsentGiven, ...] = ()
    home: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of it once it was looked at, and every reason against a card."""

    kind: rules.Category | None
    paper: identity.CheckedDocument | None
    person: rules.Guardian | None
    number: str
    born_on: date | None
    decision: Decision


def look(given: Given, card_number: str, ctx: Context) -> Looked:
    """Everything that would be refused, without doing anything."""
    library = _shared.library_of(ctx)
    kind = queries.category(given.category)
    paper = _shared.checked(given.document, ctx)
    person = _shared.checked_guardian(given.guardian, ctx)
    if person is None and given.family:
        person = _shared.guardian_of_family(given.family, given.relation, ctx)
    held = _shared.holder(paper)
    number = scanned(card_number)
    born = given.born_on or (paper.born_on if paper else None)
    name = given.name.strip()
    decision = rules.may_register(
        rules.Registration(
            name=name,
            category=kind,
            on=clock.business_date(ctx.occurred_at),
            born_on=given.born_on,
            sex=given.sex,
            phone=identity.normalise_phone(given.phone),
            document=paper,
            held_by=held[1] if held else None,
            same_person=None if paper else _same_person(name, born),
            guardian=person,
            consents=frozenset(c.purpose for c in given.consents),
            card_number=number,
            card_taken=bool(number) and _shared.number_taken(number, library),
        )
    )
    reasons = (*decision.reasons, *_form(given.home, given.note, given.consents))
    return Looked(kind, paper, person, number, born, Decision(reasons))


def issue_first(given: Given, card_number: str, ctx: Context) -> Registered:
    """Register the reader and issue the card, inside a command that has asked for the right."""
    day = clock.business_date(ctx.occurred_at)
    library = _shared.library_of(ctx)
    looked = look(given, card_number, ctx)
    lifted = _shared.settle(looked.decision, ctx)
    kind, paper, person = looked.kind, looked.paper, looked.person
    assert kind is not None
    plain_phone = identity.normalise_phone(given.phone)
    patron = models.Patron.objects.create(
        id=new_id(),
        library=library,
        home_id=given.home or ctx.service_point,
        category_id=given.category,
        name=given.name.strip(),
        born_on=None if kind.for_groups else looked.born_on,
        sex=(paper.sex if paper and paper.sex else given.sex),
        phone=encrypt(plain_phone),
        phone_hash=queries.phone_hash(plain_phone),
        note=given.note.strip(),
        created_at=ctx.occurred_at,
    )
    if paper is not None:
        _shared.store_document(patron.id, paper)
    answering = _shared.store_guardian(patron.id, person, ctx) if person else None
    _consents(patron, given.consents, answering, kind, day, ctx)
    card = models.Card.objects.create(
        id=new_id(),
        library=library,
        number=looked.number or _shared.next_card_number(library, ctx),
        patron=patron,
        channel=ctx.channel,
        issued_at=ctx.occurred_at,
        issued_on=day,
        issued_place_id=ctx.service_point,
        expires_on=clock.add_months(day, kind.valid_months),
    )
    data = _shared.with_overrides({}, lifted)
    _shared.record_patron("patron.registered", patron, ctx, data=data)
    _shared.record_card("card.issued", patron, card, ctx, source="first")
    return Registered(
        patron.id, card.id, card.number, library, card.expires_on, given.category, tuple(lifted)
    )


def _form(home: str, note: str, consents: tuple[ConsentGiven, ...]) -> list[Reason]:
    reasons = [*rules.too_long(note=note), *_shared.place_unknown(home)]
    return reasons + [r for c in consents for r in rules.too_long(version=c.version)]


def _same_person(name: str, born_on: date | None) -> str | None:
    """The masked card of an open account of the same name and birth date; '' when it has none."""
    if not name or born_on is None:
        return None
    row = models.Patron.objects.filter(name=name, born_on=born_on, closed_at=None).first()
    if row is None:
        return None
    found = queries.live_card(row.id)
    return mask_number(found.number) if found else ""


def _consents(
    patron: models.Patron,
    given: tuple[ConsentGiven, ...],
    guardian: str | None,
    kind: rules.Category,
    day: date,
    ctx: Context,
) -> None:
    age = identity.age_on(patron.born_on, day) if patron.born_on else None
    by_guardian = guardian is not None and (kind.for_groups or rules.guardian_needed(kind, age))
    for consent in given:
        models.Consent.objects.create(
            patron=patron,
            purpose=consent.purpose,
            version=consent.version,
            given_by="guardian" if by_guardian else "reader",
            guardian_id=guardian if by_guardian else None,
            given_at=ctx.occurred_at,
        )
