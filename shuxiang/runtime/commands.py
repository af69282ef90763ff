"""One way to act. Every door calls the same commands; this module alone opens their transactions."""

from __future__ import annotations

import functools
import hashlib
import random
import time
import typing
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import msgspec
from django.db import (
    Error,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.runtime import sql, storage, writer
from shuxiang.runtime.errors import Busy, KeyReused, OutcomeUnknown
from shuxiang.runtime.recording import (
    Dimensions,
    Effect,
    age_band,
    effects,
    effects_of,
    next_number,
    record,
    recorded_at,
    reverse,
    reverse_effect,
    running_request,
    visitor_key,
)
from shuxiang.runtime.running import Bulk, Run, Together, forget_revisions, revisions, thread
from shuxiang.runtime.secrets import lookup_hash

P = ParamSpec("P")
R = TypeVar("R")
ATTEMPTS = 5
LOCK_MILLISECONDS = 2000
PATIENCE = 3.0
"""How long a command waits for another's row, and seconds after which nobody waits for it any more."""


Authorizer = Callable[[Context, str, str], bool]


@dataclass(frozen=True, slots=True)
class _Spec:
    name: str
    permission: str | None
    function: Callable[..., Any]


_authorizer: list[Authorizer] = []
registry: dict[str, _Spec] = {}


def command(
    name: str, *, permission: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a command: ``name`` is stored with its answer; ``permission`` is the action the
    actor must hold at ``ctx.service_point`` (None: the function checks by itself with `require`).

    The function takes keyword arguments, one of them ``ctx: Context``, and returns a value msgspec
    can encode (frozen dataclasses, str, int, date …); its return annotation is how a stored answer is
    read back. It raises `Refused` with every reason. Called inside another command it joins that one;
    refused there, it leaves nothing behind even if the caller goes on.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        spec = _Spec(name, permission, function)
        if name in registry:
            raise RuntimeError(f"two commands are called {name}")
        registry[name] = spec

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if args:
                raise TypeError(f"{name} takes keyword arguments only")
            values: dict[str, Any] = dict(kwargs)
            ctx = values.pop("ctx")
            if thread.run is not None:
                with transaction.atomic():
                    return typing.cast(R, _checked(spec, ctx, values))
            return typing.cast(R, _run(spec, ctx, values))

        return call

    return decorate


def set_authorizer(authorizer: Authorizer) -> None:
    """Tell the runtime who decides permissions (wired in `project/wiring.py`)."""
    _authorizer[:] = [authorizer]


def permitted(ctx: Context, action: str, place: str) -> bool:
    """Whether the actor may do ``action`` at ``place``. The system itself may do everything."""
    if ctx.actor.kind == "system":
        return True
    return bool(_authorizer) and _authorizer[0](ctx, action, place)


def require(ctx: Context, action: str, place: str) -> None:
    """Refuse with ``not-permitted`` unless the actor may do ``action`` at ``place``."""
    if not permitted(ctx, action, place):
        raise refuse(stop("not-permitted", action=action))


def _checked(spec: _Spec, ctx: Context, values: dict[str, Any]) -> Any:
    if spec.permission is not None:
        require(ctx, spec.permission, ctx.service_point)
    return spec.function(ctx=ctx, **values)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


@dataclass(slots=True)
class _Work:
    spec: _Spec
    ctx: Context
    values: dict[str, Any]
    request: str
    body: str

    def __call__(self) -> Any:
        """Inside a transaction: the stored answer, or act and store it. A refusal is returned, not
        raised, so that it is committed."""
        stored = sql.one(
            "SELECT body, refused, outcome FROM runtime_request WHERE id = ?", self.request
        )
        if stored is not None:
            return self._replayed(*stored)
        thread.run = Run(self.request, command=self.spec.name)
        marks = thread.together.marks if thread.together else []
        before = len(marks)
        try:
            with sql.savepoint():
                result: Any = _checked(self.spec, self.ctx, self.values)
                # In here: an answer that can't be stored takes its effect back.
                outcome = msgspec.json.encode(result).decode()
        except Refused as refused:
            result = refused
            outcome = msgspec.json.encode(refused.decision).decode()
            del marks[before:]
        finally:
            thread.run = None
        sql.run(
            "INSERT INTO runtime_request (id, command, body, refused, outcome, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            self.request,
            self.spec.name,
            self.body,
            isinstance(result, Refused),
            outcome,
            clock.now(),
        )
        return result

    def _replayed(self, body: str, refused: bool, outcome: str) -> Any:
        if body != self.body:
            raise KeyReused(
                f"request key {self.ctx.request_key} was already used for another request; "
                "send a new request under a new key"
            )
        if refused:
            return Refused(msgspec.json.decode(outcome, type=Decision))
        returns = typing.get_type_hints(self.spec.function).get("return", Any)
        return msgspec.json.decode(outcome, type=returns)


def _run(spec: _Spec, ctx: Context, values: dict[str, Any]) -> Any:
    body = msgspec.json.encode(
        [spec.name, ctx.service_point, ctx.overrides, sorted(values.items())]
    )
    work = _Work(
        spec,
        ctx,
        values,
        _digest(ctx.actor.kind, ctx.actor.id, ctx.request_key),
        # Keyed: from a plain hash, an ID number among the values could be enumerated.
        lookup_hash("request", body.decode())[:32],
    )
    if thread.bulk is not None:
        outcome = _run_in_bulk(thread.bulk, work)
    elif thread.together is not None:
        outcome = work()
    elif sql.is_sqlite():
        outcome = writer.writer().submit(work)
    else:
        outcome = _run_here(work)
    if isinstance(outcome, Refused):
        # A fresh exception a caller: stored ones would share a traceback.
        raise Refused(outcome.decision)
    return outcome


def together(act: Callable[[], R]) -> Future[R]:
    """Run ``act`` with the commands it calls in one transaction, committed before it is answered: each
    is answered under its own key, and all of them are undone when ``act`` raises.

    On SQLite it runs in the writer's thread, and nobody waits for it here: it must not be slow, nor
    wait for anything itself. On PostgreSQL it runs at once in this thread; after a race lost, anew.
    """

    def work() -> R:
        thread.together = Together([])
        try:
            with sql.savepoint():
                return act()
        finally:
            thread.together = None

    if sql.is_sqlite():
        return writer.writer().later(work)
    answer: Future[R] = Future()
    try:
        answer.set_result(_run_here(work))
    except Exception as error:
        answer.set_exception(error)
    return answer


def _run_here(work: Callable[[], Any]) -> Any:
    """On PostgreSQL: the work in a transaction of this thread's connection, again after a race lost.

    A connection lost at COMMIT leaves unknown whether it was done; the work finds its own answer
    under its request id when it is done again, so it is never done twice.
    """
    deadline = time.monotonic() + PATIENCE
    attempt, unknown = 0, False
    while True:
        attempt += 1
        acted = False
        try:
            with transaction.atomic():
                sql.run(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                outcome = work()
                acted = True
            return outcome
        except (OperationalError, IntegrityError, InterfaceError) as error:
            if _lost(error):
                unknown = unknown or acted
                with suppress(Error):
                    connection.close()
                if time.monotonic() < deadline:
                    time.sleep(random.uniform(0.05, 0.25))
                    continue
                raise (OutcomeUnknown if unknown else Busy)(
                    "the database can't be reached; ask again with the same key"
                ) from error
            if attempt >= ATTEMPTS or not _transient(error) or time.monotonic() >= deadline:
                raise writer.as_runtime_error(error) from error
            time.sleep(random.uniform(0, 0.01 * 2**attempt))


def _lost(error: Exception) -> bool:
    """The connection is gone, or the server is shutting down or not ready."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state is not None:
        return state.startswith(("08", "57P"))
    return isinstance(error, InterfaceError) or not isinstance(error, IntegrityError)


def _transient(error: Exception) -> bool:
    """Serialization failure, deadlock, lock not had in time, or a race lost to a unique index: the
    whole command again."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in ("40001", "40P01", "55P03", "23505")


def _run_in_bulk(group: Bulk, work: _Work) -> Any:
    outcome = work()
    group.count += 1
    if group.count >= group.size:
        group.renew()
    return outcome


@contextmanager
def bulk(size: int = 1000) -> Iterator[None]:
    """Commit this thread's commands in groups of ``size``: for imports and replays.

    An exception rolls back the group it is in and passes on; earlier groups stay. Commands are not
    acknowledged before the end of their group.
    """
    if thread.bulk is not None:
        yield
        return
    current = transaction.atomic()
    current.__enter__()

    def renew() -> None:
        nonlocal current
        current.__exit__(None, None, None)
        group.count = 0
        current = transaction.atomic()
        current.__enter__()
        # Long work only: what is left of a nearly full disk is the desk's.
        storage.require_room()

    group = thread.bulk = Bulk(size, 0, renew)
    try:
        yield
    except BaseException as error:
        current.__exit__(type(error), error, error.__traceback__)
        raise
    else:
        current.__exit__(None, None, None)
    finally:
        thread.bulk = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A request answered before: which command, its stored outcome as JSON, and when."""

    command: str
    refused: bool
    outcome: str
    at: datetime


def answered(ctx: Context, key: str) -> Answered | None:
    """What the same actor was answered under another request key, while that is kept."""
    row = sql.one(
        "SELECT command, refused, outcome, created_at FROM runtime_request WHERE id = ?",
        _digest(ctx.actor.kind, ctx.actor.id, key),
    )
    return Answered(row[0], bool(row[1]), row[2], row[3]) if row else None


__all__ = [
    "Answered",
    "Dimensions",
    "Effect",
    "age_band",
    "answered",
    "bulk",
    "command",
    "effects",
    "effects_of",
    "forget_revisions",
    "next_number",
    "permitted",
    "record",
    "recorded_at",
    "registry",
    "require",
    "reverse",
    "reverse_effect",
    "revisions",
    "running_request",
    "set_authorizer",
    "together",
    "visitor_key",
]
