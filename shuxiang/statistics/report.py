"""The annual report put together: figures, the library's own text, tables, charts, findings.

Form and sections follow the annual reports of district libraries: opening, readiness, services,
activities, party work, training, problems. Every number in the text is a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shuxiang.apps.places import queries as places
from shuxiang.documents.report import (
    BRANCHES_TOO,
    LIBRARY_ALONE,
    AnnualReport,
    Figure,
    Finding,
    Section,
)
from shuxiang.documents.report.model import Scope
from shuxiang.documents.report.prose import runs
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from shuxiang.statistics import cross_checks
from shuxiang.statistics.counts import Counts
from shuxiang.statistics.figures import Link, figures, no_link, sites
from shuxiang.statistics.indicators import in_force
from shuxiang.statistics.tables import Tables

SECTIONS = {
    "opening": "",
    "readiness": "开放保障与安全管理",
    "services": "阵地服务",
    "activities": "群众文化活动",
    "party": "党建工作",
    "training": "队伍建设与业务学习",
    "problems": "存在问题",
}
"""Sections by the name `commands.write_narrative` takes, with their headings."""

UNWRITTEN = "（本节由本馆撰写，尚未填写。）"
CLOSURE_DAYS = 3
"""A run of named closed days this long is told in the text."""

_BARE = re.compile(r"(?<!\{)\{([a-z][a-z0-9_]*)((?:\.(?:unit|previous|change))?)\}")
_COLLECTION = ("coll", "new_coll", "new_coll_buy", "weeded")
_SERVICES = ("visit_gate", "read_vol", "loan_person", "loan_vol", "loan_group", "renew_vol",
             "return_vol")  # fmt: skip
_READERS = ("cards_new", "cards_valid", "active_reader")
_NETWORK = ("branch", "service_point", "reading_base", "reading_base_new", "bookhouse", "open_days")


@dataclass(frozen=True, slots=True)
class Explained:
    """A signed explanation: who said what, when."""

    text: str
    signed_by: str
    signed_on: date


@dataclass(frozen=True, slots=True)
class Draft:
    """A report before it is issued: what it would say, and what still stands in its way."""

    year: int
    place: places.Place
    scope: Scope
    figures: tuple[Figure, ...]
    other: tuple[Figure, ...]
    checked: tuple[cross_checks.Found, ...]
    explained: dict[str, Explained]
    narrative: dict[str, str]
    counts: Counts
    until: date | None

    @property
    def unexplained(self) -> tuple[cross_checks.Found, ...]:
        """Contradictions nobody has signed an explanation for."""
        return tuple(
            f for f in self.checked if f.needs_explanation and f.fingerprint not in self.explained
        )

    def report(self, *, edition: int, issued_on: date | None = None) -> AnnualReport:
        """The report in print form. Raises DocumentError when issued with an unsigned
        contradiction."""
        return _Writer(self).report(edition, issued_on)


def draft(
    year: int,
    *,
    place: str,
    scope: Scope,
    until: date | None = None,
    link: Link = no_link,
) -> Draft:
    """Read everything a report of the place needs. Raises NoData."""
    counts = Counts(year)
    found = figures(year, place=place, scope=scope, until=until, counts=counts, link=link)
    sums = cross_checks.daily_sums(year)
    checked = list(
        cross_checks.check(
            year, place=place, scope=scope, found=found, counts=counts, until=until, sums=sums
        )
    )
    other: tuple[Figure, ...] = ()
    other_scope = LIBRARY_ALONE if scope == BRANCHES_TOO else BRANCHES_TOO
    if len(places.subtree(place)) > 1 and counts.has_data(
        year, [p.id for p in sites(place, other_scope)]
    ):
        more = figures(year, place=place, scope=other_scope, until=until, counts=counts, link=link)
        told = {f.statement for f in checked}
        checked += [
            f
            for f in cross_checks.check(
                year,
                place=place,
                scope=other_scope,
                found=more,
                counts=counts,
                until=until,
                sums=sums,
            )
            if f.statement not in told
        ]
        known = {(f.code, f.scope) for f in found.values()}
        other = tuple(f for f in more.values() if (f.code, f.scope) not in known)
    return Draft(
        year=year,
        place=places.place(place),
        scope=scope,
        figures=tuple(found.values()),
        other=other,
        checked=tuple(checked),
        explained=_explained(place, year),
        narrative=_narrative(place, year),
        counts=counts,
        until=until,
    )


def build(
    year: int,
    *,
    place: str,
    scope: Scope,
    edition: int = 1,
    until: date | None = None,
    link: Link = no_link,
) -> AnnualReport:
    """The unissued report of a place and year, as the counts are now. Raises NoData."""
    return draft(year, place=place, scope=scope, until=until, link=link).report(edition=edition)


def check_tokens(text: str, year: int) -> None:
    """Raises DocumentError for a token that no figure of the year stands for."""
    known = tuple(
        Figure(one.code, one.name_zh, one.unit, 0, scope=scope)
        for one in in_force(year)
        for scope in (LIBRARY_ALONE, BRANCHES_TOO)
    )
    runs(AnnualReport("", year, 1, None, "", (), known), text)


def _explained(place: str, year: int) -> dict[str, Explained]:
    rows = sql.all(
        "SELECT x.fingerprint, x.text, COALESCE(a.name, x.account), x.signed_at "
        "FROM statistics_explanation x "
        "LEFT JOIN staff_account a ON REPLACE(CAST(a.id AS TEXT), '-', '') = x.account "
        "WHERE x.place_id = ? AND x.year = ? ORDER BY x.signed_at, x.id",
        place,
        year,
    )
    return {r[0]: Explained(r[1], r[2], clock.business_date(r[3])) for r in rows}


def _narrative(place: str, year: int) -> dict[str, str]:
    return dict(
        sql.all(
            "SELECT section, text FROM statistics_narrative WHERE place_id = ? AND year = ?",
            place,
            year,
        )
    )


class _Writer:
    def __init__(self, of: Draft) -> None:
        self.of = of
        self.found = {f.code: f for f in of.figures}
        inside = sites(of.place.id, of.scope)
        running = of.until and of.until.year == of.year
        last_month = of.until.month if of.until and running else 12
        self.tables = Tables(of.counts, inside, of.scope, last_month)
        self.inside = inside

    def report(self, edition: int, issued_on: date | None) -> AnnualReport:
        of = self.of
        return AnnualReport(
            library_name=of.place.name,
            year=of.year,
            edition=edition,
            issued_on=issued_on,
            scope_note=self.scope_note(),
            opening=self.own("opening") or self.opening(),
            sections=tuple(self.sections(issued=issued_on is not None)),
            figures=(*of.figures, *of.other),
            findings=tuple(self.findings()),
            appendix=tuple(self.appendix()),
        )

    def token(self, code: str, what: str) -> str:
        return f"{{{code}|{self.found[code].scope}{what}}}"

    def told(self, *codes: str) -> str:
        """Name and number of figures and, where last year has one to compare, the change."""
        parts = []
        for code in codes:
            figure = self.found[code]
            name = figure.name_zh.removeprefix("其中：")
            # 外借册次 55818, but 办证数 641 张: a unit that ends the name isn't said twice.
            text = f"{name} {self.token(code, '' if name.endswith(figure.unit) else '.unit')}"
            if figure.value is not None and figure.previous and figure.comparable:
                # 比上年增长 12.5%, but 与上年持平: what stayed the same says so itself.
                beside = "" if figure.value == figure.previous else "比上年"
                text += f"（{beside}{self.token(code, '.change')}）"
            parts.append(text)
        return "，".join(parts)

    def own(self, section: str) -> tuple[str, ...]:
        """The library's own paragraphs; a token without a scope takes the report's."""

        def scoped(match: re.Match[str]) -> str:
            figure = self.found.get(match[1])
            return f"{{{match[1]}|{figure.scope}{match[2]}}}" if figure else match[0]

        text = _BARE.sub(scoped, self.of.narrative.get(section, ""))
        return tuple(line.strip() for line in text.splitlines() if line.strip())

    def scope_note(self) -> str:
        names = "、".join(p.name for p in self.inside if p.kind != "network")
        note = f"正文数字除注明外均为“{self.of.scope}”口径，统计范围：{names}。"
        if self.of.until and self.of.until.year == self.of.year:
            note += f"本年尚未结束，数字截至 {self.of.until:%Y-%m-%d}。"
        return note + "各项数字的口径、来源和流水号见附件。"

    def opening(self) -> tuple[str, ...]:
        told = self.told("visit_gate", "read_vol", "loan_person", "loan_vol", "cards_new")
        begins = f"{self.of.year} 年，{self.of.place.name}坚持公益开放、服务读者，"
        return (f"{begins}做好借阅、阅览和办证等各项基本服务。全年{told}。现将全年工作报告如下：",)

    def sections(self, *, issued: bool) -> Iterator[Section]:
        yield Section(
            SECTIONS["readiness"],
            (
                *self.own("readiness"),
                f"{self.of.place.name}全年{self.told('open_days')}。",
                *self.closures(),
            ),
        )
        yield Section(
            SECTIONS["services"],
            self.own("services"),
            parts=(
                Section("馆藏建设", (f"年末{self.told(*_COLLECTION)}。",), figures=_COLLECTION),
                Section(
                    "基本服务",
                    (f"全年{self.told(*_SERVICES)}。",),
                    figures=_SERVICES,
                    charts=self.tables.charts_by_month(),
                ),
                Section("读者发展", (f"全年{self.told(*_READERS)}。",), figures=_READERS),
                Section(
                    "服务网络",
                    (f"年末{self.told('branch', 'service_point')}。",),
                    figures=_NETWORK,
                    charts=self.tables.charts_by_site(),
                ),
            ),
        )
        for name in ("activities", "party", "training", "problems"):
            own = self.own(name)
            if own or not issued:
                yield Section(SECTIONS[name], own or (UNWRITTEN,))

    def closures(self) -> Iterator[str]:
        """Runs of closed days that the calendar names, in the library's words."""
        first, last = date(self.of.year, 1, 1), date(self.of.year, 12, 31)
        calendar = places.calendar(self.of.place.id, first, last)
        told: list[str] = []
        day = first
        while day <= last:
            named = calendar.days.get(day)
            if named is None or named.open:
                day += timedelta(1)
                continue
            end = day
            while (after := calendar.days.get(end + timedelta(1))) is not None and (
                not after.open and after.reason == named.reason and end < last
            ):
                end += timedelta(1)
            if (end - day).days + 1 >= CLOSURE_DAYS:
                reason = named.reason.replace("{", "{{").replace("}", "}}")
                told.append(f"{day.month}月{day.day}日至{end.month}月{end.day}日闭馆（{reason}）")
            day = end + timedelta(1)
        if told:
            yield "；".join(told) + "。"

    def findings(self) -> Iterator[Finding]:
        for found in self.of.checked:
            if not found.needs_explanation:
                continue
            signed = self.of.explained.get(found.fingerprint)
            yield Finding(
                found.rule,
                found.statement,
                signed.text if signed else "",
                signed.signed_by if signed else "",
                signed.signed_on if signed else None,
            )

    def appendix(self) -> Iterator[Section]:
        yield Section("各月业务量", tables=(self.tables.by_month(),))
        if len(self.tables.sites) > 1:
            yield Section("各馆点业务量", tables=(self.tables.by_site(),))
        yield Section(
            "按中图法大类统计",
            tables=(self.tables.by_class(),),
            charts=self.tables.charts_by_class(),
        )
        notes = tuple(
            f.statement.replace("{", "{{").replace("}", "}}")
            for f in self.of.checked
            if not f.needs_explanation
        )
        if notes:
            yield Section("数据说明", notes)
