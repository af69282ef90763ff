"""The only writers of loans and loan rules."""

from shuxiang.apps.circulation.commands.check_in import CheckedIn, check_in
from shuxiang.apps.circulation.commands.check_out import CheckedOut, check_out
from shuxiang.apps.circulation.commands.forget import forget_due, forget_history
from shuxiang.apps.circulation.commands.in_house import Used, use_in_house
from shuxiang.apps.circulation.commands.journal import (
    Received,
    journal_key,
    let_in_journal,
    receive_journal,
)
from shuxiang.apps.circulation.commands.late import PaperLine
from shuxiang.apps.circulation.commands.loan_rules import add_rule, cancel_rule, end_rule
from shuxiang.apps.circulation.commands.lost import (
    cancel_settlement,
    found_again,
    report_lost,
    settle_lost,
)
from shuxiang.apps.circulation.commands.merging import merge_pending
from shuxiang.apps.circulation.commands.paper import (
    Entered,
    enter_paper,
    forget_paper,
    retry_paper,
    settle_paper,
)
from shuxiang.apps.circulation.commands.renew import Renewed, renew, renew_own
from shuxiang.apps.circulation.commands.undo import Undone, undo

__all__ = [
    "CheckedIn",
    "CheckedOut",
    "Entered",
    "PaperLine",
    "Received",
    "Renewed",
    "Undone",
    "Used",
    "add_rule",
    "cancel_rule",
    "cancel_settlement",
    "check_in",
    "check_out",
    "end_rule",
    "enter_paper",
    "forget_due",
    "forget_history",
    "forget_paper",
    "found_again",
    "journal_key",
    "let_in_journal",
    "merge_pending",
    "receive_journal",
    "renew",
    "renew_own",
    "report_lost",
    "retry_paper",
    "settle_lost",
    "settle_paper",
    "undo",
    "use_in_house",
]
