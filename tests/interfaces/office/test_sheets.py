"""Lists in the office: upload, preview and mapping, the worker, the control sheet, undo (X4, F11)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from openpyxl import load_workbook

from shuxiang.apps.catalog import queries as catalog
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.stock import queries as stock
from shuxiang.kernel.ids import new_id
from shuxiang.project import importing
from tests.apps.patrons import people
from tests.apps.stock.sheet_files import HOLDINGS, holding, xlsx
from tests.interfaces.office.conftest import Office, text_of

At = Callable[[str], Office]


def upload(office: Office, path: Path, *, kind: str = "") -> HttpResponse:
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return office.post("/office/imports/list/", file=file, kind=kind, place="main")


def finish() -> None:
    """What the worker does, turn by turn."""
    for _ in range(50):
        importing.step()
        if catalog.next_queued() is None:
            return
    raise AssertionError("the import does not end")


def number_of(answer: HttpResponse) -> str:
    return str(answer.headers["Location"]).split("/")[3]


@pytest.fixture
def listed(office: At, tmp_path: Path) -> str:
    """A draft of four rows, two of them of places and locations nobody knows."""
    rows = [
        holding("N1", 馆藏地点=""),
        holding("N2", 所属馆="老馆", 馆藏地点=""),
        holding("N3", 馆藏地点="三楼", 题名="=HYPERLINK(1)"),
        holding("1.2E+12", 馆藏地点=""),
    ]
    path = xlsx(tmp_path / "馆藏.xlsx", rows, above=[["馆藏清单"]])
    # A text that begins with = is one here, not openpyxl's formula.
    answer = upload(office("cataloguer"), path)
    assert answer.status_code == 302
    return number_of(answer)


def test_an_uploaded_list_is_seen_before_anything_is_written(office: At, listed: str) -> None:
    cataloguer = office("cataloguer")
    page = cataloguer.get(f"/office/imports/{listed}/map/")
    for said in (
        "馆藏.xlsx", "共 4 行", "三体", "23.00", "没有名为“老馆”的馆", "1 个待对应",
        "已被表格软件四舍五入", "开始导入",
    ):  # fmt: skip
        assert said in page, said
    assert stock.items_by_barcode("N1") == ()
    assert "未开始" in cataloguer.get("/office/imports/")
    (file,) = (Path(settings.HOME) / "imports").iterdir()
    assert oct(file.stat().st_mode & 0o777) == "0o600"


def fields(listed: str, **values: str) -> dict[str, str]:
    """The form as the page sends it, with the columns as found."""
    batch = catalog.batch(listed)
    assert batch is not None
    columns = {index: name for name, index in batch.profile["columns"].items()}
    found = {f"c{n}": columns.get(n, "") for n in range(len(batch.profile["headings"]))}
    return found | values


def test_mapped_started_imported_and_controlled(office: At, listed: str) -> None:
    cataloguer = office("cataloguer")
    address = f"/office/imports/{listed}/map/"
    mapped = {"tlibrary.0": "老馆", "vlibrary.0": "east"}
    assert cataloguer.post(address, act="look", **fields(listed, **mapped)).status_code == 302
    page = cataloguer.get(address)
    assert "没有名为“老馆”的馆" not in page
    assert "东区分馆" in page
    answer = cataloguer.post(address, act="start", **fields(listed))
    assert answer.headers["Location"] == f"/office/imports/{listed}/"
    assert "等待后台处理" in cataloguer.get(f"/office/imports/{listed}/")
    part = cataloguer.http.get(f"/office/imports/{listed}/?part=progress")
    assert "HX-Refresh" not in part.headers
    finish()
    part = cataloguer.http.get(f"/office/imports/{listed}/?part=progress")
    assert part.headers["HX-Refresh"] == "true"
    page = cataloguer.get(f"/office/imports/{listed}/")
    for said in ("4 读入行数", "2 已导入", "2 未导入", "与业务流水一致：2", "东区分馆", "46.00"):
        assert said in page, said
    assert stock.items_by_barcode("N2")[0].title == stock.items_by_barcode("N1")[0].title
    assert list((Path(settings.HOME) / "imports").iterdir()) == []


def test_what_was_set_aside_comes_back_as_a_workbook_without_formulas(
    office: At, listed: str
) -> None:
    cataloguer = office("cataloguer")
    cataloguer.post(f"/office/imports/{listed}/map/", act="start", **fields(listed))
    finish()
    page = cataloguer.get(f"/office/imports/{listed}/set-aside/")
    assert "该馆没有馆藏地点“三楼”" in page
    answer = cataloguer.http.get(f"/office/imports/{listed}/set-aside.xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == [*HOLDINGS, "原行号", "原因"]
    assert [row[0] for row in rows[1:]] == ["N2", "N3", "1.2E+12"]
    assert [cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row].count("f") == 0


def test_a_list_is_taken_back_or_thrown_away(office: At, listed: str, tmp_path: Path) -> None:
    cataloguer = office("cataloguer")
    cataloguer.post(f"/office/imports/{listed}/map/", act="start", **fields(listed))
    finish()
    answer = cataloguer.post(f"/office/imports/{listed}/")
    assert answer.status_code == 302
    assert "已撤销" in cataloguer.get(f"/office/imports/{listed}/")
    assert stock.items_by_barcode("N1") == ()
    draft = number_of(upload(cataloguer, xlsx(tmp_path / "b.xlsx", [holding("N9", 馆藏地点="")])))
    assert cataloguer.post(f"/office/imports/{draft}/map/", act="discard").status_code == 302
    assert catalog.batch(draft) is None
    assert list((Path(settings.HOME) / "imports").iterdir()) == []


def test_the_same_file_again_leads_to_its_import(office: At, listed: str, tmp_path: Path) -> None:
    cataloguer = office("cataloguer")
    again = upload(cataloguer, tmp_path / "馆藏.xlsx")
    assert number_of(again) == listed
    cataloguer.post(f"/office/imports/{listed}/map/", act="start", **fields(listed))
    finish()
    answer = upload(cataloguer, tmp_path / "馆藏.xlsx")
    assert answer.status_code == 422
    assert f"该文件已经导入过（批次 {listed}）" in text_of(answer)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "提交的是空文件"),
        (b"PK\x03\x04half", "工作簿不完整或已损坏"),
        ('条码号,题名\n1,"三体\n'.encode(), "第 2 行的引号没有结束"),
        ("你好\n1\n".encode(), "没有找到表头"),
    ],
)
def test_a_bad_file_gets_one_clear_sentence(
    office: At, tmp_path: Path, data: bytes, said: str
) -> None:
    path = tmp_path / "bad.xlsx"
    path.write_bytes(data)
    answer = upload(office("cataloguer"), path)
    assert answer.status_code == 422
    assert said in text_of(answer)
    folder = Path(settings.HOME) / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_list_without_its_columns_can_not_be_started(office: At, listed: str) -> None:
    cataloguer = office("cataloguer")
    answer = cataloguer.post(f"/office/imports/{listed}/map/", act="start", c0="", c1="title")
    assert answer.status_code == 409
    assert "馆藏列表缺少必需的列" in text_of(answer)


def test_readers_are_for_who_may_import_readers(office: At, tmp_path: Path) -> None:
    rows = [["R9001", "李四", people.LI, "成人", "100"], ["", "无证号", "", "成人", ""]]
    path = xlsx(
        tmp_path / "r.xlsx", rows, headings=("读者证号", "姓名", "身份证号", "读者类型", "押金")
    )
    refused = upload(office("cataloguer"), path)
    assert refused.status_code == 422
    director = office("director")
    number = number_of(upload(director, path))
    page = director.get(f"/office/imports/{number}/map/")
    assert people.LI not in page
    director.post(f"/office/imports/{number}/map/", act="start", **fields(number))
    finish()
    page = director.get(f"/office/imports/{number}/")
    for said in ("1 已导入", "100.00 押金余额", "与业务流水一致：1"):
        assert said in page, said
    assert patrons.cards_by_number("R9001")
    office("cataloguer").get(f"/office/imports/{number}/", 403)
    office("cataloguer").get(f"/office/imports/{number}/set-aside/", 403)
    office("cataloguer").get(f"/office/imports/{number}/set-aside.xlsx", 403)
    assert number not in office("cataloguer").get("/office/imports/")


def test_a_worker_that_was_killed_goes_on(
    office: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F11: another process finds the batch where it was."""
    monkeypatch.setattr("shuxiang.apps.catalog.commands.sheets.flow.CHUNK_ROWS", 2)
    monkeypatch.setattr(importing, "TURN_SECONDS", 0.0)
    cataloguer = office("cataloguer")
    path = xlsx(tmp_path / "b.xlsx", [holding(f"N{n}", 馆藏地点="") for n in range(7)])
    number = number_of(upload(cataloguer, path))
    cataloguer.post(f"/office/imports/{number}/map/", act="start", **fields(number))
    monkeypatch.setattr(importing, "TURN_SECONDS", 0.0001)
    while (found := catalog.batch(number)) and found.offset < 4:
        importing.step()
    importing._running.clear()
    finish()
    batch = catalog.batch(number)
    assert batch is not None
    assert (batch.status, batch.items, batch.records) == ("done", 7, 7)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    office: At, listed: str, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    cataloguer = office("cataloguer")
    cataloguer.post(f"/office/imports/{listed}/map/", act="start", **fields(listed), key=new_id())
    finish()
    for path in ("", "set-aside/"):
        with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
            cataloguer.get(f"/office/imports/{listed}/{path}")


def test_a_list_that_nobody_starts_does_not_lie_about(
    office: At, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may tell of readers: after a week draft and file go; one that waits for the worker stays."""
    folder = Path(settings.HOME) / "imports"
    monkeypatch.setattr(importing, "GRACE_SECONDS", -1)
    assert importing.tidy() == 0
    monkeypatch.setattr(importing, "KEEP", timedelta(seconds=-1))
    office("cataloguer").post(f"/office/imports/{listed}/map/", act="start", **fields(listed))
    assert importing.tidy() == 0
    (folder / "nobody's").write_bytes(b"x")
    assert importing.tidy() == 1
    finish()
    rows = xlsx(folder.parent / "b.xlsx", [holding("N9", 馆藏地点="")])
    draft = number_of(upload(office("cataloguer"), rows))
    assert importing.tidy() == 1
    assert catalog.batch(draft) is None
    assert list(folder.iterdir()) == []
