"""2020 day by day through the real commands: closed from late January, limited opening in April, normal in
July (rows S1, S2, D2, I10). Nobody becomes overdue because the library was shut."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, time, timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.phases import commands as phases
from shuxiang.apps.phases.queries import Terms
from shuxiang.apps.places import queries as places
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.runtime import sql
from shuxiang.runtime.commands import bulk
from tests.apps.patrons import people
from tests.apps.phases.acts import applied, broken, closed
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import build

pytestmark = pytest.mark.db

SHUT = (date(2020, 1, 25), date(2020, 4, 9))
MOST = 4
"""Due a day and site when the library opens again."""


class Year:
    """The library, its books and readers, and what has been seen of them."""

    def __init__(self, library: Library, ctx: Contexts) -> None:
        stocked = build(library)
        self.library, self.ctx = library, ctx
        self.dice = random.Random(2020)
        at = moment("2020-01-02", "09:30")
        self.cards = [
            people.adult(
                ctx(at=at), number=people.id_number(date(1970, 1, n), 1), name=f"读者{n}"
            ).number
            for n in range(1, 13)
        ]
        self.free: dict[str, list[str]] = {library.main: [], library.east: [], library.west: []}
        for n in range(90):
            owner = (library.main, library.east, library.west)[n % 3]
            items.add_item(
                title=stocked.titles[n % 3], barcode=f"Y{n:03d}", owner=owner, category="book",
                ctx=ctx(at=at),
            )  # fmt: skip
            self.free[owner].append(f"Y{n:03d}")
        self.lent: dict[str, tuple[str, date]] = {}
        self.quarantined = 0

    def day(self, day: date) -> None:
        """What the readers of a day do at each site that is open."""
        for place in self.free:
            if not places.calendar(place, day, day).is_open(day):
                continue
            at = self.ctx(place=place, at=moment(day, "10:00"))
            for barcode, (_card, due) in list(self.lent.items()):
                # Most come in the days before it is due, a few forget.
                if self.dice.random() < (0.35 if (due - day).days < 5 else 0.02):
                    circulation.check_in(item_barcode=barcode, ctx=at.with_key(barcode))
                    del self.lent[barcode]
                    self.free[place].append(barcode)
            for card in self.dice.sample(self.cards, 1):
                self.borrow(card, place, day)

    def borrow(self, card: str, place: str, day: date) -> None:
        barcode = self.dice.choice(self.free[place]) if self.free[place] else ""
        if not barcode:
            return
        at = self.ctx(place=place, at=moment(day, "15:00"))
        try:
            done = circulation.check_out(item_barcode=barcode, card=card, ctx=at)
        except Refused as refused:
            self.quarantined += "item-quarantined" in refused.decision.codes
            return
        self.free[place].remove(barcode)
        self.lent[barcode] = (card, done.due_on)

    def dues(self) -> dict[str, tuple[str, date]]:
        """Place and due date of every open loan by barcode."""
        rows = sql.all(
            "SELECT i.barcode, l.place_id, l.due_on FROM circulation_loan l "
            "JOIN stock_item i ON i.id = l.item_id WHERE l.returned_at IS NULL"
        )
        return {barcode: (place, due) for barcode, place, due in rows}


def test_a_year_of_three_phases(library: Library, ctx: Contexts) -> None:
    year = Year(library, ctx)

    def by(day: str) -> Any:
        return ctx("director", at=moment(day, "17:30"))

    closure = ""
    before: dict[str, tuple[str, date]] = {}
    still: set[str] = set()
    for n in range((date(2020, 12, 31) - date(2020, 1, 3)).days + 1):
        day = date(2020, 1, 3) + timedelta(days=n)
        with bulk(200):
            year.day(day)
            match day.isoformat():
                case "2020-01-24":
                    before = year.dues()
                    closure = applied(
                        library.main,
                        closed(
                            "2020-01-25", "2020-02-14", until_notice=True, spread_most=MOST,
                            notice="恢复时间另行通知。",
                        ),
                        by("2020-01-24"),
                    )  # fmt: skip
                case "2020-03-10":
                    # Repairs in the west: twenty days of them fall into the closure.
                    applied(
                        library.west,
                        closed("2020-03-20", "2020-04-20", spread_most=MOST),
                        by("2020-03-10"),
                    )
                case "2020-04-05":
                    # Known at last: it ends on the 9th.
                    phases.set_end(phase=closure, last_day=SHUT[1], ctx=by("2020-04-05"))
                    applied(library.main, LIMITED, by("2020-04-06"))
                case "2020-06-28":
                    applied(library.main, NORMAL, by("2020-06-28"))
                case "2020-12-01":
                    was = year.dues()
                    mistake = applied(
                        library.main, closed("2020-12-10", "2020-12-20"), by("2020-12-01")
                    )
                    assert year.dues() != was
                    phases.revert(phase=mistake, ctx=by("2020-12-01"))
                    for _ in phases.work(mistake, by("2020-12-01")):
                        pass
                    assert year.dues() == was
            phases.keep(ctx(at=moment(day, "20:00")))
        now = year.dues()
        year.lent = {b: (card, now[b][1]) for b, (card, _) in year.lent.items()}
        # I10: nothing still to come falls due on a day on which its site is known to be shut.
        calendars = places.calendars(date(2020, 1, 1), date(2020, 12, 31))
        assert not {
            b for b, (at, due) in now.items() if due >= day and not calendars[at].is_open(due)
        }
        if day == SHUT[0]:
            still = {b for b in before if before[b][1] >= SHUT[0]}
            assert len(still) > 15
            assert all(now[b][1] > before[b][1] for b in still)
        if day == date(2020, 4, 10):
            # Whoever was in time when it shut is in time when it opens.
            assert not {b for b in still if b in now and now[b][1] < day}
            load = Counter((place, due) for place, due in now.values())
            assert max(load.values()) <= MOST
    _at_the_end(year, library, closure)


LIMITED = Terms(
    kind="limited", name="有序开放", first_day=date(2020, 4, 10), last_day=date(2020, 6, 30),
    hours={n: ((time(9), time(12)), (time(14, 30), time(17))) for n in range(1, 6)},
    slot_minutes=120, slot_quota=50, moment_quota=80, checks=("预约", "口罩", "健康码", "体温"),
    quarantine_hours=48,
)  # fmt: skip
NORMAL = Terms(
    kind="normal", name="惠民借阅", first_day=date(2020, 7, 1), last_day=date(2020, 9, 30),
    extra_loans=3, loan_days=45,
)  # fmt: skip


def _at_the_end(year: Year, library: Library, closure: str) -> None:
    assert broken() == []
    # The closure went on by itself, two weeks at a time, until its end was known.
    assert places.phase(closure).last_day == SHUT[1]
    assert Event.objects.filter(type="phase.extended", subject=closure).count() == 5
    assert Event.objects.filter(type="phase.applied").count() == 5
    # Opening days follow from the same records: no Monday, no day shut, in spring no Sunday.
    calendars = places.calendars(date(2020, 1, 1), date(2020, 12, 31))
    whole = (date(2020, 1, 1), date(2020, 12, 31))
    usual = sum((date(2020, 1, 1) + timedelta(days=n)).weekday() != 0 for n in range(366))
    shut = sum((SHUT[0] + timedelta(days=n)).weekday() != 0 for n in range(76))
    sundays = sum((date(2020, 4, 10) + timedelta(days=n)).weekday() == 6 for n in range(82))
    assert calendars[library.east].open_days(*whole) == usual - shut - sundays
    west_more = sum(
        (date(2020, 4, 10) + timedelta(days=n)).weekday() not in (0, 6) for n in range(11)
    )
    assert calendars[library.west].open_days(*whole) == usual - shut - sundays - west_more
    # Quarantine held some books back.
    assert year.quarantined > 0
    # The terms of July to September, and none of them after.
    terms: dict[bool, int] = {}
    for lent_on, due_on in sql.all(
        "SELECT lent_on, due_on FROM circulation_loan WHERE lent_on >= ?", date(2020, 4, 21)
    ):
        summer = date(2020, 7, 1) <= lent_on <= date(2020, 9, 30)
        terms[summer] = min(terms.get(summer, 999), (due_on - lent_on).days)
    assert terms == {False: 30, True: 45}
