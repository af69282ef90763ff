"""The only writers of money and points."""

from shuxiang.apps.fees.commands.amnesties import (
    amnesty_chunk,
    apply_amnesty,
    begin_amnesty,
    begin_undo_amnesty,
    go_on,
    undo_amnesty,
)
from shuxiang.apps.fees.commands.calendar import exempt, note_closed
from shuxiang.apps.fees.commands.charging import Charged, charge, void
from shuxiang.apps.fees.commands.deposits import (
    end_credit,
    forfeit_deposit,
    give_credit,
    refund_deposit,
    take_deposit,
    take_over_deposit,
    take_over_deposits,
)
from shuxiang.apps.fees.commands.drawers import move_cash
from shuxiang.apps.fees.commands.fee_rules import add_rule, cancel_rule, end_rule
from shuxiang.apps.fees.commands.forget import forget_settled
from shuxiang.apps.fees.commands.paying import Paid, PaidLine, pay, refund, reverse_payment
from shuxiang.apps.fees.commands.points import restore_points
from shuxiang.apps.fees.commands.replacing import card_replaced, give_back_for, take_for, untake_for
from shuxiang.apps.fees.commands.returning import returned, unreturned
from shuxiang.apps.fees.commands.waiving import waive

__all__ = [
    "Charged",
    "Paid",
    "PaidLine",
    "add_rule",
    "amnesty_chunk",
    "apply_amnesty",
    "begin_amnesty",
    "begin_undo_amnesty",
    "cancel_rule",
    "card_replaced",
    "charge",
    "end_credit",
    "end_rule",
    "exempt",
    "forfeit_deposit",
    "forget_settled",
    "give_back_for",
    "give_credit",
    "go_on",
    "move_cash",
    "note_closed",
    "pay",
    "refund",
    "refund_deposit",
    "restore_points",
    "returned",
    "reverse_payment",
    "take_deposit",
    "take_for",
    "take_over_deposit",
    "take_over_deposits",
    "undo_amnesty",
    "unreturned",
    "untake_for",
    "void",
    "waive",
]
