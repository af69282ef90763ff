"""A5, A6: authorities and batch edits on their pages, carried out by the worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import add_short_title
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.search import commands as searching
from shuxiang.apps.stock import queries as stock
from shuxiang.interfaces.office.views import edits as view
from shuxiang.project import upkeep
from tests.interfaces.office.conftest import Office, text_of
from tests.support.library import Contexts
from tests.support.shelves import statements
from tests.support.stocked import Stocked

At = Callable[[str], Office]


@pytest.fixture
def cataloguer(office: At) -> Office:
    return office("cataloguer")


def worked() -> None:
    while upkeep.edit():
        pass
    while upkeep.link_authorities():
        pass


def test_a6_a_change_is_seen_first_then_run_then_taken_back(
    cataloguer: Office, played: Stocked
) -> None:
    """Barcodes typed and a file of them choose the records; one of them has nothing to change."""
    file = SimpleUploadedFile("list.txt", "B002\n不是条码\n".encode("gb18030"))
    answer = cataloguer.post(
        "/office/edits/",
        what="records",
        kind="replace",
        tag="690",
        code="a",
        find="I24",
        value="I26",
        numbers="B001\nB003",
        file=file,
    )
    url = answer.headers["Location"]
    number = url.rstrip("/").rpartition("/")[2]
    page = cataloguer.get(url)
    assert "3 条中有 2 条会修改" in page
    assert "$aI242.4$v5" in page
    assert "$aI262.4$v5" in page
    assert catalog.titles(played.titles)[played.titles[0]].clc == "I242.4"
    cataloguer.post(url, act="run")
    worked()
    page = cataloguer.get(url)
    assert "结束" in page
    assert catalog.titles(played.titles)[played.titles[0]].clc == "I262.4"
    cataloguer.post(url, act="undo")
    worked()
    assert "已撤" in cataloguer.get(url)
    assert catalog.titles(played.titles)[played.titles[0]].clc == "I242.4"
    assert number in cataloguer.get("/office/edits/")


def test_a6_items_by_search_and_what_was_refused_is_listed(
    cataloguer: Office, played: Stocked
) -> None:
    answer = cataloguer.post(
        "/office/edits/", what="items", field="status", status="blocked", numbers="B001\nR001"
    )
    url = answer.headers["Location"]
    assert "2 条中有 2 条会修改" in cataloguer.get(url)
    cataloguer.post(url, act="run")
    worked()
    assert stock.items_by_barcode("B001")[0].status == "blocked"
    cataloguer.post(
        "/office/edits/", what="items", field="status", status="damaged", numbers="B001"
    )
    draft = catalog.edits()[0]
    cataloguer.post(f"/office/edits/{draft.number}/", act="discard")
    assert catalog.edit(draft.number) is None


def test_a6_everything_a_search_finds_is_chosen_and_nothing_that_it_only_nearly_finds(
    cataloguer: Office, played: Stocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = Contexts(played.library)
    for n in range(5):
        add_short_title(
            record=ShortRecord(title=f"澄榆志略第{n}辑", clc="K296"), ctx=now("cataloguer")
        )
    searching.rebuild()
    monkeypatch.setattr(view, "AT_ONCE", 2)

    def post(text: str, what: str = "records") -> HttpResponse:
        change = {"kind": "set", "tag": "690", "code": "a", "value": "K297"}
        if what == "items":
            change = {"field": "volume", "value": "乙"}
        return cataloguer.post("/office/edits/", what=what, search=text, **change)

    answer = post("澄榆志略")
    assert answer.status_code == 302, text_of(answer)
    assert "5 条中有 5 条会修改" in cataloguer.get(answer.headers["Location"])
    answer = post("红楼梦", "items")
    assert "4 条中有 4 条会修改" in cataloguer.get(answer.headers["Location"])
    answer = post("红楼梦澄榆志略")
    assert (answer.status_code, "没有找到书目或册" in text_of(answer)) == (422, True)
    monkeypatch.setattr(view.records, "MOST", 4)
    answer = post("澄榆志略")
    assert answer.status_code == 422
    assert "找到 5 条" in text_of(answer)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "replace", "tag": "001", "code": "a", "find": "x", "numbers": "B001"}, "不是能改的字段"),
        ({"kind": "replace", "tag": "210", "code": "c", "find": "x", "numbers": "0"}, "没有找到书目或册"),
        ({"kind": "add", "tag": "300", "value": "没有子字段", "numbers": "B001"}, "请写成"),
        ({"kind": "replace", "tag": "210", "code": "c", "numbers": "B001"}, "请写要找的文字"),
    ],
)  # fmt: skip
def test_a6_bad_input_is_said_beside_its_field(
    cataloguer: Office, fields: dict[str, str], said: str
) -> None:
    answer = cataloguer.post("/office/edits/", what="records", **fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert catalog.edits() == ()


def test_a5_an_authority_is_made_found_by_a_pen_name_and_renamed(
    cataloguer: Office, played: Stocked
) -> None:
    added = {
        "isbn": "",
        "title": "呐喊",
        "responsibility": "鲁迅著",
        "date": "1973",
        "clc": "I210.6",
    }
    copy = {"where": "main:", "category": "book", "source": "purchase", "price": "3", "count": "1"}
    cataloguer.post(
        "/office/books/add/", **added, **copy, audience="em", barcodes="L1", how="none", status="available"
    )  # fmt: skip
    answer = cataloguer.post(
        "/office/authorities/", kind="person", heading="鲁迅", dates="1881-1936", see="周树人\n巴人"
    )
    url = answer.headers["Location"]
    worked()
    assert "1 种书目用到它" in cataloguer.get(url)
    assert "鲁迅" in cataloguer.get("/office/authorities/", q="巴人")
    (title,) = catalog.titles_beginning("呐喊")
    assert "周树人" in catalog.documents([title])[title].authors
    answer = cataloguer.post(url, act="rename", heading="魯迅", keep_old="on")
    draft = answer.headers["Location"]
    assert "$a魯迅" in cataloguer.get(draft)
    cataloguer.post(draft, act="run")
    worked()
    described = catalog.bibliographic(title)
    assert described is not None
    assert described.persons[0].name == "魯迅"
    assert "魯迅" in cataloguer.get(url)
    # In use: it stays.
    cataloguer.post(url, act="remove")
    assert catalog.count_authorities() == 1
    answer = cataloguer.post("/office/authorities/", kind="person", heading="茅盾", dates="")
    cataloguer.post(answer.headers["Location"], act="remove")
    assert catalog.count_authorities() == 1


def test_a5_see_also_on_the_pages_of_both(cataloguer: Office) -> None:
    cataloguer.post("/office/authorities/", kind="person", heading="鲁迅", dates="1881-1936")
    answer = cataloguer.post(
        "/office/authorities/", kind="person", heading="周作人", also="鲁迅\n没有的人"
    )
    assert answer.status_code == 422
    assert "“没有的人”不是别的规范的标目" in text_of(answer)
    answer = cataloguer.post("/office/authorities/", kind="person", heading="周作人", also="鲁迅")
    zuo = answer.headers["Location"]
    (lu,) = catalog.authorities(text="鲁迅")
    assert (
        f'<a href="/office/authorities/{lu.id}/">鲁迅</a>'
        in cataloguer.http.get(zuo).content.decode()
    )
    assert "从这些标目参见： 周作人" in cataloguer.get(f"/office/authorities/{lu.id}/")


def test_a5_the_list_of_authorities_asks_the_same_number_of_questions(
    cataloguer: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(n: int) -> None:
        cataloguer.post("/office/authorities/", kind="person", heading=f"著者{n}", see=f"笔名{n}")

    add(1)
    with statements(monkeypatch) as few:
        cataloguer.get("/office/authorities/")
    for n in range(2, 8):
        add(n)
    with statements(monkeypatch) as many:
        cataloguer.get("/office/authorities/")
    assert len(many) == len(few)


def test_a5_an_authority_twice_is_said(cataloguer: Office) -> None:
    for status in (302, 422):
        answer = cataloguer.post("/office/authorities/", kind="person", heading="鲁迅")
        assert answer.status_code == status
    assert "已有" in answer.content.decode()
