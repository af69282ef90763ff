"""Check-out and check-in over SIP2: a server of its own, clients in another process."""

from __future__ import annotations

import contextlib
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth.hashers import make_password

from shuxiang.apps.places import commands as places
from shuxiang.bench import library
from shuxiang.formats import sip2

LOGIN, SECRET = "bench", "bench-1"
CONNECTIONS = 16
IDLE = 64
BLANK = " " * 18
Row = tuple[str, float, str]


def run(made: library.Made, pairs: int) -> list[Row]:
    """Pairs a second, their latency, errors, and what idle terminals cost. Rows of (name, value, unit)."""
    places.add_hashed(
        place=made.place,
        kind="sip2",
        login=LOGIN,
        name=LOGIN,
        settings={"encoding": "utf-8"},
        secret_hash=make_password(SECRET),
        ctx=library.context(made.place),
    )
    with _served() as (port, pid):
        clients = [_Client(port) for _ in range(CONNECTIONS)]
        _play(clients, made, 4)
        began = time.perf_counter()
        times, errors = _play(clients, made, -(-pairs // CONNECTIONS))
        seconds = library.timed(began)
        before = _private_bytes(pid)
        idle = [_Client(port) for _ in range(IDLE)]
        cost = _private_bytes(pid) - before
        for client in (*clients, *idle):
            client.socket.close()
    return [
        (
            f"sip2: durable pairs, {CONNECTIONS} connections",
            round(len(times) / 2 / seconds),
            "pairs/s",
        ),
        ("sip2: message, p50", round(library.quantile(times, 0.5), 1), "ms"),
        ("sip2: message, p99", round(library.quantile(times, 0.99), 1), "ms"),
        ("sip2: message, slowest", round(max(times), 1), "ms"),
        ("sip2: pairs", len(times) // 2, "pairs"),
        ("sip2: errors", errors, "messages"),
        (f"sip2: {IDLE} idle terminals", round(cost / 1e6, 1), "MB"),
    ]


@contextlib.contextmanager
def _served() -> Iterator[tuple[int, int]]:
    """``shuxiang sip2`` on a free port: its port and the serving process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "shuxiang.interfaces.cli.main", "sip2", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as supervisor:
        try:
            _wait_for(port)
            yield port, _child_of(supervisor.pid)
        finally:
            supervisor.send_signal(signal.SIGTERM)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        if time.monotonic() > deadline:
            raise TimeoutError("the SIP2 server did not start")
        time.sleep(0.1)


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return int(children.read_text().split()[0]) if children.exists() else pid


def _private_bytes(pid: int) -> int:
    """The process's proportional set size; 0 where the system does not tell."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    found = re.search(r"^Pss:\s+(\d+) kB", rollup.read_text(), re.M) if rollup.exists() else None
    return int(found[1]) * 1024 if found else 0


class _Client:
    """A terminal that lends and takes back, one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._number = 0
        self._rest = b""
        self.ask(f"9300CN{LOGIN}|CO{SECRET}|")
        self.answer()

    def ask(self, text: str) -> None:
        data = f"{text}AY{self._number}AZ".encode()
        self._number = (self._number + 1) % 10
        self.socket.sendall(data + sip2.checksum(data).encode() + b"\r")

    def answer(self) -> bytes:
        while b"\r" not in self._rest:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the SIP2 server has closed")
            self._rest += more
        found, _, self._rest = self._rest.partition(b"\r")
        return found


def _play(clients: list[_Client], made: library.Made, pairs: int) -> tuple[list[float], int]:
    """Every client lends and takes back ``pairs`` books of its own; all at once. Milliseconds of each
    message, and how many failed."""
    times: list[float] = []
    errors = 0
    with selectors.DefaultSelector() as ready:
        turns = dict.fromkeys(range(len(clients)), 0)
        asked = {}
        for n, client in enumerate(clients):
            ready.register(client.socket, selectors.EVENT_READ, n)
            client.ask(_message(made, n, 0, len(clients)))
            asked[n] = time.perf_counter()
        while turns:
            for key, _ in ready.select():
                n = key.data
                answer = clients[n].answer()
                times.append(library.timed(asked[n]) * 1000)
                errors += answer[:3] != (b"101" if turns[n] % 2 else b"121")
                turns[n] += 1
                if turns[n] == 2 * pairs:
                    del turns[n]
                    ready.unregister(clients[n].socket)
                    continue
                clients[n].ask(_message(made, n, turns[n], len(clients)))
                asked[n] = time.perf_counter()
    return times, errors


def _message(made: library.Made, client: int, turn: int, clients: int) -> str:
    book = made.barcodes[(client + turn // 2 * clients) % len(made.barcodes)]
    at = time.strftime("%Y%m%d    %H%M%S")
    if turn % 2:
        return f"09N{at}{at}AP|AO|AB{book}|AC|"
    card = made.cards[(client + turn // 2 * clients) % len(made.cards)]
    return f"11NN{at}{BLANK}AO|AA{card}|AB{book}|AC|"
