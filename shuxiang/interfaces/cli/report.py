"""Write a year's annual report: web page, PDF, Word document and figures.json.

The counts are brought up to the ledger first. Where an edition has been published, --edition writes
it as it was; otherwise the report is a draft of the counts as they are now.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from shuxiang.interfaces.cli import common
from shuxiang.interfaces.cli.main import CommandError

EXAMPLE = "shuxiang report --year 2020 --out reports"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--year", type=int, required=True, help="the year, e.g. 2020")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--place", help="code of a place (default: the main library)")
    parser.add_argument(
        "--scope",
        choices=("main", "subtree"),
        help="main: that place alone; subtree: with everything below it "
        "(default: the place's setting report.scope)",
    )
    parser.add_argument(
        "--edition", type=int, metavar="N", help="the published edition N instead of a draft"
    )
    parser.add_argument(
        "--no-charts",
        action="store_true",
        help="leave the appendix of charts out of the Word document",
    )


def run(args: argparse.Namespace) -> int:
    # It gets ready while the figures are being read.
    with _Drawing() as drawing:
        return _run(args, drawing)


def _run(args: argparse.Namespace, drawing: _Drawing) -> int:
    common.setup()
    common.require_library()
    from shuxiang.apps.places import queries as places
    from shuxiang.documents.report import dump
    from shuxiang.kernel import clock
    from shuxiang.statistics import daily, figures, queries, report

    if not 1900 <= args.year <= 9998:
        raise CommandError(f"--year {args.year} is no year; write four digits, e.g. --year 2020")
    try:
        place = places.place_by_code(args.place) if args.place else places.main_library()
    except places.UnknownPlace:
        known = ", ".join(p.code for p in places.all_places())
        raise CommandError(f"there is no place {args.place!r}; known codes: {known}") from None
    scope = figures.SCOPES[args.scope] if args.scope else figures.default_scope(place.id)
    name = next(name for name, zh in figures.SCOPES.items() if zh == scope)
    _prepare(args.out)
    if args.edition is not None:
        wanted = next(
            (
                e
                for e in queries.editions(place.id)
                if (e.year, e.scope, e.number) == (args.year, name, args.edition)
            ),
            None,
        )
        if wanted is None:
            raise CommandError(
                f"{place.name} has no edition {args.edition} of {args.year} ({scope})"
            )
        model, numbers = wanted.report, wanted.figures
    else:
        daily.refresh()
        today = clock.business_date(clock.now())
        until = today if args.year == today.year else None
        try:
            draft = report.draft(args.year, place=place.id, scope=scope, until=until)
        except figures.NoData:
            years = ", ".join(str(y) for y in queries.years()) or "none"
            raise CommandError(
                f"{place.name} has no data of {args.year} ({scope}); years with data: {years}"
            ) from None
        before = queries.latest_edition(args.year, place.id, name)
        model = draft.report(edition=before.number + 1 if before else 1)
        numbers = figures.as_json(draft.figures)
    drawn = drawing.draw(dump(model))
    stem = f"annual-report-{args.year}"
    word = f"{stem}-text.docx" if args.no_charts else f"{stem}.docx"
    files = {
        f"{stem}.html": drawn / f"{stem}.html",
        f"{stem}.pdf": drawn / f"{stem}.pdf",
        f"{stem}.docx": drawn / word,
    }
    for file, path in files.items():
        _write(args.out / file, path.read_bytes())
        print(args.out / file)
    _write(args.out / "figures.json", numbers.encode())
    print(args.out / "figures.json")
    return 0


class _Drawing:
    """The process that draws (`shuxiang.documents.report`) and the scratch folder it draws into."""

    def __enter__(self) -> _Drawing:
        self.scratch = tempfile.TemporaryDirectory(prefix="shuxiang-report-")
        self.folder = Path(self.scratch.name) / "drawn"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shuxiang.documents.report", str(self.folder)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return self

    def draw(self, stored: bytes) -> Path:
        """The folder with every form of a stored report. Raises CommandError."""
        _, said = self.process.communicate(stored)
        if self.process.returncode:
            lines = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise CommandError(f"the report can't be typeset: {lines[-1]}")
        return self.folder

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.scratch.cleanup()


def _prepare(folder: Path) -> None:
    """Raises CommandError where nothing can be written, before any work is done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CommandError(
            f"{folder} can't be written to ({error.strerror}); choose another folder with --out"
        ) from None


def _write(path: Path, content: bytes) -> None:
    """All of the file or nothing of it: a full disk leaves an earlier report as it was."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CommandError(f"{path} can't be written: {error.strerror}") from None
