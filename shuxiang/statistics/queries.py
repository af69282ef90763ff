"""What doors may ask of statistics. Frozen values only; no reader is ever named."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from shuxiang.documents.report import AnnualReport, load
from shuxiang.documents.report.model import Scope
from shuxiang.runtime import sql
from shuxiang.statistics import fold
from shuxiang.statistics.figures import scope_of, sites
from shuxiang.statistics.indicators import Indicator, find

PAGE = 50


@dataclass(frozen=True, slots=True)
class Drilled:
    """One ledger row behind a figure. ``adds`` is what it adds to the figure's sum."""

    seq: int
    event: str
    type: str
    day: date
    occurred_at: datetime
    place: str
    place_name: str
    channel: str
    title: str
    barcode: str
    clc: str
    source: str
    quantity: int
    adds: int
    reverses: bool


@dataclass(frozen=True, slots=True)
class DrilledPage:
    """A page of them and how many there are in all."""

    rows: tuple[Drilled, ...]
    count: int
    page: int
    pages: int


def drill(
    code: str,
    year: int,
    *,
    place: str,
    scope: Scope,
    month: int | None = None,
    page: int = 1,
) -> DrilledPage:
    """The ledger rows behind a figure, oldest first, `PAGE` a page. Empty for a figure that comes
    from a register and not from the ledger. Raises KeyError for an unknown code."""
    one = find(code, year)
    if not one.from_ledger:
        return DrilledPage((), 0, 1, 1)
    where, values = _where(one, year, place, scope, month)
    frm = (
        "FROM ledger_event e JOIN ledger_sequence s ON s.event = e.id "
        "LEFT JOIN places_place p ON p.id = e.place "
        "LEFT JOIN ledger_event b ON e.type = 'item.moved' AND b.item = e.item "
        "AND b.item_seq = e.item_seq - 1 "
        "LEFT JOIN stock_item i ON i.id = e.item LEFT JOIN catalog_title t ON t.id = e.title "
        f"WHERE {where}"
    )
    counted = sql.one(f"SELECT COUNT(*) {frm}", *values)
    count = int(counted[0]) if counted else 0
    pages = max((count + PAGE - 1) // PAGE, 1)
    page = min(max(page, 1), pages)
    rows = sql.all(
        "SELECT s.seq, e.id, e.type, e.business_date, e.occurred_at, e.place, p.name, e.channel, "
        f"t.title, i.barcode, e.clc, e.source, e.quantity, e.reverses, e.owner_place {frm} "
        "ORDER BY e.business_date, s.seq LIMIT ? OFFSET ?",
        *values,
        PAGE,
        (page - 1) * PAGE,
    )
    inside = {p.id for p in sites(place, scope_of(one, scope))}
    signs = {_type(term.measure): term.sign for term in one.terms}

    def adds(type_: str, quantity: int, owner: str | None) -> int:
        if type_ == "item.moved":
            return quantity if owner in inside else -quantity
        return signs[type_] * (abs(quantity) if type_ == "item.unaccessioned" else quantity)

    return DrilledPage(
        tuple(
            Drilled(
                seq=r[0],
                event=r[1],
                type=r[2],
                day=r[3],
                occurred_at=r[4],
                place=r[5],
                place_name=r[6] or "",
                channel=r[7],
                title=r[8] or "",
                barcode=r[9] or "",
                clc=r[10],
                source=r[11],
                quantity=r[12],
                adds=adds(r[2], r[12], r[14]),
                reverses=r[13] is not None,
            )
            for r in rows
        ),
        count,
        page,
        pages,
    )


def _type(measure: str) -> str:
    """The event type a measure of the daily counts is made from."""
    made_from = {
        fold.BORROWING_VISITS: "loan.opened",
        fold.GAINED: "item.moved",
        fold.LOST: "item.moved",
    }
    return made_from.get(measure, measure)


def _where(
    one: Indicator, year: int, place: str, scope: Scope, month: int | None
) -> tuple[str, list[object]]:
    inside = [p.id for p in sites(place, scope_of(one, scope))]
    first, last = date(year, 1, 1), date(year, 12, 31)
    if month is not None:
        first = date(year, month, 1)
        last = date(year + month // 12, month % 12 + 1, 1)
    begins = "" if one.how == "stock" else "AND e.business_date >= ? "
    ends = "e.business_date < ?" if month is not None else "e.business_date <= ?"
    parts, values = [], []
    marks = sql.marks(len(inside))
    for term in one.terms:
        if term.measure in (fold.GAINED, fold.LOST):
            to, other = ("e", "b") if term.measure == fold.GAINED else ("b", "e")
            parts.append(
                f"(e.type = 'item.moved' AND {to}.owner_place IN ({marks}) "
                f"AND {other}.owner_place NOT IN ({marks}))"
            )
            values += [*inside, *inside]
            continue
        at = "e.place"
        if term.measure in fold.OWNED:
            at = "COALESCE(e.owner_place, e.place)"
        text = f"(e.type = ? AND {at} IN ({marks})"
        values += [_type(term.measure), *inside]
        if term.sources:
            text += f" AND e.source IN ({sql.marks(len(term.sources))})"
            values += term.sources
        if term.but:
            text += f" AND e.source NOT IN ({sql.marks(len(term.but))})"
            values += term.but
        if term.of_groups:
            text += " AND e.reader_category IN (SELECT code FROM patrons_category WHERE for_groups)"
        parts.append(text + ")")
    where = f"({' OR '.join(parts)}) {begins}AND {ends}"
    return where, [*values, *([first] if begins else []), last]


@dataclass(frozen=True, slots=True)
class EntryView:
    """A count entered by hand. ``standing`` is whether it is the one that counts now."""

    id: str
    measure: str
    place: str
    place_name: str
    first_day: date
    last_day: date
    counter: str
    number: int
    source: str
    note: str
    evidence: str
    corrects: str | None
    why: str
    account: str
    account_name: str
    entered_at: datetime
    standing: bool


def _entry(row: tuple[Any, ...]) -> EntryView:
    values = {f.name: value for f, value in zip(fields(EntryView), row, strict=True)}
    return EntryView(**values | {"standing": bool(values["standing"])})


_ENTRY = (
    "SELECT e.id, e.measure, e.place_id, p.name, e.first_day, e.last_day, e.counter, e.number, "
    "e.source, e.note, e.evidence, e.corrects_id, e.why, e.account, COALESCE(a.name, e.account), "
    "e.entered_at, CASE WHEN c.id IS NULL THEN 1 ELSE 0 END "
    "FROM statistics_entry e JOIN places_place p ON p.id = e.place_id "
    "LEFT JOIN statistics_entry c ON c.corrects_id = e.id "
    "LEFT JOIN staff_account a ON REPLACE(CAST(a.id AS TEXT), '-', '') = e.account "
)


def entries(
    inside: tuple[str, ...], first: date, last: date, *, measure: str = "visits.entered"
) -> tuple[EntryView, ...]:
    """Entries of some places that begin between two days, corrected ones included, newest day
    first."""
    if not inside:
        return ()
    rows = sql.all(
        f"{_ENTRY}WHERE e.measure = ? AND e.place_id IN ({sql.marks(len(inside))}) "
        "AND e.first_day BETWEEN ? AND ? ORDER BY e.first_day DESC, e.entered_at DESC, e.id DESC",
        measure,
        *inside,
        first,
        last,
    )
    return tuple(map(_entry, rows))


def entered_whole(place: str, day: date) -> bool:
    """Whether a number entered by hand stands for a day of the whole site, no counter named."""
    found = sql.one(
        "SELECT 1 FROM statistics_entry e WHERE e.measure = 'visits.entered' AND e.place_id = ? "
        "AND e.counter = '' AND e.first_day <= ? AND e.last_day >= ? "
        "AND (e.number > 0 OR e.corrects_id IS NULL) "
        "AND NOT EXISTS (SELECT 1 FROM statistics_entry c WHERE c.corrects_id = e.id) LIMIT 1",
        place,
        day,
        day,
    )
    return found is not None


@dataclass(frozen=True, slots=True)
class EditionView:
    """A published edition."""

    id: str
    place: str
    scope: str
    year: int
    number: int
    issued_on: date
    account: str
    why: str
    last_seq: int
    figures: str
    document: str
    seal: str

    @property
    def report(self) -> AnnualReport:
        """The report as it was published."""
        return load(self.document.encode())

    @property
    def intact(self) -> bool:
        """Whether nothing of it has changed since."""
        return self.seal == edition_seal(
            self.place,
            self.scope,
            self.year,
            self.number,
            self.last_seq,
            self.figures,
            self.document,
        )


_EDITION = (
    "SELECT id, place_id, scope, year, number, issued_on, account, why, last_seq, figures, "
    "document, seal FROM statistics_edition "
)


def editions(place: str | None = None) -> tuple[EditionView, ...]:
    """Every edition, of one place or of all, the newest year and number first."""
    where = "WHERE place_id = ? " if place else ""
    rows = sql.all(
        _EDITION + where + "ORDER BY year DESC, scope, number DESC", *([place] if place else [])
    )
    return tuple(EditionView(*r) for r in rows)


def edition(edition_id: str) -> EditionView | None:
    row = sql.one(_EDITION + "WHERE id = ?", edition_id)
    return EditionView(*row) if row else None


def latest_edition(year: int, place: str, scope: str) -> EditionView | None:
    """``scope`` is main or subtree."""
    row = sql.one(
        _EDITION + "WHERE year = ? AND place_id = ? AND scope = ? ORDER BY number DESC LIMIT 1",
        year,
        place,
        scope,
    )
    return EditionView(*row) if row else None


def edition_seal(
    place: str, scope: str, year: int, number: int, last_seq: int, figures: str, document: str
) -> str:
    """SHA-256 (64 hex digits) over everything an edition says."""
    parts = (place, scope, str(year), str(number), str(last_seq), figures, document)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def years() -> tuple[int, ...]:
    """Years that anything was counted in, the newest first."""
    rows = sql.all("SELECT DISTINCT month / 100 FROM statistics_monthcount ORDER BY 1 DESC")
    return tuple(int(r[0]) for r in rows)


def day(on: date, inside: tuple[str, ...]) -> dict[str, int]:
    """What was counted on one day at some places, by measure of the daily counts. As recent as the
    worker: a few seconds behind."""
    if not inside:
        return {}
    rows = sql.all(
        "SELECT measure, SUM(count) FROM statistics_dailycount "
        f"WHERE measure IN ({sql.marks(len(fold.MEASURES))}) AND business_date = ? "
        f"AND place IN ({sql.marks(len(inside))}) GROUP BY measure",
        *fold.MEASURES,
        on,
        *inside,
    )
    return {measure: int(count) for measure, count in rows}


def entry(entry_id: str) -> EntryView | None:
    """One count entered by hand, or None."""
    row = sql.one(f"{_ENTRY}WHERE e.id = ?", entry_id)
    return _entry(row) if row else None


def year_by_place(measures: tuple[str, ...], year: int) -> dict[tuple[str, str], int]:
    """{(measure, place): number} of a year, whatever the sources. As recent as the worker."""
    rows = sql.all(
        "SELECT measure, place, SUM(count) FROM statistics_monthcount "
        f"WHERE measure IN ({sql.marks(len(measures))}) AND month BETWEEN ? AND ? "
        "GROUP BY measure, place",
        *measures,
        year * 100 + 1,
        year * 100 + 12,
    )
    return {(measure, str(place).replace("-", "")): int(count) for measure, place, count in rows}
