"""What others may ask about loans and their rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shuxiang.apps.catalog.queries.listing import is_id as is_id
from shuxiang.apps.circulation import rules
from shuxiang.apps.circulation.due_shifts import DueLoan as DueLoan
from shuxiang.apps.circulation.due_shifts import Shift as Shift
from shuxiang.apps.circulation.due_shifts import count_shifts as count_shifts
from shuxiang.apps.circulation.due_shifts import dated_holds as dated_holds
from shuxiang.apps.circulation.due_shifts import due_loans as due_loans
from shuxiang.apps.circulation.due_shifts import shifts_of_loan as shifts_of_loan
from shuxiang.apps.circulation.due_soon import DueSoon as DueSoon
from shuxiang.apps.circulation.due_soon import borrowers as borrowers
from shuxiang.apps.circulation.due_soon import loans_due as loans_due
from shuxiang.apps.circulation.floating import candidates as _floating_candidates
from shuxiang.apps.circulation.floating import counts as _floating_counts
from shuxiang.apps.circulation.floating import moves as _floating_moves
from shuxiang.apps.circulation.holds import HoldView as HoldView
from shuxiang.apps.circulation.holds import TransitView as TransitView
from shuxiang.apps.circulation.holds import distance as distance
from shuxiang.apps.circulation.holds import held_once as held_once
from shuxiang.apps.circulation.holds import hold as hold
from shuxiang.apps.circulation.holds import hold_count as hold_count
from shuxiang.apps.circulation.holds import hold_shelf as hold_shelf
from shuxiang.apps.circulation.holds import holders as holders
from shuxiang.apps.circulation.holds import holds_of as holds_of
from shuxiang.apps.circulation.holds import is_pickup_place as is_pickup_place
from shuxiang.apps.circulation.holds import leading_to as leading_to
from shuxiang.apps.circulation.holds import open_transits as open_transits
from shuxiang.apps.circulation.holds import past_holds as past_holds
from shuxiang.apps.circulation.holds import pickup_places as pickup_places
from shuxiang.apps.circulation.holds import queue as queue
from shuxiang.apps.circulation.holds import set_aside as set_aside
from shuxiang.apps.circulation.holds import site as site
from shuxiang.apps.circulation.holds import transit_of as transit_of
from shuxiang.apps.circulation.holds import transits_of as transits_of
from shuxiang.apps.circulation.holds import waiting_by_title as waiting_by_title
from shuxiang.apps.circulation.holds import wanted_items as wanted_items
from shuxiang.apps.circulation.journals import JournalView as JournalView
from shuxiang.apps.circulation.journals import PaperView as PaperView
from shuxiang.apps.circulation.journals import PendingLine as PendingLine
from shuxiang.apps.circulation.journals import count_journal_conflicts as count_journal_conflicts
from shuxiang.apps.circulation.journals import journal_conflicts as journal_conflicts
from shuxiang.apps.circulation.journals import journal_head as journal_head
from shuxiang.apps.circulation.journals import journal_outcomes as journal_outcomes
from shuxiang.apps.circulation.journals import journal_remarks as journal_remarks
from shuxiang.apps.circulation.journals import next_journal_line as next_journal_line
from shuxiang.apps.circulation.journals import paper_conflicts as paper_conflicts
from shuxiang.apps.circulation.journals import paper_entries as paper_entries
from shuxiang.apps.circulation.journals import paper_named as paper_named
from shuxiang.apps.circulation.journals import paper_open as paper_open
from shuxiang.apps.circulation.lost_cases import LostCase as LostCase
from shuxiang.apps.circulation.lost_cases import lost_case as lost_case
from shuxiang.apps.circulation.lost_cases import lost_case_of as lost_case_of
from shuxiang.apps.circulation.lost_cases import lost_cases as lost_cases
from shuxiang.apps.circulation.lost_cases import lost_cases_of as lost_cases_of
from shuxiang.apps.circulation.overlays import overlay as overlay
from shuxiang.apps.circulation.overlays import quarantine_hours as quarantine_hours
from shuxiang.apps.circulation.overlays import quarantined as quarantined
from shuxiang.apps.circulation.overlays import waited_for_aside as waited_for_aside
from shuxiang.apps.circulation.pickup_shifts import PickupMove as PickupMove
from shuxiang.apps.circulation.pickup_shifts import bookings_since as bookings_since
from shuxiang.apps.circulation.pickup_shifts import kept_for as kept_for
from shuxiang.apps.circulation.pickup_shifts import open_slots_since as open_slots_since
from shuxiang.apps.circulation.pickup_shifts import pickups_given_back as pickups_given_back
from shuxiang.apps.circulation.pickup_shifts import pickups_moved as pickups_moved
from shuxiang.apps.circulation.pickups import PickupView as PickupView
from shuxiang.apps.circulation.pickups import SlotView as SlotView
from shuxiang.apps.circulation.pickups import against_pickup as against_pickup
from shuxiang.apps.circulation.pickups import pickup as pickup
from shuxiang.apps.circulation.pickups import pickups_at as pickups_at
from shuxiang.apps.circulation.pickups import pickups_of as pickups_of
from shuxiang.apps.circulation.pickups import slot as slot
from shuxiang.apps.circulation.pickups import slot_shut as slot_shut
from shuxiang.apps.circulation.pickups import slots as slots
from shuxiang.apps.circulation.pickups import slots_to_book as slots_to_book
from shuxiang.apps.circulation.pulling import PullLine as PullLine
from shuxiang.apps.circulation.pulling import Unfilled as Unfilled
from shuxiang.apps.circulation.pulling import pull_list as pull_list
from shuxiang.apps.circulation.pulling import unfilled as unfilled
from shuxiang.apps.circulation.rules import ANY as ANY
from shuxiang.apps.circulation.rules import Rule as Rule
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from shuxiang.runtime.revision import cached
from shuxiang.runtime.worker import KEEP_ANSWERS

HORIZON_DAYS = 400
"""How far back an open day is looked for before a bound that falls into a closure."""

_RULE_COLUMNS = (
    "id, place_id, reader_category, item_category, valid_from, valid_to, lendable, loan_limit, "
    "loan_days, renewal_limit, renewal_days, renew_from, renew_overdue, renew_within_days, "
    "most_extra_days, overdue_blocks, note, hold_limit, hold_on_shelf, hold_days, pickup_days, "
    "renew_when_held"
)


@cached("rules")
def _rules(chain: tuple[tuple[str, int], ...]) -> tuple[rules.Rule, ...]:
    depth = dict(chain)
    rows = sql.all(
        f"SELECT {_RULE_COLUMNS} FROM circulation_loanrule "
        f"WHERE place_id IN ({sql.marks(len(chain))})",
        *depth,
    )
    return tuple(
        rules.Rule(
            id=r[0],
            place=r[1],
            depth=depth[r[1]],
            reader_category=r[2],
            item_category=r[3],
            valid_from=r[4],
            valid_to=r[5],
            lendable=bool(r[6]),
            loan_limit=r[7],
            loan_days=r[8],
            renewal_limit=r[9],
            renewal_days=r[10],
            renew_from=r[11],
            renew_overdue=bool(r[12]),
            renew_within_days=r[13],
            most_extra_days=r[14],
            overdue_blocks=bool(r[15]),
            note=r[16],
            hold_limit=r[17],
            hold_on_shelf=r[18],
            hold_days=r[19],
            pickup_days=r[20],
            renew_when_held=bool(r[21]),
        )
        for r in rows
    )


def rules_at(place: str) -> tuple[rules.Rule, ...]:
    """Every rule row said at the place or above it, whatever its dates."""
    chain = places.ancestors(places.place(place))
    return _rules(tuple((p.id, p.depth) for p in chain))


def rule(rule_id: str) -> rules.Rule | None:
    """One rule row, whatever its dates."""
    found = sql.one("SELECT place_id FROM circulation_loanrule WHERE id = ?", rule_id)
    rows = rules_at(found[0]) if found else ()
    return next((r for r in rows if r.id == rule_id), None)


def explain(place: str, reader_category: str, item_category: str, on: date) -> rules.Explanation:
    """Which rule row decides a loan at ``place`` that day, what an operating phase adds to it, and
    which rows lost to it (rows D1, D2)."""
    found = rules.choose(
        rules_at(place), reader_category=reader_category, item_category=item_category, on=on
    )
    return rules.overlaid(found, overlay(place, on))


def too_young(reader: patrons.LoanReader, least_age: int | None, place: str, on: date) -> int:
    """The age from which what is marked ``least_age`` is lent to this reader at a place; 0 where
    nothing is against it (CO-9)."""
    if least_age is None:
        return 0
    adult = int(places.setting(place, "lending.adult_age").value)
    return rules.too_young(least_age, age=patrons.age_at_most(reader, on), adult_age=adult)


def due_date(place: str, on: date, days: int, *, latest: date | None = None) -> date:
    """``days`` after ``on``, pushed to the place's next open day; where that would pass ``latest``,
    back to the last open day before it."""
    nominal = on + timedelta(days=days)
    if latest is not None and nominal > latest:
        nominal = latest
    # The calendar is cached by quarter of a year, so that a day's desk reads it once.
    first = date(nominal.year, (nominal.month - 1) // 3 * 3 + 1, 1)
    due = places.calendar(place, first, first + timedelta(days=150)).next_open(nominal)
    if latest is None or due <= latest:
        return due
    return places.calendar(place, latest - timedelta(days=HORIZON_DAYS), latest).last_open(latest)


def overdue_days(place: str, due_on: date, on: date) -> int:
    """How many days late a loan given back at ``place`` counts as: the open days of that place after
    the due date up to the day of return (row B2: the returning branch's calendar)."""
    if on <= due_on:
        return 0
    first = due_on + timedelta(days=1)
    return places.calendar(place, first, on).open_days(first, on)


@dataclass(frozen=True, slots=True)
class LoanView:
    """One loan as a list shows it."""

    id: str
    item: str
    barcode: str
    title: str
    title_text: str
    call_number: str
    place: str
    lent_at: datetime
    due_on: date
    renewals: int
    returned_at: datetime | None

    def overdue_days(self, on: date) -> int:
        """Whole days past the due date; 0 when not overdue."""
        return max((on - self.due_on).days, 0)


_VIEW = (
    "SELECT l.id, l.item_id, i.barcode, l.title_id, t.title, i.call_number, l.place_id, l.lent_at, "
    "l.due_on, l.renewals, l.returned_at FROM circulation_loan l "
    "JOIN stock_item i ON i.id = l.item_id JOIN catalog_title t ON t.id = l.title_id "
)


def open_loans(patron: str) -> tuple[LoanView, ...]:
    """The reader's open loans, the one due first on top."""
    rows = sql.all(
        _VIEW + "WHERE l.patron_id = ? AND l.returned_at IS NULL ORDER BY l.due_on, l.id", patron
    )
    return tuple(LoanView(*r) for r in rows)


def loan(loan_id: str) -> LoanView | None:
    row = sql.one(_VIEW + "WHERE l.id = ?", loan_id)
    return LoanView(*row) if row else None


def history(patron: str, limit: int = 50) -> tuple[LoanView, ...]:
    """Loans given back, newest first, as long as the library keeps the link."""
    rows = sql.all(
        _VIEW + "WHERE l.patron_id = ? AND l.returned_at IS NOT NULL "
        "ORDER BY l.returned_at DESC LIMIT ?",
        patron,
        limit,
    )
    return tuple(LoanView(*r) for r in rows)


def open_loan_of(item: str) -> rules.OpenLoan | None:
    row = sql.one(
        "SELECT id, patron_id, lent_at, due_on, renewals, place_id, lent_on FROM circulation_loan "
        "WHERE item_id = ? AND returned_at IS NULL",
        item,
    )
    if row is None:
        return None
    return rules.OpenLoan(
        id=row[0],
        patron=row[1],
        lent_at=row[2],
        due_on=row[3],
        renewals=row[4],
        place=row[5],
        lent_on=row[6],
    )


@dataclass(frozen=True, slots=True)
class LoanThen:
    """A loan as it stood at some moment; ``returned_at`` is when it ended after that."""

    id: str
    patron: str | None
    lent_at: datetime
    due_on: date
    returned_at: datetime | None
    returned_on: date | None


def loan_at(item: str, at: datetime) -> LoanThen | None:
    """The loan in which the item was at a moment, by what is on record now."""
    row = sql.one(
        "SELECT id, patron_id, lent_at, due_on, returned_at, returned_on FROM circulation_loan "
        "WHERE item_id = ? AND lent_at <= ? AND (returned_at IS NULL OR returned_at > ?) "
        "AND ended_as <> 'undone' ORDER BY lent_at DESC LIMIT 1",
        item,
        at,
        at,
    )
    return LoanThen(*row) if row else None


def not_free(items: Iterable[str], at: datetime) -> set[str]:
    """Those of the items that stand free on no shelf: on loan, on their way, set aside for a reader,
    or in quarantine at that moment."""
    wanted = list(items)
    busy = due_by_item(wanted).keys() | transits_of(wanted).keys() | set_aside(wanted).keys()
    return set(busy | quarantined(wanted, at).keys())


def not_free_now(items: Iterable[str]) -> set[str]:
    """`not_free` at this moment, for what is derived from it (the search index)."""
    return not_free(items, clock.now())


def due_by_item(items: Sequence[str]) -> dict[str, date]:
    """Due dates of those of the items that are on loan: availability is derived from this."""
    if not items:
        return {}
    rows = sql.all(
        "SELECT item_id, due_on FROM circulation_loan WHERE returned_at IS NULL "
        f"AND item_id IN ({sql.marks(len(items))})",
        *items,
    )
    return dict(rows)


@dataclass(frozen=True, slots=True)
class Counts:
    """A reader's open loans: in all, of one item category, and overdue."""

    open: int
    of_category: int
    overdue: int


def counts(patron: str, item_category: str, on: date) -> Counts:
    rows = sql.all(
        "SELECT i.category_id, COUNT(*), SUM(CASE WHEN l.due_on < ? THEN 1 ELSE 0 END) "
        "FROM circulation_loan l JOIN stock_item i ON i.id = l.item_id "
        "WHERE l.patron_id = ? AND l.returned_at IS NULL GROUP BY i.category_id",
        on,
        patron,
    )
    return Counts(
        sum(r[1] for r in rows),
        sum(r[1] for r in rows if r[0] == item_category),
        sum(r[2] for r in rows),
    )


def loans_by_title(titles: Iterable[str] | None = None) -> dict[str, int]:
    """How often each title was ever lent (for popularity; titles never lent are absent)."""
    if titles is None:
        return dict(sql.all("SELECT title_id, COUNT(*) FROM circulation_loan GROUP BY title_id"))
    wanted = list(titles)
    if not wanted:
        return {}
    return dict(
        sql.all(
            "SELECT title_id, COUNT(*) FROM circulation_loan "
            f"WHERE title_id IN ({sql.marks(len(wanted))}) GROUP BY title_id",
            *wanted,
        )
    )


def last_return(item: str) -> tuple[datetime, str] | None:
    """When and where the item was last given back."""
    row = sql.one(
        "SELECT returned_at, returned_place_id FROM circulation_loan WHERE item_id = ? "
        "AND returned_at IS NOT NULL AND ended_as = 'returned' "
        "ORDER BY returned_at DESC LIMIT 1",
        item,
    )
    return (row[0], row[1]) if row else None


def brought_since(item: str, at: datetime) -> datetime | None:
    """When the item was last scanned as a return after ``at`` without being on loan. That leaves no
    row in the ledger, but its answer is kept for a while."""
    row = sql.one(
        "SELECT created_at FROM runtime_request WHERE command = 'circulation.check_in' "
        'AND created_at > ? AND outcome LIKE ? AND outcome LIKE \'%"kind":"idle"%\' '
        "ORDER BY created_at DESC LIMIT 1",
        at,
        f'%"item":"{item}"%',
    )
    return row[0] if row else None


def remembered(before: datetime) -> bool:
    """Whether a loan given back, or a hold that ended, before a moment still names its reader."""
    return any(
        sql.one(
            f"SELECT 1 FROM {table} WHERE {ended} < ? AND patron_id IS NOT NULL LIMIT 1", before
        )
        for table, ended in (
            ("circulation_loan", "returned_at"),
            ("circulation_hold", "ended_at"),
            ("circulation_pickup", "ended_at"),
        )
    )


def answers_kept() -> timedelta:
    """How long answered requests may be kept: they name reader and book, so no longer than the
    library remembers a loan that was given back (I13), and 30 days at most."""
    days = places.setting(places.main_library().id, "privacy.history_days").value
    return min(KEEP_ANSWERS, timedelta(days=days)) if days else KEEP_ANSWERS


@dataclass(frozen=True, slots=True)
class OutLoan:
    """An open loan without its reader."""

    library: str
    barcode: str
    due_on: date


def out_loans() -> tuple[OutLoan, ...]:
    """Every open loan."""
    rows = sql.all(
        "SELECT i.library, i.barcode, l.due_on FROM circulation_loan l "
        "JOIN stock_item i ON i.id = l.item_id WHERE l.returned_at IS NULL"
    )
    return tuple(OutLoan(*r) for r in rows)


def held_by_reader() -> dict[str, list[tuple[str, date]]]:
    """(item category, due date) of the open loans of each reader: how many, never which."""
    held: dict[str, list[tuple[str, date]]] = defaultdict(list)
    for patron, category, due_on in sql.all(
        "SELECT l.patron_id, i.category_id, l.due_on FROM circulation_loan l "
        "JOIN stock_item i ON i.id = l.item_id WHERE l.returned_at IS NULL "
        "ORDER BY l.patron_id, l.due_on"
    ):
        held[patron].append((category, due_on))
    return held


floating_candidates, floating_counts, floating_moves = (
    _floating_candidates,
    _floating_counts,
    _floating_moves,
)
