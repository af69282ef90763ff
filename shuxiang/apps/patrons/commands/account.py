"""Changing, suspending and closing a reader's account."""

from __future__ import annotations

from datetime import date
from typing import Any

from shuxiang.apps.patrons import identity, models, queries, rules
from shuxiang.apps.patrons.commands import _shared
from shuxiang.apps.patrons.commands.credentials import end_credentials
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, refuse, stop
from shuxiang.runtime import guards
from shuxiang.runtime.commands import command
from shuxiang.runtime.secrets import decrypt, encrypt


@command("patrons.change_patron", permission="patrons.change")
def change_patron(
    *,
    patron: str,
    name: str | None = None,
    phone: str | None = None,
    category: str | None = None,
    born_on: date | None = None,
    sex: str | None = None,
    note: str | None = None,
    home: str | None = None,
    ctx: Context,
) -> tuple[str, ...]:
    """Change what is given and differs; None leaves a field, '' empties phone, sex or note. Returns
    the names of the fields changed; the ledger row has these names and no values."""
    row = _shared.open_patron(patron, "patrons.change", ctx)
    wanted: dict[str, Any] = {
        "name": name.strip() if name is not None else row.name,
        "phone": identity.normalise_phone(phone) if phone is not None else decrypt(row.phone),
        "category_id": category if category is not None else row.category_id,
        "born_on": born_on or row.born_on,
        "sex": row.sex if sex is None else sex,
        "note": row.note if note is None else note.strip(),
        "home_id": home or row.home_id,
    }
    now = {f: getattr(row, f) for f in wanted} | {"phone": decrypt(row.phone)}
    changed = {f: v for f, v in wanted.items() if v != now[f]}
    day = clock.business_date(ctx.occurred_at)
    lifted = _shared.settle(Decision(tuple(_against(row, changed, day))), ctx)
    if not changed:
        return ()
    stored = dict(changed)
    if "phone" in changed:
        stored["phone"] = encrypt(changed["phone"])
        stored["phone_hash"] = queries.phone_hash(changed["phone"])
    models.Patron.objects.filter(id=row.id).update(**stored)
    for field, value in stored.items():
        setattr(row, field, value)
    fields = tuple(f.removesuffix("_id") for f in changed)
    data = _shared.with_overrides({"fields": list(fields)}, lifted)
    _shared.record_patron("patron.changed", row, ctx, data=data)
    return fields


def _against(row: models.Patron, changed: dict[str, Any], day: date) -> list[Reason]:
    reasons: list[Reason] = []
    if "name" in changed and not changed["name"]:
        reasons.append(stop("name-missing"))
    if changed.get("phone") and not identity.phone_valid(changed["phone"]):
        reasons.append(stop("phone-invalid"))
    if changed.get("sex", "") not in ("", "M", "F"):
        reasons.append(stop("sex-invalid"))
    reasons += _shared.place_unknown(changed.get("home_id", ""))
    reasons += rules.too_long(**{f: changed[f] for f in ("name", "note") if f in changed})
    born_on = changed.get("born_on", row.born_on)
    if "born_on" in changed:
        if changed["born_on"] > day:
            reasons.append(stop("birth-in-future", day=changed["born_on"].isoformat()))
        if any(d not in (None, born_on) for d in _birth_dates(row, day)):
            reasons.append(stop("birth-mismatch"))
    if "category_id" in changed or "born_on" in changed:
        kind = queries.category(str(changed.get("category_id", row.category_id)))
        if kind is None:
            return [*reasons, stop("category-unknown")]
        if kind.for_groups != row.category.for_groups:
            return [*reasons, stop("category-for-groups")]
        age = identity.age_on(born_on, day) if born_on and born_on <= day else None
        if age is not None and not kind.for_groups:
            reasons += rules.may_be_of(kind, age)
        guarded = models.Guardian.objects.filter(child=row, ended_at=None).exists()
        if rules.guardian_needed(kind, age) and not guarded:
            reasons.append(stop("guardian-missing"))
    return reasons


def _birth_dates(row: models.Patron, day: date) -> list[date | None]:
    return [
        identity.check_document(
            identity.IdentityDocument(d.kind, decrypt(d.number)), today=day
        ).born_on
        for d in models.Document.objects.filter(patron=row, ended_at=None)
    ]


@command("patrons.suspend", permission="patrons.suspend")
def suspend(*, patron: str, until: date, why: str, ctx: Context) -> None:
    """停借 through the day ``until``."""
    row = _shared.open_patron(patron, "patrons.suspend", ctx)
    reasons = []
    if until < clock.business_date(ctx.occurred_at):
        reasons.append(stop("day-past", day=until.isoformat()))
    if not why.strip():
        reasons.append(stop("why-missing"))
    reasons += rules.too_long(why=why)
    if reasons:
        raise refuse(*reasons)
    models.Patron.objects.filter(id=row.id).update(suspended_until=until, suspended_why=why.strip())
    data = {"fields": ["suspended_until"], "until": until.isoformat()}
    _shared.record_patron("patron.changed", row, ctx, data=data)


@command("patrons.lift_suspension", permission="patrons.suspend")
def lift_suspension(*, patron: str, ctx: Context) -> None:
    """End a suspension today."""
    row = _shared.open_patron(patron, "patrons.suspend", ctx)
    if row.suspended_until is None:
        raise refuse(stop("patron-not-suspended"))
    models.Patron.objects.filter(id=row.id).update(suspended_until=None, suspended_why="")
    data = {"fields": ["suspended_until"], "until": None}
    _shared.record_patron("patron.changed", row, ctx, data=data)


@command("patrons.close_account", permission="patrons.close")
def close_account(*, patron: str, ctx: Context) -> None:
    """退证: the card closes, the documents are free for a new registration, the guardians end.

    Whoever has something against it (open loans, charges) answers the guard
    ``patrons.close_account`` with the fact ``patron``. A deposit that is held must be given back:
    ``deposit-held`` asks how; the amount and the answer stay in the ledger row.
    """
    row = _shared.patron_row(patron)
    _shared.in_reach(row, "patrons.close", ctx)
    answers = guards.ask("patrons.close_account", ctx, patron=row.id)
    decision = rules.may_close(
        patron_closed=row.closed_at is not None, answers=answers, deposit_fen=row.deposit_fen
    )
    lifted = _shared.settle(decision, ctx)
    settled = {"deposit_fen": row.deposit_fen} if row.deposit_fen else {}
    card = models.Card.objects.filter(patron=row, status__in=("active", "lost")).first()
    models.Card.objects.filter(patron=row, status__in=("active", "lost")).update(
        status="closed", ended_at=ctx.occurred_at
    )
    models.Document.objects.filter(patron=row, ended_at=None).update(ended_at=ctx.occurred_at)
    models.Guardian.objects.filter(child=row, ended_at=None).update(ended_at=ctx.occurred_at)
    for side in ("patron", "proxy"):
        models.Proxy.objects.filter(**{side: row}, ended_at=None).update(ended_at=ctx.occurred_at)
    models.Patron.objects.filter(id=row.id).update(closed_at=ctx.occurred_at, deposit_fen=0)
    end_credentials(row.id, "closed", ctx)
    guards.tell("patrons.account_closed", ctx, patron=row.id)
    if card is None:
        data = _shared.with_overrides({"fields": ["closed_at"], **settled}, lifted)
        _shared.record_patron("patron.changed", row, ctx, data=data)
    else:
        data = _shared.with_overrides({"was": card.status, **settled}, lifted)
        _shared.record_card("card.closed", row, card, ctx, data=data)


@command("patrons.confirm_verified", permission="patrons.change")
def confirm_verified(*, patron: str, ctx: Context) -> None:
    """What a migration left to be verified of a reader has been looked at. Raises Refused:
    patron-unknown, patron-closed, nothing-to-verify."""
    row = _shared.open_patron(patron, "patrons.change", ctx)
    if not row.to_verify:
        raise refuse(stop("nothing-to-verify"))
    models.Patron.objects.filter(id=row.id).update(to_verify="")
    data = {"fields": ["to_verify"], "was": row.to_verify}
    _shared.record_patron("patron.changed", row, ctx, data=data)


@command("patrons.hand_over_deposit", permission="fees.deposit")
def hand_over_deposit(*, patron: str, ctx: Context) -> int:
    """The deposit a reader brought along is kept in the library's own books from now on; returns the
    amount. Raises Refused: patron-unknown, patron-closed, not-permitted, deposit-none."""
    row = _shared.open_patron(patron, "fees.deposit", ctx)
    if not row.deposit_fen:
        raise refuse(stop("deposit-none"))
    models.Patron.objects.filter(id=row.id).update(deposit_fen=0)
    data = {"fields": ["deposit_fen"], "was_fen": row.deposit_fen}
    _shared.record_patron("patron.changed", row, ctx, data=data)
    return int(row.deposit_fen)
