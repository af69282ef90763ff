"""Calling somebody: why, in words for the reader and for whoever comes."""

from __future__ import annotations

import contextlib

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.places import commands
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk.machine import Machine
from shuxiang.runtime.errors import Busy, StorageFull

BAD_SCANS = 3
"""Scans in a row that led to nothing before somebody is called."""

WHY: dict[str, str | Promise] = {
    "asked": _("A reader asks for help"),
    "bad-scans": _("Three scans in a row went wrong"),
    "security": _("The security of a label could not be changed"),
    "card-fault": _("A card could not be made"),
    "cards-low": _("Blank cards are running out"),
    "cards-empty": _("No blank card is left"),
    "printer": _("The slip printer has no paper or does not answer"),
}


def make(machine: Machine, code: str) -> None:
    """Call somebody for one of `WHY`. The screen goes on whether or not it can be noted."""
    with contextlib.suppress(Busy, StorageFull):
        commands.call_staff(code=code, ctx=machines.acting(machine))
