"""The running system over HTTP: the desk's check-out, the search page, memory when idle."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from shuxiang.bench import library

LOANS = 300
PAGES = 150
QUESTIONS = (
    "红楼梦",
    "hlm",
    "三体",
    "中国历史",
    "儿童文学",
    "余华",
    "世界",
    "dongyeguiwu",
    "I247",
    "故事",
)
START_SECONDS = 60
SETTLE_SECONDS = 12


class Browser:
    """A client with cookies on one kept-alive connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
                "X-Requested-With": "scanbox",
            }
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, response.read().decode()


def run(made: library.Made) -> list[tuple[str, float, str]]:
    """Start ``shuxiang run`` on this home and measure it; rows of (name, value, unit)."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "shuxiang.interfaces.cli.main", "run", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        started = time.perf_counter()
        wait(port)
        rows = [("web: start to first answer", round(library.timed(started), 1), "s")]
        time.sleep(SETTLE_SECONDS)
        rows.append(("run: idle after start, PSS of the group", pss(server.pid), "MB"))
        rows += _desk(port, made)
        rows += _pages(port)
        return rows
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _desk(port: int, made: library.Made) -> list[tuple[str, float, str]]:
    browser = Browser(port)
    _, page = browser.send("GET", "/staff/login/")
    form = {
        "csrfmiddlewaretoken": _token(page),
        "username": library.CLERK,
        "password": library.PASSWORD,
    }
    browser.send("POST", "/staff/login/", form)
    status, page = browser.send("GET", "/desk/")
    if status != 200:
        raise RuntimeError(f"the desk answers {status}")
    common = {"csrfmiddlewaretoken": _token(page), "mode": "checkout"}
    times = []
    state = ""
    for number in range(LOANS + 20):
        if number % 4 == 0:
            card = made.cards[number // 4 % len(made.cards)]
            _, answer = browser.send(
                "POST", "/desk/scan/", common | {"scan": card, "request_key": f"c{number}"}
            )
            found = re.search(r'"state": ?"([^"]*)"', answer)
            state = found[1] if found else ""
        scan = {"scan": made.barcodes[-1 - number], "state": state, "request_key": f"s{number}"}
        began = time.perf_counter()
        status, answer = browser.send("POST", "/desk/scan/", common | scan)
        if status != 200 or '"kind": "ok"' not in answer:
            raise RuntimeError(f"the scan was answered {status}: {answer[:200]}")
        if number >= 20:
            times.append(library.timed(began) * 1000)
    return [
        ("desk: check-out over HTTP, p50", round(library.quantile(times, 0.5), 1), "ms"),
        ("desk: check-out over HTTP, p95", round(library.quantile(times, 0.95), 1), "ms"),
    ]


def _pages(port: int) -> list[tuple[str, float, str]]:
    browser = Browser(port)
    times, sizes = [], []
    for number in range(PAGES + 20):
        began = time.perf_counter()
        status, page = browser.send(
            "GET", f"/search/?q={quote(QUESTIONS[number % len(QUESTIONS)])}"
        )
        if status != 200:
            raise RuntimeError(f"the search page answers {status}")
        if number >= 20:
            times.append(library.timed(began) * 1000)
            sizes.append(float(len(page.encode())))
    return [
        ("search page with facets, p50", round(library.quantile(times, 0.5), 1), "ms"),
        ("search page with facets, p95", round(library.quantile(times, 0.95), 1), "ms"),
        ("search page, HTML, largest", round(max(sizes) / 1024), "KB"),
    ]


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("the page has no form token")
    return found[1]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(port: int) -> None:
    """Until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            browser = Browser(port)
            if browser.send("GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer in time")


def pss(leader: int) -> float:
    """Proportional set size of a process group, in MB (Linux)."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getpgid(int(entry.name)) != leader:
                continue
            text = (entry / "smaps_rollup").read_text()
        except (OSError, ProcessLookupError):
            continue
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        total += int(found[1]) if found else 0
    return round(total / 1024)
