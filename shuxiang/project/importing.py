"""Lists that were uploaded in the office, imported by the worker a few chunks a turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import sheets
from shuxiang.formats.sheets import SheetError, SheetMap, Survey
from shuxiang.interfaces.common.sheets import KINDS
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.errors import StorageFull

log = logging.getLogger("shuxiang.worker")
TURN_SECONDS = 0.3
"""How long a turn imports before the worker goes on with everything else."""

KEEP = timedelta(days=7)
"""How long a list that nobody starts, or that broke off, lies about: it may tell of readers."""
GRACE_SECONDS = 3600
"""How old a file must be to be nobody's: an upload has no batch before it has been read."""

_running: dict[str, Iterator[int]] = {}


def step() -> int:
    """Go on with the list that waits longest; returns the rows done, 0 when none waits."""
    batch = catalog.next_queued()
    if batch is None:
        return 0
    path = Path(settings.HOME) / batch.file_path
    until = time.monotonic() + TURN_SECONDS
    done = 0
    try:
        steps = _running.get(batch.id) or _begin(batch, path)
        _running[batch.id] = steps
        while time.monotonic() < until:
            done = next(steps)
    except StopIteration:
        _running.pop(batch.id, None)
        path.unlink(missing_ok=True)
    except StorageFull:
        # Nothing is broken: it goes on once there is room again.
        _running.pop(batch.id, None)
    except (Refused, SheetError, OSError, ValueError) as error:
        log.exception("import %s failed", batch.number)
        _running.pop(batch.id, None)
        sheets.fail_sheet(batch=batch.id, why=str(error), ctx=_context(batch, system=True))
    return done


def tidy() -> int:
    """Throw away lists that were never started and files that no import wants any more; returns how
    many files went."""
    wanted: set[str] = set()
    for batch in catalog.uploaded():
        stale = clock.now() - batch.started_at > KEEP
        if stale and batch.status == "draft":
            sheets.discard_sheet(batch=batch.id, ctx=_context(batch, system=True))
        elif not (stale and batch.status == "failed"):
            wanted.add(Path(batch.file_path).name)
    gone = 0
    folder = Path(settings.HOME) / "imports"
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in wanted and time.time() - path.stat().st_mtime > GRACE_SECONDS:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _begin(batch: catalog.BatchView, path: Path) -> Iterator[int]:
    how = SheetMap.from_dict(batch.profile)
    found = Survey.from_facts(
        path,
        batch.options.get("seen", {}),
        size=batch.file_size,
        sha256=batch.file_sha256,
        format=batch.format,
        charset=batch.charset,
        map=how,
        rows=int(batch.options.get("rows", 0)),
    )
    ctx = _context(batch)
    begun = sheets.start_sheet(batch=batch.id, ctx=ctx)
    options = sheets.SheetOptions(place=batch.place, kind=how.kind, map=how)
    return sheets.steps(path, options, KINDS[batch.kind].make, found, begun, ctx=ctx)


def _context(batch: catalog.BatchView, *, system: bool = False) -> Context:
    return Context(
        actor=SYSTEM if system else Actor("staff", batch.started_by),
        channel="office",
        service_point=batch.place,
        occurred_at=clock.now(),
    )
