"""A suggested book has come: it is reserved for the readers who wished that, in the order they asked."""

from __future__ import annotations

import contextlib

from shuxiang.apps.acquisitions import queries as acquisitions
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.kernel.context import SYSTEM, Context
from shuxiang.kernel.decision import Refused
from shuxiang.runtime.worker import Batch

CONSUMER = "suggestions"


def handle(batch: Batch) -> None:
    """Place the holds of the batch's arrivals. A reader who can't reserve (card expired, has it
    reserved already) is told that it came all the same."""
    for _seq, event in batch.events:
        if event.type != "suggestion.arrived" or event.subject is None or event.title is None:
            continue
        for asker in acquisitions.askers(event.subject):
            reader = patrons.loan_reader(asker.patron)
            if not asker.hold or reader is None:
                continue
            ctx = Context(
                actor=SYSTEM, channel="worker", service_point=asker.pickup,
                occurred_at=event.occurred_at, request_key=f"{event.id}-{asker.patron[:24]}",
            )  # fmt: skip
            with contextlib.suppress(Refused):
                circulation.place_hold(
                    title=event.title, card=reader.number, card_library=reader.library,
                    pickup=asker.pickup, ctx=ctx,
                )  # fmt: skip
