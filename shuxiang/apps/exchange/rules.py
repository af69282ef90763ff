"""Decisions about batches and partners (`docs/circulation/branches.md`, numbered GB-, VC-, IL-, FR-)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from shuxiang.kernel.decision import Decision, Reason, stop


def may_open_batch(*, for_group: bool, card: tuple[Reason, ...]) -> Decision:
    """A batch is opened on a group's card that opens its account (GB-1, GB-2)."""
    reasons = [] if for_group else [stop("batch-not-group")]
    return Decision((*reasons, *card))


def may_add(*, closed: bool) -> Decision:
    """Nothing is added to a closed batch (GB-3)."""
    return Decision((stop("batch-closed"),)) if closed else Decision()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed with a partner on a day."""

    id: str
    partner: str
    valid_from: date
    valid_to: date | None = None
    cards: bool = False
    reader_category: str = ""
    card_prefix: str = ""
    card_digits: int = 0
    loan_limit: int = 0
    check_days: int = 1
    offline_limit: int = 0
    returns: bool = False
    item_prefix: str = ""
    item_digits: int = 0
    lending: bool = False
    our_cards: bool = False
    note: str = ""

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def is_card(self, code: str) -> bool:
        """Whether a code looks like a card of the partner."""
        return self.cards and looks(code, self.card_prefix, self.card_digits)

    def is_item(self, code: str) -> bool:
        """Whether a code looks like a book of the partner."""
        return self.returns and looks(code, self.item_prefix, self.item_digits)


def looks(code: str, prefix: str, digits: int) -> bool:
    """A code of the agreed form; without an agreed form nothing looks like it."""
    rest = code.removeprefix(prefix)
    return (
        bool(digits) and code.startswith(prefix) and len(rest) == digits
        and rest.isascii() and rest.isdigit()
    )  # fmt: skip


def agreed(rows: Iterable[Terms], on: date) -> Terms | None:
    """The row in force that day; of several the one that began later."""
    valid = [row for row in rows if row.in_force(on)]
    return max(valid, key=lambda row: row.valid_from, default=None)


def _checked(terms: Terms, state: str, checked_on: date | None, on: date) -> bool:
    """Whether the partner, or somebody by telephone, called the card valid not too long ago."""
    return (
        state == "valid"
        and checked_on is not None
        and on < checked_on + timedelta(days=max(terms.check_days, 1))
    )


def visit_limit(
    *, terms: Terms | None, state: str, checked_on: date | None, on: date
) -> int | None:
    """How many of our books a partner's reader may have at once under the agreement (VC-1 … VC-5);
    None: as many as the loan rules say."""
    if terms is None or not terms.cards or state == "invalid":
        return 0
    if _checked(terms, state, checked_on, on):
        return terms.loan_limit or None
    return terms.offline_limit


def may_visit(
    *,
    terms: Terms | None,
    state: str,
    checked_on: date | None,
    on: date,
    open_loans: int,
) -> tuple[Reason, ...]:
    """Against lending to a partner's reader on their card (VC-1 … VC-5)."""
    if terms is None or not terms.cards:
        return (stop("visitor-no-agreement"),)
    if state == "invalid":
        return (stop("visitor-invalid"),)
    if _checked(terms, state, checked_on, on):
        if terms.loan_limit and open_loans >= terms.loan_limit:
            return (stop("visitor-limit", limit=terms.loan_limit, open=open_loans),)
        return ()
    # Nobody could be asked: the card in hand is trusted for a few books.
    if open_loans < terms.offline_limit:
        return ()
    return (stop("visitor-unchecked", limit=terms.offline_limit),)


def may_agree(
    *, valid_from: date, valid_to: date | None, on: date, exists: bool, cards: bool, category: str
) -> Decision:
    """A dated row: from today on, once a day, with a reader category where cards are good."""
    reasons = []
    if valid_from < on or (valid_to is not None and valid_to < valid_from):
        reasons.append(stop("agreement-dates"))
    if exists:
        reasons.append(stop("agreement-exists", valid_from=valid_from.isoformat()))
    if cards and not category:
        reasons.append(stop("category-unknown", category=category))
    return Decision(tuple(reasons))


def may_receive(*, state: str, back_by: date, on: date) -> Decision:
    """A borrowed book arrives (IL-2): asked for, and not due back yet."""
    reasons = [] if state == "asked" else [stop("interloan-state")]
    if back_by <= on:
        reasons.append(stop("interloan-back-by", day=back_by.isoformat()))
    return Decision(tuple(reasons))


def may_pack(
    *,
    state: str,
    status: str,
    on_loan: date | None,
    under_way: bool,
    kept: bool,
    here: bool,
    holder: str,
    partner: bool,
    listed: bool,
) -> Decision:
    """Against putting an item on a delivery's list (DL-1 … DL-4)."""
    reasons = [] if state == "packed" else [stop("delivery-state")]
    if status == "withdrawn":
        reasons.append(stop("item-withdrawn"))
    if on_loan is not None:
        reasons.append(stop("delivery-on-loan", due=on_loan.isoformat()))
    if under_way or listed:
        reasons.append(stop("delivery-listed"))
    if kept:
        reasons.append(stop("delivery-kept"))
    if not here and not on_loan:
        reasons.append(stop("delivery-not-here", holder=holder))
    if partner:
        reasons.append(stop("delivery-partner"))
    return Decision(tuple(reasons))


RETRY_MINUTES = (1, 5, 15, 60, 240)


def next_try(tries: int, at: datetime) -> datetime:
    """When a message that did not get through is tried again: later each time, every 4 hours at last."""
    return at + timedelta(minutes=RETRY_MINUTES[min(tries, len(RETRY_MINUTES)) - 1])


def may_harvest(
    *, name: str, address: str, prefix: str, set_spec: str, every_hours: int
) -> Decision:
    """Whether a catalogue can be gathered so."""
    reasons: list[Reason] = []
    if not name.strip():
        reasons.append(stop("name-missing"))
    parts = urlsplit(address.strip()) if address.isascii() and len(address) <= 300 else None
    right = parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)
    words = _OAI_NAME.match(prefix.strip()) and (not set_spec or _OAI_NAME.match(set_spec.strip()))
    if not right or not words:
        reasons.append(stop("harvest-address"))
    if not 1 <= every_hours <= 24 * 31:
        reasons.append(stop("harvest-every"))
    return Decision(tuple(reasons))


_OAI_NAME = re.compile(r"[A-Za-z0-9_.!~*'():-]{1,120}\Z")
_NOISE = re.compile(r"[\W_]+")


def foreign_key(text: str) -> str:
    """A title or name of another library in the form it is looked up by."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()
