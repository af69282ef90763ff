"""The public pages in Chromium: every page at every width and view, and a search without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from shuxiang.interfaces.common import finding
from shuxiang.kernel import clock
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support import shelves
from tests.support.library import Library
from tests.support.shelves import Shelves

pytestmark = pytest.mark.db
PAGES = {
    "home": "/",
    "results": "/search/?q=丛刊&language=eng&place=east",
    "nothing": "/search/?q=zzzz&place=east",
    "all": "/search/",
    "classes": "/browse/",
    "shelf": "/browse/K/",
    "empty-shelf": "/browse/A/",
    "title": "/title/{hlm}/",
    "described": "/title/{fly}/",
    "record": "/title/{fly}/marc/",
    "reports": "/report/",
}


@pytest.fixture
def filled(scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch) -> Shelves:
    monkeypatch.setattr(clock, "now", lambda: shelves.NOW)
    made: Shelves = scene("portal.shelves", lambda: shelves.fill(library))
    shelves.index()
    return made


@pytest.fixture
def base(filled: Shelves, live_server: Any) -> str:
    return str(live_server.url)


def address(base: str, filled: Shelves, name: str) -> str:
    return base + PAGES[name].format(hlm=filled.stocked.titles[0], fly=filled.fly)


@pytest.mark.parametrize("view", ["standard", "elder-20", "elder-30"])
def test_every_page_in_every_view(
    page: Page, base: str, filled: Shelves, console: Console, view: str
) -> None:
    """X3, X4, X6, X7: axe, no overflow, targets, a clean console under the policy, the weight."""
    page.context.add_cookies([{"name": "shuxiang_view", "value": view, "url": base}])
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    for name in PAGES:
        sizes.clear()
        answer = page.goto(address(base, filled, name))
        assert answer is not None
        assert answer.status == 200, name
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        for width in (360, 768, 1366):
            page.set_viewport_size({"width": width, "height": 768})
            assert no_overflow(page) == [], (name, width)
            assert small_targets(page, 44 if view == "standard" else 60) == [], (name, width)
            if width != 768 and view != "elder-30":
                assert axe(page) == [], (name, width)
        assert 0 < sum(sizes) <= 150 * 1024, name
    console.assert_clean()


def test_a_search_without_script(browser: Browser, base: str) -> None:
    """X2: search, narrow down, sort, a title, its record and back."""
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(base)
    page.get_by_label("书名、作者、ISBN 或拼音").fill("congkan")
    page.get_by_role("button", name="检索").click()
    expect(page.get_by_role("status")).to_contain_text("45 种")
    page.locator("summary", has_text="筛选与排序").click()
    page.get_by_role("link", name="英语 9").click()
    expect(page.get_by_role("status")).to_contain_text("9 种")
    page.locator("summary", has_text="筛选与排序").click()
    page.get_by_role("link", name="出版从新到旧").click()
    expect(page.locator("article h2").first).to_have_text("丛刊第45种")
    page.get_by_role("link", name="移除此条件").click()
    expect(page.get_by_role("status")).to_contain_text("45 种")
    page.get_by_role("link", name="下一页").click()
    expect(page.locator(".pager")).to_contain_text("第 2 / 3 页")
    page.locator("article h2 a").first.click()
    expect(page.locator("h1")).to_contain_text("丛刊第")
    page.get_by_role("link", name="MARC 记录").click()
    expect(page.locator("h1")).to_have_text("MARC 记录")
    page.get_by_role("link", name="返回书目").click()
    page.get_by_role("link", name="同类图书").click()
    expect(page).to_have_url(re.compile(r"/search/\?class=K209"))
    context.close()


def test_the_page_without_an_index(
    page: Page, base: str, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding.search, "search", lambda query: None)
    for width in (360, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        page.goto(f"{base}/search/?q=红楼")
        expect(page.get_by_role("status").first).to_contain_text("检索服务暂时不可用")
        expect(page.locator("article")).to_have_count(1)
        assert axe(page) == []
        assert no_overflow(page) == []
    console.assert_clean()
