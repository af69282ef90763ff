"""Writing to the ledger from inside a command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.revision import bump, cached
from shuxiang.runtime.running import running, thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """Copies of what the event's subjects were at that moment (design §5)."""

    reader_category: str = ""
    age_band: str = ""
    item_category: str = ""
    clc: str = ""
    owner_place: str | None = None
    lending_place: str | None = None


NO_DIMENSIONS = Dimensions()


YEAR_KEYS = "year-keys"


@cached(YEAR_KEYS)
def _known_secret(year: int) -> str | None:
    found = sql.one("SELECT secret FROM ledger_yearkey WHERE year = ?", year)
    return str(found[0]) if found else None


def _year_secret(year: int) -> str:
    secret = _known_secret(year)
    if secret is None:
        # Not cached here: should this transaction be undone, the secret never was.
        secret = ledger.year_secret(sql, year)
        bump(YEAR_KEYS)
    return secret


def visitor_key(patron: str, place: str, day: date) -> str:
    """Names (reader, place, day) without naming the reader, as the ledger's rows do; '' when the
    year's secret is gone. For rows of people passing a door, which never name anybody."""
    return ledger.visit_key(_year_secret(day.year), patron, place, day)


def destroy_year_key(year: int, at: datetime) -> None:
    """Empty a sealed year's secret, here and in every process that has it cached."""
    ledger.destroy_year_key(year, at)
    bump(YEAR_KEYS)


def recorded_at() -> datetime:
    """When what the running command writes is recorded: the clock's time, whatever day the act was."""
    return clock.now()


def record(
    type: str,  # noqa: A002 - the ledger's own word
    *,
    ctx: Context,
    library: str,
    place: str | None = None,
    item: str | None = None,
    item_seq: int | None = None,
    title: str | None = None,
    loan: str | None = None,
    subject: str | None = None,
    quantity: int = 1,
    amount: int | None = None,
    reverses: str | None = None,
    dimensions: Dimensions = NO_DIMENSIONS,
    patron: str | None = None,
    card: str | None = None,
    source: str = "",
    data: dict[str, Any] | None = None,
    on: date | None = None,
) -> str:
    """Write one ledger row in the running command's transaction; returns its id.

    ``place`` defaults to the service point, ``on`` (business date) to the local date of
    ``ctx.occurred_at``. ``item_seq`` is the item's next number; the database refuses a fork. A
    ``patron`` goes to the link table and into the year's keyed hashes, never into the row. ``data``
    must not tell who the reader is.
    """
    current = running("record()")
    current.number += 1
    day = on or clock.business_date(ctx.occurred_at)
    where = place or ctx.service_point
    visit = yearly = ""
    if patron:
        secret = _year_secret(day.year)
        visit = ledger.visit_key(secret, patron, where, day)
        yearly = ledger.year_key(secret, patron, day.year)
    event = new_id()
    by_reader = ctx.actor.kind == "patron"
    ledger.append(
        sql,
        {
            "id": event,
            "library": library,
            "request": current.request,
            "number": current.number,
            "type": type,
            "occurred_at": ctx.occurred_at,
            "recorded_at": clock.now(),
            "business_date": day,
            "place": where,
            "channel": ctx.channel,
            "actor_kind": ctx.actor.kind,
            "actor": "" if by_reader else ctx.actor.id,
            "session": "" if by_reader else ctx.session_id,
            "item": item,
            "title": title,
            "loan": loan,
            "subject": subject,
            "item_seq": item_seq,
            "quantity": quantity,
            "amount": amount,
            "reverses": reverses,
            "reader_category": dimensions.reader_category,
            "age_band": dimensions.age_band,
            "item_category": dimensions.item_category,
            "clc": dimensions.clc,
            "owner_place": dimensions.owner_place,
            "lending_place": dimensions.lending_place,
            "visit_key": visit,
            "year_key": yearly,
            "source": source,
            "data": json.dumps(data, ensure_ascii=False, sort_keys=True) if data else "",
        },
        patron=patron,
        card=card,
    )
    if thread.together is not None:
        if item is not None and item_seq is not None:
            thread.together.marks.append(("item", item, str(item_seq)))
        elif subject is not None:
            thread.together.marks.append(("subject", subject, event))
    return event


_REVERSED = (
    "SELECT {} FROM ledger_event e WHERE e.{} = ? AND e.type = ? AND e.quantity > 0 AND NOT EXISTS "
    "(SELECT 1 FROM ledger_event r WHERE r.reverses = e.id) ORDER BY e.id DESC LIMIT 1"
)


_SINCE = (
    "SELECT 1 FROM ledger_event e WHERE e.item = ? AND e.item_seq > ? AND e.reverses IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM ledger_event r WHERE r.reverses = e.id) LIMIT 1"
)


def reverse(
    type: str,  # noqa: A002 - the ledger's own word
    *,
    ctx: Context,
    item_seq: int | None,
    loan: str | None = None,
    item: str | None = None,
    subject: str | None = None,
    last: bool = False,
) -> str:
    """Take back the last event of a type of a loan (or else of a subject or an item) by a reversing row with
    all its dimensions and the negative quantity; returns its id. Refused when there is none; with
    ``last`` also when anything that still stands has happened to the item since."""
    running("reverse()")
    columns = ", ".join(f"e.{c}" for c in ledger.COLUMNS)
    of = "loan" if loan else "subject" if subject else "item"
    found = sql.one(_REVERSED.format(columns, of), loan or subject or item, type)
    if found is None:
        raise refuse(stop("nothing-to-undo"))
    original = dict(zip(ledger.COLUMNS, found, strict=True))
    if last and sql.one(_SINCE, original["item"], original["item_seq"]):
        raise refuse(stop("nothing-to-undo"))
    return _reverse(original, item_seq, ctx)


def _reverse(original: dict[str, Any], item_seq: int | None, ctx: Context) -> str:
    current = running("reverse()")
    current.number += 1
    link = sql.one("SELECT patron, card FROM ledger_reader WHERE event = ?", original["id"])
    by_reader = ctx.actor.kind == "patron"
    row = original | {
        "id": new_id(),
        "request": current.request,
        "number": current.number,
        "occurred_at": ctx.occurred_at,
        "recorded_at": clock.now(),
        "channel": ctx.channel,
        "actor_kind": ctx.actor.kind,
        "actor": "" if by_reader else ctx.actor.id,
        "session": "" if by_reader else ctx.session_id,
        "item_seq": item_seq,
        "quantity": -original["quantity"],
        "reverses": original["id"],
    }
    patron, card = link or (None, None)
    ledger.append(sql, row, patron=patron, card=card)
    return str(row["id"])


@dataclass(frozen=True, slots=True)
class Effect:
    """What else an act did to its item: an event of the same request that stands. ``data`` is what
    the row says beside."""

    event: str
    type: str
    subject: str
    data: dict[str, Any]


def effects(
    type: str,  # noqa: A002 - the ledger's own word
    *,
    loan: str,
    of: tuple[str, ...],
) -> tuple[Effect, ...]:
    """What the act that wrote the last standing event of a type of a loan also did to the same item,
    newest first; only event types that begin with one of ``of``."""
    found = sql.one(_REVERSED.format("e.request, e.item", "loan"), loan, type)
    return effects_of(found[0], item=found[1], of=of) if found is not None else ()


def effects_of(request: str, *, item: str, of: tuple[str, ...]) -> tuple[Effect, ...]:
    """What still stands of what a request did to an item, newest first; only event types that begin
    with one of ``of``."""
    rows = sql.all(
        "SELECT e.id, e.type, e.subject, e.data FROM ledger_event e WHERE e.item = ? "
        "AND e.request = ? AND e.item_seq IS NOT NULL AND e.reverses IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM ledger_event r WHERE r.reverses = e.id) ORDER BY e.item_seq DESC",
        item,
        request,
    )
    return tuple(
        Effect(r[0], r[1], r[2] or "", json.loads(r[3]) if r[3] else {})
        for r in rows
        if r[1].startswith(of)
    )


def reverse_effect(effect: Effect, *, item_seq: int, ctx: Context) -> str:
    """Take back one effect by a reversing row; returns its id."""
    columns = ", ".join(ledger.COLUMNS)
    found = sql.one(f"SELECT {columns} FROM ledger_event WHERE id = ?", effect.event)
    assert found is not None, "the ledger forgets nothing"
    return _reverse(dict(zip(ledger.COLUMNS, found, strict=True)), item_seq, ctx)


def running_request() -> str:
    """The running command's request id, for bulk rows written by hand."""
    return running("running_request()").request


def next_number(count: int = 1) -> int:
    """Reserve ``count`` event numbers of the running request; returns the first."""
    current = running("next_number()")
    first = current.number + 1
    current.number += count
    return first


def age_band(born: date | None, on: date) -> str:
    """The reader's age band at ``on``: 0-6, 7-12, 13-17, 18-59, 60+, or '' when unknown."""
    if born is None:
        return ""
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    for limit, band in ((7, "0-6"), (13, "7-12"), (18, "13-17"), (60, "18-59")):
        if age < limit:
            return band
    return "60+"
