"""B5, B6: register, trail, counts, keeper; drifting is never lending, and nobody is named."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.drift import commands, models, queries
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.context import Actor, Context
from shuxiang.kernel.decision import Refused
from shuxiang.kernel.ids import new_id
from shuxiang.ledger.models import Event, Reader
from shuxiang.runtime import worker
from shuxiang.statistics import daily, figures, invariants
from tests.apps.drift.conftest import Drifting
from tests.support.library import Contexts, moment

pytestmark = pytest.mark.db
NOBODY = Actor("patron", "")


def anybody(ctx: Contexts, day: str, hour: str = "10:00") -> Context:
    return ctx(NOBODY, channel="portal", at=moment(day, hour))


def step(drifting: Drifting, ctx: Contexts, kind: str, day: str, **values: Any) -> bool:
    hour = values.pop("hour", "10:00")
    code = values.pop("code", drifting.codes[0])
    return commands.step(code=code, kind=kind, **values, ctx=anybody(ctx, day, hour))


def codes(refused: pytest.ExceptionInfo[Refused]) -> tuple[str, ...]:
    return refused.value.decision.codes


def test_b5_a_trail_without_names(drifting: Drifting, ctx: Contexts, unchanged: Any) -> None:
    """DR-4, DR-5."""
    assert step(drifting, ctx, "took", "2020-06-10")
    with unchanged():
        assert not step(drifting, ctx, "took", "2020-06-10", hour="10:01")
    book = queries.book_by_code(drifting.codes[0])
    assert book is not None
    assert (book.at, book.home) == ("", drifting.house)
    step(drifting, ctx, "left", "2020-06-12", where=" 客运站候车室 ")
    step(drifting, ctx, "put", "2020-06-14", site=drifting.base)
    book = queries.book_by_code(drifting.codes[0].lower())
    assert book is not None
    assert book.at == drifting.base
    assert [(s.kind, s.place, s.where) for s in queries.trail(book.id)] == [
        ("put", "西区分馆", ""), ("left", "", "客运站候车室"), ("took", "漂流书屋", "")
    ]  # fmt: skip
    rows = Event.objects.filter(subject=book.id).order_by("occurred_at")
    assert [r.type for r in rows] == [
        "drift.added", "drift.taken", "drift.left", "drift.returned"
    ]  # fmt: skip
    assert {(r.actor, r.visit_key) for r in rows if r.actor_kind == "patron"} == {("", "")}
    assert not Reader.objects.filter(event__in=[r.id for r in rows]).exists()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"code": "NONE99", "kind": "took"}, "drift-book-unknown"),
        ({"kind": "stole"}, "step-unknown"),
        ({"kind": "left", "where": "  "}, "where-missing"),
        ({"kind": "left", "where": "远" * 61}, "text-too-long"),
        ({"kind": "put", "site": "0" * 32}, "site-unknown"),
    ],
)
def test_b5_bad_steps_change_nothing(
    drifting: Drifting, ctx: Contexts, unchanged: Any, values: dict[str, str], code: str
) -> None:
    given = dict(values)
    with unchanged(), pytest.raises(Refused) as refused:
        step(drifting, ctx, given.pop("kind"), "2020-06-10", **given)
    assert codes(refused) == (code,)


def test_b5_drifting_is_counted_apart_never_as_loans(drifting: Drifting, ctx: Contexts) -> None:
    step(drifting, ctx, "took", "2020-06-10")
    step(drifting, ctx, "took", "2020-06-10", code=drifting.codes[1])
    step(drifting, ctx, "put", "2020-06-20", site=drifting.house)
    worker.number_all()
    daily.refresh()
    made = figures.figures(2020, place=drifting.stocked.library.main, scope=figures.BRANCHES_TOO)
    found = {code: figure.value for code, figure in made.items()}
    assert (found["drift_taken"], found["drift_returned"]) == (2, 1)
    assert (found["loan_vol"], found["loan_person"], found["return_vol"]) == (0, 0, 0)
    # B6: what the annual report says of the sites.
    assert (found["reading_base"], found["reading_base_new"], found["bookhouse"]) == (1, 1, 1)
    back = queries.came_back((drifting.house,), date(2020, 1, 1), date(2020, 12, 31))
    assert (back.taken, back.returned, back.percent) == (2, 1, 50.0)


def test_b6_a_plaque_is_counted_on_its_day_and_corrected_there(
    drifting: Drifting, ctx: Contexts, unchanged: Any
) -> None:
    """DR-2, DR-3."""
    point = drifting.stocked.library.point
    entered = {
        "place": point, "kind": "bookhouse", "keeper": "陈阿姨", "phone": "13900000000",
    }  # fmt: skip
    later = ctx("director", at=moment("2021-02-01"))
    commands.register(**entered, plaque_on=date(2019, 12, 30), ctx=later)
    rows = Event.objects.filter(type="site.plaqued", place=point).order_by("business_date", "id")
    assert [(str(r.business_date), r.quantity, r.source) for r in rows] == [
        ("2019-12-30", 1, "bookhouse"), ("2020-05-20", 1, "bookhouse"),
        ("2020-05-20", -1, "bookhouse"),
    ]  # fmt: skip
    end = {"plaque_on": date(2019, 12, 30), "ended_on": date(2021, 1, 31)}
    link = commands.make_link(site=drifting.house, token_hash="h" * 64, ctx=later.with_key("l"))
    commands.register(**entered, **end, ctx=later.with_key("end"))
    site = queries.site(drifting.house)
    assert site is not None
    assert (site.keeper, site.phone, queries.links(drifting.house)) == ("", "", ())
    assert Event.objects.filter(type="site.unplaqued", place=point).count() == 1
    assert [s.id for s in queries.sites()] == [drifting.base]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.end_link(link=link, ctx=later.with_key("x"))
    assert codes(refused) == ("link-unknown",)
    with unchanged(), pytest.raises(Refused):
        commands.register(**entered, **end, ctx=ctx("desk"))


def test_b5_counts_are_kept_apart(drifting: Drifting, ctx: Contexts, unchanged: Any) -> None:
    """DR-6 … DR-8.1."""
    director = ctx("director", at=moment("2020-06-15"))
    first, second, third = drifting.codes

    def count(how: str, **values: Any) -> Any:
        key = director.with_key(new_id()[-12:])
        return commands.count_shelf(site=drifting.house, how=how, **values, ctx=key)

    assert count("rough", number=40).low == 32
    said = count("sample", drawn=(first, second), codes=(first,))
    assert (said.estimate, said.low, said.high) == (2, 1, 2)
    # A guest is found, one of its own is not: only what was seen moves.
    guest = commands.add_books(
        site=drifting.base, books=(commands.New("狼图腾"),), ctx=director.with_key("g")
    )[0]
    assert count("full", codes=(first, second, guest)).estimate == 3
    assert {b.code for b in queries.books_here(drifting.house)} == {first, second, guest}
    missing = queries.book_by_code(third)
    assert missing is not None
    assert missing.at == ""
    assert [(c.how, c.expected, c.drawn, c.found) for c in queries.censuses(drifting.house)] == [
        ("full", 3, None, 3), ("sample", 3, 2, 1), ("rough", 3, None, 40)
    ]  # fmt: skip
    for values, code in (
        ({"how": "full", "codes": ("NONE99",)}, "count-code-unknown"),
        ({"how": "sample", "drawn": ("NONE99",), "codes": ()}, "count-sample-invalid"),
        ({"how": "rough", "number": -1}, "count-number-invalid"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            count(**values)
        assert codes(refused) == (code,)


def test_b5_a_copy_of_our_stock_is_not_lent_while_it_drifts(
    drifting: Drifting, ctx: Contexts, unchanged: Any
) -> None:
    stocked, director = drifting.stocked, ctx("director", at=moment("2020-06-10"))
    circulation.check_out(item_barcode="B002", card=stocked.cards["adult"], ctx=ctx())
    for barcode, code in (("B002", "item-on-loan"), ("X99", "item-unknown")):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.add_books(
                site=drifting.house,
                books=(commands.New(barcode=barcode),),
                ctx=director.with_key(barcode),
            )
        assert codes(refused) == (code,)
    (made,) = commands.add_books(
        site=drifting.house, books=(commands.New(barcode="B001"),), ctx=director.with_key("b1")
    )
    book = queries.book_by_code(made)
    assert book is not None
    assert book.title == "红楼梦"
    with unchanged(), pytest.raises(Refused) as refused:
        circulation.check_out(item_barcode="B001", card=stocked.cards["adult"], ctx=ctx())
    assert "item-blocked" in codes(refused)
    commands.remove_book(code=made, why="收回", ctx=director.with_key("out"))
    item = stock.item(stocked.items["B001"])
    assert item is not None
    assert item.status == "available"
    assert [c.detail for c in invariants.check() if not c.ok and c.id != "9"] == []


def test_b5_a_keepers_address_looks_after_its_own_shelf_alone(
    drifting: Drifting, ctx: Contexts, unchanged: Any
) -> None:
    token = "keeper-token"
    commands.make_link(
        site=drifting.house, token_hash=queries.token_hash(token), ctx=ctx("director")
    )
    nobody = anybody(ctx, "2020-06-15")
    commands.count_shelf(
        site=drifting.house, how="rough", number=3, link=token, ctx=nobody.with_key("c")
    )
    commands.report_problem(
        site=drifting.house, text="书架倒了", link=token, ctx=nobody.with_key("p")
    )
    assert [p.text for p in queries.problems((drifting.house,))] == ["书架倒了"]
    for site, link in ((drifting.base, token), (drifting.house, "guess"), (drifting.house, "")):
        with unchanged(), pytest.raises(Refused) as refused:
            commands.report_problem(
                site=site, text="x", link=link, ctx=nobody.with_key(site + link)
            )
        assert codes(refused)[0] in ("link-unknown", "not-permitted")
    # Not the library's stock: a barcode it names is no barcode.
    with unchanged(), pytest.raises(Refused) as refused:
        commands.add_books(
            site=drifting.house,
            books=(commands.New(barcode="B001"),),
            link=token,
            ctx=nobody.with_key("b"),
        )
    assert codes(refused) == ("book-title-missing",)
    assert not models.Book.objects.filter(item__isnull=False).exists()
