"""99/98: is the library there, and what does it understand."""

from __future__ import annotations

from datetime import datetime

from shuxiang.apps.places import queries as places
from shuxiang.formats.sip2 import REQUESTS, stamp, write
from shuxiang.interfaces.sip2.profile import Profile

UNDERSTOOD = (
    "23",
    "11",
    "09",
    "01",
    "99",
    "97",
    "93",
    "63",
    "35",
    "37",
    "17",
    "19",
    "25",
    "15",
    "29",
    "65",
)
"""In the order of field BX."""


def status(profile: Profile | None, at: datetime) -> str:
    """98. Before the login it says that the library is there, and nothing of it."""
    allowed = profile.messages if profile and profile.messages else frozenset(REQUESTS)
    fixed = {
        "online": "Y",
        "checkin_ok": "Y" if "09" in allowed else "N",
        "checkout_ok": "Y" if "11" in allowed else "N",
        "renewal_policy": "Y" if "29" in allowed else "N",
        "status_update_ok": "Y" if "19" in allowed else "N",
        "offline_ok": "Y",
        "timeout": "600",
        "retries": "003",
        "date": stamp(at),
        "version": "2.00",
    }
    always = {"99", "97", "93"}
    understood = "".join("Y" if code in allowed | always else "N" for code in UNDERSTOOD)
    fields: list[tuple[str, str | None]] = [
        ("AO", profile.institution if profile else ""),
        ("AM", _library(profile) if profile else None),
        ("BX", understood),
        ("AN", places.place(profile.place).name if profile else None),
    ]
    return write("98", fixed, fields)


def _library(profile: Profile) -> str:
    return places.place(profile.library).name
