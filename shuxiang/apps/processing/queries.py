"""What others may ask about batches, barcode ranges and projects. Frozen values only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from shuxiang.apps.catalog.queries.listing import FIRST_ID, is_id
from shuxiang.apps.processing.rules import (
    MOST_LINES,
    STAGES,
    STEPS,
    Forecast,
    Range,
    forecast,
)
from shuxiang.runtime import sql

__all__ = [
    "MOST_LINES",
    "STAGES",
    "STEPS",
    "BatchView",
    "Forecast",
    "HandoverView",
    "LineView",
    "Progress",
    "ProjectView",
    "Range",
    "RangeView",
    "asked_for",
    "batch",
    "batches",
    "free_number",
    "gaps",
    "handovers",
    "lines",
    "next_barcode",
    "progress",
    "project",
    "projects",
    "ranges",
    "unnumbered",
]


def asked_for(text: str) -> str:
    """An id as an address or form names it; one that nothing has where it can be no id."""
    return text if is_id(text) else FIRST_ID


# --- ranges ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RangeView:
    """A reserved range: how many of it are on books, how many numbers below the highest used are not
    (gaps), and some of those."""

    id: str
    place: str
    range: Range
    note: str
    reserved_at: datetime
    reserved_by: str
    used: int
    highest: int | None
    gaps: tuple[str, ...] = ()
    gap_count: int = 0

    @property
    def left(self) -> int:
        return self.range.count - self.used


_RANGE = (
    "SELECT r.id, r.place_id, r.prefix, r.digits, r.first, r.last, r.note, r.reserved_at, "
    "r.reserved_by, r.library FROM processing_barcoderange r "
)


def ranges(places: Sequence[str]) -> tuple[RangeView, ...]:
    """The ranges of places in the order of their barcodes, with what of them is used."""
    if not places:
        return ()
    rows = sql.all(
        f"{_RANGE}WHERE r.place_id IN ({sql.marks(len(places))}) ORDER BY r.prefix, r.first",
        *places,
    )
    used = _used([(row[0], row[9], Range(*row[2:6])) for row in rows])
    found = []
    for id_, place, prefix, digits, first, last, note, at, by, _library in rows:
        numbers, highest = used[id_]
        found.append(
            RangeView(
                id_,
                place,
                Range(prefix, digits, first, last),
                note,
                at,
                by,
                numbers,
                highest,
                gap_count=(highest - first + 1 - numbers) if highest is not None else 0,
            )
        )
    return tuple(found)


_WITHIN = (
    "WHERE barcode >= ? AND barcode <= ? AND LENGTH(barcode) = ? AND SUBSTR(barcode, 1, ?) = ? "
    "AND library = ?"
)


def _within(span: Range, first: int, last: int, library: str) -> list[Any]:
    size = len(span.prefix)
    return [span.text(first), span.text(last), size + span.digits, size, span.prefix, library]


def _used(wanted: Sequence[tuple[str, str, Range]]) -> dict[str, tuple[int, int | None]]:
    """How many barcodes of each range are on items, withdrawn ones too, and the highest number; in
    one statement."""
    if not wanted:
        return {}
    parts, values = [], list[Any]()
    for id_, library, span in wanted:
        parts.append(f"SELECT ?, COUNT(*), MAX(barcode) FROM stock_item {_WITHIN}")
        values += [id_, *_within(span, span.first, span.last, library)]
    spans = {id_: span for id_, _, span in wanted}
    found: dict[str, tuple[int, int | None]] = {}
    for id_, count, top in sql.all(" UNION ALL ".join(parts), *values):
        found[str(id_)] = (int(count), spans[str(id_)].number(top) if top else None)
    return found


def gaps(view: RangeView, library: str, *, listed: int = 200) -> tuple[str, ...]:
    """Barcodes below the highest used that are on no book."""
    span = view.range
    if view.highest is None or not view.gap_count:
        return ()
    rows = sql.all(
        f"SELECT barcode FROM stock_item {_WITHIN}",
        *_within(span, span.first, view.highest, library),
    )
    used = {span.number(row[0]) for row in rows}
    free = (n for n in range(span.first, view.highest + 1) if n not in used)
    return tuple(span.text(n) for n, _ in zip(free, range(listed), strict=False))


def next_barcode(range_id: str) -> str:
    """The barcode a range would give next, '' where it is used up. Told, not reserved."""
    row = sql.one(
        "SELECT prefix, digits, first, last, next, library FROM processing_barcoderange "
        "WHERE id = ?",
        asked_for(range_id),
    )
    if row is None:
        return ""
    span = Range(*row[:4])
    number = free_number(span, int(row[4]), row[5])
    return span.text(number) if number is not None else ""


def free_number(span: Range, start: int, library: str) -> int | None:
    """The first number from ``start`` on that no item carries; None where the range is used up."""
    at = start
    while at <= span.last:
        upto = min(at + 499, span.last)
        rows = sql.all(
            f"SELECT barcode FROM stock_item {_WITHIN}", *_within(span, at, upto, library)
        )
        taken = {span.number(row[0]) for row in rows}
        for number in range(at, upto + 1):
            if number not in taken:
                return number
        at = upto + 1
    return None


# --- batches --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with the number of its books by stage; ``under_way`` the steps handed over and not yet
    taken over."""

    id: str
    library: str
    number: str
    project: str | None
    place: str
    location: str | None
    category: str
    source: str
    barcodes: str | None
    numbered: bool
    note: str
    opened_at: datetime
    opened_by: str
    stages: dict[str, int] = field(default_factory=dict)
    under_way: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return sum(self.stages.values())

    def at_least(self, stage: str) -> int:
        """Books that have come to a stage or beyond it."""
        return sum(self.stages.get(s, 0) for s in STAGES[STAGES.index(stage) :])


_BATCH = (
    'SELECT b.id, b.library, b."number", b.project_id, b.place_id, b.location_id, b.category, '
    "b.source, b.barcodes_id, b.numbered, b.note, b.opened_at, b.opened_by FROM processing_batch b "
)


def _with_counts(rows: Sequence[tuple[Any, ...]]) -> tuple[BatchView, ...]:
    ids = [row[0] for row in rows]
    if not ids:
        return ()
    marks = sql.marks(len(ids))
    stages: dict[str, dict[str, int]] = {}
    for id_, stage, count in sql.all(
        f"SELECT batch_id, stage, COUNT(*) FROM processing_line WHERE batch_id IN ({marks}) "
        "GROUP BY batch_id, stage",
        *ids,
    ):
        stages.setdefault(id_, {})[stage] = int(count)
    under_way: dict[str, list[str]] = {}
    for id_, step in sql.all(
        f"SELECT batch_id, step FROM processing_handover WHERE batch_id IN ({marks}) "
        "AND received_at IS NULL ORDER BY step",
        *ids,
    ):
        under_way.setdefault(id_, []).append(step)
    found = []
    for row in rows:
        values = list(row)
        values[9] = bool(values[9])
        view = BatchView(*values)
        steps = tuple(under_way.get(view.id, ()))
        found.append(replace(view, stages=stages.get(view.id, {}), under_way=steps))
    return tuple(found)


def batch(batch_id: str) -> BatchView | None:
    rows = sql.all(_BATCH + "WHERE b.id = ?", asked_for(batch_id))
    return _with_counts(rows)[0] if rows else None


def batches(places: Sequence[str], *, limit: int = 50) -> tuple[BatchView, ...]:
    """The newest batches of places."""
    if not places:
        return ()
    rows = sql.all(
        f"{_BATCH}WHERE b.place_id IN ({sql.marks(len(places))}) "
        "ORDER BY b.opened_at DESC, b.id DESC LIMIT ?",
        *places,
        limit,
    )
    return _with_counts(rows)


@dataclass(frozen=True, slots=True)
class LineView:
    """A book of a batch."""

    position: int
    item: str
    barcode: str
    call_number: str
    volume: str
    title: str
    title_text: str
    how: str
    stage: str
    entered_at: datetime
    entered_by: str


def lines(
    batch_id: str, *, newest: bool = False, stage: str = "", limit: int = MOST_LINES
) -> tuple[LineView, ...]:
    """The books of a batch in the order they were entered, or the newest first."""
    narrowed = "AND l.stage = ? " if stage else ""
    rows = sql.all(
        "SELECT l.position, l.item_id, i.barcode, i.call_number, i.volume, i.title_id, t.title, "
        "l.how, l.stage, l.entered_at, l.entered_by FROM processing_line l "
        "JOIN stock_item i ON i.id = l.item_id JOIN catalog_title t ON t.id = i.title_id "
        f"WHERE l.batch_id = ? {narrowed}ORDER BY l.position {'DESC' if newest else 'ASC'} LIMIT ?",
        batch_id,
        *((stage,) if stage else ()),
        limit,
    )
    return tuple(LineView(*row) for row in rows)


def unnumbered(batch_id: str) -> int:
    """How many books of a batch stand without a call number."""
    row = sql.one(
        "SELECT COUNT(*) FROM processing_line l JOIN stock_item i ON i.id = l.item_id "
        "WHERE l.batch_id = ? AND i.call_number = '' AND i.status <> 'withdrawn'",
        batch_id,
    )
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class HandoverView:
    """One handing over; ``received_at`` None while it is under way."""

    id: str
    step: str
    handed: int
    handed_at: datetime
    handed_by: str
    received: int | None
    received_at: datetime | None
    received_by: str
    missing: tuple[str, ...]
    note: str


def handovers(batch_id: str) -> tuple[HandoverView, ...]:
    """The handings over of a batch in their order."""
    rows = sql.all(
        "SELECT id, step, handed, handed_at, handed_by, received, received_at, received_by, "
        "missing, note FROM processing_handover WHERE batch_id = ? ORDER BY handed_at, id",
        batch_id,
    )
    found = []
    for row in rows:
        values = list(row)
        values[8] = tuple(json.loads(values[8]) if isinstance(values[8], str) else values[8])
        found.append(HandoverView(*values))
    return tuple(found)


# --- projects -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project; ``done`` is how many books have come through each stage."""

    id: str
    library: str
    name: str
    target: int
    begun_on: date
    due_on: date | None
    ended_on: date | None
    done: dict[str, int] = field(default_factory=dict)


_PROJECT = "SELECT id, library, name, target, begun_on, due_on, ended_on FROM processing_project "


def projects(library: str) -> tuple[ProjectView, ...]:
    """The projects of a library, those under way first, with what is done."""
    rows = sql.all(
        _PROJECT + "WHERE library = ? ORDER BY ended_on IS NOT NULL, begun_on DESC, id", library
    )
    done: dict[str, dict[str, int]] = {}
    for id_, stage, count in sql.all(
        "SELECT project, stage, SUM(count) FROM processing_day WHERE library = ? "
        "AND project <> '' GROUP BY project, stage",
        library,
    ):
        done.setdefault(id_, {})[stage] = int(count)
    return tuple(replace(ProjectView(*row), done=done.get(row[0], {})) for row in rows)


def project(project_id: str) -> ProjectView | None:
    row = sql.one(_PROJECT + "WHERE id = ?", asked_for(project_id))
    if row is None:
        return None
    return next((p for p in projects(row[1]) if p.id == project_id), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a project goes: counts and forecast by stage; by day and by person in a window of days."""

    project: ProjectView
    forecasts: dict[str, Forecast]
    days: tuple[tuple[date, dict[str, int]], ...]
    people: tuple[tuple[str, dict[str, int], int], ...]

    @property
    def slowest(self) -> Forecast | None:
        """The forecast of the stage that ends last, None where one of them can't be said."""
        found = [f for f in self.forecasts.values() if f.why != "done"]
        if not found or any(f.done_on is None for f in found):
            return None
        return max(found, key=lambda f: f.done_on or date.min)


def progress(project_id: str, today: date, *, window: int = 28) -> Progress | None:
    """The state of a project. The number of statements does not depend on its size: it reads the
    counts of its days, never its books."""
    found = project(project_id)
    if found is None:
        return None
    rows = sql.all(
        "SELECT day, person, stage, count FROM processing_day WHERE library = ? AND project = ? "
        "ORDER BY day DESC",
        found.library,
        project_id,
    )
    by_stage: dict[str, dict[date, int]] = {stage: {} for stage in STAGES}
    for day, _, stage, count in rows:
        by_stage[stage][day] = by_stage[stage].get(day, 0) + count
    since = today - timedelta(days=window)
    days: dict[date, dict[str, int]] = {}
    people: dict[str, dict[str, int]] = {}
    worked: dict[str, set[date]] = {}
    for day, person, stage, count in rows:
        if day <= since:
            continue
        each = days.setdefault(day, {})
        each[stage] = each.get(stage, 0) + count
        mine = people.setdefault(person, {})
        mine[stage] = mine.get(stage, 0) + count
        worked.setdefault(person, set()).add(day)
    return Progress(
        found,
        {
            stage: forecast(found.target, found.done.get(stage, 0), by_stage[stage], today)
            for stage in STAGES
        },
        tuple(days.items()),
        tuple(
            (person, counts, len(worked[person]))
            for person, counts in sorted(
                people.items(), key=lambda pair: (-sum(pair[1].values()), pair[0])
            )
        ),
    )
