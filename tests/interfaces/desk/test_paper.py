"""补录 at the desk: a sheet of paper is entered, conflicts stay until somebody settles them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shuxiang.apps.circulation import commands, queries
from shuxiang.apps.circulation.models import PaperEntry
from shuxiang.ledger.models import Event
from tests.interfaces.desk.conftest import Desk, text_of
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def post(desk: Desk, *rows: tuple[str, str, str, str], **fields: str) -> Any:
    columns = dict(zip(("time", "act", "card", "barcode"), zip(*rows, strict=True), strict=True))
    return desk.post("/desk/paper/", **{"day": "2020-06-10", "enter": "1", **columns, **fields})


def test_a_sheet_is_done_in_the_order_of_its_times(desk: Desk, stocked: Stocked) -> None:
    card, other = stocked.cards["adult"], stocked.cards["other"]
    answer = post(
        desk,
        ("11:20", "check_out", other, "B001"),
        ("10:05", "check_out", card, "B001"),
        ("", "check_out", "", "b002"),
        ("1110", "check_in", "", "B001"),
        ("", "check_out", "", ""),
    )
    assert answer.status_code == 200
    page = text_of(answer.content.decode())
    assert "补录了 4 行" in page
    assert page.index("6月10日 10:05 借书") < page.index("6月10日 11:10 还书")
    assert page.index("6月10日 11:10 还书") < page.index("6月10日 11:20 借书")
    assert "已记录 应还 2020年7月10日" in page
    acts = [
        (e.type, e.occurred_at)
        for e in Event.objects.filter(type__startswith="loan.").order_by("id")
    ]
    assert acts == [
        ("loan.opened", moment("2020-06-10", "10:05")),
        ("loan.opened", moment("2020-06-10", "10:05")),
        ("loan.closed", moment("2020-06-10", "11:10")),
        ("loan.opened", moment("2020-06-10", "11:20")),
    ]
    assert len(queries.open_loans(stocked.patrons["adult"])) == 1


def test_the_sheet_sent_again_is_not_done_again(desk: Desk, stocked: Stocked) -> None:
    row = ("10:05", "check_out", stocked.cards["adult"], "B001")
    post(desk, row)
    again = text_of(post(desk, row).content.decode())
    assert "此前已补录，未重复办理" in again
    assert Event.objects.filter(type="loan.opened").count() == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("25:00", "check_in", "", "B001"), "“25:00”不是时间，应如 10:05。"),
        (("", "check_in", "", "B001"), "缺时间。"),
        (("10:05", "check_out", "", "B001"), "借书要填读者证号。"),
        (("10:05", "check_in", "00000001", ""), "缺少条码号。"),
    ],
)
def test_a_row_that_can_not_be_read_stops_the_whole_sheet(
    desk: Desk, stocked: Stocked, unchanged: Any, row: tuple[str, str, str, str], said: str
) -> None:
    with unchanged():
        answer = post(desk, row, ("10:06", "check_out", stocked.cards["adult"], "B002"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in text_of(page)
    assert 'value="B002"' in page


def test_a_time_to_come_is_said_at_its_row_and_the_rest_is_done(
    desk: Desk, stocked: Stocked
) -> None:
    answer = post(
        desk,
        ("10:05", "check_out", stocked.cards["adult"], "B001"),
        ("15:31", "check_out", stocked.cards["adult"], "B002"),
    )
    assert answer.status_code == 422
    page = text_of(answer.content.decode())
    assert "6月10日 15:31 还没有到。" in page
    assert "补录了 1 行" in page
    assert PaperEntry.objects.count() == 1


def test_enter_in_a_half_filled_sheet_only_adds_rows(
    desk: Desk, stocked: Stocked, unchanged: Any
) -> None:
    """The first button of the form is what Enter presses where there is no script."""
    with unchanged():
        page = post(desk, ("10:05", "check_in", "", "B001"), more="1").content.decode()
    assert page.index('name="more"') < page.index('name="enter"')
    assert page.count('name="barcode"') == 13
    assert 'value="B001"' in page


def test_a_conflict_is_listed_corrected_and_gone(desk: Desk, stocked: Stocked) -> None:
    post(desk, ("10:05", "check_out", stocked.cards["adult"], "B0O1"))
    page = desk.get("/desk/paper/")
    assert "1 行待处理" in text_of(page)
    assert "没有条码号为 B0O1 的图书" in text_of(page)
    assert "手工登记有 1 行待处理" in text_of(desk.get("/desk/"))
    (entry,) = queries.paper_conflicts(stocked.library.main)
    fields = {"day": "2020-06-10", "time": "10:05", "act": "check_out"}
    fields |= {"card": stocked.cards["adult"], "do": "retry"}
    wrong = desk.post(f"/desk/paper/{entry.id}/", **fields, barcode="B0O2")
    assert wrong["Location"] == "/desk/paper/"
    assert "仍有问题，见下面该行。" in text_of(desk.get("/desk/paper/"))
    desk.post(f"/desk/paper/{entry.id}/", **fields, barcode="B001")
    after = text_of(desk.get("/desk/paper/"))
    assert "《红楼梦》已记录。" in after
    assert "待处理" not in after


def test_a_conflict_is_laid_aside_with_a_note_only(desk: Desk, stocked: Stocked) -> None:
    post(desk, ("10:05", "check_in", "", "B001"))
    (entry,) = queries.paper_conflicts(stocked.library.main)
    desk.post(f"/desk/paper/{entry.id}/", do="aside", why="")
    assert queries.paper_open(stocked.library.main) == 1
    desk.post(f"/desk/paper/{entry.id}/", do="aside", why="书已在架")
    assert queries.paper_open(stocked.library.main) == 0
    assert PaperEntry.objects.get().note == "书已在架"


def test_a_why_lifts_what_the_clerk_may_lift(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    for n in range(2, 7):
        commands.check_out(
            item_barcode=f"B00{n}",
            card=stocked.cards["adult"],
            ctx=ctx(at=moment("2020-06-09")),
        )
    post(desk, ("10:05", "check_out", stocked.cards["adult"], "B001"))
    (entry,) = queries.paper_conflicts(stocked.library.main)
    assert [r.code for r in entry.reasons] == ["loan-limit"]
    desk.post(
        f"/desk/paper/{entry.id}/",
        day="2020-06-10", time="10:05", act="check_out", card=stocked.cards["adult"],
        barcode="B001", do="retry", why="书已带走",
    )  # fmt: skip
    assert len(queries.open_loans(stocked.patrons["adult"])) == 6
    assert Event.objects.get(channel="paper").data == (
        '{"overrides": [{"code": "loan-limit", "why": "书已带走"}]}'
    )


def test_the_list_of_conflicts_has_pages_and_a_steady_number_of_questions(
    desk: Desk, stocked: Stocked, ctx: Contexts, django_assert_max_num_queries: Any
) -> None:
    def conflicts(first: int, last: int) -> None:
        for n in range(first, last):
            line = commands.PaperLine(
                act="check_in", at=moment("2020-06-10", "10:00"), barcode=f"X{n}"
            )
            commands.enter_paper(line=line, ctx=ctx("desk", at=moment("2020-06-10", "15:00")))

    conflicts(0, 2)
    desk.get("/desk/paper/")
    with django_assert_max_num_queries(40) as few:
        desk.get("/desk/paper/")
    conflicts(2, 30)
    with django_assert_max_num_queries(40) as many:
        page = desk.get("/desk/paper/")
    # Once a second the revisions of cached rows are read anew.
    assert len(many) <= len(few) + 1
    assert "30 行待处理" in text_of(page)
    assert len(re.findall(r'action="/desk/paper/[0-9a-f]{32}/"', page)) == 25
    assert (
        len(re.findall(r'action="/desk/paper/[0-9a-f]{32}/"', desk.get("/desk/paper/?page=2"))) == 5
    )


def test_a_blank_sheet_to_print(desk: Desk) -> None:
    page = text_of(desk.get("/desk/paper/print/"))
    assert "停电断网登记表 · 总馆" in page
    assert "序号 时间 借 / 还 读者证 条码号 题名（前几个字）" in page
