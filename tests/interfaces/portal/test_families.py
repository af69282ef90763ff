"""A parent's account page shows a child's loans without signing out; age marks (row C3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.catalog import commands as catalog
from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import models, queries
from shuxiang.apps.places import commands as places
from shuxiang.kernel import clock
from tests.interfaces.portal.conftest import text_of
from tests.support import shelves
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
NOW = moment("2020-06-10", "15:30")
PIN = "482913"
TODAY = date(2020, 6, 10)


@pytest.fixture
def stocked(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


def signed_in(stocked: Stocked, ctx: Contexts, who: str) -> Client:
    plain, hashed = patrons.draw_pin(stocked.patrons[who])
    patrons.set_pin(patron=stocked.patrons[who], pin_hash=hashed, ctx=ctx("desk", at=NOW))
    http = Client()
    http.post("/account/sign-in/", {"number": stocked.cards[who], "pin": plain})
    http.post("/account/pin/", {"old": plain, "new": PIN, "again": PIN})
    return http


def see(http: Client, path: str = "/account/") -> str:
    answer = http.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return text_of(answer.content)


def lend(stocked: Stocked, ctx: Contexts, barcode: str, who: str) -> str:
    done = circulation.check_out(
        item_barcode=barcode, card=stocked.cards[who], ctx=ctx(at=moment("2020-06-01"))
    )
    return done.loan


def test_c3_switch_to_the_child_renew_and_back(stocked: Stocked, ctx: Contexts) -> None:
    theirs, own = lend(stocked, ctx, "B001", "child"), lend(stocked, ctx, "B002", "other")
    http = signed_in(stocked, ctx, "other")
    page = see(http)
    assert "三体" in page
    assert "红楼梦" not in page
    http.post("/account/family/act/", {"patron": stocked.patrons["child"]})
    page = see(http)
    assert "王小宝 的借阅" in page
    assert "红楼梦" in page
    assert "三体" not in page
    answer = http.post("/account/renew/", {"loan": theirs, "request_key": "k1"})
    assert "已续借" in text_of(answer.content)
    # A loan of the mother's is not on this page, and is not renewed from it.
    http.post("/account/renew/", {"loan": own, "request_key": "k2"})
    assert [v.renewals for v in loans.open_loans(stocked.patrons["other"])] == [0]
    # What is the mother's alone stays hers: her PIN, her sign-in, what she read.
    assert stocked.cards["child"][-4:] not in see(http, "/account/profile/")
    http.post("/account/family/act/", {"patron": ""})
    assert "三体" in see(http)


def test_c3_nobody_switches_to_a_stranger(stocked: Stocked, ctx: Contexts) -> None:
    lend(stocked, ctx, "B001", "child")
    http = signed_in(stocked, ctx, "adult")
    http.post("/account/family/act/", {"patron": stocked.patrons["child"]})
    assert "红楼梦" not in see(http)
    # Whoever may no longer act sees their own page again.
    session = models.ReaderSession.objects.get(patron=stocked.patrons["adult"])
    models.ReaderSession.objects.filter(id=session.id).update(acting_for=stocked.patrons["child"])
    assert "红楼梦" not in see(http)


def test_c3_agree_and_take_back_without_a_desk(stocked: Stocked, ctx: Contexts) -> None:
    http = signed_in(stocked, ctx, "adult")
    given = {
        "patron": stocked.patrons["adult"],
        "card": stocked.cards["other"],
        "name": "王方",
        "until": "",
    }
    wrong = http.post("/account/family/", given)
    assert wrong.status_code == 422
    assert "证号与姓名不符" in text_of(wrong.content)
    assert http.post("/account/family/", given | {"name": "王芳"}).status_code == 302
    (made,) = queries.proxies(stocked.patrons["adult"], TODAY)
    assert "王芳" in see(http, "/account/family/")
    http.post("/account/family/end/", {"proxy": made.id})
    assert queries.proxies(stocked.patrons["adult"], TODAY) == ()
    assert http.post("/account/family/end/", {"proxy": made.id}).status_code == 422


def test_c3_age_marks_on_the_title_page_and_in_results(stocked: Stocked, ctx: Contexts) -> None:
    catalog.mark_age(title=stocked.titles[0], least_age=16, ctx=ctx(at=NOW))
    shelves.index()
    child, title = signed_in(stocked, ctx, "child"), f"/title/{stocked.titles[0]}/"
    said = "本书只外借给 16 周岁以上读者"
    assert said in see(child, title)
    assert said not in see(Client(), title)
    assert "16 周岁以上" in see(Client(), title)
    search = "/search/?q=红楼梦"
    assert "16 周岁以上" in see(child, search)
    places.set_setting(
        place=stocked.library.main, key="portal.age_marked", value="hide", ctx=ctx(at=NOW)
    )
    page = see(child, search)
    assert "本页有 1 种书因年龄标识未显示" in page
    assert f'href="{title}"' not in child.get(search).content.decode()
    assert f'href="{title}"' in Client().get(search).content.decode()
