"""Other libraries' catalogues in the office and for readers (row Y2)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from shuxiang.apps.exchange import commands, queries
from shuxiang.apps.exchange.commands import gathering
from shuxiang.kernel.context import Context
from shuxiang.runtime.strangers import Answer, Fault
from tests.apps.exchange.test_harvests import IDENTIFY, gather
from tests.formats.oai.test_reading import DC, listed, record
from tests.interfaces.office.conftest import Office, text_of
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
SOURCE = {
    "name": "市馆书目", "address": "http://city.example/oai", "prefix": "oai_dc", "every_hours": "24",
}  # fmt: skip


def test_y2_a_catalogue_is_gathered_and_its_books_asked_for(
    office: Callable[[str], Office],
    played: Stocked,
    ctx: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    director, desk = office("director"), office("desk")
    assert "还没有收割外馆书目" in director.get("/office/harvests/")
    assert "还查不到其他图书馆" in text_of(Client().get("/elsewhere/"))
    city = director.post("/office/partners/", code="city", name="市图书馆", adapter="manual")
    partner = city["Location"].split("/")[3]
    wrong = director.post("/office/harvests/", **(SOURCE | {"address": "ftp://x"}))
    assert wrong.status_code == 422
    assert "这不是 OAI-PMH 服务的地址" in text_of(wrong)
    director.post("/office/harvests/", **SOURCE, partner=partner)
    assert "即将开始" in director.get("/office/harvests/")
    answers = iter([IDENTIFY.format(deleted="no").encode(), listed(record("1", DC))])
    monkeypatch.setattr(gathering.strangers, "ask", lambda q: Answer(body=next(answers)))
    (source,) = queries.harvests()
    for fault, said in (
        (Answer(fault=Fault("unreachable")), "连不上"),
        (Answer(fault=Fault("http", 503)), "HTTP 状态 503"),
        (Answer(body=b"<html>"), "发来的内容不是该协议的应答"),
    ):
        with monkeypatch.context() as now:
            now.setattr(gathering.strangers, "ask", lambda q, fault=fault: fault)
            gather(source.id)
        assert said in director.get("/office/harvests/")
    gather(source.id)
    assert "已是最新" in director.get("/office/harvests/")
    assert "没有馆际互借协议" in desk.get("/office/elsewhere/", q="红楼")
    director.post(city["Location"], valid_from="2021-03-02", lending="on")
    page = desk.http.get("/office/elsewhere/", {"q": "红楼"}).content.decode()
    path = re.findall(r'href="(/office/interloans/\?[^"]+)"', page)[0].replace("&amp;", "&")
    form = desk.http.get(path).content.decode()
    assert 'value="红楼梦"' in form
    assert f'value="{partner}" selected' in form
    assert "没有" in desk.get("/office/elsewhere/", q="三体")
    for typed in ("紅樓夢", "红楼 曹雪芹", "曹雪芹 紅樓"):
        assert "红楼梦" in desk.get("/office/elsewhere/", q=typed)
    assert "没有" in desk.get("/office/elsewhere/", q="红楼 鲁迅")
    reader = text_of(Client().get("/elsewhere/", {"q": "红楼"}))
    assert "市图书馆有" in reader
    assert "看看其他图书馆有没有" in text_of(Client().get("/search/", {"q": "无此书"}))


def test_y2_a_source_is_changed_and_switched_off(
    office: Callable[[str], Office], played: Stocked, ctx: Callable[..., Context]
) -> None:
    director = office("director")
    source = commands.add_harvest(name="市馆书目", address="http://x/oai", ctx=ctx("director"))
    path = f"/office/harvests/{source}/"
    assert "对方不告知" in director.get(path)
    assert director.post(path, **(SOURCE | {"every_hours": "0"})).status_code == 422
    assert director.post(path, **SOURCE, again="on").status_code == 302
    page = director.get("/office/harvests/")
    assert "已停用" in page
    assert director.http.get(f"/office/harvests/{'0' * 32}/").status_code == 404
