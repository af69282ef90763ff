"""MARC under a cataloguer's hands: lines to type in, help tables, coded positions, every fault."""

from shuxiang.formats.marc.editing.check import Fault, faults
from shuxiang.formats.marc.editing.lines import (
    LEADER,
    MARK,
    Line,
    from_lines,
    line_of,
    to_lines,
)
from shuxiang.formats.marc.editing.tables import (
    FieldHelp,
    Position,
    coded_length,
    field_help,
    positions,
)

__all__ = [
    "LEADER",
    "MARK",
    "Fault",
    "FieldHelp",
    "Line",
    "Position",
    "coded_length",
    "faults",
    "field_help",
    "from_lines",
    "line_of",
    "positions",
    "to_lines",
]
