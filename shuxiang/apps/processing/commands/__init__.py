"""The only writers of batches, barcode ranges and projects."""

from shuxiang.apps.processing.commands.batches import Entered, Entry, enter_book, open_batch
from shuxiang.apps.processing.commands.handing import hand_over, receive
from shuxiang.apps.processing.commands.numbering import AT_ONCE, LEAVE, Numbered, number_books
from shuxiang.apps.processing.commands.plans import add_project, end_project, reserve_range

__all__ = [
    "AT_ONCE",
    "LEAVE",
    "Entered",
    "Entry",
    "Numbered",
    "add_project",
    "end_project",
    "enter_book",
    "hand_over",
    "number_books",
    "open_batch",
    "receive",
    "reserve_range",
]
