"""Reasons about buying, suggestions, gifts and periodicals in words. Money comes in yuan."""

from __future__ import annotations

from django.utils.translation import gettext_noop as N  # noqa: N812 - as in wording

ACQUISITIONS: dict[str, str] = {
    "code-missing": N("The code is missing."),
    "fund-unknown": N("There is no such fund."),
    "fund-exists": N("There is a fund %(code)s of %(year)s already."),
    "fund-source": N("There is no source of money called %(source)s."),
    "fund-year": N("%(year)s is not a year a fund can be of."),
    "fund-budget": N("The budget can't be that: no less than is set aside and spent."),
    "fund-closed": N("The fund is closed, or of another year (%(year)s)."),
    "fund-exceeded": N(
        "The fund has %(available)s left and %(needed)s are needed: raise the budget, or let the person "
        "in charge lift it with a why."
    ),
    "supplier-unknown": N("There is no such supplier, or nothing is ordered from it any more."),
    "supplier-exists": N("There is a supplier %(code)s already."),
    "rate-range": N("A rate is from 0 to 200 percent."),
    "order-unknown": N("There is no such order."),
    "order-state": N("This can't be done with the order as it is now."),
    "order-empty": N("Nothing is on the order yet."),
    "receive-surplus": N(
        "%(copies)s came and %(waiting)s are waited for: write why the rest is kept, or send it back."
    ),
    "barcodes-more": N("%(barcodes)s barcodes for %(copies)s copies: there are too many."),
    "cancel-number": N("From 1 to %(most)s copies can be cancelled."),
    "invoice-unknown": N("There is no such invoice, or it counts no more."),
    "invoice-number": N("The number of the invoice is missing."),
    "invoice-date": N("The invoice is of a day to come."),
    "invoice-exists": N("An invoice of this supplier with this number is there already."),
    "invoice-empty": N("No copies are on the invoice."),
    "invoice-over": N("%(copies)s copies more than were ordered or received."),
    "invoice-early": N("%(copies)s copies have not been received: write why they are paid."),
    "invoice-difference": N(
        "The lines and the freight make %(computed)s, the invoice says %(stated)s: look at copies, rate and freight."
    ),
    "item-not-fresh": N("%(barcode)s has been used or changed since it was added."),
    "suggestion-unknown": N("There is no such suggestion any more."),
    "suggestion-isbn": N("%(isbn)s is no ISBN: look at the back cover, or leave it empty."),
    "suggestion-again": N("This book is asked for by you already."),
    "suggestion-many": N("%(most)s suggestions are open: wait for an answer first."),
    "suggestion-held": N("The library has it already: %(title)s."),
    "giver-kind": N("A giver is a person or an organisation, not %(kind)s."),
    "donation-unknown": N("There is no such gift."),
    "donation-undone": N("This gift was undone."),
    "donation-date": N("The gift is of a day to come."),
    "donation-anonymous": N("Who wishes to stay unnamed can't be thanked by name."),
    "donation-source": N("Books of a gift have the source “gift”."),
    "donation-taken": N("%(barcode)s belongs to a gift already."),
    "donation-empty": N("No book belongs to the gift yet."),
    "suggestion-state": N("The suggestion has moved on meanwhile: look at it again."),
    "subscription-unknown": N("There is no such subscription."),
    "subscription-ended": N("The subscription has ended."),
    "subscription-paid": N("The subscription is paid already."),
    "serial-kind": N("It is a periodical or a newspaper, not %(kind)s."),
    "serial-frequency": N("%(frequency)s is no frequency."),
    "serial-period": N("The period ends after it begins and is at most two years long."),
    "serial-pattern": N("Look at the days, the numbers and the months that appear as one."),
    "serial-many": N("The period has %(issues)s issues; from 1 to %(most)s are possible."),
    "serial-issue-unknown": N("There is no such issue any more."),
    "issue-skipped": N("This issue does not appear."),
    "issue-complete": N("All copies of this issue are here."),
    "issue-too-many": N("At most %(waiting)s copies are waited for."),
    "issue-came": N("Copies of it are here already."),
    "issue-number": N("The number is missing."),
    "issue-exists": N("There is an issue %(number)s already."),
    "issue-not-late": N("Issue %(number)s is not late."),
    "combine-nothing": N("No issue follows in this year that it could appear with."),
    "claim-nothing": N("Choose what is to be claimed."),
    "claim-unknown": N("There is no such claim."),
    "claim-how": N("A claim goes by letter, phone or mail, not %(how)s."),
    "bind-nothing": N("Choose what is to be bound."),
    "bind-mixed": N("Issues of one title, one place and one year are bound together."),
    "bind-bound": N("Some of it is bound already."),
    "volume-unknown": N("There is no such volume any more."),
    "not-an-issue": N("%(barcode)s is not an issue of a subscription."),
    "supplier-list-large": N("The file is larger than %(most)s MB."),
    "supplier-list-unreadable": N("The list can't be read: %(why)s"),
    "supplier-list-empty": N(
        "No book was found in the list: it needs a column for the title or ISBN."
    ),
}
