"""What can be done about passes. Doors call these."""

from shuxiang.apps.visits.commands.correcting import (
    Corrected,
    correct_count,
    mark_posted,
    settle_conflict,
)
from shuxiang.apps.visits.commands.counting import (
    ByHand,
    GatePass,
    Recorded,
    count_by_hand,
    record_passes,
    record_upload,
)
from shuxiang.apps.visits.commands.entering import Admitted, may_enter
from shuxiang.apps.visits.commands.nightly import close_days, forget_passes, note_silences

__all__ = [
    "Admitted",
    "ByHand",
    "Corrected",
    "GatePass",
    "Recorded",
    "close_days",
    "correct_count",
    "count_by_hand",
    "forget_passes",
    "mark_posted",
    "may_enter",
    "note_silences",
    "record_passes",
    "record_upload",
    "settle_conflict",
]
