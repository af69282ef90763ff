"""A4: the library's own class table and author numbers imported on the page, and used for a new book."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.ids import new_id
from tests.interfaces.office.conftest import Office
from tests.support.statements import counted

At = Callable[[str], Office]
CLASSES = "分类号\t类名\t注释\nI24\t小说\nI242\t古代作品\t宜入此\n没有号\t坏行\n"


@pytest.fixture
def cataloguer(office: At) -> Office:
    return office("cataloguer")


def upload(cataloguer: Office, data: bytes, **fields: str) -> str:
    form = {"kind": "classes", "licence": "on"} | fields
    answer = cataloguer.http.post(
        "/office/classes/",
        {**form, "key": new_id(), "file": SimpleUploadedFile("t.txt", data)},
        follow=True,
    )
    return answer.content.decode()


def test_a4_more_classes_on_the_page_take_no_more_statements(cataloguer: Office) -> None:
    upload(cataloguer, CLASSES.encode())
    for warm in ("", "K9"):
        cataloguer.get("/office/classes/", of=warm)
    with counted() as few:
        cataloguer.get("/office/classes/", of="K9")
    with counted() as many:
        assert "历史、地理" in cataloguer.get("/office/classes/")
    assert 0 < many.number <= few.number


def test_a4_a_table_is_imported_browsed_and_its_bad_rows_told(cataloguer: Office) -> None:
    assert "只带两级类目" in cataloguer.get("/office/classes/")
    assert "小说" not in cataloguer.get("/office/classes/", of="I")
    page = upload(cataloguer, CLASSES.encode())
    assert "表中现有 2 行" in page
    # A table of one class does not hide the others, which come with the program.
    top = cataloguer.get("/office/classes/")
    assert "K 历史、地理" in top
    assert "只带两级类目" not in top
    assert "I24" not in top
    assert 'href="?of=I2">中国文学' in cataloguer.http.get("/office/classes/?of=I").content.decode()
    assert "I24 小说" in cataloguer.get("/office/classes/", of="I2")
    assert "/browse/I24/" in Client().get("/browse/I2/").content.decode()
    assert "历史、地理" in cataloguer.get("/office/classes/", q="地理")
    assert "第 4 行：没有号 不是分类号" in page
    assert "古代作品" in cataloguer.get("/office/classes/", of="I24")
    assert "宜入此" in cataloguer.get("/office/classes/", q="古代")
    # Readers browse it too.
    below = Client().get("/browse/I24/").content.decode()
    assert "/browse/I242/" in below
    shelf = Client().get("/browse/I242/").content.decode()
    assert "古代作品" in shelf
    assert "红楼梦" in shelf
    assert "三体" not in shelf
    assert Client().get("/browse/I249/").status_code == 404


def test_a4_a_table_without_a_licence_or_of_nothing_is_refused(cataloguer: Office) -> None:
    assert "已获授权的表" in upload(cataloguer, CLASSES.encode(), licence="")
    assert "没有一行可用" in upload(cataloguer, "甲\t乙\n丙\t丁\n".encode())
    assert "读不出表格" in upload(cataloguer, b"PK\x03\x04broken")
    assert catalog.class_table_size() == 0


def test_a4_author_numbers_from_a_workbook_are_offered(cataloguer: Office) -> None:
    book = openpyxl.Workbook()
    for row in (("姓名", "号码"), ("余", "Y700"), ("余华", "Y736")):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert "取著者号" not in cataloguer.get("/office/books/add/", isbn="978-7-5086-7350-9")
    assert "表中现有 2 行" in upload(cataloguer, out.getvalue(), kind="authors")
    assert "取著者号" in cataloguer.get("/office/books/add/", isbn="978-7-5086-7350-9")
    cataloguer.post(
        "/office/books/add/",
        isbn="",
        title="活着",
        responsibility="余华著",
        date="2012",
        clc="I247.57",
        audience="em",
        where="main:",
        category="book",
        source="purchase",
        price="20",
        count="1",
        barcodes="Y1",
        how="author",
        status="available",
    )
    assert stock.items_by_barcode("Y1")[0].call_number == "I247.57/Y736"


def test_a4_who_only_looks_imports_nothing(office: At) -> None:
    desk = office("desk")
    assert "导入号码表" not in desk.get("/office/classes/")
    upload(desk, CLASSES.encode())
    assert catalog.class_table_size() == 0


def test_a4_a_class_goes_on_from_another_number(cataloguer: Office) -> None:
    fields = {"where": "main:", "category": "book", "class": "I247"}
    cataloguer.post("/office/books/numbers/restart/", first="101", **fields)
    query = {"place": "main", **fields}
    assert "I247/101" in cataloguer.get("/office/books/numbers/", **query)
    cataloguer.post("/office/books/numbers/restart/", first="x", **fields)
    assert "请写 1 到" in cataloguer.get("/office/books/numbers/", **query)
