"""Which of two libraries' items a machine takes back (CI-9 of `docs/circulation/loans.md`; rows B2, G1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

NOW = moment("2020-06-10")
OURS, THEIRS = "红楼梦", "三体"


@dataclass(frozen=True, slots=True)
class Two:
    """Two libraries with a B001 each, a terminal in either and in a third, by place name."""

    stocked: Stocked
    places: dict[str, str]
    terminals: dict[str, str]
    items: dict[str, str]
    ctx: Contexts

    def at(self, where: str, minutes: int = 0) -> Context:
        return self.ctx(
            Actor("terminal", self.terminals[where]),
            place=self.places[where],
            channel="sip2",
            at=NOW + timedelta(minutes=minutes),
        )

    def lend(self, title: str) -> None:
        circulation.check_out(
            item_barcode="B001",
            item_library=self.places["joined"] if title == THEIRS else self.places["main"],
            card=self.stocked.cards["adult"],
            ctx=self.ctx(at=NOW - timedelta(days=3)),
        )

    def give_back(self, title: str, where: str, minutes: int = 0) -> None:
        """At the desk of a place, where the clerk chooses."""
        circulation.check_in(
            item_barcode="B001",
            item_library=self.places["joined"] if title == THEIRS else self.places["main"],
            ctx=self.ctx(place=self.places[where], at=NOW + timedelta(minutes=minutes)),
        )


@pytest.fixture
def two(stocked: Stocked, ctx: Contexts) -> Two:
    made = {"main": stocked.library.main, "east": stocked.library.east}
    for code in ("joined", "third"):
        made[code] = places.add_place(
            kind="branch", code=code, name=code, parent=stocked.library.main, own_barcodes=True,
            ctx=ctx(),
        )  # fmt: skip
    terminals = {
        where: places.add_device(place=place, kind="sip2", login=where, name=where, ctx=ctx()).id
        for where, place in made.items()
    }
    theirs = items.add_item(
        title=stocked.titles[1], barcode="B001", owner=made["joined"], category="book", ctx=ctx()
    )
    ids = {OURS: stocked.items["B001"], THEIRS: theirs}
    return Two(stocked, made, terminals, ids, ctx)


@pytest.mark.parametrize("where", ["main", "joined", "east", "third"])
@pytest.mark.parametrize("lent", [OURS, THEIRS])
def test_ci_9_1_the_one_on_loan_whichever_terminal(two: Two, where: str, lent: str) -> None:
    two.lend(lent)
    done = circulation.check_in(item_barcode="B001", ctx=two.at(where))
    assert (done.kind, done.title_text) == ("returned", lent)
    assert loans.open_loan_of(two.items[lent]) is None


@pytest.mark.parametrize("where", ["main", "joined", "third"])
@pytest.mark.parametrize(
    "case", [pytest.param((OURS, THEIRS), id="both on loan"), pytest.param((), id="none on loan")]
)
def test_ci_9_2_and_5_never_a_guess(
    two: Two, unchanged: Any, where: str, case: tuple[str, ...]
) -> None:
    """CI-9.2, CI-9.5."""
    for title in case:
        two.lend(title)
    with unchanged(), pytest.raises(Refused) as refused:
        circulation.check_in(item_barcode="B001", ctx=two.at(where))
    assert [r.code for r in refused.value.decision.refusing] == ["item-ambiguous"]


def test_ci_9_3_the_one_on_its_way_here(two: Two) -> None:
    two.lend(THEIRS)
    two.give_back(THEIRS, "east", minutes=-60)
    done = circulation.check_in(item_barcode="B001", ctx=two.at("joined"))
    assert (done.kind, done.title_text) == ("received", THEIRS)
    # At another place nothing tells which it is.
    two.lend(THEIRS)
    two.give_back(THEIRS, "east", minutes=-30)
    with pytest.raises(Refused):
        circulation.check_in(item_barcode="B001", ctx=two.at("main"))


@pytest.mark.parametrize(("minutes", "kind"), [(9, "again"), (10, "")])
def test_ci_9_4_the_one_given_back_here_a_moment_ago(two: Two, minutes: int, kind: str) -> None:
    two.lend(OURS)
    circulation.check_in(item_barcode="B001", ctx=two.at("main"))
    if kind:
        done = circulation.check_in(item_barcode="B001", ctx=two.at("main", minutes))
        assert (done.kind, done.title_text) == (kind, OURS)
    else:
        with pytest.raises(Refused):
            circulation.check_in(item_barcode="B001", ctx=two.at("main", minutes))


def test_a_code_of_one_library_goes_by_the_usual_rules(two: Two) -> None:
    done = circulation.check_in(item_barcode="B002", ctx=two.at("third"))
    assert done.kind == "moved"


@pytest.mark.parametrize(
    ("act", "who", "minutes", "code"),
    [
        ("check_out", "main", 0, ""),
        ("check_out", "main", 1, ""),
        ("check_out", "main", 2, "undo-too-late"),
        ("check_out", "east", 0, "nothing-to-undo"),
        ("check_in", "main", 0, "nothing-to-undo"),
        ("renew", "main", 0, "nothing-to-undo"),
    ],
)
def test_un_1_1_a_machine_takes_back_only_what_it_has_just_done(
    two: Two, unchanged: Any, act: str, who: str, minutes: int, code: str
) -> None:
    card = two.stocked.cards["adult"]
    done = circulation.check_out(item_barcode="B002", card=card, ctx=two.at("main"))
    ctx = two.at(who, minutes)
    if not code:
        undone = circulation.cancel(act=act, item_barcode="B002", patron=done.patron, ctx=ctx)
        assert (undone.item, undone.patron) == (two.stocked.items["B002"], done.patron)
        assert loans.open_loan_of(undone.item) is None
        return
    with unchanged(), pytest.raises(Refused) as refused:
        circulation.cancel(act=act, item_barcode="B002", ctx=ctx)
    assert [r.code for r in refused.value.decision.refusing] == [code]
    with unchanged(), pytest.raises(Refused) as refused:
        circulation.cancel(
            act="check_out", item_barcode="B002", patron="0" * 32, ctx=two.at("main")
        )
    assert [r.code for r in refused.value.decision.refusing] == ["nothing-to-undo"]


def test_un_1_1_a_return_taken_back_twice_is_refused(two: Two, unchanged: Any) -> None:
    circulation.check_out(
        item_barcode="B002", card=two.stocked.cards["adult"], ctx=two.at("main", -9)
    )
    circulation.check_in(item_barcode="B002", ctx=two.at("east"))
    circulation.cancel(act="check_in", item_barcode="B002", ctx=two.at("east"))
    loan = loans.open_loan_of(two.stocked.items["B002"])
    assert loan is not None
    assert loans.transit_of(two.stocked.items["B002"]) is None
    with unchanged(), pytest.raises(Refused):
        circulation.cancel(act="check_in", item_barcode="B002", ctx=two.at("east"))
