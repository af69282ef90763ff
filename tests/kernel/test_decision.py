"""A decision keeps every reason; it is allowed when none of them refuses."""

from __future__ import annotations

import dataclasses

import pytest

from shuxiang.kernel.decision import Decision, Reason, Refused, Severity, ask, refuse, stop, tell

LIMIT = stop("loan-limit", limit=5, open=5)
EXPIRED = ask("card-expired", on="2020-01-01")
NOTE = tell("due-on-closed-day")


@pytest.mark.parametrize(
    ("reasons", "allowed", "refusing"),
    [
        ((), True, ()),
        ((NOTE,), True, ()),
        ((LIMIT,), False, ("loan-limit",)),
        ((EXPIRED,), False, ("card-expired",)),
        ((NOTE, EXPIRED, LIMIT), False, ("card-expired", "loan-limit")),
    ],
)
def test_allowed_when_nothing_refuses(
    reasons: tuple[Reason, ...], allowed: bool, refusing: tuple[str, ...]
) -> None:
    decision = Decision(reasons)
    assert decision.allowed is allowed
    assert tuple(r.code for r in decision.refusing) == refusing
    assert decision.codes == tuple(r.code for r in reasons)


def test_shorthands_set_the_severity_and_keep_the_facts() -> None:
    assert Reason("loan-limit", Severity.STOP, {"limit": 5, "open": 5}) == LIMIT
    assert EXPIRED.severity is Severity.ASK
    assert NOTE.severity is Severity.TELL
    assert NOTE.data == {}


def test_lifting_one_reason_leaves_the_others() -> None:
    decision = Decision((LIMIT, EXPIRED, NOTE)).lifted(["loan-limit"])
    assert decision.codes == ("loan-limit", "card-expired", "due-on-closed-day")
    assert decision.reasons[0] == tell("loan-limit", limit=5, open=5, overridden=True)
    assert not decision.allowed
    assert decision.lifted(["card-expired"]).allowed


def test_lifting_marks_only_what_refused() -> None:
    assert Decision((NOTE,)).lifted(["due-on-closed-day", "unknown"]) == Decision((NOTE,))


def test_a_refusal_carries_the_whole_decision_and_names_what_refused() -> None:
    refusal = refuse(LIMIT, NOTE, EXPIRED)
    assert isinstance(refusal, Refused)
    assert refusal.decision == Decision((LIMIT, NOTE, EXPIRED))
    assert str(refusal) == "loan-limit, card-expired"


def test_reasons_and_decisions_can_not_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LIMIT.code = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Decision().reasons = (LIMIT,)  # type: ignore[misc]
