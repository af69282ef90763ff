"""清点 in the office: files, labels and phones, lists, report, closing and taking back (row K1)."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from shuxiang.apps.stockcontrol import queries
from shuxiang.formats import rfid
from shuxiang.runtime import sql
from tests.interfaces.office.conftest import Office, text_of
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def office(played: Stocked) -> Office:
    return Office(played.library.staff["cataloguer"])


def begun(office: Office, played: Stocked, **more: str) -> str:
    answer = office.post("/office/inventories/", place=played.library.main, **more)
    assert answer.status_code == 302, text_of(answer)
    return str(answer["Location"])


def figures(path: str) -> dict[str, int]:
    view = queries.inventory(path.split("/")[3])
    assert view is not None
    return queries.summary(view).as_dict()


def test_k1_from_the_first_scan_to_closing_and_back(office: Office, played: Stocked) -> None:
    path = begun(office, played, note="年度清点")
    assert "清点中" in office.get(path)
    before = figures(path)["expected"]
    file = SimpleUploadedFile("盘点枪.csv", "条码,时间\nB001,09:00\nB002,09:01\n".encode("gb18030"))
    answer = office.post(f"{path}scans/", source="file", file=file, in_order="on")
    assert answer.status_code == 302
    said = office.get(path)
    assert "收入 2 条扫描，0 条此前已扫过。" in said
    assert "盘点枪.csv" in said
    assert "沿架顺序" in said
    label = rfid.encode([rfid.Element(rfid.PII, "B003")]).hex()
    office.post(f"{path}scans/", source="rfid", codes=f"E0040100,{label}\nE004,FFFFFFFFFFFFFFFFFF")
    assert "1 行没有条码。" in office.get(path)
    sent = office.http.post(
        f"{path}scans/",
        json.dumps({"codes": ["B004", "B001", "没有"], "in_order": False}),
        content_type="application/json",
    )
    assert sent.json() == {"said": "收入 2 条扫描，1 条此前已扫过。"}
    assert figures(path)["scans"] == 5
    assert "没有" in office.get(path, list="unlisted")
    assert "B005" in office.get(path, list="missing")
    assert "请输入或用扫描枪" in office.http.get(f"{path}phone/").content.decode()
    missing = figures(path)["missing"]
    assert missing > 0
    answer = office.post(f"{path}close/")
    assert answer.status_code == 302
    assert f"{missing} 册记为查找中" in office.get(path)
    assert sql.one("SELECT COUNT(*) FROM stock_item WHERE status = 'missing'") == (missing,)
    office.post(f"{path}undo/")
    assert "已撤销" in office.get(path)
    assert sql.one("SELECT COUNT(*) FROM stock_item WHERE status = 'missing'") == (0,)
    assert before == figures(path)["expected"]


def test_k1_the_report_has_a_sheet_a_list(office: Office, played: Stocked) -> None:
    path = begun(office, played)
    office.post(f"{path}scans/", source="hand", codes="B001\nX999")
    answer = office.http.get(f"{path}sheet/")
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(b"".join(answer) if answer.streaming else answer.content))
    assert book.sheetnames == [
        "汇总", "缺失", "错架", "乱架", "非本馆在册", "在借却在架", "在途却在架", "找回", "清点中还回",
    ]  # fmt: skip
    cells = [row[0] for row in book["非本馆在册"].iter_rows(values_only=True)]
    assert "X999" in cells


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source": "hand", "codes": "没 有\n条 码"}, "其中没有条码。"),
        ({"source": "hand", "codes": ""}, "其中没有条码。"),
        ({"source": "elsewhere", "codes": "B001"}, "elsewhere"),
        ({"source": "rfid", "codes": "{broken"}, "其中没有条码。"),
    ],
)
def test_k1_scans_that_are_none(
    office: Office, played: Stocked, unchanged: Any, fields: dict[str, str], said: str
) -> None:
    path = begun(office, played)
    with unchanged():
        answer = office.post(f"{path}scans/", **fields)
    assert answer.status_code == 422
    assert said in text_of(answer)


@pytest.mark.parametrize(
    "body", ["[]", "{}", "no JSON", '{"codes": []}', '{"codes": 3, "in_order": 1}']
)
def test_k1_what_a_phone_sends_wrong_changes_nothing(
    office: Office, played: Stocked, unchanged: Any, body: str
) -> None:
    path = begun(office, played)
    with unchanged():
        answer = office.http.post(f"{path}scans/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["said"]


def test_k1_a_phone_late_for_a_closed_inventory_is_told(office: Office, played: Stocked) -> None:
    path = begun(office, played, call_from="Z99")
    office.post(f"{path}scans/", source="hand", codes="B001")
    office.post(f"{path}close/")
    answer = office.http.post(
        f"{path}scans/", json.dumps({"codes": ["B002"], "in_order": False}), "application/json"
    )
    assert (answer.status_code, answer.json()["said"]) == (409, "这次清点已结束。")


def test_k1_shelves_that_are_none(office: Office, played: Stocked, unchanged: Any) -> None:
    with unchanged():
        answer = office.post(
            "/office/inventories/", place=played.library.main, call_from="I3", call_to="I2"
        )
    assert answer.status_code == 422
    assert "终止索书号排在起始索书号之前。" in text_of(answer)
