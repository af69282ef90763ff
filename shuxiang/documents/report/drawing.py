"""Drawing a stored report in every form, in two processes where the machine has two cores.

Starting the chart engine takes longer than the charts, and it runs one chart at a time: so each
process starts its own before the report arrives, draws half of the charts, and then one typesets the
PDF while the other writes the Word files.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast

from shuxiang.documents import charts
from shuxiang.documents.charts import Drawn, chart_svg
from shuxiang.documents.report.model import AnnualReport, load
from shuxiang.documents.report.pdf import report_pdf
from shuxiang.documents.report.web import report_html
from shuxiang.documents.report.word import CHART_PPI, get_ready, report_docx_both

T = TypeVar("T")


class _Helper:
    """A second process that calls functions, one after another. It ends with this one, however this
    one ends: what it waits on is then closed."""

    def __init__(self) -> None:
        # Begun before anything heavy or threaded is loaded, so that a plain fork is safe.
        forks = "fork" in multiprocessing.get_all_start_methods()
        made: Any = multiprocessing.get_context("fork" if forks else "spawn")
        self.here, there = made.Pipe()
        self.process = made.Process(target=_serve, args=(there, self.here), daemon=True)
        self.process.start()
        there.close()

    def begin(self, function: Callable[..., T], *values: object) -> Callable[[], T]:
        """Start a call; what is returned waits for its answer or raises what it raised. Answers are
        to be taken in the order the calls were begun."""
        self.here.send((function, values))

        def answer() -> T:
            done, result = self.here.recv()
            if not done:
                raise result
            return cast(T, result)

        return answer

    def end(self) -> None:
        self.here.close()
        self.process.join()


def _serve(there: Connection, here: Connection) -> None:
    # This process's copy of the other end would keep the pipe open after the other is gone.
    here.close()
    while True:
        try:
            function, values = there.recv()
        except EOFError:
            return
        try:
            answer = True, function(*values)
        except Exception as error:
            answer = False, error
        try:
            there.send(answer)
        except OSError:
            return


class Drawers:
    """The processes that draw: ``with Drawers() as drawers: drawers.draw(stored, folder)``."""

    def __init__(self, cores: int | None = None) -> None:
        self.helper = _Helper() if (cores or os.cpu_count() or 1) > 1 else None

    def __enter__(self) -> Drawers:
        if self.helper:
            ready = self.helper.begin(charts.warm_up)
        charts.warm_up()
        get_ready()
        if self.helper:
            ready()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.helper:
            self.helper.end()

    def draw(self, stored: bytes, folder: Path) -> None:
        """Write ``chart-NAME.svg`` for each chart and ``annual-report-YEAR`` as ``.html``, ``.pdf``,
        ``.docx`` and, without charts, ``-text.docx`` into ``folder``: all of them at once or nothing.

        Raises DocumentError for a report that can't be read or typeset.
        """
        report = load(stored)
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            self._write(report, beside)
            try:
                os.replace(beside, folder)
            except OSError:
                # Another process drew the same bytes first.
                if not folder.is_dir():
                    raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _write(self, report: AnnualReport, folder: Path) -> None:
        name = f"annual-report-{report.year}"
        pdf = None
        if self.helper:
            mine, others = report.charts[::2], report.charts[1::2]
            drawing = self.helper.begin(charts.draw, others, CHART_PPI)
            made = charts.draw(mine, CHART_PPI)
            charts.take_over(drawing())
            pdf = self.helper.begin(_pdf, report, made)
        for chart in report.charts:
            (folder / f"chart-{chart.name}.svg").write_text(chart_svg(chart), encoding="utf-8")
        (folder / f"{name}.html").write_text(report_html(report), encoding="utf-8")
        with_charts, without = report_docx_both(report)
        (folder / f"{name}.docx").write_bytes(with_charts)
        (folder / f"{name}-text.docx").write_bytes(without)
        typeset = pdf() if pdf else report_pdf(report)
        (folder / f"{name}.pdf").write_bytes(typeset)


def _pdf(report: AnnualReport, drawn_there: Drawn) -> bytes:
    charts.take_over(drawn_there)
    return report_pdf(report)
