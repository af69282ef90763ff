"""Write a year's annual report: web page, PDF, Word document and figures.json.

The counts are brought up to the ledger first. Where an edition has been published, --edition writes
it as it was; otherwise the report is a draft of the counts as they are now.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

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


def run(args: argparse.Namespace) -> int:
    common.setup()
    common.require_library()
    from shuxiang.apps.places import queries as places
    from shuxiang.documents.errors import DocumentError
    from shuxiang.documents.report import report_docx, report_html, report_pdf
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
    try:
        files = {
            f"annual-report-{args.year}.html": report_html(model).encode(),
            f"annual-report-{args.year}.pdf": report_pdf(model),
            f"annual-report-{args.year}.docx": report_docx(model),
            "figures.json": numbers.encode(),
        }
    except DocumentError as error:
        raise CommandError(f"the report can't be typeset: {error}") from None
    for file, content in files.items():
        _write(args.out / file, content)
        print(args.out / file)
    return 0


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
