"""Reason codes in words. A code without words fails the house tests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from django.utils.translation import gettext, gettext_noop

from shuxiang.apps.places import queries as places
from shuxiang.formats.notes import MESSAGES
from shuxiang.interfaces.common.acquisitions_wording import ACQUISITIONS
from shuxiang.interfaces.common.catalogue_wording import CATALOGUE
from shuxiang.interfaces.common.control_wording import CONTROL
from shuxiang.interfaces.common.drift_wording import DRIFT
from shuxiang.interfaces.common.exchange_wording import EXCHANGE
from shuxiang.interfaces.common.fee_wording import FEES
from shuxiang.interfaces.common.hold_wording import HOLDS
from shuxiang.interfaces.common.journal_wording import WRITTEN_ELSEWHERE
from shuxiang.interfaces.common.notice_wording import NOTICES
from shuxiang.interfaces.common.phase_wording import PHASES
from shuxiang.interfaces.common.processing_wording import PROCESSING
from shuxiang.interfaces.common.terms import TERMS as TERMS
from shuxiang.interfaces.common.words import local_date, local_time
from shuxiang.kernel.decision import Decision, Reason

N = gettext_noop

WORDING: dict[str, str] = PHASES | {
    # everywhere
    "not-permitted": N("Your role does not allow this here."),
    "name-missing": N("The name is missing."),
    "reason-missing": N("A reason must be written."),
    "nothing-to-undo": N("There is nothing left to undo."),
    "undo-too-late": N("Only the last %(seconds)s seconds can be undone."),
    "override-without-why": N("Write why before lifting this."),
    "override-impossible": N("This can't be lifted by anybody."),
    "override-not-permitted": N("Your role can't lift this; ask the person in charge."),
    # devices
    "issue-unknown": N("There is no such card on its way."),
    "issue-settled": N("This card is already settled."),
    "issue-under-way": N("A card for this document is being made already."),
    "card-read-differs": N("The card bears the number %(read)s instead of %(written)s."),
    "call-unknown": N("There is no such call."),
    "device-unknown": N("There is no such device."),
    "device-kind-unknown": N("There is no such kind of device: %(kind)s"),
    "device-login-invalid": N(
        "%(login)s is no device number: letters, digits and - . _, 40 at most."
    ),
    "device-login-taken": N("A device of this kind has the number %(login)s already."),
    "device-secret-short": N("The password of a device has at least %(least)s characters."),
    "device-setting-unknown": N("This kind of device has no setting %(names)s."),
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
    "barcode-of-several": N(
        "Books of several libraries carry %(barcode)s: write it as one of %(choices)s."
    ),
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
    "proxy-not-allowed": N("Nobody agreed that this reader borrows for the holder of the card."),
    "proxy-card": N("The own card of who borrows for the reader is not valid."),
    "age-marked": N("This book is marked for readers of %(least)s and older."),
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
    "isbn-wrong": N("The check digit of %(isbn)s is wrong. Is it printed so in the book?"),
    "isbn-held": N("The catalogue has this ISBN: %(title)s. Is it another book?"),
    "year-unreadable": N("%(text)s holds no year of four digits."),
    "record-invalid": N("The record can't be saved so. %(why)s"),
    "version-unknown": N("There is no such version of the record."),
    "template-unknown": N("There is no such template."),
    "template-too-long": N("A template has at most %(most)s characters."),
    "class-unknown": N("%(number)s is no class of the Chinese Library Classification."),
    "title-changed-meanwhile": N("Somebody corrected this title meanwhile. Open the form again."),
    "record-not-cnmarc": N("This record is not CNMARC and can't be corrected by this form."),
    "price-missing": N("The price is missing; for a gift without a price write 0."),
    "copies-number": N("One to %(most)s copies can be added at a time."),
    "barcode-repeated": N("%(barcode)s was scanned twice."),
    "barcode-series-off": N("Scan a barcode: the library gives out no barcodes of its own."),
    "barcode-series-full": N(
        "The barcodes %(prefix)s with %(digits)s digits are used up; change the settings."
    ),
    "class-missing": N("A class number is needed."),
    "book-number-missing": N("The book number is missing."),
    "number-to-reuse-missing": N("That book has no number here that could be used again."),
    "number-known": N("This title already stands at %(number)s. Give it another number?"),
    "number-of-work": N(
        "Another edition or volume, %(title)s, stands at %(number)s. Give this one a number of its "
        "own?"
    ),
    "number-in-use": N("%(number)s belongs to %(title)s. Use it all the same?"),
    "labels-none": N("Choose at least one label."),
    "labels-too-many": N("At most %(most)s labels at a time."),
    "scans-too-many": N("At most %(most)s items at a time."),
    "age-mark-range": N("An age mark is at most %(most)s."),
    # lost and damaged
    "lost-kind-unknown": N("Say whether it is lost or damaged."),
    "lost-known": N("This item is already reported as lost or damaged."),
    "lost-case-unknown": N("There is no such report."),
    "lost-case-ended": N("This report is closed."),
    "lost-settled": N("This report is already settled."),
    "lost-not-settled": N("This report is not settled yet."),
    "lost-item-back": N("The book was scanned again meanwhile: close the report as found."),
    "lost-way-unknown": N("Say how it is settled."),
    "amount-missing": N("The amount is missing."),
    "lost-replaced": N("The replacement is on the shelf already; this can't be taken back."),
    "lost-reader-forgotten": N("The loan no longer names its reader and can't be opened again."),
    "lost-unsettled": N("%(count)s lost or damaged books are not settled yet."),
    "lost-nothing-paid": N("Nothing was paid that could be given back."),
    # acting for another reader
    "proxy-is-reader": N("That is the reader's own card."),
    "proxy-known": N("This consent is on record already."),
    "proxy-unfit": N("A group, or a card that is closed, can't act for a reader."),
    "proxy-dates": N("The last day must be today or later and within %(most)s years."),
    "proxy-not-found": N("Card number and name do not belong together."),
    "proxy-by-guardian": N(
        "Under 18 the guardian agrees, at the desk or with an account of their own."
    ),
    "proxy-unknown": N("No such consent is on record."),
    "proxy-ended": N("This consent has ended already."),
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
    "setting-value-invalid": N("This setting takes no such value; write it as described."),
    "hours-reversed": N("Closing time %(closes)s is not after opening time %(opens)s."),
    "hours-missing": N("A week needs opening hours on at least one day, Monday to Sunday."),
    "hours-overlap": N("Opening at %(opens)s overlaps the hours until %(closes)s."),
    "announcement-unknown": N("There is no such announcement any more."),
    "announcement-title-missing": N("The announcement needs a title."),
    "announcement-text-missing": N("The announcement has no text."),
    "announcement-places-missing": N("Choose at least one place that the announcement is about."),
    "announcement-days-reversed": N("The last day is before the first."),
    "announcement-over": N("This announcement is already over."),
    "page-text-unknown": N("There is no page text with the key %(key)s."),
    "past-day-kept": N("Days already past stay in the calendar: %(day)s"),
    "rule-renew-from": N("Renewals count from the due date or from today."),
    "rule-numbers": N(
        "A rule needs at least one book and one day; no number is below 0 or above 9999."
    ),
    "rule-dates": N("A rule can't end before it begins or before today, nor once it has ended."),
    "rule-exists": N("A rule of this kind already begins on %(valid_from)s."),
    "rule-unknown": N("That rule does not exist."),
    # taking a desk
    "desk-pin-form": N("A desk PIN has %(least)s to %(most)s digits."),
    "desk-pin-simple": N("This PIN is too easy to guess."),
    "desk-pin-wrong": N("Clerk and PIN or password don't belong together."),
    "desk-pin-locked": N(
        "Too many wrong PINs: this one is locked until %(at)s. The password still works."
    ),
    "desk-no-rights": N("This account has no right to lend and return here."),
    "desk-password-due": N("This account must first sign in with its password and change it."),
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
    "variant-count-invalid": N("Give %(least)s to %(most)s different spellings of one word."),
    "text-too-long": N("%(field)s: at most %(most)s characters."),
    "sex-invalid": N("The sex must be male, female or left empty."),
    "phone-invalid": N("This is not a phone number: 5 to 20 digits are expected."),
    "place-unknown": N("There is no such place."),
    "why-missing": N("Please say why."),
    "too-many-readers": N(
        "Phone numbers of at most %(most)s readers are opened at once: narrow the list."
    ),
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
    "document-not-theirs": N("This document is not on this reader's record."),
    "credential-not-bound": N("It is not bound any more."),
    # sign-in of readers
    "sign-in-wrong": N("The number or the PIN is wrong."),
    "card-opens-nothing": N("No reader card with this number is in use."),
    "sign-in-locked": N(
        "Too many wrong attempts. Try again in %(minutes)s minutes, or ask the desk for a new PIN."
    ),
    "pin-wrong": N("The present PIN is wrong."),
    "pin-form": N("A PIN has %(least)s to %(most)s digits and nothing else."),
    "pin-trivial": N("This PIN is too easy to guess: no rows of digits, no repeats."),
    "pin-birthday": N("The PIN contains your birth date: choose another."),
    "pin-in-number": N("The PIN is part of your card, phone or document number: choose another."),
    "pin-as-before": N("The new PIN is the old one: choose another."),
    "pin-exists": N("The reader already has a PIN."),
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
    # lists from spreadsheets
    "sheet-unreadable": N("The file can't be read. %(why)s"),
    "columns-missing": N(
        "A list of %(kind)s needs more columns: say which column is which, then try again."
    ),
    "deposit-held": N("A deposit of %(amount)s yuan is held: give it back and write how."),
    "nothing-to-verify": N("There is nothing to be verified of this reader."),
    "reader-used-since": N("The reader with the card %(card)s was served or changed since."),
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
    # office
    "place-closed": N("%(place)s is closed."),
    "place-not-closed": N("%(place)s is not closed."),
    "place-is-root": N("The top of the tree can't be closed."),
    "place-has-places": N("%(count)s places below it are still open; close them first."),
    "place-has-items": N("%(count)s items still belong to this place; move them first."),
    "place-dates-reversed": N("It can't close before it opened."),
    "hours-half": N("Enter both the opening and the closing time, or neither."),
    "days-reversed": N(
        "The last day must not be before the first, nor more than %(most)s days later."
    ),
    "past-day-without-why": N("Say why a day already past (%(day)s) is corrected."),
    "last-administrator": N(
        "Nobody else could manage accounts of %(place)s any more; give somebody else that role first."
    ),
    "own-account": N("Nobody switches off their own account."),
    "own-roles": N("Nobody gives or takes roles of their own; ask another administrator."),
    "grant-unknown": N("This role is not held there."),
    "role-code-invalid": N(
        "A role's code has lower-case letters, digits and _ and begins with a letter: %(code)s"
    ),
    "role-shipped": N("%(role)s is a role that comes with the system; copy it under another code."),
    "role-held": N("%(count)s accounts still hold %(role)s."),
    "role-empty": N("Choose at least one permission."),
    "role-action-invalid": N("One of the permissions does not exist."),
    "role-mixes-audit": N(
        "Who reads the audit log changes nothing: a role has either the audit or other permissions."
    ),
    "rule-in-force": N(
        "The row has been in force since %(valid_from)s: it can be ended, not cancelled."
    ),
    "rule-used": N("Loans were made under this row: it can be ended, not cancelled."),
    "category-code-invalid": N(
        "A category's code has lower-case letters, digits and - and begins with a letter: %(code)s"
    ),
}
WORDING |= PROCESSING | FEES | WRITTEN_ELSEWHERE | HOLDS | NOTICES | CONTROL | EXCHANGE | DRIFT
WORDING |= CATALOGUE | ACQUISITIONS

FULLER = {"item-on-loan": ("place", N("On loan (%(since)s, %(place)s), due %(due)s."))}
"""The wording where this fact is known; not every refusal knows it."""

_PLACES = ("place", "owner", "holder", "pickup", "origin")
_DAYS = ("due", "from", "day", "valid_from", "expires_on", "until", "expires", "opens")


def _stored_note(text: str) -> str:
    """A finding kept as its code and facts, in words; any other text as it is."""
    try:
        code, facts = msgspec.json.decode(text, type=tuple[str, dict[str, str]])
    except msgspec.DecodeError:
        return text
    return gettext(MESSAGES[code]) % facts if code in MESSAGES else text


def _value(key: str, value: Any) -> Any:
    if key == "why" and isinstance(value, str) and value.startswith('["'):
        return _stored_note(value)
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
    fact, wording = FULLER.get(reason.code, ("", ""))
    text = gettext(wording if reason.data.get(fact) else WORDING[reason.code])
    return text % {key: _value(key, value) for key, value in reason.data.items()}


def refusal(decision: Decision) -> list[str]:
    """Every refusing reason of a decision, in words."""
    return [say(r) for r in decision.refusing]
