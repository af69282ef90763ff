"""B5, B6, F3: drifting books, the register and pickup times in Chromium at both widths."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.circulation import commands as circulation
from shuxiang.apps.circulation import queries as loans
from shuxiang.apps.drift import commands, queries
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from tests.apps.drift.conftest import Drifting, drifting  # noqa: F401 - fixture
from tests.apps.phases.acts import closed, write
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support.library import PASSWORD, Contexts, moment

pytestmark = pytest.mark.db


def check(page: Page, path: str, least: int = 24) -> None:
    for width in (375, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        assert no_overflow(page) == [], (path, width)
        assert small_targets(page, least) == [], (path, width)
        assert axe(page) == [], (path, width)


def test_the_pages_of_drifting_books_sites_and_pickup_times(
    page: Page,
    drifting: Drifting,  # noqa: F811
    live_server: Any,
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = moment("2020-06-10", "15:30")
    monkeypatch.setattr(clock, "now", lambda: now)
    stocked, ctx = drifting.stocked, Contexts(drifting.stocked.library)
    sql.run("UPDATE staff_account SET password_changed_at = ?", moment("2020-06-09"))
    commands.make_link(
        site=drifting.house, token_hash=queries.token_hash("kept"), ctx=ctx("director")
    )
    book = f"{live_server.url}/drift/{drifting.codes[0]}/"
    page.goto(book)
    page.get_by_role("button", name="我拿走").click()
    expect(page.get_by_text("祝阅读愉快")).to_be_visible()
    page.get_by_label("留在哪里").fill("客运站候车室")
    page.get_by_role("button", name="我留在那里了").click()
    expect(page.get_by_text("客运站候车室")).to_be_visible()
    check(page, "drift", 44)
    for path in ("/places/reading/", "/keeper/kept/", "/keeper/kept/?way=full"):
        page.goto(live_server.url + path)
        check(page, path)
    page.goto(f"{live_server.url}/keeper/kept/?way=sample")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="都找过了").click()
    expect(page.get_by_text("清点 1 册。")).to_be_visible()
    _ready(stocked, ctx, now)
    phase = write(stocked.library.main, closed("2020-06-11", "2020-06-30"), ctx("director", at=now))
    page.goto(f"{live_server.url}/staff/login/?next=/office/reading-sites/")
    page.locator("#id_username").fill("director")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("陈阿姨")).to_be_visible()
    check(page, "office sites")
    for path in (
        f"/office/reading-sites/{drifting.house}/",
        f"/office/reading-sites/{drifting.house}/edit/",
        f"/office/phases/{phase}/",
        "/desk/holds/pickups/?day=2020-06-11",
        f"/desk/readers/{stocked.patrons['adult']}/holds/",
    ):
        page.goto(live_server.url + path)
        check(page, path)
    page.get_by_label("另一时段").select_option(index=0)
    page.get_by_role("button", name="改到此时段").click()
    expect(page.get_by_text("09:30–10:00")).to_be_visible()
    console.assert_clean()


def _ready(stocked: Any, ctx: Contexts, now: Any) -> None:
    """A book is ready for the adult, who has a time tomorrow."""
    main = stocked.library.main
    desk = ctx("desk", at=now)
    circulation.place_hold(
        title=stocked.titles[1], card=stocked.cards["adult"], pickup=main, ctx=desk.with_key("h")
    )
    circulation.check_in(item_barcode="B002", ctx=desk.with_key("i"))
    circulation.open_slots(
        place=main, first=date(2020, 6, 11), last=date(2020, 6, 11), opens=time(9),
        closes=time(10), minutes=30, capacity=2, ctx=desk.with_key("s"),
    )  # fmt: skip
    slot = loans.slots_to_book([main], now)[0]
    circulation.book_pickup(slot=slot.id, patron=stocked.patrons["adult"], ctx=desk.with_key("b"))
