"""What a rule answers: a decision with every reason, never an exception or a bare bool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How a reason weighs: ``stop`` refuses, ``ask`` refuses until answered, ``tell`` informs."""

    STOP = "stop"
    ASK = "ask"
    TELL = "tell"


Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a decision: a code and the facts for its wording.

    ``code`` is stable and documented (`docs/circulation/reasons.md`); words are a door's business.
    """

    code: str
    severity: Severity = Severity.STOP
    data: dict[str, Value] = field(default_factory=dict)


def stop(code: str, /, **data: Value) -> Reason:
    """A reason that refuses."""
    return Reason(code, Severity.STOP, data)


def ask(code: str, /, **data: Value) -> Reason:
    """A reason that refuses until a person has answered it (an override without a permission)."""
    return Reason(code, Severity.ASK, data)


def tell(code: str, /, **data: Value) -> Reason:
    """A reason that only informs."""
    return Reason(code, Severity.TELL, data)


@dataclass(frozen=True, slots=True)
class Decision:
    """Every reason found, in the order found. Allowed when none of them refuses."""

    reasons: tuple[Reason, ...] = ()

    @property
    def refusing(self) -> tuple[Reason, ...]:
        return tuple(r for r in self.reasons if r.severity is not Severity.TELL)

    @property
    def allowed(self) -> bool:
        return not self.refusing

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(r.code for r in self.reasons)

    def lifted(self, codes: Iterable[str]) -> Decision:
        """The same decision after the named reasons have been lifted: they now only inform."""
        wanted = set(codes)
        return Decision(
            tuple(
                Reason(r.code, Severity.TELL, {**r.data, "overridden": True})
                if r.code in wanted and r.severity is not Severity.TELL
                else r
                for r in self.reasons
            )
        )


class Refused(Exception):
    """A command was refused; nothing was changed. Carries the whole decision."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(", ".join(r.code for r in decision.refusing))
        self.decision = decision


def refuse(*reasons: Reason) -> Refused:
    """Shorthand: ``raise refuse(stop("item-unknown", barcode=code))``."""
    return Refused(Decision(reasons))
