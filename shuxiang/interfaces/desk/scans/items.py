"""Looking up a book by its barcode; nothing is changed by it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.desk import items
from shuxiang.interfaces.desk.answers import Outcome
from shuxiang.interfaces.desk.scans import Scan, readers
from shuxiang.kernel.decision import ask, refuse, stop


def look_up(taken: Scan) -> Outcome:
    """The mode ``item``: a book; a card shows its reader all the same."""
    found = stock.scanned_items(taken.code)
    mine = [i for i in found if taken.library in (None, i.library)]
    if len(mine) > 1:
        libraries = ",".join(sorted(i.library for i in mine))
        raise refuse(ask("item-ambiguous", barcode=taken.code, libraries=libraries))
    if not mine:
        card = readers.card(taken)
        if card is not None:
            return card
        raise refuse(stop("item-unknown", barcode=taken.shown))
    item = mine[0]
    loan = circulation.open_loan_of(item.id)
    if loan is not None:
        say = _("on loan, due %(due)s") % {"due": local_date(loan.due_on)}
    else:
        say = str(items.STATES.get(item.status, items.STATES["blocked"])[1])
    return Outcome(
        "reader",
        taken.held,
        say,
        word=_("Book"),
        what=item.title_text,
        panel_html=items.panel(taken.request, item),
    )
