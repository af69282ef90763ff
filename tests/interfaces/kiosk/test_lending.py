"""自助借还机 (row G2): enrolled once, borrow and return by barcode through the desk's own commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import commands as places
from shuxiang.runtime import sql
from tests.interfaces.kiosk.conftest import NOW, PIN, Machines
from tests.interfaces.kiosk.pages import Screen, screen
from tests.support.library import Contexts

pytestmark = pytest.mark.db


def signed_in(home: Screen, machines: Machines, who: str = "adult", then: str = "borrow") -> Screen:
    asked = home.open(f"/kiosk/card/?then={then}").scan(machines.stocked.cards[who])
    return asked.press("下一步", pin=PIN)


def open_loans(machines: Machines, who: str = "adult") -> list[tuple[str, str]]:
    rows = circulation.open_loans(machines.stocked.patrons[who])
    return [(r.barcode, r.due_on.isoformat()) for r in rows]


def events(kind: str) -> list[tuple[Any, ...]]:
    return sql.all(
        "SELECT type, channel, actor_kind, actor, place FROM ledger_event WHERE type LIKE ?", kind
    )


def test_g2_borrow_by_barcode(at_machine: Callable[..., Screen], machines: Machines) -> None:
    page = at_machine().open("/kiosk/borrow/")
    assert "请刷读者证" in page.text
    page = page.scan(machines.stocked.cards["adult"])
    assert "请输入密码" in page.text
    assert machines.stocked.cards["adult"] not in page.text
    page = page.press("下一步", pin=PIN)
    assert "请借书" in page.text
    assert "李*" in page.answer.content.decode()
    assert "李四" not in page.answer.content.decode()
    page = page.scan("b001").scan("B002")
    assert "已办 2 册" in page.text
    assert "已借出 三体 应还 2020年7月10日" in page.text
    assert page.sound == "ok"
    assert open_loans(machines) == [("B001", "2020-07-10"), ("B002", "2020-07-10")]
    device = machines.devices["main"]
    main = machines.stocked.library.main
    assert events("loan.opened") == [("loan.opened", "kiosk", "terminal", device, main)] * 2


def test_g2_a_form_sent_twice_lends_once(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    page = signed_in(at_machine(), machines)
    form = page.form()
    page.send(form, scan="B001")
    again = page.send(form, scan="B001")
    assert "已办 1 册" in again.text
    assert len(events("loan.opened")) == 1


def test_g2_return_needs_no_card(at_machine: Callable[..., Screen], machines: Machines) -> None:
    signed_in(at_machine(), machines).scan("B001")
    page = at_machine().open("/kiosk/return/").scan("B001")
    assert "已还 红楼梦" in page.text
    assert "李" not in page.text
    assert open_loans(machines) == []
    page = page.scan("B003").scan("B001")
    assert "这本书没有借出记录" in page.text
    assert page.sound == "notice"
    page = at_machine("east").open("/kiosk/return/").scan("B002")
    assert "属于我馆其他分馆" in page.text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("NOPE", "馆内没有这个条码的书"),
        ("R001", "只供馆内阅览"),
        ("{card}", "0*****01 这是读者证"),
        ("E" * 90, "馆内没有这个条码的书"),
    ],
)
def test_a_book_that_is_not_lent_says_why_and_changes_nothing(
    at_machine: Callable[..., Screen], machines: Machines, unchanged: Any, code: str, said: str
) -> None:
    page = signed_in(at_machine(), machines)
    with unchanged():
        page = page.scan(code.format(card=machines.stocked.cards["adult"]))
    assert "未借" in page.text
    assert said in page.text
    assert page.sound == "refused"


def test_limit_and_foreign_loan(at_machine: Callable[..., Screen], machines: Machines) -> None:
    page = signed_in(at_machine(), machines, "child")
    for code in ("B001", "B002", "B003", "B004"):
        page = page.scan(code)
    assert "已办 3 册 · 1 册未办" in page.text
    page = signed_in(at_machine(), machines).scan("B001")
    assert "已借出" in page.text
    assert "王" not in page.text


@pytest.mark.parametrize("pin", ["111111", "", "x"])
def test_a_wrong_pin_opens_nothing(
    at_machine: Callable[..., Screen], machines: Machines, pin: str
) -> None:
    page = at_machine().open("/kiosk/borrow/").scan(machines.stocked.cards["adult"])
    page = page.press("下一步", pin=pin)
    assert "请输入密码" in page.text
    assert "请刷读者证" in page.open("/kiosk/borrow/").text
    unknown = page.open("/kiosk/borrow/").scan("99999999").press("下一步", pin=pin or "1")
    assert "证号或密码" in unknown.text
    assert "请输入密码" in unknown.text


def test_five_wrong_pins_lock_the_card(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    page = at_machine().open("/kiosk/borrow/").scan(machines.stocked.cards["adult"])
    for _ in range(5):
        page = page.press("下一步", pin="111111")
    page = page.press("下一步", pin=PIN)
    assert "请刷读者证" in page.text
    assert page.status == 422


def test_a_machine_that_asks_for_no_pin(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    page = at_machine("open").open("/kiosk/borrow/").scan(machines.stocked.cards["other"])
    assert "请借书" in page.text
    assert "已借出" in page.scan("B001").text
    page = at_machine("open").open("/kiosk/borrow/").scan("12345678")
    assert "没有使用中的读者证是这个号码" in page.text


def test_the_card_alone_is_not_enough_where_a_pin_is_asked(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    page = at_machine().open("/kiosk/borrow/")
    page.post("/kiosk/card/", then="borrow", scan=machines.stocked.cards["adult"])
    assert "请刷读者证" in page.open("/kiosk/borrow/").text


def test_s3_what_is_left_of_a_visit(
    at_machine: Callable[..., Screen], machines: Machines, time: Callable[[Any], None]
) -> None:
    page = signed_in(at_machine(), machines).scan("B001")
    assert page.answer["Cache-Control"] == "no-store"
    token = page.http.cookies["shuxiang_kiosk_reader"].value
    left = page.http.post("/kiosk/end/")
    assert left["Clear-Site-Data"] == '"cache"'
    assert left["Cache-Control"] == "no-store"
    assert page.http.cookies["shuxiang_kiosk_reader"].value == ""
    assert "请刷读者证" in page.open("/kiosk/borrow/").text
    # Not even whoever had kept the token: the session is over at the server.
    page.http.cookies["shuxiang_kiosk_reader"] = token
    assert "请刷读者证" in page.open("/kiosk/borrow/").text


def test_s3_45_seconds_of_stillness_end_the_session_at_the_server_too(
    at_machine: Callable[..., Screen], machines: Machines, time: Callable[[Any], None]
) -> None:
    page = signed_in(at_machine(), machines)
    time(NOW + timedelta(seconds=40))
    assert page.http.post("/kiosk/stay/").status_code == 204
    time(NOW + timedelta(seconds=80))
    assert "请借书" in page.open("/kiosk/borrow/").text
    time(NOW + timedelta(seconds=126))
    assert "请刷读者证" in page.open("/kiosk/borrow/").text
    assert page.http.post("/kiosk/stay/").status_code == 404


def test_the_first_screen_forgets_who_was_there(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    page = signed_in(at_machine(), machines)
    home = page.open("/kiosk/")
    assert home.answer["Clear-Site-Data"] == '"cache"'
    assert "请刷读者证" in home.open("/kiosk/borrow/").text


def test_a_card_that_opens_nothing_is_told_at_once(
    at_machine: Callable[..., Screen], machines: Machines, time: Callable[[Any], None]
) -> None:
    time(NOW + timedelta(days=6 * 365))
    page = signed_in(at_machine(), machines)
    assert "这张证现在不能办理" in page.text
    assert "过期" in page.text


def test_s3_only_an_enrolled_machine(machines: Machines) -> None:
    http = Client()
    assert http.get("/kiosk/")["Location"] == "/kiosk/enrol/"
    for path in ("/kiosk/borrow/", "/kiosk/return/", "/kiosk/card/?then=borrow"):
        assert http.get(path).status_code == 404
    assert http.post("/kiosk/enrol/", {"login": "main", "secret": "x"}).status_code == 422
    assert http.post("/kiosk/enrol/", {"login": "nobody", "secret": "x"}).status_code == 422
    http.cookies["shuxiang_kiosk"] = machines.devices["main"] + ".00"
    assert http.get("/kiosk/borrow/").status_code == 404


def test_enrolling_is_not_guessed(machines: Machines) -> None:
    http = Client()
    for _ in range(10):
        http.post("/kiosk/enrol/", {"login": "main", "secret": "wrong"})
    name, secret = machines.secrets["main"]
    answer = http.post("/kiosk/enrol/", {"login": name, "secret": secret})
    assert answer.status_code == 422
    assert "一刻钟" in answer.content.decode()


@pytest.mark.parametrize("how", ["off", "renewed"])
def test_s3_a_machine_switched_off_is_none(
    enrolled: Callable[[str], Client], machines: Machines, how: str
) -> None:
    http = enrolled("main")
    page = signed_in(screen(http, "/kiosk/"), machines)
    assert "请借书" in page.text
    ctx = Contexts(machines.stocked.library)()
    if how == "off":
        places.change_device(device=machines.devices["main"], active=False, ctx=ctx)
    else:
        places.renew_secret(device=machines.devices["main"], ctx=ctx)
    assert http.get("/kiosk/borrow/").status_code == 404
    assert http.post("/kiosk/borrow/", {"scan": "B001"}).status_code == 404
    assert open_loans(machines) == []


def test_a_machine_does_what_it_is_set_to(at_machine: Callable[..., Screen]) -> None:
    home = at_machine("east")
    assert "还书" in home.text
    assert "借书" not in home.text
    assert home.open("/kiosk/borrow/").status == 404


def test_c3_a_guardian_borrows_for_the_child_with_the_own_card(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    stocked = machines.stocked
    page = at_machine("open").open("/kiosk/borrow/").scan(stocked.cards["other"])
    asked = page.press("为家人借")
    assert "书借给谁" in asked.text
    assert "王小宝" not in asked.answer.content.decode()
    page = asked.press("王*")
    assert "王*" in page.answer.content.decode()
    page = page.scan("B001")
    assert page.sound == "ok"
    assert [x.barcode for x in circulation.open_loans(stocked.patrons["child"])] == ["B001"]
    assert circulation.open_loans(stocked.patrons["other"]) == ()
    # The next visit begins with oneself again.
    page.press("下一位")
    page = at_machine("open").open("/kiosk/borrow/").scan(stocked.cards["other"]).scan("B002")
    assert [x.barcode for x in circulation.open_loans(stocked.patrons["other"])] == ["B002"]


def test_c3_nobody_is_chosen_who_did_not_agree(
    at_machine: Callable[..., Screen], machines: Machines
) -> None:
    stocked = machines.stocked
    page = at_machine("open").open("/kiosk/borrow/").scan(stocked.cards["adult"])
    assert "为家人借" not in page.text
    page = page.post("/kiosk/borrow/for/", patron=stocked.patrons["child"])
    page.scan("B001")
    assert [x.barcode for x in circulation.open_loans(stocked.patrons["adult"])] == ["B001"]
    assert circulation.open_loans(stocked.patrons["child"]) == ()
