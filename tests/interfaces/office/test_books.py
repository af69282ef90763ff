"""A4: new books by form: the ISBN decides what comes next, everything refused keeps what was
typed; titles and items corrected; labels; lost books; totals."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation.models import LostCase
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import import_marc as importing
from shuxiang.apps.stock.models import Item, Label
from shuxiang.kernel.ids import new_id
from tests.apps.stock.marc_files import holding, iso2709, record
from tests.documents import pdf
from tests.interfaces.office.conftest import Office, text_of
from tests.support import yearly
from tests.support.library import Contexts
from tests.support.shelves import statements
from tests.support.stocked import Stocked

At = Callable[[str], Office]
ISBN = "978-7-5086-7350-9"
NEW: dict[str, Any] = {
    "isbn": ISBN,
    "title": "上瘾",
    "responsibility": "(美) 埃亚尔著；钟莉婷译",
    "publisher": "中信出版社",
    "date": "2017",
    "clc": "F713.55",
    "audience": "em",
    "where": "main:",
    "category": "book",
    "source": "purchase",
    "price": "49.00",
    "count": "1",
    "barcodes": "N001",
    "how": "new",
    "status": "available",
}


@pytest.fixture
def cataloguer(office: At) -> Office:
    return office("cataloguer")


@pytest.fixture
def now(played: Stocked) -> Contexts:
    return Contexts(played.library)


def add(office: Office, **changed: Any) -> Any:
    return office.post("/office/books/add/", **NEW | changed)


def only(title: str) -> str:
    """The id of the one title of that name."""
    (found,) = catalog.titles_beginning(title)
    return found


def test_a_number_the_library_has_not_opens_the_form(cataloguer: Office) -> None:
    page = cataloguer.get("/office/books/add/", isbn=ISBN)
    assert "书目" in page
    assert "取该类下一个种次号" in page
    assert "校验位" not in page


def test_a_wrong_check_digit_is_said(cataloguer: Office) -> None:
    assert "校验位不对" in cataloguer.get("/office/books/add/", isbn="978-7-5086-7350-8")


def test_a4_a_book_is_added_and_the_next_one_begins(cataloguer: Office) -> None:
    answer = add(cataloguer, count="2")
    assert answer.status_code == 422, "the library gives out no barcodes of its own"
    assert "本馆没有设自编条码号段" in text_of(answer)
    answer = add(cataloguer, barcodes="N001\nN002")
    assert answer.status_code == 302
    page = cataloguer.get(answer["Location"])
    assert "已加 2 册：N001、N002。索书号 F713.55/1。" in page
    assert "刚入藏：上瘾" in page
    title = catalog.title(only("上瘾"))
    assert title is not None
    assert (title.isbn, title.price_fen, title.year) == ("9787508673509", 4900, 2017)
    assert cataloguer.get("/office/books/add/", isbn=ISBN).count("N00") == 2


def test_what_the_library_has_is_shown_with_where_it_stands(cataloguer: Office) -> None:
    add(cataloguer)
    page = cataloguer.get("/office/books/add/", isbn="9787508673509")
    assert "馆里已有" in page
    assert "总馆" in page
    assert "F713.55/1" in page
    copy = cataloguer.get("/office/books/add/", of=only("上瘾"))
    assert "沿用 F713.55/1（本书已有的号）" in copy


def test_another_copy_takes_the_titles_number(cataloguer: Office) -> None:
    add(cataloguer)
    title = only("上瘾")
    fields = {
        k: v for k, v in NEW.items() if k in ("where", "category", "source", "price", "count")
    }
    answer = cataloguer.post(
        "/office/books/add/", **fields, of=title, barcodes="N009", how=f"reuse:{title}"
    )
    assert answer.status_code == 302
    assert "索书号 F713.55/1。" in cataloguer.get(answer["Location"])


def test_a_wrong_number_is_asked_and_taken_with_why(cataloguer: Office) -> None:
    wrong = {"isbn": "978-7-5086-7350-8"}
    page = text_of(add(cataloguer, **wrong))
    assert "还没有保存，请先回答" in page
    assert "书上就是这样印的吗" in page
    assert Item.objects.filter(barcode="N001").count() == 0
    assert add(cataloguer, **wrong, lift="isbn-wrong").status_code == 422
    assert add(cataloguer, **wrong, lift="isbn-wrong", why="书上如此").status_code == 302


def test_another_edition_is_offered_the_number_of_the_work(cataloguer: Office) -> None:
    add(cataloguer)
    edition = {"isbn": "", "edition": "2版", "barcodes": "N002"}
    page = text_of(add(cataloguer, **edition))
    assert "要另取新号吗" in page
    assert "沿用 F713.55/1（上瘾 2017）" in page
    answer = add(cataloguer, **edition, how=f"reuse:{only('上瘾')}")
    assert answer.status_code == 302
    assert "索书号 F713.55/1" in cataloguer.get(answer["Location"])


def test_another_book_under_the_same_number(cataloguer: Office) -> None:
    add(cataloguer)
    other = {"title": "同号的书", "barcodes": "N002"}
    assert "这是另一种书吗" in text_of(add(cataloguer, **other))
    assert add(cataloguer, **other, other="1").status_code == 302


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"price": ""}, "这个字段是必填项"),
        ({"price": "很贵"}, "请按元填价格"),
        ({"source": ""}, "这个字段是必填项"),
        ({"barcodes": "B001"}, "B001"),
        ({"barcodes": "N1\nN1"}, "条码 N1 扫了两遍"),
        ({"clc": "L1"}, "不是中图法分类号"),
        ({"title": ""}, "这个字段是必填项"),
        ({"how": "typed"}, "没有填书次号"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    changed: dict[str, str], said: str, cataloguer: Office
) -> None:
    before = Item.objects.count()
    answer = add(cataloguer, **changed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "中信出版社" in answer.content.decode()
    assert Item.objects.count() == before


def test_the_form_sent_twice_adds_once(cataloguer: Office) -> None:
    key = new_id()
    for _ in range(2):
        assert add(cataloguer, key=key).status_code == 302
    assert Item.objects.filter(barcode="N001").count() == 1


def test_the_form_sent_again_changed_from_the_back_button_is_told_so(cataloguer: Office) -> None:
    """The page behind the back button keeps its key: what was sent first counts, nothing is added."""
    key = new_id()
    assert add(cataloguer, key=key).status_code == 302
    before = Item.objects.count()
    answer = add(cataloguer, key=key, price="99.00")
    assert answer.status_code == 422
    assert "这张表单已经提交过" in text_of(answer)
    assert Item.objects.count() == before


def test_a_title_is_corrected_and_the_old_words_kept(cataloguer: Office) -> None:
    add(cataloguer)
    title = only("上瘾")
    page = cataloguer.http.get(f"/office/books/{title}/correct/").context["form"]
    fields = {name: page[name].value() or "" for name in page.fields if name != "key"}
    answer = cataloguer.post(
        f"/office/books/{title}/correct/", **fields | {"title": "上瘾了", "price": "59"}
    )
    assert answer.status_code == 302
    shown = cataloguer.get(answer["Location"])
    assert "题名：上瘾 → 上瘾了" in shown
    assert "定价：49.00 → 59.00" in shown
    again = cataloguer.post(f"/office/books/{title}/correct/", **fields | {"title": "再改"})
    assert again.status_code == 422
    assert "有人刚改过这条书目" in text_of(again)


def test_items_are_looked_up_by_everything(cataloguer: Office, played: Stocked) -> None:
    add(cataloguer, accession_number="2021-0001")
    (item,) = stock.items_by_barcode("N001")
    for text in ("n００1", "2021-0001"):
        assert cataloguer.http.get("/office/items/find/", {"q": text})["Location"].endswith(
            f"{item.id}/"
        )
    for text, by in (("F713", "any"), ("f713.55/1", "call"), ("上瘾", "title")):
        page = cataloguer.get("/office/items/find/", q=text, by=by)
        assert "N001" in page, (text, by)
    assert "没有查到" in cataloguer.get("/office/items/find/", q="ZZZ999")


def test_the_history_of_an_item_is_in_words(
    cataloguer: Office, played: Stocked, now: Contexts
) -> None:
    add(cataloguer)
    (item,) = stock.items_by_barcode("N001")
    path = f"/office/items/{item.id}/"
    change = {
        "act": "change",
        "barcode": "N001",
        "call_number": "F713.5/8",
        "category": "child",
        "price": "49",
    }
    assert cataloguer.post(path, **change).status_code == 302
    later = now(at=yearly.LATER)
    circulation.check_out(item_barcode="N001", card=played.cards["other"], ctx=later)
    circulation.check_in(
        item_barcode="N001", ctx=now(place=played.library.east, at=yearly.LATER, key=new_id())
    )
    cataloguer.post(path, act="status", status="missing", why="乱架")
    page = cataloguer.get(path)
    for said in (
        "入藏 总馆 编目员 购买 49.00 元",
        "更改 总馆 编目员 索书号：F713.55/1 → F713.5/8 流通类型：普通图书 → 少儿图书",
        "借出 总馆 系统",
        "归还 东区分馆 系统",
        "改状态 总馆 编目员 状态：在架可借 → 查找中 乱架",
    ):
        assert said in page, said
    assert "item." not in page
    assert Label.objects.filter(item=item.id, printed_at=None).count() == 1


def test_a_long_history_goes_on_over_pages(
    cataloguer: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(cataloguer)
    (item,) = stock.items_by_barcode("N001")
    path = f"/office/items/{item.id}/"
    for n in range(4):
        cataloguer.post(path, act="status", status=("missing", "available")[n % 2], why=f"第{n}次")
    monkeypatch.setattr("shuxiang.interfaces.office.views.items.HISTORY", 3)
    first = cataloguer.get(path)
    assert "第3次" in first
    assert "第0次" not in first
    second = cataloguer.get(path, before=3)
    assert "第0次" in second
    assert "入藏 总馆 编目员 购买 49.00 元" in second
    assert "第3次" not in second


def test_labels_are_printed_and_marked(cataloguer: Office) -> None:
    add(cataloguer, barcodes="N001\nN002\nN003")
    page = cataloguer.http.get("/office/items/labels/")
    rows = page.context["rows"]
    assert [r["barcode"] for r in rows] == ["N001", "N002", "N003"]
    chosen = [r["item"] for r in rows[:2]]
    answer = cataloguer.post(
        "/office/items/labels/",
        act="print",
        item=chosen,
        content="both",
        sheet="4x10",
        start="3",
    )
    assert answer["Content-Type"] == "application/pdf"
    text = pdf.text(answer.content)
    assert "N001" in text
    assert "N003" not in text
    assert "F713.55" in text
    answer = cataloguer.post("/office/items/labels/", act="printed", item=chosen)
    assert "2 枚标签已记为打印好" in cataloguer.get(answer["Location"])
    left = cataloguer.http.get("/office/items/labels/").context["rows"]
    assert [r["barcode"] for r in left] == ["N003"]
    assert "N002" in cataloguer.get("/office/items/labels/", state="printed", by="me")
    assert "没有标签" in cataloguer.get("/office/items/labels/", day="2019-01-01")


def test_labels_of_an_import_are_printed_by_its_number(
    cataloguer: Office, played: Stocked, now: Contexts, tmp_path: Path
) -> None:
    path = tmp_path / "books.iso"
    path.write_bytes(iso2709([record(n, holding(f"310000{n:02d}")) for n in range(1, 4)]))
    number = importing.run(
        path,
        importing.Options(place=played.library.main),
        ctx=now("cataloguer", at=yearly.LATER, key=new_id()),
    )
    page = cataloguer.http.get("/office/items/labels/", {"batch": number})
    rows = page.context["rows"]
    assert sorted(r["barcode"] for r in rows) == ["31000001", "31000002", "31000003"]
    answer = cataloguer.post(
        f"/office/items/labels/?batch={number}",
        act="print",
        item=[r["item"] for r in rows],
        content="barcode",
        sheet="3x7",
        start="1",
    )
    assert "31000003" in pdf.text(answer.content)
    assert "没有标签" in cataloguer.get("/office/items/labels/", batch="19990101-1")


def test_labels_that_cannot_be_printed_are_said(cataloguer: Office) -> None:
    long = "ABCDEFGHIJ" * 4
    add(cataloguer, barcodes=long)
    (item,) = stock.items_by_barcode(long)
    form = {"act": "print", "content": "barcode", "sheet": "4x10", "start": "1"}
    answer = cataloguer.post("/office/items/labels/", **form, item=[item.id])
    assert "条码太长" in text_of(answer)
    answer = cataloguer.post("/office/items/labels/", **form)
    assert "请至少选一张标签" in text_of(answer)
    answer = cataloguer.post("/office/items/labels/", **form | {"start": "41"}, item=[item.id])
    assert "一张纸只有 40 枚" in text_of(answer)


def test_a_sheet_of_the_settings(cataloguer: Office, played: Stocked, now: Contexts) -> None:
    add(cataloguer)
    places.set_setting(
        place=played.library.main,
        key="labels.custom",
        value="2x5 90x50 10 10 0 0",
        ctx=now(at=yearly.LATER),
    )
    assert "设置里的标签纸（2 × 5, 90 × 50 mm）" in cataloguer.get("/office/items/labels/")


def test_a_list_of_scans_is_moved(cataloguer: Office, played: Stocked) -> None:
    answer = cataloguer.post("/office/items/move/", where="east:", barcodes="B005\nB006\nNONE")
    page = text_of(answer)
    assert "已调拨 2 册。" in page
    assert "1 册没有调拨" in page
    assert "没有条码号为 NONE 的图书" in page


def test_e4_lost_reported_and_settled_by_form(office: At, played: Stocked, now: Contexts) -> None:
    circulation.check_out(item_barcode="B007", card=played.cards["other"], ctx=now(at=yearly.LATER))
    desk = office("desk")
    item = played.items["B007"]
    assert "丢失/损坏" in desk.get(f"/desk/readers/{played.patrons['other']}/")
    answer = desk.post(f"/office/items/{item}/lost/", kind="lost", why="路上丢失")
    assert answer.status_code == 302
    path = answer["Location"]
    page = desk.get(path)
    assert "减免" not in page
    assert "未处理" in page
    refused = desk.post(path, act="settle", how="paid", amount="", why="收据 3")
    assert "没有填金额" in text_of(refused)
    assert desk.post(path, act="settle", how="paid", amount="39.8", why="收据 3").status_code == 302
    page = desk.get(path)
    assert "赔款 39.80 元" in page
    assert "收据 3" in page
    case = LostCase.objects.get()
    assert (case.settled_as, case.amount_fen, case.wrote_off) == ("paid", 3980, True)
    assert "丢失" in desk.get("/office/items/lost/", state="settled")
    assert desk.post(path, act="found", why="找到", refunded="on").status_code == 302
    assert "已结" in desk.get(path)


def test_totals_by_class_and_place(office: At, played: Stocked, cataloguer: Office) -> None:
    add(cataloguer, barcodes="N001\nN002")
    director = office("director")
    page = director.get("/office/holdings/", place="main")
    owners = [played.library.main, played.library.east, played.library.west, played.library.point]
    totals = stock.totals(owners)
    items = Item.objects.exclude(status="withdrawn")
    assert totals.all.items == items.count()
    assert totals.all.titles == len(set(items.values_list("title_id", flat=True)))
    assert totals.all.price_fen == sum(i.price_fen or 0 for i in items)
    assert totals.by_class["F"] == stock.Total(1, 2, 9800, 0)
    assert totals.cells[played.library.main, "F"].items == 2
    assert "F 经济 1 2 98.00 元" in page
    one = stock.totals([played.library.east])
    assert one.all.items == Item.objects.filter(owner=played.library.east).count()
    answer = director.http.get("/office/holdings/xlsx/", {"place": "main"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    table = list(book.worksheets[0].iter_rows(values_only=True))
    assert ("分类", "类名", "种数", "册数", "码洋（元）") in table
    rows = [row for row in table if row[0] == "F"]
    assert rows == [("F", "经济", 1, 2, 98)]


@pytest.mark.parametrize(
    "path",
    [
        "/office/holdings/?place=main",
        "/office/items/find/?q=F713",
        "/office/items/labels/",
        "/office/items/lost/",
        "/office/books/numbers/?class=F713.55",
    ],
)
def test_pages_take_the_same_statements_however_much_there_is(
    path: str, cataloguer: Office, office: At, played: Stocked, now: Contexts, monkeypatch: Any
) -> None:
    director = office("director")
    add(cataloguer, barcodes="N001\nN002")
    for copy in ("N001", "N002"):
        report(copy, now)
    director.get(path)
    with statements(monkeypatch) as few:
        director.get(path)
    title = only("上瘾")
    codes = [f"M{n:03d}" for n in range(40)]
    add(cataloguer, of=title, barcodes="\n".join(codes), how=f"reuse:{title}")
    for code in codes[:20]:
        report(code, now)
    with statements(monkeypatch) as many:
        director.get(path)
    assert len(many) <= len(few)


def report(barcode: str, now: Contexts) -> None:
    (item,) = stock.items_by_barcode(barcode)
    circulation.report_lost(
        item=item.id, kind="lost", why="x", ctx=now(at=yearly.LATER, key=new_id())
    )


def test_the_next_number_and_the_gaps_of_a_class(cataloguer: Office) -> None:
    add(cataloguer, how="typed", book_number="4")
    page = cataloguer.get("/office/books/numbers/?class=f713.55")
    assert "F713.55/5" in page
    assert "1 2 3" in page
