"""The only writers of loans and loan rules."""

from shuxiang.apps.circulation.commands.check_in import CheckedIn, check_in
from shuxiang.apps.circulation.commands.check_out import CheckedOut, check_out
from shuxiang.apps.circulation.commands.forget import forget_history
from shuxiang.apps.circulation.commands.in_house import Used, use_in_house
from shuxiang.apps.circulation.commands.loan_rules import add_rule, end_rule
from shuxiang.apps.circulation.commands.renew import Renewed, renew, renew_own
from shuxiang.apps.circulation.commands.undo import Undone, undo

__all__ = [
    "CheckedIn",
    "CheckedOut",
    "Renewed",
    "Undone",
    "Used",
    "add_rule",
    "check_in",
    "check_out",
    "end_rule",
    "forget_history",
    "renew",
    "renew_own",
    "undo",
    "use_in_house",
]
