"""Password, login and permission rules (GB/T 22239-2019 §7.1.4 level 2; S15)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shuxiang.apps.staff import rules
from shuxiang.apps.staff.roles import SHIPPED
from tests.support.library import moment

NOW = moment("2020-06-10")


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("Test-1234", ()),
        ("test-1234", ()),
        ("TEST1234a", ()),
        ("Test-12", ("password-too-short",)),
        ("testtest1", ("password-too-simple",)),
        ("12345678", ("password-too-simple",)),
        ("Aa1", ("password-too-short",)),
        ("aaa", ("password-too-short", "password-too-simple")),
        ("xChenli-1", ("password-has-username",)),
        ("图书馆Abcde1", ()),
    ],
)
def test_s15_a_password_has_eight_characters_of_three_classes_and_not_the_name(
    password: str, codes: tuple[str, ...]
) -> None:
    assert rules.may_use_password(password, username="chenli", used_before=False).codes == codes


def test_s15_none_of_the_last_five_comes_back() -> None:
    decision = rules.may_use_password("Test-1234", username="x", used_before=True)
    assert decision.codes == ("password-used-before",)
    assert decision.reasons[0].data == {"last": 5}


@pytest.mark.parametrize(
    ("known", "active", "locked_for", "right", "codes"),
    [
        (True, True, None, True, ()),
        (True, True, None, False, ("login-wrong",)),
        (False, False, None, False, ("login-wrong",)),
        (False, False, None, True, ("login-wrong",)),
        (True, False, None, True, ("login-wrong",)),
        (True, True, timedelta(minutes=1), True, ("login-locked",)),
        (True, True, timedelta(0), True, ()),
        (True, True, timedelta(minutes=-1), False, ("login-wrong",)),
    ],
)
def test_s15_logins(
    known: bool, active: bool, locked_for: timedelta | None, right: bool, codes: tuple[str, ...]
) -> None:
    until = None if locked_for is None else NOW + locked_for
    decision = rules.may_log_in(known=known, active=active, locked_until=until, right=right, at=NOW)
    assert decision.codes == codes


def test_s15_a_lock_says_the_minutes_left() -> None:
    decision = rules.may_log_in(
        known=True, active=True, locked_until=NOW + rules.LOCK, right=True, at=NOW
    )
    assert decision.reasons[0].data == {"minutes": 31}


@pytest.mark.parametrize(("days", "expired"), [(0, False), (90, False), (91, True)])
def test_s15_passwords_last_ninety_days(days: int, expired: bool) -> None:
    assert rules.password_expired(NOW - timedelta(days=days), NOW) is expired


@pytest.mark.parametrize(
    ("actions", "action", "held"),
    [
        ((), "patrons.view", False),
        (("patrons.view",), "patrons.view", True),
        (("patrons.*",), "patrons.view", True),
        (("patrons.*",), "patronsx.view", False),
        (("patrons.view",), "patrons.view_more", False),
        (("circulation.override.*",), "circulation.check_out", False),
        (("*",), "anything.at_all", True),
    ],
)
def test_wildcards_end_an_action(actions: tuple[str, ...], action: str, held: bool) -> None:
    assert rules.holds(actions, action) is held


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("admin", "staff.edit", "audit.view"),
        ("auditor", "audit.view", "staff.edit"),
        ("auditor", "audit.view", "places.edit"),
        ("director", "statistics.seal", "staff.edit"),
        ("desk", "circulation.check_out", "places.edit"),
        ("desk", "circulation.override.loan-limit", "circulation.override.card-lost"),
        ("branch", "circulation.check_in", "circulation.override.loan-limit"),
        ("cataloguer", "catalog.import", "patrons.view"),
    ],
)
def test_s15_the_shipped_roles_keep_the_powers_apart(role: str, may: str, may_not: str) -> None:
    actions = SHIPPED[role][1]
    assert rules.holds(actions, may)
    assert not rules.holds(actions, may_not)


@pytest.mark.parametrize(
    ("actions", "codes"),
    [
        (("circulation.check_in",), ()),
        (("circulation.*", "patrons.override.age-below-category"), ()),
        (("audit.view",), ()),
        ((), ("role-empty",)),
        (("*",), ("role-action-invalid",)),
        (("circulation",), ("role-action-invalid",)),
        (("stock.edit; DROP",), ("role-action-invalid",)),
        (("audit.view", "staff.edit"), ("role-mixes-audit",)),
        (("audit.*", "*"), ("role-action-invalid", "role-mixes-audit")),
    ],
)
def test_x1_what_may_be_a_role(actions: tuple[str, ...], codes: tuple[str, ...]) -> None:
    assert rules.may_be_role(actions).codes == codes
