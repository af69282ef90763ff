"""One way to act. Every door calls the same commands; this module alone opens their transactions."""

from __future__ import annotations

import functools
import hashlib
import json
import random
import threading
import time
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ParamSpec, TypeVar

import msgspec
from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from shuxiang.kernel import clock
from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Decision, Refused, refuse, stop
from shuxiang.kernel.ids import new_id
from shuxiang.ledger import append as ledger
from shuxiang.runtime import sql, writer
from shuxiang.runtime.errors import KeyReused
from shuxiang.runtime.secrets import lookup_hash

P = ParamSpec("P")
R = TypeVar("R")
ATTEMPTS = 5

Authorizer = Callable[[Context, str, str], bool]


class _Thread(threading.local):
    run: _Run | None = None
    bulk: _Bulk | None = None


@dataclass(slots=True)
class _Run:
    request: str
    number: int = 0
    revisions: dict[str, int] | None = None


@dataclass(slots=True)
class _Bulk:
    size: int
    count: int
    renew: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Spec:
    name: str
    permission: str | None
    function: Callable[..., Any]


_thread = _Thread()
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
            if _thread.run is not None:
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
        _thread.run = _Run(self.request)
        try:
            with transaction.atomic():
                result: Any = _checked(self.spec, self.ctx, self.values)
                # In here: an answer that can't be stored takes its effect back.
                outcome = msgspec.json.encode(result).decode()
        except Refused as refused:
            result = refused
            outcome = msgspec.json.encode(refused.decision).decode()
        finally:
            _thread.run = None
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
    if _thread.bulk is not None:
        outcome = _run_in_bulk(_thread.bulk, work)
    elif sql.is_sqlite():
        outcome = writer.writer().submit(work)
    else:
        outcome = _run_here(work)
    if isinstance(outcome, Refused):
        # A fresh exception a caller: stored ones would share a traceback.
        raise Refused(outcome.decision)
    return outcome


def _run_here(work: _Work) -> Any:
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return work()
        except (OperationalError, IntegrityError) as error:
            if attempt == ATTEMPTS - 1 or not _transient(error):
                raise writer.as_runtime_error(error) from error
            time.sleep(random.uniform(0, 0.01 * 2**attempt))
    raise AssertionError("unreachable")


def _transient(error: DatabaseError) -> bool:
    """Serialization failure, deadlock, or a race lost to a unique index: the whole command again."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in ("40001", "40P01", "55P03", "23505")


def _run_in_bulk(group: _Bulk, work: _Work) -> Any:
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
    if _thread.bulk is not None:
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

    group = _thread.bulk = _Bulk(size, 0, renew)
    try:
        yield
    except BaseException as error:
        current.__exit__(type(error), error, error.__traceback__)
        raise
    else:
        current.__exit__(None, None, None)
    finally:
        _thread.bulk = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """Copies of what the event's subjects were at that moment (design §5)."""

    reader_category: str = ""
    age_band: str = ""
    item_category: str = ""
    clc: str = ""
    owner_place: str | None = None
    lending_place: str | None = None


NO_DIMENSIONS = Dimensions()


def record(
    type: str,  # noqa: A002 - the ledger's own word
    *,
    ctx: Context,
    library: str,
    place: str | None = None,
    item: str | None = None,
    item_seq: int | None = None,
    title: str | None = None,
    loan: str | None = None,
    subject: str | None = None,
    quantity: int = 1,
    amount: int | None = None,
    reverses: str | None = None,
    dimensions: Dimensions = NO_DIMENSIONS,
    patron: str | None = None,
    card: str | None = None,
    source: str = "",
    data: dict[str, Any] | None = None,
    on: date | None = None,
) -> str:
    """Write one ledger row in the running command's transaction; returns its id.

    ``place`` defaults to the service point, ``on`` (business date) to the local date of
    ``ctx.occurred_at``. ``item_seq`` is the item's next number; the database refuses a fork. A
    ``patron`` goes to the link table and into the year's keyed hashes, never into the row. ``data``
    must not tell who the reader is.
    """
    current = _thread.run
    if current is None:
        raise RuntimeError("record() is for commands: nothing is recorded outside one")
    current.number += 1
    day = on or clock.business_date(ctx.occurred_at)
    where = place or ctx.service_point
    visit = yearly = ""
    if patron:
        secret = ledger.year_secret(sql, day.year)
        visit = ledger.visit_key(secret, patron, where, day)
        yearly = ledger.year_key(secret, patron, day.year)
    event = new_id()
    by_reader = ctx.actor.kind == "patron"
    ledger.append(
        sql,
        {
            "id": event,
            "library": library,
            "request": current.request,
            "number": current.number,
            "type": type,
            "occurred_at": ctx.occurred_at,
            "recorded_at": clock.now(),
            "business_date": day,
            "place": where,
            "channel": ctx.channel,
            "actor_kind": ctx.actor.kind,
            "actor": "" if by_reader else ctx.actor.id,
            "session": "" if by_reader else ctx.session_id,
            "item": item,
            "title": title,
            "loan": loan,
            "subject": subject,
            "item_seq": item_seq,
            "quantity": quantity,
            "amount": amount,
            "reverses": reverses,
            "reader_category": dimensions.reader_category,
            "age_band": dimensions.age_band,
            "item_category": dimensions.item_category,
            "clc": dimensions.clc,
            "owner_place": dimensions.owner_place,
            "lending_place": dimensions.lending_place,
            "visit_key": visit,
            "year_key": yearly,
            "source": source,
            "data": json.dumps(data, ensure_ascii=False, sort_keys=True) if data else "",
        },
        patron=patron,
        card=card,
    )
    return event


_outside: list[tuple[float, dict[str, int]]] = []
OUTSIDE_SECONDS = 1.0


def revisions() -> dict[str, int]:
    """Revision numbers by name: as of the running command; outside one, pages may see another
    process's change a second late."""
    current = _thread.run
    if current is not None:
        if current.revisions is None:
            current.revisions = _read_revisions()
        return current.revisions
    found = _outside[0] if _outside else None
    if found is None or time.monotonic() - found[0] > OUTSIDE_SECONDS:
        found = (time.monotonic(), _read_revisions())
        _outside[:] = [found]
    return found[1]


def _read_revisions() -> dict[str, int]:
    return dict(sql.all("SELECT name, value FROM runtime_revision"))


def forget_revisions() -> None:
    """Read the revisions again: the running command has changed one."""
    _outside.clear()
    if _thread.run is not None:
        _thread.run.revisions = None


_REVERSED = (
    "SELECT {} FROM ledger_event e WHERE e.{} = ? AND e.type = ? AND e.quantity > 0 AND NOT EXISTS "
    "(SELECT 1 FROM ledger_event r WHERE r.reverses = e.id) ORDER BY e.id DESC LIMIT 1"
)


def reverse(
    type: str,  # noqa: A002 - the ledger's own word
    *,
    ctx: Context,
    item_seq: int | None,
    loan: str | None = None,
    item: str | None = None,
) -> str:
    """Take back the last event of a type of a loan (or else of an item) by a reversing row with all
    its dimensions and the negative quantity; returns its id. Refused when there is none."""
    current = _thread.run
    if current is None:
        raise RuntimeError("reverse() is for commands: nothing is recorded outside one")
    columns = ", ".join(f"e.{c}" for c in ledger.COLUMNS)
    found = sql.one(_REVERSED.format(columns, "loan" if loan else "item"), loan or item, type)
    if found is None:
        raise refuse(stop("nothing-to-undo"))
    current.number += 1
    original = dict(zip(ledger.COLUMNS, found, strict=True))
    link = sql.one("SELECT patron, card FROM ledger_reader WHERE event = ?", original["id"])
    by_reader = ctx.actor.kind == "patron"
    row = original | {
        "id": new_id(),
        "request": current.request,
        "number": current.number,
        "occurred_at": ctx.occurred_at,
        "recorded_at": clock.now(),
        "channel": ctx.channel,
        "actor_kind": ctx.actor.kind,
        "actor": "" if by_reader else ctx.actor.id,
        "session": "" if by_reader else ctx.session_id,
        "item_seq": item_seq,
        "quantity": -original["quantity"],
        "reverses": original["id"],
    }
    patron, card = link or (None, None)
    ledger.append(sql, row, patron=patron, card=card)
    return str(row["id"])


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


def running_request() -> str:
    """The running command's request id, for bulk rows written by hand."""
    if _thread.run is None:
        raise RuntimeError("no command is running")
    return _thread.run.request


def next_number(count: int = 1) -> int:
    """Reserve ``count`` event numbers of the running request; returns the first."""
    if _thread.run is None:
        raise RuntimeError("no command is running")
    first = _thread.run.number + 1
    _thread.run.number += count
    return first


def age_band(born: date | None, on: date) -> str:
    """The reader's age band at ``on``: 0-6, 7-12, 13-17, 18-59, 60+, or '' when unknown."""
    if born is None:
        return ""
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    for limit, band in ((7, "0-6"), (13, "7-12"), (18, "13-17"), (60, "18-59")):
        if age < limit:
            return band
    return "60+"


__all__ = [
    "Answered",
    "Dimensions",
    "age_band",
    "answered",
    "bulk",
    "command",
    "forget_revisions",
    "next_number",
    "permitted",
    "record",
    "registry",
    "require",
    "reverse",
    "revisions",
    "running_request",
    "set_authorizer",
]
