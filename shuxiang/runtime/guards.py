"""How a lower capability asks higher ones, in kernel terms and in the same transaction.

A guard answers with Reasons; a participant acts. Both are registered in `project/wiring.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason

Guard = Callable[..., tuple[Reason, ...]]
Participant = Callable[..., None]

_guards: dict[str, list[Guard]] = defaultdict(list)
_participants: dict[str, list[Participant]] = defaultdict(list)


def register_guard(question: str, guard: Guard) -> None:
    if guard not in _guards[question]:
        _guards[question].append(guard)


def register_participant(act: str, participant: Participant) -> None:
    if participant not in _participants[act]:
        _participants[act].append(participant)


def ask(question: str, ctx: Context, **facts: Any) -> tuple[Reason, ...]:
    """Every reason that the registered guards give against the act."""
    return tuple(r for guard in _guards[question] for r in guard(ctx=ctx, **facts))


def tell(act: str, ctx: Context, **facts: Any) -> None:
    """Let the registered participants do their part of the act."""
    for participant in _participants[act]:
        participant(ctx=ctx, **facts)
