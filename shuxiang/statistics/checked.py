"""What a line of `shuxiang check` is made of."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN = 5
"""How many of the broken cases a line names."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One invariant: its id (design §8 a number, reliability §2 with I), what it says, whether it
    holds, and what breaks it."""

    id: str
    text: str
    ok: bool
    detail: str = ""


def line(id_: str, text: str, broken: list[str]) -> Checked:
    """The line of an invariant with the first of what breaks it."""
    more = len(broken) - SHOWN
    detail = "; ".join(broken[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
    return Checked(id_, text, not broken, detail)
