"""Readers' pages in Chromium: a reader signs in inside WeChat at 360 px and renews, without script as
well; every new page in every view; the PIN's slip at the desk; what the office writes.

Pages are kept as pictures in the folder that SHUXIANG_TEST_PICTURES names, when it is set.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.patrons import commands as patrons
from shuxiang.apps.places import commands as places
from shuxiang.apps.staff import commands as staff
from shuxiang.kernel import clock
from tests.browser.checks import PATIENCE, Console, axe, no_overflow, small_targets
from tests.support.library import PASSWORD, Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db
NOW = moment("2020-06-10", "15:30")
PIN = "482913"
WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 MicroMessenger/8.0.42(0x18002a2f) NetType/4G Language/zh_CN"
)
PUBLIC = {
    "about": "/about/",
    "places": "/places/",
    "rules": "/rules/",
    "card": "/rules/card/",
    "news": "/news/",
    "sign-in": "/account/sign-in/",
    "home": "/",
}
PERSONAL = {
    "account": "/account/",
    "history": "/account/history/",
    "profile": "/account/profile/",
    "pin": "/account/pin/",
    "pin-changed": "/account/pin/changed/",
}


def _people(library: Library) -> Stocked:
    made = build(library)
    ctx = Contexts(library)
    for barcode, day in (("B001", "2020-05-01"), ("B002", "2020-05-13"), ("B004", "2020-05-20")):
        circulation.check_out(
            item_barcode=barcode, card=made.cards["adult"], ctx=ctx(at=moment(day))
        )
    circulation.check_in(item_barcode="B004", ctx=ctx(at=moment("2020-06-01")))
    places.change_place(
        place=library.main,
        name="总馆",
        address="源城区建设大道 1 号",
        phone="0762-3300000",
        ctx=ctx(),
    )
    places.set_day(
        place=library.main, day=date(2020, 6, 19), open=False, reason="设备检修",
        include_branches=True, ctx=ctx(),
    )  # fmt: skip
    places.announce(
        title="端午节开放安排", text="端午节当天闭馆。\n\n其余日子照常开放。", places=(library.main,),
        first_day=date(2020, 6, 1), ctx=ctx(),
    )  # fmt: skip
    places.set_page_text(
        place=library.main, key="about", text="本馆成立于 1958 年。\n\n下设两个分馆。", ctx=ctx()
    )
    circulation.add_rule(
        place=library.main, valid_from=date(2020, 7, 1), loan_limit=8, loan_days=45,
        note="增加册次", ctx=ctx(at=NOW),
    )  # fmt: skip
    circulation.add_rule(
        place=library.east, valid_from=date(2020, 6, 10), loan_limit=2, loan_days=15,
        renewal_limit=0, ctx=ctx(at=NOW),
    )  # fmt: skip
    for role in ("desk", "director"):
        # Older than 90 days, it would have to be changed first.
        staff.set_password(
            account=library.staff[role],
            password_hash=staff.hashed(PASSWORD, username=role),
            ctx=ctx(role, at=NOW),
        )
    return made


@pytest.fixture
def stocked(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made: Stocked = scene("browser.readers", lambda: _people(library))
    return made


@pytest.fixture
def slip(stocked: Stocked, ctx: Contexts) -> str:
    plain, hashed = patrons.draw_pin(stocked.patrons["adult"])
    patrons.set_pin(patron=stocked.patrons["adult"], pin_hash=hashed, ctx=ctx("desk", at=NOW))
    return plain


@pytest.fixture
def base(stocked: Stocked, live_server: Any) -> str:
    return str(live_server.url)


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("SHUXIANG_TEST_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def enter(page: Page, base: str, slip: str) -> None:
    """From the account's address to a PIN of one's own and the loans."""
    page.goto(f"{base}/account/")
    page.get_by_label("读者证号，或已绑定的证件号").fill("00000001")
    page.get_by_label("密码").fill(slip)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("h1")).to_have_text("修改密码")
    page.locator("#id_old").fill(slip)
    page.locator("#id_new").fill(PIN)
    page.locator("#id_again").fill(PIN)
    page.get_by_role("button", name="修改密码").click()
    page.get_by_role("main").get_by_role("link", name="我的借阅").click()


@pytest.mark.parametrize("script", [True, False], ids=["in WeChat", "without script"])
def test_signing_in_and_renewing_at_360(
    browser: Browser, base: str, slip: str, script: bool
) -> None:
    """X2: loans and renewal work without script; the same inside WeChat's browser."""
    context = browser.new_context(
        java_script_enabled=script,
        user_agent=WECHAT,
        locale="zh-CN",
        viewport={"width": 360, "height": 640},
        is_mobile=True,
        has_touch=True,
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    console = Console(page)
    enter(page, base, slip)
    expect(page.locator(".loan-cards > li")).to_have_count(2)
    expect(page.locator(".bottom-bar .nav-item")).to_have_count(4)
    expect(page.locator(".bottom-bar [aria-current=page]")).to_have_text("我的借阅")
    page.get_by_role("button", name="续借 三体").click()
    expect(page.get_by_role("status").filter(has_text="续借")).to_have_text("已续借 1 册。")
    page.get_by_role("button", name="全部续借").click()
    expect(page.get_by_role("status").filter(has_text="续借")).to_contain_text("2 册未能续借")
    if script:
        assert axe(page) == []
        assert no_overflow(page) == []
    picture(page, f"renewed-{'script' if script else 'plain'}")
    with page.expect_navigation():
        page.get_by_role("button", name="退出").click()
    page.goto(f"{base}/account/")
    expect(page.locator("h1")).to_have_text("登录")
    console.assert_clean()
    context.close()


@pytest.mark.parametrize("view", ["standard", "elder-20"])
def test_every_page_in_every_view(
    page: Page, base: str, slip: str, console: Console, view: str
) -> None:
    """X3, X4, X6, X7: axe, no overflow, targets, a clean console under the policy, the weight."""
    page.context.add_cookies([{"name": "shuxiang_view", "value": view, "url": base}])
    _look(page, base, PUBLIC, view)
    enter(page, base, slip)
    page.goto(f"{base}/account/history/")
    with page.expect_navigation():
        page.get_by_role("button", name="显示我借过的书").click()
    _look(page, base, PERSONAL, view)
    page.goto(f"{base}/news/")
    page.get_by_role("link", name="端午节开放安排").click()
    expect(page.locator("article p").nth(1)).to_have_text("端午节当天闭馆。")
    assert axe(page) == []
    console.assert_clean()


def _look(page: Page, base: str, pages: dict[str, str], view: str) -> None:
    page.wait_for_load_state("networkidle")
    sizes: list[int] = []

    def weigh(answer: Response) -> None:
        sizes.append(len(answer.body()))

    page.on("response", weigh)
    for name, path in pages.items():
        sizes.clear()
        answer = page.goto(base + path)
        assert answer is not None
        assert answer.status == 200, name
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        for width in (360, 768, 1366):
            page.set_viewport_size({"width": width, "height": 768})
            assert no_overflow(page) == [], (name, width)
            assert small_targets(page, 44 if view == "standard" else 60) == [], (name, width)
            if width != 768:
                picture(page, f"{name}-{view}-{width}")
                assert axe(page) == [], (name, width)
        assert 0 < sum(sizes) <= 150 * 1024, name
    page.remove_listener("response", weigh)


def _staff(page: Page, base: str, path: str, username: str) -> None:
    page.goto(base + path)
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(base + path)


def test_a_new_pin_at_the_desk(page: Page, base: str, stocked: Stocked, console: Console) -> None:
    patron = stocked.patrons["adult"]
    _staff(page, base, f"/desk/readers/{patron}/", "desk")
    page.locator("summary", has_text="重置密码").click()
    picture(page, "desk-reader")
    assert axe(page) == []
    assert no_overflow(page) == []
    page.get_by_role("button", name="生成新密码").click()
    expect(page.locator("h1")).to_contain_text("已重置密码")
    expect(page.locator("[data-print]")).to_be_focused()
    page.locator("summary", has_text="显示密码").click()
    pin = page.locator(".issued .big-number").inner_text()
    assert len(pin) == 6
    assert pin in page.locator(".slip").text_content()  # type: ignore[operator]
    for width in (375, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        picture(page, f"desk-pin-{width}")
        assert axe(page) == []
        assert no_overflow(page) == []
    page.goto(f"{base}/desk/register/?family={stocked.patrons['child']}")
    expect(page.locator("#h-family")).to_have_text("监护人（取自登记）")
    for width in (375, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        picture(page, f"desk-family-{width}")
        assert axe(page) == []
        assert no_overflow(page) == []
    console.assert_clean()


def test_the_office_writes_an_announcement(page: Page, base: str, console: Console) -> None:
    _staff(page, base, "/office/news/", "director")
    page.get_by_role("button", name="发布").click()
    expect(page.locator("[role=alert]")).to_contain_text("公告没有标题。")
    page.get_by_label("标题").fill("暑期延长开放")
    page.get_by_label("正文").fill("七月起开放至 21:00。")
    page.get_by_role("button", name="发布").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    for path in ("/office/news/", "/office/about/"):
        page.goto(base + path)
        for width in (375, 1366):
            page.set_viewport_size({"width": width, "height": 768})
            picture(page, f"{path.strip('/').replace('/', '-')}-{width}")
            assert axe(page) == [], (path, width)
            assert no_overflow(page) == [], (path, width)
    page.goto(f"{base}/office/news/")
    with page.expect_navigation():
        page.get_by_role("link", name="修改 暑期延长开放").click()
    assert axe(page) == []
    page.locator("summary", has_text="撤下").click()
    page.locator(".confirm-body button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    # The browser itself notes a refused form.
    assert [line for line in console.lines if "422" not in line] == []
