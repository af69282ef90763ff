"""Cross-checks before a report is published (row W4): where the numbers contradict each other.

The report of 2020 had 外借人次 49,800 above 进馆人次 47,000: right only if the scopes differ. Such a
contradiction stands until somebody has signed an explanation for exactly these numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from shuxiang.apps.places import queries as places
from shuxiang.documents.report import BRANCHES_TOO, Figure
from shuxiang.documents.report.model import Scope
from shuxiang.runtime import sql
from shuxiang.statistics.counts import Counts
from shuxiang.statistics.figures import sites
from shuxiang.statistics.indicators import SOURCE_ZH, find
from shuxiang.statistics.rules import RULES

Severity = Literal["contradiction", "note"]


_RULES = {rule.code: rule for rule in RULES}

SUMMED = (
    "card.issued",
    "item.used",
    "loan.closed",
    "loan.opened",
    "loan.renewed",
    "visits.entered",
)
MEASURE_ZH = {
    "card.issued": "办证",
    "item.used": "阅览册次",
    "loan.closed": "还回册次",
    "loan.opened": "外借册次",
    "loan.renewed": "续借册次",
    "visits.entered": "进馆人次",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule found. ``facts`` are the numbers it rests on; an explanation is good for these
    alone."""

    rule: str
    scope: str
    statement: str
    facts: dict[str, int | str] = field(default_factory=dict)

    @property
    def needs_explanation(self) -> bool:
        return _RULES[self.rule].needs_explanation

    @property
    def severity(self) -> Severity:
        return "contradiction" if self.needs_explanation else "note"

    @property
    def fingerprint(self) -> str:
        """Names this finding with these numbers (64 hex digits)."""
        text = json.dumps([self.rule, self.scope, self.facts], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def check(
    year: int,
    *,
    place: str,
    scope: Scope,
    found: Mapping[str, Figure],
    counts: Counts,
    until: date | None = None,
    sums: Sequence[tuple[str, str, int]] | None = None,
) -> tuple[Found, ...]:
    """Everything the rules find in a year's figures, contradictions first. ``until`` is the last day
    that can have happened, where the year still runs; ``sums`` the `daily_sums` of the year, where
    they are at hand."""
    inside = sites(place, scope)
    every = [
        *_borrowers(found, scope),
        *_sums(place, scope, counts, daily_sums(year) if sums is None else sums),
        *_stock(year, scope, inside, counts),
        *_future(scope, inside, until),
        *_coverage(year, scope, inside, until),
        *_sources(found, scope, year, inside, counts),
    ]
    return tuple(sorted(every, key=lambda f: not f.needs_explanation))


def _borrowers(found: Mapping[str, Figure], scope: Scope) -> Iterator[Found]:
    persons, visits = found["loan_person"].value, found["visit_gate"].value
    volumes = found["loan_vol"].value
    if persons is not None and visits is not None and persons > visits:
        yield Found(
            "borrowers-above-visits",
            scope,
            f"外借人次 {persons} 大于进馆人次 {visits}（{scope}）。",
            {"loan_person": persons, "visit_gate": visits},
        )
    if persons is not None and volumes is not None and persons > volumes:
        yield Found(
            "borrowers-above-loans",
            scope,
            f"外借人次 {persons} 大于外借册次 {volumes}（{scope}）。",
            {"loan_person": persons, "loan_vol": volumes},
        )


def _sums(
    place: str, scope: Scope, counts: Counts, sums: Sequence[tuple[str, str, int]]
) -> Iterator[Found]:
    """The daily counts' own sums against those of the report's tables, by site and by month."""
    year = counts.year
    inside = {p.id: p.name for p in sites(place, scope)}
    whole = scope == BRANCHES_TOO and places.place(place).parent is None
    total_of: dict[str, int] = {}
    for measure, at, quantity in sums:
        # Of the whole network every count is wanted, its place known or not.
        if whole or at in inside:
            total_of[measure] = total_of.get(measure, 0) + quantity
    for measure in SUMMED:
        total, name = total_of.get(measure, 0), MEASURE_ZH[measure]
        by_site = counts.measured(measure, year, inside)
        by_month = sum(counts.by_month(measure, year, inside).values())
        if by_site != total:
            yield Found(
                "sites-not-total",
                scope,
                f"{name}：各馆点之和 {by_site}，日计数合计 {total}（{scope}）。",
                {"measure": measure, "sites": by_site, "total": total},
            )
        if by_month != total:
            yield Found(
                "months-not-year",
                scope,
                f"{name}：各月之和 {by_month}，全年日计数 {total}（{scope}）。",
                {"measure": measure, "months": by_month, "total": total},
            )


def _stock(
    year: int, scope: Scope, inside: tuple[places.Place, ...], counts: Counts
) -> Iterator[Found]:
    by_class = counts.split(find("coll", year), year, [p.id for p in inside], "clc")
    for clc, total in sorted(by_class.items(), key=lambda kv: str(kv[0])):
        if total.count < 0:
            yield Found(
                "stock-negative",
                scope,
                f"{clc or '未分类'} 类期末藏量为 {total.count}（{scope}）：剔除多于入藏。",
                {"clc": str(clc), "count": total.count},
            )


def _future(scope: Scope, inside: tuple[places.Place, ...], until: date | None) -> Iterator[Found]:
    if until is None:
        return
    found = sql.one(
        "SELECT SUM(count), MAX(business_date) FROM statistics_dailycount "
        "WHERE measure = 'item.accessioned' AND business_date > ? "
        f"AND owner_place IN ({sql.marks(len(inside))})",
        until,
        *(p.id for p in inside),
    )
    if found and found[0]:
        yield Found(
            "accessioned-in-future",
            scope,
            f"{int(found[0])} 册件的入藏日期在 {until:%Y-%m-%d} 以后（{scope}）。",
            {"items": int(found[0])},
        )


def daily_sums(year: int) -> list[tuple[str, str, int]]:
    """(measure, place, sum) of a year's daily counts."""
    rows = sql.all(
        "SELECT measure, place, SUM(count) FROM statistics_dailycount "
        f"WHERE measure IN ({sql.marks(len(SUMMED))}) AND business_date BETWEEN ? AND ? "
        "GROUP BY measure, place",
        *SUMMED,
        date(year, 1, 1),
        date(year, 12, 31),
    )
    return [(measure, at, int(quantity)) for measure, at, quantity in rows]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many open days of a site have no gate count, and how many closed days have one."""

    place: places.Place
    open_days: int
    missing: int
    when_closed: int


def coverage(
    year: int, inside: tuple[places.Place, ...], until: date | None = None
) -> tuple[Coverage, ...]:
    """Gate counts against the calendar, a site a row. A month's entry covers all its days."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    last = min(last, until) if until else last
    entered: dict[str, set[date]] = {}
    by_day: dict[str, set[date]] = {}
    for place, begins, ends in sql.all(
        "SELECT e.place_id, e.first_day, e.last_day FROM statistics_entry e "
        "WHERE e.measure = 'visits.entered' AND e.first_day <= ? AND e.last_day >= ? "
        "AND (e.number > 0 OR e.corrects_id IS NULL) "
        "AND NOT EXISTS (SELECT 1 FROM statistics_entry c WHERE c.corrects_id = e.id)",
        last,
        first,
    ):
        days = {begins + timedelta(n) for n in range((ends - begins).days + 1)}
        entered.setdefault(place, set()).update(days)
        if begins == ends:
            by_day.setdefault(place, set()).update(days)
    # Rows that no entry of ours stands for, such as those of a gate, count by their day.
    for place, day in sql.all(
        "SELECT DISTINCT place, business_date FROM statistics_dailycount "
        "WHERE measure = 'visits.entered' AND count > 0 AND business_date BETWEEN ? AND ? "
        "AND NOT EXISTS (SELECT 1 FROM statistics_entry e WHERE e.place_id = place "
        "AND e.measure = 'visits.entered' AND e.first_day = business_date)",
        first,
        last,
    ):
        entered.setdefault(place, set()).add(day)
        by_day.setdefault(place, set()).add(day)
    rows = []
    for site in inside:
        if site.kind == "network":
            continue
        span = _span(site.id, first, last)
        calendar = places.calendar(site.id, first, last)
        opened = {day for day in span if calendar.is_open(day)}
        rows.append(
            Coverage(
                site,
                len(opened),
                len(opened - entered.get(site.id, set())),
                len(by_day.get(site.id, set()) & (set(span) - opened)),
            )
        )
    return tuple(rows)


def _span(place: str, first: date, last: date) -> list[date]:
    row = sql.one("SELECT opened_on, closed_on FROM places_place WHERE id = ?", place)
    begins = max(first, row[0]) if row and row[0] else first
    ends = min(last, row[1] - timedelta(1)) if row and row[1] else last
    return [begins + timedelta(n) for n in range((ends - begins).days + 1)]


def _coverage(
    year: int, scope: Scope, inside: tuple[places.Place, ...], until: date | None
) -> Iterator[Found]:
    for row in coverage(year, inside, until):
        if row.missing:
            yield Found(
                "visits-missing",
                scope,
                f"{row.place.name}：{row.open_days} 个开放日中 {row.missing} 天没有进馆人次。",
                {"place": row.place.code, "days": row.missing},
            )
        if row.when_closed:
            yield Found(
                "visits-when-closed",
                scope,
                f"{row.place.name}：{row.when_closed} 个闭馆日录有进馆人次。",
                {"place": row.place.code, "days": row.when_closed},
            )


def _sources(
    found: Mapping[str, Figure],
    scope: Scope,
    year: int,
    inside: tuple[places.Place, ...],
    counts: Counts,
) -> Iterator[Found]:
    for code in ("visit_gate", "read_vol"):
        by_source = counts.split(find(code, year), year, [p.id for p in inside], "source")
        if len(by_source) < 2:
            continue
        parts = {SOURCE_ZH.get(str(s), str(s) or "未注明"): t.count for s, t in by_source.items()}
        told = "、".join(f"{name} {count}" for name, count in sorted(parts.items()))
        yield Found(
            "sources-mixed",
            scope,
            f"{found[code].name_zh}由不同来源合成：{told}（{scope}）。",
            dict(sorted(parts.items())),
        )
