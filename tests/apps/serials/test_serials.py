"""订阅 → 记到 → 催缺 → 合订 (row J1; cases SE-)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.acquisitions import queries as acquisitions
from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.serials import commands, queries
from shuxiang.apps.serials.rules import Pattern
from shuxiang.apps.stock import queries as stock
from shuxiang.documents.report import BRANCHES_TOO
from shuxiang.formats.marc import Bibliographic
from shuxiang.kernel.decision import Refused
from shuxiang.statistics import daily, invariants
from shuxiang.statistics.figures import figures
from tests.apps.acquisitions.conftest import Buying
from tests.support.library import Contexts, moment

pytestmark = pytest.mark.db
Unchanged = Callable[[], AbstractContextManager[None]]


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


def subscribed(buying: Buying, ctx: Contexts, **more: Any) -> str:
    """读者 of 2020, monthly with 7-8 as one, one copy for the main library and one for the east branch."""
    library = buying.stocked.library
    title = more.pop("title", None) or catalog.add_title(
        bibliographic=Bibliographic(format="cnmarc", kind="serial", title="读者", clc=("Z62",)),
        ctx=ctx("acquisitions"),
    )
    given: dict[str, Any] = {
        "first_day": date(2020, 1, 5), "last_day": date(2020, 12, 31),
        "pattern": Pattern(frequency="monthly", combined=((7, 8),)),
        "shares": {library.main: 1, library.east: 1}, "fund": buying.fund,
        "supplier": buying.supplier, "price_fen": 10800, "category": "book",
    }  # fmt: skip
    return commands.subscribe(title=title, **(given | more), ctx=ctx("acquisitions"))


def test_j1_subscribed_checked_in_lent_bound_and_unbound(buying: Buying, ctx: Contexts) -> None:
    library = buying.stocked.library
    made = subscribed(buying, ctx)
    fund = acquisitions.fund(buying.fund)
    assert fund is not None
    assert (fund.encumbered_fen, fund.left_fen) == (21600, 978400)
    issues = queries.issues(made)
    assert [i.number for i in issues][5:8] == ["6", "7-8", "9"]
    first, second = issues[:2]
    got = commands.arrive(issue=first.id, ctx=ctx("acquisitions"))
    assert (got.copies, got.barcodes, got.missing) == (2, ("N000001", "N000002"), 0)
    got = commands.arrive(
        issue=second.id, copies={library.main: 1}, barcodes=("Q2",), ctx=ctx("acquisitions")
    )
    assert (got.barcodes, got.missing) == (("Q2",), 1)
    copies = queries.copies(made)
    items = [stock.item(c.item) for c in copies if c.item]
    assert [(i.volume, i.owner, i.source) for i in items if i] == [
        ("2020年第1期", library.main, "issue"), ("2020年第1期", library.east, "issue"),
        ("2020年第2期", library.main, "issue"),
    ]  # fmt: skip
    # Lent like any item, and counted as no volume of the stock.
    lent = items[0].barcode  # type: ignore[union-attr]
    circulation.check_out(
        item_barcode=lent,
        card=buying.stocked.cards["adult"],
        ctx=ctx("desk", at=moment("2020-06-10")),
    )
    main = tuple(c.id for c in copies if c.place == library.main)
    with pytest.raises(Refused) as refused:
        commands.bind(copies=main, barcode="H1", ctx=ctx("acquisitions"))
    assert codes(refused) == ["item-on-loan"]
    circulation.check_in(item_barcode=lent, ctx=ctx("desk", at=moment("2020-06-11")))
    volume = commands.bind(
        copies=main,
        barcode="H1",
        call_number="Z62/1",
        ctx=ctx("acquisitions", at=moment("2020-06-12")),
    )
    (bound,) = queries.volumes(made)
    assert (bound.barcode, bound.label, bound.issues) == ("H1", "2020年第1-2期合订本", 2)
    assert stock.item(items[0].id).status == "withdrawn"  # type: ignore[union-attr]
    daily.refresh()
    report = figures(2020, place=library.main, scope=BRANCHES_TOO)
    assert [report[c].value for c in ("coll", "new_coll", "weeded", "serial_titles", "serial_bound")] == [
        11, 11, 0, 1, 1,
    ]  # fmt: skip
    assert [c for c in invariants.check() if not c.ok and c.id != "9"] == []
    at = ctx("acquisitions", at=moment("2020-06-13"))
    assert commands.unbind(volume=volume, ctx=at) == 2
    assert stock.item(items[0].id).status == "available"  # type: ignore[union-attr]
    assert stock.items_by_barcode("H1") == ()
    daily.refresh()
    report = figures(2020, place=library.main, scope=BRANCHES_TOO)
    assert [report[c].value for c in ("coll", "serial_bound")] == [10, 0]
    assert [c for c in invariants.check() if not c.ok and c.id != "9"] == []


def test_se_4_late_issues_are_claimed_and_answered(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    made = subscribed(buying, ctx)
    issues = queries.issues(made)
    commands.arrive(issue=issues[0].id, ctx=ctx("acquisitions"))
    commands.skip(issue=issues[1].id, why="休刊", ctx=ctx("acquisitions"))
    late = queries.late_issues([buying.stocked.library.main], date(2020, 4, 20))
    assert [(i.number, i.late(date(2020, 4, 20))) for i in late] == [("3", 39), ("4", 8)]
    at = ctx("acquisitions", at=moment("2020-04-20"))
    (number,) = commands.claim(issues=tuple(i.id for i in late), ctx=at)
    (one, other) = queries.claims(number=number)
    assert {one.issue_name, other.issue_name} == {"2020年第3期", "2020年第4期"}
    assert {one.copies, other.copies} == {2}
    commands.answer_claim(claim=one.id, answer="下周补寄", ctx=at.with_key("answer"))
    assert {c.answer for c in queries.claims(subscription=made)} == {"下周补寄", ""}
    for given, code in (
        ((issues[0].id,), "issue-not-late"),
        ((issues[1].id,), "issue-not-late"),
        ((issues[11 - 1].id,), "issue-not-late"),
        ((), "claim-nothing"),
        (("0" * 32,), "serial-issue-unknown"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.claim(issues=given, ctx=ctx("acquisitions", at=moment("2020-04-21")))
        assert codes(refused) == [code]


def test_se_4_each_supplier_is_asked_for_its_own(buying: Buying, ctx: Contexts) -> None:
    first = subscribed(buying, ctx)
    other = subscribed(buying, ctx, supplier="", fund="")
    late = [queries.issues(s)[0].id for s in (first, other)]
    at = ctx("acquisitions", at=moment("2020-04-20"))
    numbers = commands.claim(issues=tuple(late), ctx=at)
    assert [n.rpartition("-")[2] for n in numbers] == ["1", "2"]
    assert [{c.subscription for c in queries.claims(number=n)} for n in numbers] == [
        {first},
        {other},
    ]
    letters = queries.claim_letters([buying.stocked.library.main])
    assert {(x.number, x.issues, x.answered) for x in letters} == {(n, 1, 0) for n in numbers}


def test_se_4_issues_that_came_hide_none_that_did_not(buying: Buying, ctx: Contexts) -> None:
    made = subscribed(buying, ctx, lendable=False)
    issues = queries.issues(made)
    for n in range(5):
        commands.arrive(issue=issues[n].id, ctx=ctx("acquisitions"))
    # However few rows are asked for, complete issues before them take none of the places.
    late = queries.late_issues([buying.stocked.library.main], date(2020, 12, 31), 1)
    assert [i.number for i in late] == ["6"]


def test_issues_are_changed_as_they_appear(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    made = subscribed(buying, ctx)
    issues = queries.issues(made)
    assert commands.combine(issue=issues[1].id, ctx=ctx("acquisitions")) == "2-3"
    commands.add_supplement(
        subscription=made, number="增刊1", expected_on=date(2020, 5, 20), ctx=ctx("acquisitions")
    )
    assert [i.number for i in queries.issues(made)] == [
        "1", "2-3", "4", "5", "增刊1", "6", "7-8", "9", "10", "11", "12",
    ]  # fmt: skip
    commands.arrive(issue=issues[0].id, ctx=ctx("acquisitions"))
    for act, code in (
        (lambda: commands.arrive(issue=issues[0].id, ctx=ctx("acquisitions")), "issue-complete"),
        (lambda: commands.skip(issue=issues[0].id, why="x", ctx=ctx("acquisitions")), "issue-came"),
        (lambda: commands.combine(issue=issues[0].id, ctx=ctx("acquisitions")), "issue-came"),
        (
            lambda: commands.arrive(
                issue=issues[3].id, copies={buying.stocked.library.main: 3}, ctx=ctx("acquisitions")
            ),
            "issue-too-many",
        ),
        (
            lambda: commands.add_supplement(
                subscription=made,
                number="5",
                expected_on=date(2020, 5, 20),
                ctx=ctx("acquisitions"),
            ),
            "issue-exists",
        ),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            act()
        assert codes(refused) == [code]
    assert commands.take_back(issue=issues[0].id, ctx=ctx("acquisitions")) == 2
    assert queries.issues(made)[0].arrived == 0


def test_se_6_what_a_place_has_and_lacks(buying: Buying, ctx: Contexts) -> None:
    library = buying.stocked.library
    made = subscribed(buying, ctx, lendable=False)
    issues = queries.issues(made)
    for n in (0, 1, 3):
        commands.arrive(issue=issues[n].id, copies={library.main: 1}, ctx=ctx("acquisitions"))
    title = queries.subscription(made).title  # type: ignore[union-attr]
    (found,) = queries.holdings(title, date(2020, 5, 30))
    assert (found.place, found.year, found.held, found.lacking) == (
        library.main,
        2020,
        "1-2, 4",
        "3, 5",
    )


def test_money_and_counting_of_a_subscription(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        subscribed(buying, ctx, title=buying.stocked.titles[0], price_fen=900_000)
    assert codes(refused) == ["fund-exceeded"]
    first = subscribed(buying, ctx)
    title = queries.subscription(first).title  # type: ignore[union-attr]
    again = subscribed(buying, ctx, title=title)
    commands.pay(subscription=first, total_fen=21000, number="FP7", ctx=ctx("acquisitions"))
    assert commands.end_subscription(subscription=again, why="重复", ctx=ctx("acquisitions")) == 11
    fund = acquisitions.fund(buying.fund)
    assert fund is not None
    assert (fund.encumbered_fen, fund.spent_fen) == (0, 21000)
    daily.refresh()
    report = figures(2020, place=buying.stocked.library.main, scope=BRANCHES_TOO)
    assert report["serial_titles"].value == 1
    for act, code in (
        (lambda: commands.pay(subscription=first, total_fen=1, number="x", ctx=ctx("acquisitions")),
         "subscription-paid"),
        (lambda: commands.end_subscription(subscription=again, why="x", ctx=ctx("acquisitions")),
         "subscription-ended"),
        (lambda: subscribed(buying, ctx, title=title, shares={}), "copies-number"),
    ):  # fmt: skip
        with unchanged(), pytest.raises(Refused) as refused:
            act()
        assert codes(refused) == [code]
