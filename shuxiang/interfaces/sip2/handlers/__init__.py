"""Which message is answered by what. A handler that reads runs beside the writer; one that acts runs
inside its transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shuxiang.interfaces.sip2.handlers import items, lending, patron
from shuxiang.interfaces.sip2.handlers.asked import Asked

Handler = Callable[[Asked], str]

READS: Mapping[str, Handler] = {
    "17": items.item_information,
    "23": patron.patron_status,
    "35": patron.end_session,
    "63": patron.patron_information,
}
ACTS: Mapping[str, Handler] = {
    "09": lending.check_in,
    "11": lending.check_out,
    "29": lending.renew,
    "65": lending.renew_all,
}
"""Those whose frame never acts twice (F7)."""
