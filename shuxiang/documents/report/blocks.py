"""The report laid out once, as a list of blocks that each form only has to draw.

Numbering (headings, 表 1, 图 1, 附件 1), links and the choice of alignment are decided here, so
that the three forms cannot differ in what they say.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

from shuxiang.documents.charts import Chart
from shuxiang.documents.report import prose
from shuxiang.documents.report.model import (
    LIBRARY_ALONE,
    AnnualReport,
    Cell,
    Figure,
    Section,
    Table,
)

NARROW, WIDE, WIDE_FIRST, GAP = 4, 24, 48, 4
"""Bounds of a column's share of the width (the first, which names the row,
may be wider) and the space in it, in half-width characters."""

DEFINITION_WIDTHS = (17, 11, 18, 29, 14, 7, 18)


@dataclass(frozen=True, slots=True)
class Text:
    """A stretch of text or a table cell.

    ``href`` leads to the rows behind a number, ``target`` to the anchor of its definition in this
    document; ``anchor`` makes this text such a place. ``code`` is the figure's.
    """

    text: str
    href: str = ""
    target: str = ""
    anchor: str = ""
    code: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A numbered heading, level 1 or 2. The first appendix starts a new page."""

    level: int
    text: str
    anchor: str
    starts_appendix: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text."""

    parts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready to draw: ``numeric`` and ``widths`` (shares) go by column."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    numeric: tuple[bool, ...]
    widths: tuple[int, ...]
    has_total: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with its caption and the same numbers as a table."""

    chart: Chart
    caption: str
    twin: Grid


@dataclass(frozen=True, slots=True)
class Signature:
    """Who issues the report, and when (or that it is a draft)."""

    name: str
    when: str


Block = Heading | Paragraph | Grid | Picture | Signature

Charts = Literal["inline", "apart", "none"]
"""Where charts stand: in the text, in a last appendix of their own, or nowhere."""


def blocks(report: AnnualReport, *, charts: Charts = "inline") -> tuple[Block, ...]:
    """Lay out the whole report below its title. With charts ``apart`` it begins with what it is
    with ``none``."""
    return tuple(_Layout(report, charts).all())


class _Layout:
    def __init__(self, report: AnnualReport, charts: Charts) -> None:
        self.report = report
        self.charts = charts
        self.tables = count(1)
        self.pictures = count(1)

    def all(self) -> Iterator[Block]:
        report = self.report
        yield from self.paragraphs(report.opening)
        if report.scope_note:
            yield from self.paragraphs((report.scope_note,))
        for number, section in enumerate(report.sections, 1):
            yield Heading(1, prose.heading(number, section), f"section-{number}")
            yield from self.content(section)
            for at, part in enumerate(section.parts, 1):
                yield Heading(2, prose.part_heading(at, part), f"section-{number}-{at}")
                yield from self.content(part)
        issued = report.issued_on
        when = prose.chinese_date(issued) if issued else prose.DRAFT
        yield Signature(report.library_name, when)
        yield from self.appendices()

    def appendices(self) -> Iterator[Block]:
        numbers = count(1)

        def opened(title: str) -> Heading:
            number = next(numbers)
            text = f"{prose.APPENDIX} {number}　{title}"
            return Heading(1, text, f"appendix-{number}", starts_appendix=number == 1)

        for section in self.report.appendix:
            yield opened(section.heading)
            yield from self.content(section)
            for at, part in enumerate(section.parts, 1):
                yield Heading(2, prose.part_heading(at, part), f"appendix-{section.heading}-{at}")
                yield from self.content(part)
        if self.report.figures:
            yield opened(prose.DEFINITIONS_HEADING)
            yield self.definitions()
        if self.report.findings:
            yield opened(prose.FINDINGS_HEADING)
            for finding in self.report.findings:
                statement, answer = prose.finding_text(finding)
                yield Paragraph((Text(f"{finding.rule}：{statement}"),))
                yield Paragraph((Text(f"说明：{answer}", missing=not finding.signed),))
        if self.charts == "apart" and self.report.charts:
            yield opened(prose.CHARTS_HEADING)
            for chart in self.report.charts:
                yield self.picture(chart)

    def content(self, section: Section) -> Iterator[Block]:
        yield from self.paragraphs(section.paragraphs)
        if section.figures:
            yield self.figure_table(section.figures)
        for table in section.tables:
            yield self.grid(table, f"表 {next(self.tables)}　{table.title}")
        if self.charts == "inline":
            for chart in section.charts:
                yield self.picture(chart)

    def picture(self, chart: Chart) -> Picture:
        caption = f"图 {next(self.pictures)}　{chart.title}"
        return Picture(chart, caption, self.grid(twin(chart), f"{chart.title}（{chart.unit}）"))

    def paragraphs(self, texts: Iterable[str]) -> Iterator[Paragraph]:
        for text in texts:
            parts = prose.runs(self.report, text)
            yield Paragraph(
                tuple(_number(p.text, p.figure) if p.figure else Text(p.text) for p in parts)
            )

    def figure_table(self, codes: tuple[str, ...]) -> Grid:
        rows = []
        for code in codes:
            self.report.figure(code)
            figures = [figure for figure in self.report.figures if figure.code == code]
            for figure in sorted(figures, key=lambda f: f.scope != LIBRARY_ALONE):
                previous = prose.previous_text(figure)
                rows.append(
                    (
                        Text(figure.name_zh),
                        Text(figure.scope),
                        _number(prose.value_text(figure), figure),
                        Text(previous, missing=figure.previous is None),
                        Text(prose.change_text(figure)),
                        Text(figure.unit),
                    )
                )
        return Grid(
            f"表 {next(self.tables)}　{prose.FIGURES_TITLE}",
            prose.FIGURE_COLUMNS,
            tuple(rows),
            (False, False, True, True, True, False),
            _widths(prose.FIGURE_COLUMNS, rows),
        )

    def definitions(self) -> Grid:
        rows = []
        for figure in self.report.figures:
            method = "；".join(part for part in (figure.method, figure.note) if part) or "—"
            unit = f" {figure.unit}" if figure.value is not None else ""
            value = Text(
                prose.value_text(figure) + unit,
                href=figure.href,
                code=figure.code,
                missing=figure.value is None,
            )
            rows.append(
                (
                    Text(figure.name_zh, anchor=figure.anchor),
                    Text(figure.scope),
                    value,
                    Text(method),
                    Text(figure.source or "—"),
                    Text(figure.version),
                    Text(prose.ledger_text(figure)),
                )
            )
        return Grid(
            f"表 {next(self.tables)}　{prose.DEFINITIONS_HEADING}",
            prose.DEFINITION_COLUMNS,
            tuple(rows),
            (False, False, True, False, False, False, False),
            DEFINITION_WIDTHS,
        )

    def grid(self, table: Table, caption: str) -> Grid:
        every = (*table.rows, *((table.total,) if table.total else ()))
        numeric = tuple(
            at > 0 and all(not isinstance(row[at], str) for row in every)
            for at in range(len(table.columns))
        )
        rows = [tuple(_cell(cell) for cell in row) for row in every]
        return Grid(
            caption,
            table.columns,
            tuple(rows),
            numeric,
            _widths(table.columns, rows),
            has_total=table.total is not None,
            note=table.note,
        )


def twin(chart: Chart) -> Table:
    """The numbers of a chart as a table, a category a row."""
    columns = ("分组", *(series.name for series in chart.series))
    rows = zip(chart.categories, *(series.values for series in chart.series), strict=True)
    return Table(chart.title, columns, tuple(rows))


def _number(text: str, figure: Figure) -> Text:
    return Text(
        text,
        href=figure.href,
        target=figure.anchor,
        code=figure.code,
        missing=figure.value is None,
    )


def _cell(cell: Cell | int | str | None) -> Text:
    text = prose.cell_text(cell)
    if isinstance(cell, Cell):
        return Text(text, href=cell.href, missing=cell.value is None)
    return Text(text, missing=cell is None)


def _widths(columns: tuple[str, ...], rows: Iterable[tuple[Text, ...]]) -> tuple[int, ...]:
    widest = [_width(column) for column in columns]
    for row in rows:
        widest = [max(so_far, _width(cell.text)) for so_far, cell in zip(widest, row, strict=True)]
    bounds = (WIDE_FIRST, *(WIDE for _ in columns[1:]))
    return tuple(
        min(max(width, NARROW), bound) + GAP for width, bound in zip(widest, bounds, strict=True)
    )


def _width(text: str) -> int:
    """Half-width characters: a Chinese character counts two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
