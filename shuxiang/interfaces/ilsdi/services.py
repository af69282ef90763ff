"""The services of ILS-DI with their parameters, and who may ask for each."""

from __future__ import annotations

from dataclasses import dataclass

ANYBODY, CLIENT, TRUSTED = "anybody", "client", "trusted client"


@dataclass(frozen=True, slots=True)
class Service:
    """``access``: anybody; a client with its password; a client trusted to act without a PIN."""

    about: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    access: str = CLIENT


_PICKUP = ("pickup_location", "needed_before_date", "pickup_expiry_date")

SERVICES: dict[str, Service] = {
    "Describe": Service("The parameters of a service", ("verb",), access=ANYBODY),
    "GetAvailability": Service(
        "Where the copies of titles stand and whether they are there",
        ("id", "id_type"),
        ("return_type", "return_fmt"),
        ANYBODY,
    ),
    "GetRecords": Service("Titles with their copies", ("id",), ("schema",), ANYBODY),
    "LookupPatron": Service("The id of a reader", ("id",), ("id_type",), TRUSTED),
    "AuthenticatePatron": Service("The id of a reader with a PIN", ("username", "password")),
    "GetPatronInfo": Service(
        "A reader with what is asked for",
        ("patron_id",),
        ("show_contact", "show_fines", "show_holds", "show_loans", "show_attributes"),
    ),
    "GetPatronStatus": Service("Whether a reader may borrow", ("patron_id",)),
    "GetServices": Service("What a reader can do with a copy", ("patron_id", "item_id")),
    "RenewLoan": Service("Renew a loan", ("patron_id", "item_id"), ("desired_due_date",)),
    "HoldTitle": Service("Reserve a title", ("patron_id", "bib_id", "request_location"), _PICKUP),
    "HoldItem": Service("Reserve a copy", ("patron_id", "bib_id", "item_id"), _PICKUP),
    "CancelHold": Service("Give a reservation up", ("patron_id", "item_id")),
}
"""Koha's others (authority records, harvesting) are OAI-PMH's here."""
