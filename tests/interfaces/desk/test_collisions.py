"""B4: a scan that could mean two things asks at the desk, whatever the mode; withdrawn items and
replaced cards count as well."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import queries as readers
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock.commands import items
from shuxiang.kernel.context import Actor
from shuxiang.kernel.decision import Refused
from tests.apps.patrons import people
from tests.support.library import Contexts

pytestmark = pytest.mark.db


@pytest.fixture
def joined(desk: Any, ctx: Contexts) -> str:
    """A branch that joined with barcodes and cards of its own: its B001 and B002 are 三体, its card has
    the adult's number."""
    place = places.add_place(
        kind="branch",
        code="joined",
        name="并入馆",
        parent=desk.stocked.library.main,
        own_barcodes=True,
        ctx=ctx(),
    )
    for barcode in ("B001", "B002"):
        items.add_item(
            title=desk.stocked.titles[1], barcode=barcode, owner=place, category="book", ctx=ctx()
        )
    people.adult(
        ctx(place=place),
        number=people.id_number(date(1970, 2, 3), 5),
        name="赵六",
        card_number=desk.stocked.cards["adult"],
    )
    return place


def choices(answer: dict[str, Any]) -> str:
    assert (answer["kind"], answer["ask"]) == ("ask", "which"), answer
    return str(answer["prompt_html"])


def test_b4_a_book_of_two_libraries_is_asked_with_title_and_owner(desk: Any, joined: str) -> None:
    desk.serve("other")
    for mode in ("checkout", "checkin", "inhouse", "item", "renew"):
        prompt = choices(desk.scan("B001", mode=mode))
        assert "红楼梦 · 总馆" in prompt
        assert "三体 · 并入馆" in prompt
        assert 'data-letter="A"' in prompt
        assert 'data-letter="B"' in prompt
    done = desk.scan("B001", library=joined, ask="which")
    assert done["kind"] == "ok"
    assert "三体" in done["say"]
    # On loan now, it is asked all the same when it comes back: the other may be in the clerk's hand.
    choices(desk.scan("B001", mode="checkin"))
    assert "三体" in desk.scan("B001", mode="checkin", library=joined)["say"]


def test_b4_a_withdrawn_book_s_barcode_is_asked_too(desk: Any, joined: str, ctx: Contexts) -> None:
    items.withdraw_item(item=desk.stocked.items["B001"], why="破旧", ctx=ctx())
    desk.serve("other")
    assert "红楼梦 · 已剔除 · 总馆" in choices(desk.scan("B001"))


def test_b4_a_card_of_two_libraries_is_asked_replaced_ones_too(
    desk: Any, joined: str, ctx: Contexts
) -> None:
    number = desk.stocked.cards["adult"]
    prompt = choices(desk.scan(number))
    assert "李* · 总馆" in prompt
    assert "赵* · 并入馆" in prompt
    answer = desk.scan(number, library=joined)
    assert "赵六" in answer["reader_html"]
    card = readers.live_card(desk.stocked.patrons["adult"])
    assert card is not None
    patrons.replace_card(card=card.id, ctx=ctx())
    desk.state = ""
    assert "李* · 已补证 · 总馆" in choices(desk.scan(number))


def test_b4_what_the_reader_at_the_desk_holds_is_renewed_without_a_question(
    desk: Any, joined: str
) -> None:
    """B4, SC-9."""
    desk.serve("other")
    desk.scan("B001", library=joined)
    assert desk.scan("B001", mode="renew")["kind"] == "ok"
    desk.scan("B001", library=desk.stocked.library.main)
    choices(desk.scan("B001", mode="renew"))


def test_b4_a_terminal_takes_its_own_library_s_or_refuses(
    desk: Any, joined: str, ctx: Contexts
) -> None:
    """SC-7: no one can be asked there."""
    device = places.add_device(place=joined, kind="sip2", login="s1", name="自助机", ctx=ctx())
    elsewhere = places.add_device(
        place=desk.stocked.library.main, kind="sip2", login="s2", name="自助机", ctx=ctx()
    )
    at_joined = ctx(Actor("terminal", device.id), place=joined, channel="sip2")
    at_main = ctx(Actor("terminal", elsewhere.id), channel="sip2")
    number = desk.stocked.cards["adult"]
    done = circulation.check_out(item_barcode="B001", card=number, ctx=at_joined)
    assert done.title_text == "三体"
    assert loans.open_loans(desk.stocked.patrons["adult"]) == ()
    done = circulation.check_out(item_barcode="B001", card=number, ctx=at_main)
    assert (done.title_text, done.patron) == ("红楼梦", desk.stocked.patrons["adult"])
    third = places.add_place(
        kind="branch", code="third", name="第三馆", parent=desk.stocked.library.main,
        own_barcodes=True, ctx=ctx(),
    )  # fmt: skip
    stranger = places.add_device(place=third, kind="sip2", login="s3", name="自助机", ctx=ctx())
    with pytest.raises(Refused) as refused:
        circulation.check_in(
            item_barcode="B001",
            ctx=ctx(Actor("terminal", stranger.id), place=third, channel="sip2"),
        )
    assert [r.code for r in refused.value.decision.refusing] == ["item-ambiguous"]
