"""Asking a partner, outside any transaction."""

from __future__ import annotations

from shuxiang.apps.exchange import adapters
from shuxiang.apps.exchange.queries.partners import PartnerView
from shuxiang.kernel import clock


def verify(partner: PartnerView, number: str) -> adapters.CardAnswer | None:
    """What the partner says of a card now; None where it can't be asked: the clerk's eyes, then."""
    if not partner.active:
        return None
    try:
        return adapters.port(partner.adapter, partner.code).verify(number, clock.now())
    except adapters.LinkDown:
        return None
