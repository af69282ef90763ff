"""Reason codes of what was written down while the system was away, on paper or by offline desks, in
words; a part of `wording.WORDING`."""

from __future__ import annotations

from django.utils.translation import gettext_noop

N = gettext_noop

WRITTEN_ELSEWHERE: dict[str, str] = {
    "paper-card-missing": N("A loan needs the reader card."),
    "paper-to-come": N("%(at)s is still to come."),
    "paper-too-old": N("%(at)s is more than %(days)s days ago."),
    "paper-not-on-loan": N("It was not on loan then, and has not come back that day."),
    "paper-lent-later": N(
        "It is on loan since %(since)s, after this line: that loan is not touched."
    ),
    "paper-later-act": N("After this line, at %(at)s: %(event)s (%(place)s)."),
    "paper-entered-already": N("This line has already been entered."),
    "paper-settled": N("This line is settled already."),
    "paper-unknown": N("There is no such line."),
    "journal-altered": N("This line was altered after it was written down: don't trust it."),
    "journal-counter-reused": N(
        "The device has already sent another line %(number)s: it may be an old copy of the device."
    ),
    "journal-place-closed": N("The place was closed for good after %(last)s."),
    "journal-returned-before": N(
        "It was handed in here before %(at)s, when it was recorded as returned overdue (due %(due)s)."
    ),
    "journal-clock": N("The device's clock was set wrong (it said %(at)s): the time is a guess."),
}
