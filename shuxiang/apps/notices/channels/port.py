"""What every channel is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way. ``key`` is the same at every try: a gateway that has it already sends
    nothing."""

    key: str
    address: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """``sent``; ``later``: not now, try again; ``refused``: never to this address; ``unknown``: it may
    have gone out, so it is not sent again; ``returned``: it had been sent and came back. ``fault`` is a word for the desk, ``detail`` the channel's
    own, without address or text."""

    result: str
    fault: str = ""
    detail: str = ""


class Channel(Protocol):
    """``repeatable``: a message cut off half way may be handed over again under its key."""

    code: str
    repeatable: bool

    def configured(self) -> bool: ...
    def send(self, message: Outgoing) -> Outcome: ...
