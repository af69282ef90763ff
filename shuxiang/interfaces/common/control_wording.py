"""Reasons of stock control in words: inventories, withdrawal by proposal, rotating sets, rebalancing."""

from __future__ import annotations

from django.utils.translation import gettext_noop as N  # noqa: N812 - as in wording

CONTROL: dict[str, str] = {
    "inventory-unknown": N("There is no such inventory."),
    "inventory-closed": N("This inventory is closed."),
    "inventory-not-closed": N("This inventory is not closed."),
    "inventory-empty": N("Nothing was scanned yet."),
    "inventory-range": N("The last call number stands before the first."),
    "inventory-open-already": N("These shelves are being counted already."),
    "inventory-source": N("Where the scans come from is not known."),
    "inventory-much-missing": N(
        "%(missing)s of %(expected)s were not scanned: were all lots taken in? If so, say why so much is missing."
    ),
    "withdrawal-unknown": N("There is no such proposal."),
    "withdrawal-state": N("The proposal is no longer at that step: look at it again."),
    "withdrawal-empty": N("No book is on the list."),
    "withdrawal-same-person": N(
        "Proposing, reviewing and approving are done by three different persons."
    ),
    "withdrawal-needs-list": N(
        "Books leave by a list that others review and approve: put it on one under Withdrawal."
    ),
    "withdrawal-cause": N("Say why the books are to go."),
    "withdrawal-several": N("Several libraries have %(barcode)s: write barcode@library code."),
    "withdrawal-elsewhere": N("It belongs to another library."),
    "withdrawal-on-loan": N("It is on loan."),
    "withdrawal-under-way": N("It is on its way."),
    "withdrawal-held": N("A reader waits for this copy."),
    "withdrawal-changed": N("It was changed by somebody else meanwhile."),
    "withdrawal-nothing": N("No book of the list can leave the stock now."),
    "rotation-unknown": N("There is no such set."),
    "rotation-ended": N("The set has ended."),
    "rotation-stops": N("A set moves between two or more different sites."),
    "rotation-weeks": N("A set stays one to %(most)s weeks."),
    "rotation-day": N("That day is past."),
    "rotation-taken": N("%(count)s of the books are in another set."),
    "rotation-nothing": N("No book of the set stands where it should leave from."),
}
