"""Reasons about bulk entry, barcode ranges and handing over in words."""

from __future__ import annotations

from django.utils.translation import gettext_noop as N  # noqa: N812 - as in wording

PROCESSING: dict[str, str] = {
    "barcode-range-unclear": N("These are not the two ends of one range of barcodes."),
    "barcode-range-long": N("A range has at most %(most)s barcodes."),
    "barcode-range-taken": N("The range overlaps %(first)s – %(last)s, which is reserved already."),
    "barcode-range-used-up": N("The range %(first)s – %(last)s is used up."),
    "range-unknown": N("There is no such range of barcodes."),
    "barcode-is-isbn": N("%(barcode)s is an ISBN, not a barcode of the library."),
    "batch-full": N("A batch has at most %(most)s books: begin another."),
    "project-unknown": N("There is no such project under way."),
    "target-number": N("The number of volumes is not possible."),
    "project-days": N("The project would end before it begins."),
    "handover-step": N("There is no such step."),
    "handover-under-way": N("Books of this batch are on their way already: take them over first."),
    "handover-empty": N("No book of this batch waits for that."),
    "handover-none": N("Nothing of this batch has been handed over."),
    "handover-foreign": N("%(barcode)s was not among the books handed over."),
    "handover-differs": N(
        "%(handed)s books were handed over, but %(counted)s counted and %(missing)s named as missing make another number."
    ),
}
