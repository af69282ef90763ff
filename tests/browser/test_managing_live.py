"""The office's managing pages in Chromium: nothing axe finds, nothing too wide, at three widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.circulation import queries as circulation
from shuxiang.apps.phases import commands as phases
from shuxiang.apps.staff import commands as staff
from shuxiang.kernel import clock
from tests.apps.phases.acts import closed, write
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support import yearly
from tests.support.library import PASSWORD, Contexts, Library
from tests.support.stocked import Stocked

pytestmark = pytest.mark.db


@pytest.fixture
def played(
    scene: Callable[..., Any], library: Library, monkeypatch: pytest.MonkeyPatch, ctx: Contexts
) -> Stocked:
    monkeypatch.setattr(clock, "now", lambda: yearly.LATER)
    made: Stocked = scene("office.year", lambda: yearly.play(library))
    # One account that sees every page; in a real library these are three people.
    for role in ("admin", "auditor"):
        staff.grant(
            account=library.staff["director"],
            role=role,
            place=library.main,
            ctx=ctx(at=yearly.LATER),
        )
    return made


def test_every_page_at_every_width(
    page: Page, played: Stocked, live_server: Any, console: Console, ctx: Contexts
) -> None:
    base, library = str(live_server.url), played.library
    page.goto(f"{base}/staff/login/?next=/office/")
    page.locator("#id_username").fill("director")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("今日")
    rule = circulation.rules_at(library.main)[0].id
    desk = library.staff["desk"]
    terms = closed("2021-03-01", "2021-04-20", notice="应还图书自动顺延。")
    phase = write(library.main, terms, ctx(at=yearly.LATER))
    phases.add_task(phase=phase, text="张贴公告", who="王主任", ctx=ctx(at=yearly.LATER))
    paths = {
        "home": "/office/",
        "places": "/office/places/",
        "place": "/office/places/at/east/",
        "place_add": "/office/places/add/",
        "setting": "/office/places/at/east/setting/report.scope/",
        "calendar": "/office/places/at/main/calendar/?month=2020-10",
        "hours": "/office/places/at/main/hours/",
        "holidays": "/office/holidays/?year=2020",
        "phases": "/office/phases/",
        "phase_add": "/office/phases/add/?kind=limited",
        "phase": f"/office/phases/{phase}/",
        "phase_revert": f"/office/phases/{phase}/revert/",
        "simulator": "/office/rules/try/?place=main&year=2020&reader_category=*&item_category=*"
        "&loan_limit=10&loan_days=60&renewal_limit=1&renewal_days=30",
        "rules": "/office/rules/?place=main&reader=adult&item=book&day=2021-03-02",
        "rule_add": "/office/rules/add/",
        "rule_end": f"/office/rules/{rule}/end/",
        "reader_categories": "/office/categories/readers/?code=child",
        "item_categories": "/office/categories/items/",
        "variants": "/office/variants/",
        "accounts": "/office/accounts/",
        "account": f"/office/accounts/{desk}/",
        "account_add": "/office/accounts/add/",
        "roles": "/office/roles/",
        "role": "/office/roles/add/?like=branch",
        "changes": "/office/changes/",
    }
    faults = []
    for name, path in paths.items():
        page.goto(f"{base}{path}")
        for width in (375, 768, 1366):
            page.set_viewport_size({"width": width, "height": 900})
            found = no_overflow(page) + small_targets(page, 24)
            if width != 768:
                found += axe(page)
            faults += [f"{name} at {width}: {fault}" for fault in found]
    assert faults == []
    console.assert_clean()
