"""The places of the demo library by their codes, and the dates that its year 2020 turned on."""

from __future__ import annotations

from datetime import date

MAIN = "main"
BRANCHES = ("xinghua", "zhenxi", "liaowan", "wangzhi")
POINTS = ("tongyin", "station")
SITES = (MAIN, *BRANCHES, *POINTS)

OPENED = date(2009, 5, 4)
CLOSED_FROM = date(2020, 1, 24)
REOPENED = {MAIN: date(2020, 3, 24)} | dict.fromkeys((*BRANCHES, *POINTS), date(2020, 4, 7))
LIMITED_UNTIL = date(2020, 5, 10)
MORE_FROM = date(2020, 6, 1)
"""From this day on more volumes may be borrowed, for longer."""
