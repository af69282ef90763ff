"""Reasons of holds, transits and pickups in words ; a part of `wording.WORDING`."""

from __future__ import annotations

from django.utils.translation import gettext_noop

N = gettext_noop

HOLDS: dict[str, str] = {
    "item-on-hold-shelf": N("This copy is set aside for another reader."),
    "hold-already": N("There is a reservation of this title already."),
    "hold-borrowed": N("The reader has this title at home."),
    "hold-limit": N("There are %(open)s reservations; the limit is %(limit)s."),
    "hold-no-copy": N("The library has no copy that could be lent."),
    "hold-not-allowed": N("The rules in force allow this reader no reservations here."),
    "hold-on-shelf": N("It stands on the shelf: it can be borrowed there at once."),
    "pickup-not-here": N("Readers can't pick up reservations there."),
    "hold-unknown": N("There is no such reservation."),
    "hold-over": N("This reservation is over."),
    "hold-not-due": N("This reservation has not expired."),
    "hold-not-waiting": N("A copy is set aside for it already."),
    "suspend-day": N("Choose a day after today, within a year."),
    "not-on-pull-list": N("This copy is not on the list of books to fetch."),
    "hold-ready": N(
        "Reserved: put it on the hold shelf for the reader …%(tail)s, until %(until)s."
    ),
    "hold-coming": N("Reserved: put it aside to be sent to %(pickup)s."),
    "transit-arrived": N("It arrived from %(origin)s after %(days)s days."),
    "renewal-held": N("%(count)s readers wait for this title."),
    "rule-hold-on-shelf": N("Say whether books on the shelf can be reserved."),
    "title-has-holds": N("Readers have reserved it."),
    "item-has-holds": N("It has been reserved or sent, which stays on record."),
    "item-in-transit": N("It is on its way to %(place)s: scan it there first."),
    "place-has-holds": N("%(count)s reservations or books on their way still lead to this place."),
    "holds-open": N("The reader has reservations on record."),
    "pickup-nothing-ready": N("Nothing is ready for this reader there."),
    "pickup-booked": N("A time is booked there already."),
    "pickup-unknown": N("There is no such booking."),
    "pickup-state": N("The booking has gone further meanwhile: look at the list again."),
    "slot-over": N("That time has begun: choose a later one."),
    "slot-not-over": N("The time is not over yet."),
    "slot-shut": N("The place is closed then: choose another time."),
    "slot-elsewhere": N("That time is at another place."),
    "slot-full": N("No place is left at that time: choose another one."),
    "slot-unknown": N("There is no such time."),
    "slot-days": N("Choose days from today on, at most %(most)s."),
    "slot-times": N("Choose a period of at least 5 minutes and 1 to 500 readers."),
}
