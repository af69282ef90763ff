"""Reason codes of notices and gates in words; a part of `wording.WORDING`."""

from __future__ import annotations

from django.utils.translation import gettext_noop

N = gettext_noop

NOTICES: dict[str, str] = {
    # notices
    "template-text-missing": N("This text is missing."),
    "placeholder-unknown": N("%(name)s is no placeholder here; these are: %(known)s"),
    "placeholder-broken": N("A { or } stands alone."),
    "titles-in-short": N("A text message does not name books unless the settings allow it."),
    "notice-kind-unknown": N("There is no kind of notice %(kind)s."),
    "notice-needed": N("This kind of notice can't be switched off."),
    "channel-unknown": N("There is no channel %(channel)s."),
    "mail-not-confirmed": N(
        "Confirm the mail address first: type in the code that was sent to it."
    ),
    "mail-invalid": N("This is not a mail address."),
    "mail-code-over": N("This code is no longer good; ask for a new one."),
    "address-not-failing": N("Nothing is wrong with this address any more."),
    "letter-to-nobody": N("Nobody is concerned."),
    "message-not-claimed": N("This message is not being sent."),
    # gates
    "site-full": N("%(inside)s people are inside; the limit is %(limit)s. One out, one in."),
    "entry-closed": N("The library is closed: %(phase)s."),
    "entry-day-full": N("%(came)s people have come today; no more than %(limit)s may."),
    "passes-too-many": N("%(count)s events at once; at most %(most)s are taken."),
    "pass-direction-unknown": N("Event %(seq)s: the direction is in, out or any."),
    "pass-count-invalid": N("Event %(seq)s: the number of people is not valid."),
    "pass-number-invalid": N("Event %(seq)s: the sequence number is not valid."),
    "pass-without-zone": N("Event %(seq)s: the time lacks its zone, such as +08:00."),
    "door-day-unknown": N("That door counted nothing that day."),
    "conflict-unknown": N("There is no such conflict."),
    "conflict-settled": N("Somebody has settled this already."),
    "visits-counted-already": N(
        "Gates have counted %(number)s people these days. If that is wrong, correct the gate's count; "
        "for a door without a gate write its name."
    ),
}
