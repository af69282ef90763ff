"""The pages about the library: figures, sites and hours, rules, 办证须知, announcements (Build 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.interfaces.portal.views import library as views
from shuxiang.kernel import clock
from tests.interfaces.portal.conftest import text_of
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
NOW = moment("2020-06-10", "15:30")


@pytest.fixture
def stocked(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    views._figures.cache_clear()
    made: Stocked = scene("circulation.stocked", lambda: build(library))
    return made


def see(path: str, status: int = 200) -> str:
    answer = Client().get(path)
    assert answer.status_code == status, path
    return text_of(answer.content)


def announce(ctx: Contexts, *sites: str, **values: Any) -> str:
    given: dict[str, Any] = {"title": "通知", "text": "正文", "first_day": date(2020, 6, 1)}
    return places.announce(**(given | values), places=sites, ctx=ctx(at=NOW))


def test_about_has_the_library_s_words_and_counted_figures(stocked: Stocked, ctx: Contexts) -> None:
    places.set_page_text(
        place=stocked.library.main, key="about", text="第一段\n\n<script>x</script>", ctx=ctx()
    )
    page = see("/about/")
    assert "总馆概况" in page
    assert "藏书（种） 4 藏书（册） 10 分馆 2 服务点 1 有效读者证 3" in page
    assert "<p>第一段</p>" in Client().get("/about/").content.decode()
    assert "&lt;script&gt;" in Client().get("/about/").content.decode()


def test_sites_with_hours_and_open_or_closed_now(
    stocked: Stocked, ctx: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = stocked.library.main
    places.change_place(
        place=main, name="总馆", address="建设大道 1 号", phone="0762-3300000", ctx=ctx()
    )
    places.set_day(
        place=main, day=date(2020, 6, 11), open=False, reason="设备检修", ctx=ctx(at=NOW)
    )
    page = see("/places/")
    assert "总馆 开放中，至 17:00 建设大道 1 号 0762-3300000" in page
    assert "6月10日 星期三 今天 09:00–17:00 6月11日 星期四 闭馆 设备检修" in page
    assert "2020年6月11日 闭馆 ：设备检修 总馆" in page.replace("闭馆：", "闭馆 ：")
    monkeypatch.setattr(clock, "now", lambda: moment("2020-06-10", "17:00"))
    page = see("/places/")
    assert "总馆 现在闭馆 2020年6月12日 09:00 开放" in page
    assert "东区分馆 现在闭馆 2020年6月11日 09:00 开放" in page


def test_closings_are_announced_a_fortnight_ahead(stocked: Stocked, ctx: Contexts) -> None:
    def shut(day: date, reason: str, place: str = "", **values: Any) -> None:
        places.set_day(
            place=place or stocked.library.main,
            day=day,
            open=False,
            reason=reason,
            ctx=ctx(at=NOW),
            **values,
        )

    shut(date(2020, 6, 22), "盘点", include_branches=True)
    shut(date(2020, 6, 23), "盘点", include_branches=True)
    shut(date(2020, 6, 24), "太远了")
    shut(date(2020, 6, 12), "停电", place=stocked.library.east)
    page = see("/")
    assert "2020年6月12日 闭馆：停电 东区分馆" in page
    assert "2020年6月22日 – 2020年6月23日 闭馆：盘点 所有馆点" in page
    assert page.index("停电") < page.index("盘点")
    assert "太远了" not in page


def test_rules_are_written_out_from_those_in_force(stocked: Stocked, ctx: Contexts) -> None:
    library = stocked.library
    circulation.add_rule(
        place=library.main, valid_from=date(2020, 7, 1), loan_limit=8, loan_days=45,
        renewal_limit=2, renewal_days=15, ctx=ctx(at=NOW),
    )  # fmt: skip
    circulation.add_rule(
        place=library.east, reader_category="child", valid_from=date(2020, 6, 1), loan_limit=2,
        loan_days=15, renewal_limit=0, ctx=ctx(at=NOW),
    )  # fmt: skip
    page = see("/rules/")
    everybody = "成人、老年、残障、集体、馆员、临时、家庭"
    renewable = "可续借 1 次，每次延长 30 天。 逾期后不能续借。 有逾期未还时不能再借。"
    held = "最多可预约 5 种，到书后保留 5 天。 有读者在等的书不能续借。"
    assert (
        f"全馆 {everybody} 最多借 5 册，借期 30 天。 {renewable} {held} "
        "少儿 最多借 3 册，借期 30 天。"
    ) in page
    assert (
        f"全馆 自2020年7月1日起 {everybody} 最多借 8 册，借期 45 天。 可续借 2 次，每次延长 15 天。"
        in page
    )
    assert "少儿 最多借 2 册，借期 15 天。 不可续借。" in page[page.index("东区分馆") :]
    assert "西区分馆" not in page


def test_a_kind_that_is_not_lent_stands_apart(stocked: Stocked, ctx: Contexts) -> None:
    circulation.add_rule(
        place=stocked.library.main, item_category="av", valid_from=date(2020, 6, 1),
        loan_limit=2, loan_days=7, ctx=ctx(at=NOW),
    )  # fmt: skip
    circulation.add_rule(
        place=stocked.library.main, reader_category="temporary", valid_from=date(2020, 6, 1),
        lendable=False, loan_limit=0, loan_days=0, ctx=ctx(at=NOW),
    )  # fmt: skip
    page = see("/rules/")
    assert "临时 不外借，供馆内阅览。" in page
    assert "视听资料 最多借 2 册，借期 7 天。" in page


def test_how_to_get_a_card_follows_the_categories(stocked: Stocked, ctx: Contexts) -> None:
    page = see("/rules/card/")
    assert "未满 14 周岁：须由父母或其他监护人陪同" in page
    assert "成人 16 周岁以上。 有效期 5 年。" in page
    assert "少儿 15 周岁及以下。 未满 18 周岁须有监护人。 有效期 5 年。" in page
    assert "临时 有效期 2 个月。" in page
    patrons.set_category(
        code="youth", name="青少年", least_age=12, most_age=17, valid_months=12, ctx=ctx()
    )
    assert "青少年 12 至 17 周岁。 有效期 1 年。" in see("/rules/card/")


def test_news_in_force_and_its_text_as_typed(stocked: Stocked, ctx: Contexts) -> None:
    library = stocked.library
    one = announce(ctx, library.main, title="<b>节日</b>安排", text="一\n\n<img src=x onerror=1>")
    east = announce(ctx, library.east, library.west, title="分馆", last_day=date(2020, 6, 10))
    later = announce(ctx, library.main, title="以后", first_day=date(2020, 6, 11))
    over = announce(ctx, library.main, title="从前", last_day=date(2020, 6, 9))
    page = see("/news/")
    assert "分馆 2020年6月1日 · 东区分馆 · 西区分馆" in page
    assert "<b>节日</b>安排 2020年6月1日" in page
    assert "以后" not in page
    assert "从前" not in page
    html = Client().get(f"/news/{one}/").content.decode()
    assert "<p>一</p>" in html
    assert "&lt;img src=x onerror=1&gt;" in html
    assert "<img src=x" not in html
    assert "公告已过期" in see(f"/news/{over}/")
    assert "2020年6月1日 – 2020年6月10日" in see(f"/news/{east}/")
    see(f"/news/{later}/", status=404)
    see(f"/news/{'0' * 32}/", status=404)
    assert "<b>节日</b>安排 06-01" in see("/")


def test_many_announcements_are_paged(
    stocked: Stocked, ctx: Contexts, django_assert_max_num_queries: Any
) -> None:
    assert "目前没有公告" in see("/news/")
    for n in range(45):
        announce(ctx, stocked.library.main, title=f"第{n}号")
    page = see("/news/")
    assert "第44号" in page
    assert "第24号" not in page
    assert "第 1 / 3 页，共 45" in page
    assert "第0号" in see("/news/?page=3")
    assert Client().get("/news/?page=4").status_code == 302
    with django_assert_max_num_queries(5):
        Client().get("/news/")


def test_a_bar_of_four(stocked: Stocked) -> None:
    for path in ("/", "/places/", "/about/"):
        html = Client().get(path).content.decode()
        assert html.count('class="nav-item"') == 4
        assert "首页 检索 本馆 我的借阅" in text_of(html.encode())
