"""Lending, taking back, renewing, counting in-house use."""

from __future__ import annotations

from django.utils.translation import gettext as _

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.exchange import commands as exchange_commands
from shuxiang.apps.exchange import queries as exchange
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common.words import local_date
from shuxiang.interfaces.desk import holds
from shuxiang.interfaces.desk.answers import WORDS, Outcome
from shuxiang.interfaces.desk.reader import find
from shuxiang.interfaces.desk.scans import Scan, readers
from shuxiang.kernel import clock
from shuxiang.kernel.decision import ask, refuse, stop


def check_out(taken: Scan) -> Outcome:
    """A book goes to the reader at the desk; a card changes who that is."""
    items = stock.scanned_items(taken.code)
    served = taken.held.number and taken.held.present
    if not items or not served:
        found = readers.card(taken)
        if found is not None:
            return found
    if not served:
        if items:
            return Outcome("refused", taken.held, _("Scan the reader card first."), word=_("Card?"))
        day = clock.business_date(taken.ctx.occurred_at)
        if exchange.partner_of_card(taken.code, day):
            said = _("A card of a partner library: accept it first under Cards of partners.")
            return Outcome("refused", taken.held, said, word=_("Card?"))
        raise refuse(stop("card-unknown", number=taken.code))
    done = commands.check_out(
        item_barcode=taken.code,
        card=taken.held.number,
        card_library=taken.held.library or None,
        item_library=taken.library,
        by=taken.held.by,
        ctx=taken.ctx,
    )
    say = _("due %(due)s · %(n)s more can be lent") % {
        "due": local_date(done.due_on),
        "n": done.remaining,
    }
    return Outcome(
        "ok",
        taken.held,
        say,
        word=str(WORDS["checkout"]),
        code=done.barcode,
        what=done.title_text,
        tells=done.tells,
        undo=not done.repeated,
    )


def check_in(taken: Scan) -> Outcome:
    """A book comes back, whoever brings it; a card shows its reader."""
    if not stock.scanned_items(taken.code):
        found = readers.card(taken)
        if found is not None:
            return found
        theirs = exchange.partner_of_item(taken.code, clock.business_date(taken.ctx.occurred_at))
        if theirs is not None:
            return _for_partner(taken, theirs)
    done = commands.check_in(item_barcode=taken.code, item_library=taken.library, ctx=taken.ctx)
    returned = done.kind == "returned"
    calm = returned and not done.tells
    return Outcome(
        "ok" if calm else "notice",
        readers.holder(done.patron, taken.held) if returned else taken.held,
        done.call_number if calm else "",
        word=_where_to(done, returned),
        sound="hold" if done.hold else "transit" if done.transit_to else None,
        code=done.barcode,
        what=done.title_text,
        tells=done.tells,
        undo=returned,
        reader_changed=returned,
        panel_html=holds.panel(taken.request, done) if done.hold or done.transit_to else "",
        slip_html=holds.slip(taken.request, done) if done.hold else "",
    )


def _where_to(done: commands.CheckedIn, returned: bool) -> str:
    """The large word: what is to be done with the book."""
    if done.hold and not done.transit_to:
        return _("Hold shelf")
    if done.hold:
        return _("Send on")
    if done.kind == "received" and not done.transit_to:
        return _("Arrived")
    return str(WORDS["checkin"]) if returned else _("Not on loan")


def _for_partner(taken: Scan, partner: str) -> Outcome:
    """代还: a book of a partner's goes on the shelf for its courier."""
    done = exchange_commands.take_return(partner=partner, barcode=taken.code, ctx=taken.ctx)
    said = _("It belongs to %(owner)s: put it on the shelf for their courier.")
    return Outcome(
        "notice",
        taken.held,
        said % {"owner": done.partner_name},
        word=_("Returned for them"),
        sound="transit",
        code=done.barcode,
        reader_changed=False,
    )


def renew(taken: Scan) -> Outcome:
    """The loan of the scanned book is renewed; a card shows its reader."""
    items = stock.scanned_items(taken.code)
    if not items:
        found = readers.card(taken)
        if found is not None:
            return found
        raise refuse(stop("item-unknown", barcode=taken.code))
    mine = [i for i in items if taken.library in (None, i.library)]
    loans = [loan for i in mine if (loan := queries.open_loan_of(i.id)) is not None]
    theirs_only = False
    if len(mine) > 1:
        # The reader at the desk holds one of them: that is no guess.
        whose = find(taken.held)
        theirs = [loan for loan in loans if whose is not None and loan.patron == whose.patron]
        theirs_only = len(theirs) == 1
        loans = theirs if theirs_only else loans
    if len(mine) > 1 and not theirs_only:
        libraries = ",".join(sorted(i.library for i in mine))
        raise refuse(ask("item-ambiguous", barcode=taken.code, libraries=libraries))
    if not loans:
        raise refuse(stop("not-on-loan"))
    done = commands.renew(loan=loans[0].id, ctx=taken.ctx)
    say = _("due %(due)s (before: %(before)s)") % {
        "due": local_date(done.due_on),
        "before": local_date(done.due_before),
    }
    return Outcome(
        "ok",
        readers.holder(done.patron, taken.held),
        say,
        word=str(WORDS["renew"]),
        code=done.barcode,
        what=done.title_text,
        tells=done.tells,
        undo=True,
    )


def in_house(taken: Scan) -> Outcome:
    """A book picked up from a reading table is counted once."""
    done = commands.use_in_house(item_barcode=taken.code, item_library=taken.library, ctx=taken.ctx)
    return Outcome(
        "ok",
        taken.held,
        done.call_number,
        word=str(WORDS["inhouse"]),
        code=done.barcode,
        what=done.title_text,
        undo=True,
        reader_changed=False,
    )
