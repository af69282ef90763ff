"""The annual report of the last of ten years, day sheets and a ranking, from a full ledger."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction

from shuxiang.apps.places import commands as places
from shuxiang.bench import library
from shuxiang.documents.report import BRANCHES_TOO, AnnualReport, dump
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql
from shuxiang.statistics import daily, day_sheets, lists, report

YEARS = 10
BRANCHES = 5
READERS = 8_000
ROWS_AT_ONCE = 20_000
RUNS = 3
CLASSES = "IIIIIIGGKKTHJBDFQRZCNOPXSUVEA"
CATEGORIES = ("adult", "adult", "adult", "child", "child", "senior")
ACTS = {
    "loan.opened": 38,
    "loan.closed": 37,
    "loan.renewed": 8,
    "item.used": 12,
    "item.accessioned": 4,
    "card.issued": 1,
}
"""What happens how often in a hundred."""

Row = tuple[str, float, str]
T = TypeVar("T")


def run(main: str, events: int) -> list[Row]:
    """Fill the ledger of an opened library up to ``events`` rows of ten years and measure; rows of
    (name, value, unit). Acts are written straight to the ledger and numbered by the worker's code."""
    year = clock.business_date(clock.now()).year - 1
    sites = (main, *_branches(main))
    began = time.perf_counter()
    _fill(main, sites, events, year)
    filled = library.timed(began)
    began = time.perf_counter()
    daily.refresh()
    rows: list[Row] = [
        ("report: ledger filled", round(filled, 1), "s"),
        ("report: numbered and counted", round(library.timed(began), 1), "s"),
    ]
    model, read = _best(lambda: _model(main, year))
    _, drawn = _best(lambda: _draw(lambda: model))
    _, whole_way = _best(lambda: _draw(lambda: _model(main, year)))
    rows += [
        ("report: figures, checks and text", round(read * 1000), "ms"),
        ("report: web, PDF and Word, new process", round(drawn, 2), "s"),
        ("report: from the ledger to the files", round(whole_way, 2), "s"),
    ]
    june = date(year, 6, 1), date(year, 6, 30)
    whole = date(year, 1, 1), date(year, 12, 31)
    asked: dict[str, Callable[[], object]] = {
        "day sheet": lambda: _sheet(main, june[0], june[0]),
        "month sheet": lambda: _sheet(main, *june),
        "ranking of a year": lambda: lists.ranking(*whole, inside=sites, most=100),
    }
    for name, ask in asked.items():
        _, seconds = _best(ask)
        rows.append((f"report: {name}, {len(sites)} sites", round(seconds * 1000), "ms"))
    return rows


def _best(work: Callable[[], T]) -> tuple[T, float]:
    """The result and the shortest of `RUNS` times, in seconds."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        result = work()
        times.append(library.timed(began))
    return result, min(times)


def _model(main: str, year: int) -> AnnualReport:
    return report.build(year, place=main, scope=BRANCHES_TOO)


def _draw(made: Callable[[], AnnualReport]) -> None:
    """Draw every file as the command line does: in a new process, which gets ready while the report
    is being made."""
    folder = Path(tempfile.mkdtemp(prefix="shuxiang-bench-report-"))
    command = [sys.executable, "-m", "shuxiang.documents.report", str(folder / "drawn")]
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            process.communicate(dump(made()))
        if process.returncode:
            raise RuntimeError("the report could not be drawn")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sheet(main: str, first: date, last: date) -> day_sheets.DaySheet:
    return day_sheets.sheet(first, last, place_id=main, scope=BRANCHES_TOO)


def _branches(main: str) -> list[str]:
    return [
        places.add_place(
            kind="branch",
            code=f"b{number}",
            name=f"第 {number} 分馆",
            parent=main,
            opened_on=date(2000, 1, 1),
            ctx=library.context(main),
        )
        for number in range(1, BRANCHES + 1)
    ]


def _fill(main: str, sites: tuple[str, ...], events: int, last_year: int) -> None:
    have = sql.one("SELECT COUNT(*) FROM ledger_event")
    titles = [row[0] for row in sql.all("SELECT id FROM catalog_title ORDER BY id LIMIT 50000")]
    wanted = events - (have[0] if have else 0)
    batch: list[list[Any]] = []
    for row in _acts(main, sites, wanted, last_year, titles):
        batch.append(row)
        if len(batch) >= ROWS_AT_ONCE:
            _write(batch)
            batch.clear()
    _write(batch)


def _write(batch: list[list[Any]]) -> None:
    if batch:
        with transaction.atomic():
            ledger.append_many(sql, batch)


def _acts(
    main: str, sites: tuple[str, ...], events: int, last_year: int, titles: list[str]
) -> Iterator[list[Any]]:
    """Rows in the order of `ledger.COLUMNS`: visits of every month and site, the rest by chance."""
    dice = random.Random(5)
    kinds, weights = list(ACTS), list(ACTS.values())
    readers = [new_id() for _ in range(READERS)]
    blank: dict[str, Any] = dict.fromkeys(ledger.COLUMNS)
    blank |= dict.fromkeys(("actor", "session", "data", "age_band", "visit_key", "year_key"), "")
    blank |= dict.fromkeys(("reader_category", "item_category", "clc", "source"), "")
    blank |= {"library": main, "channel": "desk", "actor_kind": "staff", "quantity": 1}
    made = 0
    for year in range(last_year - YEARS + 1, last_year + 1):
        first = date(year, 1, 1)
        days = (date(year + 1, 1, 1) - first).days
        each = events // YEARS
        for number in range(each):
            day = first + timedelta(days=number * days // each)
            at = datetime(day.year, day.month, day.day, 2, tzinfo=clock.ZONE)
            place = sites[min(int(dice.expovariate(0.6)), len(sites) - 1)]
            made += 1
            row = blank | {
                "id": new_id(),
                "request": readers[made // 30_000],
                "number": made % 30_000,
                "type": dice.choices(kinds, weights)[0],
                "occurred_at": sql.value(at),
                "recorded_at": sql.value(at),
                "business_date": sql.value(day),
                "place": place,
                "actor": readers[dice.randrange(12)],
            }
            _particulars(row, number, day, dice, titles, readers)
            yield [row[column] for column in ledger.COLUMNS]


def _particulars(
    row: dict[str, Any],
    number: int,
    day: date,
    dice: random.Random,
    titles: list[str],
    readers: list[str],
) -> None:
    """What a row of its type has besides."""
    kind = row["type"]
    if number % 40 == 0:
        row |= {"type": "visits.entered", "quantity": dice.randrange(20, 400), "source": "device"}
        return
    if kind == "card.issued":
        row |= {"reader_category": dice.choice(CATEGORIES), "source": "first"}
        return
    row |= {"clc": dice.choice(CLASSES), "item_category": "book", "owner_place": row["place"]}
    if titles:
        row["title"] = titles[int(dice.expovariate(8 / len(titles))) % len(titles)]
    if kind == "item.accessioned":
        row["source"] = dice.choice(("purchase", "gift"))
    elif kind != "item.used":
        reader = readers[dice.randrange(READERS)]
        row |= {
            "reader_category": dice.choice(CATEGORIES),
            "visit_key": f"{reader[-8:]}{row['place'][-12:]}{day:%Y%m%d}",
            "year_key": f"{reader[-12:]}{day.year}",
        }
