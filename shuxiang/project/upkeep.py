"""Work over the whole catalogue that the office asked for, done by the worker a few steps a turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import authorities, duplicates, titles
from shuxiang.apps.catalog.commands import editing as record_edits
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.commands import editing as item_edits
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.ledger.sequence import Recorded
from shuxiang.runtime.worker import Batch

TURN_SECONDS = 0.3
"""How long a turn goes on before the worker does everything else."""

AUTHORITIES = "authorities"
"""The ledger's consumer that links titles to what they name."""
LINK_AT_ONCE = 200

PLACED = "placed"
"""The ledger's consumer that dates titles anew whose copies stand elsewhere now."""
_STOCK = {"item.accessioned", "item.unaccessioned", "item.moved", "item.withdrawn"}
_LOANS = {"loan.opened", "loan.closed"}

_linking: list[Iterator[int]] = []
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


def link_titles(batch: Batch) -> None:
    """The consumer: titles that were added or changed are linked anew; nothing to do while there are
    no authorities."""
    if not catalog.has_authorities():
        return
    changed = [title for title, _seq in batch.titles]
    for start in range(0, len(changed), LINK_AT_ONCE):
        authorities.relink(changed[start : start + LINK_AT_ONCE], context())


def date_placed(batch: Batch) -> None:
    """The consumer: what branches' sets hold is harvested by date, so a title whose copies came, went or
    moved counts as changed."""
    moved: dict[str, datetime] = {}
    for _seq, event in batch.events:
        if event.title is not None and _placed(event):
            moved[event.title] = event.recorded_at
    found = list(moved.items())
    for start in range(0, len(found), LINK_AT_ONCE):
        part = tuple(found[start : start + LINK_AT_ONCE])
        titles.redate(titles=part, ctx=context().with_key(f"placed-{new_id()}"))


def _placed(event: Recorded) -> bool:
    if event.type in _LOANS:
        # Lent and given back where it belongs, it stands where it stood.
        return {event.place, event.lending_place} != {event.owner_place}
    return event.type in _STOCK or event.type.startswith(("transit.", "delivery."))


def link_authorities() -> int:
    """Go on with finding the titles of authorities that were added or changed; returns the titles
    looked at."""
    steps = _linking.pop() if _linking else authorities.link_changed(context())
    until = time.monotonic() + TURN_SECONDS
    for done in steps:
        if time.monotonic() > until:
            _linking.append(steps)
            return done
    return 0


def edit() -> int:
    """Go on with the batch edit that waits longest; returns the rows done, 0 when none waits."""
    wanted = catalog.edit_under_way()
    if wanted is None:
        return 0
    go_on = record_edits.edit_records if wanted.what == "records" else item_edits.edit_items
    # Who asked for it acts; taking it back is who took it back.
    by = wanted.undone_by if wanted.state == "undoing" else wanted.made_by
    until = time.monotonic() + TURN_SECONDS
    done = 0
    while time.monotonic() < until:
        ctx = Context(
            actor=Actor("staff", by),
            channel="office",
            service_point=wanted.place,
            occurred_at=clock.now(),
            request_key=new_id(),
        )
        count = go_on(number=wanted.number, ctx=ctx)
        done += count
        if not count:
            break
    return done
