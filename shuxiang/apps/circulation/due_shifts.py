"""Due dates moved by an operating phase: what may be moved, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from shuxiang.kernel import clock
from shuxiang.runtime import sql

AT_ONCE = 500
"""Values named in one statement."""


@dataclass(frozen=True, slots=True)
class DueLoan:
    """An open loan with what one cause did to it so far: ``round`` 0 when it never did. ``base`` is
    its due date before the cause, ``after`` what the cause last gave it."""

    id: str
    place: str
    patron: str
    due_on: date
    lent_on: date
    lent_at: datetime
    round: int
    base: date
    after: date

    @property
    def untouched(self) -> bool:
        """Whether nothing else has moved it since the cause did."""
        return self.round == 0 or self.due_on == self.after


_DUE = (
    "SELECT l.id, l.place_id, l.patron_id, l.due_on, l.lent_on, l.lent_at, s.round, s.base, s.after "
    "FROM circulation_loan l LEFT JOIN circulation_dueshift s ON s.loan_id = l.id AND s.cause = ? "
    "AND s.round = (SELECT MAX(x.round) FROM circulation_dueshift x "
    "WHERE x.loan_id = l.id AND x.cause = s.cause) "
    "WHERE l.returned_at IS NULL AND l.due_on >= ? AND l.place_id IN ({}) "
    "ORDER BY l.due_on, l.lent_at, l.id"
)


def due_loans(places: Sequence[str], since: date, cause: str) -> tuple[DueLoan, ...]:
    """Open loans of places that are due on a day or later, the earliest first, with what ``cause``
    did to them."""
    found: list[DueLoan] = []
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        for row in sql.all(_DUE.format(sql.marks(len(some))), cause, since, *some):
            id_, place, patron, due, lent_on, lent_at, round_, base, after = row
            shift = (round_ or 0, base or due, after or due)
            found.append(DueLoan(id_, place, patron, due, lent_on, lent_at, *shift))
    if len(places) > AT_ONCE:
        found.sort(key=lambda loan: (loan.due_on, loan.lent_at, loan.id))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Shift:
    """A due date that was moved."""

    loan: str
    cause: str
    round: int
    base: date
    before: date
    after: date
    at: datetime


_SHIFT = "SELECT loan_id, cause, round, base, before, after, shifted_at FROM circulation_dueshift "


def shifts_of_loan(loan: str) -> tuple[Shift, ...]:
    """Every move of a loan's due date, oldest first."""
    rows = sql.all(_SHIFT + "WHERE loan_id = ? ORDER BY id", loan)
    return tuple(Shift(*row) for row in rows)


def count_shifts(cause: str, round_: int) -> int:
    """How many due dates a round of a cause has moved."""
    found = sql.one(
        "SELECT COUNT(*) FROM circulation_dueshift WHERE cause = ? AND round = ?", cause, round_
    )
    return int(found[0]) if found else 0


_HELD = (
    "SELECT h.id, h.pickup_id, h.patron_id, h.until, h.since, h.field, s.round, s.base, s.after "
    "FROM (SELECT id, pickup_id, patron_id, "
    "CASE WHEN state = 'ready' THEN ready_until ELSE expires_on END AS until, "
    "CASE WHEN state = 'ready' THEN ready_at ELSE placed_at END AS since, "
    "CASE WHEN state = 'ready' THEN 'ready_until' ELSE 'expires_on' END AS field "
    "FROM circulation_hold WHERE ended_at IS NULL AND pickup_id IN ({})) h "
    "LEFT JOIN circulation_holdshift s ON s.hold_id = h.id AND s.field = h.field AND s.cause = ? "
    "AND s.round = (SELECT MAX(x.round) FROM circulation_holdshift x WHERE x.hold_id = h.id "
    "AND x.field = h.field AND x.cause = s.cause) WHERE h.until >= ? ORDER BY h.until, h.id"
)


def dated_holds(places: Sequence[str], since: date, cause: str) -> tuple[DueLoan, ...]:
    """Holds to be picked up at places whose present date (until when the copy is kept, or the hold
    waits) is a day or later, as `due_loans` has loans: ``id`` is the hold's and the field's,
    ``lent_at`` since when it counts."""
    found: list[DueLoan] = []
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        for row in sql.all(_HELD.format(sql.marks(len(some))), *some, cause, since):
            id_, place, patron, until, begun, field, round_, base, after = row
            # What a CASE gives has no declared type: SQLite hands out its text.
            until, begun = _date(until), _moment(begun)
            shift = (round_ or 0, base or until, after or until)
            on = clock.business_date(begun)
            found.append(DueLoan(f"{id_}:{field}", place, patron or "", until, on, begun, *shift))
    return tuple(found)


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: datetime | str) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value
