"""What a device may do at its own place, by its kind."""

from __future__ import annotations

from collections.abc import Mapping

_JOURNALLED = frozenset(
    {
        "circulation.take_journal",
        # The book has left already: what the journal tells is recorded, with the reason lifted.
        "circulation.override.loan-limit",
        "circulation.override.overdue-loans",
        "circulation.override.card-lost",
        "circulation.override.fees-owed",
        "circulation.override.points-frozen",
        "circulation.override.points-frozen-for-good",
        "circulation.override.deposit-missing",
        "circulation.override.price-above-deposit",
        "circulation.override.item-on-hold-shelf",
    }
)
"""What a device needs to bring the journal of what it did without a network."""

TERMINAL_ACTIONS: Mapping[str, frozenset[str]] = {
    "sip2": frozenset(
        {
            "circulation.check_out",
            "circulation.check_in",
            "circulation.renew",
            "circulation.in_house_use",
            "circulation.hold",
            "circulation.cancel",
            "circulation.enter_paper",
            "fees.pay",
            "patrons.block_card",
            "patrons.register",
            "stock.set_properties",
        }
    ),
    "kiosk": frozenset(
        {
            "circulation.check_out",
            "circulation.check_in",
            "circulation.renew",
            "circulation.hold",
            "patrons.issue_card",
            "patrons.present_card",
            "fees.pay",
        }
    )
    | _JOURNALLED,
    "gate": frozenset({"visits.record", "visits.may_enter"}),
    "offline": frozenset(
        {
            "circulation.check_out",
            "circulation.check_in",
            "circulation.renew",
            "circulation.in_house_use",
            "circulation.hold",
        }
    )
    | _JOURNALLED,
    "screen": frozenset(),
    # What it does for a reader is done in the reader's own name.
    "client": frozenset({"patrons.open_for_client"}),
}
