"""Due dates moved by an operating phase: what may be moved, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

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
