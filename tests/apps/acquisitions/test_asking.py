"""荐购 from the reader's wish to the hold on arrival (row I2; cases SG-)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from shuxiang.apps.acquisitions import commands, queries
from shuxiang.apps.acquisitions.commands import NewLine
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.notices import following, models
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context, Override
from shuxiang.kernel.decision import Refused
from shuxiang.project import suggestions
from shuxiang.runtime.worker import events_after, number_all
from tests.apps.acquisitions.conftest import Buying
from tests.support.library import Contexts, moment

pytestmark = pytest.mark.db
Unchanged = Callable[[], AbstractContextManager[None]]
ISBN = "9787536692930"
BOOK: dict[str, Any] = {"title": "三体全集", "author": "刘慈欣", "isbn": "978-7-5366-9293-0"}


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.decision.refusing]


def reader(buying: Buying, ctx: Contexts, who: str = "adult") -> Context:
    made = ctx()
    return replace(made, actor=Actor("patron", buying.stocked.patrons[who]), channel="portal")


def follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's consumers with everything there is, twice."""
    monkeypatch.setattr(clock, "now", lambda: moment("2020-06-10", "12:00"))
    number_all()
    batch = events_after(0, 10_000)
    assert batch is not None
    for _ in range(2):
        suggestions.handle(batch)
        following.handle(batch)


def told(patron: str) -> list[dict[str, str]]:
    rows = models.Notice.objects.filter(patron=patron, kind="suggestion").order_by("made_at", "id")
    return [r.facts for r in rows]


def test_i2_two_readers_ask_and_the_book_is_kept_for_who_wished_it(
    buying: Buying, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, patrons = buying.stocked.library, buying.stocked.patrons
    first = commands.suggest(**BOOK, hold=True, pickup=library.east, ctx=reader(buying, ctx))
    # Written another way by another: the same suggestion.
    assert (
        commands.suggest(
            title="三体全集（典藏）", isbn="7536692935", ctx=reader(buying, ctx, "other")
        )
        == first
    )
    (shown,) = queries.suggestions(library.main)
    assert (shown.askers, shown.holds, shown.isbn) == (2, 1, ISBN)
    commands.decide_suggestion(suggestion=first, accepted=True, ctx=ctx("acquisitions"))
    order = commands.open_order(supplier=buying.supplier, fund=buying.fund, ctx=ctx("acquisitions"))
    line = NewLine(
        title_text="三体全集", isbn=ISBN, price_fen=2980, shares={library.main: 1}, suggestion=first
    )
    commands.add_lines(order=order, lines=(line,), ctx=ctx("acquisitions"))
    commands.place_order(order=order, ctx=ctx("acquisitions"))
    assert queries.suggestion(first).state == "ordered"  # type: ignore[union-attr]
    got = commands.receive(line=queries.lines([order])[0].id, copies=1, ctx=ctx("acquisitions"))
    assert queries.suggestion(first).state == "arrived"  # type: ignore[union-attr]
    follow(monkeypatch)
    (hold,) = circulation.holds_of(patrons["adult"])
    assert (hold.title, hold.pickup) == (got.title, library.east)
    assert circulation.holds_of(patrons["other"]) == ()
    assert [f["heading"] for f in told(patrons["adult"])] == [
        "您荐购的书将采购",
        "您荐购的书到馆了",
    ]
    assert "已按您的意愿登记预约" in told(patrons["adult"])[1]["body"]
    assert told(patrons["other"])[1]["body"] == "您荐购的《三体全集》已到馆，正在编目加工。"


def test_sg_2_what_is_here_is_offered_instead(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        commands.suggest(title="三体", ctx=reader(buying, ctx))
    assert codes(refused) == ["suggestion-held"]
    assert refused.value.decision.reasons[0].data["id"] == buying.stocked.titles[1]
    anyway = replace(reader(buying, ctx), overrides=(Override("suggestion-held", "总是借不到"),))
    made = commands.suggest(title="三体", ctx=anyway)
    assert queries.suggestion(made).askers == 1  # type: ignore[union-attr]


def test_sg_3_a_refusal_has_a_reason_and_everybody_is_told(
    buying: Buying, ctx: Contexts, unchanged: Unchanged, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = commands.suggest(**BOOK, ctx=reader(buying, ctx))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.decide_suggestion(suggestion=made, accepted=False, ctx=ctx("acquisitions"))
    assert codes(refused) == ["reason-missing"]
    commands.decide_suggestion(
        suggestion=made, accepted=False, why="已绝版", ctx=ctx("acquisitions")
    )
    follow(monkeypatch)
    assert told(buying.stocked.patrons["adult"]) == [
        {"heading": "您荐购的书未能采购", "body": "您荐购的《三体全集》这次未能采购。答复：已绝版"}
    ]
    # Asked for again it is a new one: times change.
    assert commands.suggest(**BOOK, ctx=reader(buying, ctx)) != made


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"title": " "}, "title-missing"),
        ({"isbn": "123"}, "suggestion-isbn"),
        ({"pickup": "0" * 32}, "place-unknown"),
        ({"card": "无此证"}, "not-permitted"),
    ],
)
def test_bad_input_is_told_and_changes_nothing(
    buying: Buying, ctx: Contexts, unchanged: Unchanged, given: dict[str, Any], code: str
) -> None:
    with unchanged(), pytest.raises(Refused) as refused:
        commands.suggest(**(BOOK | given), ctx=reader(buying, ctx))
    assert codes(refused) == [code]


def test_asked_twice_withdrawn_and_forgotten(
    buying: Buying, ctx: Contexts, unchanged: Unchanged
) -> None:
    made = commands.suggest(**BOOK, ctx=reader(buying, ctx))
    with unchanged(), pytest.raises(Refused) as refused:
        commands.suggest(**BOOK, ctx=reader(buying, ctx))
    assert codes(refused) == ["suggestion-again"]
    with unchanged(), pytest.raises(Refused) as refused:
        commands.withdraw_suggestion(suggestion=made, ctx=reader(buying, ctx, "other"))
    assert codes(refused) == ["suggestion-unknown"]
    commands.withdraw_suggestion(suggestion=made, ctx=reader(buying, ctx))
    assert queries.suggestion(made) is None
    card = buying.stocked.cards["adult"]
    again = commands.suggest(**BOOK, card=card, ctx=ctx("acquisitions"))
    commands.decide_suggestion(
        suggestion=again, accepted=False, why="重复", ctx=ctx("acquisitions")
    )
    assert commands.forget_asking(ctx=ctx(at=moment("2020-12-06"))) == 0
    assert commands.forget_asking(ctx=ctx(at=moment("2020-12-08"))) == 1
    assert queries.suggestion(again).askers == 0  # type: ignore[union-attr]
