"""Reasons about batches, deliveries and other libraries in words."""

from __future__ import annotations

from django.utils.translation import gettext_noop as N  # noqa: N812 - as in wording

EXCHANGE: dict[str, str] = {
    "batch-not-group": N("This card is a person's: a batch is lent to a group."),
    "batch-unknown": N("There is no such batch."),
    "batch-closed": N("This batch is closed; open another one."),
    "adapter-unknown": N("There is no way %(adapter)s of reaching a partner."),
    "partner-unknown": N("There is no such partner library."),
    "agreement-unknown": N("There is no such agreement."),
    "agreement-none": N("Nothing is agreed with %(partner)s today."),
    "agreement-dates": N(
        "An agreement begins and ends today or later, the end not before the beginning."
    ),
    "agreement-exists": N("An agreement already begins on %(valid_from)s."),
    "message-unknown": N("This message is no longer waiting."),
    "visitor-no-agreement": N("Cards of that library are not accepted here today."),
    "visitor-number": N("%(number)s does not look like a card of that library."),
    "visitor-check-unknown": N("Say what the check of the card said, and who was asked."),
    "visitor-invalid": N("The other library says that this card is not valid."),
    "visitor-limit": N(
        "%(open)s books are out on this card of another library; the limit is %(limit)s."
    ),
    "visitor-unchecked": N(
        "The card was not checked with its library, and %(limit)s books may be out without that: check "
        "it, or ask the person in charge."
    ),
    "return-not-agreed": N("Books of %(partner)s are not taken back here."),
    "return-number": N("%(barcode)s does not look like a book of %(partner)s."),
    "return-nothing": N("Nothing waits here to be sent on."),
    "interloan-unknown": N("There is no such request."),
    "interloan-not-agreed": N("No loans between the libraries are agreed."),
    "interloan-state": N("This request has moved on meanwhile: look at it again."),
    "interloan-back-by": N("It must be back on %(day)s already: that leaves no day to lend it."),
    "interloan-back-due": N("It must be back at its library on %(day)s and is not lent any more."),
    "interloan-for-another": N(
        "It was borrowed from another library for somebody else (%(number)s)."
    ),
    "delivery-unknown": N("There is no such delivery."),
    "delivery-state": N("This can't be done with the delivery now, or not at this place."),
    "delivery-same-place": N("The books are here already: choose another place."),
    "delivery-empty": N("Nothing is on the list yet."),
    "delivery-on-loan": N("It is on loan, due %(due)s."),
    "delivery-listed": N("It is on its way, or on the list of a delivery, already."),
    "delivery-kept": N("It is kept for a reader who reserved it."),
    "delivery-not-here": N("It is recorded at %(holder)s: take it in by a scan first."),
    "delivery-partner": N("It belongs to a partner library."),
    "delivery-left": N("%(barcode)s has left meanwhile: take it off the list."),
    "delivery-extra": N("It was not on the list; it is here now and kept as a difference."),
    "delivery-difference": N(
        "%(missing)s missing, %(extra)s not on the list: write what explains it before closing."
    ),
    "harvest-unknown": N("There is no such catalogue."),
    "harvest-exists": N("There already is a catalogue “%(name)s”."),
    "harvest-address": N(
        "This is no address of an OAI-PMH server, or the form or set has signs that can't be in it."
    ),
    "harvest-every": N("Gathered every 1 to 744 hours."),
    "target-unknown": N("There is no such target."),
    "target-exists": N("There already is a target “%(name)s”."),
    "target-field": N("This can't be: look at what is expected here."),
    "target-index": N("It can't be searched for this: its profile has no such index."),
    "target-password": N(
        "Its password can't be opened with this installation's key: enter it anew."
    ),
    "target-program-missing": N(
        "Z39.50 needs the system's library libyaz, which is not installed (Debian: libyaz5)."
    ),
    "target-unreachable": N("It can't be reached: wrong address, switched off, or no network."),
    "target-silent": N("It did not answer within %(seconds)s seconds."),
    "target-closed": N("It closed the connection."),
    "target-refused": N("It refused the connection: user and password?"),
    "target-garbled": N("What it sent is no answer of this protocol."),
    "target-too-large": N(
        "It sent more than is taken: %(limit)s MB a record, %(whole)s MB in all."
    ),
    "target-http": N("It answered with the HTTP status %(status)s."),
    "target-diagnostic": N("It says: %(said)s (%(number)s)."),
    "target-unreadable": N("%(count)s of its records can't be read."),
    "target-charset": N(
        "%(count)s of its records are not written in %(charset)s: look at its profile."
    ),
    "target-other-charset": N(
        "%(count)s of its records are in another character set than its profile says (%(charset)s); "
        "they were read all the same."
    ),
    "found-forgotten": N("This record is no longer kept: search again."),
    "overlay-format": N("One of the records is CNMARC and the other MARC 21: nothing is put over."),
    "overlay-same": N("Nothing would change."),
    "floating-members": N("A group has at least two members, each once."),
    "floating-bounds": N("At most is never less than at least."),
    "floating-dates": N("A group begins and ends today or later."),
    "floating-unknown": N("There is no such group."),
}
