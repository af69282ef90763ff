"""The bridge over HTTP on loopback. Only pages of the origins named at start may use it, and only under
a loopback name: a page from elsewhere, or a name that was pointed here, gets 403."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from shuxiang.bridge.devices import IdCard
from shuxiang.bridge.protocol import Bridge
from shuxiang.bridge.simulated import FAULTS, Hardware, PowerCut, book_tag

LONGEST_BODY = 64 * 1024
_PANEL = Path(__file__).with_name("panel")
_FILES = {
    "/": ("panel.html", "text/html"),
    "/panel.js": ("panel.js", "text/javascript"),
    "/panel.css": ("panel.css", "text/css"),
}


class Server(ThreadingHTTPServer):
    """``hardware`` is the simulated one, which the panel at / sets; None with real devices."""

    daemon_threads = True

    def __init__(
        self,
        port: int,
        bridge: Bridge,
        origins: Iterable[str],
        *,
        hardware: Hardware | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.bridge = bridge
        self.hardware = hardware
        self.dead = False
        own = {f"http://{name}:{self.server_port}" for name in ("127.0.0.1", "localhost")}
        self.hosts = {origin.removeprefix("http://") for origin in own}
        self.origins = {o.rstrip("/") for o in origins}
        self.own_origins = own


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: Server

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_OPTIONS(self) -> None:
        if self._allowed():
            self._send(204, b"", "text/plain")

    def _allowed(self) -> bool:
        origin = self.headers.get("Origin")
        known = origin is None or origin in self.server.origins | self.server.own_origins
        if known and self.headers.get("Host", "") in self.server.hosts:
            return True
        self._send(403, b'{"fault":"not-allowed"}', "application/json")
        return False

    def _answer(self, method: str) -> None:
        if self.server.dead and not self.path.startswith("/simulate"):
            # No power: not even a refusal.
            self.close_connection = True
            self.connection.close()
            return
        if not self._allowed():
            return
        if method == "GET" and self.path in _FILES and self.server.hardware is not None:
            name, kind = _FILES[self.path]
            self._send(200, (_PANEL / name).read_bytes(), f"{kind}; charset=utf-8")
            return
        body = self._body() if method == "POST" else {}
        if body is None:
            self._json(400, {"fault": "bad-call", "why": "the body is no JSON object"})
        elif self.path == "/simulate" and self.server.hardware is not None:
            # Only the bridge's own panel sets what lies there, never the page of the library.
            if self.headers.get("Origin") in self.server.origins:
                self._json(403, {"fault": "not-allowed"})
            else:
                self._json(200, self._simulate(self.server.hardware, body))
        elif self.path.startswith("/v1/"):
            try:
                self._json(*self.server.bridge.call(method, self.path[4:], body))
            except PowerCut:
                self.server.dead = True
                self.close_connection = True
                self.connection.close()
        else:
            self._json(404, {"fault": "no-such-call"})

    def _simulate(self, hardware: Hardware, asked: dict[str, Any]) -> dict[str, Any]:
        """Set what lies on the devices; answers with all of it."""
        if asked.get("power") is True:
            self.server.dead = False
        if isinstance(books := asked.get("books"), list):
            hardware.tags = {}
            for number, each in enumerate(books):
                uid = f"E0040150{number:08X}"
                tag = book_tag(
                    uid,
                    str(each.get("barcode", "")) or "0",
                    owner=str(each.get("owner", "")),
                    part=str(each.get("part", "")),
                    lent=bool(each.get("lent")),
                )
                hardware.tags[uid] = tag if each.get("readable", True) else replace(tag, data=None)
        if isinstance(given := asked.get("id_card"), dict):
            card = IdCard(str(given.get("name", "")), str(given.get("number", "")))
            hardware.id_card = card if card.number else None
        if isinstance(faults := asked.get("faults"), list):
            hardware.faults = {f for f in faults if f in FAULTS}
        if isinstance(blanks := asked.get("blanks"), int):
            hardware.blanks = max(blanks, 0)
        if isinstance(cut := asked.get("cut"), str):
            hardware.cut = cut
        return {
            "power": not self.server.dead,
            "tags": [f"{t.uid} {t.afi:02X}" for t in hardware.tags.values()],
            "faults": sorted(hardware.faults),
            "known_faults": list(FAULTS),
            "blanks": hardware.blanks,
            "card": hardware.held or "none",
            "taken": [number for _, number in hardware.taken[-5:]],
            "slips": ["\n".join(lines) for lines, _ in hardware.slips[-3:]],
        }

    def _body(self) -> dict[str, Any] | None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 <= length <= LONGEST_BODY:
                self.close_connection = True
                return None
            found = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
        origin = self.headers.get("Origin")
        if origin in self.server.origins:
            self.send_header("Access-Control-Allow-Origin", str(origin))
            self.send_header("Access-Control-Allow-Headers", "Content-Type")
            self.send_header("Access-Control-Allow-Methods", "GET, POST")
            # Chromium asks this of loopback before a page from a public address may call it.
            self.send_header("Access-Control-Allow-Private-Network", "true")
            self.send_header("Access-Control-Max-Age", "600")
            self.send_header("Vary", "Origin")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: addresses hold no secret, and a card's number would be in nobody's log."""
