"""Other libraries' servers for tests: a real one (Zebra), and ones that misbehave over a socket."""

from __future__ import annotations

import contextlib
import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shuxiang.formats.marc import DataField, Record, encode
from shuxiang.formats.marc.charset import Charset
from shuxiang.formats.marc.model import ControlField

PROGRAMS = ("zebrasrv", "zebraidx")

_CONFIG = """\
profilePath: {folder}:/usr/share/idzebra-2.0/tab
modulePath: /usr/lib/idzebra-2.0/modules:{modules}
register: {folder}/register:50M
lockDir: {folder}
attset: bib1.att
index: icu.idx
recordType: grs.marc.cnmarc
encoding: {charset}
perm.anonymous: r
perm.bianmu: r
passwd: {folder}/passwords
"""
_FIELDS = """\
name cnmarc
reference {reference}
attset bib1.att
encoding {charset}
marc cnmarc.mar
esetname F @
all any
elm 010 ISBN -
elm 010/? ISBN -
elm 010/?/a ISBN !:w,any:w
elm 200 title -
elm 200/? title -
elm 200/?/a title !:w,!:p,any:w
elm 200/?/f author !:w,any:w
elm 701 author -
elm 701/? author -
elm 701/?/a author !:w,!:p,any:w
"""


def reason() -> str:
    """Why there is no real server here; '' where there is one."""
    missing = [p for p in PROGRAMS if not shutil.which(p)]
    return f"{', '.join(missing)} not installed (Debian: idzebra-2.0)" if missing else ""


def free_port() -> int:
    """A port nobody listens on, below those that the system hands out: until it is used it can't
    become another's end of a connection."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def cnmarc(
    number: str, isbn: str, title: str, author: str, more: Sequence[DataField] = ()
) -> Record:
    """A small CNMARC record of a book."""
    fields = [
        ControlField("001", number),
        DataField("010", "  ", (("a", isbn), ("d", "CNY39.00"))),
        DataField("100", "  ", (("a", "20200101d2019    em y0chiy50      ea"),)),
        DataField("101", "0 ", (("a", "chi"),)),
        DataField("200", "1 ", (("a", title), ("f", f"{author}著"))),
        DataField("210", "  ", (("a", "北京"), ("c", "人民文学出版社"), ("d", "2019"))),
        DataField("690", "  ", (("a", "I247.57"), ("v", "5"))),
        DataField("701", " 0", (("a", author), ("4", "著"))),
        *more,
    ]
    return Record("     nam0 22     3  450 ", sorted(fields, key=lambda f: f.tag))


class Misbehaving:
    """A server that gives every connection to ``act``; see the functions below."""

    def __init__(self, act: Callable[[socket.socket], None]) -> None:
        self._act = act
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._kept: list[socket.socket] = []
        self._ending = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            link, _ = self._server.accept()
            self._kept.append(link)
            if self._ending:
                return
            with contextlib.suppress(OSError):
                self._act(link)

    def close(self) -> None:
        """Stop, and drop every connection."""
        self._ending = True
        socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        self._thread.join(timeout=60)
        for link in (self._server, *self._kept):
            link.close()


@contextlib.contextmanager
def misbehaving(act: Callable[[socket.socket], None]) -> Iterator[Misbehaving]:
    server = Misbehaving(act)
    try:
        yield server
    finally:
        server.close()


def hang(link: socket.socket) -> None:
    """Takes the question and says nothing."""


def hang_up(link: socket.socket) -> None:
    """Reads a little and closes."""
    link.recv(64)
    link.close()


def babble(link: socket.socket) -> None:
    """Answers in no protocol at all."""
    link.recv(64)
    link.sendall(b"220 mail.example ESMTP ready\r\n" * 4)


def endless(link: socket.socket) -> None:
    """An Init response that claims to be 2 GB long, and never ends."""
    link.recv(64)
    link.sendall(b"\xb5\x84\x7f\xff\xff\xff" + b"\x00" * 4096)


def http(
    status: str, body: bytes, *, claimed: int | None = None
) -> Callable[[socket.socket], None]:
    """Answers each request with a body, whose length may be lied about."""

    def act(link: socket.socket) -> None:
        link.recv(65536)
        length = len(body) if claimed is None else claimed
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n"
        link.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)
        link.close()

    return act


def drip(link: socket.socket) -> None:
    """A body that comes in bytes, each in time for a timeout between two reads."""
    link.recv(65536)
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(200):
        link.sendall(b" ")
        time.sleep(0.05)


def encoded(records: Sequence[Record], charset: Charset) -> bytes:
    """The records as a file."""
    return b"".join(encode(r, charset) for r in records)


def _run(command: Sequence[str], folder: Path) -> None:
    """A step of building a database."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)


@contextlib.contextmanager
def zebra(folder: Path, records: Sequence[Record], charset: Charset = "utf-8") -> Iterator[int]:
    """A real Z39.50 server with these records in this character set, database Default; its port."""
    where = {"folder": folder, "charset": charset, "reference": "Unimarc"}
    modules = ":".join(map(str, Path("/usr/lib").glob("*/idzebra-2.0/modules")))
    folder.joinpath("zebra.cfg").write_text(_CONFIG.format(modules=modules, **where))
    folder.joinpath("cnmarc.abs").write_text(_FIELDS.format(**where))
    folder.joinpath("cnmarc.mar").write_text("name cnmarc\nreference Unimarc\n")
    folder.joinpath("register").mkdir()
    folder.joinpath("records").mkdir()
    folder.joinpath("records", "all.mrc").write_bytes(encoded(records, charset))
    folder.joinpath("passwords").write_text("bianmu:mima123\n")
    _run(["zebraidx", "-c", "zebra.cfg", "init"], folder)
    _run(["zebraidx", "-c", "zebra.cfg", "update", "records"], folder)
    port = free_port()
    server = subprocess.Popen(
        ["zebrasrv", "-S", "-c", "zebra.cfg", f"tcp:127.0.0.1:{port}"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.kill()
        server.wait(timeout=60)


@contextlib.contextmanager
def served(program: str) -> Iterator[int]:
    """A server that takes its address as its only argument; its port."""
    port = free_port()
    server = subprocess.Popen(
        [program, f"tcp:127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.kill()
        server.wait(timeout=60)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        assert server.poll() is None, "zebrasrv did not start"
        time.sleep(0.02)
    raise AssertionError("zebrasrv did not listen")
