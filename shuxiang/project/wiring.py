"""Who answers what: the authorizer, guards and participants, registered once at start."""

from __future__ import annotations

from datetime import date

from shuxiang.apps.catalog.commands import merging
from shuxiang.apps.circulation import commands as lending
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.circulation.commands import retitling
from shuxiang.apps.exchange import commands as exchange_commands
from shuxiang.apps.exchange import queries as exchange
from shuxiang.apps.fees import commands as fees_commands
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.notices import commands as notices
from shuxiang.apps.places import queries as places
from shuxiang.apps.staff import queries as staff
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import merging as copies
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, stop, tell
from shuxiang.kernel.values import yuan
from shuxiang.runtime import guards
from shuxiang.runtime.commands import set_authorizer


def _open_loans(*, ctx: Context, patron: str) -> tuple[Reason, ...]:
    count = len(circulation.open_loans(patron))
    return (stop("loans-open", count=count),) if count else ()


def _lost_unsettled(*, ctx: Context, patron: str) -> tuple[Reason, ...]:
    # One still on loan is told as such already.
    count = sum(not case.loan_open for case in circulation.lost_cases_of(patron))
    return (stop("lost-unsettled", count=count),) if count else ()


def _money_open(*, ctx: Context, patron: str) -> tuple[Reason, ...]:
    owed, held = fees.owed(patron), fees.deposit_held(patron)
    reasons = (stop("charges-open", owed=yuan(owed)),) if owed else ()
    return (*reasons, stop("deposit-in-books", held=yuan(held))) if held else reasons


def _in_the_books(*, ctx: Context, patron: str) -> tuple[Reason, ...]:
    return (stop("reader-in-books"),) if fees.in_books(patron) else ()


def _past_days_opened(*, ctx: Context, place: str, days: tuple[date, ...]) -> None:
    fees_commands.exempt(place_ids=(place,), days=days)


def _item_on_loan(*, ctx: Context, item: str) -> tuple[Reason, ...]:
    loan = circulation.open_loan_of(item)
    return (stop("item-on-loan", due=loan.due_on.isoformat()),) if loan else ()


def _needs_a_list(*, ctx: Context, item: str) -> tuple[Reason, ...]:
    """A book leaves by proposal, review and approval unless its library has said otherwise."""
    found = stock.item(item)
    if ctx.channel != "office" or found is None:
        return ()
    alone = places.setting(found.owner, "stock.withdraw_one").value
    return () if alone else (stop("withdrawal-needs-list"),)


def _title_with_items(*, ctx: Context, title: str) -> tuple[Reason, ...]:
    return (stop("title-has-items"),) if stock.has_items(title) else ()


def _place_with_items(*, ctx: Context, place: str) -> tuple[Reason, ...]:
    count = sum(h.items for h in stock.holdings((place,)))
    return (stop("place-has-items", count=count),) if count else ()


def _item_set_aside(*, ctx: Context, item: str) -> tuple[Reason, ...]:
    transit = circulation.transit_of(item)
    if transit is not None:
        return (stop("item-in-transit", place=transit.destination),)
    held = circulation.set_aside([item]).get(item)
    return (stop("item-on-hold-shelf", pickup=held.pickup),) if held else ()


def _item_held_once(*, ctx: Context, item: str) -> tuple[Reason, ...]:
    return (stop("item-has-holds"),) if circulation.held_once(item=item) else ()


def _title_held_once(*, ctx: Context, title: str) -> tuple[Reason, ...]:
    return (stop("title-has-holds"),) if circulation.held_once(title=title) else ()


def _holds_of_removed(*, ctx: Context, patron: str) -> tuple[Reason, ...]:
    return (stop("holds-open"),) if circulation.held_once(patron=patron) else ()


def _place_with_holds(*, ctx: Context, place: str) -> tuple[Reason, ...]:
    count = circulation.leading_to(place)
    return (stop("place-has-holds", count=count),) if count else ()


def _cancel_holds(*, ctx: Context, patron: str) -> None:
    lending.cancel_holds_of(patron=patron, ctx=ctx)


def _item_gone(*, ctx: Context, item: str) -> None:
    lending.item_gone(item=item, ctx=ctx)


def _forget_notices(*, ctx: Context, patron: str) -> None:
    notices.forget_reader(patron=patron, ctx=ctx)


def _visiting(*, ctx: Context, patron: str, library: str) -> tuple[Reason, ...]:
    loans = len(circulation.open_loans(patron))
    return exchange.visit_reasons(patron, library, loans, ctx.occurred_at)


def _visiting_limit(*, ctx: Context, patron: str, library: str) -> tuple[Reason, ...]:
    limit = exchange.visit_limit(patron, library, ctx.occurred_at)
    return () if limit is None else (tell("visitor-limit", limit=limit),)


def wire() -> None:
    """Register everything; harmless when called twice."""
    set_authorizer(staff.authorize)
    guards.register_guard("circulation.visitor", _visiting)
    guards.register_guard("circulation.visitor_limit", _visiting_limit)
    guards.register_guard("circulation.borrowed", exchange_commands.kept_for)
    guards.register_guard("patrons.close_account", _open_loans)
    guards.register_guard("patrons.close_account", _lost_unsettled)
    guards.register_guard("patrons.close_account", _money_open)
    guards.register_guard("patrons.remove", _open_loans)
    guards.register_guard("patrons.remove", _in_the_books)
    guards.register_participant("places.past_days_opened", _past_days_opened)
    guards.register_guard("patrons.remove", _holds_of_removed)
    guards.register_participant("patrons.card_replaced", fees_commands.card_replaced)
    guards.register_participant("patrons.account_closed", _cancel_holds)
    guards.register_participant("patrons.account_closed", _forget_notices)
    guards.register_guard("catalog.remove_title", _title_held_once)
    guards.register_guard("places.close", _place_with_holds)
    guards.register_guard("stock.unaccession", _item_held_once)
    guards.register_guard("stock.move", _item_set_aside)
    guards.register_participant("stock.item_gone", _item_gone)
    guards.register_guard("catalog.remove_title", _title_with_items)
    guards.register_guard("places.close", _place_with_items)
    guards.register_guard("stock.unaccession", _item_on_loan)
    guards.register_guard("stock.withdraw", _item_on_loan)
    guards.register_guard("stock.withdraw_alone", _needs_a_list)
    guards.register_guard("stock.move", _item_on_loan)
    # Queues and who waits in them are locked before the copies (design §4.3).
    guards.register_guard(merging.GUARD, retitling.refuses)
    guards.register_participant(merging.MERGED, retitling.move)
    guards.register_participant(merging.MERGED, copies.move)
    guards.register_guard(merging.UNDO_GUARD, retitling.not_back)
    guards.register_guard(merging.UNDO_GUARD, copies.not_back)
    guards.register_participant(merging.UNDONE, retitling.move_back)
    guards.register_participant(merging.UNDONE, copies.move_back)
