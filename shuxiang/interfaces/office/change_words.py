"""Rows of the change log in words: kinds, acts, names of fields, values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.words import local_date, yuan
from shuxiang.interfaces.office import permissions
from shuxiang.interfaces.office.setting_words import about, value_words
from shuxiang.runtime.changes import HIDDEN, Change

Words = dict[str, str | Promise]

KINDS: Words = {
    "place": _("Library site"),
    "location": _("Location"),
    "setting": _("Setting"),
    "hours": _("Opening hours"),
    "calendar-day": _("Calendar day"),
    "holiday": _("Public holiday"),
    "announcement": _("Announcement"),
    "page-text": _("Page text"),
    "operating-phase": _("Operating phase"),
    "reading-site": _("Reading site"),
    "phase-task": _("Task of a phase"),
    "notices": _("Notices in the queue"),
    "notice-text": _("Text of a notice"),
    "loan-rule": _("Loan rule"),
    "partner": _("Partner library"),
    "agreement": _("Agreement with a partner"),
    "harvest": _("Catalogue of another library"),
    "target": _("Target for copy cataloguing"),
    "barcode-range": _("Barcode range"),
    "entry-project": _("Conversion project"),
    "floating-group": _("Floating group"),
    "fund": _("Fund"),
    "supplier": _("Supplier"),
    "fee-rule": _("Fee rule"),
    "amnesty": _("Amnesty"),
    "credit": _("Without a deposit"),
    "reader-category": _("Reader category"),
    "item-category": _("Item category"),
    "spelling-variant": _("Spellings of one word"),
    "merge": _("Merged titles"),
    "class-table": _("Class table"),
    "author-table": _("Author numbers"),
    "number-series": _("Book numbers"),
    "authority": _("Authority"),
    "batch-edit": _("Batch edit"),
    "account": _("Staff account"),
    "device": _("Device"),
    "grant": _("Role held"),
    "role": _("Role"),
    "reader": _("Reader"),
    "item": _("Item"),
    "card": _("Reader card"),
    "export": _("Export"),
}

ACTS: Words = {
    "gathered-anew": _("Gathered anew"),
    "added": _("Added"),
    "changed": _("Changed"),
    "removed": _("Removed"),
    "seeded": _("Filled in"),
    "closed": _("Closed for good"),
    "reopened": _("Opened again"),
    "ended": _("Ended"),
    "cancelled": _("Cancelled"),
    "granted": _("Given"),
    "revoked": _("Role taken back"),
    "activated": _("Switched on"),
    "deactivated": _("Switched off"),
    "unlocked": _("Unlocked"),
    "own-password": _("Changed their own password"),
    "password-reset": _("Given a one-time password"),
    "withdrawn": _("Withdrawn"),
    "applied": _("Put in force"),
    "extended": _("Extended"),
    "shortened": _("Ended earlier"),
    "reverted": _("Taken back"),
    "link": _("Keeper's address made"),
    "link-ended": _("Keeper's address ended"),
    "undone": _("Taken back"),
    "exported": _("Exported"),
    "consent": _("Consent"),
    "lost": _("Reported lost"),
    "found": _("Found again"),
    "replaced": _("Replaced"),
    "renewed": _("Validity extended"),
    "secret-renewed": _("Given a new password"),
    "merged": _("Merged"),
    "imported": _("Imported"),
    "unmerged": _("Taken back"),
    "journal-let-in": _("Loose lines of its journal let in"),
    "journal-carried": _("Its journal taken in from a file"),
}

FIELDS: Words = {
    "lost": _("Title merged"),
    "heading": _("Heading"),
    "next": _("Next number"),
    "dates": _("Years"),
    "see": _("Pen names and other forms"),
    "also": _("See also"),
    "alias_of": _("Merged into"),
    "name": _("Designation"),
    "code": _("Code"),
    "kind": _("Sort"),
    "address": _("Address"),
    "phone": _("Telephone"),
    "opened_on": _("Opened on"),
    "closed_on": _("Last day"),
    "value": _("Value"),
    "open": _("Open to readers"),
    "opens": _("Opens at"),
    "closes": _("Closes at"),
    "reason": _("Reason"),
    "include_branches": _("Branches too"),
    "valid_from": _("In force from"),
    "valid_to": _("Last day"),
    "working": _("Worked in exchange"),
    "rows": _("Rows"),
    "open_stack": _("Open shelves"),
    "for_children": _("For children"),
    "reader_category": _("Reader category"),
    "item_category": _("Item category"),
    "lendable": _("May be lent"),
    "loan_limit": _("Books at a time"),
    "loan_days": _("Loan days"),
    "renewal_limit": _("Renewals"),
    "renewal_days": _("Days a renewal adds"),
    "renew_from": _("A renewal counts"),
    "renew_overdue": _("Overdue books may be renewed"),
    "renew_within_days": _("Renewed at most so many days before it is due"),
    "most_extra_days": _("All renewals add at most so many days"),
    "overdue_blocks": _("Overdue books stop lending"),
    "hold_limit": _("Reservations at a time"),
    "hold_on_shelf": _("Books on a shelf may be reserved"),
    "hold_days": _("A reservation waits at most so many days"),
    "pickup_days": _("Days it is kept for pickup"),
    "renew_when_held": _("May be renewed although others wait"),
    "amount_fen": _("Amount"),
    "cap_fen": _("At most"),
    "grace_days": _("Days of grace"),
    "points": _("Credit points"),
    "per_day": _("Points lost a day"),
    "restore_days": _("Back after so many days"),
    "price_cap": _("No book dearer than the deposit"),
    "charges": _("Overdue charges"),
    "state": _("State"),
    "note": _("Note"),
    "least_age": _("Least age"),
    "most_age": _("Greatest age"),
    "adapter": _("How it is reached"),
    "cards": _("Their cards are good here"),
    "card_prefix": _("Their card numbers begin with"),
    "card_digits": _("Digits after that"),
    "check_days": _("A check of the card holds for days"),
    "offline_limit": _("Books that may be out without a check"),
    "returns": _("Their books are taken back here"),
    "item_prefix": _("Their barcodes begin with"),
    "item_digits": _("Digits of a barcode after that"),
    "lending": _("We borrow from them for our readers"),
    "our_cards": _("Our cards are good there"),
    "members": _("Members"),
    "needs_guardian": _("Needs a guardian"),
    "valid_months": _("A card is valid for so many months"),
    "for_groups": _("For groups"),
    "username": _("User name"),
    "login": _("Device number"),
    "place": _("Stands at"),
    "settings": _("Settings"),
    "home": _("Usual place of work"),
    "active": _("Active"),
    "role": _("Role"),
    "at": _("At"),
    "actions": _("Permissions"),
    "title": _("Headline"),
    "text": _("Text"),
    "first_day": _("Shown from"),
    "last_day": _("Shown until"),
    "places": _("Places"),
    "category": _("Reader category"),
    "born_on": _("Date of birth"),
    "sex": _("Sex"),
    "guardian": _("Guardian"),
    "document": _("Identity document"),
    "pin": _("PIN"),
    "credential": _("Way of signing in"),
    "suspended_until": _("Suspended until"),
    "closed_at": _("Account closed"),
    "phrase": _("Search"),
    "subject": _("Subject"),
    "long": _("Long text: inbox and e-mail"),
    "short": _("Short text: text message and WeChat"),
    "count": _("Number of notices"),
    "since": _("From"),
    "until": _("Until"),
    "file": _("File"),
}

_WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
_VALUES: Words = {
    "network": _("Network"),
    "main_library": _("Main library"),
    "branch": _("Branch"),
    "service_point": _("Service point"),
    "due": _("from the due date"),
    "always": _("always"),
    "elsewhere": _("only where none stands at the pickup place"),
    "never": _("never: only when every copy is out"),
    "today": _("from the day of renewal"),
    "overdue": _("Overdue charge"),
    "points": _("Credit points"),
    "deposit": _("Deposit needed"),
    "card": _("Replaced card"),
    "limit": _("Lending stops above"),
    "applying": _("Being applied"),
    "applied": _("Put in force"),
    "undoing": _("Being taken back"),
    "undone": _("Taken back"),
}
_VALUED = frozenset({"hold_on_shelf", "kind", "renew_from", "state"})


def kind(code: str) -> str:
    """A kind of object in words."""
    return str(KINDS.get(code, _("Other")))


def act(code: str) -> str:
    """What was done, in words."""
    return str(ACTS.get(code, _("Changed")))


def field(code: str) -> str:
    """The name of a field; a weekday where it is a number."""
    if code.isdigit() and int(code) < 7:
        return str(_WEEKDAYS[int(code)])
    return str(FIELDS.get(code, _("Other data")))


def value(name: str, given: Any, known: Categories) -> str:
    """A value in words: yes and no, days, names of places and permissions."""
    if given in (None, "", []):
        return "—"
    if given == HIDDEN:
        return gettext("(not kept)")
    if isinstance(given, bool):
        return gettext("Yes") if given else gettext("No")
    if isinstance(given, list):
        return "、".join(value(name, one, known) for one in given)
    if name.endswith("_fen") and isinstance(given, int):
        return yuan(given)
    text = str(given)
    if name == "actions":
        return _permission(text)
    if name in ("home", "at", "places"):
        return _place(text)
    if name in ("reader_category", "item_category", "category"):
        return (known.items if name == "item_category" else known.readers).get(text, text)
    if name in _VALUED and text in _VALUES:
        return str(_VALUES[text])
    try:
        return local_date(date.fromisoformat(text)) if len(text) == 10 else text[:200]
    except ValueError:
        return text[:200]


def _permission(code: str) -> str:
    if code.endswith(".*") and code[:-2] in permissions.AREAS:
        return gettext("everything about %(area)s") % {"area": permissions.AREAS[code[:-2]]}
    return str(permissions.WORDS.get(code, _("Another permission")))


def _place(place_id: str) -> str:
    try:
        return places.place(place_id).name
    except places.UnknownPlace:
        return gettext("Another place")


def subject(change: Change, known: Categories) -> str:
    """What the change was about, as a person would call it."""
    if change.kind in ("calendar-day", "hours"):
        return f"{change.name} {change.subject.rpartition(' ')[2]}"
    if change.kind == "holiday":
        return f"{change.name} {change.subject}" if change.name != change.subject else change.name
    if change.kind == "setting":
        setting = places.KNOWN.get(change.subject)
        return f"{change.name}：{about(setting)}" if setting else change.name
    if change.kind in ("loan-rule", "fee-rule"):
        return _cell(change.name, known)
    return change.name


@dataclass(frozen=True, slots=True)
class Categories:
    """Names of reader and item categories by code."""

    readers: dict[str, str]
    items: dict[str, str]


def categories() -> Categories:
    """The names in force; asked once a page."""
    return Categories(
        {"*": gettext("Any reader")} | {c.code: c.name for c in patrons.categories()},
        {"*": gettext("Any item")} | {code: name for code, name, _lend in stock.categories()},
    )


def _cell(name: str, known: Categories) -> str:
    place, reader, item = [*name.split("|"), "", ""][:3]
    return " · ".join((place, known.readers.get(reader, reader), known.items.get(item, item)))


def lines(change: Change, known: Categories) -> list[tuple[str, str, str]]:
    """(field, before, after) of everything that differs, in words; '' where there was nothing."""
    names = dict.fromkeys((*change.before, *change.after))
    setting = places.KNOWN.get(change.subject) if change.kind == "setting" else None

    def words(name: str, values: dict[str, Any]) -> str:
        if name not in values:
            return ""
        if setting is not None:
            return value_words(setting, values[name])
        return value(name, values[name], known)

    return [(field(n), words(n, change.before), words(n, change.after)) for n in names]
