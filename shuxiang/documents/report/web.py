"""The report as HTML: a fragment for the site's page, and one complete file.

No scripts, no style attributes: the fragment runs under ``default-src 'self'``. Charts are images,
because as part of the page their ids and sizes would meddle with it; each has its table beside it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path

from shuxiang.documents.charts import Chart, chart_svg
from shuxiang.documents.report import prose
from shuxiang.documents.report.blocks import (
    Block,
    Grid,
    Heading,
    Paragraph,
    Picture,
    Signature,
    Text,
    blocks,
)
from shuxiang.documents.report.model import AnnualReport

CSS = Path(__file__).parent.parent / "templates" / "annual-report.css"


@lru_cache(maxsize=1)
def report_css() -> str:
    """Return the style sheet of the report; every selector begins with ``.annual-report``."""
    return CSS.read_text(encoding="utf-8")


def report_fragment(report: AnnualReport, *, chart_src: Callable[[Chart], str]) -> str:
    """Return the ``<article>`` to put into a page of the site.

    ``chart_src`` gives the address a chart's SVG is served at. The page links the style sheet.
    Raises DocumentError for a token without a figure.
    """
    head = (
        '<header class="annual-report-head">'
        f'<p class="annual-report-library">{escape(report.library_name)}</p>'
        f"<h1>{escape(report.title)}</h1>"
        f'<p class="annual-report-edition">{escape(prose.edition_line(report))}</p>'
        "</header>"
    )
    laid_out = blocks(report)
    contents = "".join(
        f'<li><a href="#{escape(block.anchor)}">{escape(block.text)}</a></li>'
        for block in laid_out
        if isinstance(block, Heading) and block.level == 1
    )
    body = "\n".join(_block(block, chart_src) for block in laid_out)
    draft = " annual-report-draft" if report.issued_on is None else ""
    return (
        f'<article class="annual-report{draft}" lang="zh-CN">\n{head}\n'
        f'<nav class="annual-report-contents" aria-label="目录"><ul>{contents}</ul></nav>\n'
        f"{body}\n</article>\n"
    )


def report_html(report: AnnualReport) -> str:
    """Return the report as one HTML file that needs nothing beside it, ready for printing.

    Its own content policy allows no script and no request. Raises DocumentError as the fragment.
    """
    style = report_css()
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<main>\n{report_fragment(report, chart_src=_embedded)}</main>\n</body>\n</html>\n"
    )


def _embedded(chart: Chart) -> str:
    packed = base64.b64encode(chart_svg(chart).encode()).decode()
    return f"data:image/svg+xml;base64,{packed}"


def _block(block: Block, chart_src: Callable[[Chart], str]) -> str:
    match block:
        case Heading():
            tag = f"h{block.level + 1}"
            starts = ' class="annual-report-appendix"' if block.starts_appendix else ""
            return f'<{tag} id="{escape(block.anchor)}"{starts}>{escape(block.text)}</{tag}>'
        case Paragraph():
            return f"<p>{_texts(block.parts)}</p>"
        case Grid():
            return _grid(block)
        case Picture():
            return (
                f'<figure id="chart-{escape(block.chart.name)}">'
                f'<img src="{escape(chart_src(block.chart))}" alt="{escape(block.chart.alt)}">'
                f"<figcaption>{escape(block.caption)}</figcaption>"
                f"<details><summary>数据表</summary>{_grid(block.twin)}</details></figure>"
            )
        case Signature():
            return (
                f'<footer class="annual-report-signature"><p>{escape(block.name)}</p>'
                f"<p>{escape(block.when)}</p></footer>"
            )


def _grid(grid: Grid) -> str:
    heads = "".join(
        f'<th scope="col"{_class(numeric)}>{escape(column)}</th>'
        for column, numeric in zip(grid.columns, grid.numeric, strict=True)
    )
    last = len(grid.rows) - 1
    rows = []
    for index, row in enumerate(grid.rows):
        first, *others = row
        cells = "".join(
            f"<td{_class(numeric)}>{_text(cell)}</td>"
            for cell, numeric in zip(others, grid.numeric[1:], strict=True)
        )
        total = ' class="annual-report-total"' if grid.has_total and index == last else ""
        rows.append(f'<tr{total}><th scope="row"{_id(first)}>{_text(first)}</th>{cells}</tr>')
    note = f'<p class="annual-report-note">{escape(grid.note)}</p>' if grid.note else ""
    return (
        f'<div class="annual-report-table" tabindex="0" role="region" '
        f'aria-label="{escape(grid.caption)}"><table><caption>{escape(grid.caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{''.join(rows)}</tbody></table></div>{note}"
    )


def _class(numeric: bool) -> str:
    return ' class="annual-report-number"' if numeric else ""


def _id(text: Text) -> str:
    return f' id="{escape(text.anchor)}"' if text.anchor else ""


def _texts(parts: Iterable[Text]) -> str:
    return "".join(_text(part) for part in parts)


def _text(text: Text) -> str:
    shown = escape(text.text)
    if text.missing:
        shown = f'<span class="annual-report-missing">{shown}</span>'
    href = text.href or (f"#{text.target}" if text.target else "")
    if not href:
        return shown
    code = f' data-code="{escape(text.code)}"' if text.code else ""
    return f'<a href="{escape(href)}"{code}>{shown}</a>'
