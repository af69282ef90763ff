"""H1: the offline desk in a real browser: enrolled once, works without a network, syncs when it is back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Page, expect

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import models, queries
from shuxiang.apps.places import commands as places
from shuxiang.apps.stock import queries as stock
from shuxiang.apps.stock.commands import items
from shuxiang.kernel import clock
from shuxiang.ledger.models import Event
from tests.apps.patrons import people
from tests.browser.checks import Console, axe, no_overflow, small_targets, until
from tests.support.library import Contexts, Library, moment
from tests.support.stocked import Stocked, build

pytestmark = pytest.mark.db


@dataclass(frozen=True)
class Scene:
    stocked: Stocked
    device: str
    secret: str
    reader: str
    card: str
    other: str


def _stock(library: Library) -> Scene:
    stocked = build(library)
    ctx = Contexts(library)
    for n in range(8):
        items.add_item(
            title=stocked.titles[n % 3], barcode=f"9{n:07d}", owner=library.east, category="book",
            ctx=ctx(at=moment("2020-01-03")),
        )  # fmt: skip
    # Cards of 2020 have expired for the browser, whose clock is today's.
    readers = [
        people.adult(
            ctx(at=clock.now()), number=people.id_number(date(1991, 5, n), 1), name="欧阳明华"
        )
        for n in (1, 2)
    ]
    circulation.check_out(item_barcode="90000005", card=readers[1].number, ctx=ctx(at=clock.now()))
    made = places.add_device(
        place=library.east, kind="offline", login="east-1", name="东区一号", ctx=ctx()
    )
    first, second = readers
    return Scene(stocked, made.id, made.secret, first.patron, first.number, second.patron)


@pytest.fixture
def scene_(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Scene:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    made: Scene = scene("browser.offline", lambda: _stock(library))
    return made


@pytest.fixture
def base(scene_: Scene, live_server: Any) -> str:
    return str(live_server.url)


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("SHUXIANG_TEST_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"offline-{name}.png"))


def scan(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def enrol(page: Page, base: str, secret: str) -> None:
    page.goto(f"{base}/offline/")
    expect(page.locator("#login")).to_be_focused()
    page.keyboard.type("east-1")
    page.keyboard.press("Tab")
    page.keyboard.type(secret)
    page.keyboard.press("Enter")
    expect(page.locator("[data-scan-input]")).to_be_focused()
    expect(page.locator("[data-unsent]")).to_have_text("全部已上传")
    expect(page.locator("[data-age]")).to_contain_text("数据时间")


def word(page: Page, text: str) -> None:
    expect(page.locator("[data-result-word]")).to_have_text(text)


def lend_and_return_five(page: Page, card: str) -> None:
    scan(page, card)
    word(page, "读者")
    expect(page.locator("[data-reader] .reader-name")).to_have_text(re.compile(r"^.\*+$"))
    for n in range(3):
        scan(page, f"9000000{n}")
        expect(page.locator("[data-log] li")).to_have_count(n + 1)
        word(page, "已借出")
    page.keyboard.press("F3")
    scan(page, "90000000")
    word(page, "已还")
    scan(page, "90000005")
    expect(page.locator("[data-log] li")).to_have_count(5)
    word(page, "已还")


def test_h1_lend_and_return_without_a_network_and_sync(
    page: Page, console: Console, base: str, scene_: Scene
) -> None:
    stocked = scene_.stocked
    enrol(page, base, scene_.secret)
    until(page, "navigator.serviceWorker.controller !== null")
    shot(page, "enrolled")
    page.context.set_offline(True)
    branch = scene_.stocked.library.staff["branch"]
    expect(page.locator("[data-notes]")).to_contain_text("当班人员")
    page.locator("[data-clerk]").select_option(branch)
    expect(page.locator("[data-notes]")).not_to_contain_text("当班人员")
    lend_and_return_five(page, scene_.card)
    # Within a function of its own: what a script ends in is called if it is a function.
    page.evaluate(
        "() => { window.print = () => { window.printed = [...document.querySelectorAll("
        "'[data-slip] li .code')].map((line) => line.textContent); }; }"
    )
    page.keyboard.press("F8")
    until(page, "window.printed !== undefined")
    assert page.evaluate("window.printed") == ["90000001", "90000002"]
    # The reader takes the last one along after all: a line of its own takes the return back.
    scan(page, "90000001")
    expect(page.locator("[data-log] li")).to_have_count(6)
    page.locator("[data-undo]").click()
    expect(page.locator("[data-log] li")).to_have_count(7)
    word(page, "已撤销")
    expect(page.locator("[data-log] li").nth(1)).to_contain_text("已撤销")
    shot(page, "offline")
    # The page itself comes from the browser, and what was done is still there.
    page.reload()
    expect(page.locator("[data-log] li")).to_have_count(7)
    expect(page.locator("[data-unsent]")).to_have_text("7 笔未上传")
    expect(page.locator("[data-net]")).to_contain_text("断网")
    page.keyboard.press("F2")
    scan(page, scene_.card)
    scan(page, "R001")
    expect(page.locator("[data-result-say]")).to_contain_text("馆内")
    word(page, "不能办理")
    assert Event.objects.filter(channel="offline").count() == 0
    page.context.set_offline(False)
    expect(page.locator("[data-unsent]")).to_have_text("全部已上传")
    expect(page.locator("[data-log] .badge-ok")).to_have_count(6)
    shot(page, "synced")
    rows = [
        (e.type, e.place, e.actor)
        for e in Event.objects.filter(channel="offline", type__startswith="loan.").order_by("id")
    ]
    assert rows == [
        (kind, stocked.library.east, scene_.device)
        for kind in ("loan.opened",) * 3 + ("loan.closed",) * 2
    ]
    assert {v.barcode for v in queries.open_loans(scene_.reader)} == {
        "90000001",
        "90000002",
    }
    assert queries.open_loans(scene_.other) == ()
    lines = models.JournalLine.objects.order_by("counter").values_list("entry__state", "clerk")
    assert list(lines) == [*[("done", branch)] * 5, ("undone", branch), ("done", branch)]
    said = [line for line in console.lines if "ERR_INTERNET_DISCONNECTED" not in line]
    assert said == []


KEPT = """async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open("shuxiang-offline");
    asked.onsuccess = () => done(asked.result);
  });
  const all = {};
  for (const name of db.objectStoreNames) {
    all[name] = await new Promise((done) => {
      const asked = db.transaction(name).objectStore(name).getAll();
      asked.onsuccess = () => done(asked.result);
    });
  }
  db.close();
  return JSON.stringify(all);
}"""


def test_h1_what_can_not_be_decided_is_asked_and_the_rest_wiped_at_the_end(
    page: Page, base: str, scene_: Scene, at_width: Callable[[int], None]
) -> None:
    enrol(page, base, scene_.secret)
    until(page, "navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    scan(page, "X777")
    expect(page.locator("[data-prompt] h2")).to_contain_text("X777")
    shot(page, "unknown")
    page.keyboard.press("k")
    word(page, "待复核")
    # A book on loan by the data is in the hand: taken back and lent, once the clerk says so.
    scan(page, "90000005")
    expect(page.locator("[data-prompt]")).to_contain_text("已借出")
    for width in (1366, 375):
        at_width(width)
        page.wait_for_timeout(100)
        shot(page, f"asked-{width}")
        assert axe(page) == []
        assert no_overflow(page) == []
        assert small_targets(page, 24) == []
    at_width(1366)
    page.keyboard.press("F9")
    expect(page.locator("[data-log] li")).to_have_count(2)
    kept = page.evaluate(KEPT)
    for secret in (scene_.reader, "欧阳明华", f'"{scene_.card}"', scene_.secret):
        assert secret not in kept
    # Two tabs would be two journals.
    second = page.context.new_page()
    page.context.set_offline(False)
    second.goto(f"{base}/offline/")
    expect(second.locator("[data-notes]")).to_contain_text("另一个标签页")
    second.close()
    expect(page.locator("[data-log] .badge-refused")).to_have_count(1)
    expect(page.locator("[data-notes]")).to_contain_text("1 行待处理")
    assert queries.open_loan_of(stocked_item("90000005")) is None
    office(page, base, scene_)
    page.locator("[data-unenrol]").click()
    page.locator("dialog[open] button[value=yes]").click()
    expect(page.locator("#login")).to_be_focused()
    shot(page, "enrol")
    assert axe(page) == []
    at_width(375)
    assert no_overflow(page) == []
    shot(page, "enrol-375")
    assert json.loads(page.evaluate(KEPT)) == {"lines": [], "meta": [], "parts": []}


RESTORE = """async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open("shuxiang-offline");
    asked.onsuccess = () => done(asked.result);
  });
  const act = db.transaction(["meta", "lines"], "readwrite");
  act.objectStore("lines").clear();
  act.objectStore("meta").put({ counter: 0, mac: "0".repeat(64) }, "head");
  await new Promise((done) => { act.oncomplete = done; });
  db.close();
}"""


def test_f13_a_restored_computer_overwrites_nothing_and_goes_on(
    page: Page, base: str, scene_: Scene
) -> None:
    enrol(page, base, scene_.secret)
    page.keyboard.press("F7")
    scan(page, "90000001")
    expect(page.locator("[data-log] .badge-ok")).to_have_count(1)
    # The computer as it was before that line: a copy restored from an old image.
    page.evaluate(RESTORE)
    page.reload()
    expect(page.locator("[data-net]")).to_contain_text("已联网")
    page.keyboard.press("F7")
    scan(page, "90000002")
    expect(page.locator("[data-notes]")).to_contain_text("1 行与已上传的冲突")
    scan(page, "90000003")
    expect(page.locator("[data-log] .badge-ok")).to_have_count(1)
    lines = models.JournalLine.objects.order_by("counter", "id")
    assert [(n.counter, n.chained, n.entry.state, n.entry.barcode) for n in lines] == [
        (1, True, "done", "90000001"),
        (1, False, "conflict", "90000002"),
        (2, True, "done", "90000003"),
    ]


def office(page: Page, base: str, scene_: Scene) -> None:
    """The office shows the same line, at every width."""
    http = Client()
    user = get_user_model().objects.get(pk=scene_.stocked.library.staff["branch"])
    http.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": cookie, "value": http.cookies[cookie].value, "url": base}])
    other = page.context.new_page()
    for width in (1366, 375):
        other.set_viewport_size({"width": width, "height": 768})
        other.goto(f"{base}/office/offline/")
        expect(other.locator("details.confirm summary")).to_have_count(1)
        other.locator("details.confirm summary").click()
        shot(other, f"office-{width}")
        assert axe(other) == []
        assert no_overflow(other) == []
    other.close()


def stocked_item(barcode: str) -> str:
    return stock.scanned_items(barcode)[0].id
