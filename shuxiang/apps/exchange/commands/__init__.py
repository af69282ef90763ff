"""The only writers of what goes out and comes back between libraries and branches."""

from shuxiang.apps.exchange.commands.deliveries import (
    close_delivery,
    open_delivery,
    pack,
    receive,
    ship,
    unpack,
)
from shuxiang.apps.exchange.commands.distribution import deliver_order
from shuxiang.apps.exchange.commands.groups import close_batch, lend_in_batch, open_batch
from shuxiang.apps.exchange.commands.harvests import (
    Gathered,
    add_harvest,
    change_harvest,
    forget_unseen,
    harvest_begun,
    harvest_failed,
    keep_gathered,
    page_gathered,
)
from shuxiang.apps.exchange.commands.interloans import (
    ask_interloan,
    cancel_interloan,
    forget_asked,
    kept_for,
    receive_interloan,
    return_interloan,
)
from shuxiang.apps.exchange.commands.partners import (
    add_partner,
    agree,
    change_partner,
    end_agreement,
    message_tried,
    settle_message,
)
from shuxiang.apps.exchange.commands.returns import TakenBack, send_returns, take_return
from shuxiang.apps.exchange.commands.sharing import (
    Kept,
    add_target,
    change_target,
    forget_found,
    keep_found,
    kept,
    overlay_found,
    take_found,
)
from shuxiang.apps.exchange.commands.visitors import Accepted, accept_card

__all__ = [
    "Accepted",
    "Gathered",
    "Kept",
    "TakenBack",
    "accept_card",
    "add_harvest",
    "add_partner",
    "add_target",
    "agree",
    "ask_interloan",
    "cancel_interloan",
    "change_harvest",
    "change_partner",
    "change_target",
    "close_batch",
    "close_delivery",
    "deliver_order",
    "end_agreement",
    "forget_asked",
    "forget_found",
    "forget_unseen",
    "harvest_begun",
    "harvest_failed",
    "keep_found",
    "keep_gathered",
    "kept",
    "kept_for",
    "lend_in_batch",
    "message_tried",
    "open_batch",
    "open_delivery",
    "overlay_found",
    "pack",
    "page_gathered",
    "receive",
    "receive_interloan",
    "return_interloan",
    "send_returns",
    "settle_message",
    "ship",
    "take_found",
    "take_return",
    "unpack",
]
