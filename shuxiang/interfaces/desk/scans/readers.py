"""Scans that mean a reader: a card, an ID card, or a name or phone typed by hand."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.common import staff
from shuxiang.interfaces.common.words import due_words, mask_name
from shuxiang.interfaces.desk import answers
from shuxiang.interfaces.desk.answers import Outcome
from shuxiang.interfaces.desk.reader import Held, find
from shuxiang.interfaces.desk.scans import Scan
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Refused, ask, refuse, stop

MOST_CHOICES = 9


def card(taken: Scan) -> Outcome | None:
    """The outcome when the scan is a reader's card, else None."""
    cards = patrons.card_for_loan(taken.code)
    if taken.library:
        cards = tuple(c for c in cards if c.library == taken.library)
    if not cards:
        return None
    if len(cards) > 1:
        libraries = ",".join(c.library for c in cards)
        raise refuse(ask("card-ambiguous", number=taken.code, libraries=libraries))
    return _at_desk(taken, cards[0])


def _at_desk(taken: Scan, reader: patrons.LoanReader) -> Outcome:
    against = reader.opens(clock.business_date(taken.ctx.occurred_at))
    if reader.status in ("replaced", "closed"):
        # Whoever holds an old card learns nothing about the reader (I17).
        raise Refused(against)
    say = _("%(name)s · %(category)s · %(n)s books out") % {
        "name": mask_name(reader.name),
        "category": reader.category_name,
        "n": len(circulation.open_loans(reader.patron)),
    }
    return Outcome(
        "reader" if against.allowed else "notice",
        Held(reader.number, reader.library),
        say,
        word=_("Reader"),
        tells=against.refusing,
        mode="checkout" if taken.mode == "reader" else "",
    )


def act_for(taken: Scan) -> Outcome:
    """The mode ``for``: the reader at the desk borrows for the holder of the card (row C3)."""
    own = find(taken.held)
    if own is None or not taken.held.present:
        raise refuse(stop("proxy-not-allowed"))
    today = clock.business_date(taken.ctx.occurred_at)
    allowed = {one.patron for one in patrons.acts_for(own.patron, today)}
    cards = [c for c in patrons.card_for_loan(taken.code) if c.patron in allowed]
    if not cards:
        raise refuse(stop("proxy-not-allowed"))
    outcome = _at_desk(taken, cards[0])
    return replace(outcome, held=replace(outcome.held, by=own.patron))


def of_patron(taken: Scan, patron: str) -> Outcome:
    """The reader that the clerk chose of several, or that a document or phone number belongs to."""
    reader = patrons.loan_reader(patron)
    if reader is None:
        raise refuse(stop("patron-unknown"))
    return _at_desk(taken, reader)


def is_document(taken: Scan) -> bool:
    """Whether the scan is an ID number: 18 digits always, 15 where no card and no book has them."""
    if taken.is_id_number or not taken.like_old_id_number:
        return taken.is_id_number
    return not (patrons.cards_by_number(taken.code) or stock.scanned_items(taken.code))


def by_document(taken: Scan) -> Outcome:
    """An ID card in place of the reader card: its holder's account, else the children they answer
    for, of whom one is chosen. A guardian's number is never the child's own (row C3)."""
    found = [p for p in patrons.find_patrons(taken.code) if not p.closed]
    own = [p for p in found if p.through == "document"]
    children = [p for p in found if p.through == "guardian"]
    if own:
        return of_patron(taken, own[0].id)
    if not children or not staff.may(taken.request, "patrons.view"):
        raise refuse(stop("document-unknown", number=taken.shown))
    said = ngettext(
        "A guardian's document, %(n)d child.",
        "A guardian's document, %(n)d children.",
        len(children),
    ) % {"n": len(children)}
    options = [(p.id, _described(p)) for p in children[:MOST_CHOICES]]
    return answers.which(taken.asked(), said, _("Which child is it for?"), "patron", options)


def look_up(taken: Scan) -> Outcome:
    """The mode ``reader``: a card; a book, whose borrower is shown; a phone number or a name."""
    found = card(taken)
    if found is not None:
        return found
    items = stock.scanned_items(taken.code)
    if items:
        return _borrower(taken, items)
    people = patrons.find_patrons(taken.text, limit=MOST_CHOICES + 1)
    people = tuple(p for p in people if not p.closed)
    if not people or not staff.may(taken.request, "patrons.view"):
        raise refuse(stop("reader-not-found", text=taken.text))
    if len(people) == 1:
        return of_patron(taken, people[0].id)
    if len(people) > MOST_CHOICES:
        raise refuse(stop("readers-too-many", text=taken.text, most=MOST_CHOICES))
    options = [(p.id, _described(p)) for p in people]
    said = _("%(n)s readers match.") % {"n": len(people)}
    return answers.which(taken.asked(), said, _("Which reader is it?"), "patron", options)


def _described(row: patrons.PatronRow) -> str:
    born = str(row.born_on.year) if row.born_on else ""
    return " · ".join(x for x in (row.name, born, row.category_name, row.card) if x)


def _borrower(taken: Scan, items: tuple[stock.ScannedItem, ...]) -> Outcome:
    mine = [i for i in items if taken.library in (None, i.library)]
    if len(mine) > 1:
        libraries = ",".join(sorted(i.library for i in mine))
        raise refuse(ask("item-ambiguous", barcode=taken.code, libraries=libraries))
    loan = circulation.open_loan_of(mine[0].id) if mine else None
    if loan is None:
        raise refuse(stop("not-on-loan"))
    due = due_words(loan.due_on, clock.business_date(taken.ctx.occurred_at))
    return Outcome(
        "reader",
        holder(loan.patron, taken.held),
        _("is with this reader, %(due)s.") % {"due": due},
        word=_("Reader"),
        what=mine[0].title_text,
    )


def holder(patron: str, held: Held) -> Held:
    """Whose book it was, shown at the desk; the reader already there stays present."""
    found = patrons.live_card(patron) if patron else None
    if found is None:
        return held
    whose = Held(found.number, found.library, present=False)
    return held if whose.same_card(held) else whose
