"""Making the demo library, all or nothing.

Everything is written in one transaction: a build that is killed leaves empty tables behind, and the
next start begins anew. Only the numbering of the ledger and its consumers follow after the commit;
the worker goes on with them where a build was killed there.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from datetime import time as clock_time
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from shuxiang.apps.stock.commands import import_marc
from shuxiang.demo import machines, plan, portal, records, waiting
from shuxiang.demo.desk import Desk
from shuxiang.demo.records import Book
from shuxiang.demo.sites import MAIN, SITES
from shuxiang.demo.tally import Tally
from shuxiang.demo.year import Sizes, Years
from shuxiang.formats.marc import Charset
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.runtime.commands import bulk
from shuxiang.runtime.migrating import migrate
from shuxiang.runtime.worker import catch_up
from shuxiang.statistics import daily
from shuxiang.statistics.commands import publish_report

Report = Callable[[str, float], None]
"""Called with the name of a part and how much of it is done, from 0 to 1."""

PARTS = ("准备书目", "建馆", "导入馆藏", "演练流通", "统计与检索")
_WHOLE = 1 << 40
_EARLIEST = date(2021, 6, 1)
_LEGACY_DAY = date(2018, 12, 3)


class ClockBehind(ValueError):
    """The machine's clock stands before the days the demo plays."""


def make(report: Report | None = None, *, scale: float = 1.0, today: date | None = None) -> Tally:
    """Make the demo library in the database of the settings; returns what was played.

    Args:
        report: told of the progress; a bar or plain lines on the terminal without it.
        scale: of titles, readers and acts.
        today: the last 60 days are those before it; the present day unless given.

    Raises ClockBehind when today is not after the year that is played.
    Writes `demo-accounts.txt`, `demo-tally.json` and the imported files under `demo/` to the home.
    """
    if report is None:
        with _terminal() as told:
            return make(told, scale=scale, today=today)
    today = today or clock.business_date(clock.now())
    if today < _EARLIEST:
        raise ClockBehind(f"the clock says {today}; set it right, the demo plays the year 2020")
    home = Path(settings.HOME)
    report(PARTS[0], 0)
    migrate()
    books = records.books(round(records.TITLES * scale))
    files = _write_files(books, home / "demo")
    report(PARTS[0], 1)
    tally = Tally()
    with bulk(_WHOLE):
        report(PARTS[1], 0)
        opened = plan.open_demo(today)
        report(PARTS[1], 1)
        for done, file in enumerate(files):
            report(PARTS[2], done / len(files))
            _import(file, opened)
        report(PARTS[2], 1)
        chance = random.Random(f"{today}")
        desk = Desk(opened, tally, chance)
        desk.stock(books)
        _count_additions(books, tally)
        years = Years(
            desk=desk,
            today=today,
            sizes=Sizes().scaled(scale),
            progress=lambda done, steps: report(PARTS[3], done / steps),
            chance=chance,
        )
        # The books and readers live to the end: looking through them for garbage is a tenth of the
        # time.
        gc.freeze()
        years.play()
        gc.unfreeze()
        waiting.fill(desk, years.visits.readers, today)
        tally.write(home / "demo-tally.json", MAIN, SITES)
        cards = portal.fill(opened, years.demo_cards(), today)
        shown = [*cards, *machines.fill(opened, today)]
        text = plan.accounts_text(opened.accounts, shown)
        (home / "demo-accounts.txt").write_text(text, encoding="utf-8")
    report(PARTS[4], 0)
    subscriptions = import_string(f"{settings.SUBSCRIPTIONS}.SUBSCRIPTIONS")
    catch_up(subscriptions)
    daily.settle()
    _publish(opened)
    catch_up(subscriptions)
    report(PARTS[4], 1)
    return tally


def _publish(opened: plan.Opened) -> None:
    """The director signs the report of 2020, so that the public page has one."""
    main = opened.places[MAIN]
    publish_report(
        year=2020,
        place=main,
        ctx=Context(
            actor=Actor("staff", opened.accounts["guanzhang"]),
            channel="office",
            service_point=main,
            occurred_at=clock.at_local(date(2021, 1, 18), clock_time(10)),
        ),
    )


_File = tuple[Path, str, date, str]
"""A file to import, its batch, the day it was accessioned, and its source."""


def _write_files(books: list[Book], folder: Path) -> list[_File]:
    """The stock in two files, the batches of 2020 in one each, in turns UTF-8 and GB18030."""
    folder.mkdir(parents=True, exist_ok=True)
    stock = [b for b in books if b.batch == "stock"]
    half = len(stock) // 2
    batches = [
        ("stock-1", stock[:half], _LEGACY_DAY, "legacy"),
        ("stock-2", stock[half:], _LEGACY_DAY, "legacy"),
    ]
    batches += [
        (a.batch, [b for b in books if b.batch == a.batch], a.day, a.source)
        for a in records.ACCESSIONS
    ]
    files = []
    for number, (name, chosen, day, source) in enumerate(batches):
        if not chosen:
            continue
        charset: Charset = "gb18030" if number % 2 else "utf-8"
        path = folder / f"{name}.{charset}.iso"
        path.write_bytes(records.iso2709(chosen, charset, day))
        files.append((path, name, day, source))
    return files


def _import(file: _File, opened: plan.Opened) -> None:
    path, name, day, source = file
    import_marc.run(
        path,
        import_marc.Options(
            place=opened.places[MAIN],
            accessioned_on=None if source == "legacy" else day,
            source=source,
            mapping=records.SHELF_CODES,
        ),
        ctx=Context(
            actor=Actor("staff", opened.accounts["bianmu"]),
            channel="office",
            service_point=opened.places[MAIN],
            occurred_at=clock.at_local(day, clock_time(16, 30)),
            request_key=f"demo.import.{name}",
        ),
    )


def _count_additions(books: list[Book], tally: Tally) -> None:
    for book in books:
        if book.batch != "stock":
            for copy in book.copies:
                tally.add("items_added", copy.site, book.from_day)


@contextmanager
def _terminal() -> Iterator[Report]:
    """A progress bar on a terminal, else a line a finished part."""
    if sys.stdout.isatty():
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as bar:
            tasks = {part: bar.add_task(part, total=1.0, start=False) for part in PARTS}

            def show(part: str, done: float) -> None:
                if not done:
                    bar.start_task(tasks[part])
                bar.update(tasks[part], completed=done)

            yield show
        return
    began: dict[str, float] = {}
    print("正在建立演示图书馆……", flush=True)

    def say(part: str, done: float) -> None:
        began.setdefault(part, time.monotonic())
        if done >= 1:
            print(f"  {part}  {time.monotonic() - began[part]:.1f} s", flush=True)

    yield say
