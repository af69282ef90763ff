"""The page of the backups in Chromium, on a phone and on a desk's screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.staff import commands as staff
from shuxiang.kernel import clock
from shuxiang.runtime.models import Backup
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.support.library import PASSWORD, Contexts, Library

pytestmark = pytest.mark.db


def test_backups(
    page: Page, library: Library, ctx: Contexts, live_server: Any, console: Console
) -> None:
    now = clock.now()
    # Older than 90 days it would have to be changed first.
    staff.set_password(
        account=library.staff["admin"],
        password_hash=staff.hashed(PASSWORD, username="admin"),
        ctx=ctx("admin", at=now),
    )
    for hours, kind, good in ((30, "nightly", True), (54, "upgrade", True), (6, "nightly", False)):
        at = now - timedelta(hours=hours)
        Backup.objects.create(
            kind=kind,
            started_at=at,
            finished_at=at,
            good=good,
            tested=good,
            size=48_000_000 if good else 0,
            ledger_seq=56_123,
            path=f"/mnt/backup/shuxiang-{at:%Y%m%d-%H%M%S}.tar.zst" if good else "",
            detail="" if good else "/mnt/backup has 5 MB free and a backup may need 146 MB",
        )
    page.goto(f"{live_server.url}/staff/login/?next=/office/backups/")
    page.locator("#id_username").fill("admin")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("备份")
    for width in (1366, 375):
        page.set_viewport_size({"width": width, "height": 768})
        assert no_overflow(page) == []
        assert axe(page) == []
        assert small_targets(page, 24) == []
    page.get_by_role("button", name="立即备份").click()
    expect(page.get_by_text("半分钟内开始备份")).to_be_visible()
    console.assert_clean()
