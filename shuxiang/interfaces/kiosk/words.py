"""Reasons in the words of somebody who stands before a machine: what it means for them, whom to ask."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext, gettext_noop

from shuxiang.interfaces.common.wording import say
from shuxiang.kernel.decision import Decision, Reason

N = gettext_noop

SAID = {
    "belongs-elsewhere": N("It belongs to another library of ours, which gets it from here."),
    "not-on-loan": N("It was not on loan; nothing is noted against anybody."),
    "hold-ready": N("Somebody waits for this book: please give it to the staff."),
    "hold-coming": N("Somebody waits for this book: please give it to the staff."),
    "transit-arrived": "",
    "goes-to-quarantine": "",
    "quarantine-held": "",
    "was-missing": "",
    "moved-here": "",
    "item-found-again": N("This book is noted as missing: please hand it to the staff."),
    "item-in-processing": N("This book is not ready for lending yet: please hand it to the staff."),
    "item-damaged": N("This book is noted as damaged: please hand it to the staff."),
    "item-blocked": N("This book is not for lending now: please hand it to the staff."),
    "item-withdrawn": N("This book no longer belongs to the library: please hand it to the staff."),
    "item-ambiguous": N("Two libraries have a book with this number: please go to the desk."),
    "card-ambiguous": N("Two libraries have a card with this number: please go to the desk."),
    "scan-is-card": N("This is a reader card, not a book."),
    "scan-is-item": N("This is a book, not a reader card."),
    "document-held": N(
        "A card was made for this document already: %(card)s. Lost it? The desk gives you another."
    ),
    "card-expired": N("The card has expired. The desk renews it at once."),
    "barcode-foreign": N("This is not a barcode of this library."),
    "item-unknown": N("The library does not know this barcode."),
    "not-permitted": N("This machine is not set up for it: please go to the desk."),
}
"""Where a reader is told otherwise than a clerk; '' is not told at all."""


def plain() -> dict[str, str]:
    """Those of `SAID` that need no facts, for a page that finds reasons by itself."""
    return {code: gettext(text) for code, text in SAID.items() if text and "%" not in text}


def told(reasons: Iterable[Reason]) -> str:
    """What comes with something that went well."""
    return " ".join(x for x in map(_say, reasons) if x)


def refused(decision: Decision) -> str:
    """Why it did not go."""
    return " ".join(x for x in map(_say, decision.refusing) if x)


def _say(reason: Reason) -> str:
    if reason.data.get("overridden"):
        return ""
    text = SAID.get(reason.code)
    if text is None:
        return say(reason)
    return gettext(text) % reason.data if text else ""
