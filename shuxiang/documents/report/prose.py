"""The words of the report: numbers in the text, headings, labels.

A token is ``{code}``, ``{code|本馆}`` or ``{code|含分馆}``, followed by nothing for the value or by
``.unit`` (value and unit), ``.previous`` (last year's) or ``.change`` (e.g. 增长 12.3%). Braces
themselves are written ``{{`` and ``}}``. All words printed by more than one form are here: the
documents are Chinese by their nature, as the forms they follow are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.report.model import (
    AnnualReport,
    Cell,
    Figure,
    Finding,
    Scope,
    Section,
)

MISSING = "缺"
NOT_COMPARABLE = "口径不同，不可比"
NO_PREVIOUS = "缺（无上年数据）"
DRAFT = "草稿，未签发"
FIGURE_COLUMNS = ("指标", "范围", "本年", "上年", "增减", "单位")
DEFINITION_COLUMNS = (
    "指标",
    "范围",
    "数值",
    "统计口径与方法",
    "来源",
    "版本",
    "流水号",
)
DEFINITIONS_HEADING = "指标口径与来源"
FINDINGS_HEADING = "数据核对与说明"
CHARTS_HEADING = "图表"
APPENDIX = "附件"
FIGURES_TITLE = "主要指标"

_DIGITS = "零一二三四五六七八九"
_TOKEN = re.compile(
    r"\{\{|\}\}|\{([a-z][a-z0-9_]*)(?:\|(本馆|含分馆))?(?:\.(unit|previous|change))?\}|[{}]"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text; a number in it knows its figure."""

    text: str
    figure: Figure | None = None


def chinese_number(number: int) -> str:
    """Return 1 to 99 in Chinese, as headings count: 一, 十, 十一, 二十一."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones or not head else "")


def chinese_date(day: date) -> str:
    """Return 2021年1月20日, as GB/T 9704-2012 §7.3.5.4 writes it."""
    return f"{day.year}年{day.month}月{day.day}日"


def value_text(figure: Figure) -> str:
    """The year's value: plain digits, ≥ before a lower bound, 缺 with its reason if missing."""
    if figure.value is None:
        return f"{MISSING}（{figure.missing_reason}）"
    return f"≥{figure.value}" if figure.at_least else str(figure.value)


def previous_text(figure: Figure) -> str:
    """Last year's value or why there is none."""
    if figure.previous is None:
        return f"{MISSING}（{figure.previous_note}）" if figure.previous_note else NO_PREVIOUS
    return str(figure.previous)


def change_text(figure: Figure) -> str:
    """The change against last year in signed per cent, or why there is none."""
    if figure.value is None or figure.previous is None:
        return "—"
    if not figure.comparable:
        return figure.previous_note or NOT_COMPARABLE
    if figure.previous == 0:
        return "—" if figure.value else "0.0%"
    return f"{_per_cent(figure.value - figure.previous, figure.previous):+.1f}%"


def _per_cent(difference: int, base: int) -> float:
    # Rounded half away from zero on integers: a float would print 12.3 or 12.4 by luck.
    tenths = (abs(difference) * 2000 + base) // (2 * base)
    return (tenths if difference >= 0 else -tenths) / 10


def cell_text(cell: Cell | int | str | None) -> str:
    """A table cell as text."""
    if isinstance(cell, Cell):
        if cell.value is None:
            return f"{MISSING}（{cell.missing_reason}）" if cell.missing_reason else MISSING
        return f"≥{cell.value}" if cell.at_least else str(cell.value)
    return MISSING if cell is None else str(cell)


def runs(report: AnnualReport, paragraph: str) -> tuple[Run, ...]:
    """Split a paragraph into text and numbers.

    Raises DocumentError for a token without a figure and for a single brace.
    """
    found: list[Run] = []
    end = 0
    for match in _TOKEN.finditer(paragraph):
        if match.start() > end:
            found.append(Run(paragraph[end : match.start()]))
        end = match.end()
        if match[0] in ("{{", "}}"):
            found.append(Run(match[0][0]))
        elif match[1] is None:
            raise DocumentError(
                f"A token in the report is not written rightly near {paragraph[match.start() :]!r}"
                " (like {visit_gate}; a brace itself is doubled)."
            )
        else:
            # The pattern takes no other word than a scope.
            scope: Scope | None = match[2] or None  # type: ignore[assignment]
            figure = report.figure(match[1], scope)
            found.append(Run(_token_text(figure, match[3]), figure))
    if end < len(paragraph):
        found.append(Run(paragraph[end:]))
    return tuple(found)


def _token_text(figure: Figure, wanted: str | None) -> str:
    if wanted == "previous":
        return previous_text(figure)
    if wanted == "unit":
        return value_text(figure) + (figure.unit if figure.value is not None else "")
    if wanted == "change":
        return _change_words(figure)
    return value_text(figure)


def _change_words(figure: Figure) -> str:
    if figure.value is None or figure.previous is None:
        return f"{MISSING}（{figure.missing_reason or figure.previous_note or '无上年数据'}）"
    if not figure.comparable or figure.previous == 0:
        return "与上年不可比"
    difference = figure.value - figure.previous
    if difference == 0:
        return "与上年持平"
    word = "增长" if difference > 0 else "下降"
    return f"{word} {abs(_per_cent(difference, figure.previous)):.1f}%"


def heading(number: int, section: Section) -> str:
    """First-level heading: 一、…"""
    return f"{chinese_number(number)}、{section.heading}"


def part_heading(number: int, part: Section) -> str:
    """Second-level heading: （一）…, as GB/T 9704-2012 §7.3.3 numbers them."""
    return f"（{chinese_number(number)}）{part.heading}"


def ledger_text(figure: Figure) -> str:
    """The ledger rows a figure was counted from, or — where it did not come from the ledger."""
    if figure.from_seq is None or figure.to_seq is None:
        return "—"
    return f"{figure.from_seq}–{figure.to_seq}"


def edition_line(report: AnnualReport) -> str:
    """Edition and date of issue, e.g. 第 1 版 · 2021年1月20日签发."""
    issued = f"{chinese_date(report.issued_on)}签发" if report.issued_on else DRAFT
    return f"第 {report.edition} 版 · {issued}"


def finding_text(finding: Finding) -> tuple[str, str]:
    """What was found, and who explained it how (or that nobody has)."""
    if not finding.signed or finding.signed_on is None:
        return finding.statement, "尚无签字说明，不得发布。"
    signature = f"（{finding.signed_by}，{chinese_date(finding.signed_on)}）"
    return finding.statement, finding.explanation + signature
