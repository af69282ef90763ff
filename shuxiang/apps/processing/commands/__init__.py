"""The only writers of batches, barcode ranges and projects."""

from shuxiang.apps.processing.commands.batches import Entered, Entry, enter_book, open_batch
from shuxiang.apps.processing.commands.handing import hand_over, receive
from shuxiang.apps.processing.commands.plans import add_project, end_project, reserve_range

__all__ = [
    "Entered",
    "Entry",
    "add_project",
    "end_project",
    "enter_book",
    "hand_over",
    "open_batch",
    "receive",
    "reserve_range",
]
