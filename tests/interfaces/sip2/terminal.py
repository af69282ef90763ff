"""A terminal for the tests: a socket, frames in and out, and a server in a thread for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shuxiang.formats import sip2
from shuxiang.formats.sip2 import Message
from shuxiang.interfaces.sip2.server import Server

STAMP = "20200610    100000"
BLANK = " " * 18


@dataclass
class Terminal:
    """One connection. ``sequence`` None: without AY and AZ."""

    port: int
    charset: str = "gb18030"
    end: bytes = b"\r"
    sequence: int | None = 0
    socket: socket.socket = field(init=False)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def frame(self, text: str) -> bytes:
        """A request as bytes, with the next number."""
        data = text.encode(self.charset)
        if self.sequence is not None:
            data += f"AY{self.sequence}AZ".encode()
            data += sip2.checksum(data).encode()
            self.sequence = (self.sequence + 1) % 10
        return data + self.end

    def line(self) -> bytes:
        """The next answer with its line end; b'' when the server has closed."""
        while self.end not in self._rest:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return b""
            self._rest += more
        found, _, self._rest = self._rest.partition(self.end)
        return found + self.end

    def raw(self, data: bytes) -> bytes:
        """Send bytes, get the answer's."""
        self.send(data)
        return self.line()

    def ask(self, text: str) -> Message:
        """Send a request, read its answer, whose checksum must be right where one was asked for."""
        answer = self.raw(self.frame(text)).rstrip(b"\r\n")
        checked = sip2.check(answer)
        assert checked.intact
        assert checked.detected == (self.sequence is not None)
        return sip2.read_response(checked.body.decode(self.charset))

    def login(self, name: str, password: str) -> bool:
        return self.ask(f"9300CN{name}|CO{password}|CPhere|").fixed["ok"] == "1"


@contextmanager
def serving() -> Iterator[int]:
    """A server on a free port."""
    server = Server("127.0.0.1", 0)
    server.start_in_thread()
    try:
        yield server.port
    finally:
        server.stop()
