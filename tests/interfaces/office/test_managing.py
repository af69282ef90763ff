"""The office's pages of places, calendars, rules, categories, accounts, roles and the change log."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.patrons import queries as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.places import queries as sites
from shuxiang.apps.search.queries import spelling_variants
from shuxiang.apps.staff import commands as staff
from shuxiang.apps.staff import queries as accounts
from shuxiang.runtime import changes
from shuxiang.runtime.changes import Asked
from tests.interfaces.office.conftest import Office, text_of
from tests.support import yearly
from tests.support.library import PASSWORD, Contexts
from tests.support.stocked import Stocked

At = Callable[[str], Office]


@pytest.fixture
def at(ctx: Contexts) -> Callable[..., Any]:
    return lambda: ctx(at=yearly.LATER)


def test_a_place_is_added_changed_and_closed(office: At, played: Stocked) -> None:
    director = office("director")
    assert "东区分馆" in director.get("/office/places/")
    answer = director.post(
        "/office/places/add/", parent="main", kind="branch", code="north", name="北区分馆"
    )
    assert (answer.status_code, answer["Location"]) == (302, "/office/places/at/north/")
    answer = director.post(
        "/office/places/at/north/", name="北区图书馆", phone="0762-1", position=3
    )
    assert answer.status_code == 302
    assert "北区图书馆" in director.get("/office/places/at/north/")
    answer = director.post("/office/places/at/north/close/", closed_on="2021-03-31", why="")
    assert answer.status_code == 422
    assert "这个字段是必填项" in text_of(answer)
    director.post("/office/places/at/north/close/", closed_on="2021-03-31", why="撤并")
    assert sites.place_by_code("north").closed_on == date(2021, 3, 31)
    assert "最后一天" in director.get("/office/places/at/north/")
    director.post("/office/places/at/north/close/", reopen="1")
    assert sites.place_by_code("north").closed_on is None


def test_a_refused_place_says_why_at_its_field(office: At, played: Stocked) -> None:
    answer = office("director").post(
        "/office/places/add/", parent="main", kind="branch", code="east", name="又一馆"
    )
    assert answer.status_code == 422
    assert 'id="id_code_error"' in answer.content.decode()


def test_settings_show_where_they_come_from(office: At, played: Stocked, at: Any) -> None:
    places.set_setting(place=played.library.main, key="cards.number_digits", value=7, ctx=at())
    director = office("director")
    assert "证号流水位数 7 总馆" in director.get("/office/places/at/east/")
    assert "少儿、成人、老年" in director.get("/office/places/at/east/")
    path = "/office/places/at/east/setting/cards.number_digits/"
    assert director.post(path, value="99999").status_code == 422
    assert director.post(path, value="9").status_code == 302
    assert "证号流水位数 9 在此设定" in director.get("/office/places/at/east/")
    director.post(path, inherit="1")
    assert sites.setting(played.library.east, "cards.number_digits").value == 7
    holidays = "/office/places/at/east/setting/calendar.open_on_holidays/"
    assert director.post(holidays, value="").status_code == 302
    assert sites.setting(played.library.east, "calendar.open_on_holidays").value is False
    assert director.get("/office/places/at/east/setting/no.such/", 404)


def test_d4_the_calendar_of_a_month(office: At, played: Stocked) -> None:
    director = office("director")
    page = director.get("/office/places/at/main/calendar/", month="2021-04")
    assert "30 天中开放 26 天" in page
    answer = director.post(
        "/office/places/at/main/calendar/",
        day="2021-04-06",
        last_day="2021-04-08",
        open="closed",
        reason="设备检修",
        include_branches="on",
    )
    assert answer["Location"] == "/office/places/at/main/calendar/?month=2021-04"
    assert "30 天中开放 23 天" in director.get("/office/places/at/main/calendar/", month="2021-04")
    assert "设备检修 (总馆)" in director.get("/office/places/at/east/calendar/", month="2021-04")
    director.post("/office/places/at/main/calendar/clear/", day="2021-04-07")
    assert "30 天中开放 24 天" in director.get("/office/places/at/main/calendar/", month="2021-04")
    answer = director.post(
        "/office/places/at/main/calendar/", day="2021-03-01", open="closed", reason="停电"
    )
    assert answer.status_code == 422
    assert "已过去的日子保留在日历中" in text_of(answer)


def test_hours_in_any_usual_punctuation(office: At, played: Stocked) -> None:
    director = office("director")
    path = "/office/places/at/east/hours/"
    answer = director.post(path, valid_from="2021-04-01", day0="9：00－12:00")
    assert answer.status_code == 422
    answer = director.post(path, valid_from="2021-04-01", day0="25:00-26:00", day1="早上")
    assert answer.status_code == 422
    assert "没有这个时间：25:00-26:00" in text_of(answer)
    answer = director.post(path, valid_from="2021-04-01", day0="9：00~12:00、14:00至17:30", day6="")
    assert answer.status_code == 302
    calendar = sites.calendar(played.library.east, date(2021, 4, 1), date(2021, 4, 30))
    assert [f"{o:%H:%M}-{c:%H:%M}" for o, c in calendar.hours(date(2021, 4, 5))] == [
        "09:00-12:00",
        "14:00-17:30",
    ]


def test_holidays_of_a_year_are_filled_in_and_corrected(office: At, played: Stocked) -> None:
    admin = office("admin")
    assert "还没有 2021 年的节假日" in admin.get("/office/holidays/")
    admin.post("/office/holidays/", act="fill", year="2021")
    assert "国庆节" in admin.get("/office/holidays/", year="2021")
    admin.post("/office/holidays/", act="remove", year="2021", day="2021-10-07")
    assert date(2021, 10, 7) not in [h[0] for h in sites.holidays(2021)]
    answer = admin.post("/office/holidays/", act="enter", year="2021", day="2021-10-08", name="")
    assert answer.status_code == 422
    admin.post("/office/holidays/", act="enter", year="2021", day="2021-10-08", name="馆庆")
    assert (date(2021, 10, 8), "馆庆", False) in sites.holidays(2021)


RULE = {
    "place": "main",
    "reader_category": "adult",
    "item_category": "*",
    "valid_from": "2021-04-01",
    "lendable": "on",
    "loan_limit": "10",
    "loan_days": "60",
    "renewal_limit": "1",
    "renewal_days": "30",
    "renew_from": "due",
    "hold_limit": "6",
    "hold_on_shelf": "elsewhere",
    "hold_days": "90",
    "pickup_days": "4",
}


def test_d2_a_dated_row_is_added_explained_and_cancelled(office: At, played: Stocked) -> None:
    director = office("director")
    assert director.post("/office/rules/add/", **(RULE | {"loan_limit": "0"})).status_code == 422
    assert director.post("/office/rules/add/", **RULE).status_code == 302
    asked = {"place": "east", "reader": "adult", "item": "book", "day": "2021-04-02"}
    assert "可借 10 册" in director.get("/office/rules/", **asked)
    row = next(r for r in circulation.rules_at(played.library.main) if r.loan_limit == 10)
    page = director.get("/office/rules/")
    assert "取消这条规则" in page
    # F1: what a reader may reserve is a rule like the rest.
    assert (row.hold_limit, row.hold_on_shelf, row.hold_days) == (6, "elsewhere", 90)
    assert "6 保留 4 天; 仅他馆在架; 等候 90 天" in page
    copied = director.http.get(f"/office/rules/add/?like={row.id}").content.decode()
    assert 'name="loan_days" value="60"' in copied
    assert director.post(f"/office/rules/{row.id}/cancel/").status_code == 302
    assert circulation.rule(row.id) is None
    assert "取消这条规则" not in office("desk").get("/office/rules/")


def test_d2_a_row_in_force_ends_on_a_day(office: At, played: Stocked) -> None:
    row = circulation.rules_at(played.library.main)[0]
    path = f"/office/rules/{row.id}/end/"
    assert office("director").post(path, last_day="2021-03-01").status_code == 422
    assert office("director").post(path, last_day="2021-03-31").status_code == 302
    ended = circulation.rule(row.id)
    assert ended is not None
    assert ended.valid_to == date(2021, 3, 31)


def test_categories_are_added_and_changed(office: At, played: Stocked) -> None:
    director = office("director")
    values = {"code": "teacher", "name": "教师", "least_age": "18", "valid_months": "36"}
    assert director.post("/office/categories/readers/", **values).status_code == 302
    found = patrons.category("teacher")
    assert found is not None
    assert (found.name, found.least_age, found.valid_months) == ("教师", 18, 36)
    assert (
        'value="教师"'
        in director.http.get("/office/categories/readers/?code=teacher").content.decode()
    )
    answer = director.post("/office/categories/readers/", **(values | {"most_age": "17"}))
    assert answer.status_code == 422
    assert director.post("/office/categories/items/", code="toy", name="玩具").status_code == 302
    assert "玩具 仅供馆内阅览" in director.get("/office/categories/items/")


def made(answer: Any) -> str:
    found = re.search(r'one-time code">([^<]{12})<', answer.content.decode())
    assert found is not None
    return found[1]


def test_s4_an_account_is_made_reset_and_switched_off(office: At, played: Stocked) -> None:
    admin = office("admin")
    answer = admin.post(
        "/office/accounts/add/", username="chenli", name="陈丽", home="east", role="branch"
    )
    first = made(answer)
    found = accounts.account_by_username("chenli")
    assert found is not None
    assert [g.role for g in accounts.grants(found.id)] == ["branch"]
    assert "陈丽 chenli 东区分馆 分馆管理员 · 东区分馆 一次性密码" in admin.get("/office/accounts/")
    path = f"/office/accounts/{found.id}"
    second = made(admin.post(f"{path}/reset/"))
    assert first != second
    assert first not in admin.get(f"{path}/")
    admin.post(f"{path}/role/", role="desk", place="west")
    admin.post(f"{path}/role/", role="branch", place="east", revoke="1")
    assert [(g.role, g.place_name) for g in accounts.grants(found.id)] == [("desk", "西区分馆")]
    admin.post(f"{path}/deactivate/", why="离职")
    assert "陈丽" not in admin.get("/office/accounts/")
    assert "陈丽" in admin.get("/office/accounts/", all="1")
    admin.post(f"{path}/activate/")
    assert admin.post(f"{path}/unlock/").status_code == 302
    assert admin.post(f"{path}/dance/").status_code == 404
    stored = str([(c.before, c.after, c.name) for c in changes.find(Asked())])
    assert first not in stored
    assert second not in stored


def test_the_last_administrator_stays_and_is_told_so(office: At, played: Stocked) -> None:
    admin = office("admin")
    path = f"/office/accounts/{played.library.staff['admin']}/"
    page = admin.get(path)
    assert "不能给自己授予或收回角色" in page
    admin.post(f"{path}deactivate/")
    assert "不能停用自己的账户" in admin.get(path)


def test_a_role_of_the_library_s_own_is_made_from_a_shipped_one(
    office: At, played: Stocked
) -> None:
    admin = office("admin")
    page = admin.get("/office/roles/")
    assert "流通馆员 系统自带" in page
    copied = admin.http.get("/office/roles/add/?like=branch").content.decode()
    assert 'value="circulation.check_out" checked' in copied
    values = {"code": "weekend", "name": "周末馆员", "actions": ["circulation.check_in"]}
    assert admin.post("/office/roles/add/", **values).status_code == 302
    assert "还书、打开借还台" in admin.get("/office/roles/")
    answer = admin.post(
        "/office/roles/weekend/", name="周末馆员", actions=["audit.view", "staff.edit"]
    )
    assert answer.status_code == 422
    assert "三权分立" in text_of(answer)
    admin.post("/office/roles/weekend/", remove="1")
    assert "weekend" not in {r.code for r in accounts.roles()}
    assert admin.http.get("/office/roles/nobody/").status_code == 404


def test_x2_the_change_log_in_words(office: At, played: Stocked, at: Any) -> None:
    office("director").post("/office/places/at/east/", name="江东分馆")
    office("director").post("/office/rules/add/", **RULE)
    office("admin").post(
        f"/office/accounts/{played.library.staff['desk']}/role/", role="branch", place="west"
    )
    path = "/office/places/at/east/setting/report.scope/"
    office("director").post(path, value="main")
    auditor = office("auditor")
    page = auditor.get("/office/changes/")
    assert "年报范围 设置 新增 值： 仅本馆" in page
    assert "馆长 总馆 · 后台 江东分馆 馆点 修改 名称： 东区分馆 → 江东分馆" in page
    assert "总馆 · 成人 · 任何文献 借阅规则 新增" in page
    assert "流通馆员 角色授权 授予" in page
    assert not re.search(r"[0-9a-f]{32}|[a-z]+[_.][a-z]+", page.partition("CSV")[2])
    only = auditor.get("/office/changes/", kind="place", first="2021-03-02", last="2021-03-02")
    assert "江东分馆" in only
    assert "角色授权" not in only.partition("改前与改后")[2]
    assert "没有修改记录" in auditor.get("/office/changes/", last="2018-01-01")
    assert "江东分馆" in auditor.get("/office/changes/", first="x", last="2021-02-30")
    who = played.library.staff["admin"]
    assert "江东分馆" not in auditor.get("/office/changes/", who=who)


def test_x2_the_log_as_a_file_with_guarded_cells(office: At, played: Stocked) -> None:
    office("director").post("/office/places/at/east/", name='=HYPERLINK("http://x")')
    auditor = office("auditor")
    answer = auditor.http.get("/office/changes/csv/?kind=place")
    lines = answer.content.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("时间,")
    assert '"\'=HYPERLINK(""http://x"")"' in lines[1]
    answer = auditor.http.get("/office/changes/xlsx/?kind=place")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert sheet["F2"].value.startswith("'=HYPERLINK")
    assert sheet["F2"].data_type == "s"
    logged = changes.find(Asked(kind="export"))
    assert [(c.actor, c.after["file"]) for c in logged] == [
        (played.library.staff["auditor"], "xlsx"),
        (played.library.staff["auditor"], "csv"),
    ]
    assert auditor.http.get("/office/changes/pdf/").status_code == 404


def test_x1_an_auditor_of_a_branch_reads_its_changes_alone(
    office: At, played: Stocked, at: Any
) -> None:
    library = played.library
    auditor = staff.add_account(
        username="east_auditor",
        name="审",
        home=library.east,
        password_hash=staff.hashed(PASSWORD, username="east_auditor"),
        role="auditor",
        ctx=at(),
    )
    for place in (library.east, library.west):
        places.change_place(place=place, name=f"改名{place[-4:]}", ctx=at())
    page = Office(auditor).get("/office/changes/")
    assert f"改名{library.east[-4:]}" in page
    assert f"改名{library.west[-4:]}" not in page


def _queries(office: Office, path: str) -> int:
    with CaptureQueriesContext(connection) as counted:
        office.get(path)
    return len(counted)


def test_lists_ask_no_more_for_more_rows(office: At, played: Stocked, at: Any) -> None:
    admin, auditor = office("admin"), office("auditor")
    before = {}
    for who, path in ((admin, "/office/accounts/"), (auditor, "/office/changes/")):
        who.get(path)
        before[path] = _queries(who, path)
    for n in range(60):
        staff.add_account(
            username=f"clerk{n}",
            name=f"馆员{n}",
            home=played.library.main,
            password_hash="x",
            role="desk",
            ctx=at(),
        )
    for who, path in ((admin, "/office/accounts/"), (auditor, "/office/changes/")):
        who.get(path)
        assert _queries(who, path) <= before[path] + 1
    assert "共 67 条" in admin.get("/office/accounts/")


def test_the_menu_shows_what_is_open_and_nothing_else(office: At) -> None:
    def offered(role: str) -> set[str]:
        content = office(role).http.get("/office/").content.decode()
        return set(re.findall(r'class="nav-item" href="/office/([a-z/-]*)"', content))

    assert {"places/", "accounts/", "roles/", "holidays/"} <= offered("admin")
    assert not {"changes/", "categories/readers/"} & offered("admin")
    assert "changes/" in offered("auditor")
    assert not {"places/", "accounts/", "imports/"} & offered("auditor")
    assert {"places/", "categories/readers/", "categories/items/"} <= offered("director")
    assert not {"places/", "accounts/", "changes/", "categories/items/"} & offered("branch")


def test_spellings_are_added_used_and_left_out(office: At, played: Stocked) -> None:
    director = office("director")
    assert "身份" in director.get("/office/variants/")
    director.post("/office/variants/", spellings="书香  书馨")
    assert ("书香", "书馨") in spelling_variants()
    assert "书香 · 书馨" in director.get("/office/variants/")
    director.post("/office/variants/", act="remove", row="书香 书馨")
    assert ("书香", "书馨") not in spelling_variants()
    answer = director.post("/office/variants/", spellings="书香")
    assert answer.status_code == 422
    assert "2" in text_of(answer)
