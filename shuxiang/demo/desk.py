"""The demo's staff at work: each act of theirs is one real command, counted in the tally."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.patrons import commands as patrons
from shuxiang.demo.people import Reader
from shuxiang.demo.plan import Opened
from shuxiang.demo.records import Book, Copy
from shuxiang.demo.sites import MAIN
from shuxiang.demo.tally import Tally
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context, Override
from shuxiang.kernel.decision import Refused

_KEEPERS = {MAIN: "desk1", "station": "desk2", "tongyin": "xinghua"}
_LIFTED = {
    "overdue-loans": "读者当面说明，承诺三日内归还",
    "loan-limit": "寒暑假少儿读者，值班馆员同意加借",
}


@dataclass(slots=True)
class Volume:
    """A copy on its way through the years."""

    book: Book
    copy: Copy
    holder: str
    lent: bool = False


@dataclass(slots=True)
class OpenLoan:
    """A loan not yet closed, where it was made, and when the reader means to bring it back."""

    id: str
    volume: Volume
    reader: Reader
    site: str
    due_on: date
    back_on: date


@dataclass(slots=True)
class Desk:
    """Acts at the places; keeps what a person standing there would see: who holds what."""

    opened: Opened
    tally: Tally
    chance: random.Random
    volumes: dict[str, Volume] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    number: int = 0

    def stock(self, made: Iterable[Book]) -> None:
        """The volumes that the import has put on the shelves."""
        for book in made:
            for copy in book.copies:
                self.volumes[copy.barcode] = Volume(book, copy, copy.site)

    def context(self, site: str, at: datetime, *overrides: Override, by: str = "") -> Context:
        """The next act's circumstances: the place's own keeper, a key of its own."""
        self.number += 1
        self.tally.acts += 1
        account = by or _KEEPERS.get(site, site)
        return Context(
            actor=Actor("staff", self.opened.accounts[account]),
            channel="desk",
            service_point=self.opened.places[site],
            occurred_at=at,
            request_key=f"demo.act.{self.number}",
            overrides=overrides,
        )

    def register(self, reader: Reader, at: datetime) -> None:
        done = patrons.register(
            name=reader.name,
            category=reader.category,
            document=reader.document,
            born_on=None if reader.document else reader.born_on,
            sex="" if reader.document else reader.sex,
            phone=reader.phone,
            guardian=reader.guardian,
            consents=reader.consents,
            ctx=self.context(reader.home, at),
        )
        reader.patron, reader.card, reader.number = done.patron, done.card, done.number
        reader.expires_on = done.expires_on
        self.tally.add("cards_issued", reader.home, clock.business_date(at))

    def renew_card(self, reader: Reader, at: datetime) -> bool:
        """The main desk renews a card; False when the reader has outgrown its category."""
        try:
            done = patrons.renew_card(card=reader.card, ctx=self.context(MAIN, at))
        except Refused:
            return False
        reader.expires_on = done.expires_on
        return True

    def lose_card(self, reader: Reader, at: datetime) -> None:
        patrons.report_lost(card=reader.card, ctx=self.context(MAIN, at))

    def find_card(self, reader: Reader, at: datetime) -> None:
        patrons.cancel_lost(card=reader.card, ctx=self.context(MAIN, at))

    def replace_card(self, reader: Reader, at: datetime) -> None:
        done = patrons.replace_card(card=reader.card, ctx=self.context(MAIN, at))
        reader.card, reader.number = done.card, done.number

    def close_account(self, reader: Reader, at: datetime) -> None:
        patrons.close_account(patron=reader.patron, ctx=self.context(MAIN, at))

    def lend(self, reader: Reader, volume: Volume, site: str, at: datetime) -> OpenLoan | None:
        """Lend, at a second try with what the desk may lift; None when the rules say no."""
        day = clock.business_date(at)
        lifted: tuple[Override, ...] = ()
        for _ in range(2):
            try:
                done = circulation.check_out(
                    item_barcode=volume.copy.barcode,
                    card=reader.number,
                    ctx=self.context(site, at, *lifted),
                )
                break
            except Refused as refused:
                self.tally.add("refused", site, day)
                codes = {r.code for r in refused.decision.refusing}
                mild = codes <= _LIFTED.keys() and site == MAIN
                if lifted or not mild or self.chance.random() > 0.4:
                    return None
                lifted = tuple(Override(code, _LIFTED[code]) for code in sorted(codes))
                at += timedelta(seconds=20)
        else:
            return None
        if lifted:
            self.tally.add("overridden", site, day)
        self.tally.borrowed(reader.patron, site, day)
        volume.lent, volume.holder = True, site
        self.held[reader.patron] += 1
        return OpenLoan(done.loan, volume, reader, site, done.due_on, done.due_on)

    def take_back(self, loan: OpenLoan, site: str, at: datetime) -> None:
        circulation.check_in(item_barcode=loan.volume.copy.barcode, ctx=self.context(site, at))
        loan.volume.lent, loan.volume.holder = False, site
        self.held[loan.reader.patron] -= 1
        self.tally.add("returns", site, clock.business_date(at))

    def bring_home(self, volume: Volume, at: datetime) -> None:
        """A volume given back elsewhere arrives where it belongs."""
        home = volume.copy.site
        circulation.check_in(item_barcode=volume.copy.barcode, ctx=self.context(home, at))
        volume.holder = home

    def renew(self, loan: OpenLoan, at: datetime) -> bool:
        day = clock.business_date(at)
        try:
            done = circulation.renew(loan=loan.id, ctx=self.context(loan.site, at))
        except Refused:
            self.tally.add("refused", loan.site, day)
            return False
        loan.due_on = done.due_on
        self.tally.add("renewals", loan.site, day)
        return True

    def use_in_house(self, volume: Volume, site: str, at: datetime) -> None:
        try:
            circulation.use_in_house(item_barcode=volume.copy.barcode, ctx=self.context(site, at))
        except Refused:
            self.tally.add("refused", site, clock.business_date(at))
            return
        self.tally.add("in_house_uses", site, clock.business_date(at))
