"""Work over the whole catalogue that the office asked for, done by the worker a few steps a turn."""

from __future__ import annotations

import time
from collections.abc import Iterator

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import duplicates
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.kernel.decision import Refused

TURN_SECONDS = 0.3
"""How long a turn goes on before the worker does everything else."""

_searching: dict[str, Iterator[int]] = {}


def context() -> Context:
    """The worker's own, at the main library."""
    return Context(
        actor=SYSTEM,
        channel="worker",
        service_point=places.main_library().id,
        occurred_at=clock.now(),
    )


def search_duplicates() -> int:
    """Go on with the search for duplicates; returns the titles read, 0 when none is asked for. One
    that was cut off by the end of a worker is begun anew."""
    wanted = catalog.wanted_search()
    if wanted is None:
        _searching.clear()
        return 0
    steps = _searching.get(wanted.id) or duplicates.search(wanted.id, context())
    _searching.clear()
    _searching[wanted.id] = steps
    until = time.monotonic() + TURN_SECONDS
    done = 0
    try:
        while time.monotonic() < until:
            done = next(steps)
    except (StopIteration, Refused):
        # Refused: a newer search has taken its place.
        _searching.pop(wanted.id, None)
    return done
