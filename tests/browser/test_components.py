"""Every shared component on its gallery page: axe, no overflow, targets, an empty console."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import Console, axe, no_overflow, small_targets

PAGES = [
    "/portal/?message=1",
    "/states/",
    "/view/",
    "/help/",
    "/office/?bad=1",
    "/desk/?kind=ok",
    "/desk/?kind=ask",
]
WIDTHS = [375, 768, 1366]


def choose_view(page: Page, gallery: str, value: str) -> None:
    page.context.add_cookies([{"name": "shuxiang_view", "value": value, "url": gallery}])


@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_and_fits(page: Page, gallery: str, console: Console, path: str) -> None:
    """X3, X7: 0 axe violations, no overflow, nothing blocked by the policy, at each width."""
    page.goto(gallery + path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 768})
        assert no_overflow(page) == [], width
        assert axe(page) == [], width
    console.assert_clean()


@pytest.mark.parametrize("size", ["18", "20", "24", "30"])
@pytest.mark.parametrize("path", PAGES[:4])
def test_elder_view_keeps_everything(
    page: Page, gallery: str, console: Console, path: str, size: str
) -> None:
    """X4: larger text and targets of 60 px, the same links and buttons as the standard view."""
    page.set_viewport_size({"width": 375, "height": 768})
    page.goto(gallery + path)
    names = "Array.from(document.querySelectorAll('main a, main button'), (e) => e.textContent)"
    before = page.evaluate(names)
    choose_view(page, gallery, f"elder-{size}")
    page.goto(gallery + path)
    assert page.evaluate(names) == before
    assert page.evaluate("getComputedStyle(document.body).fontSize") == f"{size}px"
    assert no_overflow(page) == []
    assert small_targets(page, 60) == []
    if size in ("20", "30"):
        assert axe(page) == []
    console.assert_clean()


@pytest.mark.parametrize("path", PAGES[:4])
def test_portal_targets(page: Page, gallery: str, path: str) -> None:
    for width in (360, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        page.goto(gallery + path)
        assert small_targets(page, 44) == []
        assert no_overflow(page) == []


@pytest.mark.parametrize("path", PAGES[4:])
def test_staff_targets(page: Page, gallery: str, path: str) -> None:
    page.goto(gallery + path)
    assert small_targets(page, 24) == []


@pytest.mark.parametrize("height", [650, 768])
def test_desk_fits_without_scrolling(page: Page, gallery: str, height: int) -> None:
    page.set_viewport_size({"width": 1366, "height": height})
    page.goto(f"{gallery}/desk/?kind=ask")
    assert page.evaluate("document.scrollingElement.scrollHeight") == height
    for part in ("[data-scan-input]", "[data-result]", "[data-prompt]", "[data-log]", ".keys"):
        box = page.locator(part).bounding_box()
        assert box is not None, part
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height, part


def test_result_word_is_readable_from_afar(page: Page, gallery: str) -> None:
    """1.5 m asks for about 7.5 mm: 28 px at the 96 px an inch of a desk screen."""
    page.goto(f"{gallery}/desk/?kind=ok")
    size = page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('[data-result-word]')).fontSize)"
    )
    assert size >= 28


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 503])
def test_error_pages(page: Page, gallery: str, status: int) -> None:
    answer = page.goto(f"{gallery}/error/{status}/")
    assert answer is not None
    assert answer.status == status
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("main")).to_contain_text(f"代码 {status}")
    assert axe(page) == []
    assert no_overflow(page) == []


def test_view_switch_without_script(gallery: str, browser: object) -> None:
    """X2, X4: the switch is a form and the choice stays."""
    context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(f"{gallery}/portal/?q=1")
    expect(page.locator("html")).to_have_attribute("data-view", "standard")
    page.get_by_role("button", name="长辈版").click()
    expect(page).to_have_url(f"{gallery}/portal/?q=1")
    expect(page.locator("html")).to_have_attribute("data-view", "elder")
    page.goto(f"{gallery}/view/")
    page.get_by_label("30 像素").check()
    with page.expect_navigation():
        page.get_by_role("button", name="保存").click()
    page.goto(f"{gallery}/portal/")
    expect(page.locator("html")).to_have_attribute("data-text", "30")
    context.close()


def test_offline_banner_follows_the_network(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/portal/")
    expect(page.locator("#offline")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_contain_text("网络中断")
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()


def test_inline_script_and_style_are_blocked(page: Page, gallery: str, console: Console) -> None:
    """S7, X7: what a record smuggles into a page neither runs nor styles."""
    page.goto(f"{gallery}/help/")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.hit = 1";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend",
            "<img src=x onerror='window.hit = 2'><p id=mark style='position:fixed'>x</p>");
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit ?? null") is None
    assert page.evaluate("getComputedStyle(document.getElementById('mark')).position") == "static"
    assert any("Content Security Policy" in line for line in console.lines)


def test_portal_page_weight(page: Page, gallery: str) -> None:
    """X6: at most 150 KB without covers, counted before compression."""
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    page.goto(f"{gallery}/portal/", wait_until="networkidle")
    assert 40_000 < sum(sizes) <= 150 * 1024


def test_a_turned_tablet_keeps_its_menu(page: Page, gallery: str) -> None:
    """Folded where it is narrow; wide again, no button could open it."""
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto(f"{gallery}/office/")
    item = page.locator(".side .nav-item").first
    expect(item).to_be_hidden()
    page.set_viewport_size({"width": 1024, "height": 768})
    expect(item).to_be_visible()
