"""Draw a stored report in every form: ``python -m shuxiang.documents.report FOLDER < report.json``.

Charts and typesetting take a quarter of a gigabyte once loaded, which a process that serves pages
should not keep; this one gives it back. All of the folder appears at once or nothing of it. It may
be started before the report is known: it gets ready meanwhile.
"""

from __future__ import annotations

import sys
from pathlib import Path

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.report.drawing import Drawers


def main(folder: Path) -> int:
    """The exit status: 0, or 1 with one line on the error stream for a report that can't be drawn."""
    with Drawers() as drawers:
        try:
            drawers.draw(sys.stdin.buffer.read(), folder)
        except DocumentError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
