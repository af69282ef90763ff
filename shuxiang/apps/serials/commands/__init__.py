"""The only writers of periodicals and newspapers."""

from shuxiang.apps.serials.commands.binding import bind, unbind
from shuxiang.apps.serials.commands.claims import answer_claim, claim
from shuxiang.apps.serials.commands.coming import Arrived, arrive, take_back
from shuxiang.apps.serials.commands.subscribing import (
    add_supplement,
    combine,
    end_subscription,
    pay,
    skip,
    subscribe,
)

__all__ = [
    "Arrived",
    "add_supplement",
    "answer_claim",
    "arrive",
    "bind",
    "claim",
    "combine",
    "end_subscription",
    "pay",
    "skip",
    "subscribe",
    "take_back",
    "unbind",
]
