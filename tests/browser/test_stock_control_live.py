"""K1, B3: every page of stock control in Chromium, at both widths, with something on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.stockcontrol import commands
from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support import yearly
from tests.support.library import PASSWORD, Contexts, Library
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def played(scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: yearly.LATER)
    made: Stocked = scene("office.year", lambda: yearly.play(library))
    return made


def test_every_page_of_stock_control(
    page: Page, played: Stocked, ctx: Contexts, live_server: Any, console: Console
) -> None:
    main = played.library.main

    def by() -> Context:
        return ctx("cataloguer", at=yearly.LATER)

    inventory = commands.open_inventory(place=main, note="年终清点", ctx=by())
    run = commands.begin_run(inventory=inventory, source="hand", digest="a" * 64, ctx=by())
    commands.add_scans(run=run, first=1, codes=["B001", "X999"], ctx=by())
    proposal = commands.open_withdrawal(place=main, name="破损旧书", basis="剔旧办法", ctx=by())
    commands.list_for_withdrawal(
        proposal=proposal, barcodes=["B005", "X999"], cause="worn", ctx=by()
    )
    page.goto(f"{live_server.url}/staff/login/?next=/office/inventories/")
    page.locator("#id_username").fill("cataloguer")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("清点")
    faults = []
    for path in (
        "inventories/",
        f"inventories/{inventory}/",
        f"inventories/{inventory}/phone/",
        "withdrawals/",
        f"withdrawals/{proposal}/",
        "rebalancing/",
        "rotations/",
    ):
        answer = page.goto(f"{live_server.url}/office/{path}")
        assert answer is not None
        assert answer.status == 200, path
        for width in (1366, 375):
            page.set_viewport_size({"width": width, "height": 800})
            found = no_overflow(page) + small_targets(page, 24) + axe(page)
            faults += [f"{path} at {width}: {fault}" for fault in found]
    assert faults == []
    console.assert_clean()
