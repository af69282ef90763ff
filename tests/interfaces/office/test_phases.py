"""The pages of the operating phases (rows S1, S2): written, looked at, applied, extended, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.phases import commands
from shuxiang.apps.places import queries as places
from shuxiang.kernel.ids import new_id
from tests.apps.phases.acts import dues
from tests.interfaces.office.conftest import Office, text_of
from tests.support import yearly
from tests.support.library import Contexts
from tests.support.stocked import Stocked

At = Callable[[str], Office]
CLOSED = {
    "place": "main",
    "include_branches": "on",
    "name": "春节闭馆",
    "reason": "疫情防控",
    "first_day": "2021-03-20",
    "last_day": "2021-04-20",
    "due_mode": "closed_days",
    "spread_most": "30",
    "notice": "闭馆期间应还图书自动顺延。",
}


def written(office: Office, kind: str = "closed", **more: str) -> str:
    """The id of a draft made by the form."""
    answer = office.post(f"/office/phases/add/?kind={kind}", **(CLOSED | more))
    assert answer.status_code == 302, text_of(answer)
    return str(re.findall(r"phases/(\w{32})/", answer["Location"])[0])


def lend(played: Stocked, ctx: Contexts) -> None:
    circulation.check_out(
        item_barcode="B005",
        card=played.cards["other"],
        ctx=ctx("desk", at=yearly.LATER, key=new_id()),
    )


def finish(phase: str, ctx: Contexts) -> None:
    for _ in commands.work(phase, ctx(at=yearly.LATER)):
        pass


def test_s1_a_closure_is_written_looked_at_applied_extended_and_taken_back(
    office: At, played: Stocked, ctx: Contexts
) -> None:
    lend(played, ctx)
    (was,) = {due for barcode, due in dues().items() if barcode == "B005"}
    director = office("director")
    assert "还没有开放阶段" in director.get("/office/phases/")
    assert "按闭馆天数顺延" in director.get("/office/phases/add/?kind=closed")
    phase = written(director)
    address = f"/office/phases/{phase}/"
    said = director.get(address)
    assert "草稿" in said
    assert "1 册，1 位读者" in said
    # A name is masked, the title whole.
    assert "王*" in said
    assert "王芳" not in said
    assert dues()["B005"] == was
    director.post(address + "apply/")
    finish(phase, ctx)
    # 2 April and 32 days is a Monday.
    assert dues()["B005"] == date(2021, 5, 4)
    assert "最近一次顺延了 1 册" in director.get(address)
    month = director.get("/office/places/at/east/calendar/", month="2021-04")
    # Three days of March stand in its first row.
    assert month.count("闭馆 疫情防控") == 23
    director.post(address + "end/", last_day="2021-05-10")
    finish(phase, ctx)
    assert dues()["B005"] == date(2021, 5, 23)
    said = director.get(address + "revert/")
    assert "恢复的应还日期 1" in said
    director.post(address + "revert/")
    assert "正在恢复原应还日期" in director.get(address)
    finish(phase, ctx)
    assert dues()["B005"] == was
    assert "已撤回" in director.get("/office/phases/")
    assert places.phase(phase).state == "reverted"


def test_s2_a_limited_opening_keeps_everything_it_says(office: At, played: Stocked) -> None:
    director = office("director")
    assert "体温低于37.3℃" in director.get("/office/phases/add/?kind=limited")
    phase = written(
        director, "limited", name="有序开放", due_mode="none", day2="9:00-12:00，14:30-17:00",
        slot_minutes="120", slot_quota="50", moment_quota="80", day_quota="200",
        max_stay_minutes="120", seats_off="40", checks="预约\n口罩\n", lanes="绿色通道",
        extra_loans="5", loan_days="60", quarantine_hours="24", desk_notice="还书放静置架",
    )  # fmt: skip
    kept = places.phase(phase)
    assert (kept.checks, kept.lanes) == (("预约", "口罩"), ("绿色通道",))
    assert [f"{o:%H:%M}-{c:%H:%M}" for o, c in kept.hours[2]] == ["09:00-12:00", "14:30-17:00"]
    numbers = (kept.slot_minutes, kept.slot_quota, kept.moment_quota, kept.day_quota)
    assert numbers == (120, 50, 80, 200)
    assert (kept.max_stay_minutes, kept.seats_off, kept.quarantine_hours) == (120, 40, 24)
    assert (kept.extra_loans, kept.loan_days) == (5, 60)
    said = director.get(f"/office/phases/{phase}/")
    assert "每 120 分钟 50 人" in said
    assert "预约 → 口罩" in said
    # Opened again, the form says the same.
    form = director.http.get(f"/office/phases/{phase}/edit/").content.decode()
    assert 'value="09:00-12:00, 14:30-17:00"' in form
    assert 'value="200"' in form


def test_s2_tasks_with_who_until_when_and_done(office: At, played: Stocked) -> None:
    director = office("director")
    phase = written(director)
    address = f"/office/phases/{phase}/"
    director.post(address + "tasks/", text="张贴公告", who="王主任", until="2021-02-20")
    said = director.get(address)
    assert "张贴公告" in said
    assert "已过期限" in said
    task = re.findall(r"tasks/(\w{32})/", director.http.get(address).content.decode())[0]
    director.post(f"{address}tasks/{task}/", act="done")
    assert "1 / 1" in director.get("/office/phases/")
    director.post(f"{address}tasks/{task}/", act="remove")
    assert "还没有任务" in director.get(address)


def test_s1_bad_input_stands_at_its_field_and_changes_nothing(
    office: At, played: Stocked, unchanged: Callable[[], object]
) -> None:
    director = office("director")
    for fields, words in (
        ({"last_day": ""}, "闭馆要填截止日"),
        ({"last_day": "2021-01-01"}, "不能早于开始日期"),
        ({"spread_most": "0"}, "填 0 等于全部不许"),
        ({"name": ""}, "必填"),
        ({"due_mode": "none"}, "none"),
    ):
        with unchanged():  # type: ignore[attr-defined]
            answer = director.post("/office/phases/add/?kind=closed", **(CLOSED | fields))
        assert answer.status_code == 422, fields
        assert words in text_of(answer), text_of(answer)
    phase = written(director, first_day="2021-02-01")
    answer = director.post(f"/office/phases/{phase}/apply/")
    assert answer.status_code == 422
    assert "已过去的日子" in text_of(answer)
    assert director.get("/office/phases/add/?kind=party", status=404)


def test_x1_a_desk_clerk_has_no_phases(office: At, played: Stocked) -> None:
    office("desk").get("/office/phases/", status=403)


def test_d3_a_rule_is_tried_on_a_past_year(office: At, played: Stocked) -> None:
    director = office("director")
    assert "规则模拟" in director.get("/office/rules/")
    asked = {
        "place": "main", "year": "2020", "reader_category": "*", "item_category": "*",
        "loan_limit": "10", "loan_days": "60", "renewal_limit": "1", "renewal_days": "30",
    }  # fmt: skip
    said = director.get("/office/rules/try/", **asked)
    assert "2020 年外借：模拟前后" in said
    assert "各月日均在外册数" in said
    assert "该年没有外借" in director.get("/office/rules/try/", **(asked | {"year": "2018"}))
    assert "必填" in director.get("/office/rules/try/", 422, **(asked | {"loan_days": ""}))
    director.get("/office/rules/try/", 403, **(asked | {"place": "nowhere"}))


def test_s1_until_further_notice_goes_on_until_an_end_is_named(
    office: At, played: Stocked, ctx: Contexts
) -> None:
    director = office("director")
    phase = written(director, until_notice="on")
    address = f"/office/phases/{phase}/"
    director.post(address + "apply/")
    finish(phase, ctx)
    assert "恢复时间另行通知" in director.get("/office/phases/")
    answer = director.post(address + "end/", last_day="2021-04-20", until_notice="on")
    assert "截止日没有变化" in text_of(answer)
    director.post(address + "end/", last_day="2021-04-20")
    kept = places.phase(phase)
    assert (kept.last_day, kept.until_notice) == (date(2021, 4, 20), False)
    assert "恢复时间另行通知" not in director.get("/office/phases/")
