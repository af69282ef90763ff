"""Passwords and permissions (GB/T 22239-2019 §7.1.4 as tabulated in the settings manual)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from shuxiang.kernel.decision import Decision, Reason, stop

MIN_LENGTH = 8
MIN_CLASSES = 3
HISTORY = 5
MAX_AGE = timedelta(days=90)
MAX_FAILURES = 5
LOCK = timedelta(minutes=30)
_ACTION = re.compile(r"[a-z_]+\.(\*|[a-z0-9_.-]+\*?)")


def may_use_password(password: str, *, username: str, used_before: bool) -> Decision:
    """At least 8 characters of 3 classes, not the user name, none of the last five."""
    reasons: list[Reason] = []
    classes = sum(
        (
            any(c.islower() for c in password),
            any(c.isupper() for c in password),
            any(c.isdigit() for c in password),
            any(not c.isalnum() for c in password),
        )
    )
    if len(password) < MIN_LENGTH:
        reasons.append(stop("password-too-short", least=MIN_LENGTH))
    if classes < MIN_CLASSES:
        reasons.append(stop("password-too-simple", classes=MIN_CLASSES))
    if username and username.lower() in password.lower():
        reasons.append(stop("password-has-username"))
    if used_before:
        reasons.append(stop("password-used-before", last=HISTORY))
    return Decision(tuple(reasons))


def may_log_in(
    *, known: bool, active: bool, locked_until: datetime | None, right: bool, at: datetime
) -> Decision:
    """Whether a login goes through. An unknown name and a wrong password answer alike."""
    if locked_until is not None and at < locked_until:
        minutes = int((locked_until - at).total_seconds() // 60) + 1
        return Decision((stop("login-locked", minutes=minutes),))
    if not (known and active and right):
        return Decision((stop("login-wrong"),))
    return Decision()


def password_expired(changed_at: datetime, at: datetime) -> bool:
    """Whether the password is older than 90 days."""
    return at - changed_at > MAX_AGE


def holds(actions: Iterable[str], action: str) -> bool:
    """Whether a set of actions (with ``*`` wildcards at the end) contains one."""
    return any(a == action or (a.endswith("*") and action.startswith(a[:-1])) for a in actions)


def may_be_role(actions: Iterable[str]) -> Decision:
    """Whether a set of actions may be one role: not empty, no wildcard over every area, and 三权分立:
    who reads the audit changes nothing."""
    reasons: list[Reason] = []
    given = set(actions)
    areas = {a.partition(".")[0] for a in given}
    if not given:
        reasons.append(stop("role-empty"))
    if "*" in areas or not all(_ACTION.fullmatch(a) for a in given):
        reasons.append(stop("role-action-invalid"))
    if "audit" in areas and len(areas) > 1:
        reasons.append(stop("role-mixes-audit"))
    return Decision(tuple(reasons))
