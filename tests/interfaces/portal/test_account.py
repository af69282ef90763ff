"""A reader's own pages without script: signing in, the forced change, loans, renewal, privacy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.patrons import models, queries
from shuxiang.interfaces.portal import session
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.ledger.models import Event
from shuxiang.runtime import sql
from tests.interfaces.portal.conftest import text_of
from tests.interfaces.test_access_matrix import ROWS
from tests.support.library import PASSWORD, Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
NOW = moment("2020-06-10", "15:30")
PIN = "482913"


class Time:
    """The library's time, stopped."""

    now = NOW


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    stopped = Time()
    monkeypatch.setattr(clock, "now", lambda: stopped.now)
    return stopped


@pytest.fixture
def stocked(scene: Callable[..., Any], library: Library, time: Time) -> Stocked:
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


@pytest.fixture
def slip(stocked: Stocked, ctx: Contexts) -> str:
    """The PIN on the adult's slip."""
    return give(stocked, ctx, "adult")


def give(stocked: Stocked, ctx: Contexts, who: str) -> str:
    plain, hashed = patrons.draw_pin(stocked.patrons[who])
    patrons.set_pin(patron=stocked.patrons[who], pin_hash=hashed, ctx=ctx("desk", at=NOW))
    return plain


def sign_in(http: Client, number: str, pin: str, **fields: str) -> Any:
    return http.post("/account/sign-in/", {"number": number, "pin": pin} | fields)


@pytest.fixture
def reader(stocked: Stocked, slip: str) -> Client:
    """The adult, signed in with a PIN of their own."""
    http = Client()
    sign_in(http, "00000001", slip)
    answer = http.post("/account/pin/", {"old": slip, "new": PIN, "again": PIN})
    assert answer["Location"] == "/account/pin/changed/"
    return http


def lend(stocked: Stocked, ctx: Contexts, *barcodes: str, on: str = "2020-06-01") -> None:
    for barcode in barcodes:
        circulation.check_out(
            item_barcode=barcode, card=stocked.cards["adult"], ctx=ctx(at=moment(on))
        )


def see(http: Client, path: str) -> str:
    answer = http.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    assert answer["Cache-Control"] == "no-store"
    return text_of(answer.content)


def statements(monkeypatch: pytest.MonkeyPatch, http: Client, path: str) -> int:
    """How many statements a page takes, hand-written ones included."""
    seen: list[str] = []
    run = sql._execute
    with monkeypatch.context() as patched, CaptureQueriesContext(connection) as captured:
        patched.setattr(sql, "_execute", lambda *a, **kw: (seen.append(a[0]), run(*a, **kw))[1])
        assert http.get(path).status_code == 200
    return len(seen) + len(captured)


def test_the_slip_s_pin_is_changed_first(stocked: Stocked, slip: str) -> None:
    """C6: forced change at the first sign-in."""
    http = Client()
    assert http.get("/account/").url == "/account/sign-in/?next=%2Faccount%2F"  # type: ignore[attr-defined]
    answer = sign_in(http, "00000001", slip, next="/account/history/")
    assert answer["Location"] == "/account/pin/"
    for path in ("/account/", "/account/history/", "/account/profile/"):
        assert http.get(path)["Location"] == "/account/pin/"
    assert "请先改成自己的密码再继续" in see(http, "/account/pin/")
    wrong = http.post("/account/pin/", {"old": "999999", "new": PIN, "again": PIN})
    assert wrong.status_code == 422
    assert "原密码不对。" in text_of(wrong.content)
    weak = http.post("/account/pin/", {"old": slip, "new": "123456", "again": "123456"})
    assert "这个密码太容易被猜中" in text_of(weak.content)
    differ = http.post("/account/pin/", {"old": slip, "new": PIN, "again": "482914"})
    assert differ.status_code == 422
    done = http.post("/account/pin/", {"old": slip, "new": PIN, "again": PIN}, follow=True)
    assert "密码已更改" in text_of(done.content)
    assert "没有在借图书" in see(http, "/account/")
    assert slip not in done.content.decode()


def test_a_wrong_sign_in_says_nothing_more(stocked: Stocked, slip: str) -> None:
    pages = set()
    for number, pin in (("00000001", "000001"), ("77777777", "000001"), ("00000002", "000001")):
        answer = sign_in(Client(), number, pin)
        assert answer.status_code == 422
        assert session.COOKIE not in answer.cookies
        page = text_of(answer.content)
        assert "证号或密码不对。" in page
        pages.add(page.replace(number, ""))
    assert len(pages) == 1


def test_the_cookie_and_what_goes_with_it(stocked: Stocked, slip: str) -> None:
    """HttpOnly, SameSite, a new token each time, never a staff session."""
    http = Client()
    cookie = sign_in(http, "00000001", slip).cookies[session.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")
    row = models.ReaderSession.objects.get()
    assert row.token_hash == session.token_hash(cookie.value)
    assert cookie.value not in row.token_hash
    again = sign_in(http, "00000001", slip).cookies[session.COOKIE]
    assert again.value != cookie.value
    assert "sessionid" not in http.cookies
    strict = Client(enforce_csrf_checks=True)
    strict.cookies[session.COOKIE] = again.value
    assert strict.post("/account/renew/").status_code == 403


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_no_way_out_through_next(reader: Client, target: str) -> None:
    http = Client()
    answer = sign_in(http, "00000001", PIN, next=target)
    assert answer["Location"] == "/account/"


def test_a_reader_is_never_a_member_of_staff(reader: Client) -> None:
    """S1: everywhere in desk and office a reader gets what anybody gets."""
    unknown = "0" * 32
    for row in ROWS:
        if not row.route.startswith(("desk/", "office/")) or row.method == "POST":
            continue
        path = re.sub(r"\{\w+\}", unknown, row.address)
        answer = reader.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/staff/login/"), path


def test_staff_are_no_readers(stocked: Stocked) -> None:
    http = Client()
    http.post("/staff/login/", {"username": "desk", "password": PASSWORD})
    assert http.get("/account/")["Location"].startswith("/account/sign-in/")


def test_loans_with_due_dates_in_words(
    reader: Client, stocked: Stocked, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    lend(stocked, ctx, "B001", on="2020-05-01")
    lend(stocked, ctx, "B002", on="2020-05-13")
    page = see(reader, "/account/")
    assert "李* 成人 · 0*****01" in page
    assert "在借 2 册 1 册逾期 1 册三天内到期" in page
    assert "红楼梦 逾期 10 天 2020年5月31日应还" in page
    assert "三体 还有 2 天 2020年6月12日应还" in page
    assert "李四" not in page
    few = statements(monkeypatch, reader, "/account/")
    circulation.check_in(item_barcode="B001", ctx=ctx(at=moment("2020-06-09")))
    lend(stocked, ctx, "B003", "B004", "B005", on="2020-06-09")
    assert statements(monkeypatch, reader, "/account/") == few
    assert few <= 8


def test_renewing_one(reader: Client, stocked: Stocked, ctx: Contexts) -> None:
    lend(stocked, ctx, "B001")
    loan = loans.open_loans(stocked.patrons["adult"])[0]
    fields = {"loan": loan.id, "request_key": new_id()}
    for _ in range(2):
        # The same form sent twice is answered as the first time.
        page = text_of(reader.post("/account/renew/", fields).content)
        assert "已续借 1 册。" in page
        assert "已续借，应还 2020年7月31日。" in page
    after = loans.open_loans(stocked.patrons["adult"])[0]
    assert (after.due_on, after.renewals) == (date(2020, 7, 31), 1)
    event = Event.objects.get(type="loan.renewed")
    assert (event.channel, event.actor_kind, event.actor) == ("portal", "patron", "")


def test_renewing_all_says_of_each_what_became_of_it(
    reader: Client, stocked: Stocked, ctx: Contexts
) -> None:
    lend(stocked, ctx, "B001", "B002", on="2020-06-01")
    circulation.renew(
        loan=loans.open_loans(stocked.patrons["adult"])[0].id, ctx=ctx(at=moment("2020-06-05"))
    )
    page = text_of(reader.post("/account/renew/", {"request_key": new_id()}).content)
    assert reader.get("/account/renew/")["Location"] == "/account/"
    assert "续借成功 1 册，1 册未能续借，原因见各册。" in page
    assert page.count("已续借，应还 2020年7月31日。") == 1
    assert page.count("已续借 1 次，上限 1 次。") == 1
    again = text_of(reader.post("/account/renew/", {"request_key": new_id()}).content)
    assert "2 册未能续借，原因见各册。" in again
    assert [v.due_on for v in loans.open_loans(stocked.patrons["adult"])] == [date(2020, 7, 31)] * 2


def test_somebody_else_s_loan_is_not_renewed(
    reader: Client, stocked: Stocked, ctx: Contexts
) -> None:
    circulation.check_out(item_barcode="B001", card=stocked.cards["other"], ctx=ctx())
    theirs = loans.open_loans(stocked.patrons["other"])[0]
    page = text_of(reader.post("/account/renew/", {"loan": theirs.id}).content)
    assert "已续借" not in page
    assert loans.open_loans(stocked.patrons["other"]) == (theirs,)


def test_history_is_off_until_asked_for(reader: Client, stocked: Stocked, ctx: Contexts) -> None:
    lend(stocked, ctx, "B001")
    circulation.check_in(item_barcode="B001", ctx=ctx(at=moment("2020-06-05")))
    assert "红楼梦" not in see(reader, "/account/history/")
    assert reader.post("/account/history/", {"shown": "1"}).status_code == 302
    assert "红楼梦 2020年6月1日 至 2020年6月5日" in see(reader, "/account/history/")
    reader.post("/account/history/", {"shown": "0"})
    assert "红楼梦" not in see(reader, "/account/history/")


def test_the_profile_is_masked_and_binds_documents(
    reader: Client, stocked: Stocked, ctx: Contexts
) -> None:
    """C6."""
    patrons.change_patron(
        patron=stocked.patrons["adult"], phone="13800138000", ctx=ctx("desk", at=NOW)
    )
    page = see(reader, "/account/profile/")
    assert b'class="brand" href="/"' in reader.get("/account/profile/").content
    assert "姓名 李* " in page
    assert "138****8000" in page
    assert "13800138000" not in page
    paper = queries.credentials(stocked.patrons["adult"])[1]
    assert f"身份证 {paper.shown} 未绑定 绑定" in page
    assert reader.post("/account/profile/bind/", {"bind": paper.document}).status_code == 302
    assert "2020年6月10日绑定" in see(reader, "/account/profile/")
    bound = queries.credentials(stocked.patrons["adult"])[1].bound
    reader.post("/account/profile/bind/", {"unbind": bound})
    refused = reader.post("/account/profile/bind/", {"unbind": bound})
    assert refused.status_code == 422
    assert "绑定已经解除。" in text_of(refused.content)


def test_signing_out_here_and_everywhere(reader: Client, stocked: Stocked) -> None:
    other = Client()
    sign_in(other, "00000001", PIN)
    assert "您目前在 2 处登录" in see(other, "/account/profile/")
    answer = reader.post("/account/sign-out/")
    assert answer["Location"] == "/"
    assert answer["Clear-Site-Data"] == '"cache"'
    assert reader.get("/account/").status_code == 302
    third = Client()
    sign_in(third, "00000001", PIN)
    third.post("/account/sign-out/", {"everywhere": "1"})
    assert other.get("/account/").status_code == 302


def test_the_session_ends_idle_and_with_a_reset(
    reader: Client, stocked: Stocked, ctx: Contexts, time: Time
) -> None:
    for _ in range(3):
        time.now += timedelta(minutes=25)
        assert reader.get("/account/").status_code == 200
    time.now += timedelta(minutes=31)
    assert reader.get("/account/").status_code == 302
    sign_in(reader, "00000001", PIN)
    assert reader.get("/account/").status_code == 200
    give(stocked, ctx, "adult")
    assert reader.get("/account/").status_code == 302


def test_where_a_request_comes_from(rf: Any, settings: Any) -> None:
    request = rf.get(
        "/", REMOTE_ADDR="192.0.2.9", headers={"X-Forwarded-For": "203.0.113.5, 198.51.100.7"}
    )
    assert session.address_of(request) == "192.0.2.9"
    settings.HTTPS = True
    assert session.address_of(request) == "198.51.100.7"
    six = rf.get("/", REMOTE_ADDR="2001:db8:1:2:3:4:5:6")
    assert session.address_of(six) == "2001:db8:1:2::/64"
    assert session.address_of(rf.get("/", REMOTE_ADDR="unix:")) == "unix:"
