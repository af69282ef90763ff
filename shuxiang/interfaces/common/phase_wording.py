"""Reason codes of operating phases in words; a part of `wording.WORDING`."""

from __future__ import annotations

from django.utils.translation import gettext_noop

N = gettext_noop

PHASES: dict[str, str] = {
    "item-quarantined": N("It came back and lies in quarantine until %(at)s."),
    "quarantine-held": N("A reader waits for it: it is set aside when its hours are over."),
    "goes-to-quarantine": N("Put it on the quarantine shelf until %(at)s."),
    "phase-unknown": N("There is no such operating phase."),
    "phase-kind-unknown": N("There is no kind of phase %(kind)s."),
    "phase-due-unknown": N("There is no way %(mode)s of moving due dates."),
    "phase-closed-endless": N("A closure needs a last day; further notice can extend it."),
    "phase-closed-unmoved": N(
        "A closure moves due dates: by the closed days, or to the reopening. Nobody becomes overdue "
        "because the library was shut."
    ),
    "phase-open-moved": N("Only a closure moves due dates by closed days or to the reopening."),
    "phase-number": N("Numbers are from 0 to %(most)s."),
    "phase-zero": N("Leave it empty for no limit; 0 would let nothing through."),
    "phase-slot-half": N(
        "A quota for each slot needs the length of a slot, and the other way round."
    ),
    "phase-lines": N("At most %(most)s lines of 60 characters."),
    "phase-not-draft": N("This phase is already applied."),
    "phase-not-applied": N("This phase is not in force."),
    "phase-at-work": N("Due dates are still being moved; wait a moment."),
    "phase-same-end": N("That is its last day already."),
    "phase-begun": N(
        "This phase has begun: let it end earlier instead, or say that it was a mistake and the "
        "library was open."
    ),
    "phase-crowded": N(
        "%(count)s loans find no free day within %(days)s days: let more fall due a day."
    ),
    "task-unknown": N("There is no such task."),
    "task-text-missing": N("Say what is to be done."),
}
