"""The sockets of SIP2: one event loop in a thread of its own, beside the web or alone.

A connection's requests are answered one after another, those of different connections side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.db import connections

from shuxiang.formats.sip2 import Frame, Framer
from shuxiang.interfaces.sip2.profile import within
from shuxiang.interfaces.sip2.session import Deliveries, Session
from shuxiang.runtime import sql

log = logging.getLogger("shuxiang.sip2")

READERS: Final = 2
"""Threads that look things up on SQLite: reading is the processor's work there."""
CONNECTIONS_ON_POSTGRESQL: Final = 16
BEFORE_LOGIN_SECONDS: Final = 300.0
IDLE_SECONDS: Final = 3600.0
SKIPPED_AT_MOST: Final = 1 << 20
"""Bytes of one endless line that count as one strike."""
READ_AT_ONCE: Final = 8192
MOST_WAITING: Final = 64
"""Pipelined requests of a connection beyond which its socket is not read."""
BIND_SECONDS: Final = 15.0


class Connection(asyncio.Protocol):
    """One socket: cuts frames, answers them in order, closes what is idle or struck out."""

    __slots__ = (
        "_framer",
        "_idle",
        "_last",
        "_running",
        "_server",
        "_skipped",
        "_transport",
        "_waiting",
        "session",
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self._framer = Framer()
        self._waiting: list[Frame] = []
        self._running = False
        self._skipped = 0
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None
        self.session: Session | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername") or ("",)
        # Read in small pieces: a quarter of a megabyte may hold very many tiny requests.
        setattr(transport, "max_size", READ_AT_ONCE)  # noqa: B010 - of asyncio's own transports
        address = str(peer[0])
        if self._server.allowed and not within(address, self._server.allowed):
            log.warning("connection from %s is not allowed", address)
            transport.abort()
        self.session = Session(address, self._server.pool, self._server.deliveries)
        self._server.open.add(self)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open.discard(self)
        self._waiting.clear()
        if self._idle is not None:
            self._idle.cancel()
        self._transport = None

    def data_received(self, data: bytes) -> None:
        assert self.session is not None
        oversize = False
        for frame in self._framer.feed(data):
            self._waiting.append(frame)
            oversize = oversize or frame.oversize
        if self._framer.skipping:
            self._skipped += len(data)
            if self._skipped > SKIPPED_AT_MOST:
                self._skipped = 0
                self.session.strikes += 1
                if self.session.struck_out:
                    self.close()
                    return
        else:
            self._skipped = 0
        if self._waiting and not self._running:
            self._running = True
            self._server.start(self._answer())
        if len(self._waiting) > MOST_WAITING and self._transport is not None:
            self._transport.pause_reading()

    async def _answer(self) -> None:
        assert self.session is not None
        try:
            while self._waiting and self._transport and not self._transport.is_closing():
                frame = self._waiting.pop(0)
                self._send(await self.session.answer(frame))
                if self.session.struck_out:
                    self.close()
                    return
                if len(self._waiting) == MOST_WAITING // 2:
                    self._transport.resume_reading()
            self._wait()
        finally:
            self._running = False

    def _send(self, reply: bytes) -> None:
        if self._transport is not None:
            self._transport.write(reply)

    def _wait(self) -> None:
        """Begin to wait for the next request; the timer is moved once a while, not at each."""
        assert self.session is not None
        self._last = time.monotonic()
        if self._idle is None:
            self._idle = self._server.loop.call_later(self._patience(), self._look)

    def _patience(self) -> float:
        assert self.session is not None
        return IDLE_SECONDS if self.session.profile else BEFORE_LOGIN_SECONDS

    def _look(self) -> None:
        left = self._last + self._patience() - time.monotonic()
        if left <= 0 and not self._running:
            self.close()
        else:
            self._idle = self._server.loop.call_later(max(left, 1.0), self._look)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Server:
    """SIP2 on one address. `start_in_thread` serves until `stop`."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        allowed: tuple[str, ...] = (),
    ) -> None:
        self.host, self.port = host, port
        self.allowed = tuple(network for network in allowed if network)
        self.open: set[Connection] = set()
        self.loop = asyncio.new_event_loop()
        threads = READERS if sql.is_sqlite() else CONNECTIONS_ON_POSTGRESQL
        self._threads = 0
        self.pool = ThreadPoolExecutor(
            threads, thread_name_prefix="sip2", initializer=self._thread_began
        )
        self.deliveries = Deliveries(self.loop)
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._serve, name="sip2", daemon=True)

    def start_in_thread(self) -> None:
        """Begin to serve. Raises OSError when the address stays taken for a quarter of a minute."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Close every connection and end the thread."""
        self.stop_soon()
        if self._thread.is_alive():
            self._thread.join()

    def stop_soon(self) -> None:
        """Have it end, without waiting for that."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)

    def wait(self) -> None:
        """Until it is stopped."""
        self._thread.join()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a connection's answers until they are given."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            server = self.loop.run_until_complete(self._bound())
        except OSError as error:
            self._failure = error
            self._ready.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self.loop.run_forever()
        finally:
            server.close()
            for connection in list(self.open):
                connection.close()
            for task in list(self._tasks):
                task.cancel()
            with contextlib.suppress(Exception):
                self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.close()
            self._close_connections()
            self.pool.shutdown()

    def _thread_began(self) -> None:
        self._threads += 1

    def _close_connections(self) -> None:
        """Every thread of the pool closes its own, which nobody else may."""
        everyone = threading.Barrier(max(self._threads, 1))

        def close() -> None:
            connections.close_all()
            with contextlib.suppress(threading.BrokenBarrierError):
                everyone.wait(5)

        for _ in range(self._threads):
            self.pool.submit(close)

    async def _bound(self) -> asyncio.Server:
        deadline = time.monotonic() + BIND_SECONDS
        while True:
            try:
                return await self.loop.create_server(
                    lambda: Connection(self), self.host, self.port, ssl=self._tls, backlog=512
                )
            except OSError:
                # The one before this may not have let go of it yet.
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)
