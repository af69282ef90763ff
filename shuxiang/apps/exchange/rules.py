"""Decisions about group batches (`docs/circulation/branches.md`, numbered GB-)."""

from __future__ import annotations

from shuxiang.kernel.decision import Decision, Reason, stop


def may_open_batch(*, for_group: bool, card: tuple[Reason, ...]) -> Decision:
    """A batch is opened on a group's card that opens its account (GB-1, GB-2)."""
    reasons = [] if for_group else [stop("batch-not-group")]
    return Decision((*reasons, *card))


def may_add(*, closed: bool) -> Decision:
    """Nothing is added to a closed batch (GB-3)."""
    return Decision((stop("batch-closed"),)) if closed else Decision()
