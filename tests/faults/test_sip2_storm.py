"""Sixteen terminals, a server killed in their midst and started again by its supervisor (F1, F7, I19)."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from shuxiang.formats import sip2

ROOT = Path(__file__).resolve().parents[2]
TERMINALS = 16
KILLS = 3
SECONDS_BETWEEN = 4.0
CLI = [sys.executable, "-m", "shuxiang.interfaces.cli.main"]
BLANK = " " * 18

LIBRARY = {
    "branches": [{"code": "main", "name": "总馆"}],
    "sip_accounts": [
        {
            "login": "lobby",
            "password": "storm-1",
            "branch": "main",
            "institution": "main",
            "encoding": "utf-8",
            "error_detection": True,
        }
    ],
    "patron_types": [{"code": "adult", "name": "成人"}],
    "patrons": [{"pattern": "P%05d", "count": TERMINALS, "name": "Reader %05d", "type": "adult"}],
    "items": [{"pattern": "I%06d", "count": 2000, "title": "Title %06d"}],
    "rules": {"loan_days": 30, "loans_at_once": 2000},
}


@dataclass
class Storm:
    """What the terminals were told: books that are out by the last answer, and how many answers."""

    port: int
    ends: float
    out: dict[str, str] = field(default_factory=dict)
    acknowledged: int = 0
    retried: int = 0
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Terminal:
    """One machine: sends a frame until it is answered, after a reconnect byte for byte the same."""

    def __init__(self, storm: Storm, number: int) -> None:
        self.storm, self.number = storm, number
        self.socket: socket.socket | None = None
        self.rest = b""
        self.sequence = 0

    def connect(self) -> None:
        while time.monotonic() < self.storm.ends + 30:
            with suppress(OSError):
                self.socket = socket.create_connection(("127.0.0.1", self.storm.port), timeout=20)
                self.rest = b""
                self.socket.sendall(b"9300CNlobby|COstorm-1|\r")
                if self.line() == b"941":
                    return
            self.hang_up()
            time.sleep(0.1)
        raise TimeoutError("the server did not come back")

    def hang_up(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket = None

    def line(self) -> bytes:
        assert self.socket is not None
        while b"\r" not in self.rest:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError
            self.rest += more
        found, _, self.rest = self.rest.partition(b"\r")
        return found

    def ask(self, text: str) -> bytes:
        data = f"{text}AY{self.sequence}AZ".encode()
        self.sequence = (self.sequence + 1) % 10
        frame = data + sip2.checksum(data).encode() + b"\r"
        first = True
        while True:
            try:
                if self.socket is None:
                    self.connect()
                assert self.socket is not None
                self.socket.sendall(frame)
                answer = self.line()
            except (OSError, ConnectionError):
                self.hang_up()
                first = False
                continue
            if answer.startswith(b"96"):
                first = False
                time.sleep(0.05)
                continue
            with self.storm.lock:
                self.storm.acknowledged += 1
                self.storm.retried += not first
            return answer

    def work(self) -> None:
        chance = random.Random(self.number)
        mine = [f"I{n:06d}" for n in range(1 + self.number, 2001, TERMINALS)]
        held: list[str] = []
        turn = 0
        while time.monotonic() < self.storm.ends:
            turn += 1
            at = f"20261129    {turn % 10**6:06d}"
            if held and chance.random() < 0.5:
                book = held.pop(chance.randrange(len(held)))
                answer = self.ask(f"09N{at}{at}AP|AOmain|AB{book}|AC|")
                self.told(book, answer, b"101", "")
            else:
                book = chance.choice([b for b in mine if b not in held])
                card = f"P{self.number + 1:05d}"
                answer = self.ask(f"11NN{at}{BLANK}AOmain|AA{card}|AB{book}|AC|")
                self.told(book, answer, b"121", card)
                held.append(book)

    def told(self, book: str, answer: bytes, right: bytes, card: str) -> None:
        with self.storm.lock:
            if not answer.startswith(right):
                self.storm.faults.append(f"{book}: {answer.decode()}")
            if card:
                self.storm.out[book] = card
            else:
                self.storm.out.pop(book, None)


@contextmanager
def served(env: dict[str, str], port: int) -> Iterator[subprocess.Popen[str]]:
    command = [*CLI, "sip2", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as supervisor:
        try:
            yield supervisor
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(30)


def server_of(supervisor: int) -> int | None:
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return int(children[0]) if children else None


def test_f1_every_acknowledged_transaction_survives_kills_in_a_storm(tmp_path: Path) -> None:
    described = tmp_path / "library.json"
    described.write_text(json.dumps(LIBRARY), encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SHUXIANG_", "DJANGO_"))}
    env |= {"SHUXIANG_HOME": str(tmp_path / "home"), "SHUXIANG_BALLAST_MB": "0"}
    env["PYTHONPATH"] = str(ROOT)
    made = subprocess.run(
        [*CLI, "init", "--fixture", str(described)],
        cwd=ROOT, env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with served(env, port) as supervisor:
        storm = Storm(port, time.monotonic() + (KILLS + 1) * SECONDS_BETWEEN)
        terminals = [Terminal(storm, n) for n in range(TERMINALS)]
        threads = [threading.Thread(target=t.work) for t in terminals]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            time.sleep(SECONDS_BETWEEN)
            pid = server_of(supervisor.pid)
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        for terminal in terminals:
            terminal.hang_up()
    assert storm.faults == []
    assert storm.acknowledged > 500
    assert _out(tmp_path / "home") == storm.out
    checked = subprocess.run([*CLI, "check"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    assert "BROKEN" not in checked.stdout


def _out(home: Path) -> dict[str, str]:
    """What is on loan by the database: barcode → card."""
    import sqlite3

    with closing(sqlite3.connect(home / "library.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return dict(
            database.execute(
                "SELECT i.barcode, c.number FROM circulation_loan l "
                "JOIN stock_item i ON i.id = l.item_id JOIN patrons_card c ON c.id = l.card_id "
                "WHERE l.returned_at IS NULL"
            ).fetchall()
        )
