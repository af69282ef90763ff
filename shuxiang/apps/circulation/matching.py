"""Which copy goes to which hold (HQ-1 … HQ-5 of `docs/circulation/holds.md`): facts for
`rules.holds.assign`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from shuxiang.apps.circulation import queries
from shuxiang.apps.circulation.rules import holds as rules
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel import clock
from shuxiang.runtime import sql

_WAITING = (
    "SELECT id, title_id, patron_id, pickup_id, rank, seq, wanted_id, suspended_until, expires_on "
    "FROM circulation_hold WHERE state = 'waiting' "
)


def waiting(titles: Iterable[str] | None = None) -> dict[str, list[rules.Waiting]]:
    """Holds that wait for a copy, by title; of every title unless some are named."""
    wanted = None if titles is None else list(titles)
    if wanted == []:
        return {}
    where = "" if wanted is None else f"AND title_id IN ({sql.marks(len(wanted))}) "
    found: dict[str, list[rules.Waiting]] = {}
    for row in sql.all(_WAITING + where + "ORDER BY rank, seq", *(wanted or ())):
        found.setdefault(row[1], []).append(
            rules.Waiting(
                id=row[0],
                patron=row[2],
                pickup=row[3],
                rank=row[4],
                seq=row[5],
                wanted=row[6],
                suspended_until=row[7],
                expires_on=row[8],
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of a title that are not withdrawn, and those of them that stand free on a shelf."""

    every: tuple[stock.ItemView, ...]
    free: tuple[stock.ItemView, ...]


def copies(titles: Iterable[str], at: datetime) -> dict[str, Copies]:
    """Copies by title, in as many statements as one title takes; titles without copies are absent."""
    items = stock.items_of(titles)
    ids = [i.id for rows in items.values() for i in rows]
    if not ids:
        return {}
    busy = queries.not_free(ids, at)
    return {
        title: Copies(rows, tuple(i for i in rows if i.status == "available" and i.id not in busy))
        for title, rows in items.items()
    }


class Eligible:
    """Whether a hold may have a copy: its reader's card opens that day, and the rule of the pickup
    place lends them that kind. Readers are looked up once."""

    def __init__(self, on: date) -> None:
        self.on = on
        self._readers: dict[str, patrons.LoanReader | None] = {}

    def reader(self, patron: str) -> patrons.LoanReader | None:
        if patron not in self._readers:
            self._readers[patron] = patrons.loan_reader(patron)
        return self._readers[patron]

    def may_have(self, hold: rules.Waiting, category: str) -> bool:
        reader = self.reader(hold.patron)
        if reader is None or not reader.opens(self.on).allowed:
            return False
        rule = queries.explain(hold.pickup, reader.category, category, self.on).rule
        return rule is not None and rule.lendable


def assigned(
    holds: Iterable[rules.Waiting],
    free: Iterable[stock.ItemView],
    *,
    on: date,
    eligible: Eligible,
    in_hand: tuple[stock.ItemView, str] | None = None,
) -> dict[str, str]:
    """{hold: item} of one title: the free copies, and the one ``in_hand`` at a place."""
    shelf = {i.id: (i.category, i.lendable) for i in free}
    rows = [rules.Shelf(item=i.id, place=i.holder) for i in free]
    if in_hand is not None:
        item, at = in_hand
        shelf[item.id] = (item.category, item.lendable)
        rows = [rules.Shelf(item=item.id, place=at), *(r for r in rows if r.item != item.id)]

    def fits(hold: rules.Waiting, copy: rules.Shelf) -> bool:
        category, lendable = shelf[copy.item]
        return lendable and eligible.may_have(hold, category)

    return rules.assign(
        [hold for hold in holds if hold.active(on)],
        rows,
        distance=queries.distance,
        fits=fits,
        in_hand=in_hand[0].id if in_hand else "",
    )


def first_reader(title: str, item: str, *, place: str, at: datetime) -> str | None:
    """The hold that an item in hand at a place goes to, or None; one that goes to quarantine first
    goes to nobody yet."""
    on = clock.business_date(at)
    holds = waiting([title]).get(title, [])
    view = stock.item(item) if any(h.active(on) for h in holds) else None
    if view is None or queries.quarantined([item], at):
        return None
    found = copies([title], at).get(title)
    pairs = assigned(
        holds,
        found.free if found else (),
        on=on,
        eligible=Eligible(on),
        in_hand=(view, place),
    )
    return next((hold for hold, copy in pairs.items() if copy == item), None)


def unserved(title: str, *, besides: str, at: datetime) -> int:
    """How many other readers wait for a title with no copy on a shelf for them."""
    on = clock.business_date(at)
    holds = [h for h in waiting([title]).get(title, []) if h.patron != besides and h.active(on)]
    if not holds:
        return 0
    found = copies([title], at).get(title)
    pairs = assigned(holds, found.free if found else (), on=on, eligible=Eligible(on))
    return len(holds) - len(pairs)
