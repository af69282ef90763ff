"""Home, title, record, shelves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from shuxiang.apps.stock.commands import items
from tests.support import shelves
from tests.support.library import Contexts, moment
from tests.support.shelves import Shelves

Seen = Callable[..., str]


def test_home_shows_books_classes_and_sites(seen: Seen) -> None:
    page = seen("/")
    assert "新书" in page
    assert page.index("借阅最多") < page.index("按类浏览")
    assert "红楼梦" in page[page.index("借阅最多") :]
    assert "I 文学" in page
    assert "漂流书屋" in page
    assert "09:00–17:00" in page


def test_home_says_which_sites_are_closed(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shuxiang.kernel.clock.now", lambda: moment("2020-06-08"))
    assert "今日闭馆" in seen("/")


def test_title_page_lists_copies_with_their_states(seen: Seen, filled: Shelves) -> None:
    page = seen(f"/title/{filled.stocked.titles[0]}/")
    assert "总馆 在馆 2 / 共 3" in page
    assert "条码号 所属馆 状态 应还日期 索书号 馆藏地点 流通类型" in page
    assert "B001 总馆 已借出 2020年7月10日 普通图书" in page
    assert "E001 东区分馆 在架可借 普通图书" in page


def test_reference_books_stay_in_the_house(seen: Seen, filled: Shelves) -> None:
    assert "仅供馆内阅览" in seen(f"/title/{filled.stocked.titles[3]}/")


def test_title_page_describes_everything(http: Client, seen: Seen, filled: Shelves) -> None:
    page = seen(f"/title/{filled.fly}/")
    line = (
        "飞行的奥秘<script> = The secret of flight : 给孩子的科学 / （法）安 著 ; 李梅 译. — 2版. "
        "— 北京 : 少年出版社, 2018. — 120页 ; 26cm"
    )
    assert line in page
    for said in ("(法) 安 著", "9787020002207", "35.80 元", "航空-少儿读物", "为什么鸟会飞？"):
        assert said in page
    assert "本馆没有这种书的馆藏" in page
    assert "暂无馆藏" in page
    raw = http.get(f"/title/{filled.fly}/").content
    assert b"<script>" not in raw.replace(b'<script src="', b"").replace(b"</script>", b"")
    assert b"/search/?author=%E6%9D%8E%E6%A2%85" in raw
    assert b"/search/?class=V1-49" in raw


def test_record_is_shown_field_by_field(seen: Seen, filled: Shelves) -> None:
    page = seen(f"/title/{filled.fly}/marc/")
    assert "LDR" in page
    assert "$a 飞行的奥秘<script>" in page
    assert "$f （法）安 著" in page


@pytest.mark.parametrize(
    "path",
    [
        "/title/1/",
        "/title/" + "0" * 32 + "/",
        "/title/" + "A" * 32 + "/",
        "/title/" + "0" * 31 + "'/",
        "/title/" + "0" * 32 + "/marc/",
        "/browse/Y/",
        "/browse/../K/",
        "/report/20/",
    ],
)
def test_unknown_addresses_are_404(http: Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert "代码 404" in answer.content.decode()


def test_merged_title_leads_on(http: Client, filled: Shelves) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_title SET alias_of_id = %s WHERE id = %s",
            [filled.many[1], filled.many[0]],
        )
    answer = http.get(f"/title/{filled.many[0]}/")
    assert answer["Location"] == f"/title/{filled.many[1]}/"


def test_classes_with_their_counts(seen: Seen) -> None:
    page = seen("/browse/")
    assert "K 历史、地理 45 种" in page
    assert page.count(" 种 ") + page.count(" 种") >= 22


def test_shelf_in_call_number_order(seen: Seen, http: Client) -> None:
    page = seen("/browse/I/")
    assert page.index("红楼梦") < page.index("三体")
    assert "2 种，按索书号排列" in page
    assert "I2 中国文学" in page
    assert "第 1 / 3 页" in seen("/browse/K/")
    assert "丛刊" in seen("/browse/K2/", page="3")
    assert http.get("/browse/K/", {"page": "4"})["Location"] == "/browse/K/"
    assert "本类还没有书目" in seen("/browse/I3/7/")
    assert "辞海" in seen("/browse/Z3/")


def test_statements_of_a_title_do_not_grow_with_copies(
    http: Client, filled: Shelves, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/title/{filled.many[0]}/"
    http.get(path)
    with shelves.statements(monkeypatch) as few:
        http.get(path)
    for n in range(40):
        items.add_item(
            title=filled.many[0], barcode=f"X{n:03d}", owner=filled.stocked.library.main,
            category="book", ctx=ctx(at=shelves.NOW),
        )  # fmt: skip
    http.get(path)
    with shelves.statements(monkeypatch) as many:
        answer = http.get(path)
    assert len(answer.context["copies"]) == 42
    assert len(few) == len(many) <= 8


def test_nobody_is_named_on_public_pages(seen: Seen, filled: Shelves) -> None:
    page = seen(f"/title/{filled.stocked.titles[0]}/") + seen("/search/", q="红楼梦")
    for secret in (filled.stocked.cards["adult"], filled.stocked.patrons["adult"], "李"):
        assert secret not in page
