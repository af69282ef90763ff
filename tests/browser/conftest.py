"""Browser fixtures: Chromium, pages under a strict console, the component gallery.

Tests that need a browser are skipped with a reason where no Chromium is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.http import HttpRequest

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import (  # noqa: E402
    Browser,
    BrowserContext,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.checks import PATIENCE, Console  # noqa: E402

# Its own five seconds fail by chance on a busy machine.
expect.set_options(timeout=PATIENCE)
ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--no-first-run",
]


def chromium_path() -> str | None:
    """The system's Chromium, or the one SHUXIANG_TEST_CHROMIUM names; None when there is none."""
    named = os.environ.get("SHUXIANG_TEST_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_kept() -> None:
    """As whitenoise sends them: a page does not ask for its style sheets and scripts again."""
    serve = StaticFilesHandler.serve

    def kept(self: StaticFilesHandler, request: HttpRequest) -> Any:
        answer = serve(self, request)
        answer["Cache-Control"] = f"max-age={settings.WHITENOISE_MAX_AGE}"
        return answer

    StaticFilesHandler.serve = kept


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install the package chromium to run this test")
    # Playwright runs an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path, args=ARGS)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1366, "height": 768}
    )
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page at 1366 × 768; `console` sees everything it complains about."""
    return context.new_page()


@pytest.fixture
def console(page: Page) -> Console:
    """Ask for it before the first navigation, then ``console.assert_clean()``."""
    return Console(page)


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    """Base address of the component gallery, in a process of its own."""
    command = [sys.executable, "-m", "tests.browser.gallery.site"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port.isdigit(), "the gallery did not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def at_width(page: Page) -> Callable[[int], None]:
    def resize(width: int) -> None:
        page.set_viewport_size({"width": width, "height": 768})

    return resize
