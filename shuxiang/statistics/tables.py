"""The tables and charts of the annual report: by month, by site, by main class."""

from __future__ import annotations

from collections.abc import Iterable

from shuxiang.apps.places.queries import Place
from shuxiang.documents.charts import Chart, Series
from shuxiang.documents.report import Table
from shuxiang.formats import clc
from shuxiang.statistics.counts import By, Counts, Total
from shuxiang.statistics.indicators import find

SERVICE = ("visit_gate", "read_vol", "loan_person", "loan_vol", "renew_vol", "return_vol")
BY_SITE = (*SERVICE, "cards_new")
UNCLASSED = "未分类"
MONTHS = tuple(f"{month}月" for month in range(1, 13))

Numbers = dict[str | int, int | None]


class Tables:
    """Everything tabular of one report, from its counts."""

    def __init__(
        self, counts: Counts, sites: Iterable[Place], scope: str, last_month: int = 12
    ) -> None:
        self.counts = counts
        self.year = counts.year
        self.sites = tuple(p for p in sites if p.kind != "network")
        self.inside = [p.id for p in self.sites]
        self.scope = scope
        self.last_month = last_month
        self.has_previous = counts.has_data(self.year - 1, self.inside)

    def _split(self, code: str, year: int, by: By) -> dict[str | int, Total]:
        return self.counts.split(find(code, year), year, self.inside, by)

    def _numbers(self, code: str, year: int, by: By, keys: Iterable[str | int]) -> Numbers:
        """A number a key; what nobody recorded is None, where the indicator says so."""
        found = self._split(code, year, by)
        nothing = None if find(code, year).missing else 0
        return {key: found[key].count if key in found else nothing for key in keys}

    def by_month(self) -> Table:
        months = range(1, self.last_month + 1)
        columns = {code: self._numbers(code, self.year, "month", months) for code in BY_SITE}
        names = [find(code, self.year).name_zh for code in BY_SITE]
        before: Numbers = {}
        if self.has_previous:
            before = self._numbers("loan_vol", self.year - 1, "month", months)
            names.append("上年外借册次")
        every = [*columns.values(), *([before] if before else [])]
        return Table(
            f"各月业务量（{self.scope}）",
            ("月份", *names),
            tuple((f"{month}月", *(column[month] for column in every)) for month in months),
            total=("合计", *(_sum(column.values()) for column in every)),
        )

    def by_site(self) -> Table:
        columns = [self._numbers(code, self.year, "place", self.inside) for code in BY_SITE]
        return Table(
            "各馆点业务量",
            ("馆点", *(find(code, self.year).name_zh for code in BY_SITE)),
            tuple((site.name, *(column[site.id] for column in columns)) for site in self.sites),
            total=("合计", *(_sum(column.values()) for column in columns)),
            note="同一读者同日在两处借书计两人次，故各馆点外借人次可以相加。",
        )

    def by_class(self) -> Table:
        codes = ("loan_vol", "new_coll", "coll")
        found = [self._split(code, self.year, "clc") for code in codes]
        rows: list[tuple[str | int, ...]] = []
        for key, name in _classes(found):
            rows.append((name, *(column[key].count if key in column else 0 for column in found)))
        totals = [sum(total.count for total in column.values()) for column in found]
        return Table(
            f"按中图法大类统计（{self.scope}）",
            ("大类", *(find(code, self.year).name_zh for code in codes)),
            tuple(rows),
            total=("合计", *totals),
        )

    def charts_by_month(self) -> tuple[Chart, ...]:
        months = range(1, self.last_month + 1)
        names = MONTHS[: self.last_month]
        loans = tuple(self._numbers("loan_vol", self.year, "month", months).values())
        visits = tuple(self._numbers("visit_gate", self.year, "month", months).values())
        charts = []
        if any(loans) and any(visits):
            charts.append(
                Chart(
                    "monthly",
                    "各月外借册次与进馆人次",
                    "columns_line",
                    names,
                    (Series("外借册次", loans), Series("进馆人次", visits)),
                    "册次、人次",
                    f"{self.year} 年各月外借册次（柱）与进馆人次（线），{self.scope}，"
                    "数据见各月业务量表。",
                )
            )
        if any(loans) and self.has_previous:
            before = tuple(self._numbers("loan_vol", self.year - 1, "month", months).values())
            charts.append(
                Chart(
                    "against-last-year",
                    "各月外借册次与上年比较",
                    "grouped",
                    names,
                    (Series(f"{self.year} 年", loans), Series(f"{self.year - 1} 年", before)),
                    "册次",
                    f"{self.year} 年与 {self.year - 1} 年各月外借册次，{self.scope}。",
                )
            )
        return tuple(charts)

    def charts_by_class(self) -> tuple[Chart, ...]:
        charts = []
        for code, name, title in (
            ("loan_vol", "loans-by-class", "外借册次按中图法大类"),
            ("new_coll", "additions-by-class", "新增藏量按中图法大类"),
        ):
            found = self._split(code, self.year, "clc")
            classes = _classes([found])
            counts = tuple(found[key].count if key in found else 0 for key, _ in classes)
            if any(counts):
                unit = find(code, self.year).unit
                charts.append(
                    Chart(
                        name,
                        title,
                        "bars",
                        tuple(label for _, label in classes),
                        (Series(title, counts),),
                        unit,
                        f"{self.year} 年{title}，{self.scope}，数据见按中图法大类统计表。",
                    )
                )
        return tuple(charts)

    def charts_by_site(self) -> tuple[Chart, ...]:
        loans = tuple(self._numbers("loan_vol", self.year, "place", self.inside).values())
        if len(self.sites) < 2 or not any(loans):
            return ()
        return (
            Chart(
                "loans-by-site",
                "各馆点外借册次",
                "bars",
                tuple(site.name for site in self.sites),
                (Series("外借册次", loans),),
                "册次",
                f"{self.year} 年各馆点外借册次，数据见各馆点业务量表。",
            ),
        )


def _classes(found: Iterable[dict[str | int, Total]]) -> list[tuple[str, str]]:
    return main_classes({str(key) for column in found for key in column})


def main_classes(used: set[str]) -> list[tuple[str, str]]:
    """Code and name of the 22 main classes in their order, then of what else is ``used``."""
    known = [(one.code, f"{one.code} {one.name_zh}") for one in clc.classes() if one.level == 1]
    odd = sorted(used - {code for code, _ in known} - {""})
    return [
        *known,
        *((key, f"{key}（非中图法大类）") for key in odd),
        *([("", UNCLASSED)] if "" in used else []),
    ]


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [n for n in numbers if n is not None]
    return sum(known) if known else None
