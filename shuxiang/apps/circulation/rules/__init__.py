"""Loan decisions (decision tables in `docs/circulation/loans.md`, numbered CO-, CI-, RN-, IU-)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shuxiang.kernel.decision import Decision, Reason, ask, stop, tell

ANY = "*"
REPEAT_SECONDS = 5
UNDO_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One dated row of the rule matrix; `valid_to` is its last day."""

    id: str
    place: str
    depth: int
    reader_category: str = ANY
    item_category: str = ANY
    valid_from: date
    valid_to: date | None = None
    lendable: bool = True
    loan_limit: int
    loan_days: int
    renewal_limit: int = 1
    renewal_days: int = 30
    renew_from: str = "due"
    renew_overdue: bool = False
    renew_within_days: int | None = None
    most_extra_days: int | None = None
    overdue_blocks: bool = True
    hold_limit: int = 5
    hold_on_shelf: str = "always"
    hold_days: int | None = 180
    pickup_days: int = 5
    renew_when_held: bool = False
    note: str = ""

    @property
    def specificity(self) -> tuple[int, bool, bool]:
        """Depth of place beats reader category beats item category."""
        return (self.depth, self.reader_category != ANY, self.item_category != ANY)


@dataclass(frozen=True, slots=True)
class Overlay:
    """What an operating phase adds to whatever rule decides: more books, and at least so many days.
    It ends with the phase."""

    phase: str
    name: str
    last_day: date | None
    extra_loans: int = 0
    least_days: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which row decided, and which other rows applied but were less specific, best first. ``rule`` is
    the row as it counts, with what ``overlay`` adds to it; None: nothing is added."""

    rule: Rule | None
    others: tuple[Rule, ...] = ()
    overlay: Overlay | None = None


def overlaid(found: Explanation, overlay: Overlay | None) -> Explanation:
    """The explanation with what an operating phase adds to the row that decides (PH-14)."""
    rule = found.rule
    if rule is None or overlay is None or not rule.lendable:
        return found
    changed = replace(
        rule,
        loan_limit=rule.loan_limit + overlay.extra_loans,
        loan_days=max(rule.loan_days, overlay.least_days),
    )
    return Explanation(changed, found.others, overlay) if changed != rule else found


def choose(
    rules: Iterable[Rule], *, reader_category: str, item_category: str, on: date
) -> Explanation:
    """The most specific row in force on a day. ``rules`` are those of the lending place and of the
    places above it."""
    matching = sorted(
        (
            r
            for r in rules
            if r.valid_from <= on
            and (r.valid_to is None or on <= r.valid_to)
            and r.reader_category in (ANY, reader_category)
            and r.item_category in (ANY, item_category)
        ),
        # Of two rows of the same cell the one that began later is in force.
        key=lambda r: (r.specificity, r.valid_from),
        reverse=True,
    )
    return Explanation(matching[0], tuple(matching[1:])) if matching else Explanation(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoan:
    """The open loan of an item, as a decision sees it."""

    id: str
    patron: str
    lent_at: datetime
    due_on: date
    renewals: int
    place: str
    lent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrower:
    """The reader's side of a decision. ``reasons`` are the card's own."""

    patron: str
    reasons: tuple[Reason, ...] = ()
    open_loans: int = 0
    overdue_loans: int = 0


def item_reasons(status: str, *, category_lendable: bool) -> tuple[Reason, ...]:
    """What is so of the item itself against lending it (CO-2)."""
    if status == "withdrawn":
        return (stop("item-withdrawn"),)
    reasons: list[Reason] = []
    if status in ("lost", "missing"):
        reasons.append(ask("item-found-again", status=status))
    elif status != "available":
        reasons.append(ask(f"item-{status.replace('_', '-')}"))
    if not category_lendable:
        reasons.append(stop("item-not-lendable"))
    return tuple(reasons)


def too_young(least_age: int | None, *, age: int | None, adult_age: int) -> int:
    """The age from which what is marked is lent, 0 where a reader of ``age`` may have it (CO-9,
    公共图书馆法 37). An age nobody knows, such as a group's, is no minor's; from ``adult_age`` on
    everything is lent."""
    if least_age is None or age is None or age >= min(least_age, adult_age):
        return 0
    return min(least_age, adult_age)


def may_check_out(
    *,
    status: str,
    category_lendable: bool,
    loan: OpenLoan | None,
    borrower: Borrower,
    rule: Rule | None,
    quarantined_until: datetime | None = None,
    aside: tuple[Reason, ...] = (),
) -> Decision:
    """Every reason against lending the item to the reader (CO-1 … CO-7, CO-12). ``aside``: what
    a hold of somebody else says against it (CO-11)."""
    reasons = list(borrower.reasons)
    reasons += item_reasons(status, category_lendable=category_lendable)
    reasons += aside
    if loan is not None:
        reasons.append(
            stop(
                "item-on-loan",
                since=loan.lent_at.isoformat(),
                due=loan.due_on.isoformat(),
                place=loan.place,
                same_reader=loan.patron == borrower.patron,
            )
        )
    if quarantined_until is not None:
        reasons.append(stop("item-quarantined", at=quarantined_until.isoformat()))
    if rule is None:
        reasons.append(stop("no-rule"))
        return Decision(tuple(reasons))
    if not rule.lendable:
        reasons.append(stop("rule-not-lendable", note=rule.note))
    if borrower.open_loans >= rule.loan_limit:
        reasons.append(stop("loan-limit", limit=rule.loan_limit, open=borrower.open_loans))
    if borrower.overdue_loans and rule.overdue_blocks:
        reasons.append(stop("overdue-loans", count=borrower.overdue_loans))
    return Decision(tuple(reasons))


def is_repeat(loan: OpenLoan, *, patron: str, place: str, at: datetime) -> bool:
    """Whether a check-out is the same one again: same desk, reader and item within 5 seconds (F6)."""
    return (
        loan.patron == patron
        and loan.place == place
        and abs(at - loan.lent_at) <= timedelta(seconds=REPEAT_SECONDS)
    )


def renewal_base(rule: Rule, *, due_on: date, on: date) -> date:
    """The day the renewal counts from: the due date, or the day of renewal."""
    return on if rule.renew_from == "today" else due_on


def longest_due(rule: Rule, lent_on: date) -> date | None:
    """The latest due date renewals may reach; None without a bound."""
    if rule.most_extra_days is None:
        return None
    return lent_on + timedelta(days=rule.loan_days + rule.most_extra_days)


def may_renew(
    *,
    loan: OpenLoan,
    borrower: Borrower,
    rule: Rule | None,
    new_due: date,
    on: date,
    waiting: int = 0,
) -> Decision:
    """Every reason against renewing (RN-1 … RN-7). ``new_due`` is the due date it would get;
    ``waiting`` how many readers wait for the title with no copy on a shelf for them."""
    reasons = list(borrower.reasons)
    if rule is None:
        return Decision((*reasons, stop("no-rule")))
    if on > loan.due_on and not rule.renew_overdue:
        reasons.append(stop("renewal-overdue", days=(on - loan.due_on).days))
    if loan.renewals >= rule.renewal_limit:
        reasons.append(stop("renewal-limit", limit=rule.renewal_limit, done=loan.renewals))
    if rule.renew_within_days is not None and (loan.due_on - on).days > rule.renew_within_days:
        opens = loan.due_on - timedelta(days=rule.renew_within_days)
        reasons.append(stop("renewal-too-early", **{"from": opens.isoformat()}))
    if waiting and not rule.renew_when_held:
        reasons.append(stop("renewal-held", count=waiting))
    if new_due <= loan.due_on:
        reasons.append(stop("renewal-adds-nothing", due=loan.due_on.isoformat()))
    return Decision(tuple(reasons))


def check_in_tells(
    *, loan: OpenLoan | None, owner: str, holder: str, place: str, on: date
) -> tuple[Reason, ...]:
    """What the desk is told of an item taken back (CI-2 … CI-4)."""
    tells: list[Reason] = []
    if loan is not None and on > loan.due_on:
        tells.append(tell("was-overdue", days=(on - loan.due_on).days))
    if owner != place:
        tells.append(tell("belongs-elsewhere", owner=owner))
    if loan is None and holder != place:
        tells.append(tell("moved-here", holder=holder))
    return tuple(tells)


def may_use_in_house(
    *, status: str, loan: OpenLoan | None, used_at: datetime | None, at: datetime, minutes: int
) -> Decision:
    """Every reason against counting an in-house use (IU-1 … IU-3): one per pick-up."""
    reasons: list[Reason] = []
    if status == "withdrawn":
        reasons.append(stop("item-withdrawn"))
    if loan is not None:
        reasons.append(stop("in-house-on-loan", due=loan.due_on.isoformat()))
    if used_at is not None and timedelta(0) <= at - used_at < timedelta(minutes=minutes):
        reasons.append(stop("just-used", minutes=minutes))
    return Decision(tuple(reasons))


def later_act(found: tuple[str, datetime, str] | None) -> tuple[Reason, ...]:
    """Against acting in the past on an item with a later event (type, when, place) on record (PA-4)."""
    if found is None:
        return ()
    event, at, place = found
    return (ask("paper-later-act", event=event, at=at.isoformat(), place=place),)


CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Corrected:
    """When something happened by the library's clock, and whether that could not be made sure."""

    at: datetime
    unsure: bool = False


def corrected_time(
    at: datetime,
    *,
    known_offset: timedelta,
    found_offset: timedelta | None,
    since_opened: timedelta | None,
    synced: datetime,
    arrival: datetime,
    previous: datetime | None,
) -> Corrected:
    """When an act of an offline desk happened (OF-10 … OF-13).

    Args:
        at: by the device's clock.
        known_offset: how far the library's clock was ahead of the device's at the last sync before.
        found_offset: the same at this arrival; None for a file that was carried.
        since_opened: how long before this arrival by the time that runs since the page was opened,
            where it is still open; that goes on however the clock is set.
        synced, arrival: it lies between these two.
        previous: the device's line before it, which it never precedes.
    """
    least = max(synced, previous) if previous is not None else synced
    least = min(least, arrival)
    steady = found_offset is None or abs(found_offset - known_offset) <= CLOCK_TOLERANCE
    guesses = [at + known_offset]
    if not steady:
        if since_opened is not None:
            guesses.insert(0, arrival - since_opened)
        if found_offset is not None:
            guesses.append(at + found_offset)
    for guess in guesses:
        if synced - CLOCK_TOLERANCE <= guess <= arrival + CLOCK_TOLERANCE:
            sure = steady or (since_opened is not None and guess == guesses[0])
            return Corrected(min(max(guess, least), arrival), not sure)
    return Corrected(least, True)
