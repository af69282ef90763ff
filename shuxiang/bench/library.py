"""A library of a given size to measure in, made in the current (empty) home."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shuxiang.apps.circulation.commands import opening
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import queries as places
from shuxiang.formats.identifiers import id_check_character
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.runtime.commands import bulk
from shuxiang.runtime.migrating import migrate

PASSWORD = "Bench-Mark-1"
CLERK = "clerk"
READERS = 1000
EVENTS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Made:
    """What the measurements need: the main library, barcodes of lendable items, card numbers."""

    place: str
    barcodes: tuple[str, ...]
    cards: tuple[str, ...]


def open_empty() -> str:
    """Tables, a main library with the shipped rules, and a clerk; returns the library's id."""
    migrate()
    plan = opening.usual_plan("测量馆", "main", date(2020, 1, 1))
    clerk = opening.PlannedAccount(username=CLERK, name="测量员", role="desk", place="main")
    plan = opening.Plan(
        opened_on=plan.opened_on,
        places=plan.places,
        accounts=(clerk,),
        rules=(opening.PlannedRule(place="main", loan_limit=500, loan_days=30),),
    )
    with bulk(100_000):
        ids = opening.open_library(plan, passwords={CLERK: PASSWORD}, ctx=context())
    # The one-time password would have to be changed at the first login.
    sql.run("UPDATE staff_account SET must_change_password = ?", False)
    return ids["main"]


def context(place: str = "") -> Context:
    return Context(actor=SYSTEM, channel="desk", service_point=place, occurred_at=clock.now())


def add_readers(place: str, count: int = READERS) -> tuple[str, ...]:
    """Register readers through the real command; returns their card numbers."""
    numbers = []
    with bulk(1000):
        for number in range(count):
            body = f"441699{date(1960, 1, 1) + timedelta(days=number * 7):%Y%m%d}{number % 999:03d}"
            made = patrons.register(
                name=f"测量{number}",
                category="adult",
                document=patrons.IdentityDocument("idcard", body + id_check_character(body)),
                consents=(patrons.ConsentGiven("reader-data", "1"),),
                ctx=context(place),
            )
            numbers.append(made.number)
    return tuple(numbers)


def fill_ledger(place: str, rows: int) -> int:
    """Bring the ledger to at least ``rows`` rows with past events of the items; returns how many it
    then has. Written straight to the tables: what is measured is how the commands do beside them."""
    have = sql.one("SELECT COUNT(*) FROM ledger_event")
    assert have is not None
    items = sql.all("SELECT id, title_id FROM stock_item ORDER BY id")
    each = max(0, rows - have[0]) // max(len(items), 1) + 1
    dice = random.Random(11)
    batch: list[list[Any]] = []
    for row in _past(place, items, each, dice):
        batch.append(row)
        if len(batch) >= EVENTS_AT_ONCE:
            _write(batch)
            batch.clear()
    _write(batch)
    sql.run("UPDATE stock_item SET event_seq = event_seq + ?", each)
    after = sql.one("SELECT COUNT(*) FROM ledger_event")
    assert after is not None
    return int(after[0])


def _write(batch: list[list[Any]]) -> None:
    from django.db import transaction

    if batch:
        with transaction.atomic():
            sql.many(ledger.INSERT, batch)


def _past(
    place: str, items: list[tuple[Any, ...]], each: int, dice: random.Random
) -> Iterator[list[Any]]:
    start = datetime(2020, 1, 2, 2, tzinfo=UTC)
    blank: dict[str, Any] = dict.fromkeys(ledger.COLUMNS)
    blank |= {"library": place, "place": place, "channel": "desk", "actor_kind": "system"}
    blank |= {
        "actor": "system",
        "session": "",
        "quantity": 1,
        "number": 1,
        "source": "",
        "data": "",
    }
    blank |= {"reader_category": "adult", "age_band": "18-59", "item_category": "book", "clc": "I"}
    for item, title in items:
        for turn in range(each):
            at = start + timedelta(days=dice.randrange(1800), minutes=dice.randrange(480))
            yield [
                (
                    blank
                    | {
                        "id": new_id(),
                        "request": new_id(),
                        "type": "loan.opened" if turn % 2 else "loan.closed",
                        "occurred_at": at,
                        "recorded_at": at,
                        "business_date": clock.business_date(at),
                        "item": item,
                        "title": title,
                        "item_seq": turn + 2,
                        "visit_key": new_id(),
                        "year_key": new_id(),
                    }
                )[column]
                for column in ledger.COLUMNS
            ]


def made(place: str) -> Made:
    """The measured library as it stands in the database."""
    barcodes = sql.all("SELECT barcode FROM stock_item ORDER BY id")
    cards = sql.all("SELECT number FROM patrons_card WHERE status = 'active' ORDER BY id")
    return Made(place, tuple(b[0] for b in barcodes), tuple(c[0] for c in cards))


def main_library() -> str:
    return places.main_library().id


def timed(started: float) -> float:
    """Seconds since ``started``, of `time.perf_counter`."""
    return time.perf_counter() - started


def quantile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie; 0.0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
