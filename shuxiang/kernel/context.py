"""Who acts, where, when and through which door: one value handed to every command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from shuxiang.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Actor:
    """``kind`` is staff, patron, terminal or system; ``id`` is the account's, reader's or terminal's id."""

    kind: str
    id: str


SYSTEM = Actor("system", "system")


@dataclass(frozen=True, slots=True)
class Override:
    """A named reason that the actor lifts, and why (in the actor's own words, never empty)."""

    code: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The circumstances of one act.

    ``occurred_at`` is an aware datetime: when it happened, which for an offline journal is not when
    it is recorded. The same ``request_key`` of the same actor never acts twice.
    """

    actor: Actor
    channel: str
    service_point: str
    occurred_at: datetime
    session_id: str = ""
    request_key: str = ""
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise ValueError("Context.occurred_at must be an aware datetime")
        if not self.request_key:
            object.__setattr__(self, "request_key", new_id())

    def with_key(self, suffix: str) -> Context:
        """The same circumstances under a derived key, for the next act of one long work."""
        return replace(self, request_key=f"{self.request_key}.{suffix}")
