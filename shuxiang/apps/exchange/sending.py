"""What the worker does for partners: messages that waited are tried again, our cards are published."""

from __future__ import annotations

from shuxiang.apps.exchange import adapters, commands, queries
from shuxiang.apps.exchange.adapters import LinkDown, Told
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.context import SYSTEM, Context


def _ctx() -> Context:
    return Context(actor=SYSTEM, channel="worker", service_point="", occurred_at=clock.now())


def send_due() -> int:
    """Try every message that is due; returns how many were handed over. The partner is spoken to outside
    any transaction; what became of it is written afterwards."""
    done = 0
    for adapter, code, message in queries.messages_due(clock.now()):
        told = Told(message.key, message.kind, message.created_at, message.body)
        try:
            adapters.port(adapter, code).tell(told)
        except LinkDown as fault:
            error = str(fault.__cause__ or "") or type(fault).__name__
            commands.message_tried(message=message.id, error=error, ctx=_ctx())
        else:
            commands.message_tried(message=message.id, ctx=_ctx())
            done += 1
    return done


def publish_cards() -> int:
    """Let each partner that takes our cards know which are good today; returns how many partners could
    be reached. Numbers, states and last days only: no name leaves the house."""
    today = clock.business_date(clock.now())
    done = 0
    for agreed in queries.in_force(today):
        partner = queries.partner(agreed.partner)
        if not agreed.our_cards or partner is None or partner.adapter != "file":
            continue
        own = places.main_library().library
        try:
            adapters.port(partner.adapter, partner.code).publish(patrons.cards_good(own, today))
        except LinkDown:
            continue
        done += 1
    return done
