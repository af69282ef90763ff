"""The contract of /api/v1: exact fields, filters, limits, errors in one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from shuxiang.interfaces.common import finding
from tests.support import shelves
from tests.support.shelves import Shelves

URL = "/api/v1/titles"


def ask(http: Client, **query: Any) -> dict[str, Any]:
    answer = http.get(URL, query)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"].startswith("application/json")
    found: dict[str, Any] = answer.json()
    return found


def refused(http: Client, status: int, path: str = URL, **query: Any) -> dict[str, str]:
    answer = http.get(path, query)
    assert answer.status_code == status, answer.content
    said: dict[str, str] = answer.json()
    assert set(said) == {"error", "message"}
    return said


def test_the_list_is_exactly_this(http: Client, filled: Shelves) -> None:
    assert ask(http, q="hlm") == {
        "items": [
            {
                "id": filled.stocked.titles[0],
                "title": "红楼梦",
                "author": "",
                "isbn": "",
                "year": 2019,
                "available": 3,
            }
        ],
        "count": 1,
    }
    assert ask(http, q="9787020002207")["items"] == [
        {
            "id": filled.fly,
            "title": "飞行的奥秘<script>",
            "author": "（法）安 著",
            "isbn": "9787020002207",
            "year": 2018,
            "available": 0,
        }
    ]


def test_nothing_found_is_an_empty_list(http: Client) -> None:
    assert ask(http, q="zzzz") == {"items": [], "count": 0}


def test_without_a_question_all_titles(http: Client) -> None:
    assert ask(http, size=100)["count"] == 50
    assert len(ask(http)["items"]) == 20


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"place": "east"}, 16),
        ({"place": "point"}, 0),
        ({"place": "east*"}, 16),
        ({"place": "net*"}, 49),
        ({"class": "K"}, 45),
        ({"class": "Q96"}, 1),
        ({"year": "2019"}, 5),
        ({"year": "2010-2015"}, 6),
        ({"available": "true"}, 48),
        ({"available": "false"}, 50),
        ({"q": "丛刊", "place": "east", "available": "1"}, 15),
    ],
)
def test_filters(http: Client, query: dict[str, str], count: int) -> None:
    assert ask(http, **query)["count"] == count


def test_pages_go_on_without_a_repeat(http: Client) -> None:
    pages = [ask(http, q="丛刊", page=n, size=20)["items"] for n in (1, 2, 3, 4)]
    assert [len(p) for p in pages] == [20, 20, 5, 0]
    assert len({item["id"] for page in pages for item in page}) == 45


@pytest.mark.parametrize(
    ("query", "error", "part"),
    [
        ({"size": "0"}, "parameter", "size 须在 1 到 100 之间"),
        ({"size": "101"}, "parameter", "size 须在 1 到 100 之间"),
        ({"size": "many"}, "parameter", "参数 size 的值无效：many"),
        ({"page": "0"}, "parameter", "page 须在 1 到 500 之间"),
        ({"page": "101", "size": "100"}, "parameter", "page 须在 1 到 100 之间"),
        ({"q": "书" * 201}, "question-too-long", "最多 200 个字符"),
        ({"place": "moon"}, "place-unknown", "没有代码为 moon 的馆点"),
        ({"class": "?"}, "class-unknown", "不是中图法分类号"),
        ({"year": "199x"}, "year-invalid", "不能是 199x"),
        ({"available": "perhaps"}, "parameter", "参数 available"),
    ],
)
def test_bad_parameters(http: Client, query: dict[str, str], error: str, part: str) -> None:
    said = refused(http, 400, **query)
    assert said["error"] == error
    assert part in said["message"]


@pytest.mark.parametrize("typed", ["\x00", "<b>", "' OR 1=1", '"', "*" * 200, "AND OR NOT ("])
def test_hostile_questions(http: Client, typed: str) -> None:
    assert isinstance(ask(http, q=typed)["count"], int)


def test_one_title(http: Client, filled: Shelves) -> None:
    answer = http.get(f"{URL}/{filled.fly}").json()
    assert answer["isbns"] == ["9787020002207"]
    assert answer["classes"] == ["V1-49"]
    assert answer["abstract"] == "为什么鸟会飞？"
    assert answer["places"] == []
    hlm = http.get(f"{URL}/{filled.stocked.titles[0]}").json()
    assert hlm["available"] == 3
    assert hlm["places"] == [
        {"place": "main", "name": "总馆", "here": 2, "total": 3},
        {"place": "east", "name": "东区分馆", "here": 1, "total": 1},
    ]


@pytest.mark.parametrize("id_", ["1", "0" * 32, "x" * 500, "é" * 32])
def test_unknown_title(http: Client, id_: str) -> None:
    said = refused(http, 404, f"{URL}/{id_}")
    assert said["error"] == "title-unknown"


def test_unknown_address_and_method(http: Client) -> None:
    assert refused(http, 404, "/api/v1/nothing/here")["error"] == "not-found"
    assert http.post(URL, {}).status_code == 405


def test_described_by_openapi(http: Client) -> None:
    described = http.get("/api/v1/openapi.json").json()
    assert set(described["paths"]) == {
        "/api/v1/titles",
        "/api/v1/titles/{title_id}",
        "/api/v1/gates/passes",
        "/api/v1/gates/entry",
        "/api/v1/gates/policy",
        "/api/v1/me",
        "/api/v1/me/pickup-places",
        "/api/v1/me/holds",
        "/api/v1/me/holds/{hold}",
        "/api/v1/me/holds/{hold}/suspend",
        "/api/v1/me/holds/{hold}/resume",
        "/api/v1/me/holds/{hold}/pickup",
        "/api/v1/me/pickup-slots",
        "/api/v1/me/pickups",
        "/api/v1/me/pickups/{pickup}",
    }
    names = {p["name"] for p in described["paths"][URL]["get"]["parameters"]}
    assert names == {"q", "page", "size", "place", "class", "year", "available"}
    assert http.get("/api/v1/docs").status_code == 404
    assert "http" not in json.dumps(described["paths"])


def test_no_index_is_503(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding.search, "search", lambda query: None)
    assert refused(http, 503, q="红楼")["error"] == "search-unavailable"


def test_statements_do_not_grow(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    for size in (10, 40):
        http.get(URL, {"q": "丛刊", "size": size})
        with shelves.statements(monkeypatch) as made:
            assert len(ask(http, q="丛刊", size=size)["items"]) == size
        counted.append(len(made))
    assert counted[0] == counted[1] <= 8
