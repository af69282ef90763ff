"""What a reader owes, has deposited and has left, and the rules that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from shuxiang.apps.fees import rules
from shuxiang.apps.fees.rules import ANY, Rule
from shuxiang.apps.places import queries as places
from shuxiang.kernel import clock
from shuxiang.kernel.decision import Reason
from shuxiang.runtime import sql
from shuxiang.runtime.revision import cached

REVISION = "fees"

_RULE_COLUMNS = (
    "id, kind, place_id, reader_category, item_category, valid_from, valid_to, amount_fen, cap_fen, "
    "grace_days, points, per_day, restore_days, price_cap, note"
)


@cached(REVISION)
def _all_rules() -> tuple[tuple[Any, ...], ...]:
    return tuple(sql.all(f"SELECT {_RULE_COLUMNS} FROM fees_feerule ORDER BY id"))


def rules_at(place: str) -> tuple[Rule, ...]:
    """Every fee rule row said at the place or above it, whatever its dates. Without any row, which is
    how a library begins, nothing else is asked of the database."""
    rows = _all_rules()
    if not rows:
        return ()
    depth = {p.id: p.depth for p in places.ancestors(places.place(place))}
    return tuple(_rule(r, depth[r[2]]) for r in rows if r[2] in depth)


def _rule(row: tuple[Any, ...], depth: int) -> Rule:
    return Rule(
        id=row[0],
        kind=row[1],
        place=row[2],
        depth=depth,
        reader_category=row[3],
        item_category=row[4],
        valid_from=row[5],
        valid_to=row[6],
        amount_fen=row[7],
        cap_fen=row[8],
        grace_days=row[9],
        points=row[10],
        per_day=row[11],
        restore_days=row[12],
        price_cap=bool(row[13]),
        note=row[14],
    )


def rule(rule_id: str) -> Rule | None:
    """One row, whatever its dates."""
    found = next((r for r in _all_rules() if r[0] == rule_id), None)
    return _rule(found, places.place(found[2]).depth) if found else None


def in_force(
    kind: str, place: str, reader_category: str, on: date, item_category: str = ANY
) -> Rule | None:
    """The row of a kind that decides at a place that day; None: nothing of the kind is charged."""
    return rules.choose(
        rules_at(place),
        kind,
        reader_category=reader_category,
        item_category=item_category,
        on=on,
    )


def at_desk(place: str) -> bool:
    """Whether money is handled at a place: its setting ``fees.at_desk``."""
    return bool(places.setting(place, "fees.at_desk").value)


@dataclass(frozen=True, slots=True)
class ChargeView:
    """A charge as lists show it. ``days``, ``due_on`` and ``working`` are an overdue charge's;
    ``open_fen`` is what is still to be paid of it."""

    id: str
    patron: str
    kind: str
    place: str
    at: datetime
    day: date
    amount_fen: int
    paid_fen: int
    waived_fen: int
    voided_fen: int
    note: str
    item: str
    barcode: str
    title_text: str
    due_on: date | None
    days: int | None
    working: str
    settled_at: datetime | None

    @property
    def open_fen(self) -> int:
        return self.amount_fen - self.paid_fen - self.waived_fen - self.voided_fen


_CHARGE = (
    "SELECT c.id, c.patron_id, c.kind, c.place_id, c.at, c.day, c.amount_fen, c.paid_fen, "
    "c.waived_fen, c.voided_fen, c.note, c.item_id, i.barcode, t.title, c.due_on, c.days, "
    "c.working, c.settled_at FROM fees_charge c LEFT JOIN stock_item i ON i.id = c.item_id "
    "LEFT JOIN catalog_title t ON t.id = i.title_id "
)


def _charge(row: tuple[Any, ...]) -> ChargeView:
    values = dict(zip(ChargeView.__dataclass_fields__, row, strict=True))
    for name in ("patron", "item", "barcode", "title_text"):
        values[name] = values[name] or ""
    return ChargeView(**values)


def charges(patron: str, *, settled: bool = False) -> tuple[ChargeView, ...]:
    """A reader's charges that are open, oldest first; ``settled``: those that are not, newest first,
    as long as the library remembers whose they were."""
    if settled:
        where = (
            "WHERE c.patron_id = ? AND c.settled_at IS NOT NULL ORDER BY c.settled_at DESC, c.id"
        )
    else:
        where = "WHERE c.patron_id = ? AND c.settled_at IS NULL ORDER BY c.at, c.id"
    return tuple(map(_charge, sql.all(_CHARGE + where, patron)))


def charge(charge_id: str) -> ChargeView | None:
    """The charge, or None."""
    row = sql.one(_CHARGE + "WHERE c.id = ?", charge_id)
    return _charge(row) if row else None


def owed(patron: str) -> int:
    """What a reader has to pay in all, in 分."""
    row = sql.one(
        "SELECT COALESCE(SUM(amount_fen - paid_fen - waived_fen - voided_fen), 0) "
        "FROM fees_charge WHERE patron_id = ? AND settled_at IS NULL",
        patron,
    )
    return int(row[0]) if row else 0


def owed_by_reader() -> dict[str, int]:
    """The same of every reader who owes something."""
    rows = sql.all(
        "SELECT patron_id, SUM(amount_fen - paid_fen - waived_fen - voided_fen) FROM fees_charge "
        "WHERE patron_id IS NOT NULL AND settled_at IS NULL GROUP BY patron_id"
    )
    return {patron: int(fen) for patron, fen in rows if fen}


def deposit_held(patron: str) -> int:
    """The deposit held of a reader in these books, in 分."""
    row = sql.one("SELECT held_fen FROM fees_deposit WHERE patron_id = ?", patron)
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class CreditView:
    """免押: why a reader needs no deposit, and from when to when."""

    id: str
    basis: str
    valid_from: date
    valid_to: date | None


def credits_of(patron: str) -> tuple[CreditView, ...]:
    """Every credit a reader was given, the newest first."""
    rows = sql.all(
        "SELECT id, basis, valid_from, valid_to FROM fees_credit WHERE patron_id = ? "
        "ORDER BY valid_from DESC, id DESC",
        patron,
    )
    return tuple(CreditView(*r) for r in rows)


def credit(patron: str, on: date) -> CreditView | None:
    """The credit that stands in for a reader's deposit that day."""
    found = (
        c
        for c in credits_of(patron)
        if c.valid_from <= on and (c.valid_to is None or on <= c.valid_to)
    )
    return next(found, None)


def losses(patron: str) -> tuple[tuple[int, date | None], ...]:
    """(points, until) of a reader's losses that were not given back."""
    rows = sql.all(
        "SELECT p.points, p.until FROM fees_pointsrow p WHERE p.patron_id = ? AND p.points < 0 "
        "AND NOT EXISTS (SELECT 1 FROM fees_pointsrow r WHERE r.reverses_id = p.id)",
        patron,
    )
    return tuple((-r[0], r[1]) for r in rows)


def standing(patron: str, on: date) -> rules.Standing:
    """Everything lending asks of a reader's money and points."""
    return rules.Standing(
        owed_fen=owed(patron),
        deposit_fen=deposit_held(patron),
        credit=credit(patron, on) is not None,
        losses=losses(patron),
    )


def against_lending(
    patron: str, reader_category: str, place: str, on: date, *, price_fen: int | None
) -> tuple[Reason, ...]:
    """What money and points have against lending an item to a reader at a place. Where no rule says
    anything of the kind, nothing."""
    rows = rules_at(place)
    if not rows:
        return ()
    limit, points, deposit = (
        rules.choose(rows, kind, reader_category=reader_category, on=on)
        for kind in ("limit", "points", "deposit")
    )
    if limit is None and points is None and deposit is None:
        return ()
    return rules.against_lending(
        standing(patron, on),
        limit=limit,
        points=points,
        deposit=deposit,
        price_fen=price_fen,
        on=on,
    )


def against_more(
    act: str, patron: str, reader_category: str, place: str, on: date
) -> tuple[Reason, ...]:
    """What is owed and lost points have against ``renewals`` or ``holds``: nothing unless the place
    says so by its setting (MR-1 … MR-3)."""
    rows = rules_at(place)
    if not rows or not places.setting(place, f"fees.stop_{act}").value:
        return ()
    limit, points = (
        rules.choose(rows, kind, reader_category=reader_category, on=on)
        for kind in ("limit", "points")
    )
    if limit is None and points is None:
        return ()
    return rules.against_lending(
        standing(patron, on), limit=limit, points=points, deposit=None, price_fen=None, on=on
    )


@dataclass(frozen=True, slots=True)
class Points:
    """A reader's credit points: how many of how many are left; with none left, the day some are back
    (None: not by themselves)."""

    left: int
    of: int
    per_day: int
    frozen: bool
    thaws_on: date | None


def points(patron: str, reader_category: str, place: str, on: date) -> Points | None:
    """None where the place keeps no points."""
    row = in_force("points", place, reader_category, on)
    if row is None:
        return None
    lost = losses(patron)
    left = rules.points_left(row, lost, on=on)
    thaw = None if left else rules.thaws_on(row, lost, on=on)
    return Points(left, row.points, row.per_day, not left, thaw)


@dataclass(frozen=True, slots=True)
class PointsView:
    """A line of a reader's points. ``given_back``: it was a loss that counts no more."""

    id: str
    day: date
    place: str
    points: int
    days: int
    until: date | None
    title_text: str
    why: str
    given_back: bool


def points_rows(patron: str, *, limit: int = 50) -> tuple[PointsView, ...]:
    """What happened to a reader's points, the newest first."""
    rows = sql.all(
        "SELECT p.id, p.day, p.place_id, p.points, p.days, p.until, t.title, p.why, "
        "EXISTS (SELECT 1 FROM fees_pointsrow r WHERE r.reverses_id = p.id) "
        "FROM fees_pointsrow p LEFT JOIN stock_item i ON i.id = p.item_id "
        "LEFT JOIN catalog_title t ON t.id = i.title_id WHERE p.patron_id = ? "
        "ORDER BY p.at DESC, p.id DESC LIMIT ?",
        patron,
        limit,
    )
    return tuple(PointsView(*(*r[:6], r[6] or "", r[7], bool(r[8]))) for r in rows)


def exempt_days(place_ids: Sequence[str], first: date, last: date) -> frozenset[date]:
    """Days that were closed when they passed, at any of the places."""
    rows = sql.all(
        f"SELECT day FROM fees_exemptday WHERE place_id IN ({sql.marks(len(place_ids))}) "
        "AND day BETWEEN ? AND ?",
        *place_ids,
        first,
        last,
    )
    return frozenset(r[0] for r in rows)


def in_books(patron: str) -> bool:
    """Whether anything of the books names a reader."""
    row = sql.one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM fees_charge WHERE patron_id = ?) "
        "OR EXISTS (SELECT 1 FROM fees_entry WHERE patron_id = ?) "
        "OR EXISTS (SELECT 1 FROM fees_deposit WHERE patron_id = ?) "
        "OR EXISTS (SELECT 1 FROM fees_credit WHERE patron_id = ?) "
        "OR EXISTS (SELECT 1 FROM fees_pointsrow WHERE patron_id = ?)",
        *[patron] * 5,
    )
    return row is not None


def remembered(before: datetime) -> bool:
    """Whether `commands.forget_settled` has anything to forget."""
    row = sql.one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM fees_charge "
        "WHERE settled_at < ? AND patron_id IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM fees_pointsrow WHERE at < ? AND patron_id IS NOT NULL "
        "AND (points > 0 OR until <= ?))",
        before,
        before,
        clock.business_date(before),
    )
    return row is not None


NOTED_BACK = 14
"""How many days back closed days are noted: a worker that stood still catches up."""


def closed_days_unnoted(on: date) -> tuple[tuple[str, date], ...]:
    """(place, day) of the last days before ``on`` that were closed and are not noted as such; nothing
    where no rule counts late days."""
    if not any(r[1] in ("overdue", "points") for r in _all_rules()):
        return ()
    first, last = on - timedelta(days=NOTED_BACK), on - timedelta(days=1)
    noted = {
        (r[0], r[1])
        for r in sql.all("SELECT place_id, day FROM fees_exemptday WHERE day >= ?", first)
    }
    days = [first + timedelta(days=n) for n in range(NOTED_BACK)]
    return tuple(
        (place, day)
        for place, calendar in places.calendars(first, last).items()
        for day in days
        if not calendar.is_open(day) and (place, day) not in noted
    )
