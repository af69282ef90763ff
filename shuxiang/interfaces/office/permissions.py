"""Every permission in words: what a role's page lists, by area."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AREAS: dict[str, str | Promise] = {
    "drift": _("Reading sites and drifting books"),
    "exchange": _("Partner libraries and branches"),
    "circulation": _("Lending"),
    "acquisitions": _("Buying and gifts"),
    "serials": _("Periodicals and newspapers"),
    "fees": _("Money and credit points"),
    "patrons": _("Readers"),
    "catalog": _("Catalogue"),
    "stock": _("Holdings"),
    "imports": _("Imports"),
    "rules": _("Loan rules"),
    "phases": _("Operating phases"),
    "places": _("Places and calendars"),
    "notices": _("Notices"),
    "visits": _("Gates and people inside"),
    "statistics": _("Statistics"),
    "staff": _("Staff accounts"),
    "system": _("Running the system"),
    "audit": _("Audit"),
}

WORDS: dict[str, str | Promise] = {
    "circulation.check_out": _("Lend"),
    "circulation.check_in": _("Take back, and open the desk"),
    "circulation.renew": _("Renew"),
    "circulation.in_house_use": _("Count reading in house"),
    "circulation.cancel": _("Take back what a terminal has just done"),
    "circulation.undo": _("Undo the last act at the desk"),
    "circulation.override.loan-limit": _("Lend beyond the limit"),
    "circulation.override.card-expired": _("Lend on an expired card"),
    "circulation.override.renewal-limit": _("Renew beyond the limit"),
    "circulation.override.overdue-loans": _("Lend in spite of overdue books"),
    "circulation.override.age-marked": _("Lend age-marked books to minors"),
    "circulation.override.item-on-hold-shelf": _("Lend what is reserved for another reader"),
    "circulation.override.hold-limit": _("Reserve beyond the limit"),
    "circulation.override.renewal-held": _("Renew although others wait"),
    "circulation.hold": _("Place, change and cancel reservations for readers"),
    "circulation.pull": _("Fetch reserved books, hold shelf and books on their way"),
    "circulation.slots": _("Pickup times"),
    "circulation.order_holds": _("Change the order of a queue, with a written why"),
    "circulation.visitors": _("Accept cards of partner libraries"),
    "circulation.interloan": _("Borrow from partner libraries for readers"),
    "circulation.override.visitor-unchecked": _("Lend on a partner's card that was not checked"),
    "circulation.override.interloan-for-another": _("Lend a borrowed book to somebody else"),
    "exchange.edit": _("Partner libraries and agreements"),
    "circulation.enter_paper": _("Enter what was written on paper"),
    "circulation.overdue_list": _("Lists of overdue loans and of loans due soon"),
    "circulation.report_lost": _("Report books lost or damaged"),
    "circulation.settle_lost": _("Settle lost and damaged books"),
    "circulation.waive_lost": _("Waive what a lost book costs"),
    "places.devices": _("Devices and their passwords"),
    "circulation.override.fees-owed": _("Lend in spite of what is owed"),
    "circulation.override.points-frozen": _("Lend in spite of lost credit points"),
    "circulation.override.points-frozen-for-good": _("Lend when credit points stay lost"),
    "circulation.override.deposit-missing": _("Lend without the deposit"),
    "circulation.override.price-above-deposit": _("Lend what is dearer than the deposit"),
    "circulation.override.fund-exceeded": _("Order beyond the fund, with a written why"),
    "acquisitions.view": _("See orders and funds"),
    "acquisitions.order": _("Write, place and cancel orders"),
    "acquisitions.receive": _("Receive what was ordered"),
    "acquisitions.decide": _("Answer suggestions of readers"),
    "acquisitions.donations": _("Gifts of books and certificates"),
    "acquisitions.forget": _("Forget who suggested what (for the worker)"),
    "acquisitions.money": _("Funds, suppliers and invoices"),
    "serials.view": _("See subscriptions and issues"),
    "serials.edit": _("Subscribe to titles and change their issues"),
    "serials.check_in": _("Check issues in"),
    "serials.claim": _("Claim late issues"),
    "serials.bind": _("Bind issues into volumes"),
    "fees.view": _("See what a reader owes, has deposited and has left"),
    "fees.charge": _("Charge readers"),
    "fees.pay": _("Take money and keep a drawer"),
    "fees.refund": _("Give payments back"),
    "fees.void": _("Take back charges made by mistake"),
    "fees.waive": _("Waive charges"),
    "fees.deposit": _("Take deposits and give them back"),
    "fees.forfeit": _("Keep a deposit"),
    "fees.credit": _("Let readers borrow without a deposit"),
    "fees.restore_points": _("Give credit points back"),
    "fees.amnesty": _("Amnesties"),
    "fees.cash_report": _("The day's cash of every drawer"),
    "fees.rules": _("What is charged: fee rules"),
    "places.answer_call": _("Answering self-service machines that call"),
    "patrons.view": _("Find readers and see their page"),
    "patrons.register": _("Register readers"),
    "patrons.change": _("Change a reader's data"),
    "patrons.cards": _("Replace, renew, report and find cards"),
    "patrons.close": _("Close a reader's account"),
    "patrons.suspend": _("Suspend readers"),
    "patrons.unmask": _("See masked numbers, with a written why"),
    "patrons.view_phone": _("See phone numbers in lists"),
    "circulation.take_journal": _("Take in what an offline desk wrote down"),
    "drift.edit": _("The register of sites, drifting books and stickers"),
    "drift.count": _("Count a site's shelf, add and take out drifting books"),
    "notices.assemble": _("Put messages together"),
    "notices.deliver": _("Send messages"),
    "notices.forget": _("Forget old messages"),
    "notices.own": _("One's own choice of messages"),
    "notices.queue": _("Put messages into the queue"),
    "patrons.block_card": _("Stop a card at a terminal"),
    "patrons.issue_card": _("Issue cards at a machine"),
    "patrons.open_for_client": _("Act for readers without their PIN"),
    "patrons.present_card": _("Show a card at a terminal"),
    "stock.set_properties": _("Note what a terminal says of an item"),
    "visits.may_enter": _("Ask whether somebody may come in"),
    "visits.nightly": _("Set the people inside to zero at night"),
    "visits.record": _("Send what a gate counted"),
    "patrons.pin": _("Give a reader a new PIN"),
    "patrons.edit_categories": _("Reader categories"),
    "patrons.override.age-below-category": _("Register below a category's age"),
    "patrons.override.age-above-category": _("Register above a category's age"),
    "catalog.edit": _("Edit titles"),
    "catalog.targets": _("Targets that records are copied from"),
    "catalog.classification": _("Import class tables and author numbers"),
    "catalog.authorities": _("Authorities"),
    "catalog.edit_batch": _("Change many records or items at once"),
    "catalog.merge": _("Find duplicates and merge titles"),
    "catalog.import": _("Import titles and items"),
    "catalog.edit_variants": _("Spellings that search treats as one word"),
    "stock.view": _("Look up items and holdings"),
    "stock.edit": _("Add and change items"),
    "stock.labels": _("Print labels"),
    "stock.enter_batch": _("Enter books by the batch"),
    "stock.hand_over": _("Hand batches over and take them over"),
    "stock.plan_processing": _("Barcode ranges and conversion projects"),
    "stock.accept_replacement": _("Accept a copy in place of a lost one"),
    "stock.move": _("Move items"),
    "stock.floating": _("Floating stock"),
    "stock.inventory": _("Inventories"),
    "stock.rebalance": _("Move copies to where they are asked for"),
    "stock.rotate": _("Rotating sets"),
    "stock.propose_withdrawal": _("Propose books for withdrawal"),
    "stock.review_withdrawal": _("Review what is proposed for withdrawal"),
    "stock.approve_withdrawal": _("Approve what leaves the stock"),
    "stock.withdraw": _("Withdraw items"),
    "stock.edit_categories": _("Item categories"),
    "rules.edit": _("Loan rules"),
    "phases.edit": _("Write operating phases and their plan"),
    "phases.apply": _("Apply, extend and take back operating phases"),
    "places.edit": _("Places, settings and calendars"),
    "places.edit_past": _("Correct days already past in a calendar"),
    "places.announce": _("Announcements and the library's own texts"),
    "notices.manage": _("See the queue of notices, take notices back"),
    "notices.templates": _("Write the texts of notices"),
    "visits.count": _("Count people at the door"),
    "statistics.day_sheet": _("Day and month tables, rankings"),
    "statistics.view": _("Statistics and the annual report"),
    "statistics.enter_visits": _("Enter visits"),
    "statistics.explain": _("Explain a contradiction in the report"),
    "statistics.edit_report": _("Write the report's own text"),
    "statistics.publish": _("Publish the annual report and seal years"),
    "staff.edit": _("Accounts, roles and who holds them"),
    "system.forget_history": _("Make readers' history forgotten at once"),
    "system.backups": _("Backups and the state of the server"),
    "audit.view": _("Read and export the change log"),
}


def area_of(action: str) -> str:
    """``circulation`` of ``circulation.check_out``."""
    return action.partition(".")[0]


def holds(actions: Iterable[str], action: str) -> bool:
    """Whether a role's actions, wildcards included, contain one."""
    return any(a == action or (a.endswith("*") and action.startswith(a[:-1])) for a in actions)


def by_area(actions: Iterable[str]) -> list[tuple[str | Promise, list[str | Promise]]]:
    """A role's actions in words, by area; a whole area is told as its name alone."""
    given = set(actions)
    found = []
    for area, name in AREAS.items():
        if f"{area}.*" in given:
            found.append((name, [_("everything")]))
            continue
        words = [
            text for code, text in WORDS.items() if area_of(code) == area and holds(given, code)
        ]
        if words:
            found.append((name, words))
    return found


def grouped() -> list[tuple[str | Promise, list[tuple[str, str | Promise]]]]:
    """(area's name, its actions with words), for a form."""
    found = [
        (name, [(c, text) for c, text in WORDS.items() if area_of(c) == area])
        for area, name in AREAS.items()
    ]
    return [(name, actions) for name, actions in found if actions]
