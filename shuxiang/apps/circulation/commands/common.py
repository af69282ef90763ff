"""What the loan commands share: finding, locking, lifting reasons, dimensions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from shuxiang.apps.circulation import queries, rules
from shuxiang.apps.circulation.queries import counts, too_young
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands.custody import set_status
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Reason, Refused, Severity, ask, refuse, stop
from shuxiang.kernel.values import scanned
from shuxiang.runtime import guards, sql
from shuxiang.runtime.commands import Dimensions, age_band, permitted, record

AGAIN = timedelta(minutes=10)


def find_item(barcode: str, library: str | None, ctx: Context) -> stock.ScannedItem:
    """The item a scan means. Refuses with ``item-unknown``, ``barcode-foreign``, ``scan-is-card`` or
    ``item-ambiguous`` (with the owning libraries to choose from). At a terminal, which can't ask, a code
    of several libraries means its own library's (SC-7)."""
    code = scanned(barcode)
    if not code:
        raise refuse(stop("scan-empty"))
    found = stock.scanned_items(code)
    own = _own_library(ctx)
    if library is not None:
        found = tuple(i for i in found if i.library == library)
    elif len(found) > 1 and any(i.library == own for i in found):
        found = tuple(i for i in found if i.library == own)
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(code, found)
    if patrons.card_for_loan(code):
        raise refuse(stop("scan-is-card", barcode=code))
    length = places.setting(ctx.service_point, "items.barcode_length").value
    if length and len(code) != length:
        raise refuse(stop("barcode-foreign", barcode=code))
    raise refuse(stop("item-unknown", barcode=code))


def find_returned(barcode: str, library: str | None, ctx: Context) -> stock.ScannedItem:
    """The item that a return scan means. At a terminal, where nobody can choose, the records do: of
    several libraries' items the only one on loan, else the only one awaited there, else the only one
    given back there a moment ago; where they don't tell, it is refused as `find_item` does (CI-9)."""
    found = stock.scanned_items(scanned(barcode)) if library is None else ()
    if len(found) < 2 or ctx.actor.kind != "terminal":
        return find_item(barcode, library, ctx)
    here = ctx.service_point
    lent = [i for i in found if queries.open_loan_of(i.id) is not None]
    if len(lent) == 1:
        return lent[0]
    if not lent:
        sent = queries.transits_of([i.id for i in found])
        for meant in (
            [i for i in found if i.id in sent and sent[i.id].destination == here],
            [i for i in found if just_given_back(queries.last_return(i.id), ctx)],
        ):
            if len(meant) == 1:
                return meant[0]
    raise _ambiguous(scanned(barcode), found)


def just_given_back(last: tuple[datetime, str] | None, ctx: Context) -> bool:
    """Whether the last return (when, where) of an item was here, less than `AGAIN` ago."""
    if last is None or last[1] != ctx.service_point:
        return False
    return timedelta(0) <= ctx.occurred_at - last[0] < AGAIN


def _ambiguous(code: str, found: tuple[stock.ScannedItem, ...]) -> Refused:
    choices = ",".join(sorted(i.library for i in found))
    return refuse(ask("item-ambiguous", barcode=code, libraries=choices))


def find_reader(number: str, library: str | None, ctx: Context | None = None) -> patrons.LoanReader:
    """The reader a card means, of several at a terminal the one of its own library (SC-7). Refuses with
    ``card-unknown``, ``scan-is-item`` or ``card-ambiguous``."""
    code = scanned(number)
    if not code:
        raise refuse(stop("scan-empty"))
    found = patrons.card_for_loan(code)
    if library is not None:
        found = tuple(r for r in found if r.library == library)
    elif len(found) > 1 and ctx is not None and any(r.library == _own_library(ctx) for r in found):
        found = tuple(r for r in found if r.library == _own_library(ctx))
    if len(found) == 1:
        return found[0]
    if found:
        choices = ",".join(sorted(r.library for r in found))
        raise refuse(ask("card-ambiguous", number=code, libraries=choices))
    if stock.scanned_items(code):
        raise refuse(stop("scan-is-item", number=code))
    raise refuse(stop("card-unknown", number=code))


def _own_library(ctx: Context) -> str:
    """The library of a terminal's place; '' where a person could be asked."""
    return places.place(ctx.service_point).library if ctx.actor.kind == "terminal" else ""


def lock(patron: str | None, item: str, *, title: str | None = None) -> None:
    """Lock in the one order every command keeps: the title's queue where there is one, readers, then
    items. SQLite's one writer already holds everything."""
    if sql.is_sqlite():
        return
    if title is not None:
        sql.one(
            "SELECT last_seq FROM circulation_holdqueue WHERE title_id = ?" + sql.for_update(),
            title,
        )
    if patron is not None:
        patrons.lock_patron(patron)
    stock.lock_item(item)


def settled(decision: Decision, ctx: Context, *, place: str, never: frozenset[str]) -> Decision:
    """The decision after the overrides the actor asked for and may give.

    Raises Refused with all reasons that are left; an override of a reason in ``never``, without the
    permission ``circulation.override.<code>`` or without a why lifts nothing and is said so. A reason
    that only asks needs an answer (an override with a why), no permission.
    """
    extra: list[Reason] = []
    lifted: list[str] = []
    asks = {r.code for r in decision.reasons if r.severity is Severity.ASK}
    for override in ctx.overrides:
        if override.code not in decision.codes:
            continue
        if not override.why.strip():
            extra.append(stop("override-without-why", code=override.code))
        elif override.code in never:
            extra.append(stop("override-impossible", code=override.code))
        elif override.code in asks or permitted(
            ctx, f"circulation.override.{override.code}", place
        ):
            lifted.append(override.code)
        else:
            extra.append(stop("override-not-permitted", code=override.code))
    left = decision.lifted(lifted)
    if extra or not left.allowed:
        raise Refused(Decision((*left.reasons, *extra)))
    return left


def override_data(decision: Decision, ctx: Context) -> dict[str, list[dict[str, str]]] | None:
    """What the ledger keeps of the overrides that were used: which reason, and why."""
    used = [
        {"code": o.code, "why": o.why.strip()}
        for o in ctx.overrides
        if any(r.code == o.code and r.data.get("overridden") for r in decision.reasons)
    ]
    return {"overrides": used} if used else None


def age_reasons(
    reader: patrons.LoanReader, item: stock.ScannedItem, place: str, on: date
) -> tuple[Reason, ...]:
    """What an age mark has against this reader at this place (CO-9)."""
    least = too_young(reader, item.least_age, place, on)
    return (stop("age-marked", least=least),) if least else ()


def borrower(
    reader: patrons.LoanReader,
    rule: rules.Rule | None,
    item: stock.ScannedItem,
    place: str,
    on: date,
) -> rules.Borrower:
    """The reader's side of a decision; a rule for one item category counts that category's loans."""
    held = counts(reader.patron, item.category, on)
    of_category = rule is not None and rule.item_category != rules.ANY
    return rules.Borrower(
        patron=reader.patron,
        reasons=(*reader.opens(on).reasons, *age_reasons(reader, item, place, on)),
        open_loans=held.of_category if of_category else held.open,
        overdue_loans=held.overdue,
    )


def representing(
    by: str, reader: patrons.LoanReader, item: stock.ScannedItem, place: str, on: date
) -> tuple[str, tuple[Reason, ...]]:
    """By what right ``by`` borrows for the reader ('' for nobody), and what is against it (CO-10): no
    guardian and no consent, a card of their own that does not open, an age mark above their own age."""
    if by in ("", reader.patron):
        return "", ()
    who = patrons.loan_reader(by)
    how = patrons.how_acts(by, reader.patron, on) if who else ""
    if who is None or not how:
        return "", (stop("proxy-not-allowed"),)
    closed = (stop("proxy-card"),) if who.opens(on).refusing else ()
    return how, (*closed, *age_reasons(who, item, place, on))


def source_of(reader: patrons.LoanReader | None, item: stock.ScannedItem) -> str:
    """What the ledger's ``source`` says of a loan: ``interloan`` of a book borrowed from a partner, which
    is counted apart; ``group`` for 集体外借, which is nobody's visit; ``visitor`` on a partner's card; ''
    for all others."""
    if places.is_partner(item.library):
        return "interloan"
    if reader is None:
        return ""
    if patrons.is_group(reader):
        return "group"
    return "visitor" if places.is_partner(reader.library) else ""


def borrowed(
    item: stock.ScannedItem, reader: patrons.LoanReader, ctx: Context, on: date
) -> tuple[Reason, ...]:
    """Against lending a partner's book: it must be back there by now (IL-4), or was borrowed for
    somebody else, as the guard ``circulation.borrowed`` says with ``item`` and ``patron`` (IL-3)."""
    if item.back_by is None:
        return ()
    kept = guards.ask("circulation.borrowed", ctx, item=item.id, patron=reader.patron)
    if on < item.back_by:
        return kept
    return (*kept, stop("interloan-back-due", day=item.back_by.isoformat()))


def visiting(reader: patrons.LoanReader, ctx: Context) -> tuple[Reason, ...]:
    """What the agreement with a partner has against lending on its card: guard ``circulation.visitor``
    with the facts ``patron`` and ``library``."""
    if not places.is_partner(reader.library):
        return ()
    return guards.ask("circulation.visitor", ctx, patron=reader.patron, library=reader.library)


def allowance(rule: rules.Rule, reader: patrons.LoanReader, ctx: Context) -> int:
    """How many books the reader may have at once: as the rule says, or fewer by the agreement on a
    partner's card: guard ``circulation.visitor_limit``, whose reasons carry the ``limit``."""
    if not places.is_partner(reader.library):
        return rule.loan_limit
    said = guards.ask(
        "circulation.visitor_limit", ctx, patron=reader.patron, library=reader.library
    )
    return min([rule.loan_limit, *(int(str(r.data["limit"])) for r in said)])


def told(
    data: dict[str, Any] | None, through: str, overlay: rules.Overlay | None = None
) -> dict[str, Any] | None:
    """What the ledger keeps of an act besides: overrides, that somebody acted for the reader, and the
    operating phase that added to the rule."""
    more = {"through": through} if through else {}
    if overlay is not None:
        more["phase"] = overlay.phase
    return {**(data or {}), **more} if more else data


def dimensions(
    item: stock.ScannedItem, reader: patrons.LoanReader | None, lending_place: str | None, on: date
) -> Dimensions:
    return Dimensions(
        reader_category=reader.category if reader else "",
        age_band=age_band(reader.born_on, on) if reader else "",
        item_category=item.category,
        clc=item.clc,
        owner_place=item.owner,
        lending_place=lending_place,
    )


def found_again(item: stock.ScannedItem, ctx: Context, seq: int) -> None:
    """An item thought lost or missing is in somebody's hands: it is available again."""
    set_status(item.id, status="available", seq=seq)
    record(
        "item.status",
        ctx=ctx,
        library=item.library,
        item=item.id,
        item_seq=seq,
        title=item.title,
        dimensions=dimensions(item, None, None, clock.business_date(ctx.occurred_at)),
        data={"before": item.status, "after": "available"},
    )
