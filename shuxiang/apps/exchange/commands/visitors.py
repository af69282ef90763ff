"""A partner's reader with their card at our desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shuxiang.apps.exchange import models
from shuxiang.apps.exchange.commands.partners import partner_terms
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.patrons.commands.visitors import admitted
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import refuse, stop
from shuxiang.kernel.values import scanned
from shuxiang.runtime.commands import Dimensions, command, record

HOW = ("link", "clerk", "none")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The partner's reader as we keep them; ``new``: they came the first time."""

    patron: str
    number: str
    library: str
    state: str
    new: bool


@command("exchange.accept_card", permission="circulation.visitors")
def accept_card(
    *,
    partner: str,
    number: str,
    name: str = "",
    born_on: date | None = None,
    valid: bool | None = None,
    how: str = "none",
    valid_until: date | None = None,
    ctx: Context,
) -> Accepted:
    """Accept a partner's card, or note a new check of one known. ``valid`` is what the check said, None
    where nobody could be asked; ``how``: link, clerk (by telephone, by their web page) or none.

    Raises Refused: partner-unknown, agreement-none, visitor-no-agreement, visitor-number, name-missing
    (the first time).
    """
    terms = partner_terms(partner, ctx)
    code = scanned(number)
    if not terms.cards:
        raise refuse(stop("visitor-no-agreement"))
    if not code or len(code) > 40 or (terms.card_digits and not terms.is_card(code)):
        raise refuse(stop("visitor-number", number=code))
    if how not in HOW or (valid is None) != (how == "none"):
        raise refuse(stop("visitor-check-unknown"))
    known = next((r for r in patrons.card_for_loan(code) if r.library == partner), None)
    if known is None and not name.strip():
        raise refuse(stop("name-missing"))
    patron = known.patron if known else admitted(
        name=name, library=partner, number=code, category=terms.reader_category, born_on=born_on,
        expires_on=valid_until or date(clock.business_date(ctx.occurred_at).year + 3, 12, 31),
        ctx=ctx,
    )  # fmt: skip
    row, new = models.Visitor.objects.get_or_create(
        patron_id=patron, defaults={"partner_id": partner}
    )
    state = row.state
    if valid is not None:
        state = "valid" if valid else "invalid"
        models.Visitor.objects.filter(patron=patron).update(
            state=state, checked_at=ctx.occurred_at, checked_how=how
        )
    reader = patrons.loan_reader(patron)
    assert reader is not None
    record(
        "visitor.accepted" if new else "visitor.checked",
        ctx=ctx,
        library=partner,
        subject=reader.card,
        patron=patron,
        card=reader.card,
        dimensions=Dimensions(reader_category=reader.category),
        source=how,
        data={"state": state},
    )
    return Accepted(patron, code, partner, state, new)
