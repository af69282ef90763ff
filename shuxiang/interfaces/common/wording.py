"""Reason codes in words. A code without words fails the house tests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from shuxiang.apps.places import queries as places
from shuxiang.interfaces.common.words import local_date, local_time
from shuxiang.kernel.decision import Decision, Reason

N = gettext_noop

WORDING: dict[str, str] = {
    # everywhere
    "not-permitted": N("Your role does not allow this here."),
    "name-missing": N("The name is missing."),
    "reason-missing": N("A reason must be written."),
    "nothing-to-undo": N("There is nothing left to undo."),
    "undo-too-late": N("Only the last %(seconds)s seconds can be undone."),
    "override-without-why": N("Write why before lifting this."),
    "override-impossible": N("This can't be lifted by anybody."),
    "override-not-permitted": N("Your role can't lift this; ask the person in charge."),
    # scans
    "scan-empty": N("Nothing was scanned."),
    "mode-unknown": N("The desk has no mode %(mode)s."),
    "reader-not-found": N("No card, book, phone number or name matches %(text)s."),
    "readers-too-many": N(
        "More than %(most)s readers match %(text)s: add the year of birth, or scan the card."
    ),
    "document-unknown": N("Nobody has an account with the document %(number)s."),
    "scan-is-card": N("This is a reader card, not a book: %(barcode)s"),
    "scan-is-item": N("This is a book, not a reader card: %(number)s"),
    "item-unknown": N("No book has the barcode %(barcode)s."),
    "barcode-foreign": N("%(barcode)s is not a barcode of this library."),
    "item-ambiguous": N("Books of several libraries carry %(barcode)s: choose one."),
    "card-unknown": N("No reader card has the number %(number)s."),
    "card-ambiguous": N("Several libraries issued the card %(number)s: choose one."),
    # check-out
    "item-on-loan": N("Already on loan, due %(due)s."),
    "item-withdrawn": N("This book has been withdrawn."),
    "item-found-again": N("This book was recorded as lost or missing. It is here again?"),
    "item-in-processing": N("This book is still being processed."),
    "item-damaged": N("This book is marked as damaged."),
    "item-blocked": N("This book is blocked."),
    "item-not-lendable": N("This kind of material is for use in the library only."),
    "rule-not-lendable": N("The rules in force do not lend this kind to this reader."),
    "no-rule": N("No loan rule covers this reader and this material here."),
    "loan-limit": N("%(open)s books are out; the limit is %(limit)s."),
    "overdue-loans": N("%(count)s books are overdue and must come back first."),
    # check-in
    "was-overdue": N("It was %(days)s days overdue."),
    "belongs-elsewhere": N("It belongs to %(owner)s: put it aside to be sent back."),
    "moved-here": N("It was recorded at %(holder)s and is now here."),
    "not-on-loan": N("It was not on loan."),
    "already-returned": N("It was already returned here at %(at)s."),
    "was-missing": N("It had been recorded as lost or missing and is available again."),
    # renewal
    "loan-not-open": N("This loan is no longer open."),
    "renewal-overdue": N("It is %(days)s days overdue and can't be renewed."),
    "renewal-limit": N("It has been renewed %(done)s times; the limit is %(limit)s."),
    "renewal-too-early": N("It can be renewed from %(from)s on."),
    "renewal-adds-nothing": N("Renewing would not move the due date %(due)s."),
    # in-house use
    "in-house-on-loan": N("It is on loan: take it back first."),
    "just-used": N("It was counted less than %(minutes)s minutes ago."),
    # accounts closed, imports undone
    "loans-open": N("%(count)s books are still out."),
    # catalogue and stock
    "title-missing": N("The title is missing."),
    "title-unknown": N("That title does not exist."),
    "title-has-items": N("It still has items."),
    "record-unreadable": N("This is not a MARC record that can be read (%(code)s)."),
    "record-unwritable": N("The record can't be written as MARC (%(code)s)."),
    "barcode-missing": N("The barcode is missing."),
    "barcode-too-long": N("A barcode has at most %(limit)s characters."),
    "barcode-taken": N("The library already has the barcode %(barcode)s."),
    "location-unknown": N("There is no location %(location)s at that place."),
    "status-unknown": N("There is no status %(status)s."),
    "source-unknown": N("There is no way of acquisition %(source)s."),
    "accession-date-future": N("The accession date %(day)s is still to come."),
    # imports
    "import-file-missing": N("There is no file %(file)s."),
    "import-file-folder": N("%(file)s is a folder; name a file."),
    "import-file-unreadable": N("%(file)s can't be read: %(why)s"),
    "import-file-empty": N("%(file)s is empty; nothing was imported."),
    "import-no-records": N(
        "%(file)s holds no MARC record that can be read (%(pieces)s pieces looked at, %(why)s); "
        "nothing was imported."
    ),
    "import-known": N("This file was imported already, as import %(number)s; nothing was changed."),
    "import-being-undone": N("Import %(number)s of this file is being undone; finish that first."),
    "import-elsewhere": N("Another process is working on import %(number)s."),
    "import-unknown": N("There is no import %(number)s."),
    "import-undone": N("Import %(number)s was undone already."),
    "item-used-since": N("%(barcode)s %(title)s has been used since the import."),
    "item-added-since": N("%(barcode)s was added to %(title)s since the import."),
    "title-edited-since": N("%(title)s was edited since the import."),
    # places and rules
    "place-code-invalid": N("The code %(code)s must be lower-case letters, digits and hyphens."),
    "place-code-taken": N("The code %(code)s is already in use."),
    "place-kind-misplaced": N("A place of this kind can't stand there."),
    "place-root-exists": N("There is a topmost place already: one database holds one network."),
    "setting-unknown": N("There is no setting %(key)s."),
    "setting-value-invalid": N("The setting %(key)s does not take this value."),
    "hours-reversed": N("Closing time %(closes)s is not after opening time %(opens)s."),
    "hours-missing": N("A week needs opening hours on at least one day, Monday to Sunday."),
    "hours-overlap": N("Opening at %(opens)s overlaps the hours until %(closes)s."),
    "past-day-kept": N("Days already past stay in the calendar: %(day)s"),
    "rule-renew-from": N("Renewals count from the due date or from today."),
    "rule-numbers": N(
        "A rule needs at least one book and one day; no number is below 0 or above 9999."
    ),
    "rule-dates": N("A rule can't end before it begins or before today, nor once it has ended."),
    "rule-exists": N("A rule of this kind already begins on %(valid_from)s."),
    "rule-unknown": N("That rule does not exist."),
    # staff
    "username-invalid": N("The user name %(username)s must be Latin letters and digits."),
    "username-taken": N("The user name %(username)s is taken."),
    "account-unknown": N("There is no such account."),
    "role-unknown": N("There is no role %(role)s."),
    "password-too-short": N("The password needs at least %(least)s characters."),
    "password-too-simple": N(
        "The password needs %(classes)s of: lower case, upper case, digits, signs."
    ),
    "password-has-username": N("The password must not contain the user name."),
    "password-used-before": N("The password was one of the last %(last)s."),
    "login-wrong": N("User name or password is not right."),
    "login-locked": N("Too many attempts. Try again in %(minutes)s minutes."),
    # readers and cards
    "text-too-long": N("%(field)s: at most %(most)s characters."),
    "sex-invalid": N("The sex must be male, female or left empty."),
    "phone-invalid": N("This is not a phone number: 5 to 20 digits are expected."),
    "place-unknown": N("There is no such place."),
    "why-missing": N("Please say why."),
    "category-unknown": N("There is no such category."),
    "category-for-groups": N(
        "Group cards and personal cards can't be turned into each other; register anew."
    ),
    "birth-missing": N("The birth date is missing; the document doesn't tell it."),
    "birth-in-future": N("The birth date %(day)s is still to come."),
    "birth-mismatch": N(
        "The birth date differs from the one in the document's number; check both."
    ),
    "age-below-category": N("At %(age)s too young for %(category)s cards (from %(limit)s)."),
    "age-above-category": N("At %(age)s too old for %(category)s cards (up to %(limit)s)."),
    "document-missing": N("An identity document is needed."),
    "document-kind-unknown": N("This kind of document is not known."),
    "document-invalid": N("%(kind)s number is wrong: %(fault)s. Check it against the document."),
    "document-held": N(
        "Somebody already has a card with this document: %(card)s. Find that account instead of registering twice."
    ),
    "document-is-guardians": N(
        "This is the guardian's number. A child's own number is needed, or none."
    ),
    "document-known": N("This document is already on this reader's record."),
    "guardian-missing": N("A guardian is needed."),
    "guardian-name-missing": N("The guardian's name is missing."),
    "guardian-relation-missing": N("The guardian's relation to the child is missing."),
    "guardian-phone-missing": N("The guardian's phone number is missing or wrong."),
    "guardian-document-missing": N("The guardian's identity document is missing."),
    "guardian-document-invalid": N(
        "The guardian's %(kind)s number is wrong: %(fault)s. Check it against the document."
    ),
    "guardian-is-minor": N("The guardian is %(age)s years old; a guardian must be an adult."),
    "responsible-missing": N("A group card needs a responsible person."),
    "responsible-phone-missing": N("The responsible person's phone number is missing or wrong."),
    "consent-missing": N("Not yet agreed to: %(purpose)s."),
    "consent-not-given": N("There is no consent to take back: %(purpose)s."),
    "consent-withdrawn": N(
        "A consent that the card needs was taken back; nothing new is lent until it is given again."
    ),
    "purpose-unknown": N("There is no such consent."),
    "maybe-registered": N(
        "A reader of the same name and birth date has a card: %(card)s. Is it the same person?"
    ),
    "card-number-form": N("A card number has 4 to 20 letters, digits and hyphens."),
    "card-number-is-id": N(
        "An ID number can't be a card number. Use the number printed on the card."
    ),
    "card-number-taken": N(
        "The card number %(number)s was given out before; numbers are never used twice."
    ),
    "card-series-full": N(
        "The series %(prefix)s with %(digits)s digits is full; change the settings of card numbers."
    ),
    "card-record-unknown": N("There is no such card on record."),
    "card-lost": N("This card was reported lost."),
    "card-already-lost": N("This card is already reported lost."),
    "card-not-lost": N("This card is not reported lost."),
    "card-replaced": N("This card was replaced by a new one and opens nothing any more."),
    "card-closed": N("This card is closed."),
    "card-expired": N("This card expired on %(day)s."),
    "card-renewal-early": N(
        "This card is valid until %(expires)s; it can be renewed from %(opens)s."
    ),
    "patron-unknown": N("There is no such reader."),
    "patron-closed": N("This reader's account is closed."),
    "patron-suspended": N("This reader may not borrow until %(until)s: %(why)s"),
    "patron-not-suspended": N("This reader is not suspended."),
    "until-missing": N("Say until which day."),
    "day-past": N("%(day)s is already past."),
    "shown-unknown": N("Say how the reader made themselves known: document, card number or phone."),
    "field-empty": N("There is nothing to show in this field."),
    "ages-reversed": N("The least age %(least)s is above the most age %(most)s."),
    "valid-months-missing": N("Cards must be valid for at least one month."),
    # statistics
    "count-source-unknown": N("There is no source %(source)s for this count."),
    "estimate-without-note": N("An estimate needs a note saying how it was made."),
    "day-in-future": N("%(day)s has not come yet."),
    "number-out-of-range": N("%(number)s is not a count: 0 to %(most)s is expected."),
    "count-already-entered": N(
        "%(number)s is already entered for %(first)s to %(last)s: correct that entry."
    ),
    "entry-unknown": N("There is no such entry."),
    "entry-already-corrected": N("This entry has already been corrected: correct the newer one."),
    "number-unchanged": N("The number is %(number)s already."),
    "scope-unknown": N("There is no scope %(scope)s."),
    "year-without-data": N("Nothing was recorded in %(year)s."),
    "year-not-over": N("%(year)s is not over yet."),
    "year-already-sealed": N("%(year)s is sealed already."),
    "counts-behind": N("The counts are not yet up to date; try again in a minute."),
    "finding-unknown": N("This contradiction no longer stands with these numbers."),
    "finding-unexplained": N("Not explained yet: %(statement)s"),
    "edition-unchanged": N("Nothing differs from edition %(number)s."),
    "section-unknown": N("The report has no section %(section)s."),
    "token-unknown": N("A number in braces stands for no figure of that year."),
}

# Facts that are codes themselves: name of the fact → its value → words.
TERMS: dict[str, dict[str, str]] = {
    "relation": {"responsible": N("Responsible person")},
    "kind": {
        "idcard": N("ID card"),
        "hukou": N("Household register"),
        "passport": N("Passport"),
        "hk-macau-permit": N("Mainland permit for Hong Kong and Macao residents"),
        "taiwan-permit": N("Mainland permit for Taiwan residents"),
        "hmt-residence": N("Residence permit for Hong Kong, Macao and Taiwan residents"),
        "foreigner-permanent": N("Foreign permanent resident card"),
        "officer": N("Officer's card"),
    },
    "fault": {
        "length": N("wrong length"),
        "characters": N("characters that don't belong there"),
        "date": N("no such birth date"),
        "check": N("the check digit doesn't fit"),
        "form": N("not the form of this document"),
    },
    "purpose": {
        "reader-data": N("reader rules and use of personal data"),
        "child-data": N("separate consent to a child's data"),
    },
    "field": {
        "name": N("Name"),
        "note": N("Note"),
        "relation": N("Relation"),
        "why": N("Reason"),
        "version": N("Version"),
    },
}

_PLACES = ("place", "owner", "holder")
_DAYS = ("due", "from", "day", "valid_from", "expires_on", "until", "expires", "opens")


def _value(key: str, value: Any) -> Any:
    if key in _PLACES and isinstance(value, str):
        try:
            return places.place(value).name
        except places.UnknownPlace:
            return value
    if isinstance(value, str) and value in TERMS.get(key, {}):
        return gettext(TERMS[key][value])
    if isinstance(value, str) and key in _DAYS:
        try:
            return local_date(date.fromisoformat(value))
        except ValueError:
            return value
    if isinstance(value, str) and key in ("at", "since"):
        try:
            return local_time(datetime.fromisoformat(value))
        except ValueError:
            return value
    return value


def say(reason: Reason) -> str:
    """One reason as a sentence in the language of the request."""
    text = gettext(WORDING[reason.code])
    return text % {key: _value(key, value) for key, value in reason.data.items()}


def refusal(decision: Decision) -> list[str]:
    """Every refusing reason of a decision, in words."""
    return [say(r) for r in decision.refusing]
