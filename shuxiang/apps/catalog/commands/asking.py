"""Reasons that only ask: an override with a why answers them, no permission is needed."""

from __future__ import annotations

from collections.abc import Sequence

from shuxiang.kernel.context import Context
from shuxiang.kernel.decision import Reason, Severity, refuse, stop


def answered(reasons: Sequence[Reason], ctx: Context) -> dict[str, str]:
    """Refuse unless every reason is an answered question; returns the answers, code → why.

    Raises Refused with all reasons that are left, and ``override-without-why`` for an empty answer.
    """
    asked = {r.code for r in reasons if r.severity is Severity.ASK}
    answers = {o.code: o.why.strip() for o in ctx.overrides if o.code in asked}
    empty = [stop("override-without-why", code=code) for code, why in answers.items() if not why]
    left = [r for r in reasons if r.severity is not Severity.TELL and not answers.get(r.code)]
    if left or empty:
        raise refuse(*left, *empty)
    return answers
