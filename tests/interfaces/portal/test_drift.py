"""B5, B6 on the phone: a book's page behind its sticker, the public list, the keeper's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.drift import commands, queries
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from tests.apps.drift.conftest import Drifting
from tests.apps.drift.conftest import drifting as drifting
from tests.conftest import Unchanged
from tests.interfaces.portal.conftest import text_of
from tests.support.library import Contexts, moment

pytestmark = pytest.mark.db


@pytest.fixture
def phone(drifting: Drifting, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: moment("2020-06-10", "10:00"))
    return Client(headers={"accept-language": "zh-hans"})


def see(phone: Client, path: str, status: int = 200) -> str:
    answer = phone.get(path)
    assert answer.status_code == status
    return text_of(answer.content)


def test_b5_anybody_takes_leaves_and_puts_back(phone: Client, drifting: Drifting) -> None:
    page = f"/drift/{drifting.codes[0]}/"
    said = see(phone, page.lower())
    assert "小王子 圣埃克苏佩里" in said
    assert "在书屋 漂流书屋" in said
    assert b'class="brand" href="/"' in phone.get(page).content
    assert "不用办证，没有期限，不问姓名。" in said
    key = new_id()
    for _ in range(2):
        answer = phone.post(page, {"kind": "took", "request_key": key}, follow=True)
        assert "没有还书期限" in text_of(answer.content)
    assert "漂流足迹 拿走 · 漂流书屋 2020-06-10" in see(phone, page)
    before = queries.trail(queries.book_by_code(drifting.codes[0]).id)
    wrong = phone.post(page, {"kind": "left", "where": ""})
    assert wrong.status_code == 422
    assert "请写留在哪里。" in text_of(wrong.content)
    assert phone.post(page, {"kind": "x"}).status_code == 422
    assert phone.get("/drift/NONE99/").status_code == 404
    assert queries.trail(queries.book_by_code(drifting.codes[0]).id) == before
    phone.post(page, {"kind": "left", "where": "<b>客运站</b>", "request_key": new_id()})
    assert "留在 · <b>客运站</b> 2020-06-10" in see(phone, page)
    phone.post(page, {"kind": "put", "site": drifting.base, "request_key": new_id()})
    assert "在书屋 西区分馆 它的家在漂流书屋。" in see(phone, page)


def test_b6_the_list_is_public_and_names_no_keeper(phone: Client, drifting: Drifting) -> None:
    said = see(phone, "/places/reading/")
    assert "漂流书屋 漂流小书屋 2020-05-20 挂牌 每天 8:00–20:00 架上有 3 册漂流书" in said
    assert "西区分馆 亲子阅读体验基地" in said
    assert "陈阿姨" not in said
    assert "13900000000" not in said


def test_b5_the_keeper_counts_adds_takes_out_and_reports(
    phone: Client, drifting: Drifting, unchanged: Unchanged
) -> None:
    token = "a-token-of-the-keeper"
    commands.make_link(
        site=drifting.house,
        token_hash=queries.token_hash(token),
        ctx=Contexts(drifting.stocked.library)("director"),
    )
    page = f"/keeper/{token}/"
    answer = phone.get(page)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "这里应有 3 册。" in text_of(answer.content)
    assert "城南旧事" in see(phone, page + "?way=full")
    assert "请找这随机抽出的 3 册" in see(phone, page + "?way=sample")

    def send(**fields: Any) -> str:
        done = phone.post(page, {"request_key": new_id()} | fields, follow=True)
        return text_of(done.content)

    first, second, _ = drifting.codes
    assert "清点 2 册。" in send(act="count", how="full", seen=[first, second])
    assert "已记：约 40 册（32 至 48 册）。" in send(act="count", how="rough", number="40")
    assert "已登记，漂流码" in send(act="add", title="呼兰河传", author="萧红")
    assert "这册书已停止漂流。" in send(act="remove", code=first.lower(), why="破损")
    assert "已告诉图书馆。" in send(act="report", text="书不够")
    assert "书不够" in see(phone, page)
    with unchanged():
        assert "一处为 0 到 2000 册。" in send(act="count", how="rough", number="many")
        assert "请写明问题。" in send(act="report", text=" ")
        assert phone.post(page, {"act": "burn"}).status_code == 404
    assert phone.get("/keeper/guessed/").status_code == 404
