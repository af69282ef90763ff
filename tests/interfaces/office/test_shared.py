"""套录 in the office (row A3): a target added and tried, two searched, one record taken over, one
compared and put over ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.catalog import queries as titles
from shuxiang.formats.marc import DataField
from shuxiang.formats.marc.marcxml import write_marcxml
from tests.interfaces.office.conftest import Office, text_of
from tests.support import targets
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db

BOOK = targets.cnmarc(
    "012019000001", "9787020142101", "平凡的世界", "路遥", [DataField("330", "  ", (("a", "提要。"),))]
)  # fmt: skip
ANSWER = (
    '<searchRetrieveResponse xmlns="http://www.loc.gov/zing/srw/"><numberOfRecords>1'
    "</numberOfRecords><records><record><recordData>"
    + write_marcxml(BOOK)
    + "</recordData></record></records></searchRetrieveResponse>"
).encode()
SRU = {
    "kind": "sru", "syntax": "marcxchange", "query_charset": "utf-8", "record_charset": "utf-8",
    "port": "210", "most": "10", "seconds": "2", "position": "1", "active": "on",
}  # fmt: skip


@pytest.fixture
def cataloguer(office: Callable[[str], Office], played: Stocked) -> Office:
    return office("cataloguer")


def test_a3_a_target_is_added_tried_and_changed(cataloguer: Office, played: Stocked) -> None:
    assert "还没有套录源" in cataloguer.get("/office/targets/")
    wrong = cataloguer.post("/office/targets/", **SRU, name="省馆", address="file:///etc/passwd")
    assert wrong.status_code == 422
    assert "此项填写不对" in text_of(wrong)
    with targets.misbehaving(targets.http("200 OK", ANSWER)) as server:
        address = f"http://127.0.0.1:{server.port}/sru"
        given = SRU | {"name": "省馆", "address": address, "password": "mima123", "user": "a",
                       "index_title": "bib.title", "index_any": "-"}  # fmt: skip
        cataloguer.post("/office/targets/", **given)
        page = cataloguer.http.get("/office/targets/").content.decode()
        path = re.findall(r"/office/targets/[0-9a-f]{32}/", page)[0]
        form = cataloguer.http.get(path).content.decode()
        assert "mima123" not in form
        assert 'value="bib.title"' in form
        cataloguer.post(f"{path}try/", words="平凡")
        assert "检到 1 条，第一条是“平凡的世界”" in cataloguer.get(path)
    cataloguer.post(f"{path}try/", words="平凡")
    assert "连不上" in cataloguer.get(path)
    cataloguer.post(path, **(given | {"seconds": "99"}))
    saved = cataloguer.post(path, **(given | {"name": "市馆", "password": ""}))
    assert saved.status_code == 302
    assert "已存有密码" in cataloguer.get(path)


def test_a3_two_targets_side_by_side_and_a_record_taken_over(
    cataloguer: Office, played: Stocked
) -> None:
    with (
        targets.misbehaving(targets.http("200 OK", ANSWER)) as good,
        targets.misbehaving(targets.http("503 Busy", b"")) as bad,
    ):
        for name, server in (("省馆", good), ("国图", bad)):
            address = f"http://127.0.0.1:{server.port}/sru"
            cataloguer.post("/office/targets/", **(SRU | {"name": name, "address": address}))
        assert "请填 ISBN" in text_of(cataloguer.post("/office/shared/"))
        answer = cataloguer.post("/office/shared/", isbn="9787020142101")
    page = text_of(answer)
    assert "省馆 检到 1 条 平凡的世界" in page
    assert "国图 检到 0 条 对方应答 HTTP 状态 503。" in page
    path = re.findall(r"/office/shared/[0-9a-f]{32}/", answer.content.decode())[0]
    assert "200 1# $a 平凡的世界 $f 路遥著" in cataloguer.get(path)
    taken = cataloguer.post(path)
    title = taken["Location"].rpartition("=")[2]
    assert "记录已套录" in cataloguer.get(taken["Location"])
    assert titles.title(title) is not None
    again = cataloguer.post(path)
    assert again.status_code == 422
    assert "书目里已有这个 ISBN" in text_of(again)
    assert len(titles.by_identifier("9787020142101", "isbn")) == 1


def test_a3_the_difference_is_seen_before_a_record_goes_over_ours(
    cataloguer: Office, played: Stocked, ctx: Callable[..., Any]
) -> None:
    from shuxiang.apps.catalog import commands as catalog
    from shuxiang.apps.exchange import commands
    from shuxiang.formats.marc import encode, from_record

    ours = targets.cnmarc("SX1", "9787020142101", "平凡的世介", "路遥")
    title = catalog.add_title(
        bibliographic=from_record(ours), data=encode(ours), ctx=ctx("cataloguer")
    )
    profile = {"kind": "z3950", "address": "127.0.0.1", "port": 9, "database": "x"}
    target = commands.add_target(name="国图", profile=profile, ctx=ctx("cataloguer"))
    data = encode(BOOK)
    kept = commands.Kept(target, data, "utf-8", data, "utf-8")
    (found,) = commands.keep_found(records=[kept], ctx=ctx("cataloguer"))
    assert "与本馆记录对照：平凡的世介" in cataloguer.get(f"/office/shared/{found}/")
    path = f"/office/shared/{found}/over/{title}/"
    page = cataloguer.get(path)
    assert "001 690 9XX" in page
    assert "− 去掉 200 1# $a 平凡的世介 $f 路遥著 + 换上 200 1# $a 平凡的世界 $f 路遥著" in page
    stale = cataloguer.post(path, seen="x")
    assert "有人刚改过" in cataloguer.get(stale["Location"])
    seen = re.findall(r'name="seen" value="(\w+)"', cataloguer.http.get(path).content.decode())[0]
    assert cataloguer.post(path, seen=seen)["Location"] == f"/office/books/{title}/"
    assert "本馆字段保持不变" in cataloguer.get(f"/office/books/{title}/")
    assert "没有任何变化" in cataloguer.get(path)
    assert cataloguer.http.get(f"/office/shared/{'0' * 32}/").status_code == 404
