"""A6, A7: bulk entry by form: own, shared and stub; ranges; handing over; a project's progress."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.catalog.commands import add_short_title
from shuxiang.apps.catalog.queries import ShortRecord
from shuxiang.apps.exchange import queries as exchange
from shuxiang.apps.exchange.commands import add_target
from shuxiang.apps.processing import commands, queries
from shuxiang.apps.stock.models import Item
from shuxiang.formats import targets
from shuxiang.formats.marc import encode
from shuxiang.interfaces.office.views import processing as view
from tests.interfaces.office.conftest import Office, text_of
from tests.support.library import Contexts
from tests.support.stocked import Stocked
from tests.support.targets import cnmarc

At = Callable[[str], Office]
OWN, SHARED, NOWHERE = "9787508673509", "9787020002207", "9787532125944"


@pytest.fixture
def desk(office: At) -> Office:
    return office("cataloguer")


@pytest.fixture
def now(played: Stocked) -> Contexts:
    return Contexts(played.library)


@pytest.fixture
def batch(desk: Office) -> str:
    answer = desk.post(
        "/office/processing/", where="main:", category="book", source="purchase", numbered="on"
    )
    assert answer.status_code == 302, text_of(answer)
    return answer.headers["Location"].rstrip("/").rpartition("/")[2]


@pytest.fixture
def other_library(
    batch: str, now: Contexts, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Another library that knows one book; what it was asked."""
    asked: list[str] = []
    target = add_target(
        name="省馆",
        profile={"kind": "z3950", "address": "127.0.0.1", "database": "x"},
        ctx=now("cataloguer"),
    )
    known = exchange.shared_target(target)
    assert known is not None
    record = targets.read_marc(encode(cnmarc("7", SHARED, "红楼梦", "曹雪芹")), "utf-8")
    assert isinstance(record, targets.SharedRecord)

    def answer(*, isbn: str, most: int) -> tuple[exchange.TargetAnswer, ...]:
        asked.append(isbn)
        found = (record,) if isbn == SHARED else ()
        return (exchange.TargetAnswer(known, len(found), found, ()),)

    monkeypatch.setattr(view.shared, "shared_records", answer)
    return lambda: asked


def fields(page: str) -> dict[str, str]:
    """What the entry form would send as it stands."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    picked = re.search(r'name="pick" value="([^"]+)" checked', page)
    found |= dict(re.findall(r'<input id="\w+" name="(\w+)"[^>]*? value="([^"]*)"', page))
    how = re.search(r'<option value="([^"]+)"', page)
    if picked:
        found["pick"] = picked[1]
    if how:
        found["how"] = how[1]
    return {k: v for k, v in found.items() if k != "csrfmiddlewaretoken"}


def enter(desk: Office, batch: str, isbn: str, **typed: str) -> Any:
    page = desk.http.get(f"/office/processing/{batch}/", {"isbn": isbn}).content.decode()
    return desk.http.post(f"/office/processing/{batch}/", fields(page) | typed)


def test_a6_own_then_shared_then_stub(
    desk: Office, batch: str, other_library: Callable[[], list[str]], now: Contexts
) -> None:
    own = add_short_title(
        record=ShortRecord(title="上瘾", isbn=OWN, clc="F713.55", price_fen=4900),
        ctx=now("cataloguer"),
    )
    answer = enter(desk, batch, OWN, barcode="P001")
    assert answer.status_code == 302, text_of(answer)
    assert other_library() == []
    answer = enter(desk, batch, SHARED, barcode="P002")
    assert answer.status_code == 302, text_of(answer)
    assert other_library() == [SHARED]
    said = desk.get(f"/office/processing/{batch}/")
    assert "第 2 册：红楼梦 · P002 · I247.57/1" in said
    answer = enter(desk, batch, NOWHERE, barcode="P003")
    # The title is missing: one clear word, and what was scanned is still there.
    assert answer.status_code == 422
    assert "题名" in text_of(answer)
    assert fields(answer.content.decode())["barcode"] == "P003"
    answer = enter(desk, batch, NOWHERE, barcode="P003", title="家谱", price="三十")
    assert "三十 看不出是多少元" in text_of(answer)
    answer = enter(desk, batch, NOWHERE, barcode="P003", title="家谱", price="30")
    assert answer.status_code == 302, text_of(answer)
    lines = queries.lines(batch)
    assert [(x.barcode, x.how, x.title_text) for x in lines] == [
        ("P001", "own", "上瘾"),
        ("P002", "shared", "红楼梦"),
        ("P003", "stub", "家谱"),
    ]
    assert lines[0].title == own
    assert [
        i.price_fen for i in Item.objects.filter(barcode__startswith="P00").order_by("barcode")
    ] == [
        4900,
        3900,
        3000,
    ]
    waits, count = catalog.pending_titles([x.id for x in view.places.all_places()])
    assert (count, {w.why for w in waits}) == (2, {"stub", "unchecked"})
    # A second copy of the book is offered the number it has.
    page = desk.http.get(f"/office/processing/{batch}/", {"isbn": SHARED}).content.decode()
    assert fields(page)["how"] == f"reuse:{lines[1].title}"
    assert enter(desk, batch, SHARED, barcode="P004").status_code == 302
    assert queries.lines(batch)[3].call_number == "I247.57/1"
    assert enter(desk, batch, SHARED, barcode="P005", how="new").status_code == 302
    assert queries.lines(batch)[4].call_number == "I247.57/2"


def test_a6_a_wrong_number_and_a_taken_barcode(
    desk: Office, batch: str, other_library: Callable[[], list[str]], unchanged: Any
) -> None:
    assert enter(desk, batch, NOWHERE, barcode="P001", title="甲", price="1").status_code == 302
    with unchanged():
        page = desk.http.get(f"/office/processing/{batch}/", {"isbn": "9787532125940"})
        said = text_of(page)  # type: ignore[arg-type]
        assert "校验位不对" in said
        answer = enter(desk, batch, "9787532125940", barcode="P001", title="乙", price="1")
    assert answer.status_code == 422
    assert "P001" in text_of(answer)
    answer = enter(desk, batch, "9787532125940", barcode="P002", title="乙", price="1")
    assert answer.status_code == 422
    assert 'name="lift" value="isbn-wrong"' in answer.content.decode()
    answer = enter(
        desk,
        batch,
        "9787532125940",
        barcode="P002",
        title="乙",
        price="1",
        lift="isbn-wrong",
        why="书上如此",
    )
    assert answer.status_code == 302, text_of(answer)


def test_a6_ranges_on_their_page(desk: Office, unchanged: Any) -> None:
    answer = desk.post("/office/processing/ranges/", place="main", first="YC0001", last="YC0500")
    assert answer.status_code == 302
    said = desk.get("/office/processing/ranges/")
    assert "YC0001 – YC0500 总馆 500 0 500 0" in said
    with unchanged():
        answer = desk.post(
            "/office/processing/ranges/", place="main", first="YC0500", last="YC0600"
        )
    assert answer.status_code == 422
    assert "与已经预留的 YC0001 – YC0500 重叠。" in text_of(answer)
    (span,) = queries.ranges([p.id for p in view.places.all_places()])
    answer = desk.post(
        "/office/processing/", where="main:", category="book", source="gift", barcodes=span.id
    )
    batch = answer.headers["Location"].rstrip("/").rpartition("/")[2]
    assert enter(desk, batch, NOWHERE, title="甲", price="1").status_code == 302
    assert enter(desk, batch, NOWHERE, barcode="YC0004").status_code == 302
    said = desk.get("/office/processing/ranges/", gaps=span.id)
    assert "YC0001 – YC0500 总馆 500 2 498 2" in said
    assert "YC0002 YC0003" in said


def test_a7_labels_and_handing_over(
    desk: Office, batch: str, other_library: Callable[[], list[str]]
) -> None:
    for n in range(1, 4):
        enter(desk, batch, NOWHERE, barcode=f"P00{n}", title="甲", price="1")
    labels = desk.http.get("/office/items/labels/", {"entry": batch}).content.decode()
    items = re.findall(r'name="item" value="(\w+)" checked', labels)
    assert len(items) == 3
    answer = desk.post(
        f"/office/items/labels/?entry={batch}",
        item=items,
        content="barcode",
        sheet="3x7",
        start="1",
        act="print",
    )
    assert answer.headers["Content-Type"] == "application/pdf"
    assert desk.post(f"/office/processing/{batch}/hand-over/", step="label").status_code == 302
    said = desk.get(f"/office/processing/{batch}/")
    assert "交来 3 册，请清点：" in said
    desk.post(f"/office/processing/{batch}/receive/", step="label", counted="3", missing="P003")
    assert "合起来对不上。" in desk.get(f"/office/processing/{batch}/")
    desk.post(
        f"/office/processing/{batch}/receive/",
        step="label",
        counted="2",
        missing="P003",
        note="在书车下",
    )
    said = desk.get(f"/office/processing/{batch}/")
    assert "3 已录入 2 已贴标 0 已上架" in said
    assert "P003 在书车下" in said
    desk.post(f"/office/processing/{batch}/hand-over/", step="shelve")
    desk.post(f"/office/processing/{batch}/receive/", step="shelve", counted="2")
    assert sorted(
        Item.objects.filter(status="available", barcode__startswith="P00").values_list(
            "barcode", flat=True
        )
    ) == ["P001", "P002"]


def test_a6_call_numbers_for_the_whole_batch(
    desk: Office, batch: str, other_library: Callable[[], list[str]]
) -> None:
    for n, clc in enumerate(("I267", "I267", ""), 1):
        enter(desk, batch, "", barcode=f"P00{n}", title=f"第{n}种", price="1", clc=clc, how="none")
    assert "本批有 3 册还没有索书号。" in desk.get(f"/office/processing/{batch}/")
    address = f"/office/processing/{batch}/numbers/"
    for _twice in range(2):
        assert desk.post(address, same_work="leave").status_code == 302
    said = desk.get(f"/office/processing/{batch}/")
    assert "取到索书号 2 册。" in said
    assert "还没有分类号 1 册。" in said
    assert [line.call_number for line in queries.lines(batch)] == ["I267/1", "I267/2", ""]


def test_a7_progress_of_a_project(desk: Office, now: Contexts) -> None:
    answer = desk.post(
        "/office/processing/projects/", name="回溯建库", target="230000", begun_on="2021-01-04"
    )
    assert answer.status_code == 302
    (project,) = queries.projects(view.places.place(now("cataloguer").service_point).library)
    batch = commands.open_batch(
        place=project.library,
        category="book",
        source="purchase",
        project=project.id,
        ctx=now("cataloguer"),
    )
    commands.enter_book(
        batch=batch,
        entry=commands.Entry(stub=ShortRecord(title="甲"), barcode="P1", price_fen=1),
        ctx=now("cataloguer"),
    )
    said = desk.get(f"/office/processing/projects/{project.id}/")
    assert "还不能对所有环节给出完成日，见下表。" in said
    assert "有进度的日子不足五天，还说不准。" in said
    assert "229999" in said
    desk.post(f"/office/processing/projects/{project.id}/end/")
    assert "已于 2021-03-02 结束。" in desk.get(f"/office/processing/projects/{project.id}/")
    assert desk.get("/office/processing/projects/x/", 404) is not None


def test_a_batch_of_elsewhere_is_not_there(office: At, batch: str) -> None:
    assert office("branch").http.get(f"/office/processing/{batch}/").status_code == 404


def test_what_is_no_id_is_not_there(desk: Office, batch: str, unchanged: Any) -> None:
    with unchanged():
        for pick in ("own:x", "found:x", "x", ""):
            answer = desk.post(
                f"/office/processing/{batch}/", pick=pick, barcode="P1", price="1", how="reuse:x"
            )
            assert answer.status_code == 422
        assert desk.http.get("/office/items/labels/?entry=x").status_code == 200
        answer = desk.post(
            "/office/processing/", where="main:", category="book", source="gift", barcodes="x"
        )
        assert answer.status_code == 422
