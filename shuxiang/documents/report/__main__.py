"""Draw a stored report in every form: ``python -m shuxiang.documents.report FOLDER < report.json``.

Charts and typesetting take a quarter of a gigabyte once loaded, which a process that serves pages
should not keep; this one gives it back. All of the folder appears at once or nothing of it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from shuxiang.documents.charts import chart_svg
from shuxiang.documents.report import load, report_docx, report_html, report_pdf


def draw(stored: bytes, folder: Path) -> None:
    """Write ``chart-NAME.svg`` for each chart and ``annual-report-YEAR.html``, ``.pdf``, ``.docx``
    into ``folder``. Raises DocumentError for a report that can't be read or typeset."""
    report = load(stored)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for chart in report.charts:
            (beside / f"chart-{chart.name}.svg").write_text(chart_svg(chart), encoding="utf-8")
        name = f"annual-report-{report.year}"
        (beside / f"{name}.html").write_text(report_html(report), encoding="utf-8")
        (beside / f"{name}.docx").write_bytes(report_docx(report))
        (beside / f"{name}.pdf").write_bytes(report_pdf(report))
        try:
            os.replace(beside, folder)
        except OSError:
            # Another process drew the same bytes first.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


if __name__ == "__main__":
    draw(sys.stdin.buffer.read(), Path(sys.argv[1]))
