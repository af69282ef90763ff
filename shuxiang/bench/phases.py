"""A closure applied over many open loans: how long the plan takes, and the writer for each chunk; and
a loan rule tried on them."""

from __future__ import annotations

import time
from datetime import timedelta

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.phases import commands, queries
from shuxiang.apps.phases.queries import Terms
from shuxiang.apps.places import queries as places
from shuxiang.bench import library
from shuxiang.kernel import clock
from shuxiang.runtime.commands import bulk
from shuxiang.statistics.simulator import Change, Row, simulate

MOST = 20_000
SPREAD_DAYS = 45
"""Over how many opening days the due dates come back."""


def run(made: library.Made) -> list[tuple[str, float, str]]:
    """Lend up to `MOST` items, close the library for a month and move every due date. Rows of (name,
    value, unit)."""
    lent = made.barcodes[:MOST]
    with bulk(1000):
        for n, barcode in enumerate(lent):
            circulation.check_out(
                item_barcode=barcode,
                card=made.cards[n % len(made.cards)],
                ctx=library.context(made.place),
            )
    tomorrow = clock.business_date(clock.now()) + timedelta(days=1)
    phase = commands.write(
        place=made.place,
        include_branches=True,
        terms=Terms(
            kind="closed",
            name="闭馆",
            first_day=tomorrow,
            last_day=tomorrow + timedelta(days=29),
            due_mode="closed_days",
            spread_most=len(lent) // SPREAD_DAYS + 1,
        ),
        ctx=library.context(made.place),
    )
    found = places.phase(phase)
    assert found is not None
    began = time.perf_counter()
    plan = queries.planned(found, clock.now())
    planning = library.timed(began)
    commands.apply(phase=phase, ctx=library.context(made.place))
    chunks: list[float] = []
    began = last = time.perf_counter()
    for _ in commands.work(phase, library.context(made.place)):
        chunks.append((time.perf_counter() - last) * 1000)
        last = time.perf_counter()
    seconds = library.timed(began)
    began = time.perf_counter()
    today = clock.business_date(clock.now())
    row = Change(row=Row(10, 60, 1, 30))
    tried = simulate(today.year, [made.place], row, today=today)
    simulating = library.timed(began)
    loans = f"{len(plan.moves):,} loans"
    # The first chunk's time holds the plan.
    return [
        (f"closure: plan of {loans}", round(planning * 1000), "ms"),
        (f"closure: due dates of {loans} moved", round(seconds, 1), "s"),
        ("closure: one chunk, committed, p50", round(library.quantile(chunks[1:], 0.5), 1), "ms"),
        ("closure: one chunk, committed, most", round(max(chunks[1:], default=0.0), 1), "ms"),
        (f"rule tried on {tried.loans:,} loans", round(simulating * 1000), "ms"),
    ]
