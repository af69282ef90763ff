"""采购 in the office, without script (row I1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from shuxiang.apps.acquisitions import queries
from shuxiang.apps.places import commands as places
from shuxiang.documents.sheets import Column, Sheet, workbook
from shuxiang.kernel.ids import new_id
from tests.documents import pdf
from tests.interfaces.office.conftest import Office, text_of
from tests.support import yearly
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
ISBN = "9787536692930"


@pytest.fixture
def buyer(office: Callable[[str], Office], played: Stocked) -> Office:
    """The acquisitions librarian with a fund, a supplier and barcodes of the library's own."""
    at = Contexts(played.library)
    for key, value in (("items.barcode_prefix", "N"), ("items.barcode_digits", 6)):
        places.set_setting(place=played.library.main, key=key, value=value, ctx=at(at=yearly.LATER))
    made = office("acquisitions")
    made.post(
        "/office/funds/", code="GZ", name="购书经费", source="budget", year=2021, budget_fen="1000"
    )
    made.post("/office/suppliers/", code="XH", name="新华书店", rate="68", active="on")
    return made


def begun(buyer: Office, played: Stocked) -> str:
    main = played.library.main
    answer = buyer.post(
        "/office/orders/",
        supplier=queries.suppliers(main)[0].id,
        fund=queries.funds(main)[0].id,
    )
    return str(answer["Location"])


def test_i1_an_isbn_that_cannot_be_is_told(buyer: Office, played: Stocked) -> None:
    path = begun(buyer, played)
    buyer.post(path, isbn="9787111111111", title_text="错号", price_fen="10", shares="本馆 1")
    assert "9787111111111 不是正确的 ISBN" in buyer.get(path)
    assert queries.lines([path.split("/")[-2]])[0].shares[0].place == played.library.main


def test_i1_an_order_by_hand_received_by_isbn_and_paid(buyer: Office, played: Stocked) -> None:
    path = begun(buyer, played)
    wrong = buyer.post(path, isbn=ISBN, title_text="三体全集", price_fen="29.80", shares="东门 3")
    assert wrong.status_code == 422
    assert "看不懂：东门 3" in text_of(wrong)
    # The example is of this library's own places.
    assert "分配到各馆写：总馆 2 东区分馆 3" in text_of(wrong)
    buyer.post(
        path,
        isbn=ISBN,
        title_text="三体全集",
        author="刘慈欣",
        price_fen="29.80",
        shares="总馆 2 east 3",
    )
    page = buyer.get(path)
    assert "1 种 5 册" in page
    assert "将从经费预留 101.32 元" in page
    buyer.post(f"{path}do/place/")
    assert "已发订" in buyer.get(path)
    text = pdf.text(buyer.http.get(f"{path}print/").content)
    for expected in ("图书征订单", ISBN, "共1种", "东区分馆3"):
        assert expected in text
    unknown = buyer.http.get(f"{path}receive/", {"isbn": "9787020002207"})
    assert unknown.status_code == 422
    assert "9787020002207 不在本订单上" in text_of(unknown)
    page = buyer.get(f"{path}receive/", isbn="978-7-5366-9293-0")
    assert "三体全集" in page
    surplus = buyer.post(f"{path}receive/", isbn=ISBN, copies="6", damaged="0", category="book")
    assert surplus.status_code == 422
    assert "到了 6 册，只差 5 册" in text_of(surplus)
    done = buyer.post(f"{path}receive/", isbn=ISBN, copies="5", damaged="0", category="book")
    assert done.status_code == 302
    assert "收到 5 册，还差 0 册。N000001、N000002" in buyer.get(f"{path}receive/")
    buyer.post(f"{path}do/deliver/", place=played.library.east)
    page = buyer.get(path)
    assert "东区分馆 3 3 3" in page
    line = queries.lines([queries.orders([played.library.main])[0].id])[0]
    far = buyer.post(
        f"{path}invoice/", number="FP1", dated="2021-03-01", total_fen="149.00",
        **{f"copies-{line.id}": "5"},
    )  # fmt: skip
    assert far.status_code == 422
    assert "各行加运费是 101.32 元，发票写的是 149.00 元" in text_of(far)
    buyer.post(
        f"{path}invoice/", number="FP1", dated="2021-03-01", total_fen="106.30", freight_fen="5",
        **{f"copies-{line.id}": "5"},
    )  # fmt: skip
    page = buyer.get(path)
    assert "FP1" in page
    assert "106.30 元" in page
    assert "893.70 元 在用" in buyer.get("/office/funds/")
    fund = queries.funds(played.library.main)[0].id
    assert "已支出 106.30 元 FP1" in buyer.get(f"/office/funds/{fund}/")


def listed(*rows: tuple[object, ...]) -> SimpleUploadedFile:
    """A supplier's list with a title line, as they come."""
    columns = tuple(
        Column(name) for name in ("书号", "书名", "出版社", "定价", "订数", "折扣", "分馆")
    )
    data = workbook([Sheet("目录", "新华书店新书目录", columns, rows=rows)], title="目录")  # type: ignore[arg-type]
    return SimpleUploadedFile("目录.xlsx", data)


def test_i1_a_supplier_s_list_is_looked_at_ordered_and_received(
    buyer: Office, played: Stocked
) -> None:
    path = begun(buyer, played)
    file = listed(
        (ISBN, "三体全集", "重庆出版社", "29.80", "2", "65", "总馆"),
        (ISBN, "三体全集", "重庆出版社", "29.80", "1", "65", "东区分馆"),
        ("9787020002207", "红楼梦", "人民文学出版社", "", "2", "", ""),
        ("", "合计", "", "", "5", "", ""),
    )
    answer = buyer.http.post(f"{path}list/", {"file": file, "key": new_id()})
    page = text_of(answer)  # type: ignore[arg-type]
    assert "3 行中 2 行可用：3 册，码洋 89.40 元" in page
    assert "没有定价" in page
    assert "1 种" not in buyer.get(path)
    packed = re.search(r'name="rows" value="([^"]+)"', answer.content.decode())
    assert packed
    buyer.post(f"{path}list/", rows=packed[1] + "x")
    assert "预览已过期" in buyer.get(path)
    buyer.post(f"{path}list/", rows=packed[1])
    page = buyer.get(path)
    assert "1 种 3 册" in page
    assert "65%" in page
    buyer.post(f"{path}do/place/")
    file = listed((ISBN, "三体全集", "重庆出版社", "29.80", "3", "", ""),
                  ("9787020002207", "红楼梦", "人民文学出版社", "35", "2", "", ""))  # fmt: skip
    answer = buyer.http.post(f"{path}list/", {"file": file, "key": new_id()})
    assert "不在本订单上" in text_of(answer)  # type: ignore[arg-type]
    packed = re.search(r'name="rows" value="([^"]+)"', answer.content.decode())
    assert packed
    buyer.post(f"{path}list/", rows=packed[1])
    page = buyer.get(path)
    assert "已按清单验收 1 种" in page
    assert "总馆 2/2 东区分馆 1/1" in page


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("空.xlsx", b"PK\x03\x04 broken", "清单读不出来"),
        ("别的.csv", "姓名,电话\n王芳,13800138000\n".encode(), "清单读不出来"),
        ("空.csv", "书号,书名,定价\n".encode(), "清单里没有找到书"),
    ],
)
def test_a_list_that_can_t_be_used_is_told(
    buyer: Office, played: Stocked, name: str, data: bytes, said: str
) -> None:
    path = begun(buyer, played)
    file = SimpleUploadedFile(name, data)
    buyer.http.post(f"{path}list/", {"file": file, "key": new_id()})
    assert said in buyer.get(path)


def test_i3_a_gift_entered_thanked_and_undone(buyer: Office, played: Stocked) -> None:
    made = buyer.post(
        "/office/donations/", giver="张建国", kind="person", given_on="2021-03-01", public="on"
    )
    path = str(made["Location"])
    wrong = buyer.post(path, title="", price="x", count="1", where="main:", category="book")
    assert wrong.status_code == 422
    buyer.post(path, title="源城史话", price="30", count="2", where="main:", category="book")
    page = buyer.get(path)
    assert "1 种 2 册" in page
    assert "N000001" in page
    answer = buyer.post(f"{path}do/certificate/")
    text = pdf.text(answer.content)
    for expected in ("捐赠证书", "2021-001", "张建国", "图书1种2册", "2021年3月1日"):
        assert expected in text
    assert "张建国 · 1 种 2 册" in buyer.get("/thanks/")
    buyer.post(f"{path}do/wish/", anonymous="1")
    assert "张建国" not in buyer.get("/thanks/")
    assert "热心人士" in pdf.text(buyer.post(f"{path}do/certificate/").content)
    buyer.post(f"{path}do/undo/", why="录错")
    assert "已撤回：录错" in buyer.get(path)
    assert "2 册" not in buyer.get("/office/donations/")


def test_i3_a_gift_of_a_book_that_is_known_takes_its_price(buyer: Office, played: Stocked) -> None:
    path = str(
        buyer.post("/office/donations/", giver="李", kind="person", given_on="2021-03-01")[
            "Location"
        ]
    )
    given = {"isbn": ISBN, "count": "1", "where": "main:", "category": "book"}
    assert buyer.post(path, **given, title="三体全集").status_code == 422
    buyer.post(path, **given, title="三体全集", price="29.80")
    buyer.post(path, **given)
    assert "1 种 2 册 码洋 59.60 元" in buyer.get(path)


def test_i2_a_suggestion_written_at_the_desk_and_answered(buyer: Office, played: Stocked) -> None:
    card = played.cards["adult"]
    wrong = buyer.post("/office/suggestions/", card="无此证", title="百年孤独")
    assert wrong.status_code == 422
    buyer.post("/office/suggestions/", card=card, title="百年孤独", author="马尔克斯")
    page = buyer.get("/office/suggestions/")
    assert "百年孤独 马尔克斯" in page
    (one,) = queries.suggestions(played.library.main)
    buyer.post(f"/office/suggestions/{one.id}/", answer="accept")
    path = begun(buyer, played)
    page = buyer.http.get("/office/suggestions/").content.decode()
    link = re.search(rf'href="({path}\?[^"]+suggestion={one.id})"', page)
    assert link
    form = buyer.http.get(link[1].replace("&amp;", "&")).content.decode()
    assert 'value="百年孤独"' in form
    buyer.post(path, title_text="百年孤独", price_fen="49.50", shares="1", suggestion=one.id)
    buyer.post(f"{path}do/place/")
    assert queries.suggestions(played.library.main)[0].state == "ordered"


def test_the_books_of_the_property_on_the_page_printed_and_as_a_sheet(
    buyer: Office, played: Stocked
) -> None:
    path = str(
        buyer.post("/office/donations/", giver="张建国", kind="person", given_on="2021-03-01")[
            "Location"
        ]
    )
    buyer.post(path, title="源城史话", price="30", count="2", where="main:", category="book")
    page = buyer.get("/office/property/", place="main", year="2021")
    assert "期初与增减推得期末，账目相符。" in page
    assert "受赠 JZ-main-20210302-1" in page
    text = pdf.text(buyer.http.get("/office/property/pdf/?place=main&year=2021").content)
    for expected in ("图书财产账2021年总馆", "总括登记账", "注销账", "期末", "负责人", "60.00"):
        assert expected in text
    answer = buyer.http.get("/office/property/xlsx/?place=main&year=2021")
    book = load_workbook(BytesIO(answer.content))
    assert book.sheetnames == ["结存", "总括登记账", "个别登记账", "注销账"]
    cells = [[c.value for c in row] for row in book["个别登记账"].iter_rows()]
    assert ["N000001", "N000001", "源城史话"] in [row[:3] for row in cells]
    assert buyer.http.get("/office/property/?place=nowhere").status_code == 403
