"""借书."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from shuxiang.apps.circulation import queries, rules
from shuxiang.apps.circulation.commands import common
from shuxiang.apps.circulation.commands.holds import lending
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.patrons.queries import LoanReader
from shuxiang.apps.stock.commands.custody import advance
from shuxiang.apps.stock.queries import ScannedItem
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason
from shuxiang.kernel.ids import new_id
from shuxiang.runtime import sql
from shuxiang.runtime.commands import command, record

NEVER = frozenset(
    {
        "item-on-loan",
        "item-withdrawn",
        "card-replaced",
        "card-closed",
        "no-rule",
        "interloan-back-due",
        "proxy-not-allowed",
        "proxy-card",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOut:
    """A loan made. ``remaining`` is how many more the reader may borrow; ``repeated``
    says that the same scan had already made this loan; ``hold`` is the reader's hold it filled."""

    loan: str
    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    patron: str
    card: str
    due_on: date
    open_loans: int
    remaining: int
    rule: str
    tells: tuple[Reason, ...] = ()
    repeated: bool = False
    hold: str = ""


@command("circulation.check_out", permission="circulation.check_out")
def check_out(
    *,
    item_barcode: str,
    card: str,
    item_library: str | None = None,
    card_library: str | None = None,
    by: str = "",
    ctx: Context,
) -> CheckedOut:
    """Lend an item to the holder of a card at ``ctx.service_point``.

    ``item_library`` and ``card_library`` say which is meant where a scan could mean two. ``by`` is the
    reader who borrows for the holder, as guardian or proxy. Raises Refused with every reason; nothing
    has changed then.
    """
    on = clock.business_date(ctx.occurred_at)
    place = ctx.service_point
    reader = common.find_reader(card, card_library, ctx)
    item = common.find_item(item_barcode, item_library, ctx)
    common.lock(reader.patron, item.id, title=item.title)
    if not sql.is_sqlite():
        reader = common.find_reader(card, card_library, ctx)
        item = common.find_item(item_barcode, item_library, ctx)
    loan = queries.open_loan_of(item.id)
    explained = queries.explain(place, reader.category, item.category, on)
    rule = explained.rule
    held = common.borrower(reader, rule, item, place, on)
    if (
        loan is not None
        and rule is not None
        and rules.is_repeat(loan, patron=reader.patron, place=place, at=ctx.occurred_at)
    ):
        allowed = common.allowance(rule, reader, ctx)
        return _answer(
            item, reader, loan.id, loan.due_on, held.open_loans, rule, allowed, repeated=True
        )
    through, against = common.representing(by, reader, item, place, on)
    money = fees.against_lending(
        reader.patron, reader.category, place, on, price_fen=item.price_fen
    )
    now = lending.standing(item)
    decision = common.settled(
        rules.may_check_out(
            status=item.status,
            category_lendable=item.category_lendable,
            loan=loan,
            borrower=replace(
                held,
                reasons=(
                    *held.reasons,
                    *against,
                    *money,
                    *common.borrowed(item, reader, ctx, on),
                    *common.visiting(reader, ctx),
                ),
            ),
            rule=rule,
            quarantined_until=queries.quarantined([item.id], ctx.occurred_at).get(item.id),
            aside=lending.kept_for_another(now, item, reader.patron),
        ),
        ctx,
        place=place,
        never=NEVER,
    )
    assert rule is not None, "no-rule is never lifted"
    due_on = queries.due_date(place, on, rule.loan_days, latest=item.back_by)
    loan_id, seq = new_id(), item.event_seq + 1
    sql.run(
        "INSERT INTO circulation_loan (id, library, item_id, title_id, patron_id, card_id, by_id, "
        "place_id, rule_id, lent_at, lent_on, due_on, renewals, ended_as) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '')",
        loan_id,
        item.library,
        item.id,
        item.title,
        reader.patron,
        reader.card,
        by if through else None,
        place,
        rule.id,
        ctx.occurred_at,
        on,
        due_on,
    )
    if item.status in ("lost", "missing"):
        common.found_again(item, ctx, seq)
        seq += 1
    seq = lending.make_way(item, now, reader.patron, ctx, seq=seq)
    advance(item.id, seq=seq, holder=place)
    record(
        "loan.opened",
        ctx=ctx,
        library=item.library,
        item=item.id,
        item_seq=seq,
        title=item.title,
        loan=loan_id,
        dimensions=common.dimensions(item, reader, place, on),
        patron=reader.patron,
        card=reader.card,
        source=common.source_of(reader, item),
        data=common.told(common.override_data(decision, ctx), through, explained.overlay),
    )
    hold = lending.fill(item, now, reader, loan_id, ctx, seq=seq)
    allowed = common.allowance(rule, reader, ctx)
    open_loans = held.open_loans + 1
    return _answer(
        item, reader, loan_id, due_on, open_loans, rule, allowed, tells=decision.reasons, hold=hold
    )


def _answer(
    item: ScannedItem,
    reader: LoanReader,
    loan: str,
    due_on: date,
    open_loans: int,
    rule: rules.Rule,
    allowed: int,
    *,
    tells: tuple[Reason, ...] = (),
    repeated: bool = False,
    hold: str = "",
) -> CheckedOut:
    return CheckedOut(
        loan=loan,
        item=item.id,
        barcode=item.barcode,
        title=item.title,
        title_text=item.title_text,
        call_number=item.call_number,
        patron=reader.patron,
        card=reader.card,
        due_on=due_on,
        open_loans=open_loans,
        remaining=max(allowed - open_loans, 0),
        rule=rule.id,
        tells=tells,
        repeated=repeated,
        hold=hold,
    )
