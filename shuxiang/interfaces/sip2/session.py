"""One terminal's connection without its socket: frames in, frames out.

What a frame costs is known before it runs: answered at once (97, faults), read beside the writer, or
an act, which runs with its stored answer inside one transaction (`shuxiang.runtime.frames`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import DatabaseError

from shuxiang.apps.places import queries as places
from shuxiang.formats import sip2
from shuxiang.formats.sip2 import Frame, Message
from shuxiang.interfaces.sip2 import pins, profile
from shuxiang.interfaces.sip2.handlers import ACTS, ANEW, ASKED_FOR, READS
from shuxiang.interfaces.sip2.handlers.asked import Asked, reader_of
from shuxiang.interfaces.sip2.handlers.status import status
from shuxiang.interfaces.sip2.profile import Profile
from shuxiang.kernel import clock
from shuxiang.kernel.ids import new_id
from shuxiang.kernel.values import scanned
from shuxiang.runtime import frames, sql
from shuxiang.runtime.commands import together
from shuxiang.runtime.errors import Busy, StorageFull
from shuxiang.runtime.throttle import throttle

log = logging.getLogger("shuxiang.sip2")
T = TypeVar("T")

STRIKES: Final = 3
"""Oversize or unterminated inputs after which the socket is closed."""
WRONG_LOGINS: Final = 30
MINUTE: Final = timedelta(minutes=1)
LOOK_SECONDS: Final = 1.0
RESEND: Final = "96"
BEFORE_LOGIN: Final = "gb18030"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a message, and in which form."""

    text: str
    charset: str
    terminator: sip2.Terminator
    sequence: str = ""
    detect: bool = False

    def encoded(self) -> bytes:
        return sip2.frame(
            self.text,
            charset=self.charset,
            terminator=self.terminator,
            sequence=self.sequence,
            detect=self.detect,
        )


class Deliveries:
    """Brings answers from the writer's thread to the event loop: all that are ready at once, because
    waking the loop for each costs more than the answer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._woken = False

    async def of(self, answer: Future[T]) -> T:
        """What the future answers."""
        waiting: asyncio.Future[T] = self._loop.create_future()
        answer.add_done_callback(lambda done: self._put(waiting, done))
        return await waiting

    def _put(self, waiting: asyncio.Future[Any], done: Future[Any]) -> None:
        self._ready.append((waiting, done))
        if not self._woken:
            self._woken = True
            # The loop may be closing: nobody waits any more then.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # First, so that what is put from now on wakes it again.
        self._woken = False
        while self._ready:
            waiting, done = self._ready.popleft()
            if waiting.cancelled():
                continue
            if (error := done.exception()) is not None:
                waiting.set_exception(error)
            else:
                waiting.set_result(done.result())


class Session:
    """The state of one connection: who logged in, what was last answered, its strikes."""

    __slots__ = (
        "_deliveries", "_device", "_looked", "_pool", "_seal", "address", "id", "last", "profile",
        "strikes",
    )  # fmt: skip

    def __init__(self, address: str, pool: Executor, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self.address = address
        self.id = new_id()
        self.profile: Profile | None = None
        self.last = b""
        self.strikes = 0
        self._device: places.Device | None = None
        self._looked = 0.0
        self._seal = ""
        self._pool = pool

    @property
    def struck_out(self) -> bool:
        return self.strikes >= STRIKES

    async def answer(self, frame: Frame) -> bytes:
        """The bytes to send for a frame; never raises for anything a terminal can send."""
        if frame.oversize:
            self.strikes += 1
            return self._sent(self._reply(RESEND, frame, detect=self._detects))
        checked = sip2.check(frame.data)
        if not checked.intact:
            return self._sent(self._reply(RESEND, frame, detect=True))
        message = sip2.read_request(self._decoded(checked.body))
        if message.code == "97" and self.last:
            return self.last
        try:
            text = await self._text(message, frame)
        except (Busy, StorageFull, DatabaseError) as error:
            log.warning("message %s was not done: %s", message.code, type(error).__name__)
            text = RESEND
        except Exception as error:
            # Whatever it is, the machine is asked to send again; its words might name a reader.
            where = error.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            line = f"{where.tb_frame.f_code.co_qualname}:{where.tb_lineno}" if where else ""
            log.error("message %s failed: %s at %s", message.code, type(error).__name__, line)
            text = RESEND
        if text == RESEND:
            return self._sent(self._reply(RESEND, frame, detect=checked.detected))
        reply = self._reply(text, frame, sequence=checked.sequence, detect=checked.detected)
        return self._sent(reply)

    @property
    def _detects(self) -> bool:
        return self.profile is not None and self.profile.detect

    def _reply(self, text: str, frame: Frame, *, sequence: str = "", detect: bool) -> Reply:
        mine = self.profile
        return Reply(
            text,
            mine.charset if mine else BEFORE_LOGIN,
            (mine.terminator if mine else None) or frame.terminator,
            sequence,
            detect,
        )

    def _sent(self, reply: Reply) -> bytes:
        self.last = reply.encoded()
        return self.last

    def _decoded(self, data: bytes) -> str:
        charset = self.profile.charset if self.profile else BEFORE_LOGIN
        for tried in (charset, "utf-8", "gb18030"):
            try:
                return data.decode(tried)
            except UnicodeDecodeError:
                continue
        return data.decode(charset, "replace")

    async def _text(self, message: Message, frame: Frame) -> str:
        """What is answered; `RESEND` to what is not understood or not allowed."""
        if message.fault or message.code == "97":
            return RESEND
        at = clock.now()
        if message.code == "93":
            return await self._in_pool(lambda: self._login(message, at))
        mine = await self._who()
        if message.code == "99":
            return await self._in_pool(lambda: status(mine, at))
        if mine is None or (mine.messages and message.code not in mine.messages):
            return RESEND
        if message.code in ASKED_FOR and not ASKED_FOR[message.code](mine):
            return RESEND
        if mine.strict_institution and message.get("AO") != mine.institution:
            return RESEND
        asked = Asked(message=message, profile=mine, at=at, key=new_id(), session=self.id)
        if message.code in READS:
            return await self._in_pool(lambda: READS[message.code](_with_pin(asked)))
        if message.code in ACTS:
            return await self._act(asked, frame)
        return RESEND

    async def _act(self, asked: Asked, frame: Frame) -> str:
        if pin := asked.message.get("AD"):
            if pins.known(asked.card_name, pin):
                asked = asked.with_pin(True)
            else:
                asked = await self._in_pool(lambda: _with_pin(asked))
        handler = ACTS[asked.message.code]
        name = frames.name(asked.profile.device, frame.data)

        def act() -> str:
            if asked.message.code in ANEW:
                return handler(asked)
            return frames.answer(name, lambda: handler(asked), at=asked.at)

        if sql.is_sqlite():
            return await self._deliveries.of(together(act))
        return await self._in_pool(lambda: together(act).result())

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _who(self) -> Profile | None:
        """The account logged in, as it is now or was a second ago: one switched off, given a new
        password, or kept to other addresses since, is logged in no longer."""
        logged_in = self._device
        if logged_in is None or time.monotonic() - self._looked < LOOK_SECONDS:
            return self.profile
        device = await self._in_pool(lambda: self._still(logged_in))
        self._looked = time.monotonic()
        if device is None:
            self._device = self.profile = None
        elif device is not logged_in:
            self._device, self.profile = device, profile.of(device)
        return self.profile

    def _still(self, logged_in: places.Device) -> places.Device | None:
        """The terminal as it is now; None where it would have to log in anew."""
        device = places.device(logged_in.id)
        if device is None or not device.active:
            return None
        if device is logged_in:
            return device
        allowed = profile.of(device).may_come_from(self.address)
        return device if allowed and places.device_seal(device.id) == self._seal else None

    def _login(self, message: Message, at: datetime) -> str:
        """93 → 94. An unknown account and a wrong password answer alike."""
        login, password = message.get("CN"), message.get("CO")
        keys = (f"sip2 login {login}", f"sip2 address {self.address}")
        known = places.device_by_login("sip2", login)
        # '' for one switched off, another one for a changed password.
        seen = places.device_seal(known.id) if known else ""
        with pins.one_at_a_time(login):
            refused = not pins.known(seen, password) and (
                any(throttle(key, WRONG_LOGINS, MINUTE, at=at, count=False) for key in keys)
                or not places.device_secret_matches(known.id if known else "", password)
            )
            if not refused:
                pins.remember(seen, password)
        if known is None or refused or not profile.of(known).may_come_from(self.address):
            self.profile = self._device = None
            if login and password:
                for key in keys:
                    throttle(key, WRONG_LOGINS, MINUTE, at=at)
                log.warning("login refused from %s", self.address)
            return sip2.write("94", {"ok": "0"}, [])
        self._device, self.profile, self._seal = known, profile.of(known), seen
        return sip2.write("94", {"ok": "1"}, [])


def _with_pin(asked: Asked) -> Asked:
    """The request with its PIN checked. Slow the first time."""
    pin = asked.message.get("AD")
    if not pin:
        return asked
    number = asked.message.get("AA")
    reader = reader_of(number, asked.profile)
    if reader is None:
        return asked.with_pin(False)
    right = pins.check(reader.patron, pin, card=scanned(number), terminal=asked.profile.device)
    if right:
        pins.remember(asked.card_name, pin)
    return asked.with_pin(right)
