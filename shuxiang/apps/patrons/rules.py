"""What may be done with readers and their cards. Pure: every reason, no words, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.patrons.identity import (
    CHILD_DATA,
    PURPOSES,
    READER_DATA,
    CheckedDocument,
    age_on,
    is_citizen_number,
    phone_valid,
)
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Decision, Reason, ask, stop
from shuxiang.kernel.values import yuan

GUARDIAN_BY_LAW = 14
"""个人信息保护法 31: under 14 the guardian consents, whatever the library's own rules say."""
ADULT = 18
RENEWABLE_DAYS = 90
"""A card may be renewed from this many days before it expires."""

LIFTABLE = {
    "age-below-category": "patrons.override.age-below-category",
    "age-above-category": "patrons.override.age-above-category",
    "maybe-registered": None,
    "card-renewal-early": None,
    "deposit-held": None,
}
"""Reasons that an override lifts, and the permission it takes (None: the answer alone)."""

_CARD_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A reader category; ages are completed years, both limits included."""

    code: str
    name: str
    least_age: int | None = None
    most_age: int | None = None
    needs_guardian: bool = False
    valid_months: int = 60
    for_groups: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """A guardian's particulars after checking; ``phone`` normalised."""

    name: str
    relation: str
    phone: str
    document: CheckedDocument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Everything known when somebody asks for a first card.

    ``held_by`` is the masked card number of who already holds the document ('' without a live card),
    None when nobody does; ``same_person`` likewise for a reader of the same name and birth date.
    ``card_number`` '' takes the next of the series.
    """

    name: str
    category: Category | None
    on: date
    born_on: date | None = None
    sex: str = ""
    phone: str = ""
    document: CheckedDocument | None = None
    held_by: str | None = None
    same_person: str | None = None
    guardian: Guardian | None = None
    consents: frozenset[str] = frozenset()
    card_number: str = ""
    card_taken: bool = False


LIMITS = {"name": 80, "note": 200, "relation": 20, "why": 120, "version": 16}
"""The longest texts that are stored, in characters."""


def too_long(**texts: str) -> tuple[Reason, ...]:
    """Reasons against texts longer than their field; keywords are those of `LIMITS`."""
    return tuple(
        stop("text-too-long", field=field, most=LIMITS[field])
        for field, text in texts.items()
        if len(text) > LIMITS[field]
    )


def guardian_needed(category: Category, age: int | None) -> bool:
    """Below 14 by law; below 18 where the category says so. Unknown age: as the category says."""
    if category.for_groups:
        return False
    if age is None:
        return category.needs_guardian
    return age < GUARDIAN_BY_LAW or (age < ADULT and category.needs_guardian)


def consents_needed(category: Category, age: int | None) -> tuple[str, ...]:
    """Purposes that must be agreed to; under 14 the separate one besides."""
    if not category.for_groups and age is not None and age < GUARDIAN_BY_LAW:
        return (READER_DATA, CHILD_DATA)
    return (READER_DATA,)


def may_register(facts: Registration) -> Decision:
    """Whether a first card may be issued, with every reason against it."""
    reasons = [*_name(facts.name), *_phone(facts.phone), *_sex(facts.sex)]
    category = facts.category
    if category is None:
        reasons.append(stop("category-unknown"))
    group = category is not None and category.for_groups
    born_on = facts.born_on or (facts.document.born_on if facts.document else None)
    if not group:
        reasons += _birth(born_on, facts.document, facts.on)
    age = age_on(born_on, facts.on) if born_on and born_on <= facts.on else None
    if facts.document is not None:
        reasons += _document(facts.document, facts.held_by)
    if category is not None:
        needed = guardian_needed(category, age)
        if facts.document is None and not group and not needed:
            reasons.append(stop("document-missing"))
        if age is not None and not group:
            reasons += may_be_of(category, age)
        if group:
            reasons += responsible(facts.guardian)
        elif needed or facts.guardian is not None:
            reasons += may_be_guardian(facts.guardian, own=facts.document, on=facts.on)
        reasons += [
            stop("consent-missing", purpose=purpose)
            for purpose in consents_needed(category, age)
            if purpose not in facts.consents
        ]
    reasons += [stop("purpose-unknown", purpose=p) for p in sorted(facts.consents - {*PURPOSES})]
    if facts.same_person is not None:
        reasons.append(ask("maybe-registered", card=facts.same_person))
    if facts.card_number:
        reasons += may_take_number(facts.card_number, taken=facts.card_taken, own=facts.document)
    return Decision(tuple(reasons))


def _name(name: str) -> Iterator[Reason]:
    if not name.strip():
        yield stop("name-missing")
    yield from too_long(name=name)


def _sex(sex: str) -> Iterator[Reason]:
    if sex not in ("", "M", "F"):
        yield stop("sex-invalid")


def _phone(phone: str) -> Iterator[Reason]:
    if phone and not phone_valid(phone):
        yield stop("phone-invalid")


def _birth(born_on: date | None, document: CheckedDocument | None, on: date) -> Iterator[Reason]:
    if born_on is None:
        yield stop("birth-missing")
        return
    if born_on > on:
        yield stop("birth-in-future", day=born_on.isoformat())
    if document is not None and document.born_on not in (None, born_on):
        yield stop("birth-mismatch")


def _document(document: CheckedDocument, held_by: str | None) -> Iterator[Reason]:
    if document.fault == "kind":
        yield stop("document-kind-unknown", kind=document.kind)
    elif document.fault:
        yield stop("document-invalid", kind=document.kind, fault=document.fault)
    elif held_by is not None:
        yield stop("document-held", card=held_by)


def may_be_of(category: Category, age: int) -> tuple[Reason, ...]:
    """Reasons against a reader of this age in this category."""
    if category.least_age is not None and age < category.least_age:
        return (
            stop("age-below-category", age=age, limit=category.least_age, category=category.name),
        )
    if category.most_age is not None and age > category.most_age:
        return (
            stop("age-above-category", age=age, limit=category.most_age, category=category.name),
        )
    return ()


def may_be_guardian(
    guardian: Guardian | None, *, own: CheckedDocument | None, on: date
) -> tuple[Reason, ...]:
    """Reasons against the guardian given for a child; ``own`` is the child's own document."""
    if guardian is None:
        return (stop("guardian-missing"),)
    reasons = []
    if not guardian.name.strip():
        reasons.append(stop("guardian-name-missing"))
    reasons += too_long(name=guardian.name, relation=guardian.relation)
    if not guardian.relation.strip():
        reasons.append(stop("guardian-relation-missing"))
    if not phone_valid(guardian.phone):
        reasons.append(stop("guardian-phone-missing"))
    document = guardian.document
    if document is None or not document.number:
        reasons.append(stop("guardian-document-missing"))
    elif document.fault:
        reasons.append(stop("guardian-document-invalid", kind=document.kind, fault=document.fault))
    else:
        if own is not None and own.key == document.key:
            reasons.append(stop("document-is-guardians"))
        if document.born_on is not None and age_on(document.born_on, on) < ADULT:
            reasons.append(stop("guardian-is-minor", age=age_on(document.born_on, on)))
    return tuple(reasons)


def responsible(person: Guardian | None) -> Iterator[Reason]:
    """Reasons against who is responsible for a group: a name and a phone at least."""
    if person is None or not person.name.strip():
        yield stop("responsible-missing")
    elif not phone_valid(person.phone):
        yield stop("responsible-phone-missing")
    if person is not None:
        yield from too_long(name=person.name, relation=person.relation)
    if person is not None and person.document is not None and person.document.fault:
        yield stop(
            "guardian-document-invalid", kind=person.document.kind, fault=person.document.fault
        )


MOST_PROXY_DAYS = 366 * 3


def may_give_proxy(
    *, same: bool, known: bool, proxy_closed: bool, group: bool, valid_to: date | None, on: date
) -> Decision:
    """代理: another reader of an open account; at most three years, then it is agreed to anew (PX-1 …
    PX-4)."""
    reasons = []
    if same:
        reasons.append(stop("proxy-is-reader"))
    if known:
        reasons.append(stop("proxy-known"))
    if proxy_closed or group:
        reasons.append(stop("proxy-unfit"))
    if valid_to is not None and not on <= valid_to <= on + timedelta(days=MOST_PROXY_DAYS):
        reasons.append(stop("proxy-dates", most=MOST_PROXY_DAYS // 366))
    return Decision(tuple(reasons))


def may_take_number(
    number: str, *, taken: bool, own: CheckedDocument | None = None
) -> tuple[Reason, ...]:
    """Reasons against a pre-printed card number (as `scanned`). An ID number is never one, and is
    not repeated in the refusal."""
    if is_citizen_number(number) or (own is not None and number == own.number):
        return (stop("card-number-is-id"),)
    if not _CARD_NUMBER.fullmatch(number):
        return (stop("card-number-form"),)
    return (stop("card-number-taken", number=number),) if taken else ()


def card_open(
    *,
    status: str,
    expires_on: date,
    on: date,
    suspended_until: date | None = None,
    suspended_why: str = "",
    consent_withdrawn: bool = False,
    patron_closed: bool = False,
) -> Decision:
    """Whether a card opens its reader's account that day. A replaced or closed card says only that
    (I17): whoever holds it learns nothing about the reader. ``suspended_until`` is the last day."""
    if status in ("replaced", "closed"):
        return Decision((stop(f"card-{status}"),))
    reasons = []
    if status == "lost":
        reasons.append(stop("card-lost"))
    if patron_closed:
        reasons.append(stop("patron-closed"))
    if expires_on < on:
        reasons.append(ask("card-expired", day=expires_on.isoformat()))
    if suspended_until is not None and on <= suspended_until:
        reasons.append(
            stop("patron-suspended", until=suspended_until.isoformat(), why=suspended_why)
        )
    if consent_withdrawn:
        reasons.append(stop("consent-withdrawn"))
    return Decision(tuple(reasons))


def _ended(status: str, patron_closed: bool) -> list[Reason]:
    if status in ("replaced", "closed"):
        return [stop(f"card-{status}")]
    return [stop("patron-closed")] if patron_closed else []


def may_report_lost(*, status: str, patron_closed: bool) -> Decision:
    """挂失: an active card."""
    reasons = _ended(status, patron_closed)
    if status == "lost":
        reasons.append(stop("card-already-lost"))
    return Decision(tuple(reasons))


def may_cancel_lost(*, status: str, patron_closed: bool) -> Decision:
    """解挂: a card reported lost and not yet replaced."""
    reasons = _ended(status, patron_closed)
    if status == "active":
        reasons.append(stop("card-not-lost"))
    return Decision(tuple(reasons))


def may_replace(
    *, status: str, patron_closed: bool, number: str = "", taken: bool = False
) -> Decision:
    """补证: for a lost or a worn card; ``number`` '' takes the next of the series."""
    reasons = _ended(status, patron_closed)
    if number:
        reasons += may_take_number(number, taken=taken)
    return Decision(tuple(reasons))


def may_renew_card(
    *,
    status: str,
    patron_closed: bool,
    expires_on: date,
    on: date,
    category: Category,
    age: int | None,
) -> Decision:
    """续期: an active card, from 90 days before it expires, of a reader still of its category."""
    reasons = _ended(status, patron_closed)
    if status == "lost":
        reasons.append(stop("card-lost"))
    if age is not None and not category.for_groups:
        reasons += may_be_of(category, age)
    opens = expires_on - timedelta(days=RENEWABLE_DAYS)
    if on < opens:
        reasons.append(
            ask("card-renewal-early", expires=expires_on.isoformat(), opens=opens.isoformat())
        )
    return Decision(tuple(reasons))


def renewed_until(expires_on: date, on: date, months: int) -> date:
    """The new last day: months from the old one, or from today when that is past."""
    return clock.add_months(max(expires_on, on), months)


def may_close(
    *, patron_closed: bool, answers: tuple[Reason, ...], deposit_fen: int = 0
) -> Decision:
    """退证: unless already closed; ``answers`` are what other capabilities have against it. A deposit
    held (分) must be given back, and how is the clerk's answer."""
    if patron_closed:
        return Decision((stop("patron-closed"),))
    if deposit_fen:
        return Decision((*answers, ask("deposit-held", amount=yuan(deposit_fen))))
    return Decision(answers)


def may_add_document(
    document: CheckedDocument, *, held_by: str | None, own: bool, born_on: date | None
) -> Decision:
    """A further document of a reader. ``own``: the holder found is this reader."""
    if own:
        return Decision((stop("document-known"),))
    reasons = list(_document(document, held_by))
    if (
        not document.fault
        and document.born_on is not None
        and born_on
        not in (
            None,
            document.born_on,
        )
    ):
        reasons.append(stop("birth-mismatch"))
    return Decision(tuple(reasons))
