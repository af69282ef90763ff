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
    "PROPOSE",
    "REVIEW",
    "Approved",
    "Closed",
    "Listed",
    "Taken",
    "add_scans",
    "approve_withdrawal",
    "begin_run",
    "close_inventory",
    "list_for_withdrawal",
    "open_inventory",
    "open_withdrawal",
    "propose_withdrawal",
    "refuse_withdrawal",
    "review_withdrawal",
    "undo_inventory",
    "unlist",
]
