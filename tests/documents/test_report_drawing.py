"""All forms of a stored report, drawn in one process and in two: the same bytes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from shuxiang.documents import charts
from shuxiang.documents.errors import DocumentError
from shuxiang.documents.report import dump, report_docx, report_html, report_pdf
from shuxiang.documents.report.drawing import Drawers
from tests.documents import sample


def drawn(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_two_processes_draw_what_one_does(tmp_path: Path) -> None:
    stored = dump(sample.report())
    command = [sys.executable, "-m", "shuxiang.documents.report", str(tmp_path / "two")]
    subprocess.run(command, input=stored, check=True)
    with Drawers(cores=1) as drawers:
        drawers.draw(stored, tmp_path / "one")
    found = drawn(tmp_path / "one")
    assert found == drawn(tmp_path / "two")
    report = sample.report()
    assert found == {
        **{f"chart-{c.name}.svg": charts.chart_svg(c).encode() for c in report.charts},
        "annual-report-2020.html": report_html(report).encode(),
        "annual-report-2020.pdf": report_pdf(report),
        "annual-report-2020.docx": report_docx(report),
        "annual-report-2020-text.docx": report_docx(report, charts=False),
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_what_cannot_be_drawn_leaves_nothing(tmp_path: Path) -> None:
    with Drawers(cores=1) as drawers, pytest.raises(DocumentError, match="no stored annual report"):
        drawers.draw(b"{", tmp_path / "one")
    command = [sys.executable, "-m", "shuxiang.documents.report", str(tmp_path / "two")]
    done = subprocess.run(command, input=b"{", capture_output=True)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("This is no stored annual report: ")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_the_helper_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    """Killed while it waits for its report, it leaves nobody behind."""
    command = [sys.executable, "-m", "shuxiang.documents.report", str(tmp_path / "never")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:
        deadline = time.monotonic() + 60
        while len(in_group(process.pid)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
        process.wait()
        while in_group(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def in_group(leader: int) -> list[int]:
    """The living processes of a group, from /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(after_name[2]) == leader and after_name[0] != "Z":
                found.append(int(entry.name))
    return found


def test_a_chart_is_drawn_once_for_all_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    report = sample.report()
    report_html(report)

    def never(specification: str) -> str:
        raise AssertionError(specification)

    monkeypatch.setattr(charts, "_convert", never)
    assert report_pdf(report)
    taken = charts.draw(report.charts, 72)
    for kept in ("_drawn", "_rastered"):
        monkeypatch.setattr(charts, kept, {})
    charts.take_over(taken)
    assert report_html(report)
    assert charts.png(charts.spec(report.charts[0]), 72).startswith(b"\x89PNG")


def test_the_rim_of_a_number_is_behind_it() -> None:
    for chart in sample.report().charts:
        drawn_svg = charts.chart_svg(chart)
        assert drawn_svg.count("<text ") == drawn_svg.count('<text paint-order="stroke" ')
