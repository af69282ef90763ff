"""The self-service machine in Chromium at both sizes of its screens, with the simulated bridge (row G2)."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from shuxiang.apps.circulation import models
from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.places import commands as places
from shuxiang.apps.places import queries
from shuxiang.bridge.devices import IdCard
from shuxiang.bridge.protocol import Bridge
from shuxiang.bridge.server import Server
from shuxiang.bridge.simulated import Hardware, book_tag, devices
from shuxiang.formats import rfid
from shuxiang.interfaces.common.middleware import SecurityHeaders
from shuxiang.kernel import clock
from shuxiang.kernel.context import Actor, Context
from shuxiang.ledger.models import Event
from tests.apps.patrons import people
from tests.browser.checks import Console, axe, no_overflow, small_targets, until
from tests.interfaces.kiosk.conftest import NOW, PIN, Machines, make
from tests.support.library import Contexts, Library

pytestmark = pytest.mark.db
SIZES = {"portrait": (1080, 1920), "landscape": (1280, 1024)}

_SMALL_TEXT = """(least) => [...document.querySelectorAll("#screen *, .k-over:not([hidden]) *")]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())
    && e.getClientRects().length && !e.closest(".sr-only, [hidden]")
    && parseFloat(getComputedStyle(e).fontSize) + 0.01 < least)
  .map((e) => `${e.tagName} "${e.textContent.trim().slice(0, 12)}" ${getComputedStyle(e).fontSize}`)"""
_OUTSIDE = """() => {
  const found = [];
  if (document.scrollingElement.scrollHeight > innerHeight) found.push("the page scrolls");
  for (const e of document.querySelectorAll("#screen button, #screen a, #screen input:not([type=hidden])")) {
    const box = e.getBoundingClientRect();
    if (!box.width || e.closest("[hidden]")) continue;
    if (box.top < innerHeight / 3 - 1) found.push(`${e.textContent.trim().slice(0, 12)} stands at ${Math.round(box.top)}`);
    if (box.bottom > innerHeight + 1) found.push(`${e.textContent.trim().slice(0, 12)} is cut off`);
  }
  for (const list of document.querySelectorAll(".k-lines")) {
    if (list.scrollHeight > list.clientHeight + 2) found.push(`a list is ${list.scrollHeight} in ${list.clientHeight}`);
  }
  const body = document.querySelector(".k-body");
  if (body && body.scrollHeight > body.clientHeight + 2) found.push(`the body is ${body.scrollHeight} in ${body.clientHeight}`);
  return found;
}"""


@pytest.fixture
def machines(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch
) -> Machines:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made: Machines = scene("kiosk.machines", lambda: make(library))
    return made


@pytest.fixture
def hardware(machines: Machines, live_server: Any) -> Iterator[Hardware]:
    """The devices of the machine ``all``, over HTTP."""
    made = Hardware()
    server = Server(0, Bridge(devices(made)), [live_server.url], hardware=made)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    places.change_device(
        device=machines.devices["pad"],
        settings={
            "bridge": f"http://127.0.0.1:{server.server_port}",
            "functions": ["borrow", "return", "renew", "inquiry", "card"],
            "offline": "none",
        },
        ctx=Contexts(machines.stocked.library)(),
    )
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def kiosk(page: Page, live_server: Any, machines: Machines, hardware: Hardware) -> Page:
    """The first screen of the machine with every device."""
    enter(page, live_server, machines)
    return page


def enter(page: Page, live_server: Any, machines: Machines) -> None:
    """Make the browser the machine with every device."""
    login, secret = machines.secrets["pad"]
    width, height = SIZES["landscape"]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{live_server.url}/kiosk/enrol/")
    page.get_by_label("设备编号").fill(login)
    page.get_by_label("设备密码").fill(secret)
    page.get_by_role("button", name="设置").click()
    expect(page.locator("h1")).to_have_text("您要办理什么？")
    until(page, "Boolean(globalThis.kiosk)")


def check(page: Page, name: str) -> None:
    """X3 and §3.8 of a screen, at both sizes and in large type: axe, nothing scrolls, overlaps or is cut
    off, text from 32 px, keys from 96 px and in the lower two thirds."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for large in (False, True):
            page.evaluate(
                "on => document.documentElement.classList.toggle('kiosk-large', on)", large
            )
            where = (name, size, large)
            assert no_overflow(page) == [], where
            assert page.evaluate(_OUTSIDE) == [], where
            assert page.evaluate(_SMALL_TEXT, 40 if large else 32) == [], where
            assert small_targets(page, 96) == [], where
        page.evaluate("document.documentElement.classList.remove('kiosk-large')")
    assert axe(page) == [], name


def type_out(page: Page, text: str) -> None:
    """As a scanner does."""
    for sign in text:
        page.keyboard.press(sign)
    page.keyboard.press("Enter")


def lay(hardware: Hardware, *barcodes: str, lent: bool = False) -> None:
    hardware.tags = {f"E{n}": book_tag(f"E{n}", b, lent=lent) for n, b in enumerate(barcodes)}


def sign_in(page: Page, machines: Machines, tile: str) -> None:
    page.get_by_role("link", name=re.compile(f"^{tile}")).click()
    expect(page.locator("h1")).to_have_text("请刷读者证")
    page.wait_for_load_state()
    type_out(page, machines.stocked.cards["adult"])
    expect(page.locator("h1")).to_have_text("请输入密码")
    for digit in PIN:
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="下一步").click()


def test_g2_borrow_from_pad_and_scanner(
    kiosk: Page, machines: Machines, hardware: Hardware, console: Console
) -> None:
    check(kiosk, "home")
    kiosk.get_by_role("link", name=re.compile("^借书")).click()
    expect(kiosk.locator("h1")).to_have_text("请刷读者证")
    check(kiosk, "card")
    type_out(kiosk, machines.stocked.cards["adult"])
    expect(kiosk.locator("h1")).to_have_text("请输入密码")
    check(kiosk, "pin")
    kiosk.get_by_label("密码").fill(PIN)
    kiosk.get_by_role("button", name="下一步").click()
    expect(kiosk.locator("h1")).to_have_text("请借书")
    check(kiosk, "borrow")
    lay(hardware, "B001", "B002", "B003", "B004", "B005")
    expect(kiosk.locator("h1")).to_have_text("垫板上有 5 册，对吗？")
    check(kiosk, "pad")
    kiosk.get_by_role("button", name="对，5 册").click()
    expect(kiosk.locator("h1")).to_contain_text("已办 5 册")
    assert {tag.afi for tag in hardware.tags.values()} == {rfid.AFI_LENT}
    # Two scans quicker than any answer: both count, in order; the first of them twice is one.
    kiosk.evaluate("kiosk.scan('B006'); kiosk.scan('B006'); kiosk.scan('NOPE')")
    expect(kiosk.locator("h1")).to_contain_text("已办 5 册 · 2 册未办")
    check(kiosk, "borrowed")
    kiosk.get_by_role("button", name="手工输入").click()
    expect(kiosk.get_by_label("条码下方的号码")).to_be_visible()
    check(kiosk, "typing")
    for sign in ("X", "9", "⌫", "8"):
        kiosk.get_by_role("button", name="退格" if sign == "⌫" else sign, exact=True).click()
    kiosk.get_by_role("button", name="确定").click()
    expect(kiosk.locator("[data-live]")).to_contain_text("馆员马上就来")
    kiosk.get_by_role("button", name="我自己继续").click()
    expect(kiosk.locator("h1")).to_contain_text("已办 5 册 · 3 册未办")
    assert len(circulation.open_loans(machines.stocked.patrons["adult"])) == 5
    sounds = kiosk.evaluate("kiosk.sounds.played")
    assert sounds[-1] == "refused"
    assert "ok" in sounds
    kiosk.get_by_role("button", name="打印凭条").click()
    expect(kiosk.locator("h1")).to_have_text("请取凭条")
    assert "红楼梦" in hardware.slips[-1][0]
    kiosk.get_by_role("button", name="继续办理").click()
    expect(kiosk.locator("h1")).to_contain_text("已办 5 册")
    hardware.faults = {"paper-out"}
    kiosk.get_by_role("button", name="打印凭条").click()
    expect(kiosk.locator("h1")).to_have_text("请用手机扫码")
    check(kiosk, "code")
    kiosk.get_by_role("button", name="下一位").or_(
        kiosk.get_by_role("button", name="退出")
    ).first.click()
    expect(kiosk.locator("h1")).to_have_text("您要办理什么？")
    # A device that says no is no fault of the page, but Chromium writes it down.
    assert [line for line in console.lines if "409" not in line] == []


def test_g2_return_renew_and_look(
    kiosk: Page, machines: Machines, hardware: Hardware, console: Console
) -> None:
    sign_in(kiosk, machines, "借书")
    for code in ("B001", "B002"):
        type_out(kiosk, code)
    expect(kiosk.locator("h1")).to_contain_text("已办 2 册")
    kiosk.get_by_role("button", name="下一位").click()
    sign_in(kiosk, machines, "续借")
    expect(kiosk.locator("h1")).to_contain_text("您现借 2 册")
    check(kiosk, "loans")
    kiosk.get_by_role("button", name="全部续借").click()
    expect(kiosk.locator("h1")).to_contain_text("已续借 2 册")
    check(kiosk, "renewed")
    kiosk.get_by_role("button", name="下一位").click()
    kiosk.get_by_role("link", name=re.compile("^还书")).click()
    lay(hardware, "B001", "B002", lent=True)
    kiosk.get_by_role("button", name="对，2 册").click()
    expect(kiosk.locator("h1")).to_contain_text("已办 2 册")
    assert {tag.afi for tag in hardware.tags.values()} == {rfid.AFI_IN_LIBRARY}
    assert circulation.open_loans(machines.stocked.patrons["adult"]) == ()
    kiosk.get_by_role("button", name="呼叫馆员").click()
    expect(kiosk.locator("h1")).to_contain_text("馆员马上就来")
    check(kiosk, "called")
    console.assert_clean()


def test_c2_a_card_in_three_touches(kiosk: Page, hardware: Hardware, console: Console) -> None:
    kiosk.get_by_role("link", name=re.compile("^办证")).click()
    expect(kiosk.locator("h1")).to_have_text("您同意吗？")
    check(kiosk, "consent")
    kiosk.get_by_role("button", name="同意", exact=True).click()
    expect(kiosk.locator("h1")).to_have_text("请放身份证")
    check(kiosk, "identity")
    hardware.id_card = IdCard("何来", people.id_number(clock.business_date(NOW).replace(1991), 7))
    expect(kiosk.locator("h1")).to_have_text("请输入手机号")
    check(kiosk, "phone")
    kiosk.get_by_label("手机号").fill("13800138000")
    kiosk.get_by_role("button", name="下一步").click()
    expect(kiosk.locator("h1")).to_have_text("请核对")
    check(kiosk, "confirm")
    kiosk.get_by_role("button", name="办证", exact=True).click()
    expect(kiosk.locator("h1")).to_have_text("办证成功")
    check(kiosk, "done")
    assert len(hardware.taken) == 1
    console.assert_clean()


def test_s3_nothing_is_left_of_a_reader(
    kiosk: Page, context: BrowserContext, machines: Machines, live_server: Any
) -> None:
    """Stillness is warned of and then wipes; Back and the cache show nothing; keys open nothing."""
    sign_in(kiosk, machines, "查询")
    expect(kiosk.locator(".k-who")).to_have_text("李*")
    kiosk.evaluate("kiosk.warnNow()")
    expect(kiosk.get_by_role("alertdialog")).to_be_visible()
    check(kiosk, "still")
    kiosk.get_by_role("button", name="我还在，继续").click()
    expect(kiosk.get_by_role("alertdialog")).to_be_hidden()
    expect(kiosk.locator(".k-who")).to_have_text("李*")
    before = kiosk.evaluate("history.length")
    kiosk.evaluate("kiosk.wipe()")
    expect(kiosk.locator("h1")).to_have_text("您要办理什么？")
    assert kiosk.evaluate("history.length") == before
    kiosk.go_back()
    assert "李" not in kiosk.content()
    kiosk.goto(f"{live_server.url}/kiosk/inquiry/")
    expect(kiosk.locator("h1")).to_have_text("请刷读者证")
    assert kiosk.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == []
    pages = len(context.pages)
    for chord in ("Control+t", "Control+n", "Control+p", "Alt+Home", "F5", "F11", "Control+s"):
        kiosk.keyboard.press(chord)
    assert len(context.pages) == pages
    expect(kiosk.locator("h1")).to_have_text("请刷读者证")


def test_without_a_connection_it_says_so_and_goes_on_by_itself(
    kiosk: Page, context: BrowserContext
) -> None:
    context.set_offline(True)
    kiosk.evaluate("void kiosk.open('/kiosk/return/')")
    lost = kiosk.locator("[data-lost]")
    expect(lost).to_be_visible()
    expect(lost).to_contain_text("与图书馆的网络中断")
    until(kiosk, "document.querySelector('[data-live]').textContent.includes('网络中断')")
    context.set_offline(False)
    expect(kiosk.locator("h1")).to_have_text("请还书")
    expect(lost).to_be_hidden()


def lends_alone(machines: Machines) -> None:
    device = machines.devices["pad"]
    found = queries.device(device)
    assert found is not None
    places.change_device(
        device=device,
        settings={**found.settings, "offline": "lend"},
        ctx=Contexts(machines.stocked.library)(),
    )


@contextmanager
def away() -> Iterator[None]:
    """The library answers nobody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SecurityHeaders, "__call__", lambda self, request: HttpResponse(status=503))
        yield


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHUXIANG_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"kiosk-alone-{name}.png"))


def test_g2_h1_lends_and_takes_back_without_a_network_and_records_it_after(
    page: Page,
    live_server: Any,
    machines: Machines,
    hardware: Hardware,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    lends_alone(machines)
    enter(page, live_server, machines)
    until(page, "globalThis.kiosk?.canGoOn")
    page.context.set_offline(True)
    page.get_by_role("link", name=re.compile("^借书")).click()
    expect(page.locator("h1")).to_have_text("离线可借书、还书")
    expect(page.locator(".k-hint")).to_have_text("离线借书，联网后记账。")
    check(page, "alone")
    shot(page, "home")
    page.get_by_role("link", name="其他业务").click()
    expect(page.locator("h1")).to_have_text("断网时不能办理")
    shot(page, "not")
    page.get_by_role("button", name="返回").click()
    page.get_by_role("link", name=re.compile("离线借书")).click()
    type_out(page, "NOBODY")
    expect(page.locator(".k-said")).to_contain_text("不认识这张证")
    type_out(page, machines.stocked.cards["adult"])
    expect(page.locator(".k-who")).to_have_text("李*")
    expect(page.locator("h1")).to_have_text("请借书")
    # Chromium without a network reaches no bridge either; a library that is away is the same to a page.
    with away():
        page.context.set_offline(False)
        lay(hardware, "B001", "B002")
        expect(page.locator("h1")).to_have_text("垫板上有 2 册，对吗？")
        shot(page, "pad")
        page.get_by_role("button", name="对，2 册").click()
        expect(page.locator("h1")).to_have_text("已办 2 册")
        expect(page.locator(".k-hint")).to_have_text("离线借书，联网后记账。")
        assert {tag.afi for tag in hardware.tags.values()} == {rfid.AFI_LENT}
        type_out(page, "R001")
        expect(page.locator("h1")).to_have_text("已办 2 册 · 1 册未办")
        check(page, "alone-lent")
        shot(page, "lent")
        page.get_by_role("button", name="打印凭条").click()
        expect(page.locator("h1")).to_have_text("请取凭条")
        assert "离线办理，联网后记账。" in hardware.slips[-1][0]
        page.get_by_role("button", name="办完了").click()
        page.get_by_role("link", name=re.compile("离线还书")).click()
        type_out(page, "B001")
        expect(page.locator("h1")).to_have_text("已办 1 册")
        # The machine is switched off and on: the page comes from the browser, and nothing was lost.
        page.goto(f"{live_server.url}/kiosk/")
        expect(page.locator(".k-hint")).to_have_text("离线借书，联网后记账。 3 笔待上传")
        assert Event.objects.filter(channel="offline").count() == 0
    expect(page.locator("h1")).to_have_text("您要办理什么？")
    until(page, "globalThis.kiosk?.canGoOn")
    rows = Event.objects.filter(channel="offline", type__startswith="loan.").order_by("id")
    assert [(e.type, e.actor_kind, e.actor) for e in rows] == [
        (kind, "terminal", machines.devices["pad"])
        for kind in ("loan.opened", "loan.opened", "loan.closed")
    ]
    adult = machines.stocked.patrons["adult"]
    assert [loan.barcode for loan in circulation.open_loans(adult)] == ["B002"]
    assert models.PaperEntry.objects.exclude(state="done").count() == 0


def test_g2_the_office_s_pages_of_machines_at_both_widths(
    page: Page, live_server: Any, machines: Machines
) -> None:
    """Devices, one device, what a machine is set to, and the machines that call: one load each."""
    library = machines.stocked.library
    device = machines.devices["pad"]
    places.call_staff(
        code="printer",
        ctx=Context(
            actor=Actor("terminal", device),
            channel="kiosk",
            service_point=library.main,
            occurred_at=NOW,
        ),
    )
    http = Client()
    user = get_user_model().objects.get(pk=library.staff["admin"])
    http.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = settings.SESSION_COOKIE_NAME
    page.context.add_cookies(
        [{"name": cookie, "value": http.cookies[cookie].value, "url": live_server.url}]
    )
    for name, path in (
        ("devices", "/office/devices/"),
        ("device", f"/office/devices/{device}/"),
        ("settings", f"/office/devices/{device}/machine/"),
        ("calls", "/office/machines/"),
    ):
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto(f"{live_server.url}{path}")
        for width in (1366, 375):
            page.set_viewport_size({"width": width, "height": 768})
            assert no_overflow(page) == [], (name, width)
            assert small_targets(page, 24) == [], (name, width)
            shot(page, f"office-{name}-{width}")
        assert axe(page) == [], name
