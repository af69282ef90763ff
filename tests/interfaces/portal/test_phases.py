"""What readers see of operating phases (rows S1, S2, S5): notice, public page, quarantined copies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from django.test import Client

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.phases.queries import Terms
from shuxiang.kernel import clock
from tests.apps.phases.acts import applied, closed
from tests.support.library import Contexts, moment
from tests.support.shelves import Shelves


def test_s1_a_closure_stands_on_every_public_page_before_and_while_it_is_so(
    seen: Callable[..., str], filled: Shelves, ctx: Contexts, monkeypatch: Any
) -> None:
    main = filled.stocked.library.main
    terms = closed("2020-06-26", "2020-07-02", notice="应还图书自动顺延。")
    applied(main, terms, ctx("director", at=moment("2020-06-10")))
    for page in ("/", "/places/", "/search/", "/rules/"):
        assert "暂停开放" not in seen(page)
    for day in ("2020-06-12", "2020-07-02"):
        monkeypatch.setattr(clock, "now", lambda day=day: moment(day))
        for page in ("/", "/places/", "/search/", "/rules/"):
            said = seen(page)
            assert (
                "总馆（含分馆）：暂停开放 · 2020年6月26日至2020年7月2日 应还图书自动顺延。" in said
            ), page
    said = seen("/opening/")
    assert "疫情防控" in said
    assert "期间到期的图书自动顺延，不计逾期" in said
    monkeypatch.setattr(clock, "now", lambda: moment("2020-07-03"))
    assert "暂停开放" not in seen("/")
    assert "正常开放" in seen("/opening/")


def test_s1_until_further_notice_promises_no_day(
    seen: Callable[..., str], filled: Shelves, ctx: Contexts, monkeypatch: Any
) -> None:
    main = filled.stocked.library.main
    terms = closed("2020-06-11", "2020-06-24", until_notice=True)
    applied(main, terms, ctx("director", at=moment("2020-06-10")))
    monkeypatch.setattr(clock, "now", lambda: moment("2020-06-12"))
    said = seen("/places/")
    assert "2020年6月11日起，恢复时间另行通知" in said
    assert "6月26日" not in said.replace("6月26日 09", "")


def test_s2_a_limited_opening_is_written_out(
    seen: Callable[..., str], filled: Shelves, ctx: Contexts
) -> None:
    main = filled.stocked.library.main
    terms = Terms(
        kind="limited", name="有序开放", first_day=date(2020, 6, 10), last_day=date(2020, 6, 30),
        hours={2: ((time(9), time(12)),)}, slot_minutes=120, slot_quota=50, moment_quota=80,
        day_quota=200, max_stay_minutes=90, checks=("预约", "口罩"), lanes=("绿色通道",),
        extra_loans=5, loan_days=60, quarantine_hours=24,
    )  # fmt: skip
    applied(main, terms, ctx("director", at=moment("2020-06-09")))
    said = seen("/opening/")
    for words in (
        "星期三 09:00–12:00", "每 120 分钟一个时段，每时段 50 人", "每日限 200 人", "不超过 80 人",
        "请勿停留超过 90 分钟", "预约 → 口罩", "绿色通道", "可多借 5 册", "借期至少 60 天", "静置 24 小时",
    ):  # fmt: skip
        assert words in said, words
    # The rules of the library with what the phase adds: 5 + 5 books, 60 days.
    assert "最多借 10 册，借期 60 天" in seen("/rules/")


def test_s5_a_quarantined_copy_is_not_offered(
    seen: Callable[..., str], filled: Shelves, ctx: Contexts, monkeypatch: Any, http: Client
) -> None:
    main = filled.stocked.library.main
    terms = Terms(
        kind="limited", name="有序开放", first_day=date(2020, 6, 11), last_day=date(2020, 6, 30),
        quarantine_hours=48,
    )  # fmt: skip
    applied(main, terms, ctx("director", at=moment("2020-06-10")))
    title = filled.stocked.titles[0]
    before = seen(f"/title/{title}/")
    circulation.check_in(item_barcode="B001", ctx=ctx("desk", at=moment("2020-06-12", "10:00")))
    monkeypatch.setattr(clock, "now", lambda: moment("2020-06-12", "11:00"))
    during = seen(f"/title/{title}/")
    assert "静置消毒至 6月14日 10:00" in during
    monkeypatch.setattr(clock, "now", lambda: moment("2020-06-14", "10:00"))
    after = seen(f"/title/{title}/")
    assert "静置" not in after.replace("静置 48 小时", "")
    assert ["可借 3 册" in t for t in (before, during, after)] == [True, True, False]
    assert "可借 4 册" in after
