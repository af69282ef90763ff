"""The only writers of what is bought and given."""

from shuxiang.apps.acquisitions.commands.donations import (
    add_gift,
    attach_gift,
    change_donation,
    enter_donation,
    number_certificate,
    undo_donation,
)
from shuxiang.apps.acquisitions.commands.invoices import enter_invoice, void_invoice
from shuxiang.apps.acquisitions.commands.money import (
    add_fund,
    change_budget,
    close_fund,
    free_aside,
    save_supplier,
    set_aside,
    spend_aside,
)
from shuxiang.apps.acquisitions.commands.orders import (
    NewLine,
    add_lines,
    cancel_copies,
    end_order,
    open_order,
    place_order,
    remove_line,
)
from shuxiang.apps.acquisitions.commands.receiving import Received, receive, take_back
from shuxiang.apps.acquisitions.commands.suggestions import (
    decide_suggestion,
    forget_asking,
    held,
    suggest,
    withdraw_suggestion,
)

__all__ = [
    "NewLine",
    "Received",
    "add_fund",
    "add_gift",
    "add_lines",
    "attach_gift",
    "cancel_copies",
    "change_budget",
    "change_donation",
    "close_fund",
    "decide_suggestion",
    "end_order",
    "enter_donation",
    "enter_invoice",
    "forget_asking",
    "free_aside",
    "held",
    "number_certificate",
    "open_order",
    "place_order",
    "receive",
    "remove_line",
    "save_supplier",
    "set_aside",
    "spend_aside",
    "suggest",
    "take_back",
    "undo_donation",
    "void_invoice",
    "withdraw_suggestion",
]
