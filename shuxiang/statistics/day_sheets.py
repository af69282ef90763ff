"""Day and month tables (日报、月报): what was done at a site, by place, clerk, reader and class.

Every figure is counted as the annual report counts it (`indicators`), from the daily counts. Who did
it is not in those, so the table by clerk is one query of the ledger by its index; an act taken back
is taken off the clerk who did it, not off the one who took it back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places.queries import Place, place
from shuxiang.apps.staff import queries as accounts
from shuxiang.documents.report.model import Scope
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from shuxiang.statistics import daily
from shuxiang.statistics.figures import sites
from shuxiang.statistics.indicators import Term, find
from shuxiang.statistics.tables import UNCLASSED, main_classes

By = Literal["day", "place", "operator", "reader_category", "clc"]
Number = int | None

MOST_DAYS = 366
"""The longest period of one sheet."""

REPLACED = "cards_replaced"
_ORDER = (
    "visit_gate", "loan_person", "loan_vol", "return_vol", "renew_vol", "read_vol", "cards_new",
    REPLACED,
)  # fmt: skip
_ACTS = ("loan_vol", "return_vol", "renew_vol", "read_vol", "cards_new", REPLACED)
COLUMNS: dict[By, tuple[str, ...]] = {
    "day": _ORDER,
    "place": _ORDER,
    # A count typed in is nobody's work, and a visit of two clerks' loans is not two visits.
    "operator": _ACTS,
    # Nobody asks who reads in house.
    "reader_category": ("loan_vol", "return_vol", "renew_vol", "cards_new", REPLACED),
    "clc": ("loan_vol", "return_vol", "renew_vol", "read_vol"),
}
"""The figures each table has."""

_HEADS: dict[By, tuple[str, str]] = {
    "day": ("按日", "日期"),
    "place": ("按馆点", "馆点"),
    "operator": ("按经办人", "经办人"),
    "reader_category": ("按读者类型", "读者类型"),
    "clc": ("按中图法大类", "大类"),
}
_CHANNELS = {
    "portal": "读者自助（网上）",
    "wechat": "读者自助（微信）",
    "paia": "读者自助（发现系统）",
    "ilsdi": "读者自助（发现系统）",
    "kiosk": "读者自助（自助机）",
    "sip2": "读者自助（自助机）",
    "offline": "离线工作台",
}
BY_READERS, BY_SYSTEM, UNKNOWN = "读者自助", "系统", "不明"
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a sheet: its name, its unit and how it is added up. ``gaps`` is whether nothing
    recorded means that nobody counted, not 0."""

    code: str
    name_zh: str
    unit: str
    terms: tuple[Term, ...]
    gaps: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table. A number is None where nobody counted."""

    key: str
    name: str
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The same acts sorted by one thing. ``total`` holds for the numbers of all lines."""

    by: By
    title: str
    head: str
    measures: tuple[Measure, ...]
    lines: tuple[Line, ...]
    total: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Summed:
    """A figure of the whole sheet and of the period it is compared with."""

    measure: Measure
    value: Number
    before: Number


@dataclass(frozen=True, slots=True)
class DaySheet:
    """The sheet of a site from ``first`` to ``last``. ``behind``: acts of the period are still being
    counted, so it will grow; ``notes`` say what is to be known of the figures."""

    place: Place
    scope: Scope
    first: date
    last: date
    compared: str
    summary: tuple[Summed, ...]
    tables: tuple[Breakdown, ...]
    notes: tuple[str, ...]
    behind: bool

    @property
    def one_day(self) -> bool:
        return self.first == self.last

    @property
    def title(self) -> str:
        """E.g. 总馆 2020-06-10 日报 or 总馆 2020 年 6 月月报."""
        if self.one_day:
            return f"{self.place.name} {self.first:%Y-%m-%d} 日报"
        if (self.first, self.last) == month_of(self.first):
            return f"{self.place.name} {self.first.year} 年 {self.first.month} 月月报"
        return f"{self.place.name} {self.first:%Y-%m-%d} 至 {self.last:%Y-%m-%d} 报表"


def month_of(day: date) -> tuple[date, date]:
    """The first and last day of the month a day is in."""
    first = day.replace(day=1)
    return first, clock.add_months(first, 1) - timedelta(days=1)


def sheet(
    first: date, last: date, *, place_id: str, scope: Scope, until: date | None = None
) -> DaySheet:
    """The tables of a site alone or with everything below it, at most `MOST_DAYS` days.

    ``until`` is the present day of a period that still runs. Compared with the same weekday a week
    before or the same days a year before. As recent as the worker: some seconds. Raises ValueError for a period that ends before it begins or is too long,
    UnknownPlace for a place there is not.
    """
    if not 0 <= (last - first).days < MOST_DAYS:
        raise ValueError(f"{first} to {last} is no period of up to {MOST_DAYS} days")
    site = place(place_id)
    within = sites(place_id, scope)
    asked = _Asked(first, last, tuple(p.id for p in within), _measures(last.year))
    tables: list[Breakdown] = []
    end = min(last, until) if until and until >= first else last
    if first != last:
        days = [first + timedelta(days=n) for n in range((end - first).days + 1)]
        named = [(d.isoformat(), f"{d:%m-%d} 周{WEEKDAYS[d.weekday()]}") for d in days]
        tables.append(asked.table("day", named))
    shown = [(p.id, p.name) for p in within if p.kind != "network"]
    tables.append(asked.table("place", shown))
    tables.append(asked.operators())
    kinds = [(c.code, c.name) for c in patrons.categories()]
    tables.append(asked.table("reader_category", kinds))
    tables.append(asked.table("clc", None))
    whole = next(t for t in tables if t.by == "place")
    begins, ends, compared = _before(first, last, end)
    earlier = _Asked(begins, ends, asked.inside, asked.measures).totals()
    return DaySheet(
        place=site,
        scope=scope,
        first=first,
        last=last,
        compared=compared,
        summary=tuple(
            Summed(measure, value, earlier[measure.code])
            for measure, value in zip(whole.measures, whole.total, strict=True)
        ),
        tables=tuple(tables),
        notes=(*([f"截至 {end:%Y-%m-%d}"] if end < last else []), *_notes(asked)),
        behind=daily.behind(last),
    )


def _measures(year: int) -> dict[str, Measure]:
    found = {}
    for code in _ORDER:
        if code == REPLACED:
            terms = (Term("card.replaced"),)
            found[code] = Measure(code, "补证数", "张", terms, gaps=False)
        else:
            one = find(code, year)
            found[code] = Measure(code, one.name_zh, one.unit, one.terms, gaps=bool(one.missing))
    return found


def _before(first: date, last: date, end: date) -> tuple[date, date, str]:
    """The period that a sheet is compared with, and what it is called. ``end`` is the last day
    that has come."""
    if first == last:
        week = timedelta(days=7)
        return first - week, last - week, "上周同日"
    if end == last and (first, last) == month_of(first):
        return *month_of(clock.add_months(first, -12)), "上年同月"
    return clock.add_months(first, -12), clock.add_months(end, -12), "上年同期"


Counted = dict[str, dict[str, int]]
"""Numbers by line, then by measure."""


@dataclass(slots=True)
class _Asked:
    """A period at some places, counted one way after another."""

    first: date
    last: date
    inside: tuple[str, ...]
    measures: dict[str, Measure]
    names: dict[str, str] = field(default_factory=dict)

    def table(self, by: By, lines: Sequence[tuple[str, str]] | None) -> Breakdown:
        """A table from the daily counts; without ``lines`` they are the main classes."""
        found = self.counted(by)
        wanted = [self.measures[code] for code in COLUMNS[by]]
        used = {key for key, numbers in found.items() if any(m.code in numbers for m in wanted)}
        if lines is None:
            lines = main_classes(used)
        known = {key for key, _ in lines}
        extra = sorted(used - known)
        return self._broken_down(by, [*lines, *((k, k or UNCLASSED) for k in extra)], found)

    def counted(self, by: By) -> Counted:
        column = "business_date" if by == "day" else by
        cells = self._cells(f"{column}, ", f"{column}, ")
        return self._add((_text(key), *cell) for key, *cell in cells)

    def totals(self) -> dict[str, Number]:
        """Each figure of the period at all the places together."""
        found = self._add(("", *cell) for cell in self._cells("", ""))
        return {m.code: _number(found, "", m, m.gaps) for m in self.measures.values()}

    def _cells(self, selected: str, grouped: str) -> list[tuple[object, ...]]:
        types = sorted({t.measure for m in self.measures.values() for t in m.terms})
        return sql.all(
            f"SELECT {selected}measure, source, SUM(count) FROM statistics_dailycount "
            f"WHERE measure IN ({sql.marks(len(types))}) AND business_date BETWEEN ? AND ? "
            f"AND place IN ({sql.marks(len(self.inside))}) GROUP BY {grouped}measure, source",
            *types,
            self.first,
            self.last,
            *self.inside,
        )

    def operators(self) -> Breakdown:
        types = sorted({t.measure for code in _ACTS for t in self.measures[code].terms})
        rows = sql.all(
            "SELECT COALESCE(o.actor_kind, e.actor_kind), COALESCE(o.actor, e.actor), "
            "COALESCE(o.channel, e.channel), e.type, e.source, SUM(e.quantity) "
            "FROM ledger_event e LEFT JOIN ledger_event o ON o.id = e.reverses "
            f"WHERE e.type IN ({sql.marks(len(types))}) AND e.business_date BETWEEN ? AND ? "
            f"AND e.place IN ({sql.marks(len(self.inside))}) GROUP BY 1, 2, 3, 4, 5",
            *types,
            self.first,
            self.last,
            *self.inside,
        )
        people = {a.id: (a.name, a.username) for a in accounts.accounts()}
        order: dict[str, tuple[int, str]] = {}

        def who(kind: str, actor: str, channel: str) -> str:
            """The line an act is on; also settles its name and its place among the lines."""
            if kind == "staff":
                name, username = people.get(actor, (UNKNOWN, actor))
                line, rank = f"staff {actor}", (0, username)
            elif kind == "system":
                name = BY_SYSTEM
                line, rank = kind, (2, "")
            else:
                name = _CHANNELS.get(channel, BY_READERS)
                line, rank = name, (1, name)
            self.names[line], order[line] = name, rank
            return line

        found = self._add((who(r[0], r[1], r[2]), *r[3:]) for r in rows)
        lines = [(key, self.names[key]) for key in sorted(found, key=lambda k: order[k])]
        return self._broken_down("operator", lines, found)

    def _add(self, cells: Iterable[tuple[object, ...]]) -> Counted:
        """Cells (line, measure, source, count) by line and figure, as the figure's terms say."""
        takers: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        for one in self.measures.values():
            for term in one.terms:
                takers[term.measure].append((one.code, term))
        found: Counted = defaultdict(lambda: defaultdict(int))
        for line, measure, source, count in cells:
            for code, term in takers[str(measure)]:
                if term.takes(str(source)):
                    found[str(line)][code] += term.sign * int(str(count))
        return found

    def _broken_down(self, by: By, lines: Sequence[tuple[str, str]], found: Counted) -> Breakdown:
        measures = tuple(self.measures[code] for code in COLUMNS[by])
        title, head = _HEADS[by]
        counted = {code for numbers in found.values() for code in numbers}
        # Who counts at all counts every class: a gap is one of a site or a day.
        gaps = {
            m.code: m.gaps and (by in ("place", "day") or m.code not in counted) for m in measures
        }
        made = tuple(
            Line(key, name, tuple(_number(found, key, m, gaps[m.code]) for m in measures))
            for key, name in lines
        )
        total = tuple(
            _sum([line.numbers[at] for line in made], gaps=m.gaps) for at, m in enumerate(measures)
        )
        return Breakdown(by, title, head, measures, made, total)


def _text(key: object) -> str:
    return key.isoformat() if isinstance(key, date) else str(key)


def _number(found: Counted, key: str, measure: Measure, gaps: bool) -> Number:
    return found.get(key, {}).get(measure.code, None if gaps else 0)


def _sum(numbers: Sequence[Number], *, gaps: bool) -> Number:
    known = [n for n in numbers if n is not None]
    return None if gaps and not known else sum(known)


_WHOLE_MONTHS = (
    "SELECT e.measure, e.first_day, SUM(e.number) FROM statistics_entry e "
    "LEFT JOIN statistics_entry c ON c.corrects_id = e.id WHERE c.id IS NULL AND e.number > 0 "
    "AND e.last_day > e.first_day AND e.first_day BETWEEN ? AND ? AND e.place_id IN ({}) "
    "GROUP BY e.measure, e.first_day ORDER BY e.first_day, e.measure"
)
_ENTERED = {"visits.entered": "进馆人次", "item.used": "阅览册次"}


def _notes(asked: _Asked) -> list[str]:
    """A count of a whole month stands on its first day: said wherever that day is shown."""
    rows = sql.all(
        _WHOLE_MONTHS.format(sql.marks(len(asked.inside))), asked.first, asked.last, *asked.inside
    )
    return [
        f"{_ENTERED.get(measure, measure)}中有 {count} 是按月录入的（{day.year} 年 {day.month} 月），"
        f"记在 {day.month} 月 {day.day} 日"
        for measure, day, count in ((m, _day(d), n) for m, d, n in rows)
    ]


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
