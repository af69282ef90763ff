"""R1, R3: the gates' page and the pad in Chromium, at both widths; readers see who is inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.places import commands as places
from shuxiang.apps.visits import commands
from shuxiang.kernel import clock
from shuxiang.runtime import sql
from tests.apps.visits.conftest import Gates, build, passed
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support.library import PASSWORD, Contexts, Library, moment

pytestmark = pytest.mark.db


@pytest.fixture
def gates(scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch) -> Gates:
    monkeypatch.setattr(clock, "now", lambda: moment("2020-06-10", "10:00"))
    found: Gates = scene("visits.gates", lambda: build(library))
    found.send(passed(1, day="2020-06-09", count=30), at=moment("2020-06-09", "17:00"))
    found.send(passed(2, count=12), passed(3, "out", "09:45"), passed(2, "out", "09:50"))
    sql.run("UPDATE staff_account SET password_changed_at = ?", moment("2020-06-09"))
    commands.note_silences(ctx=Contexts(library)())
    places.set_setting(place=library.main, key="visits.limit", value=50, ctx=Contexts(library)())
    return found


def check(page: Page, path: str) -> None:
    for width in (375, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        assert no_overflow(page) == [], (path, width)
        assert small_targets(page, 24) == [], (path, width)
        assert axe(page) == [], (path, width)


def test_the_gates_pages(page: Page, gates: Gates, live_server: Any, console: Console) -> None:
    page.goto(f"{live_server.url}/staff/login/?next=/office/gates/")
    page.locator("#id_username").fill("desk")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".figure").first).to_contain_text("11 / 50")
    check(page, "gates")
    page.goto(f"{live_server.url}/office/gates/main/{gates.north}/2020-06-10/")
    check(page, "correct")
    page.goto(f"{live_server.url}/office/gates/pad/?place=main")
    page.get_by_role("button", name="+1 进").click()
    expect(page.locator(".figure").first).to_contain_text("12 / 50")
    check(page, "pad")
    page.goto(f"{live_server.url}/places/")
    expect(page.locator(".inside").first).to_contain_text("在馆 12 人，上限 50 人")
    check(page, "places")
    console.assert_clean()
