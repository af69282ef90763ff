"""A5: the queue of duplicates on its pages: searched by the worker, compared, merged, taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock import queries as stock
from shuxiang.project import upkeep
from tests.interfaces.office.conftest import Office
from tests.support.stocked import Stocked

At = Callable[[str], Office]


@pytest.fixture
def pair(office: At, played: Stocked) -> tuple[str, str]:
    """The 三体 of the library, and the same book catalogued once more."""
    fields = {"isbn": "", "title": "三体", "date": "2019", "clc": "I247.55", "audience": "em"}
    copy = {"where": "main:", "category": "book", "source": "purchase", "price": "30", "count": "1"}
    office("cataloguer").post(
        "/office/books/add/", **fields, **copy, barcodes="N9", how="none", status="available"
    )
    (item,) = stock.items_by_barcode("N9")
    return played.titles[1], item.title


def test_a5_two_titles_side_by_side_merged_and_taken_back(
    office: At, pair: tuple[str, str]
) -> None:
    cataloguer = office("cataloguer")
    kept, lost = pair
    # From the title's page, by a barcode of the other.
    answer = cataloguer.http.get(f"/office/duplicates/with/{kept}/", {"q": "N9"})
    assert answer.headers["Location"] == f"/office/duplicates/{kept}/{lost}/"
    page = cataloguer.get(f"/office/duplicates/{kept}/{lost}/")
    assert "书目对照" in page
    assert "不同的字段" in page
    cataloguer.post(f"/office/duplicates/{kept}/{lost}/", act="merge", take=["010"])
    (merge,) = catalog.merges_of(kept)
    assert catalog.live_title(lost) == kept
    # Readers with the old address and the interface for programs are led on.
    assert Client().get(f"/title/{lost}/").headers["Location"] == f"/title/{kept}/"
    assert Client().get(f"/api/v1/titles/{lost}").json()["id"] == kept
    assert "已合并" in cataloguer.get(f"/office/duplicates/merges/{merge.id}/")
    assert "三体" in cataloguer.get("/office/duplicates/", state="merged")
    cataloguer.post(f"/office/duplicates/merges/{merge.id}/")
    assert catalog.live_title(lost) == lost
    assert "已撤" in cataloguer.get(f"/office/duplicates/merges/{merge.id}/")


def test_a5_the_worker_searches_and_the_queue_shows_why(
    office: At, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep.duplicates.alike, "LEAST", 30)
    cataloguer = office("cataloguer")
    assert "没有查过重" in cataloguer.get("/office/duplicates/")
    cataloguer.post("/office/duplicates/")
    assert "等待后台处理" in cataloguer.get("/office/duplicates/")
    while upkeep.search_duplicates():
        pass
    found = catalog.newest_search()
    assert found is not None
    assert found.state == "done"


def test_a5_one_merged_with_itself_is_no_page(office: At, pair: tuple[str, str]) -> None:
    office("cataloguer").get(f"/office/duplicates/{pair[0]}/{pair[0]}/", status=404)


def test_a5_an_unknown_number_is_said(office: At, pair: tuple[str, str]) -> None:
    cataloguer = office("cataloguer")
    answer = cataloguer.http.get(f"/office/duplicates/with/{pair[0]}/", {"q": "0"}, follow=True)
    assert "没有另一条书目" in answer.content.decode()


def test_a5_what_is_refused_is_said_on_the_page(office: At, pair: tuple[str, str]) -> None:
    cataloguer = office("cataloguer")
    url = f"/office/duplicates/{pair[0]}/{pair[1]}/"
    cataloguer.post(url, act="merge")
    answer = cataloguer.http.post(url, {"act": "merge", "key": "again"}, follow=True)
    assert "已并入另一条书目" in answer.content.decode()
