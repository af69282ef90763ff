"""V1: the pages about notices in Chromium at both widths, the reader's and the office's."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shuxiang.apps.notices.channels import Outcome
from shuxiang.interfaces.portal import session
from shuxiang.project import notices as worker
from shuxiang.runtime import sql
from tests.apps.notices.conftest import Gateway, Told, sms, told  # noqa: F401 - fixtures
from tests.browser.checks import Console, axe, no_overflow, small_targets
from tests.interfaces.portal.test_notices import Reader
from tests.support.library import PASSWORD, moment

pytestmark = pytest.mark.db


def check(page: Page, path: str, least: int = 24) -> None:
    for width in (375, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        assert no_overflow(page) == [], (path, width)
        assert small_targets(page, least) == [], (path, width)
        assert axe(page) == [], (path, width)


def test_the_pages_about_notices(
    page: Page,
    told: Told,  # noqa: F811
    sms: Gateway,  # noqa: F811
    live_server: Any,
    console: Console,
) -> None:
    told.set("notices.default_channels", "sms")
    sms.answers = [Outcome("refused", "phone-dead"), Outcome("sent")]
    told.turn("2020-06-30")
    sql.run("UPDATE staff_account SET password_changed_at = ?", moment("2020-06-29"))
    reader = Reader(told, "adult")
    cookie = reader.http.cookies[session.COOKIE].value
    page.context.add_cookies([{"name": session.COOKIE, "value": cookie, "url": live_server.url}])
    for path in ("/account/", "/account/messages/", "/account/notices/"):
        page.goto(live_server.url + path)
        check(page, path)
    page.goto(f"{live_server.url}/staff/login/?next=/office/notices/report/")
    page.locator("#id_username").fill("director")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("电话打不通")).to_be_visible()
    check(page, "report")
    told.at("2020-07-03")
    worker.scan()
    for path in ("", "texts/", "texts/due-soon/", "write/"):
        page.goto(f"{live_server.url}/office/notices/{path}")
        check(page, path)
    page.goto(f"{live_server.url}/desk/readers/{told.adult}/")
    expect(page.get_by_text("通知送不到这位读者")).to_be_visible()
    console.assert_clean()
