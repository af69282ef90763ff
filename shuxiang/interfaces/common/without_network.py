"""What a device may do while it has no network, and the words of the reasons it finds by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from shuxiang.apps.places.queries import Device
from shuxiang.interfaces.common.wording import WORDING

DESK_ACTS = ("check_out", "check_in", "renew", "in_house", "undo")
MACHINE_ACTS = {"lend": ("check_out", "check_in"), "return": ("check_in",), "none": ()}
"""What a self-service machine is set to → what it goes on with."""

REASONS = (
    "item-on-loan",
    "item-withdrawn",
    "item-found-again",
    "item-in-processing",
    "item-damaged",
    "item-blocked",
    "item-not-lendable",
    "rule-not-lendable",
    "no-rule",
    "loan-limit",
    "overdue-loans",
    "fees-owed",
    "age-marked",
    "card-lost",
    "card-replaced",
    "card-closed",
    "card-expired",
    "patron-suspended",
    "barcode-foreign",
    "in-house-on-loan",
)
"""Reasons a page can find by itself; its words for them are those of the other doors."""


def machine_choice(settings: Mapping[str, Any]) -> str:
    """What a self-service machine with these settings goes on with: lend, return or none. One that asks
    for PINs only takes books back unless it is set to lend: a PIN can't be checked without the library."""
    chosen = settings.get("offline")
    if isinstance(chosen, str) and chosen in MACHINE_ACTS:
        return chosen
    return "lend" if settings.get("pin") == "never" else "return"


def acts_of(device: Device) -> tuple[str, ...]:
    """The acts that a device may write down; () for one that may none."""
    if device.kind == "offline":
        return DESK_ACTS
    if device.kind != "kiosk":
        return ()
    given = device.settings.get("functions")
    offered = given if isinstance(given, list) and given else ["borrow", "return"]
    functions = {"check_out": "borrow", "check_in": "return"}
    wanted = MACHINE_ACTS[machine_choice(device.settings)]
    return tuple(act for act in wanted if functions[act] in offered)


def reason_words() -> dict[str, str]:
    """Code → words with the places of its facts."""
    return {code: _(WORDING[code]) for code in REASONS}
