"""The only writers of loans and loan rules."""

from shuxiang.apps.circulation.commands.check_in import CheckedIn, check_in
from shuxiang.apps.circulation.commands.check_out import CheckedOut, check_out
from shuxiang.apps.circulation.commands.forget import forget_due, forget_history
from shuxiang.apps.circulation.commands.holds.changing import (
    change_own_pickup,
    change_pickup,
    move_hold,
    suspend_hold,
    suspend_own_hold,
)
from shuxiang.apps.circulation.commands.holds.ending import (
    HoldEnded,
    cancel_hold,
    cancel_own_hold,
    expire_hold,
)
from shuxiang.apps.circulation.commands.holds.keeping import (
    cancel_holds_of,
    expire_holds,
    item_gone,
    not_on_shelf,
)
from shuxiang.apps.circulation.commands.holds.placing import Placed, place_hold, place_own_hold
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
from shuxiang.apps.circulation.commands.pickups import (
    Booked,
    Delivered,
    arrive_own_pickup,
    arrive_pickup,
    book_own_pickup,
    book_pickup,
    cancel_own_pickup,
    cancel_pickup,
    close_slot,
    deliver_pickup,
    miss_pickup,
    miss_pickups,
    move_pickup,
    open_slots,
    stage_pickup,
)
from shuxiang.apps.circulation.commands.quarantine import end_quarantine, end_quarantines
from shuxiang.apps.circulation.commands.renew import Renewed, against_renewal, renew, renew_own
from shuxiang.apps.circulation.commands.undo import Undone, cancel, undo

__all__ = [
    "Booked",
    "CheckedIn",
    "CheckedOut",
    "Delivered",
    "Entered",
    "HoldEnded",
    "PaperLine",
    "Placed",
    "Received",
    "Renewed",
    "Undone",
    "Used",
    "add_rule",
    "against_renewal",
    "arrive_own_pickup",
    "arrive_pickup",
    "book_own_pickup",
    "book_pickup",
    "cancel",
    "cancel_hold",
    "cancel_holds_of",
    "cancel_own_hold",
    "cancel_own_pickup",
    "cancel_pickup",
    "cancel_rule",
    "cancel_settlement",
    "change_own_pickup",
    "change_pickup",
    "check_in",
    "check_out",
    "close_slot",
    "deliver_pickup",
    "end_quarantine",
    "end_quarantines",
    "end_rule",
    "enter_paper",
    "expire_hold",
    "expire_holds",
    "forget_due",
    "forget_history",
    "forget_paper",
    "found_again",
    "item_gone",
    "journal_key",
    "let_in_journal",
    "merge_pending",
    "miss_pickup",
    "miss_pickups",
    "move_hold",
    "move_pickup",
    "not_on_shelf",
    "open_slots",
    "place_hold",
    "place_own_hold",
    "receive_journal",
    "renew",
    "renew_own",
    "report_lost",
    "retry_paper",
    "settle_lost",
    "settle_paper",
    "stage_pickup",
    "suspend_hold",
    "suspend_own_hold",
    "undo",
    "use_in_house",
]
