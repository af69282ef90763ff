"""The reader in front of the desk: a signed token in the page, and the panel that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.fees import queries as fees
from shuxiang.apps.notices import queries as notices
from shuxiang.apps.patrons import queries as patrons
from shuxiang.interfaces.common.allowance import books_at_once
from shuxiang.interfaces.common.hold_words import of_reader
from shuxiang.interfaces.common.notice_words import CHANNELS, FAULTS
from shuxiang.interfaces.common.sheets import to_verify
from shuxiang.interfaces.common.staff import may, service_point
from shuxiang.interfaces.common.wording import refusal
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id

SALT = "desk.reader"
SHIFT_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Held:
    """Which card is being served; '' when none.

    ``present``: the card was shown, or the reader chosen by the clerk. Without it the panel only
    shows whose book came back, and nothing is lent: the next reader's books would otherwise go on
    the card of whoever returned one before them. ``by``: the reader who stands there instead, as
    guardian or proxy.
    """

    number: str = ""
    library: str = ""
    present: bool = True
    by: str = ""

    def token(self) -> str:
        if not self.number:
            return ""
        return signing.dumps([self.number, self.library, self.present, self.by], salt=SALT)

    def same_card(self, other: Held) -> bool:
        return (self.number, self.library) == (other.number, other.library)


NOBODY = Held()


def held(token: str) -> Held:
    """The card of a token; nobody's for one that isn't ours or is older than a working day."""
    try:
        number, library, present, by = signing.loads(token, salt=SALT, max_age=SHIFT_SECONDS)
    except (signing.BadSignature, ValueError):
        return NOBODY
    return Held(number, library, present, by)


def find(held_card: Held) -> patrons.LoanReader | None:
    """The reader of the held card, as they are now."""
    if not held_card.number:
        return None
    found = patrons.card_for_loan(held_card.number)
    return next((r for r in found if r.library == held_card.library), None)


def _represented(
    reader: patrons.LoanReader, held_card: Held, today: date
) -> list[tuple[patrons.Represented, str]]:
    """Whom the reader at the desk may borrow for, each with the number of the card."""
    if not held_card.present or held_card.by:
        return []
    found = [(one, patrons.live_card(one.patron)) for one in patrons.acts_for(reader.patron, today)]
    return [(one, card.number) for one, card in found if card is not None]


@dataclass(frozen=True, slots=True)
class Money:
    """What the panel says of a reader's money; ``open``: there is a page to open."""

    owed_fen: int
    points: fees.Points | None
    open: bool


def money_of(request: HttpRequest, reader: patrons.LoanReader) -> Money | None:
    """None for a clerk who may not see it; all of it empty where nothing is charged."""
    if not may(request, "fees.view"):
        return None
    here, today = service_point(request).id, clock.business_date(clock.now())
    points = fees.points(reader.patron, reader.category, here, today)
    opens = fees.at_desk(here) or points is not None or fees.in_books(reader.patron)
    return Money(fees.owed(reader.patron), points, opens)


def panel(request: HttpRequest, held_card: Held) -> str:
    """The left column: who it is, what they hold, what stands against lending to them."""
    return render_to_string("desk/reader.html", panel_context(request, held_card), request)


def panel_context(request: HttpRequest, held_card: Held) -> dict[str, Any]:
    reader = find(held_card)
    today = clock.business_date(clock.now())
    if reader is None:
        return {"reader": None, "today": today}
    loans = circulation.open_loans(reader.patron)
    rule = circulation.explain(service_point(request).id, reader.category, "book", today).rule
    brought = patrons.brought(reader.patron)
    return {
        "reader": reader,
        "deposit_fen": brought.deposit_fen + fees.deposit_held(reader.patron),
        "money": money_of(request, reader),
        "to_verify": to_verify(brought.to_verify),
        "present": held_card.present,
        "by": patrons.loan_reader(held_card.by) if held_card.by else None,
        "represented": _represented(reader, held_card, today),
        "state": held_card.token(),
        "renew_key": new_id(),
        "loans": loans,
        "holds": of_reader(reader.patron),
        "overdue": sum(1 for view in loans if view.due_on < today),
        "limit": books_at_once(reader, rule.loan_limit) if rule else None,
        "reasons": refusal(reader.opens(today)),
        "failing": failing(reader.patron, today),
        "today": today,
    }


def failing(patron: str, today: date) -> list[tuple[str | Promise, str | Promise]]:
    """Ways of reaching a reader that fail: the channel and what is wrong, in words."""
    return [
        (CHANNELS[channel], FAULTS.get(why, why))
        for channel, why in notices.failing_channels(patron, today)
    ]
