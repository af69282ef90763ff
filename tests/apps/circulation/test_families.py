"""Age marks (公共图书馆法 37) and acting for another reader (row C3); cases of loans.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.circulation import commands, queries, rules
from shuxiang.apps.circulation.models import Loan
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands.items import change_item
from shuxiang.kernel.context import Actor, Override
from shuxiang.kernel.decision import Refused
from shuxiang.ledger.models import Event
from tests.apps.patrons import people
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
Unchanged = Callable[[], AbstractContextManager[None]]
TODAY = date(2020, 6, 10)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


@pytest.mark.parametrize(
    ("least", "age", "adult", "answer"),
    [
        (None, 3, 18, 0),
        (16, 15, 18, 16),
        (16, 16, 18, 0),
        (18, 17, 18, 18),
        (18, 17, 16, 0),
        (18, 15, 16, 16),
        (18, None, 18, 0),
    ],
)
def test_co_9_who_is_too_young(least: int | None, age: int | None, adult: int, answer: int) -> None:
    assert rules.too_young(least, age=age, adult_age=adult) == answer


@pytest.fixture
def marked(stocked: Stocked, ctx: Contexts) -> Stocked:
    """B001 (红楼梦) marked through its title from 16, B002 by itself from 14."""
    catalog.mark_age(title=stocked.titles[0], least_age=16, ctx=ctx())
    change_item(item=stocked.items["B002"], least_age=14, ctx=ctx())
    return stocked


def lend(stocked: Stocked, barcode: str, who: str, ctx: Any, **values: Any) -> commands.CheckedOut:
    return commands.check_out(item_barcode=barcode, card=stocked.cards[who], ctx=ctx, **values)


def test_co_9_marked_books_are_not_lent_to_minors_at_any_door(
    marked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    for barcode, least in (("B001", 16), ("B002", 14)):
        for channel in ("desk", "kiosk", "sip2", "offline"):
            with unchanged(), pytest.raises(Refused) as refused:
                lend(marked, barcode, "child", ctx(channel=channel))
            (reason,) = refused.value.decision.refusing
            assert (reason.code, reason.data) == ("age-marked", {"least": least})
    assert lend(marked, "B003", "child", ctx()).barcode == "B003"
    assert lend(marked, "B001", "adult", ctx()).barcode == "B001"


def test_co_9_the_desk_lifts_it_with_a_why_and_nobody_else(
    marked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    lift = (Override("age-marked", "学校指定读物，老师在场"),)
    guardian = Actor("patron", marked.patrons["other"])
    for actor in (guardian, "branch"):
        place = marked.library.east if actor == "branch" else ""
        with unchanged(), pytest.raises(Refused):
            lend(marked, "B001", "child", ctx(actor, place=place, overrides=lift))
    lend(marked, "B001", "child", ctx("desk", overrides=lift))
    (row,) = Event.objects.filter(type="loan.opened")
    assert json.loads(row.data) == {
        "overrides": [{"code": "age-marked", "why": "学校指定读物，老师在场"}]
    }


def test_rn_9_a_loan_of_a_marked_book_is_renewed_at_the_desk_alone(
    marked: Stocked, ctx: Contexts
) -> None:
    lift = (Override("age-marked", "老师在场"),)
    done = lend(marked, "B001", "child", ctx("desk", overrides=lift))
    with pytest.raises(Refused) as refused:
        commands.renew_own(loan=done.loan, ctx=ctx(Actor("patron", marked.patrons["child"])))
    assert codes(refused) == ["age-marked"]
    assert commands.renew(loan=done.loan, ctx=ctx("desk", overrides=lift)).renewals == 1


def test_co_9_ages_are_the_library_s_own(marked: Stocked, ctx: Contexts) -> None:
    places.set_setting(
        place=marked.library.main,
        key="lending.adult_age",
        value=4,
        ctx=ctx(at=moment("2020-06-09")),
    )
    assert lend(marked, "B001", "child", ctx()).barcode == "B001"


def test_an_age_mark_is_set_and_taken_off(marked: Stocked, ctx: Contexts) -> None:
    for least in (19, -1):
        with pytest.raises(Refused) as refused:
            catalog.mark_age(title=marked.titles[0], least_age=least, ctx=ctx())
        assert codes(refused) == ["age-mark-range"]
    catalog.mark_age(title=marked.titles[0], least_age=0, ctx=ctx())
    assert lend(marked, "B001", "child", ctx()).barcode == "B001"


# --- acting for another reader ---------------------------------------------------------------


def consent(stocked: Stocked, ctx: Any, **values: Any) -> str:
    """The adult agrees that the other acts for them."""
    return patrons.give_proxy(
        patron=stocked.patrons["adult"], card=stocked.cards["other"], ctx=ctx, **values
    )


def test_c3_a_guardian_acts_for_the_child_until_it_is_of_age(
    stocked: Stocked, ctx: Contexts
) -> None:
    mother, boy = stocked.patrons["other"], stocked.patrons["child"]
    (found,) = readers.acts_for(mother, TODAY)
    assert (found.patron, found.how) == (boy, "guardian")
    assert readers.how_acts(mother, boy, date(2033, 6, 29)) == "guardian"
    assert readers.how_acts(mother, boy, date(2033, 6, 30)) == ""
    assert readers.how_acts(boy, mother, TODAY) == ""


def test_co_10_a_guardian_borrows_and_renews_for_the_child(stocked: Stocked, ctx: Contexts) -> None:
    """CO-10, RN-8."""
    mother = stocked.patrons["other"]
    done = lend(stocked, "B001", "child", ctx(), by=mother)
    assert queries.open_loans(stocked.patrons["child"])[0].id == done.loan
    renewed = commands.renew_own(loan=done.loan, ctx=ctx(Actor("patron", mother), channel="portal"))
    assert renewed.renewals == 1
    rows = Event.objects.filter(type__startswith="loan.").order_by("id")
    told = [json.loads(row.data) for row in rows]
    assert [d["through"] for d in told] == ["guardian", "guardian"]
    assert Loan.objects.get(id=done.loan).by_id == mother
    assert mother not in str(told)


def test_rn_8_a_proxy_renews_and_a_stranger_does_not(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    lent = lend(stocked, "B001", "adult", ctx())
    other = Actor("patron", stocked.patrons["other"])
    with unchanged(), pytest.raises(Refused) as refused:
        commands.renew_own(loan=lent.loan, ctx=ctx(other, channel="portal"))
    assert codes(refused) == ["loan-not-open"]
    consent(stocked, ctx("desk"))
    done = commands.renew_own(loan=lent.loan, ctx=ctx(other, channel="portal"))
    assert (done.renewals, done.due_on) == (1, date(2020, 8, 9))
    row = Event.objects.get(type="loan.renewed")
    assert json.loads(row.data)["through"] == "proxy"


def test_i13_who_borrowed_for_them_is_forgotten_too(stocked: Stocked, ctx: Contexts) -> None:
    done = lend(stocked, "B001", "child", ctx(), by=stocked.patrons["other"])
    commands.check_in(item_barcode="B001", ctx=ctx())
    commands.forget_history(ctx=ctx(at=moment("2022-01-05")))
    row = Loan.objects.get(id=done.loan)
    assert (row.patron_id, row.by_id) == (None, None)


def test_co_10_by_consent_from_until_and_taken_back(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged
) -> None:
    other = stocked.patrons["other"]
    with unchanged(), pytest.raises(Refused) as refused:
        lend(stocked, "B001", "adult", ctx(), by=other)
    assert codes(refused) == ["proxy-not-allowed"]
    made = consent(stocked, ctx("desk"), valid_to=date(2020, 6, 11))
    lend(stocked, "B001", "adult", ctx(), by=other)
    with pytest.raises(Refused) as refused:
        lend(stocked, "B002", "adult", ctx(at=moment("2020-06-12")), by=other)
    assert codes(refused) == ["proxy-not-allowed"]
    patrons.end_own_proxy(proxy=made, ctx=ctx(Actor("patron", other)))
    with pytest.raises(Refused) as refused:
        lend(stocked, "B002", "adult", ctx(), by=other)
    assert codes(refused) == ["proxy-not-allowed"]
    # What ran out or was taken back makes room for a new consent.
    consent(stocked, ctx("desk"))
    assert lend(stocked, "B002", "adult", ctx(), by=other).barcode == "B002"


def test_co_10_the_proxy_s_own_card_and_age_count(marked: Stocked, ctx: Contexts) -> None:
    """CO-10.1, CO-10.2."""
    consent(marked, ctx("desk"))
    other = readers.live_card(marked.patrons["other"])
    assert other is not None
    patrons.report_lost(card=other.id, ctx=ctx("desk"))
    with pytest.raises(Refused) as refused:
        lend(marked, "B003", "adult", ctx(), by=marked.patrons["other"])
    assert codes(refused) == ["proxy-card"]
    lift = (Override("proxy-card", "读者急用"),)
    with pytest.raises(Refused) as refused:
        lend(marked, "B003", "adult", ctx("director", overrides=lift), by=marked.patrons["other"])
    assert codes(refused) == ["proxy-card", "override-impossible"]
    patrons.give_proxy(patron=marked.patrons["adult"], card=marked.cards["child"], ctx=ctx("desk"))
    with pytest.raises(Refused) as refused:
        lend(marked, "B001", "adult", ctx(), by=marked.patrons["child"])
    assert codes(refused) == ["age-marked"]


def test_px_what_no_consent_can_be(stocked: Stocked, ctx: Contexts, unchanged: Unchanged) -> None:
    """PX-1 … PX-4."""
    adult = stocked.patrons["adult"]
    consent(stocked, ctx("desk"))
    group = patrons.register(
        name="实验小学", category="group", guardian=people.MOTHER, consents=people.READER, ctx=ctx()
    )
    old = people.adult(ctx(), number=people.id_number(date(1970, 2, 3), 5), name="赵六")
    replaced = old.number
    patrons.replace_card(card=old.card, ctx=ctx("desk"))
    closed = people.adult(ctx(), number=people.id_number(date(1971, 2, 3), 5), name="钱七")
    patrons.close_account(patron=closed.patron, ctx=ctx("desk"))
    for card, valid_to, code in (
        (stocked.cards["adult"], None, "proxy-is-reader"),
        (stocked.cards["other"], None, "proxy-known"),
        (group.number, None, "proxy-unfit"),
        (replaced, None, "proxy-unfit"),
        (closed.number, None, "proxy-unfit"),
        (stocked.cards["child"], date(2020, 6, 9), "proxy-dates"),
        (stocked.cards["child"], date(2024, 6, 9), "proxy-dates"),
        ("77777777", None, "card-unknown"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            patrons.give_proxy(patron=adult, card=card, valid_to=valid_to, ctx=ctx("desk"))
        assert codes(refused) == [code]


def test_px_on_the_portal(stocked: Stocked, ctx: Contexts, unchanged: Unchanged) -> None:
    """PX-5, PX-6: a child's guardian agrees for it, card and name must belong together, and a
    stranger's consent is like none."""
    adult, other, child = (stocked.patrons[w] for w in ("adult", "other", "child"))

    def own(actor: str, patron: str, name: str = "李四", card: str = "adult") -> str:
        return patrons.give_own_proxy(
            patron=patron,
            card=stocked.cards[card],
            name=name,
            ctx=ctx(Actor("patron", actor), channel="portal"),
        )

    for actor, patron, name, code in (
        (child, child, "李四", "proxy-by-guardian"),
        (other, other, "李五", "proxy-not-found"),
        (adult, other, "王芳", "patron-unknown"),
    ):
        with unchanged(), pytest.raises(Refused) as refused:
            own(actor, patron, name)
        assert codes(refused) == [code]
    made = own(other, child)
    assert readers.how_acts(adult, child, TODAY) == "proxy"
    (row,) = readers.proxies(child, TODAY)
    assert (row.given_by, row.proxy_name) == ("guardian", "李四")
    third = people.adult(ctx(), number=people.id_number(date(1970, 2, 3), 5), name="赵六")
    with unchanged(), pytest.raises(Refused) as refused:
        patrons.end_own_proxy(proxy=made, ctx=ctx(Actor("patron", third.patron)))
    assert codes(refused) == ["proxy-unknown"]
    patrons.end_own_proxy(proxy=made, ctx=ctx(Actor("patron", other)))
    assert readers.how_acts(adult, child, TODAY) == ""


@pytest.mark.parametrize("who", ["adult", "other", "desk", "guardian"])
def test_px_7_from_today_until_either_side_takes_it_back(
    stocked: Stocked, ctx: Contexts, unchanged: Unchanged, who: str
) -> None:
    """By the reader, by the proxy, at the desk, or by the guardian of the child it is about."""
    giver = stocked.patrons["child" if who == "guardian" else "adult"]
    proxy = "adult" if who == "guardian" else "other"
    made = patrons.give_proxy(patron=giver, card=stocked.cards[proxy], ctx=ctx("desk"))
    (row,) = readers.proxies(giver, TODAY)
    assert (row.id, row.valid_from) == (made, TODAY)
    assert readers.how_acts(stocked.patrons[proxy], giver, TODAY) == "proxy"
    stranger = people.adult(ctx(), number=people.id_number(date(1970, 2, 3), 5), name="赵六")
    with unchanged(), pytest.raises(Refused) as refused:
        patrons.end_own_proxy(proxy=made, ctx=ctx(Actor("patron", stranger.patron)))
    assert codes(refused) == ["proxy-unknown"]
    if who == "desk":
        patrons.end_proxy(proxy=made, ctx=ctx("desk"))
    else:
        actor = stocked.patrons["other" if who == "guardian" else who]
        patrons.end_own_proxy(proxy=made, ctx=ctx(Actor("patron", actor), channel="portal"))
    assert readers.how_acts(stocked.patrons[proxy], giver, TODAY) == ""
    assert readers.proxies(giver, TODAY) == ()


def test_a_closed_account_ends_its_consents(stocked: Stocked, ctx: Contexts) -> None:
    consent(stocked, ctx("desk"))
    patrons.close_account(patron=stocked.patrons["other"], ctx=ctx("desk"))
    assert readers.proxies(stocked.patrons["adult"], TODAY) == ()
