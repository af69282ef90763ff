"""Documents, guardians and consents of readers already registered."""

from __future__ import annotations

from shuxiang.apps.patrons import identity, models, queries, rules
from shuxiang.apps.patrons.commands import _shared
from shuxiang.apps.patrons.identity import (
    PURPOSES,
    ConsentGiven,
    GuardianGiven,
    IdentityDocument,
)
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, refuse, stop
from shuxiang.runtime.commands import command


@command("patrons.add_document", permission="patrons.change")
def add_document(*, patron: str, document: IdentityDocument, ctx: Context) -> str:
    """Add a document, such as a child's own ID number once they have one; the card stays. Fills birth
    date and sex where they were unknown. Returns the document's id."""
    row = _shared.open_patron(patron, "patrons.change", ctx)
    paper = _shared.checked(document, ctx)
    if paper is None:
        raise refuse(stop("document-missing"))
    held = _shared.holder(paper)
    guardians = models.Guardian.objects.filter(child=row, ended_at=None)
    decision = rules.may_add_document(
        paper,
        held_by=held[1] if held else None,
        own=held is not None and held[0] == row.id,
        born_on=row.born_on,
    )
    if not paper.fault and guardians.filter(document_hash=queries.document_hash(paper)).exists():
        decision = Decision((*decision.reasons, stop("document-is-guardians")))
    _shared.settle(decision, ctx)
    id_ = _shared.store_document(row.id, paper)
    learned = {
        field: value
        for field, value in (("born_on", paper.born_on), ("sex", paper.sex))
        if value and not getattr(row, field) and not row.category.for_groups
    }
    if learned:
        models.Patron.objects.filter(id=row.id).update(**learned)
    data = {"fields": ["documents", *learned], "kind": paper.kind}
    _shared.record_patron("patron.changed", row, ctx, data=data)
    return id_


@command("patrons.change_guardian", permission="patrons.change")
def change_guardian(
    *,
    patron: str,
    guardian: GuardianGiven,
    consents: tuple[ConsentGiven, ...] = (),
    ctx: Context,
) -> str:
    """Another person answers for the child (or the group) from now on; the one before stays on
    record as ended. The new one agrees anew. Returns the guardian's id."""
    row = _shared.open_patron(patron, "patrons.change", ctx)
    category = queries.category(row.category_id)
    assert category is not None
    day = clock.business_date(ctx.occurred_at)
    person = _shared.checked_guardian(guardian, ctx)
    assert person is not None
    age = identity.age_on(row.born_on, day) if row.born_on else None
    reasons = list(
        rules.responsible(person)
        if category.for_groups
        else rules.may_be_guardian(person, own=None, on=day)
    )
    if person.document is not None and not person.document.fault:
        own = models.Document.objects.filter(
            patron=row, ended_at=None, number_hash=queries.document_hash(person.document)
        )
        if own.exists():
            reasons.append(stop("document-is-guardians"))
    given = {c.purpose for c in consents}
    answers = category.for_groups or rules.guardian_needed(category, age)
    if answers:
        reasons += [
            stop("consent-missing", purpose=p)
            for p in rules.consents_needed(category, age)
            if p not in given
        ]
    reasons += [stop("purpose-unknown", purpose=p) for p in sorted(given - {*PURPOSES})]
    reasons += [r for c in consents for r in rules.too_long(version=c.version)]
    _shared.settle(Decision(tuple(reasons)), ctx)
    models.Guardian.objects.filter(child=row, ended_at=None).update(ended_at=ctx.occurred_at)
    id_ = _shared.store_guardian(row.id, person, ctx)
    _shared.record_patron("patron.changed", row, ctx, data={"fields": ["guardian"]})
    for consent in consents:
        _give(row, consent, "guardian" if answers else "reader", id_ if answers else None, ctx)
    return id_


@command("patrons.give_consent", permission="patrons.change")
def give_consent(*, patron: str, consent: ConsentGiven, ctx: Context) -> None:
    """Record that the reader, or who answers for them, agrees to a purpose. The same purpose given
    before in another version ends; a withdrawal is over once everything needed is agreed to."""
    row = _shared.open_patron(patron, "patrons.change", ctx)
    reasons = list(rules.too_long(version=consent.version))
    if consent.purpose not in PURPOSES:
        reasons.append(stop("purpose-unknown", purpose=consent.purpose))
    if reasons:
        raise refuse(*reasons)
    guardian = models.Guardian.objects.filter(child=row, ended_at=None).first()
    answers = row.category.for_groups or rules.guardian_needed(*_category_and_age(row, ctx))
    if answers and guardian is None:
        raise refuse(stop("guardian-missing"))
    by = "guardian" if answers else "reader"
    _give(row, consent, by, guardian.id if answers and guardian else None, ctx)


def _give(
    row: models.Patron, consent: ConsentGiven, by: str, guardian: str | None, ctx: Context
) -> None:
    models.Consent.objects.filter(patron=row, purpose=consent.purpose, withdrawn_at=None).update(
        withdrawn_at=ctx.occurred_at
    )
    models.Consent.objects.create(
        patron=row,
        purpose=consent.purpose,
        version=consent.version,
        given_by=by,
        guardian_id=guardian,
        given_at=ctx.occurred_at,
    )
    _settle_consents(row, ctx)
    data = {"act": "given", "purpose": consent.purpose, "version": consent.version, "by": by}
    _shared.record_patron("patron.consent", row, ctx, data=data)


@command("patrons.withdraw_consent", permission="patrons.change")
def withdraw_consent(*, patron: str, purpose: str, ctx: Context) -> bool:
    """Take a consent back, which is always possible (个人信息保护法 15). Returns whether the account is
    on hold because the purpose is one that a card needs: nothing new is lent until it is given again
    or the account closed."""
    row = _shared.open_patron(patron, "patrons.change", ctx)
    ended = models.Consent.objects.filter(patron=row, purpose=purpose, withdrawn_at=None).update(
        withdrawn_at=ctx.occurred_at
    )
    if not ended:
        raise refuse(stop("consent-not-given", purpose=purpose))
    held = _settle_consents(row, ctx)
    _shared.record_patron("patron.consent", row, ctx, data={"act": "withdrawn", "purpose": purpose})
    return held


def _settle_consents(row: models.Patron, ctx: Context) -> bool:
    """Set whether the account is on hold for want of a consent that was there and was withdrawn."""
    every = models.Consent.objects.filter(patron=row)
    live = set(every.filter(withdrawn_at=None).values_list("purpose", flat=True))
    ever = set(every.values_list("purpose", flat=True))
    needed = set(rules.consents_needed(*_category_and_age(row, ctx)))
    held = bool(needed & ever - live)
    models.Patron.objects.filter(id=row.id).update(consent_withdrawn=held)
    return held


def _category_and_age(row: models.Patron, ctx: Context) -> tuple[rules.Category, int | None]:
    category = queries.category(row.category_id)
    assert category is not None
    day = clock.business_date(ctx.occurred_at)
    return category, identity.age_on(row.born_on, day) if row.born_on else None
