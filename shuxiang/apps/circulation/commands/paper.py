"""补录: what was written on paper while the system was away, done by the usual commands at the time
it happened. A line that can't be done as it stands is kept as a conflict until somebody settles it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import msgspec
from django.db.models import Q, QuerySet

from shuxiang.apps.circulation import journals, models, queries
from shuxiang.apps.circulation.commands import common, late, offline_acts
from shuxiang.apps.circulation.commands.check_in import check_in
from shuxiang.apps.circulation.commands.check_out import check_out
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.formats.identifiers import parse_id_number
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Decision, Reason, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import mask_number, scanned
from shuxiang.runtime.commands import command, require
from shuxiang.runtime.secrets import lookup_hash

ACTS = ("check_out", "check_in")
CHANNEL = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What became of a line: ``state`` as in `models.PaperEntry`. ``again``: the same line had been
    entered before, nothing was done now."""

    entry: str
    state: str
    title_text: str = ""
    due_on: date | None = None
    reasons: tuple[Reason, ...] = ()
    again: bool = False


@command("circulation.enter_paper", permission="circulation.enter_paper")
def enter_paper(*, line: late.PaperLine, told: date | None = None, ctx: Context) -> Entered:
    """Enter one line at ``ctx.service_point``. Lines are to be entered in the order of their times.
    ``told`` is the due date that a machine gave the reader while it was cut off.

    Raises Refused, keeping nothing, for a line that can't be one: no barcode or card, a time to come
    or further back than ``desk.paper_days``. Everything else is kept, as done, known or conflict.
    """
    line = _checked(line, ctx)
    key = _key(line, ctx.service_point)
    known = _known(key).first()
    if known is not None:
        return replace(entered_of(known), again=True)
    done = _act(line, ctx, told)
    row = models.PaperEntry.objects.create(
        id=new_id(),
        key=key,
        place_id=ctx.service_point,
        entered_at=ctx.occurred_at,
        entered_by=ctx.actor.id,
        **columns(line, done),
    )
    return entered_of(row)


@command("circulation.retry_paper")
def retry_paper(*, entry: str, line: late.PaperLine, ctx: Context) -> Entered:
    """Try a conflict again: corrected (``line``), after something else was put right, or with the
    reasons of ``ctx.overrides`` lifted. It stays a conflict when something is left against it."""
    row = _open(entry, ctx)
    journal = models.JournalLine.objects.filter(entry=row.id).first()
    line = _checked(line, ctx, entered=row.entered_at, offline=journal is not None)
    here = replace(ctx, service_point=row.place_id)
    key = _key(line, row.place_id)
    if _known(key).exclude(id=row.id).exists():
        raise refuse(stop("paper-entered-already"))
    done = _act(line, here) if journal is None else _offline(line, journal, here)
    changes = {"corrected": key if key != row.key else None, **columns(line, done)}
    if done.state != "conflict":
        why = "; ".join(sorted({o.why.strip() for o in ctx.overrides}))
        changes |= {"settled_at": ctx.occurred_at, "settled_by": ctx.actor.id, "note": why[:200]}
    models.PaperEntry.objects.filter(id=row.id).update(**changes)
    return entered_of(models.PaperEntry.objects.get(id=row.id))


def _offline(line: late.PaperLine, journal: models.JournalLine, here: Context) -> late.Done:
    """The act in the device's name, as merging would have done it; with what the clerk lifts in the
    clerk's own."""
    answers = tuple(o for o in here.overrides if o.code == "paper-later-act")
    device = replace(here, actor=Actor("terminal", journal.device_id), overrides=answers)
    done = offline_acts.act(line, device, told=journal.told, number=journal.counter)
    if done.state == "conflict" and here.overrides:
        done = offline_acts.act(line, here, told=journal.told, number=journal.counter)
    return done


@command("circulation.settle_paper")
def settle_paper(*, entry: str, note: str, ctx: Context) -> None:
    """Lay a conflict aside without acting: ``note`` says how it was settled."""
    row = _open(entry, ctx)
    if not note.strip():
        raise refuse(stop("reason-missing"))
    models.PaperEntry.objects.filter(id=row.id).update(
        state="settled",
        settled_at=ctx.occurred_at,
        settled_by=ctx.actor.id,
        note=note.strip()[:200],
    )


@command("circulation.forget_paper", permission="system.forget_history")
def forget_paper(*, before: datetime, ctx: Context) -> int:
    """Empty card and reasons of lines entered before a moment that are neither open conflicts nor wait
    to be merged; returns how many. What was done stays readable from the loans as long as those name
    their reader."""
    named = journals.named_lines(before)
    models.JournalLine.objects.filter(entry__in=named).update(patron=None)
    return named.update(card="", reasons="")


def _checked(
    line: late.PaperLine, ctx: Context, *, entered: datetime | None = None, offline: bool = False
) -> late.PaperLine:
    """The line as scans are written, its card number in place of an ID number: none of those is ever
    kept. Raises Refused with everything that makes it no line. A line of an ``offline`` desk may be of
    any act, and as old as it is."""
    reasons: list[Reason] = []
    card = scanned(line.card) if line.act == "check_out" else ""
    barcode = scanned(line.barcode)
    if line.act not in (offline_acts.ACTS if offline else ACTS):
        reasons.append(stop("mode-unknown", mode=line.act))
    if not barcode:
        reasons.append(stop("barcode-missing"))
    elif len(barcode) > 40:
        reasons.append(stop("barcode-too-long", limit=40))
    if line.act == "check_out" and not card:
        reasons.append(stop("paper-card-missing"))
    days = places.setting(ctx.service_point, "desk.paper_days").value
    if line.at > ctx.occurred_at:
        reasons.append(stop("paper-to-come", at=line.at.isoformat()))
    elif not offline and line.at < (entered or ctx.occurred_at) - timedelta(days=days):
        reasons.append(stop("paper-too-old", at=line.at.isoformat(), days=days))
    if parse_id_number(card).valid:
        patron = patrons.by_document("idcard", card)
        live = patrons.live_card(patron) if patron else None
        if live is None:
            reasons.append(stop("document-unknown", number=mask_number(card)))
        else:
            card = live.number
    if len(card) > 40:
        reasons.append(stop("card-unknown", number=card[:40]))
    if reasons:
        raise Refused(Decision(tuple(reasons)))
    at = line.at if offline else line.at.replace(second=0, microsecond=0)
    return replace(line, at=at, barcode=barcode, card=card)


def _key(line: late.PaperLine, place: str) -> str:
    said = (place, line.act, line.at.isoformat(), line.card, line.barcode)
    return lookup_hash("paper", "|".join(said))[:32]


def _known(key: str) -> QuerySet[models.PaperEntry]:
    return models.PaperEntry.objects.filter(Q(key=key) | Q(corrected=key))


def _open(entry: str, ctx: Context) -> models.PaperEntry:
    row = models.PaperEntry.objects.select_for_update().filter(id=entry).first()
    if row is None:
        raise refuse(stop("paper-unknown"))
    require(ctx, "circulation.enter_paper", row.place_id)
    if row.state != "conflict":
        raise refuse(stop("paper-settled"))
    return row


def _act(line: late.PaperLine, ctx: Context, told: date | None = None) -> late.Done:
    """Do what the line says through the usual command, at the line's time."""
    channel = ctx.channel if ctx.actor.kind == "terminal" else CHANNEL
    then = replace(ctx, occurred_at=line.at, channel=channel)
    item = None
    try:
        find = common.find_item if line.act == "check_out" else common.find_returned
        item = find(line.barcode, line.item_library, then)
        if line.act == "check_out":
            return _lend(line, item, then, told, entered=ctx.occurred_at)
        return _take_back(line, item, then)
    except Refused as refused:
        return late.Done(state="conflict", item=item, reasons=refused.decision.refusing)


def _lend(
    line: late.PaperLine,
    item: stock.ScannedItem,
    then: Context,
    told: date | None,
    *,
    entered: datetime,
) -> late.Done:
    reader = common.find_reader(line.card, line.card_library)
    loan = queries.open_loan_of(item.id)
    if loan is not None and loan.patron == reader.patron and late.same_day(loan.lent_at, line.at):
        return late.Done(state="known", item=item, due_on=loan.due_on, loan=loan.id)
    against = late.later_acts(item, then) if loan is None else ()
    if against:
        raise Refused(Decision(against))
    done = check_out(
        item_barcode=line.barcode,
        card=line.card,
        item_library=line.item_library,
        card_library=line.card_library,
        ctx=then,
    )
    promised = told if told is not None and told <= done.due_on + late.MOST_TOLD else None
    return late.Done(
        state="done",
        item=item,
        due_on=late.never_overdue_by_lateness(done, then, entered=entered, told=promised),
        loan=done.loan,
        reasons=done.tells,
    )


def _take_back(line: late.PaperLine, item: stock.ScannedItem, then: Context) -> late.Done:
    loan = queries.open_loan_of(item.id)
    if loan is None:
        last = queries.last_return(item.id)
        if last is not None and late.same_day(last[0], line.at):
            return late.Done(state="known", item=item)
        raise refuse(stop("paper-not-on-loan"))
    if loan.lent_at > line.at:
        # Never the loan of somebody who came later (compare Koha's offline replay).
        raise refuse(stop("paper-lent-later", since=loan.lent_at.isoformat()))
    against = late.later_acts(item, then)
    if against:
        raise Refused(Decision(against))
    done = check_in(item_barcode=line.barcode, item_library=line.item_library, ctx=then)
    return late.Done(state="done", item=item, loan=done.loan, reasons=done.tells)


def columns(line: late.PaperLine, done: late.Done) -> dict[str, object]:
    return {
        "act": line.act,
        "occurred_at": line.at,
        "card": line.card,
        "barcode": line.barcode,
        "state": done.state,
        "title_text": done.item.title_text[:500] if done.item else "",
        "due_on": done.due_on,
        "reasons": msgspec.json.encode(done.reasons).decode() if done.reasons else "",
        "loan": done.loan,
    }


def entered_of(row: models.PaperEntry) -> Entered:
    reasons = msgspec.json.decode(row.reasons, type=tuple[Reason, ...]) if row.reasons else ()
    return Entered(
        entry=row.id,
        state=row.state,
        title_text=row.title_text,
        due_on=row.due_on,
        reasons=reasons,
    )
