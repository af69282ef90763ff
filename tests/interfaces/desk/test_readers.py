"""Finding readers, a reader's page, and every act on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.notices import queries as notices
from shuxiang.apps.patrons import queries
from shuxiang.apps.patrons.models import Unmasking
from shuxiang.interfaces.desk import refusals
from shuxiang.kernel.ids import new_id
from shuxiang.ledger.models import Event
from tests.apps.patrons import people
from tests.conftest import Unchanged
from tests.interfaces.desk.conftest import Clock, Desk, text_of
from tests.support.library import Contexts, moment
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def page(stocked: Stocked) -> str:
    return f"/desk/readers/{stocked.patrons['adult']}/"


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("00000001", "adult"),
        ("０００００００１", "adult"),
        (people.LI, "adult"),
        ("李四", "adult"),
        ("李四 1990", "adult"),
    ],
)
def test_one_match_opens_the_reader_at_once(
    desk: Desk, stocked: Stocked, text: str, who: str
) -> None:
    answer = desk.post("/desk/readers/", q=text)
    assert answer.status_code == 302
    assert answer["Location"] == f"/desk/readers/{stocked.patrons[who]}/"


def test_a_list_shows_numbers_masked(desk: Desk, stocked: Stocked, ctx: Contexts) -> None:
    """The mother of the child has a card of her own: her number finds her first."""
    people.adult(ctx(), number=people.id_number(dt.date(1970, 1, 1), 9), phone="13911112222")
    answer = desk.post("/desk/readers/", q="李四")
    assert answer["Location"] == "/desk/readers/?q=%E6%9D%8E%E5%9B%9B"
    shown = text_of(desk.get(answer["Location"]))
    assert "找到 2 位读者" in shown
    assert f"李四 1990 成人 00000001 有效 4{'*' * 14}{people.LI[-3:]}" in shown
    assert "139****2222" in shown
    assert people.LI not in shown


def test_an_id_number_or_phone_never_stands_in_an_address(desk: Desk) -> None:
    for text in (people.id_number(dt.date(1970, 1, 1), 9), "13800138001"):
        answer = desk.post("/desk/readers/", q=text)
        assert answer.status_code == 200
        shown = text_of(answer.content.decode())
        assert "没有找到读者 请核对写法和号码。" in shown
    child = desk.post("/desk/readers/", q="138 0013 8000")
    assert child.status_code == 302  # the guardian's phone finds the child


def test_the_empty_search_says_what_it_takes(desk: Desk) -> None:
    assert "查找读者 扫读者证、放身份证，或输入手机号、姓名。" in text_of(
        desk.get("/desk/readers/")
    )


def test_the_page_of_a_reader(desk: Desk, stocked: Stocked) -> None:
    desk.serve("child")
    desk.scan("B001")
    shown = text_of(desk.get(f"/desk/readers/{stocked.patrons['child']}/"))
    assert "王小宝 00000003 有效 少儿 有效期至 2025年1月2日" in shown
    assert "在借 1 册 全部续借 红楼梦 B001 2020年7月10日" in shown
    assert "母亲 王芳 电话 138****8000" in shown
    assert people.WANG not in shown
    assert "未满 14 周岁：监护人单独同意处理儿童个人信息 已同意" in shown
    assert "监护人代为同意" in shown
    assert "借阅记录在还书后保留 365 天，之后只保留数字。" in shown


@pytest.mark.parametrize("part", ["", "renew/", "unmask/", "do/lost/"])
def test_an_unknown_reader_is_not_found(desk: Desk, part: str) -> None:
    path = f"/desk/readers/{new_id()}/{part}"
    answer = desk.post(path, field="phone", why="核对") if part else desk.http.get(path)
    assert answer.status_code == 404


def test_an_unknown_act_is_not_found(desk: Desk, page: str) -> None:
    assert desk.post(f"{page}do/delete/").status_code == 404


def status(stocked: Stocked, who: str = "adult") -> str:
    profile = queries.masked(stocked.patrons[who])
    return profile.card.status if profile.card else "none"


def test_v1_how_a_reader_is_told_is_changed_at_the_desk(
    desk: Desk, stocked: Stocked, page: str
) -> None:
    shown = desk.http.get(page).content.decode()
    assert 'name="kinds" value="due-soon"' in shown
    fields = {"request_key": new_id(), "kinds": ["hold-ready", "closure"]}
    answer = desk.http.post(f"{page}do/notices/", fields, follow=True)
    assert "已保存" in text_of(answer.content.decode())
    assert "due-soon" in notices.opted_out(stocked.patrons["adult"])
    assert "hold-ready" not in notices.opted_out(stocked.patrons["adult"])


def test_lost_found_and_replaced(desk: Desk, stocked: Stocked, page: str) -> None:
    """挂失, 解挂, 补证 by the next number: each says what is so now."""

    def act(name: str, **fields: str) -> str:
        answer = desk.http.post(
            f"{page}do/{name}/", {"request_key": new_id()} | fields, follow=True
        )
        assert answer.status_code == 200, text_of(answer.content.decode())
        return text_of(answer.content.decode())

    assert "已挂失，此证不能再借书。" in act("lost", shown="phone")
    assert status(stocked) == "lost"
    assert "此证已挂失。" in text_of(desk.get(page))
    assert "已解挂，读者证恢复使用。" in act("found")
    assert status(stocked) == "active"
    shown = act("replace")
    assert "新证号为 00000004，旧证已作废。" in shown
    assert "00000001 已补证" in shown
    assert "新证号为 TEMP-9001，旧证已作废。" in act("replace", card_number="temp-9001")
    assert Event.objects.filter(type="card.lost").count() == 1
    assert Event.objects.filter(type="card.issued").count() == 3


def test_a_used_number_is_refused_beside_the_field_and_stays_typed(
    desk: Desk, page: str, unchanged: Unchanged
) -> None:
    with unchanged():
        answer = desk.post(f"{page}do/replace/", card_number="00000002")
    assert answer.status_code == 422
    content = answer.content.decode()
    assert "未办理，原因如下： 读者证号 00000002 已发出过，证号不重复使用。" in text_of(content)
    assert 'name="card_number" value="00000002"' in content
    assert '<details class="confirm" open>' in content


def test_the_same_form_sent_twice_acts_once(desk: Desk, page: str, stocked: Stocked) -> None:
    old = queries.live_card(stocked.patrons["adult"])
    assert old is not None
    for _ in range(2):
        fields = {"request_key": "once", "card": old.id}
        answer = desk.http.post(f"{page}do/replace/", fields, follow=True)
        assert "新证号为 00000004，旧证已作废。" in text_of(answer.content.decode())
    assert queries.live_card(stocked.patrons["adult"]).number == "00000004"  # type: ignore[union-attr]
    again = {"request_key": "once", "card": old.id, "card_number": "X-1001"}
    other = desk.http.post(f"{page}do/replace/", again)
    assert other.status_code == 422
    assert "此表单已用别的内容提交过。" in text_of(other.content.decode())


def test_renewing_a_card_early_is_asked(desk: Desk, page: str, time: Clock) -> None:
    early = desk.post(f"{page}do/renew-card/")
    assert early.status_code == 422
    shown = text_of(early.content.decode())
    assert "此证有效至 2025年1月2日，2024年10月4日 起可续期。" in shown
    assert 'name="lift" value="card-renewal-early"' in early.content.decode()
    done = desk.http.post(
        f"{page}do/renew-card/",
        {"request_key": new_id(), "lift": "card-renewal-early", "lift_why": "读者将出国"},
        follow=True,
    )
    assert "读者证有效期至 2030年1月2日。" in text_of(done.content.decode())
    row = Event.objects.get(type="card.renewed")
    assert "读者将出国" in row.data


def test_closing_is_refused_while_books_are_out(
    desk: Desk, page: str, stocked: Stocked, unchanged: Unchanged
) -> None:
    desk.serve()
    desk.scan("B001")
    desk.scan("B002")
    with unchanged():
        answer = desk.post(f"{page}do/close/")
    assert "未办理，原因如下： 还有 2 册未还。" in text_of(answer.content.decode())
    desk.scan("B001", mode="checkin")
    desk.scan("B002", mode="checkin")
    done = desk.http.post(f"{page}do/close/", {"request_key": new_id()}, follow=True)
    shown = text_of(done.content.decode())
    assert "已退证，读者证作废。" in shown
    assert status(stocked) == "none"
    assert "修改资料" not in shown


def test_changing_a_record_keeps_what_is_left_empty(
    desk: Desk, page: str, stocked: Stocked
) -> None:
    fields = {"name": "李思", "born_on": "1990-01-01", "sex": "M", "category": "adult", "note": ""}
    changed = desk.http.post(
        f"{page}do/change/",
        fields | {"request_key": new_id(), "phone": "139 1234 5678"},
        follow=True,
    )
    assert "已保存。" in text_of(changed.content.decode())
    assert queries.masked(stocked.patrons["adult"]).phone == "139****5678"
    same = desk.http.post(f"{page}do/change/", fields | {"request_key": new_id()}, follow=True)
    assert "没有改动。" in text_of(same.content.decode())
    desk.post(f"{page}do/change/", **fields, phone_away="on")
    assert queries.masked(stocked.patrons["adult"]).phone == ""


def test_a_wrong_change_says_everything_and_changes_nothing(
    desk: Desk, page: str, unchanged: Unchanged
) -> None:
    with unchanged():
        answer = desk.post(
            f"{page}do/change/", name=" ", born_on="2012-01-01", category="adult", phone="12"
        )
    shown = text_of(answer.content.decode())
    for words in (
        "请填写姓名或名称。",
        "出生日期与证件号码中的不一致，请核对。",
        "读者 8 岁，成人证须满 16 岁。",
        "电话号码不对：应为 5 至 20 位数字。",
    ):
        assert words in shown, words
    with unchanged():
        bad_day = desk.post(f"{page}do/change/", name="李四", born_on="1990-13-01")
    assert bad_day.status_code == 422
    assert "日期写法不对，应如 2015-06-01。" in text_of(bad_day.content.decode())


def test_a_childs_own_document_and_a_new_guardian(desk: Desk, stocked: Stocked) -> None:
    """C3: the guardian's number is never the child's; the new guardian agrees anew."""
    child = f"/desk/readers/{stocked.patrons['child']}/"
    wrong = desk.post(f"{child}do/document/", document_kind="idcard", document=people.WANG)
    assert "这是监护人的证件号码，请录入孩子本人的号码或留空。" in text_of(wrong.content.decode())
    done = desk.http.post(
        f"{child}do/document/",
        {"request_key": new_id(), "document_kind": "idcard", "document": people.BOY},
        follow=True,
    )
    assert "证件已登记。" in text_of(done.content.decode())
    father = {
        "guardian_name": "王大明",
        "guardian_relation": "父亲",
        "guardian_phone": "13700137000",
        "guardian_document_kind": "idcard",
        "guardian_document": people.id_number(dt.date(1986, 6, 6), 11),
    }
    unagreed = desk.post(f"{child}do/guardian/", **father)
    assert unagreed.status_code == 422
    assert text_of(unagreed.content.decode()).count("尚未同意") >= 2
    agreed = desk.http.post(
        f"{child}do/guardian/",
        father | {"request_key": new_id(), "consent_reader_data": "on", "consent_child_data": "on"},
        follow=True,
    )
    shown = text_of(agreed.content.decode())
    assert "新的监护人（负责人）已登记。" in shown
    assert "父亲 王大明" in shown


def test_suspended_and_lifted(desk: Desk, page: str, stocked: Stocked) -> None:
    empty = desk.post(f"{page}do/suspend/", why="")
    assert "请写明停借到哪一天。" in text_of(empty.content.decode())
    done = desk.http.post(
        f"{page}do/suspend/",
        {"request_key": new_id(), "until": "2020-06-30", "why": "多次撕页"},
        follow=True,
    )
    assert "该读者已停借，至 2020年6月30日（含当日）。" in text_of(done.content.decode())
    lifted = desk.http.post(f"{page}do/lift/", {"request_key": new_id()}, follow=True)
    assert "已解除停借，读者可以借书。" in text_of(lifted.content.decode())


def test_consent_taken_back_and_given_again(desk: Desk, page: str, stocked: Stocked) -> None:
    purpose = {"purpose": "reader-data"}
    back = desk.http.post(f"{page}do/withdraw/", purpose | {"request_key": new_id()}, follow=True)
    assert "已撤回同意；重新同意之前不能借新书。" in text_of(back.content.decode())
    assert desk.serve()["kind"] == "notice"
    given = desk.http.post(f"{page}do/give/", purpose | {"request_key": new_id()}, follow=True)
    assert "已登记同意。" in text_of(given.content.decode())
    assert desk.serve()["kind"] == "reader"


def test_renew_all_says_of_each_book_whether_it_was(
    desk: Desk, page: str, stocked: Stocked, ctx: Contexts
) -> None:
    card = stocked.cards["adult"]
    for barcode, day in (("B001", "2020-05-10"), ("B002", "2020-06-01"), ("B003", "2020-06-02")):
        circulation.check_out(item_barcode=barcode, card=card, ctx=ctx(at=moment(day)))
    fields = {"request_key": "all"}
    for _ in range(2):
        shown = text_of(desk.http.post(f"{page}renew/", fields).content.decode())
        assert "已逾期 1 天，不能续借。" in shown
        assert shown.count("已续借，应还 ") == 2
    assert Event.objects.filter(type="loan.renewed").count() == 2


def test_unmasking_needs_a_reason_is_shown_once_and_logged(
    desk: Desk, page: str, stocked: Stocked, unchanged: Unchanged
) -> None:
    with unchanged():
        refused = desk.post(f"{page}unmask/", field="document", why=" ")
        assert "请填写原因。" in text_of(refused.content.decode())
    desk.post(f"{page}unmask/", field="document", why="核对身份")
    # The document's id is not needed where there is one; its own form sends it.
    document = queries.masked(stocked.patrons["adult"]).documents[0]
    shown = desk.post(f"{page}unmask/", field="document", of=document.id, why="核对身份")
    assert people.LI in text_of(shown.content.decode())
    assert people.LI not in desk.get(page)
    assert [(u.field, u.why) for u in Unmasking.objects.all()] == [("document", "核对身份")] * 2
    assert shown["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("role", "path", "expected"),
    [
        ("branch", "do/lost/", 302),
        ("branch", "do/suspend/", 403),
        ("branch", "do/close/", 403),
        ("branch", "unmask/", 403),
        ("cataloguer", "", 403),
        ("cataloguer", "do/lost/", 403),
        ("auditor", "", 403),
        ("admin", "", 403),
        ("director", "do/close/", 302),
    ],
)
def test_what_a_role_may_not_is_refused_and_not_offered(
    at_desk: Callable[[str], Desk],
    page: str,
    unchanged: Unchanged,
    role: str,
    path: str,
    expected: int,
) -> None:
    """S1: the command decides; a page only hides what would be refused."""
    desk = at_desk(role)
    fields: dict[str, Any] = {"until": "2020-06-30", "why": "试", "field": "phone"}
    if expected == 403:
        with unchanged():
            answer = desk.post(page + path, **fields) if path else desk.http.get(page)
    else:
        answer = desk.post(page + path, **fields)
    assert answer.status_code == expected
    if role == "branch":
        shown = text_of(desk.get(page))
        assert "挂失" in shown or "解挂" in shown
        for hidden in ("停借", "退证", "查看"):
            assert hidden not in shown


def test_the_desk_offers_exactly_what_the_commands_lift() -> None:
    from shuxiang.apps.patrons import rules

    assert set(refusals.LIFTABLE) == {code for code, need in rules.LIFTABLE.items() if need}
    for code in refusals.LIFTABLE:
        assert rules.LIFTABLE[code] == f"patrons.override.{code}"
