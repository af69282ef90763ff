"""The city library in the office and at the desk (rows F4, Y2): agreed, its cards checked, its books
taken back, books borrowed from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.exchange import queries
from shuxiang.kernel.ids import new_id
from tests.documents import pdf
from tests.interfaces.office.conftest import Office, text_of
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def city(office: Callable[[str], Office], played: Stocked) -> str:
    director = office("director")
    made = director.post("/office/partners/", code="city", name="市图书馆", adapter="manual")
    path = made["Location"]
    wrong = director.post(path, valid_from="2021-03-01", cards="on")
    assert wrong.status_code == 422
    assert "不能早于今天" in text_of(wrong)
    director.post(
        path, valid_from="2021-03-02", cards="on", reader_category="adult", card_prefix="C",
        card_digits="6", loan_limit="2", check_days="1", offline_limit="1", returns="on",
        item_prefix="S", item_digits="7", lending="on",
    )  # fmt: skip
    assert "生效" in director.get(path)
    return path.split("/")[3]


def scan(desk: Office, code: str, mode: str) -> dict[str, str]:
    """A scan at the desk, as its island posts it."""
    answer = desk.http.post(
        "/desk/scan/",
        {"mode": mode, "scan": code, "state": "", "request_key": new_id()},
        headers={"X-Requested-With": "scanbox", "Accept": "application/json"},
    )
    return dict(answer.json())


def test_y2_a_city_card_at_the_desk(
    office: Callable[[str], Office], played: Stocked, city: str
) -> None:
    desk = office("desk")
    assert "请先到「合作馆读者证」登记验证" in scan(desk, "C000001", "checkout")["say"]
    unknown = desk.post("/office/visitors/", partner=city, number="C000001", said="")
    assert unknown.status_code == 422
    desk.post("/office/visitors/", partner=city, number="C000001", name="周九", said="")
    assert "联系不上发证馆" in desk.get("/office/visitors/")
    desk.post("/office/visitors/", partner=city, number="C000001", said="valid")
    page = desk.get("/office/visitors/")
    assert "照常在服务台借书" in page
    assert "周*" in page
    panel = scan(desk, "C000001", "checkout")["reader_html"]
    assert "周九" in panel
    # As agreed with the city, not as the loan rules say.
    assert "<b>2</b>限借" in panel


def test_fr_4_books_of_one_form_of_two_partners_are_not_guessed(
    office: Callable[[str], Office], played: Stocked, city: str
) -> None:
    director = office("director")
    made = director.post("/office/partners/", code="county", name="县图书馆", adapter="manual")
    director.post(
        made["Location"], valid_from="2021-03-02", returns="on", item_prefix="S", item_digits="7"
    )
    county = made["Location"].split("/")[3]
    assert [row.returns for row in queries.agreements(county)] == [True]
    desk = office("desk")
    assert scan(desk, "S1234567", "checkin")["kind"] == "refused"
    assert queries.returns_waiting([played.library.main]) == ()
    # Who knows whose it is says so in the office.
    desk.post("/office/returns/", partner=county, barcodes="S1234567")
    assert [r.partner for r in queries.returns_waiting([played.library.main])] == [county]


def test_y2_a_city_book_returned_at_the_desk_and_sent_on(
    office: Callable[[str], Office], played: Stocked, city: str
) -> None:
    """Y2, FR-4."""
    desk = office("desk")
    answer = scan(desk, "S1234567", "checkin")
    assert (answer["kind"], answer["word"]) == ("notice", "代还")
    assert "市图书馆" in answer["say"]
    posted = desk.post("/office/returns/", partner=city, barcodes="S1234568\nB004\nX1")
    page = text_of(posted)
    assert "已办 1 册" in page
    assert "未办 2 册" in page
    made = desk.http.get(f"/office/returns/{city}/list/")
    text = pdf.text(made.content)
    assert "S1234567" in text
    assert "S1234568" in text
    desk.post("/office/returns/send/", partner=city)
    assert "待转送：0 册" in desk.get("/office/returns/")
    # Nobody but a clerk can reach this partner: what was done waits until it is told.
    director = office("director")
    path = f"/office/partners/{city}/"
    assert director.get(path).count("其图书在本馆还入") == 2
    for message in queries.messages_waiting(city):
        director.post(f"{path}message/", message=message.id, told="1")
    assert "没有待办" in director.get(path)


def test_f4_a_book_borrowed_from_the_city(
    office: Callable[[str], Office], played: Stocked, city: str
) -> None:
    desk = office("desk")
    wrong = desk.post("/office/interloans/", partner=city, card="99", title="平凡的世界")
    assert wrong.status_code == 422
    made = desk.post(
        "/office/interloans/", partner=city, card=played.cards["adult"], title="平凡的世界"
    )
    path = made["Location"]
    late = desk.post(path, barcode="S7654321", back_by="2021-03-02")
    assert "没有可借的日子" in text_of(late)
    desk.post(path, barcode="S7654321", back_by="2021-03-20")
    assert "S7654321" in desk.get(path)
    desk.post(f"{path}back/")
    assert "已归还" in desk.get(path)
    assert loans.open_loans(played.patrons["adult"]) is not None
    assert desk.http.post(f"{path}nonsense/").status_code == 404
