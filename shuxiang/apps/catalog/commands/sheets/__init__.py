"""What importing a list from a spreadsheet has in common, whatever the list is of.

A list is looked at, mapped, then read in chunks of rows; each chunk is one command that writes its
rows, its ledger rows and how far the batch has come in one transaction, so a killed import goes on
where it was, and the same file a second time changes nothing.
"""

from __future__ import annotations

from shuxiang.apps.catalog.commands.sheets.batch import (
    PERMISSIONS,
    Begun,
    begin_sheet,
    discard_sheet,
    fail_sheet,
    finish_sheet,
    map_sheet,
    queue_sheet,
    start_sheet,
)
from shuxiang.apps.catalog.commands.sheets.flow import (
    MakeReader,
    Preview,
    PreviewedRow,
    Progress,
    Reader,
    SheetOptions,
    look,
    preview,
    run,
    steps,
)
from shuxiang.apps.catalog.commands.sheets.rows import (
    Chunk,
    Made,
    Tally,
    cells_of,
    close_chunk,
    opened,
    said,
    sealed,
    set_aside,
    unsaid,
    where,
)
from shuxiang.apps.catalog.commands.sheets.texts import (
    Places,
    folded,
    short_length,
)

__all__ = [
    "PERMISSIONS",
    "Begun",
    "Chunk",
    "Made",
    "MakeReader",
    "Places",
    "Preview",
    "PreviewedRow",
    "Progress",
    "Reader",
    "SheetOptions",
    "Tally",
    "begin_sheet",
    "cells_of",
    "close_chunk",
    "discard_sheet",
    "fail_sheet",
    "finish_sheet",
    "folded",
    "look",
    "map_sheet",
    "opened",
    "preview",
    "queue_sheet",
    "run",
    "said",
    "sealed",
    "set_aside",
    "short_length",
    "start_sheet",
    "steps",
    "unsaid",
    "where",
]
