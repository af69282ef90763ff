"""A mail server for tests: it takes what it is sent and refuses whom it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """``answers``: the command a client sends (``RCPT``, ``MAIL``, ``.`` for the text) → the reply in
    place of ``250 OK``; '' hangs up."""

    port: int = 0
    received: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as stream:
                self._talk(stream)

    def _talk(self, stream) -> None:  # type: ignore[no-untyped-def]
        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 test")
        while line := stream.readline():
            verb = line.decode().strip().upper()[:4]
            reply = self.answers.get(verb, "250 OK")
            if verb == "QUIT":
                say("221 bye")
                return
            if verb == "DATA":
                say("354 go on")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    text += stream.readline()
                reply = self.answers.get(".", "250 taken")
                if reply.startswith("250"):
                    self.received.append(text.decode())
            if not reply:
                return
            say(reply)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = MailServer(listening.getsockname()[1])
        thread = threading.Thread(target=server.serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)
