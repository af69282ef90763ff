"""L1, C5: a dated amnesty is previewed, applied, taken back, and reaches returns still to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.fees import commands, queries
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from shuxiang.statistics import invariants
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

LENT = moment("2020-05-06")
LATE = moment("2020-06-12")
SPAN: dict[str, Any] = {
    "first_day": date(2020, 6, 1),
    "last_day": date(2020, 6, 30),
    "why": "疫情期间免收逾期费",
}


def refused(act: Callable[[], Any]) -> tuple[str, ...]:
    with pytest.raises(Refused) as found:
        act()
    return found.value.decision.codes


def sound() -> None:
    for proof in (invariants.money_balances, invariants.fines_stand):
        found = proof()
        assert found.ok, found.detail


@pytest.fixture
def late(charging: Stocked, ctx: Contexts, add_rule: Any) -> Stocked:
    """B001 and B002 of the adult, B003 of the other given back six open days late, at 20 分 and a
    point a day; of the adult's first charge 0.50 is paid."""
    add_rule("points", points=20, per_day=1)
    for barcode, who in (
        ("B001", "adult"),
        ("B002", "adult"),
        ("B003", "other"),
        ("B004", "other"),
    ):
        circulation.check_out(item_barcode=barcode, card=charging.cards[who], ctx=ctx(at=LENT))
    for barcode in ("B001", "B002", "B003"):
        circulation.check_in(item_barcode=barcode, ctx=ctx(at=LATE))
    commands.pay(card=charging.cards["adult"], amount_fen=50, ctx=ctx(at=LATE))
    return charging


def test_l1_previewed_applied_and_taken_back(
    late: Stocked, ctx: Contexts, unchanged: Callable[[], Any]
) -> None:
    """FE-8, PT-5."""
    main, adult = late.library.main, late.patrons["adult"]
    boss = ctx("director", at=moment("2020-06-13"))
    reach = queries.Reach(main, SPAN["first_day"], SPAN["last_day"], True, True)
    with unchanged():
        assert queries.preview(reach) == queries.Preview(3, 310, 3, 18, 2)
        elsewhere = queries.Reach(late.library.east, *[SPAN["first_day"]] * 2, True, True)
        assert queries.preview(elsewhere) == queries.Preview()
    made = commands.apply_amnesty(place=main, **SPAN, ctx=boss)
    assert (queries.owed(adult), queries.owed(late.patrons["other"])) == (0, 0)
    assert queries.losses(adult) == ()
    view = queries.amnesty(made)
    assert view is not None
    assert (view.state, view.waived, view.waived_fen, view.given_back) == ("applied", 3, 310, 18)
    assert queries.preview(reach) == queries.Preview()
    sound()
    # Given back while it lasts: charged and waived at once, which the desk is told.
    done = circulation.check_in(item_barcode="B004", ctx=ctx(at=moment("2020-06-14")))
    told = {t.code: t.data for t in done.tells}
    assert told["fee-amnesty"] == {"amount": "1.60", "why": SPAN["why"]}
    assert queries.owed(late.patrons["other"]) == 0
    # Taken back, everything is owed again, what was waived by hand excepted.
    commands.undo_amnesty(
        amnesty=made, why="通知作废", ctx=ctx("director", at=moment("2020-06-15"))
    )
    assert (queries.owed(adult), queries.owed(late.patrons["other"])) == (190, 280)
    assert sum(points for points, _ in queries.losses(adult)) == 12
    view = queries.amnesty(made)
    assert view is not None
    assert (view.state, view.waived, view.given_back) == ("undone", 0, 0)
    assert refused(lambda: commands.undo_amnesty(amnesty=made, why="又", ctx=ctx("director"))) == (
        "amnesty-undone",
    )
    sound()
    # Pressed again after an interruption nothing is done twice.
    assert commands.go_on(amnesty=made, ctx=ctx("director")) == 0
    waived = Event.objects.filter(type="fee.waived").values_list("quantity", flat=True)
    assert sorted(waived) == [-1, -1, -1, -1, 1, 1, 1, 1]


def test_l1_an_interrupted_amnesty_goes_on(
    late: Stocked, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shuxiang.apps.fees.commands import amnesties

    monkeypatch.setattr(amnesties, "AT_ONCE", 1)
    given = SPAN | {"charges": True, "lost_points": False}
    made = commands.begin_amnesty(place=late.library.main, **given, ctx=ctx("director"))
    assert commands.amnesty_chunk(amnesty=made, ctx=ctx("director")) == 1
    assert commands.go_on(amnesty=made, ctx=ctx("director")) == 2
    view = queries.amnesty(made)
    assert view is not None
    assert (view.state, view.waived, view.given_back) == ("applied", 3, 0)
    sound()


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"last_day": date(2020, 5, 1)}, ("amnesty-days",)),
        ({"why": "  "}, ("reason-missing",)),
        ({"charges": False, "lost_points": False}, ("amnesty-nothing",)),
    ],
)
def test_l1_an_amnesty_that_cannot_be_changes_nothing(
    late: Stocked,
    ctx: Contexts,
    unchanged: Callable[[], Any],
    values: dict[str, Any],
    codes: tuple[str, ...],
) -> None:
    main = late.library.main
    with unchanged():
        given = SPAN | values
        assert (
            refused(lambda: commands.apply_amnesty(place=main, **given, ctx=ctx("director")))
            == codes
        )
        assert refused(lambda: commands.apply_amnesty(place=main, **SPAN, ctx=ctx("desk"))) == (
            "not-permitted",
        )
