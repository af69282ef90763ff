"""What an annual report says, apart from its form.

Frozen dataclasses, complete in themselves, so that a sealed edition can be stored with ``dump``
and printed again years later from the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from shuxiang.documents.charts import Chart
from shuxiang.documents.errors import DocumentError

Scope = Literal["本馆", "含分馆"]
LIBRARY_ALONE: Scope = "本馆"
BRANCHES_TOO: Scope = "含分馆"

_CODE = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator of the year, with how it was counted.

    ``value`` None means missing: ``missing_reason`` is then printed with 缺. ``at_least`` prints ≥
    before the value, and ``note`` must say why. ``previous`` is last year's value, compared only
    when ``comparable``; otherwise ``previous_note`` says why not. ``method`` is the counting rule
    in words, ``source`` where the count came from (设备, 人工, 估计, 系统), ``version`` that of the
    definition, ``from_seq``/``to_seq`` the ledger rows it was counted from. ``href`` leads to
    those rows and is relative to the site or http(s).
    """

    code: str
    name_zh: str
    unit: str
    value: int | None
    previous: int | None = None
    scope: Scope = LIBRARY_ALONE
    method: str = ""
    source: str = ""
    comparable: bool = True
    missing_reason: str = ""
    note: str = ""
    from_seq: int | None = None
    to_seq: int | None = None
    version: str = "1"
    href: str = ""
    at_least: bool = False
    previous_note: str = ""

    def __post_init__(self) -> None:
        if not _CODE.match(self.code):
            raise DocumentError(f"Figure code {self.code!r} must be like visit_gate.")
        if self.value is None and not self.missing_reason:
            raise DocumentError(f"Figure {self.code} has no value and no reason for that.")
        if self.at_least and not self.note:
            raise DocumentError(f"Figure {self.code} is a lower bound and needs a note saying why.")
        check_href(self.href)

    @property
    def anchor(self) -> str:
        """The name of its row in the table of definitions, unique in the report."""
        return f"figure-{self.code}{'-all' if self.scope == BRANCHES_TOO else ''}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in a table with a link to its rows, or the reason why it is missing."""

    value: int | None
    href: str = ""
    missing_reason: str = ""
    at_least: bool = False

    def __post_init__(self) -> None:
        check_href(self.href)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of numbers. The first column names the row; None in a row is printed 缺."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | int | str | None, ...], ...]
    total: tuple[Cell | int | str | None, ...] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for row in (*self.rows, *((self.total,) if self.total else ())):
            if len(row) != len(self.columns):
                raise DocumentError(
                    f"Table {self.title}: a row has {len(row)} cells for "
                    f"{len(self.columns)} columns: {row!r}."
                )


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report; its heading is numbered by the form (一、, then 1、).

    Paragraphs may hold tokens such as ``{visit_gate}`` (see ``report.prose``). ``figures`` are the
    codes shown as a table of this year and last; ``parts`` are sub-sections, one level only.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    parts: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A contradiction found by a cross-check, with the explanation signed for it, if any.

    ``rule`` is the name of the check as it is printed, ``statement`` what was found.
    """

    rule: str
    statement: str
    explanation: str = ""
    signed_by: str = ""
    signed_on: date | None = None

    @property
    def signed(self) -> bool:
        return bool(self.explanation and self.signed_by and self.signed_on)


@dataclass(frozen=True, slots=True)
class AnnualReport:
    """The report of one library and year.

    ``edition`` counts from 1; ``issued_on`` is None for a draft, which is marked as such and may
    hold unsigned findings. ``scope_note`` says what the figures cover. ``opening`` is the
    paragraph before the first section; ``appendix`` holds the large tables, after the signature.
    Raises DocumentError when two figures share code and scope, or when an issued report holds a
    contradiction nobody signed for.
    """

    library_name: str
    year: int
    edition: int
    issued_on: date | None
    scope_note: str
    sections: tuple[Section, ...]
    figures: tuple[Figure, ...]
    opening: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    appendix: tuple[Section, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for figure in self.figures:
            if figure.anchor in seen:
                raise DocumentError(f"Figure {figure.code} ({figure.scope}) is given twice.")
            seen.add(figure.anchor)
        unsigned = [finding.rule for finding in self.findings if not finding.signed]
        if self.issued_on and unsigned:
            raise DocumentError(
                f"The report cannot be issued: {', '.join(unsigned)} needs a signed explanation."
            )
        names = [chart.name for chart in self.charts]
        if len(names) != len(set(names)):
            raise DocumentError("Two charts of the report have the same name.")
        for section in (*self.sections, *self.appendix):
            if any(part.parts for part in section.parts):
                raise DocumentError(f"Section {section.heading} is nested too deep.")

    @property
    def title(self) -> str:
        """The report's name as its heading shows it, e.g. 星河区图书馆 2020 年年报."""
        return f"{self.library_name} {self.year} 年年报"

    @property
    def charts(self) -> tuple[Chart, ...]:
        """All charts in the order of the text."""
        return tuple(
            chart
            for section in (*self.sections, *self.appendix)
            for part in (section, *section.parts)
            for chart in part.charts
        )

    def figure(self, code: str, scope: Scope | None = None) -> Figure:
        """Return the figure with this code; without a scope, 本馆 goes first.

        Raises DocumentError when there is none.
        """
        found = [f for f in self.figures if f.code == code and scope in (None, f.scope)]
        if not found:
            raise DocumentError(f"The report has no figure {code}{f' ({scope})' if scope else ''}.")
        return min(found, key=lambda f: f.scope != LIBRARY_ALONE)


def check_href(href: str) -> None:
    """Raise DocumentError for a link that leaves http(s) or this site, such as javascript:."""
    parts = urlsplit(href)
    if parts.scheme not in ("", "http", "https") or (not parts.scheme and href.startswith("//")):
        raise DocumentError(f"A link must be relative or http(s): {href!r}.")


def dump(report: AnnualReport) -> bytes:
    """Return the report as JSON bytes, the same for the same report."""
    return msgspec.json.encode(report, order="deterministic")


def load(stored: bytes) -> AnnualReport:
    """Return the report that ``dump`` wrote. Raises DocumentError on anything else."""
    try:
        return msgspec.json.decode(stored, type=AnnualReport)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise DocumentError(f"This is no stored annual report: {error}") from error
