"""Partners, what is agreed with them, and what they must be told."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from shuxiang.apps.exchange import models, queries, rules
from shuxiang.apps.exchange.commands._shared import known_place
from shuxiang.apps.places import commands as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.runtime.changes import changed
from shuxiang.runtime.commands import command

EDIT = "exchange.edit"
ADAPTERS = ("manual", "file", "off")


@command("exchange.add_partner", permission=EDIT)
def add_partner(*, code: str, name: str, adapter: str = "manual", ctx: Context) -> str:
    """Add another library we share cards or books with; returns its id, which is the library id of its
    cards and items. Raises Refused: what `add_place` refuses, adapter-unknown."""
    if adapter not in ADAPTERS:
        raise refuse(stop("adapter-unknown", adapter=adapter))
    parent = known_place(ctx.service_point).library
    place = places.add_place(kind="partner", code=code, name=name, parent=parent, ctx=ctx)
    models.Partner.objects.create(place_id=place, adapter=adapter)
    return place


@command("exchange.change_partner", permission=EDIT)
def change_partner(*, partner: str, adapter: str, active: bool = True, ctx: Context) -> None:
    """How a partner is reached, and whether at all. Raises Refused: partner-unknown,
    adapter-unknown."""
    row = _partner(partner)
    if adapter not in ADAPTERS:
        raise refuse(stop("adapter-unknown", adapter=adapter))
    before = {"adapter": row.adapter, "active": row.active}
    after = {"adapter": adapter, "active": active}
    models.Partner.objects.filter(place=row.place_id).update(**after)
    changed(ctx, "partner", row.place_id, row.place.name, before, after)


@command("exchange.agree", permission=EDIT)
def agree(*, partner: str, valid_from: date, ctx: Context, **agreed: Any) -> str:
    """Add a dated row of what is agreed (the fields of `rules.Terms`); returns its id. It replaces the
    one before from its first day on.

    Raises Refused: partner-unknown, agreement-dates, agreement-exists, category-unknown.
    """
    row = _partner(partner)
    known = {f.name for f in fields(rules.Terms)} - {"id", "partner", "valid_from"}
    if unknown := set(agreed) - known:
        raise TypeError(f"agree() has no field {', '.join(sorted(unknown))}")
    category = str(agreed.pop("reader_category", ""))
    decision = rules.may_agree(
        valid_from=valid_from,
        valid_to=agreed.get("valid_to"),
        on=clock.business_date(ctx.occurred_at),
        exists=models.Agreement.objects.filter(partner=row, valid_from=valid_from).exists(),
        cards=bool(agreed.get("cards")),
        category=category,
    )
    if not decision.allowed:
        raise Refused(decision)
    made = models.Agreement.objects.create(
        id=new_id(),
        partner=row,
        valid_from=valid_from,
        reader_category_id=category or None,
        **agreed,
    )
    told = {"valid_from": valid_from, "reader_category": category, **agreed}
    changed(ctx, "agreement", made.id, row.place.name, None, told)
    return str(made.id)


@command("exchange.end_agreement", permission=EDIT)
def end_agreement(*, agreement: str, last_day: date, ctx: Context) -> None:
    """Let a row end on a day, today at the earliest. Raises Refused: agreement-unknown,
    agreement-dates."""
    row = models.Agreement.objects.select_related("partner__place").filter(id=agreement).first()
    if row is None:
        raise refuse(stop("agreement-unknown"))
    today = clock.business_date(ctx.occurred_at)
    if last_day < max(today, row.valid_from):
        raise refuse(stop("agreement-dates"))
    models.Agreement.objects.filter(id=row.id).update(valid_to=last_day)
    name = row.partner.place.name
    changed(
        ctx, "agreement", row.id, name, {"valid_to": row.valid_to}, {"valid_to": last_day},
        action="ended",
    )  # fmt: skip


def _partner(partner: str) -> models.Partner:
    row = models.Partner.objects.select_related("place").filter(place=partner).first()
    if row is None:
        raise refuse(stop("partner-unknown"))
    return row


# --- messages --------------------------------------------------------------------------------


def enqueue(partner: str, kind: str, key: str, body: dict[str, str], ctx: Context) -> None:
    """Inside another command: what the partner must be told, in the same transaction."""
    models.Message.objects.get_or_create(
        key=f"{kind}:{key}"[:80],
        defaults={
            "id": new_id(),
            "partner_id": partner,
            "kind": kind,
            "body": body,
            "created_at": ctx.occurred_at,
            "next_at": ctx.occurred_at,
        },
    )


@command("exchange.message_tried")
def message_tried(*, message: str, error: str = "", ctx: Context) -> None:
    """What became of trying a message: handed over, or to be tried again later. By the worker alone."""
    if ctx.actor.kind != "system":
        raise refuse(stop("not-permitted", action="exchange.message_tried"))
    row = models.Message.objects.select_for_update().filter(id=message, state="waiting").first()
    if row is None:
        return
    if not error:
        models.Message.objects.filter(id=row.id).update(
            state="done", ended_at=ctx.occurred_at, tries=row.tries + 1, error=""
        )
        return
    models.Message.objects.filter(id=row.id).update(
        tries=row.tries + 1,
        next_at=rules.next_try(row.tries + 1, ctx.occurred_at),
        error=error[:200],
    )


@command("exchange.settle_message", permission=EDIT)
def settle_message(*, message: str, told: bool, ctx: Context) -> None:
    """A clerk told the partner another way, or gives it up. Raises Refused: message-unknown."""
    done = models.Message.objects.filter(id=message, state="waiting").update(
        state="done" if told else "given_up", ended_at=ctx.occurred_at
    )
    if not done:
        raise refuse(stop("message-unknown"))


def partner_terms(partner: str, ctx: Context) -> rules.Terms:
    """What is agreed with a partner today. Refuses with partner-unknown, agreement-none."""
    row = _partner(partner)
    terms = queries.terms(partner, clock.business_date(ctx.occurred_at))
    if terms is None or not row.active:
        raise refuse(stop("agreement-none", partner=row.place.name))
    return terms
