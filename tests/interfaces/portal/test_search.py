"""M1: search, facets, filters, sort orders, empty and broken states."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from shuxiang.apps.stock.commands import items
from shuxiang.interfaces.common import finding
from tests.support import shelves
from tests.support.library import Contexts, Library
from tests.support.shelves import Shelves

Seen = Callable[..., str]


@pytest.mark.parametrize(
    "typed", ["红楼梦", "紅樓夢", "hongloumeng", "hlm", "红楼", "《红 楼 梦》"]
)
def test_m1_one_book_by_every_way_of_typing_it(seen: Seen, typed: str) -> None:
    page = seen("/search/", q=typed)
    assert "1 种 " in page
    assert "红楼梦" in page


def test_a_row_says_where_copies_stand(seen: Seen) -> None:
    """Four copies: three of the main library, one of them on loan, and one in the east."""
    page = seen("/search/", q="红楼梦")
    assert "在架可借 3 册" in page
    assert "总馆 在馆 2 / 共 3" in page
    assert "东区分馆 在馆 1 / 共 1" in page


def test_the_chosen_place_comes_first(seen: Seen) -> None:
    page = seen("/search/", q="红楼梦", place="east")
    rows = page[page.index("1 种") :]
    assert rows.index("东区分馆") < rows.index("总馆 在馆")


def test_isbn_with_and_without_hyphens(seen: Seen) -> None:
    for typed in ("978-7-02-000220-7", "9787020002207", "702000220X", "702000220x"):
        assert "飞行的奥秘" in seen("/search/", q=typed)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"q": "丛刊"}, 45),
        ({"q": "丛刊", "place": "east"}, 15),
        ({"q": "丛刊", "place": "main"}, 45),
        ({"q": "红楼梦", "place": "west"}, 0),
        ({"q": "红楼梦", "place": "point"}, 0),
        ({"q": "丛刊", "place": "main*"}, 45),
        ({"q": "丛刊", "place": ["east", "west"]}, 15),
        ({"q": "丛刊", "year": "1976-1985"}, 10),
        ({"q": "丛刊", "year": "2020"}, 1),
        ({"q": "丛刊", "year": "2011-"}, 10),
        ({"q": "丛刊", "language": "eng"}, 9),
        ({"q": "丛刊", "language": ["eng", "chi"]}, 45),
        ({"q": "丛刊", "class": "K"}, 45),
        ({"q": "丛刊", "class": "K2"}, 45),
        ({"class": "I2"}, 2),
        ({"class": "I3/7"}, 0),
        ({"author": "著者7"}, 1),
        ({"subject": "航空-少儿读物"}, 1),
        ({"available": "1"}, 48),
    ],
)
def test_filters(http: Client, query: dict[str, object], total: int) -> None:
    answer = http.get("/search/", query)
    assert answer.status_code == 200
    assert answer.context["outcome"].total == total


@pytest.mark.parametrize(
    "query",
    [
        {"place": "nowhere"},
        {"class": "?"},
        {"year": "19x"},
        {"year": "２０２０"},
        {"sort": "; drop"},
        {"page": "-3"},
        {"page": "0"},
        {"page": "٣"},
        {"available": "yes"},
        {"kind": "x" * 500},
        {"language": "a\x00b"},
    ],
)
def test_what_cannot_be_understood_is_left_out(http: Client, query: dict[str, str]) -> None:
    answer = http.get("/search/", {"q": "丛刊"} | query)
    assert answer.status_code == 200
    assert answer.context["outcome"].total == 45
    assert answer.context["chips"] == []


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        'title:"红" AND (',
        "\x00\x1f\x7f",
        "%00%ff",
        "🈚️" * 60,
        "*" * 200,
        "a-b+c/d\\e^f~g",
        "\u202edlrow",
    ],
)
def test_hostile_questions_are_only_words(http: Client, typed: str) -> None:
    answer = http.get("/search/", {"q": typed})
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_a_question_too_long_is_refused_in_words(seen: Seen) -> None:
    assert "检索词最多 200 个字符" in seen("/search/", 400, q="书" * 201)
    assert "没有找到" in seen("/search/", q="书" * 200)


def test_facets_count_and_chips_are_taken_off(http: Client) -> None:
    answer = http.get("/search/", {"q": "丛刊", "language": "eng", "place": "east"})
    facets = {facet.name: facet for facet in answer.context["facets"]}
    counts = {link.label: (link.count, link.chosen) for link in facets["language"].links}
    # A facet's own filter doesn't narrow its counts: 12 of the 15 in the east are Chinese.
    assert counts == {"汉语": (12, False), "英语": (3, True)}
    assert answer.context["outcome"].total == 3
    chips = {chip.label: chip.href for chip in answer.context["chips"]}
    assert set(chips) == {"馆藏地: 东区分馆", "语种: 英语"}
    assert http.get(chips["语种: 英语"]).context["outcome"].total == 15


def test_places_alone_and_with_their_branches(http: Client) -> None:
    answer = http.get("/search/", {"q": "丛刊"})
    facet = next(f for f in answer.context["facets"] if f.name == "place")
    assert [(link.label, link.count) for link in facet.links] == [("总馆", 45), ("东区分馆", 15)]


def test_a_place_with_more_below_it_is_offered_both_ways(
    http: Client, filled: Shelves, ctx: Contexts
) -> None:
    items.add_item(
        title=filled.many[4], barcode="P001", owner=filled.stocked.library.point, category="book",
        ctx=ctx(at=shelves.NOW),
    )  # fmt: skip
    shelves.index()
    facet = next(
        f
        for f in http.get("/search/", {"q": "丛刊", "place": "east*"}).context["facets"]
        if f.name == "place"
    )
    assert [(link.label, link.count, link.chosen) for link in facet.links] == [
        ("总馆", 45, False),
        ("东区分馆（含分馆）", 16, True),
        ("东区分馆", 15, False),
        ("漂流书屋", 1, False),
    ]


def test_years_typed_into_the_form_become_one_filter(http: Client) -> None:
    answer = http.get("/search/", {"q": "丛刊", "from": "1976", "to": "1978", "page": "2"})
    assert answer.status_code == 302
    assert answer["Location"] == "/search/?q=%E4%B8%9B%E5%88%8A&year=1976-1978"
    assert http.get("/search/", {"from": "x", "to": ""})["Location"] == "/search/"


def test_sort_orders(http: Client) -> None:
    def first(sort: str) -> str:
        rows = http.get("/search/", {"q": "丛刊", "sort": sort}).context["rows"]
        return str(rows[0][0].title.title)

    assert first("oldest") == "丛刊第1种"
    assert first("year") == "丛刊第45种"


def test_pages_and_past_the_end(http: Client, seen: Seen) -> None:
    page = seen("/search/", q="丛刊", page="3")
    assert "第 3 / 3 页，共 45 条" in page
    answer = http.get("/search/", {"q": "丛刊", "page": "99"})
    assert answer["Location"] == "/search/?q=%E4%B8%9B%E5%88%8A&page=3"


def test_nothing_found_says_what_next(seen: Seen) -> None:
    page = seen("/search/", q="zzzz", place="east")
    assert "没有找到" in page
    assert "去掉条件重新检索" in page
    assert "按类浏览" in page


def test_without_an_index_titles_are_still_found(seen: Seen) -> None:
    """X1, error: the database answers what it can, and the page says so."""
    for path in Path(settings.INDEX_DIR).iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    page = seen("/search/", q="红楼", place="east")
    assert "检索服务暂时不可用" in page
    assert "红楼梦" in page
    assert "总馆 在馆 2 / 共 3" in page
    assert "飞行的奥秘" in seen("/search/", q="978-7-02-000220-7")
    assert "没有找到" in seen("/search/", q="hlm")
    assert "请输入题名开头或号码" in seen("/search/")
    assert "总馆" in seen("/")


def test_a_broken_index_is_not_an_error_page(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(query: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(finding.search, "search", fails)
    assert "检索服务暂时不可用" in seen("/search/", q="红楼")
    assert "the search index could not be asked" in caplog.text


def test_an_empty_catalogue_says_so(library: Library) -> None:
    shelves.index()
    answer = Client().get("/search/")
    assert "目录里还没有书目" in answer.content.decode()


@pytest.mark.parametrize("path", ["/search/?q=丛刊&sort=oldest", "/browse/K/"])
def test_statements_do_not_grow_with_rows(
    http: Client, filled: Shelves, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """10 rows and 40 rows take the same number of statements."""
    counted = []
    for size in (10, 40):
        monkeypatch.setattr("shuxiang.interfaces.portal.views.search.SIZE", size)
        monkeypatch.setattr("shuxiang.interfaces.portal.views.browse.SIZE", size)
        http.get(path)
        with shelves.statements(monkeypatch) as made:
            answer = http.get(path)
        assert len(answer.context["rows"]) == size
        counted.append(len(made))
    assert counted[0] == counted[1]
    assert counted[0] <= 8


def test_works_without_a_session_and_sets_none(http: Client) -> None:
    answer = http.get("/search/", {"q": "丛刊"})
    assert "sessionid" not in answer.cookies
    assert re.search(r"default-src 'self'", answer.headers["Content-Security-Policy"])
