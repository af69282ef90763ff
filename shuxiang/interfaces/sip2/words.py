"""What the machine's screen and slip say, short enough for both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shuxiang.interfaces.common.wording import say
from shuxiang.interfaces.sip2.profile import Profile
from shuxiang.kernel.decision import Decision, Reason
from shuxiang.kernel.values import yuan

N = gettext_noop

LONGEST = 60
SAID = {
    "item-ambiguous": N("Two libraries have a book with this number: please go to the desk."),
    "card-ambiguous": N("Two libraries have a card with this number: please go to the desk."),
    "nothing-to-undo": N("It can't be taken back any more. Please ask the staff."),
    "undo-too-late": N("It can't be taken back any more. Please ask the staff."),
}
"""Where somebody before a machine is told otherwise than a clerk."""


@contextmanager
def spoken(profile: Profile) -> Iterator[None]:
    """Speak the language of the terminal's screen."""
    with translation.override(profile.language):
        yield


def short(text: str) -> str:
    """At most `LONGEST` characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def why_not(decision: Decision) -> str:
    """The first reason against it; a machine has no room for all."""
    first = decision.refusing[0]
    text = SAID.get(first.code)
    return short(_(text) if text else say(first))


def told(reasons: tuple[Reason, ...]) -> str:
    """What the person at the machine should know besides."""
    return short(say(reasons[0])) if reasons else ""


def card_unknown() -> str:
    return _("Card or PIN is wrong. Please ask the staff.")


def pin_wrong() -> str:
    return _("The PIN is wrong.")


def item_unknown() -> str:
    return _("The library does not know this book. Please ask the staff.")


def session_ended() -> str:
    return _("Thank you, goodbye.")


def lent(due: date, remaining: int) -> str:
    return short(
        _("Lent. Due %(due)s. %(n)s more can be lent.") % {"due": due.isoformat(), "n": remaining}
    )


def renewed(due: date) -> str:
    return short(_("Renewed. Due %(due)s.") % {"due": due.isoformat()})


def returned() -> str:
    return _("Returned. Thank you.")


def not_on_loan() -> str:
    return _("This book was not on loan.")


def not_possible() -> str:
    return _("That did not work. Please ask the staff.")


def taken_back() -> str:
    return _("Taken back.")


def slip(title: str, due: date) -> str:
    """A line of the slip: what, and until when."""
    until = due.isoformat()
    return f"{title[: LONGEST - len(until) - 1]} {until}"


def renewed_all(done: int, left: int) -> str:
    return _("%(done)s renewed, %(left)s not.") % {"done": done, "left": left}


def hold_placed(position: int) -> str:
    return _("Reserved. Place in the queue: %(n)s.") % {"n": position}


def hold_changed() -> str:
    return _("The reservation was changed.")


def hold_cancelled() -> str:
    return _("The reservation was cancelled.")


def no_hold() -> str:
    return _("You have no reservation of this title.")


def amount_wrong(currency: str) -> str:
    return _("The amount can't be read; it is to be in %(currency)s.") % {"currency": currency}


def no_charge() -> str:
    return _("There is no such charge to be paid.")


def paid(amount_fen: int, owed_fen: int) -> str:
    return _("Paid %(amount)s, still owed %(owed)s.") % {
        "amount": yuan(amount_fen),
        "owed": yuan(owed_fen),
    }


def taken_down(*, settled: bool) -> str:
    if settled:
        return _("Recorded with its own time.")
    return _("Taken down; the staff will look at it.")


def registered(number: str) -> str:
    return _("Registered. Card number %(number)s.") % {"number": number}


def registered_already() -> str:
    return _("There is an account with this document or card already.")
