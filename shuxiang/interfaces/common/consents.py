"""The texts a reader agrees to at the desk and at the machine, and the version that is kept with each consent.

A changed text gets a new version; what was agreed to before stays on record under the old one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VERSION = "2026-1"


@dataclass(frozen=True, slots=True)
class Text:
    """What one purpose asks agreement to: the line beside the box, and the text behind it."""

    purpose: str
    line: str | Promise
    text: str | Promise


TEXTS = (
    Text(
        "reader-data",
        _("The reader has read and agrees to the reader rules and the notice on personal data."),
        _(
            "The library uses name, identity document, birth date and phone to issue the card, to "
            "lend and to remind of due dates, and for nothing else. Numbers are stored encrypted. "
            "Who borrowed what is deleted after the period the library has announced; counts stay "
            "without names. The reader may see, correct and delete the data and take this consent "
            "back at any desk."
        ),
    ),
    Text(
        "child-data",
        _("Under 14: the guardian separately agrees to the use of the child's personal data."),
        _(
            "The guardian has been told which of the child's data the library keeps, what for, how "
            "long and how they are protected, and may see, correct and delete them or take this "
            "consent back at any desk. Without it no card can be issued to a child under 14."
        ),
    ),
)
