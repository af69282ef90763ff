"""The only writers of stock control."""

from shuxiang.apps.stockcontrol.commands.inventory import (
    MOST_AT_ONCE,
    Closed,
    Taken,
    add_scans,
    begin_run,
    close_inventory,
    open_inventory,
    undo_inventory,
)
from shuxiang.apps.stockcontrol.commands.rebalancing import MOST as MOST_MOVES
from shuxiang.apps.stockcontrol.commands.rebalancing import Moved, apply_rebalancing
from shuxiang.apps.stockcontrol.commands.rotation import (
    Rotated,
    end_rotation,
    open_rotation,
    rotate,
)
from shuxiang.apps.stockcontrol.commands.withdrawal import (
    APPROVE,
    PROPOSE,
    REVIEW,
    Approved,
    Listed,
    approve_withdrawal,
    list_for_withdrawal,
    open_withdrawal,
    propose_withdrawal,
    refuse_withdrawal,
    review_withdrawal,
    unlist,
)

INVENTORY = "stock.inventory"

__all__ = [
    "APPROVE",
    "INVENTORY",
    "MOST_AT_ONCE",
    "MOST_MOVES",
    "PROPOSE",
    "REVIEW",
    "Approved",
    "Closed",
    "Listed",
    "Moved",
    "Rotated",
    "Taken",
    "add_scans",
    "apply_rebalancing",
    "approve_withdrawal",
    "begin_run",
    "close_inventory",
    "end_rotation",
    "list_for_withdrawal",
    "open_inventory",
    "open_rotation",
    "open_withdrawal",
    "propose_withdrawal",
    "refuse_withdrawal",
    "review_withdrawal",
    "rotate",
    "undo_inventory",
    "unlist",
]
