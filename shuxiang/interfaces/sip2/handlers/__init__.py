"""Which message is answered by what. A handler that reads runs beside the writer; one that acts runs
inside its transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shuxiang.interfaces.sip2.handlers import holds, items, lending, money, patron, registering
from shuxiang.interfaces.sip2.handlers.asked import Asked
from shuxiang.interfaces.sip2.profile import Profile

Handler = Callable[[Asked], str]

READS: Mapping[str, Handler] = {
    "17": items.item_information,
    "23": patron.patron_status,
    "35": patron.end_session,
    "63": patron.patron_information,
    "85": patron.particulars,
    "91": registering.find_double,
}
ACTS: Mapping[str, Handler] = {
    "01": patron.block,
    "09": lending.check_in,
    "11": lending.check_out,
    "15": holds.hold,
    "19": items.item_status_update,
    "25": patron.enable,
    "29": lending.renew,
    "37": money.fee_paid,
    "65": lending.renew_all,
    "81": registering.register,
}
"""Those that act. The same frame never acts twice (F7), except those of `ANEW`."""
ANEW = frozenset({"19", "25"})
"""Doing it again does no harm, and its answer tells how the card stands now."""
ASKED_FOR: Mapping[str, Callable[[Profile], bool]] = {
    "81": lambda profile: profile.registers,
    "85": lambda profile: profile.particulars and profile.patron_data == "full",
    "91": lambda profile: profile.registers,
}
"""Messages outside of the standard, and of which accounts they are understood."""
