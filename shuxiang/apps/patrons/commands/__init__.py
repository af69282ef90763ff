"""The only writers of readers, cards, documents, guardians and consents."""

from __future__ import annotations

from shuxiang.apps.patrons.commands.account import (
    change_patron,
    close_account,
    lift_suspension,
    suspend,
)
from shuxiang.apps.patrons.commands.cards import (
    Renewed,
    Replaced,
    cancel_lost,
    renew_card,
    replace_card,
    report_lost,
)
from shuxiang.apps.patrons.commands.categories import seed_categories, set_category
from shuxiang.apps.patrons.commands.papers import (
    add_document,
    change_guardian,
    give_consent,
    withdraw_consent,
)
from shuxiang.apps.patrons.commands.register import Registered, register
from shuxiang.apps.patrons.commands.unmask import unmask
from shuxiang.apps.patrons.identity import ConsentGiven, GuardianGiven, IdentityDocument

__all__ = [
    "ConsentGiven",
    "GuardianGiven",
    "IdentityDocument",
    "Registered",
    "Renewed",
    "Replaced",
    "add_document",
    "cancel_lost",
    "change_guardian",
    "change_patron",
    "close_account",
    "give_consent",
    "lift_suspension",
    "register",
    "renew_card",
    "replace_card",
    "report_lost",
    "seed_categories",
    "set_category",
    "suspend",
    "unmask",
    "withdraw_consent",
]
