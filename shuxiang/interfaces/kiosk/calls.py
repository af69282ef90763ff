"""Calling somebody to the machine."""

from __future__ import annotations

import contextlib

from shuxiang.apps.places import commands
from shuxiang.interfaces.kiosk import machine as machines
from shuxiang.interfaces.kiosk.machine import Machine
from shuxiang.runtime.errors import Busy, StorageFull

BAD_SCANS = 3
"""Scans in a row that led to nothing before somebody is called."""


def make(machine: Machine, code: str) -> None:
    """Call somebody for a reason of `common.machine_words.WHY`. The screen goes on whether or not it can be noted."""
    with contextlib.suppress(Busy, StorageFull):
        commands.call_staff(code=code, ctx=machines.acting(machine))
