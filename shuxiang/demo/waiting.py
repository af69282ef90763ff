"""Live reservations of the demo: some wait, some are to be fetched, ready or on their way, and times to
pick them up are open."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.demo.desk import Desk, Volume
from shuxiang.demo.people import Reader
from shuxiang.demo.sites import BRANCHES, MAIN
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused

WAITING, FETCHED = 6, 9
"""How many reserve what is out, and what stands on a shelf."""


def fill(desk: Desk, readers: list[Reader], today: date) -> None:
    """Play them on the main library's last open day before ``today``."""
    chance = random.Random(f"holds {today}")
    main = desk.opened.places[MAIN]
    day = places.calendar(main, today - timedelta(days=30), today).last_open(
        today - timedelta(days=1)
    )
    at = clock.at_local(day, time(17, 30))
    fresh = [r for r in readers if not r.is_child and r.expires_on > today + timedelta(days=60)]
    asking = iter(chance.sample(fresh, min(len(fresh), WAITING + FETCHED)))
    volumes = sorted(desk.volumes.values(), key=lambda v: v.copy.barcode)
    lendable = [v for v in volumes if v.copy.lendable]
    out = [v for v in lendable if v.lent]
    shelved = [v for v in lendable if not v.lent and v.holder == v.copy.site]
    for volume in chance.sample(out, min(len(out), WAITING)):
        _reserve(desk, volume, next(asking, None), chance.choice((MAIN, *BRANCHES)), at)
    for n, volume in enumerate(chance.sample(shelved, min(len(shelved), FETCHED))):
        _reserve(desk, volume, next(asking, None), MAIN if n % 3 else "xinghua", at)
    for site in (MAIN, "xinghua"):
        for line in queries.pull_list(desk.opened.places[site], at)[:3]:
            commands.check_in(item_barcode=line.barcode, ctx=desk.context(site, at))
    commands.open_slots(
        place=main,
        first=today,
        last=today + timedelta(days=6),
        opens=time(9, 30),
        closes=time(11, 30),
        minutes=15,
        capacity=4,
        ctx=desk.context(MAIN, clock.at_local(today, time(0, 1)), by="guanzhang"),
    )


def _reserve(desk: Desk, volume: Volume, reader: Reader | None, pickup: str, at: datetime) -> None:
    found = stock.scanned_items(volume.copy.barcode)
    if reader is None or not found:
        return
    # A reader with overdue books, or who has the title, is refused like anybody.
    with suppress(Refused):
        commands.place_hold(
            title=found[0].title,
            card=reader.number,
            pickup=desk.opened.places[pickup],
            ctx=desk.context(pickup, at),
        )
