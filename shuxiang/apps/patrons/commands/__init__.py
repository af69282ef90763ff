"""The only writers of readers, cards, documents, guardians and consents."""

from __future__ import annotations

from shuxiang.apps.patrons.commands.account import (
    change_patron,
    close_account,
    confirm_verified,
    hand_over_deposit,
    lift_suspension,
    suspend,
)
from shuxiang.apps.patrons.commands.cards import (
    Renewed,
    Replaced,
    block_card,
    cancel_lost,
    enable_card,
    renew_card,
    replace_card,
    report_lost,
)
from shuxiang.apps.patrons.commands.categories import seed_categories, set_category
from shuxiang.apps.patrons.commands.credentials import bind_document, show_history, unbind
from shuxiang.apps.patrons.commands.issuing import (
    Reserved,
    activate_card,
    card_dispensed,
    draw_issue_pin,
    end_issue,
    end_stale_issues,
    reserve_card,
)
from shuxiang.apps.patrons.commands.papers import (
    add_document,
    change_guardian,
    give_consent,
    withdraw_consent,
)
from shuxiang.apps.patrons.commands.phones import Phone, view_phones
from shuxiang.apps.patrons.commands.pins import change_pin, draw_pin, set_pin
from shuxiang.apps.patrons.commands.proxies import (
    act_for,
    end_own_proxy,
    end_proxy,
    give_own_proxy,
    give_proxy,
)
from shuxiang.apps.patrons.commands.register import Given, Registered, register
from shuxiang.apps.patrons.commands.signing_in import (
    OF_A_TOKEN,
    SignedIn,
    forget_sign_ins,
    keep_session,
    open_for_client,
    present_card,
    sign_in,
    sign_out,
)
from shuxiang.apps.patrons.commands.unmask import unmask
from shuxiang.apps.patrons.identity import ConsentGiven, GuardianGiven, IdentityDocument

__all__ = [
    "OF_A_TOKEN",
    "ConsentGiven",
    "Given",
    "GuardianGiven",
    "IdentityDocument",
    "Phone",
    "Registered",
    "Renewed",
    "Replaced",
    "Reserved",
    "SignedIn",
    "act_for",
    "activate_card",
    "add_document",
    "bind_document",
    "block_card",
    "cancel_lost",
    "card_dispensed",
    "change_guardian",
    "change_patron",
    "change_pin",
    "close_account",
    "confirm_verified",
    "draw_issue_pin",
    "draw_pin",
    "enable_card",
    "end_issue",
    "end_own_proxy",
    "end_proxy",
    "end_stale_issues",
    "forget_sign_ins",
    "give_consent",
    "give_own_proxy",
    "give_proxy",
    "hand_over_deposit",
    "keep_session",
    "lift_suspension",
    "open_for_client",
    "present_card",
    "register",
    "renew_card",
    "replace_card",
    "report_lost",
    "reserve_card",
    "seed_categories",
    "set_category",
    "set_pin",
    "show_history",
    "sign_in",
    "sign_out",
    "suspend",
    "unbind",
    "unmask",
    "view_phones",
    "withdraw_consent",
]
