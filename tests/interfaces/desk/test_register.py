"""办证: one form, every refusal at its field, the same form twice registers once."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from typing import Any

import pytest

from shuxiang.apps.patrons import identity, queries
from shuxiang.apps.patrons.models import Card, Consent, Patron
from shuxiang.interfaces.common import consents
from shuxiang.kernel.ids import new_id
from shuxiang.ledger.models import Event
from tests.apps.patrons import people
from tests.conftest import Unchanged
from tests.interfaces.desk.conftest import Desk, text_of
from tests.support.library import Contexts
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db
URL = "/desk/register/"
NEW = people.id_number(dt.date(1988, 8, 8), 8)
ADULT = {
    "document_kind": "idcard",
    "document": NEW,
    "name": "赵敏",
    "category": "adult",
    "phone": "13912345678",
    "consent_reader_data": "on",
}
CHILD = {
    "name": "钱小豆",
    "born_on": "2016-03-03",
    "category": "child",
    "guardian_name": "钱多",
    "guardian_relation": "父亲",
    "guardian_phone": "13600136000",
    "guardian_document_kind": "idcard",
    "guardian_document": people.id_number(dt.date(1985, 5, 5), 15),
    "consent_reader_data": "on",
    "consent_child_data": "on",
}


def error_of(page: str, field: str) -> str:
    """What stands beside a field."""
    found = re.search(rf'id="id_{field}_error">(.*?)</ul>', page, re.S)
    return text_of(found[1]) if found else ""


def registered(answer: Any) -> Patron:
    assert answer.status_code == 302, text_of(answer.content.decode())
    return Patron.objects.get(id=answer["Location"].removeprefix(URL).strip("/"))


def test_an_adult_gets_the_next_card(desk: Desk, stocked: Stocked) -> None:
    answer = desk.post(URL, **ADULT)
    reader = registered(answer)
    assert (reader.name, reader.born_on, reader.sex) == ("赵敏", dt.date(1988, 8, 8), "F")
    assert reader.home_id == stocked.library.main
    card = Card.objects.get(patron=reader)
    assert (card.number, card.channel, card.first) == ("00000004", "desk", True)
    consent = Consent.objects.get(patron=reader)
    assert (consent.purpose, consent.version) == ("reader-data", consents.VERSION)
    shown = desk.get(answer["Location"])
    assert "办证成功 00000004 姓名 赵敏 读者类型 成人 有效期至 2025年6月10日" in text_of(shown)
    assert "总馆 读者证 赵* · 成人 00000004 有效期至 2025年6月10日" in text_of(shown)
    link = re.search(r'href="(/desk/\?card=[^"]+)"', shown)
    assert link is not None
    assert "赵敏 读者证 00000004" in text_of(desk.get(html.unescape(link[1])))


def test_a_child_with_guardian_and_both_consents(desk: Desk) -> None:
    """C3."""
    reader = registered(desk.post(URL, **CHILD))
    profile = queries.masked(reader.id)
    assert [(g.name, g.relation) for g in profile.guardians] == [("钱多", "父亲")]
    assert {(c.purpose, c.given_by) for c in profile.consents} == {
        ("reader-data", "guardian"),
        ("child-data", "guardian"),
    }


def test_a_group_with_its_responsible_person(desk: Desk) -> None:
    answer = desk.post(
        URL, name="源城小学", category="group", guardian_name="孙老师",
        guardian_phone="0762-3388123", consent_reader_data="on",
    )  # fmt: skip
    reader = registered(answer)
    shown = text_of(desk.get(f"/desk/readers/{reader.id}/"))
    assert "负责人 孙老师 电话 076****8123" in shown


def test_the_same_form_twice_registers_once(desk: Desk) -> None:
    fields = ADULT | {"request_key": "one-click"}
    first, second = desk.http.post(URL, fields), desk.http.post(URL, fields)
    assert first["Location"] == second["Location"]
    assert Event.objects.filter(type="patron.registered").count() == 4
    changed = desk.http.post(URL, fields | {"name": "赵明"})
    assert changed.status_code == 422
    assert "此表单已用别的内容提交过。" in text_of(changed.content.decode())


def test_everything_wrong_is_said_at_once_and_nothing_typed_is_lost(
    desk: Desk, unchanged: Unchanged
) -> None:
    typed = {
        "document_kind": "idcard",
        "document": NEW[:-1] + ("0" if NEW[-1] != "0" else "1"),
        "name": "",
        "born_on": "2031-01-01",
        "category": "adult",
        "phone": "12",
        "note": "随手写的备注",
        "card_number": "a!",
    }
    with unchanged():
        answer = desk.post(URL, **typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert {f: error_of(page, f) for f in ("document", "name", "phone", "card_number")} == {
        "document": "居民身份证号码有误：校验位不符。请对照证件核对。",
        "name": "请填写姓名或名称。",
        "phone": "电话号码不对：应为 5 至 20 位数字。",
        "card_number": "读者证号应为 4 至 20 位字母、数字或连字符。",
    }
    assert error_of(page, "born_on")
    assert error_of(page, "consent_reader_data").startswith("尚未同意")
    for value in (typed["document"], "12", "随手写的备注", "2031-01-01", "a!"):
        assert f'value="{value}"' in page


def test_a_refused_form_comes_back_under_a_new_key(desk: Desk) -> None:
    key = new_id()
    page = desk.post(URL, **(ADULT | {"name": "", "request_key": key})).content.decode()
    fresh = re.search(r'name="request_key" value="([0-9a-f]{32})"', page)
    assert fresh is not None
    assert fresh[1] != key
    registered(desk.post(URL, **(ADULT | {"request_key": fresh[1]})))


def test_one_person_one_card(desk: Desk, unchanged: Unchanged) -> None:
    with unchanged():
        page = desk.post(URL, **(ADULT | {"document": people.LI})).content.decode()
    assert error_of(page, "document") == ("该证件已办过读者证：0*****01。请查找原账户，一人一证。")
    shown = desk.post("/desk/register/document/", document_kind="idcard", document=people.LI)
    assert "李* 已用此证件办过证。 打开" in text_of(shown.content.decode())


def test_a_child_without_guardian_or_separate_consent_is_refused(
    desk: Desk, unchanged: Unchanged
) -> None:
    with unchanged():
        answer = desk.post(
            URL, name="钱小豆", born_on="2016-03-03", category="child", consent_reader_data="on"
        )
    page = answer.content.decode()
    assert error_of(page, "guardian_name") == "未成年人办证须登记监护人。"
    assert error_of(page, "consent_child_data").startswith("尚未同意")
    # The guardian's part is open, also without script.
    assert re.search(r"data-guardian open", page)


def test_an_age_outside_the_category_is_lifted_with_a_written_why(
    desk: Desk, unchanged: Unchanged
) -> None:
    young = CHILD | {"category": "adult"}
    with unchanged():
        page = desk.post(URL, **young).content.decode()
        assert error_of(page, "category") == "读者 4 岁，成人证须满 16 岁。"
        assert 'name="lift" value="age-below-category"' in page
        blank = desk.post(URL, **young, lift="age-below-category").content.decode()
        assert error_of(blank, "why") == "请填写原因。"
        assert 'name="lift" value="age-below-category" checked' in blank
    registered(desk.post(URL, **young, lift="age-below-category", why="家长用主卡"))
    row = Event.objects.filter(type="patron.registered").latest("id")
    assert json.loads(row.data)["overrides"] == {"age-below-category": "家长用主卡"}


def test_a_namesake_without_document_is_asked_about(
    desk: Desk, stocked: Stocked, unchanged: Unchanged
) -> None:
    twin = CHILD | {"name": "王小宝", "born_on": "2015-06-30"}
    with unchanged():
        page = desk.post(URL, **twin).content.decode()
    assert "已有同名同生日的读者（读者证 0*****03），是同一个人吗？" in text_of(page)
    registered(desk.post(URL, **twin, lift="maybe-registered", why="两个孩子，已看户口簿"))


def test_an_id_number_tells_birth_date_and_sex(desk: Desk) -> None:
    url = "/desk/register/document/"
    right = desk.post(url, document_kind="idcard", document=NEW).content.decode()
    assert 'data-born-on="1988-08-08" data-sex="F"' in right
    wrong = desk.post(url, document_kind="idcard", document=NEW[:-1]).content.decode()
    assert text_of(wrong) == "居民身份证号码有误：位数不对。请对照证件核对。"
    passport = desk.post(url, document_kind="passport", document="E12345678").content.decode()
    assert text_of(passport) == ""


def test_a_pre_printed_number_is_taken_as_scanned(desk: Desk, ctx: Contexts) -> None:
    answer = desk.post(URL, **ADULT, card_number="ｙｃ００９９")
    assert Card.objects.get(patron=registered(answer)).number == "YC0099"
    taken = desk.post(URL, **CHILD, card_number="YC0099").content.decode()
    assert error_of(taken, "card_number") == "读者证号 YC0099 已发出过，证号不重复使用。"


def test_a_date_nobody_can_read_is_said_at_its_field(desk: Desk, unchanged: Unchanged) -> None:
    with unchanged():
        page = desk.post(URL, **(CHILD | {"born_on": "三月三日"})).content.decode()
    assert error_of(page, "born_on") == "日期写法不对，应如 2015-06-01。"
    registered(desk.post(URL, **(CHILD | {"born_on": "20160303"})))


def test_the_kinds_offered_are_documents(desk: Desk) -> None:
    page = desk.get(URL)
    offered = re.search(r'<select[^>]*name="document_kind".*?</select>', page, re.S)
    assert offered is not None
    assert re.findall(r'value="([^"]*)"', offered[0]) == list(identity.KINDS)
