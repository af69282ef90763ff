"""The PIN on the slip, and an ID card in the scan box (C3, C6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.models import Session

from shuxiang.apps.patrons import commands, queries
from shuxiang.apps.patrons.models import Pin
from shuxiang.apps.stock.commands import items
from tests.apps.patrons import people
from tests.interfaces.desk.conftest import Clock, Desk, text_of
from tests.interfaces.desk.test_register import ADULT, CHILD, registered
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


def pin_on(page: str) -> str:
    """The PIN of a page's slip; '' for none."""
    found = re.search(r'<p>密码 <b class="code">(\d+)</b>', page)
    return found[1] if found else ""


def test_the_slip_of_a_new_card_has_a_pin(desk: Desk) -> None:
    answer = desk.post("/desk/register/", **ADULT)
    reader = registered(answer)
    page = desk.get(answer["Location"])
    pin = pin_on(page)
    assert len(pin) == 6
    assert check_password(pin, Pin.objects.get(patron=reader).hash)
    assert "用证号和密码登录，首次登录须更改密码。 http://testserver/account/" in text_of(page)
    # Printed again: the same. In the database: nowhere in plain.
    assert pin_on(desk.get(answer["Location"])) == pin
    for session in Session.objects.all():
        assert pin not in str(session.get_decoded())


def test_the_same_form_sent_twice_keeps_its_pin(desk: Desk) -> None:
    values = ADULT | {"request_key": "once"}
    first = desk.post("/desk/register/", **values)
    pin = pin_on(desk.get(first["Location"]))
    second = desk.post("/desk/register/", **values)
    assert second["Location"] == first["Location"]
    assert pin_on(desk.get(second["Location"])) == pin


def test_a_pin_is_shown_for_ten_minutes_to_who_made_it(
    desk: Desk, at_desk: Callable[[str], Desk], time: Clock
) -> None:
    answer = desk.post("/desk/register/", **ADULT)
    assert pin_on(at_desk("director").get(answer["Location"])) == ""
    time.pass_(minutes=9)
    assert pin_on(desk.get(answer["Location"]))
    time.pass_(minutes=2)
    assert pin_on(desk.get(answer["Location"])) == ""
    desk.post("/desk/register/", **CHILD)
    assert pin_on(desk.get(answer["Location"])) == ""


def test_a_new_pin_on_the_reader_s_page(desk: Desk, stocked: Stocked) -> None:
    patron = stocked.patrons["adult"]
    path = f"/desk/readers/{patron}/"
    assert "尚无密码，读者不能登录。" in text_of(desk.get(path))
    answer = desk.post(f"{path}pin/")
    assert answer["Location"] == f"{path}pin/"
    page = desk.get(f"{path}pin/")
    first = pin_on(page)
    assert check_password(first, Pin.objects.get(patron=patron).hash)
    assert "李*" in text_of(page)
    assert "2020年6月10日发放，读者尚未更改" in text_of(desk.get(path))
    desk.post(f"{path}pin/")
    assert not check_password(first, Pin.objects.get(patron=patron).hash)
    other = f"/desk/readers/{stocked.patrons['other']}/pin/"
    assert "密码不再显示" in text_of(desk.get(other))


def test_a_closed_account_gets_no_pin(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    patron = stocked.patrons["adult"]
    commands.close_account(patron=patron, ctx=ctx("desk"))
    answer = desk.post(f"/desk/readers/{patron}/pin/")
    assert answer.status_code == 422
    assert not Pin.objects.exists()


def test_binding_at_the_desk(desk: Desk, stocked: Stocked) -> None:
    path = f"/desk/readers/{stocked.patrons['adult']}/"
    paper = queries.credentials(stocked.patrons["adult"])[1]
    assert "未绑定" in text_of(desk.get(path))
    assert desk.post(f"{path}do/bind/", purpose=paper.document).status_code == 302
    assert "2020年6月10日绑定" in text_of(desk.get(path))
    bound = queries.credentials(stocked.patrons["adult"])[1].bound
    assert desk.post(f"{path}do/unbind/", purpose=bound).status_code == 302
    assert queries.credentials(stocked.patrons["adult"])[1].bound == ""


@pytest.mark.parametrize("mode", ["checkout", "checkin", "renew", "reader"])
def test_an_id_reader_types_into_the_scan_box(desk: Desk, mode: str) -> None:
    """18 digits, or the 15 of an old document, are the reader's card."""
    old = people.LI[:6] + people.LI[8:17]
    for number in (people.LI, people.LI.lower(), old):
        data = desk.scan(number, mode=mode)
        assert (data["kind"], data["say"]) == ("reader", "李* · 成人 · 在借 0 册"), number
        assert number not in str(data)


def test_a_barcode_like_an_old_id_number_is_a_book(
    desk: Desk, stocked: Stocked, ctx: Contexts
) -> None:
    barcode = "441602900101001"
    items.add_item(
        title=stocked.titles[0], barcode=barcode, owner=stocked.library.main, category="book",
        ctx=ctx(),
    )  # fmt: skip
    desk.serve()
    assert desk.scan(barcode)["word"] == "已借出"


def no_card(stocked: Stocked, ctx: Contexts) -> None:
    """王芳 gives her own card back: from now on she is a guardian alone."""
    commands.close_account(patron=stocked.patrons["other"], ctx=ctx("desk"))


def test_a_guardian_s_document_asks_which_child(
    desk: Desk, stocked: Stocked, ctx: Contexts
) -> None:
    """C3: 监护人证件, N 个孩子."""
    assert desk.scan(people.WANG)["say"].startswith("王*")
    no_card(stocked, ctx)
    people.child(ctx(), name="王二宝", born_on=date(2017, 1, 2))
    data = desk.scan(people.WANG)
    assert (data["kind"], data["say"], data["ask"]) == ("ask", "监护人证件，2 个孩子。", "which")
    prompt = text_of(data["prompt_html"])
    assert "是哪个孩子的？" in prompt
    assert "王小宝 · 2015 · 少儿" in prompt
    assert "王二宝 · 2017 · 少儿" in prompt
    chosen = desk.scan(people.WANG, ask="which", patron=stocked.patrons["child"])
    assert (chosen["kind"], chosen["say"]) == ("reader", "王* · 少儿 · 在借 0 册")
    assert desk.scan("B001")["word"] == "已借出"


def test_a_guardian_s_document_without_script(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    no_card(stocked, ctx)
    page = desk.form(people.WANG)
    assert "监护人证件，1 个孩子。" in text_of(page)
    # The form that asks again must not carry the number along.
    assert people.WANG not in page
    page = desk.form("", ask="which", patron=stocked.patrons["child"])
    assert "王*" in text_of(page)


def test_a_guardian_s_phone_and_name_find_the_child(desk: Desk, stocked: Stocked) -> None:
    answer: Any = desk.post("/desk/readers/", q="13800138000")
    assert answer["Location"] == f"/desk/readers/{stocked.patrons['child']}/"
    family = text_of(desk.get(f"/desk/readers/{stocked.patrons['other']}/"))
    assert "家庭 王小宝 由该读者监护 · 2015" in family


def test_a_parent_registers_two_children(desk: Desk, stocked: Stocked) -> None:
    """C3: one guardian, many children; nothing known is typed again."""
    first = desk.post("/desk/register/", **CHILD)
    page = desk.get(first["Location"])
    link = re.search(r'href="(/desk/register/\?family=[0-9a-f]{32})"', page)
    assert link is not None
    family = registered(first)
    page = desk.get(link[1])
    assert "监护人（取自登记） 姓名 钱多 电话 136****6000" in text_of(page)
    assert CHILD["guardian_document"] not in page
    own = {k: v for k, v in CHILD.items() if not k.startswith("guardian")}
    second = desk.post(
        "/desk/register/", **own | {"name": "钱二豆", "born_on": "2018-01-01", "family": family.id}
    )
    one, two = queries.masked(family.id), queries.masked(registered(second).id)
    assert [(g.name, g.relation, g.phone) for g in two.guardians] == [
        (g.name, g.relation, g.phone) for g in one.guardians
    ]
    assert [(r.name, r.how) for r in one.family] == [("钱二豆", "sibling")]
    assert one.card.number != two.card.number  # type: ignore[union-attr]


def test_a_reader_registers_their_child(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    mother = stocked.patrons["other"]
    commands.change_patron(patron=mother, phone="13800138000", ctx=ctx("desk"))
    own = {k: v for k, v in CHILD.items() if not k.startswith("guardian")}
    refused = desk.post("/desk/register/", **own, family=mother)
    assert refused.status_code == 422
    assert "监护人（取自登记） 姓名 王芳" in text_of(refused.content.decode())
    done = desk.post("/desk/register/", **own, family=mother, guardian_relation="母亲")
    profile = queries.masked(registered(done).id)
    assert [(g.name, g.relation) for g in profile.guardians] == [("王芳", "母亲")]
    assert [r.name for r in queries.masked(mother).family] == ["王小宝", "钱小豆"]


def test_a_family_that_is_not_there(desk: Desk) -> None:
    own = {k: v for k, v in CHILD.items() if not k.startswith("guardian")}
    answer = desk.post("/desk/register/", **own, family="0" * 32)
    assert answer.status_code == 422
